#include "core/placement.h"

#include <algorithm>
#include <limits>
#include <tuple>

#include "core/draft.h"

namespace holdfast::core {

using namespace model;

namespace {

// The zone that the data volumes would keep the next instance in; empty if none. (A kept interface leaves one subnet.)
std::string home_zone(const Spec& spec, const State& state) {
  bool tied = spec.persistence.block_devices && spec.persistence.mode == BlockDevicesMode::reattach;
  if (!tied) return {};
  for (const auto& [device, volume] : state.data) {
    if (!volume.zone.empty()) return volume.zone;
  }
  return {};
}

std::vector<LifeCycle> life_cycles_in_order(const Spec& spec) {
  if (spec.strategy.life_cycle == LifeCycle::on_demand) return {LifeCycle::on_demand};
  if (spec.strategy.fallback_to_od) return {LifeCycle::spot, LifeCycle::on_demand};
  return {LifeCycle::spot};
}

const CoolingMarket* cooling_of(const State& state, const Market& market, Time now) {
  auto found = std::find_if(state.cooling.begin(), state.cooling.end(),
                            [&](const CoolingMarket& entry) { return entry.market == market && entry.until > now; });
  return found == state.cooling.end() ? nullptr : &*found;
}

// By preference and price, as the orientation weighs them; equals stay in the user's order.
void sort_by_orientation(const Spec& spec, const State& state, std::vector<Candidate>& candidates) {
  auto rank = [&](const Candidate& candidate) {
    double preference = static_cast<double>(preference_of(spec, candidate.market.instance_type));
    double price = price_of(state, candidate.market).value_or(std::numeric_limits<double>::max());
    switch (spec.strategy.orientation) {
      case Orientation::cheapest:
        return std::pair(price, preference);
      case Orientation::availability_oriented:
        return std::pair(preference, 0.0);
      case Orientation::balanced:
      case Orientation::cost_oriented:
        break;
    }
    return std::pair(preference, price);
  };
  std::stable_sort(candidates.begin(), candidates.end(), [&](const Candidate& a, const Candidate& b) {
    auto group = [](const Candidate& c) { return std::pair(c.away, c.market.life_cycle); };
    return std::pair(group(a), rank(a)) < std::pair(group(b), rank(b));
  });
}

}  // namespace

size_t preference_of(const Spec& spec, const std::string& type) {
  const Compute& compute = spec.compute;
  if (!compute.preferred_type.empty() && type == compute.preferred_type) return 0;
  auto found = std::find(compute.preferred_types.begin(), compute.preferred_types.end(), type);
  return 1 + static_cast<size_t>(found - compute.preferred_types.begin());
}

std::vector<std::string> types_in_order(const Spec& spec, const State& state) {
  const std::vector<std::string>& resolved = state.surroundings.types;
  std::vector<std::string> types = resolved.empty() ? spec.compute.instance_types : resolved;
  std::stable_sort(types.begin(), types.end(), [&](const std::string& a, const std::string& b) {
    return preference_of(spec, a) < preference_of(spec, b);
  });
  return types;
}

std::optional<double> price_of(const State& state, const Market& market) {
  if (market.life_cycle != LifeCycle::spot) return std::nullopt;
  for (const MarketPrice& price : state.looking.prices) {
    if (price.instance_type == market.instance_type && price.zone == market.zone) return price.usd;
  }
  return std::nullopt;
}

bool is_cooling(const State& state, const Market& market, Time now) {
  return cooling_of(state, market, now) != nullptr;
}

std::vector<Candidate> markets_in_order(const Spec& spec, const State& state) {
  std::vector<Candidate> candidates;
  const std::string home = home_zone(spec, state);
  const std::vector<SubnetFacts> subnets = subnets_ahead(spec, state);
  for (LifeCycle life_cycle : life_cycles_in_order(spec)) {
    for (const std::string& type : types_in_order(spec, state)) {
      for (const SubnetFacts& subnet : subnets) {
        bool away = !home.empty() && subnet.zone != home;
        candidates.push_back({{type, subnet.id, subnet.zone, life_cycle}, away});
      }
    }
  }
  sort_by_orientation(spec, state, candidates);
  return candidates;
}

Placement place(const Spec& spec, const State& state, Time now) {
  Placement placement;
  std::optional<Candidate> tainted;
  for (const Candidate& candidate : markets_in_order(spec, state)) {
    const CoolingMarket* cooling = cooling_of(state, candidate.market, now);
    if (cooling == nullptr) {
      // One that took an instance lately is still better than the dearer kind, or than leaving the volumes' zone.
      bool same_like =
          tainted && tainted->market.life_cycle == candidate.market.life_cycle && tainted->away == candidate.away;
      placement.market = tainted && !same_like ? tainted->market : candidate.market;
      return placement;
    }
    if (cooling->refused) {
      if (!placement.again_at || cooling->until < *placement.again_at) placement.again_at = cooling->until;
    } else if (!tainted) {
      tainted = candidate;
    }
  }
  if (tainted) placement.market = tainted->market;
  return placement;
}

}  // namespace holdfast::core
