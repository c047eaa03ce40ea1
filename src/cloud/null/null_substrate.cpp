#include "cloud/null/null_substrate.h"

#include <algorithm>

#include "ec2/ec2.h"

namespace holdfast::cloud {

struct Machine {
  MachineSpec spec;
  UserDataOutcome user_data = UserDataOutcome::running;
  std::optional<InterruptionNotice> notice;
};

struct NullSubstrate::State {
  std::mutex mutex;
  NullOptions options;
  bool closed = false;
  SubstrateEvents* events = nullptr;
  std::set<SubnetId> subnets;
  std::set<VolumeId> volumes;
  std::set<SnapshotId> snapshots;
  std::map<VolumeId, InstanceId> attached;
  std::map<InstanceId, std::set<VolumeId>> volumes_of;  // the same from the other side
  std::map<InstanceId, Machine> machines;

  bool lacks(const VolumeId& volume) const { return !options.states_are_the_models && volumes.count(volume) == 0; }
  bool lacks(const SnapshotId& snapshot) const {
    return !options.states_are_the_models && snapshots.count(snapshot) == 0;
  }
  void put_on(const VolumeId& volume, const InstanceId& machine) {
    attached[volume] = machine;
    volumes_of[machine].insert(volume);
  }
  void take_off(const VolumeId& volume, const InstanceId& machine) {
    attached.erase(volume);
    volumes_of[machine].erase(volume);
  }
  void adopt(const MachineSpec& spec) {
    for (const auto& volume : spec.volumes) put_on(volume.id, spec.id);
    machines.try_emplace(spec.id, Machine{spec, options.user_data, {}});
  }
  void end(const InstanceId& machine) {
    machines.erase(machine);
    for (const VolumeId& volume : volumes_of[machine]) attached.erase(volume);
    volumes_of.erase(machine);
  }
};

NullSubstrate::NullSubstrate(Runtime& runtime, NullOptions options)
    : state_(std::make_shared<State>()), runtime_(runtime) {
  state_->options = options;
}

NullSubstrate::~NullSubstrate() {
  std::lock_guard hold(state_->mutex);
  state_->closed = true;
}

void NullSubstrate::set_options(NullOptions options) {
  std::lock_guard hold(state_->mutex);
  state_->options = options;
}

void NullSubstrate::later(Change change, Done done) {
  Duration delay;
  {
    std::lock_guard hold(state_->mutex);
    delay = state_->options.delay;
  }
  runtime_.post(delay, [state = state_, change = std::move(change), done = std::move(done)] {
    std::unique_lock hold(state->mutex);
    if (state->closed) return;
    Result<void> outcome = change(*state);
    hold.unlock();
    done(std::move(outcome));
  });
}

Result<std::vector<MachineSeen>> NullSubstrate::start(const std::vector<SubnetSpec>& subnets,
                                                      const std::vector<MachineSpec>& machines,
                                                      SubstrateEvents& events) {
  std::lock_guard hold(state_->mutex);
  state_->events = &events;
  for (const auto& subnet : subnets) state_->subnets.insert(subnet.id);
  if (state_->options.states_are_the_models) {
    for (const auto& spec : machines) state_->adopt(spec);
  }
  std::vector<MachineSeen> seen;
  for (const auto& [id, machine] : state_->machines) seen.push_back({id, true, machine.user_data});
  return seen;
}

void NullSubstrate::create_subnet(const SubnetSpec& subnet, Done done) {
  later([id = subnet.id](State& state) -> Result<void> { return state.subnets.insert(id), Result<void>{}; },
        std::move(done));
}

void NullSubstrate::delete_subnet(const SubnetId& subnet, Done done) {
  later([subnet](State& state) -> Result<void> { return state.subnets.erase(subnet), Result<void>{}; },
        std::move(done));
}

void NullSubstrate::create_volume(const VolumeId& volume, int, const std::optional<SnapshotId>& from, Done done) {
  auto change = [volume, from](State& state) -> Result<void> {
    if (state.volumes.count(volume) != 0) return {};
    if (from && state.lacks(*from)) {
      return fail(ErrorKind::not_found, "InvalidSnapshot.NotFound", "There is no snapshot " + from->str() + ".");
    }
    if (state.options.free_bytes <= 0) {
      return ec2::ec2_fail("InsufficientVolumeCapacity", "The pool is full.");
    }
    state.volumes.insert(volume);
    return {};
  };
  later(change, std::move(done));
}

void NullSubstrate::delete_volume(const VolumeId& volume, Done done) {
  auto change = [volume](State& state) -> Result<void> {
    if (state.attached.count(volume) != 0) return fail(ErrorKind::conflict, "VolumeInUse", "The volume is attached.");
    state.volumes.erase(volume);
    return {};
  };
  later(change, std::move(done));
}

void NullSubstrate::create_snapshot(const SnapshotId& snapshot, const VolumeId& volume, Done done) {
  auto change = [snapshot, volume](State& state) -> Result<void> {
    if (state.snapshots.count(snapshot) != 0) return {};
    if (state.lacks(volume)) return fail(ErrorKind::not_found, "InvalidVolume.NotFound", "No such volume.");
    state.snapshots.insert(snapshot);
    return {};
  };
  later(change, std::move(done));
}

void NullSubstrate::create_snapshots(const InstanceId&, const std::vector<SnapshotOfVolume>& snapshots, Done done) {
  auto change = [snapshots](State& state) -> Result<void> {
    for (const auto& one : snapshots) {
      if (state.volumes.count(one.volume) == 0)
        return fail(ErrorKind::not_found, "InvalidVolume.NotFound", "No such volume.");
    }
    for (const auto& one : snapshots) state.snapshots.insert(one.snapshot);
    return {};
  };
  later(change, std::move(done));
}

void NullSubstrate::copy_snapshot(const SnapshotId& snapshot, const SnapshotId& from, Done done) {
  auto change = [snapshot, from](State& state) -> Result<void> {
    if (state.snapshots.count(snapshot) != 0) return {};
    if (state.snapshots.count(from) == 0)
      return fail(ErrorKind::not_found, "InvalidSnapshot.NotFound", "No such snapshot.");
    state.snapshots.insert(snapshot);
    return {};
  };
  later(change, std::move(done));
}

void NullSubstrate::grow_volume(const VolumeId& volume, int, Done done) {
  auto change = [volume](State& state) -> Result<void> {
    if (state.volumes.count(volume) != 0) return {};
    return fail(ErrorKind::not_found, "InvalidVolume.NotFound", "No such volume.");
  };
  later(change, std::move(done));
}

void NullSubstrate::attach_interface(const InstanceId& machine, const MachineInterface& interface, Done done) {
  auto change = [machine, interface](State& state) -> Result<void> {
    auto found = state.machines.find(machine);
    if (found == state.machines.end())
      return fail(ErrorKind::not_found, "InvalidInstanceID.NotFound", "No such machine.");
    auto& all = found->second.spec.interfaces;
    bool there = std::any_of(all.begin(), all.end(), [&](const auto& other) { return other.id == interface.id; });
    if (!there) all.push_back(interface);
    return {};
  };
  later(change, std::move(done));
}

void NullSubstrate::detach_interface(const InstanceId& machine, const InterfaceId& interface, Done done) {
  auto change = [machine, interface](State& state) -> Result<void> {
    auto found = state.machines.find(machine);
    if (found == state.machines.end()) return {};
    std::erase_if(found->second.spec.interfaces, [&](const auto& other) { return other.id == interface; });
    return {};
  };
  later(change, std::move(done));
}

void NullSubstrate::delete_snapshot(const SnapshotId& snapshot, Done done) {
  later([snapshot](State& state) -> Result<void> { return state.snapshots.erase(snapshot), Result<void>{}; },
        std::move(done));
}

void NullSubstrate::launch(const MachineSpec& machine, Done done) {
  Duration user_data_delay;
  {
    std::lock_guard hold(state_->mutex);
    user_data_delay = state_->options.user_data_delay;
  }
  auto change = [machine, user_data_delay, &runtime = runtime_, shared = state_](State& state) -> Result<void> {
    if (state.machines.count(machine.id) != 0) return {};
    for (const auto& volume : machine.volumes) {
      if (state.lacks(volume.id)) return fail(ErrorKind::not_found, "InvalidVolume.NotFound", "No such volume.");
      auto at = state.attached.find(volume.id);
      bool elsewhere = at != state.attached.end() && at->second != machine.id;
      if (elsewhere) return fail(ErrorKind::conflict, "VolumeInUse", "The volume is attached elsewhere.");
    }
    for (const auto& volume : machine.volumes) state.put_on(volume.id, machine.id);
    state.machines[machine.id] = Machine{machine, UserDataOutcome::running, {}};
    runtime.post(user_data_delay, [id = machine.id, shared] {
      std::unique_lock hold(shared->mutex);
      auto found = shared->machines.find(id);
      if (shared->closed || found == shared->machines.end()) return;
      UserDataOutcome outcome = found->second.user_data = shared->options.user_data;
      auto* events = shared->events;
      hold.unlock();
      if (outcome != UserDataOutcome::running) events->user_data_ended(id, outcome);
    });
    return {};
  };
  later(change, std::move(done));
}

void NullSubstrate::stop(const InstanceId& machine, StopHow, Duration, Done done) {
  later([machine](State& state) -> Result<void> { return state.end(machine), Result<void>{}; }, std::move(done));
}

void NullSubstrate::reboot(const InstanceId& machine, Done done) {
  auto change = [machine](State& state) -> Result<void> {
    if (state.machines.count(machine) != 0) return {};
    return fail(ErrorKind::not_found, "InvalidInstanceID.NotFound", "No such machine.");
  };
  later(change, std::move(done));
}

void NullSubstrate::attach(const InstanceId& machine, const AttachedVolume& volume, Done done) {
  auto change = [machine, volume](State& state) -> Result<void> {
    if (state.machines.count(machine) == 0)
      return fail(ErrorKind::not_found, "InvalidInstanceID.NotFound", "No such machine.");
    if (state.lacks(volume.id)) return fail(ErrorKind::not_found, "InvalidVolume.NotFound", "No such volume.");
    auto at = state.attached.find(volume.id);
    bool elsewhere = at != state.attached.end() && at->second != machine;
    if (elsewhere) return fail(ErrorKind::conflict, "VolumeInUse", "The volume is attached elsewhere.");
    state.put_on(volume.id, machine);
    return {};
  };
  later(change, std::move(done));
}

void NullSubstrate::detach(const InstanceId& machine, const AttachedVolume& volume, bool, Done done) {
  auto change = [machine, volume](State& state) -> Result<void> {
    auto at = state.attached.find(volume.id);
    if (at != state.attached.end() && at->second == machine) state.take_off(volume.id, machine);
    return {};
  };
  later(change, std::move(done));
}

void NullSubstrate::set_notice(const InstanceId& machine, const std::optional<InterruptionNotice>& notice) {
  std::lock_guard hold(state_->mutex);
  auto found = state_->machines.find(machine);
  if (found != state_->machines.end()) found->second.notice = notice;
}

void NullSubstrate::set_rebalance_recommendation(const InstanceId&, Time) {}  // there is no guest to see it

void NullSubstrate::set_tokens_required(const InstanceId& machine, bool required) {
  std::lock_guard hold(state_->mutex);
  auto found = state_->machines.find(machine);
  if (found != state_->machines.end()) found->second.spec.imds_tokens_required = required;
}

void NullSubstrate::end_machine(const InstanceId& machine, const std::string& reason) {
  std::unique_lock hold(state_->mutex);
  if (state_->machines.count(machine) == 0) return;
  state_->end(machine);
  auto* events = state_->events;
  hold.unlock();
  if (events != nullptr) events->machine_ended(machine, reason);
}

Result<std::string> NullSubstrate::console_output(const InstanceId&) {
  return std::string();
}

Result<CommandOutcome> NullSubstrate::run_command(const InstanceId&, const std::vector<std::string>&,
                                                  const std::string&, Duration) {
  return fail(ErrorKind::invalid, "Unsupported",
              "Simulated machines run no commands; start the service with --substrate linux.");
}

std::vector<std::string> NullSubstrate::buildable_images() const {
  return {"debian-12-postgresql", "minimal"};
}

void NullSubstrate::build_image(const std::string&, const SnapshotId& into, Done done) {
  later([into](State& state) -> Result<void> { return state.snapshots.insert(into), Result<void>{}; }, std::move(done));
}

int64_t NullSubstrate::free_bytes() const {
  std::lock_guard hold(state_->mutex);
  return state_->options.free_bytes;
}

Result<void> NullSubstrate::tear_down(bool erase) {
  std::lock_guard hold(state_->mutex);
  state_->machines.clear(), state_->attached.clear(), state_->volumes_of.clear(), state_->subnets.clear();
  if (erase) state_->volumes.clear(), state_->snapshots.clear();
  return {};
}

std::set<VolumeId> NullSubstrate::volumes() const {
  std::lock_guard hold(state_->mutex);
  return state_->volumes;
}

std::set<SnapshotId> NullSubstrate::snapshots() const {
  std::lock_guard hold(state_->mutex);
  return state_->snapshots;
}

std::vector<InstanceId> NullSubstrate::machines() const {
  std::lock_guard hold(state_->mutex);
  std::vector<InstanceId> ids;
  for (const auto& [id, machine] : state_->machines) ids.push_back(id);
  return ids;
}

std::map<VolumeId, InstanceId> NullSubstrate::attachments() const {
  std::lock_guard hold(state_->mutex);
  return state_->attached;
}

std::optional<MachineSpec> NullSubstrate::machine(const InstanceId& machine) const {
  std::lock_guard hold(state_->mutex);
  auto found = state_->machines.find(machine);
  return found == state_->machines.end() ? std::nullopt : std::optional(found->second.spec);
}

std::optional<InterruptionNotice> NullSubstrate::notice(const InstanceId& machine) const {
  std::lock_guard hold(state_->mutex);
  auto found = state_->machines.find(machine);
  return found == state_->machines.end() ? std::nullopt : found->second.notice;
}

}  // namespace holdfast::cloud
