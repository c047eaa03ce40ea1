// The few members whose C++ form is not the wire's: each is a function over an archive, named in the generator's list
// (scripts/ec2/members.py, `member:function`). Included by the generated sources alone.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "ec2/ec2.h"
#include "ec2/wire_scalar.h"

namespace holdfast::ec2::wire::special {

// InstanceState: a name and a number. The low byte of the number is what EC2 documents.
template <class A, class T>
void instance_state(A& a, Names names, T& state) {
  struct Known {
    std::string_view name;
    std::string_view code;
  };
  constexpr std::array<Known, 6> kStates = {{{"pending", "0"},
                                             {"running", "16"},
                                             {"shutting-down", "32"},
                                             {"terminated", "48"},
                                             {"stopping", "64"},
                                             {"stopped", "80"}}};
  a.within(names, [&](auto& inner) {
    if constexpr (!A::kReads) {
      auto known = std::find_if(kStates.begin(), kStates.end(), [&](const Known& k) { return k.name == state; });
      if (known != kStates.end()) inner.text({"Code", "code"}, known->code);
    }
    inner.value({"Name", "name"}, state);
  });
}

// A member that says yes by being there, whatever its text: BlockDeviceMapping's NoDevice.
template <class A, class T>
void presence(A& a, Names names, T& present) {
  if constexpr (A::kReads)
    present = a.text(names).has_value();
  else if (present)
    a.text(names, "");
}

// A price: text with six decimals on the wire, as EC2 writes it.
template <class A, class T>
void decimal(A& a, Names names, T& number) {
  if constexpr (A::kReads) {
    const auto text = a.text(names);
    if (!text || text->empty()) return;
    char* end = nullptr;
    number = std::strtod(text->c_str(), &end);
    if (*end != '\0' || !(number >= 0)) a.refuse(names, fmt::format("<{}> does not hold a price", names.xml));
  } else {
    a.text(names, fmt::format("{:.6f}", number));
  }
}

// Bytes here, base64 on the wire.
template <class A, class T>
void base64(A& a, Names names, T& bytes) {
  if constexpr (A::kReads) {
    const auto text = a.text(names);
    if (!text) return;
    auto decoded = base64_decode(*text);
    if (decoded)
      bytes = std::move(*decoded);
    else if constexpr (requires { a.refuse(names, "", ""); })
      a.refuse(names, "InvalidParameterValue", fmt::format("{} must be base64", names.form));
    else
      a.refuse(names, fmt::format("<{}> does not hold base64", names.xml));
  } else if (!bytes.empty()) {
    a.text(names, base64_encode(bytes));
  }
}

// A list on the wire of which we know one item: the processor's architecture. 32-bit ones beside it do not count.
template <class A, class T>
void only(A& a, Names names, T& member) {
  std::vector<std::string> all;
  if constexpr (!A::kReads) {
    if (!member.empty()) all.push_back(member);
  }
  a.values(names, all);
  if constexpr (A::kReads) {
    auto found = std::find_if(all.begin(), all.end(), [](const std::string& name) { return name != "i386"; });
    if (found != all.end()) member = *found;
  }
}

// InstanceMarketOptions: absent is on demand, MarketType "spot" is ours, anything else is refused.
template <class Options, class A, class T>
void spot_market(A& a, Names names, T& options) {
  if constexpr (A::kReads) {
    if (!a.has(names)) return;
    options.emplace();
  } else {
    if (!options) return;
  }
  a.within(names, [&](auto& market) {
    constexpr Names kType{"MarketType", {}};
    if constexpr (A::kReads) {
      if (market.text(kType, kRequired).value_or("spot") != "spot")
        market.refuse(kType, "InvalidParameterValue",
                      "the market type here is 'spot'; for on demand leave InstanceMarketOptions out");
    } else {
      market.text(kType, "spot");
    }
    market.template object<Options>({"SpotOptions", {}}, *options);
  });
}

// Instances come in reservations, one for each launch. An instance knows its own here.
struct Reservation {
  std::string reservation_id;
  std::string owner_id;
  std::vector<Instance> instances;
};

template <class InstanceShape>
struct ReservationShape {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({{}, "reservationId"}, v.reservation_id);
    a.value({{}, "ownerId"}, v.owner_id);
    a.template objects<InstanceShape>({{}, "instancesSet"}, v.instances);
    if constexpr (A::kReads) {
      for (Instance& instance : v.instances) {
        instance.reservation_id = v.reservation_id;
        instance.owner_id = v.owner_id;
      }
    }
  }
};

// The answer of RunInstances is one reservation.
template <class InstanceShape, class A, class T>
void reservation(A& a, Names, T& instances) {
  Reservation one;
  if constexpr (!A::kReads) {
    one.instances = instances;
    if (!instances.empty()) one.reservation_id = instances[0].reservation_id, one.owner_id = instances[0].owner_id;
  }
  ReservationShape<InstanceShape>::visit(a, one);
  if constexpr (A::kReads) instances = std::move(one.instances);
}

// DescribeInstances has a list of them. Neighbours of one reservation share it; an instance that knows none has its
// own.
template <class InstanceShape, class A, class T>
void reservations(A& a, Names names, T& instances) {
  std::vector<Reservation> all;
  if constexpr (!A::kReads) {
    for (const Instance& instance : instances) {
      if (all.empty() || instance.reservation_id.empty() || all.back().reservation_id != instance.reservation_id)
        all.push_back({instance.reservation_id, instance.owner_id, {}});
      all.back().instances.push_back(instance);
    }
  }
  a.template objects<ReservationShape<InstanceShape>>(names, all);
  if constexpr (A::kReads) {
    for (Reservation& one : all) {
      for (Instance& instance : one.instances) instances.push_back(std::move(instance));
    }
  }
}

}  // namespace holdfast::ec2::wire::special
