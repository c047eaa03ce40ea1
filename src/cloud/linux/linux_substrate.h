// The substrate that is real: machines in namespaces and control groups, volumes as loop devices on a copy-on-write
// pool, networks as bridges, and the metadata service, all on this Linux host. Needs root.
//
// The isolation is for honest mistakes and for tests, not a security boundary: a machine's root keeps CAP_SYS_ADMIN (it
// mounts its volumes and may run systemd) and shares the host's kernel, so whoever means to break out can.
//
// Several clouds (data folders) live on one host side by side; what one does is named by its folder, and it touches
// nothing else. Machines outlive the object and the process: only tear_down ends them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cloud/substrate.h"

namespace holdfast::cloud::linux_ {

struct LinuxSubstrateOptions {
  std::string data_dir;         // absolute; made if it is not there; one substrate at a time (locked)
  std::string init_program;     // holdfast-init; empty: beside this program
  int64_t pool_size_bytes = 0;  // 0: 80 % of what is free
  int64_t free_floor_bytes = int64_t{1} << 30;
  int threads = 16;  // operations under way at once
};

class LinuxSubstrate : public Substrate {
 public:
  // Enters a private mount namespace for the calling thread and all threads it starts later (so call it early, from the
  // main thread), and ignores SIGPIPE for the process.
  static Result<std::unique_ptr<LinuxSubstrate>> open(LinuxSubstrateOptions options);
  // Waits for operations under way; machines run on.
  ~LinuxSubstrate() override;

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
  int image_size_gib(const std::string& name) const override;
  void build_image(const std::string& name, const SnapshotId& into, Done done) override;
  int64_t free_bytes() const override;
  Result<void> tear_down(bool erase) override;

 private:
  struct Parts;
  explicit LinuxSubstrate(std::unique_ptr<Parts> parts);
  void give(const std::string& key, Done done, std::function<Result<void>()> work);
  std::unique_ptr<Parts> parts_;
};

}  // namespace holdfast::cloud::linux_
