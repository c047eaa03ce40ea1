// Many managed instances alike on a VirtualCloud, and a storm over them.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "sim/virtual_service.h"

namespace holdfast::sim {

struct FleetKind {
  bool on_launch = false;                               // mode of the data volume; else reattach, in one zone
  Duration snapshot_interval = std::chrono::hours(24);  // of the root
};

// Creates so many, root, one data volume and address persisted, and lets them come up: without latency and limits,
// which are set again afterwards. The ids, in order.
std::vector<ManagedInstanceId> bring_up(VirtualService& service, int count, const FleetKind& kind);

// All of some interrupted at the same moment with two minutes' notice, and what became of it.
class Storm {
 public:
  explicit Storm(VirtualService& service) : service_(service) {}
  ~Storm() { service_.changed = {}; }
  Storm(const Storm&) = delete;

  // False: they were not all back after so long.
  bool blow(const std::vector<ManagedInstanceId>& ids, Duration limit);

  Time began() const { return began_; }
  // From the notice until it was healthy again, of each, in the order in which they came back.
  const std::vector<Duration>& back() const { return back_; }
  // How many were still up when their two minutes were over, so that EC2 ended them.
  int taken_by_ec2() const;

 private:
  void see(const engine::SharedView& view);

  VirtualService& service_;
  Time began_{};
  std::map<ManagedInstanceId, int> waiting_;  // to the generation that was interrupted
  std::vector<Duration> back_;
};

}  // namespace holdfast::sim
