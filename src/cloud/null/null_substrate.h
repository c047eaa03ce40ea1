// A substrate without machines: it keeps states only, answers every order after a settable delay by the Runtime, and
// user data "succeeds". Used where root is missing, by tests and by the simulator (one thread: no lock is contended
// there, and everything happens in the Runtime's order). It proves nothing about data.
#pragma once

#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "cloud/runtime.h"
#include "cloud/substrate.h"

namespace holdfast::cloud {

struct NullOptions {
  Duration delay{0};            // of every order
  Duration user_data_delay{0};  // from launch to the end of user data
  UserDataOutcome user_data = UserDataOutcome::succeeded;
  int64_t free_bytes = int64_t{1} << 50;
  // In a service that is started anew nothing is left of the states; the model's records stand for them. Machines named
  // at the start have gone on meanwhile, and every volume and snapshot that an order names is there.
  bool states_are_the_models = false;
};

class NullSubstrate : public Substrate {
 public:
  explicit NullSubstrate(Runtime& runtime, NullOptions options = {});
  // Nothing posted is run any more.
  ~NullSubstrate() override;

  void set_options(NullOptions options);
  // The machine ends by itself, as when its init exits or the host pulls it.
  void end_machine(const InstanceId& machine, const std::string& reason);

  Result<std::vector<MachineSeen>> start(const std::vector<SubnetSpec>& subnets,
                                         const std::vector<MachineSpec>& machines, SubstrateEvents& events) override;
  void create_subnet(const SubnetSpec& subnet, Done done) override;
  void delete_subnet(const SubnetId& subnet, Done done) override;
  void create_volume(const VolumeId& volume, int size_gib, const std::optional<SnapshotId>& from, Done done) override;
  void delete_volume(const VolumeId& volume, Done done) override;
  void create_snapshot(const SnapshotId& snapshot, const VolumeId& volume, Done done) override;
  void create_snapshots(const InstanceId& machine, const std::vector<SnapshotOfVolume>& snapshots, Done done) override;
  void copy_snapshot(const SnapshotId& snapshot, const SnapshotId& from, Done done) override;
  void grow_volume(const VolumeId& volume, int size_gib, Done done) override;
  void delete_snapshot(const SnapshotId& snapshot, Done done) override;
  void launch(const MachineSpec& machine, Done done) override;
  void stop(const InstanceId& machine, StopHow how, Duration limit, Done done) override;
  void reboot(const InstanceId& machine, Done done) override;
  void attach(const InstanceId& machine, const AttachedVolume& volume, Done done) override;
  void detach(const InstanceId& machine, const AttachedVolume& volume, bool force, Done done) override;
  void attach_interface(const InstanceId& machine, const MachineInterface& interface, Done done) override;
  void detach_interface(const InstanceId& machine, const InterfaceId& interface, Done done) override;
  void set_notice(const InstanceId& machine, const std::optional<InterruptionNotice>& notice) override;
  void set_rebalance_recommendation(const InstanceId& machine, Time at) override;
  void set_tokens_required(const InstanceId& machine, bool required) override;
  Result<std::string> console_output(const InstanceId& machine) override;
  Result<CommandOutcome> run_command(const InstanceId& machine, const std::vector<std::string>& argv,
                                     const std::string& input, Duration limit) override;
  std::vector<std::string> buildable_images() const override;
  void build_image(const std::string& name, const SnapshotId& into, Done done) override;
  int64_t free_bytes() const override;
  Result<void> tear_down(bool erase) override;

  // For tests: what there is.
  std::set<VolumeId> volumes() const;
  std::set<SnapshotId> snapshots() const;
  std::vector<InstanceId> machines() const;
  std::map<VolumeId, InstanceId> attachments() const;
  std::optional<MachineSpec> machine(const InstanceId& machine) const;
  std::optional<InterruptionNotice> notice(const InstanceId& machine) const;

 private:
  struct State;
  // What an order does to the state, when its time has come.
  using Change = std::function<Result<void>(State&)>;
  void later(Change change, Done done);
  std::shared_ptr<State> state_;  // shared with posted work, which may outlive this
  Runtime& runtime_;
};

}  // namespace holdfast::cloud
