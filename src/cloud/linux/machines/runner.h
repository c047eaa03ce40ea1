// The machines of a cloud: starting, stopping, attaching. Blocking calls; the caller runs calls about one machine one
// after the other, those about different machines side by side. Owns what is known of each machine; knows nothing of
// EC2's rules.
//
// A machine:   (nothing) ──launch──▶ recorded, waiting ──go──▶ running ──stop, death──▶ dead ──clear away──▶ (nothing)
//
// - The record is durable before the machine can run, and removed only when nothing of the machine is left. So after a
//   crash whatever runs is recorded, and whatever is recorded is either found running or cleared away.
// - Released is what was observed released: the process by its pidfd (its namespace is empty then), the volumes by
// their
//   loop devices, the links by their names.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "cloud/linux/fd.h"
#include "cloud/linux/machines/cgroups.h"
#include "cloud/linux/machines/record.h"
#include "cloud/linux/machines/starting_machine.h"
#include "cloud/linux/metadata/service.h"
#include "cloud/linux/network/network.h"
#include "cloud/linux/storage/volume_store.h"
#include "cloud/substrate.h"

namespace holdfast::cloud::linux_ {

struct RunnerParts {
  VolumeStore& volumes;
  Network& network;
  Cgroups& cgroups;
  MetadataService& metadata;
};

struct RunnerOptions {
  std::string data_dir;
  std::string init_program;  // keeps consoles on the host
};

class Runner {
 public:
  // Watches a running machine's init; called when there is one to watch.
  using Watch = std::function<void(const InstanceId& machine, int pidfd)>;

  static Result<std::unique_ptr<Runner>> open(RunnerOptions options, RunnerParts parts, Watch watch);
  ~Runner();

  // Finds the machines of an earlier process: those that live go on, what is left of others is cleared away, and so is
  // whatever belongs to no record.
  Result<std::vector<MachineSeen>> recover(const std::vector<MachineSpec>& specs);

  Result<void> launch(const MachineSpec& spec);
  Result<void> stop(const InstanceId& machine, StopHow how, Duration limit);
  // The same machine again: orderly shutdown, then a new init with the same volumes and addresses.
  Result<void> reboot(const InstanceId& machine, Duration limit);
  Result<void> attach(const InstanceId& machine, const AttachedVolume& volume);
  Result<void> detach(const InstanceId& machine, const AttachedVolume& volume, bool force);
  // Runs `work` while nothing of the machine runs, so that no program sees a moment between its steps. Without such a
  // machine: just runs it. Conflict if the machine cannot be made to stand still.
  Result<void> standing_still(const InstanceId& machine, const std::function<Result<void>()>& work);
  Result<void> attach_interface(const InstanceId& machine, const MachineInterface& interface);
  // Success if the machine has no such interface.
  Result<void> detach_interface(const InstanceId& machine, const InterfaceId& interface);
  // Also for its next start. Nothing happens if there is no such machine.
  void set_tokens_required(const InstanceId& machine, bool required);
  Result<CommandOutcome> run_command(const InstanceId& machine, const std::vector<std::string>& argv,
                                     const std::string& input, Duration limit);
  Result<std::string> console_output(const InstanceId& machine);

  // From any thread, at once: an orderly shutdown under way goes on as a kill.
  void hasten(const InstanceId& machine);
  // Its init has ended by itself: clears away. Why it ended; nothing if there is no such machine or somebody stops it.
  Result<std::optional<std::string>> ended(const InstanceId& machine);
  // Remembers it for good. False if it could not be.
  bool user_data_ended(const InstanceId& machine, UserDataOutcome outcome);
  void forget_old_consoles() const;
  // Kills all, clears away everything.
  Result<void> tear_down();

 private:
  struct Machine;
  using Shared = std::shared_ptr<Machine>;
  Runner(RunnerOptions options, RunnerParts parts, MachineRecords records, Watch watch);

  Shared find(const InstanceId& machine) const;
  Result<Shared> running(const InstanceId& machine) const;
  std::string console_file(const InstanceId& machine) const;
  Result<void> check(const MachineSpec& spec) const;
  Result<MachineFacts> facts_of(const MachineSpec& spec) const;
  Result<void> write_record(Machine& machine);

  // Devices attached, process cloned, network wired, recorded, told to go. After an error: not running, but what was
  // made is there, for clear_away.
  Result<void> start(Machine& machine);
  Result<void> start_again(Machine& machine);
  Result<std::vector<MachineDevice>> attach_devices(Machine& machine);
  Result<void> wire(Machine& machine, const StartingMachine& starting);

  Result<void> end_process(Machine& machine, StopHow how, Duration limit);
  bool shut_down(Machine& machine, Duration limit);
  void cut_power(Machine& machine);
  Result<void> kill(Machine& machine);
  std::string reap(Machine& machine);
  // The init is dead: everything else it held goes, the record last.
  Result<void> release_volumes(Machine& machine);
  Result<void> clear_away(Machine& machine);
  Result<void> clear_orphans();
  Result<void> readopt(const Shared& machine);
  Result<void> undo_attach(Machine& machine, const AttachedVolume& volume);

  const RunnerOptions options_;
  RunnerParts parts_;
  const MachineRecords records_;
  const Watch watch_;
  mutable std::mutex mutex_;  // guards machines_
  // Shared: a call goes on with its machine while other threads look it up; it goes with the last of them.
  std::map<InstanceId, Shared> machines_;
};

}  // namespace holdfast::cloud::linux_
