#include "sim/substrate.h"

#include <algorithm>

namespace holdfast::sim {

using namespace std::chrono_literals;
using cloud::Done;

namespace {

// Seen in public reports (pending to running, attach, CreateVolume); the others are not published, so chosen wide.
constexpr Spread kLaunch{18s, 45s};
constexpr Spread kBoot{9s, 30s};  // running to well
constexpr Spread kShutdown{25s, 90s};
constexpr Spread kKill{4s, 20s};
constexpr Spread kAttach{2s, 5s};
constexpr Spread kCreateVolume{1500ms, 4s};
constexpr Spread kSnapshot{30s, 4min};
constexpr Spread kSlowSnapshot{12min, 60min};

Error internal(std::string what) {
  return {ErrorKind::unavailable, "InternalError", std::move(what), {}};
}

}  // namespace

cloud::CloudOptions cloud_options(uint64_t seed) {
  cloud::CloudOptions options;
  options.seed = seed;
  options.snapshot_wait = Duration::zero();
  options.snapshot_rate_rule = true;
  return options;
}

Spread spread_of(Takes what) {
  switch (what) {
    case Takes::launch:
      return kLaunch;
    case Takes::boot:
      return kBoot;
    case Takes::shutdown:
      return kShutdown;
    case Takes::kill:
      return kKill;
    case Takes::attach:
    case Takes::detach:
      return kAttach;
    case Takes::create_volume:
      return kCreateVolume;
    case Takes::snapshot:
      return kSnapshot;
    case Takes::slow_snapshot:
      break;
  }
  return kSlowSnapshot;
}

SimSubstrate::SimSubstrate(VirtualTime& time, Faults& faults, Guests& guests, Witness& witness, uint64_t seed)
    : time_(time), faults_(faults), guests_(guests), witness_(witness), random_(seed), inner_(time) {
  draw_ = [this](Takes what, const std::string&) { return spread_of(what).draw(random_); };
}

void SimSubstrate::Events::machine_ended(const InstanceId& machine, std::string reason) {
  owner.has_died(machine, false);
  to->machine_ended(machine, std::move(reason));
}

void SimSubstrate::Events::user_data_ended(const InstanceId& machine, cloud::UserDataOutcome outcome) {
  if (owner.boots_in_vain(machine)) {
    outcome = cloud::UserDataOutcome::failed;
    owner.sick_.insert(machine);
  }
  if (outcome == cloud::UserDataOutcome::succeeded && owner.alive(machine)) {
    owner.booted_.insert(machine);
    owner.witness_.machine_is_well(machine);
  }
  to->user_data_ended(machine, outcome);
}

// When it boots: a root that is spoiled later does no harm to what runs.
bool SimSubstrate::boots_in_vain(const InstanceId& machine) const {
  auto found = machines_.find(machine);
  if (found == machines_.end() || booted_.contains(machine)) return false;
  for (const cloud::AttachedVolume& volume : found->second.volumes) {
    if (volume.device != found->second.root_device) continue;
    auto content = guests_.volume(volume.id, time_.now());
    return content && content->spoiled;
  }
  return false;
}

void SimSubstrate::guest_shuts_down(const InstanceId& machine) {
  inner_.end_machine(machine, cloud::kGuestShutdown);
}

void SimSubstrate::guest_is_sick(const InstanceId& machine, bool sick) {
  if (!alive(machine)) return;
  if (sick ? !sick_.insert(machine).second : sick_.erase(machine) == 0) return;  // as it was
  if (sick) witness_.machine_falls_ill(machine);
  events_.user_data_ended(machine, sick ? cloud::UserDataOutcome::failed : cloud::UserDataOutcome::succeeded);
}

Result<std::vector<cloud::MachineSeen>> SimSubstrate::start(const std::vector<cloud::SubnetSpec>& subnets,
                                                            const std::vector<cloud::MachineSpec>& machines,
                                                            cloud::SubstrateEvents& events) {
  events_.to = &events;
  return inner_.start(subnets, machines, events_);
}

void SimSubstrate::create_subnet(const cloud::SubnetSpec& subnet, Done done) {
  inner_.create_subnet(subnet, std::move(done));
}
void SimSubstrate::delete_subnet(const SubnetId& subnet, Done done) {
  inner_.delete_subnet(subnet, std::move(done));
}

void SimSubstrate::create_volume(const VolumeId& volume, int size, const std::optional<SnapshotId>& from, Done done) {
  bool fails = faults_.strikes(Fault::volume_fails);
  time_.post(draw_(Takes::create_volume, volume.str()), [=, this, done = std::move(done)]() mutable {
    if (fails) return done(Failure(internal("the volume could not be made")));
    guests_.make_volume(volume, from);
    inner_.create_volume(volume, size, from, std::move(done));
  });
}

void SimSubstrate::delete_volume(const VolumeId& volume, Done done) {
  witness_.volume_goes(volume);
  inner_.delete_volume(volume, [this, volume, done = std::move(done)](Result<void> outcome) {
    if (outcome) guests_.delete_volume(volume);
    done(std::move(outcome));
  });
}

// It holds the volume as of the call, however long it takes.
void SimSubstrate::create_snapshot(const SnapshotId& snapshot, const VolumeId& volume, Done done) {
  guests_.make_snapshot(snapshot, volume, time_.now());
  bool fails = faults_.strikes(Fault::snapshot_fails);
  Takes takes = faults_.strikes(Fault::snapshot_slow) ? Takes::slow_snapshot : Takes::snapshot;
  time_.post(draw_(takes, snapshot.str()), [=, this, done = std::move(done)]() mutable {
    witness_.snapshot_ends(snapshot, !fails);
    if (fails) return done(Failure(internal("the snapshot failed")));
    inner_.create_snapshot(snapshot, volume, std::move(done));
  });
}

void SimSubstrate::delete_snapshot(const SnapshotId& snapshot, Done done) {
  // Not within the call that deletes it: the witness still wants to know what goes.
  time_.post(1s, [this, snapshot] { guests_.delete_snapshot(snapshot); });
  inner_.delete_snapshot(snapshot, std::move(done));
}

void SimSubstrate::launch(const cloud::MachineSpec& machine, Done done) {
  bool fails = faults_.strikes(Fault::launch_fails);
  time_.post(draw_(Takes::launch, machine.id.str()), [=, this, done = std::move(done)]() mutable {
    if (fails) return done(Failure(internal("the instance could not be started")));
    cloud::NullOptions options;
    options.user_data_delay = draw_(Takes::boot, machine.id.str());
    inner_.set_options(options);
    inner_.launch(machine, [this, machine, done = std::move(done)](Result<void> outcome) {
      if (outcome) {
        cloud::MachineSpec alone = machine;
        alone.volumes.clear();
        machines_.emplace(machine.id, std::move(alone));
        witness_.machine_runs(machine);
        for (const auto& volume : machine.volumes) has_come(machine.id, volume);
      }
      done(std::move(outcome));
    });
  });
}

void SimSubstrate::has_come(const InstanceId& machine, const cloud::AttachedVolume& volume) {
  auto found = machines_.find(machine);
  if (found == machines_.end()) return;
  auto same = [&](const cloud::AttachedVolume& other) { return other.id == volume.id; };
  if (std::any_of(found->second.volumes.begin(), found->second.volumes.end(), same)) return;
  found->second.volumes.push_back(volume);
  witness_.volume_comes(machine, volume);
  guests_.begin(volume.id, machine, time_.now());
}

void SimSubstrate::has_left(const InstanceId& machine, const VolumeId& volume, bool power_cut) {
  guests_.end(volume, power_cut, time_.now());
  witness_.volume_leaves(machine, volume);
}

void SimSubstrate::has_died(const InstanceId& machine, bool power_cut) {
  auto found = machines_.find(machine);
  if (found == machines_.end()) return;
  cloud::MachineSpec spec = std::move(found->second);
  machines_.erase(found);
  for (const auto& volume : spec.volumes) has_left(machine, volume.id, power_cut);
  witness_.machine_is_dead(machine);
}

void SimSubstrate::stop(const InstanceId& machine, cloud::StopHow how, Duration limit, Done done) {
  bool at_once = how != cloud::StopHow::shutdown;
  // With the power gone nothing is written any more, however long the cloud takes to notice.
  if (how == cloud::StopHow::power_cut) has_died(machine, true);
  time_.post(draw_(at_once ? Takes::kill : Takes::shutdown, machine.str()),
             [=, this, done = std::move(done)]() mutable {
               has_died(machine, false);
               inner_.stop(machine, how, limit, std::move(done));
             });
}

void SimSubstrate::reboot(const InstanceId& machine, Done done) {
  inner_.reboot(machine, std::move(done));
}

void SimSubstrate::attach(const InstanceId& machine, const cloud::AttachedVolume& volume, Done done) {
  time_.post(draw_(Takes::attach, volume.id.str()), [=, this, done = std::move(done)]() mutable {
    inner_.attach(machine, volume, [this, machine, volume, done = std::move(done)](Result<void> outcome) {
      if (outcome) has_come(machine, volume);
      done(std::move(outcome));
    });
  });
}

void SimSubstrate::detach(const InstanceId& machine, const cloud::AttachedVolume& volume, bool force, Done done) {
  time_.post(draw_(Takes::detach, volume.id.str()), [=, this, done = std::move(done)]() mutable {
    auto found = machines_.find(machine);
    if (found != machines_.end()) {
      std::erase_if(found->second.volumes, [&](const cloud::AttachedVolume& other) { return other.id == volume.id; });
      has_left(machine, volume.id, force);
    }
    inner_.detach(machine, volume, force, std::move(done));
  });
}

void SimSubstrate::refuse(Done done) {
  time_.post(1ms, [done = std::move(done)] { done(Failure(internal("this is not simulated"))); });
}
void SimSubstrate::create_snapshots(const InstanceId& machine, const std::vector<cloud::SnapshotOfVolume>& snapshots,
                                    Done done) {
  Duration longest{};
  for (const auto& one : snapshots) {
    guests_.make_snapshot(one.snapshot, one.volume, time_.now());
    longest = std::max(longest, draw_(Takes::snapshot, one.snapshot.str()));
  }
  const bool fails = faults_.strikes(Fault::snapshot_fails);
  time_.post(longest, [=, this, done = std::move(done)]() mutable {
    for (const auto& one : snapshots) witness_.snapshot_ends(one.snapshot, !fails);
    if (fails) return done(Failure(internal("the snapshots failed")));
    inner_.create_snapshots(machine, snapshots, std::move(done));
  });
}
void SimSubstrate::copy_snapshot(const SnapshotId&, const SnapshotId&, Done done) {
  refuse(std::move(done));
}
void SimSubstrate::grow_volume(const VolumeId& volume, int size_gib, Done done) {
  time_.post(kAttach.draw(random_),
             [=, this, done = std::move(done)]() mutable { inner_.grow_volume(volume, size_gib, std::move(done)); });
}
void SimSubstrate::attach_interface(const InstanceId&, const cloud::MachineInterface&, Done done) {
  refuse(std::move(done));
}
void SimSubstrate::detach_interface(const InstanceId&, const InterfaceId&, Done done) {
  refuse(std::move(done));
}
void SimSubstrate::set_notice(const InstanceId& machine, const std::optional<cloud::InterruptionNotice>& notice) {
  inner_.set_notice(machine, notice);
}
void SimSubstrate::set_rebalance_recommendation(const InstanceId& machine, Time at) {
  inner_.set_rebalance_recommendation(machine, at);
}
Result<std::string> SimSubstrate::console_output(const InstanceId& machine) {
  return inner_.console_output(machine);
}
Result<cloud::CommandOutcome> SimSubstrate::run_command(const InstanceId& machine, const std::vector<std::string>& argv,
                                                        const std::string& input, Duration limit) {
  return inner_.run_command(machine, argv, input, limit);
}

void SimSubstrate::build_image(const std::string& name, const SnapshotId& into, Done done) {
  inner_.build_image(name, into, std::move(done));
}

}  // namespace holdfast::sim
