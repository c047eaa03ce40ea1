// A substrate that takes as long as EC2's: orders to another one are held back, or their outcomes, by times drawn from
// latency.h. One resource's orders stay in their order. Pure of clocks: it waits by the Runtime, so also in virtual
// time.
//
// What is held back when the service ends was never told to the substrate; the cloud's next start orders it again, as
// after a crash.
#pragma once

#include <memory>

#include "cloud/behaviour/latency.h"
#include "cloud/runtime.h"
#include "cloud/substrate.h"

namespace holdfast::cloud {

class SlowSubstrate : public Substrate {
 public:
  SlowSubstrate(std::unique_ptr<Substrate> inner, Runtime& runtime, const MachineSpreads& spreads, uint64_t seed);
  ~SlowSubstrate() override;

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
  void set_tokens_required(const InstanceId& machine, bool required) override;
  void set_notice(const InstanceId& machine, const std::optional<InterruptionNotice>& notice) override;
  void set_rebalance_recommendation(const InstanceId& machine, Time at) override;
  Result<std::string> console_output(const InstanceId& machine) override;
  Result<CommandOutcome> run_command(const InstanceId& machine, const std::vector<std::string>& argv,
                                     const std::string& input, Duration limit) override;
  std::vector<std::string> buildable_images() const override;
  int image_size_gib(const std::string& name) const override;
  void build_image(const std::string& name, const SnapshotId& into, Done done) override;
  int64_t free_bytes() const override;
  Result<void> tear_down(bool erase) override;

 private:
  struct State;
  // Gives the order to the inner substrate after a time drawn from `spread`, and after all earlier ones of this
  // resource.
  void later(const std::string& resource, const Spread& spread, std::function<void(Substrate&)> order);
  // Lets an outcome out after a time drawn from `spread`.
  Done delayed(const Spread& spread, Done done);

  std::shared_ptr<State> state_;  // shared with posted work, which may outlive this
  const MachineSpreads spreads_;
};

}  // namespace holdfast::cloud
