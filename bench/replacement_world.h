// Replacements one at a time, in virtual time: the production core and engine, behind its API budget as the daemon
// wires it, against the local cloud's model with EC2's latencies drawn (sim/substrate, sim/faulty_ec2), and nothing
// going wrong. Everything that the cloud did is noted at the moment it did it, so that what a replacement must take can
// be reckoned without asking the engine (critical_path.h).
//
// Only events that AWS sends reach the service, each after a delay of its own: none when a volume is attached or an
// interface comes free. Guests hold data, and the simulator's checker watches that none is lost (`violations`).
//
// Thread: one.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "cloud/cloud.h"
#include "ec2/budgeted.h"
#include "engine/controller.h"
#include "sim/checker.h"
#include "sim/drive.h"
#include "sim/faults.h"
#include "sim/faulty_ec2.h"
#include "sim/guests.h"
#include "sim/substrate.h"
#include "sim/virtual_time.h"
#include "sim/virtual_workers.h"
#include "store/memory_store.h"

namespace holdfast::bench {

// A call that changes something: when it was sent, when it took effect, when its answer was there.
struct NotedCall {
  ec2::Request request;
  Time asked{};
  Time taken{};
  Time answered{};
  bool done = false;
  std::string made = {};  // the id of the thing made
  Duration there() const { return taken - asked; }
  Duration back() const { return answered - taken; }
};
using NotedCalls = std::vector<std::shared_ptr<NotedCall>>;

struct NotedMachine {
  std::optional<Time> ends;       // it serves no more: its shutdown began
  std::optional<Time> gone;       // terminated, everything of it free
  std::optional<Time> runs;       // running
  std::optional<Time> well;       // its user data has ended
  std::optional<Time> told_sick;  // the cloud first answered that its check fails
};

struct Notes {
  std::map<InstanceId, NotedMachine> machines;
  std::map<VolumeId, Time> volume_made;
  std::map<std::pair<InstanceId, VolumeId>, Time> volume_came;
  std::map<SnapshotId, Time> snapshot_done;
  std::map<ManagedInstanceId, NotedCalls> calls;
  std::map<VolumeId, Time> last_snapshot;  // of those before `calls` begins: when CreateSnapshot took effect
};

enum class Cause { notice, no_notice, recycle, sick };
std::string_view name_of(Cause cause);

class ReplacementWorld : public sim::Witness {
 public:
  explicit ReplacementWorld(uint64_t seed);
  ~ReplacementWorld() override;

  // Brought up; healthy at the return.
  ManagedInstanceId create(const std::string& document);
  // One replacement, from the cause until the service knows the next instance to be healthy. The instance that went.
  InstanceId replace(const ManagedInstanceId& id, Cause cause);
  void pass(Duration duration);
  // Markets of the zone take no instance, or any again.
  void empty_zone(char zone, bool empty);

  engine::SharedView view(const ManagedInstanceId& id) const { return controller_->loop().find(id); }
  Time now() { return time_.now(); }
  const Notes& notes() const { return notes_; }
  // What was noted of it so far is not needed any more.
  void forget_calls(const ManagedInstanceId& id);
  const std::vector<sim::Violation>& violations() const { return checker_.violations(); }
  uint64_t throttled() const { return throttled_; }  // calls that the cloud refused for their rate
  const engine::Counters& counters() const { return controller_->counters(); }

  void machine_runs(const cloud::MachineSpec& machine) override { checker_.machine_runs(machine); }
  void machine_is_well(const InstanceId& machine) override;
  void machine_falls_ill(const InstanceId& machine) override { checker_.machine_falls_ill(machine); }
  void machine_is_dead(const InstanceId& machine) override { checker_.machine_is_dead(machine); }
  void volume_comes(const InstanceId& machine, const cloud::AttachedVolume& volume) override;
  void volume_leaves(const InstanceId& machine, const VolumeId& volume) override;
  void snapshot_ends(const SnapshotId& snapshot, bool completed) override;
  void volume_goes(const VolumeId& volume) override { checker_.volume_goes(volume); }

 private:
  // Between the service and the faults: notes when a call is sent and answered.
  struct Sent : ec2::Ec2 {
    explicit Sent(ReplacementWorld& of) : world(of) {}
    Result<ec2::Response> perform(const ec2::Request& request) override;
    ReplacementWorld& world;
  };
  // Right before the cloud: notes when a call takes effect.
  struct Taken : ec2::Ec2 {
    explicit Taken(ReplacementWorld& of) : world(of) {}
    Result<ec2::Response> perform(const ec2::Request& request) override;
    ReplacementWorld& world;
  };

  void open_cloud(uint64_t seed);
  void start_service();
  bool step();
  void until(const std::function<bool()>& holds, Duration limit, const std::string& what);
  void take_event(const ec2::CloudEvent& event);
  void note_event(const ec2::CloudEvent& event);
  ManagedInstanceId owner_of(const ec2::Request& request) const;
  void note_statuses(const ec2::Response& response);

  sim::VirtualTime time_;
  sim::Faults faults_;
  Random random_;
  sim::Guests guests_;
  sim::Checker checker_;
  sim::SimSubstrate substrate_;
  std::unique_ptr<cloud::Cloud> cloud_;
  std::unique_ptr<sim::Tap> tap_;
  Taken taken_{*this};
  std::unique_ptr<sim::FaultyEc2> faulty_;
  Sent sent_{*this};
  ec2::SharedBudget budget_;
  std::unique_ptr<ec2::Budgeted> budgeted_;
  store::MemoryStore store_;
  sim::VirtualWorkers effects_{time_, 16};
  sim::VirtualWorkers looks_{time_, 12};
  sim::Posted posted_;
  std::unique_ptr<engine::Controller> controller_;

  Notes notes_;
  std::map<const ec2::Request*, std::shared_ptr<NotedCall>> under_way_;
  std::set<std::string> creating_;  // volumes on their way
  int made_ = 0;
  uint64_t throttled_ = 0;
};

}  // namespace holdfast::bench
