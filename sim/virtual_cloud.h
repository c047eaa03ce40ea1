// An account of EC2 in virtual time, without faults: the local cloud's model on the simulator's substrate, with EC2's
// latencies, its token buckets and its limit of snapshots under way, each as an option. For benchmarks and tests that
// ask how good the controller is, rather than whether it is right (world.h).
//
// Every latency is drawn from a sequence of its own kind: the n-th launch takes the n-th drawn time, whoever it is for.
// So the same seed gives the same times however the controller orders its work, and what was drawn can be read back.
//
// Thread: one, the simulator's.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/random.h"
#include "cloud/cloud.h"
#include "ec2/token_bucket.h"
#include "sim/cpu_meter.h"
#include "sim/faults.h"
#include "sim/faulty_ec2.h"
#include "sim/guests.h"
#include "sim/substrate.h"
#include "sim/virtual_time.h"

namespace holdfast::sim {

// On the way to the cloud, and with its answer on the way back.
struct CallTimes {
  Duration there{};
  Duration back{};
};

// Room for 65,000 instances in one zone.
struct Network {
  SubnetId subnet;
  SecurityGroupId security_group;
};

class VirtualCloud : private Witness {
 public:
  struct Options {
    uint64_t seed = 1;
    bool latency = true;          // false: calls are answered and machines run at once
    bool throttling = true;       // EC2's token buckets
    int snapshots_under_way = 0;  // at most, in the account; 0: any number
  };
  // What one action has come to.
  struct Calls {
    uint64_t answered = 0;  // refused ones too
    uint64_t throttled = 0;
    std::map<std::string, uint64_t> refused = {};  // by code; throttled ones too
  };
  // One time that something has taken, in the order of asking.
  struct Drawn {
    Takes what;
    std::string thing;  // instance, volume or snapshot
    Time from{};
    Duration took{};
  };
  struct DrawnCall {
    std::string action;
    Time asked{};
    CallTimes times;
    bool refused = false;
  };

  explicit VirtualCloud(Options options);
  ~VirtualCloud() override;

  VirtualTime& time() { return time_; }
  // For people and for the market: without latency, limits or a count.
  cloud::Cloud& console() { return *cloud_; }
  // Another one, in the first zone. Only before a controller is at work.
  Network make_network();
  // For the controller. Its calls take time within a job of VirtualWorkers, elsewhere none.
  ec2::Ec2& api() { return api_; }
  // Events come at once. One listener; an empty one ends it.
  void listen(std::function<void(const ec2::CloudEvent&)> listener) { listener_ = std::move(listener); }
  // Latencies from now on.
  void set_latency(bool latency) { options_.latency = latency; }
  void set_limits(bool throttling, int snapshots_under_way);
  const Options& options() const { return options_; }
  CpuMeter& meter() { return meter_; }

  const std::map<std::string, Calls>& calls() const { return calls_; }
  uint64_t calls_made() const;
  uint64_t calls_throttled() const;
  int most_snapshots_under_way() const { return most_snapshots_; }
  const std::vector<Drawn>& drawn() const { return drawn_; }
  const std::vector<DrawnCall>& drawn_calls() const { return drawn_calls_; }
  // Forgets what was counted and drawn, not what is under way.
  void forget_figures();

 private:
  class Api : public ec2::Ec2 {
   public:
    explicit Api(VirtualCloud& cloud) : cloud_(cloud) {}
    Result<ec2::Response> perform(const ec2::Request& request) override { return cloud_.perform(request); }

   private:
    VirtualCloud& cloud_;
  };

  void machine_runs(const cloud::MachineSpec&) override {}
  void machine_is_well(const InstanceId&) override {}
  void machine_falls_ill(const InstanceId&) override {}
  void machine_is_dead(const InstanceId&) override {}
  void volume_comes(const InstanceId&, const cloud::AttachedVolume&) override {}
  void volume_leaves(const InstanceId&, const VolumeId&) override {}
  void snapshot_ends(const SnapshotId&, bool) override { --snapshots_; }
  void volume_goes(const VolumeId&) override {}

  void settle();
  Result<ec2::Response> perform(const ec2::Request& request);
  Result<ec2::Response> answer(const ec2::Request& request);
  std::optional<Error> limited(const ec2::Request& request);
  Duration draw(Takes what, const std::string& thing);
  CallTimes draw_call(const ec2::Request& request);
  Random& stream(const std::string& name);

  Options options_;
  VirtualTime time_;
  CpuMeter meter_;
  Faults faults_;
  Guests guests_;
  SimSubstrate substrate_;
  std::unique_ptr<cloud::Cloud> cloud_;
  Api api_{*this};
  ec2::ApiBudget budget_;
  std::function<void(const ec2::CloudEvent&)> listener_;
  std::map<std::string, Random> streams_;
  int networks_ = 0;
  int snapshots_ = 0;  // under way
  int most_snapshots_ = 0;
  std::map<std::string, Calls> calls_;
  std::vector<Drawn> drawn_;
  std::vector<DrawnCall> drawn_calls_;
};

}  // namespace holdfast::sim
