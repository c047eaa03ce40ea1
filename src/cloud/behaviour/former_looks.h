// What was shown of each thing before, so that an answer can show it as it was a moment ago, as EC2's answers may. A
// former look is shown only while it was true within the lag; and only of what is asked about often enough to know it.
//
// Thread: one at a time (under the front's lock).
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "base/time.h"
#include "ec2/ec2.h"

namespace holdfast::cloud {

class FormerLooks {
 public:
  enum class Shown { now, former, hidden };
  // Asked once for each thing of an answer. `former` is an answer only if `has_former`.
  using Choose = std::function<Shown(const std::string& id, bool has_former)>;

  // Changes the answer of a Describe call of instances, volumes, snapshots, images or interfaces; others are left as
  // they are.
  void distort(ec2::Response& response, Time now, Duration lag, const Choose& choose);

 private:
  template <class Item>
  struct Seen {
    std::string look;  // what makes two answers about one thing different
    Item now;
    std::optional<Item> before;
    Time at{};       // last
    Time changed{};  // noticed
  };
  template <class Item>
  using Memory = std::map<std::string, Seen<Item>>;
  template <class Item>
  void distort(Memory<Item>& memory, std::vector<Item>& items, Time now, Duration lag, const Choose& choose);

  Memory<ec2::Instance> instances_;
  Memory<ec2::Volume> volumes_;
  Memory<ec2::Snapshot> snapshots_;
  Memory<ec2::Image> images_;
  Memory<ec2::NetworkInterface> interfaces_;
};

}  // namespace holdfast::cloud
