#include "cloud/behaviour/slow_substrate.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <shared_mutex>

namespace holdfast::cloud {

struct SlowSubstrate::State {
  State(std::unique_ptr<Substrate> substrate, Runtime& time, uint64_t seed)
      : inner(std::move(substrate)), runtime(time), random(seed) {}

  // Held shared while the inner substrate is told something, alone when it goes away.
  std::shared_mutex life;
  std::unique_ptr<Substrate> inner;
  Runtime& runtime;

  std::mutex mutex;  // of what follows
  Random random;
  std::map<std::string, Time> busy_until;  // by resource: when its last order goes out

  Duration draw(const Spread& spread) {
    std::lock_guard hold(mutex);
    return spread.draw(random);
  }
  // From now to the moment of this order.
  Duration queue(const std::string& resource, const Spread& spread) {
    std::lock_guard hold(mutex);
    const Time now = runtime.now();
    std::erase_if(busy_until, [&](const auto& entry) { return entry.second <= now; });
    Time& at = busy_until[resource];
    at = std::max(at, now + spread.draw(random));
    return at - now;
  }
};

SlowSubstrate::SlowSubstrate(std::unique_ptr<Substrate> inner, Runtime& runtime, const MachineSpreads& spreads,
                             uint64_t seed)
    : state_(std::make_shared<State>(std::move(inner), runtime, seed)), spreads_(spreads) {}

SlowSubstrate::~SlowSubstrate() {
  std::unique_lock alone(state_->life);
  state_->inner.reset();
}

void SlowSubstrate::later(const std::string& resource, const Spread& spread, std::function<void(Substrate&)> order) {
  state_->runtime.post(state_->queue(resource, spread), [state = state_, order = std::move(order)] {
    std::shared_lock hold(state->life);
    if (state->inner) order(*state->inner);
  });
}

Done SlowSubstrate::delayed(const Spread& spread, Done done) {
  return [state = std::weak_ptr(state_), spread, done = std::move(done)](Result<void> outcome) {
    if (auto alive = state.lock()) {
      alive->runtime.post(alive->draw(spread), [done, outcome] { done(outcome); });
    }
  };
}

// ---- what takes its time

void SlowSubstrate::create_volume(const VolumeId& volume, int size, const std::optional<SnapshotId>& from, Done done) {
  later(volume.str(), spreads_.create_volume, [=](Substrate& to) { to.create_volume(volume, size, from, done); });
}
void SlowSubstrate::delete_volume(const VolumeId& volume, Done done) {
  later(volume.str(), spreads_.delete_volume, [=](Substrate& to) { to.delete_volume(volume, done); });
}
void SlowSubstrate::launch(const MachineSpec& machine, Done done) {
  later(machine.id.str(), spreads_.launch, [=](Substrate& to) { to.launch(machine, done); });
}
void SlowSubstrate::attach(const InstanceId& machine, const AttachedVolume& volume, Done done) {
  later(machine.str(), spreads_.attach, [=](Substrate& to) { to.attach(machine, volume, done); });
}
void SlowSubstrate::detach(const InstanceId& machine, const AttachedVolume& volume, bool force, Done done) {
  later(machine.str(), spreads_.detach, [=](Substrate& to) { to.detach(machine, volume, force, done); });
}
// A machine goes down at once; it is the cloud that takes its time to say so.
void SlowSubstrate::stop(const InstanceId& machine, StopHow how, Duration limit, Done done) {
  later(machine.str(), {},
        [=, slow = delayed(spreads_.stop, std::move(done))](Substrate& to) { to.stop(machine, how, limit, slow); });
}
void SlowSubstrate::grow_volume(const VolumeId& volume, int size, Done done) {
  later(volume.str(), {}, [=](Substrate& to) { to.grow_volume(volume, size, done); });
}
void SlowSubstrate::attach_interface(const InstanceId& machine, const MachineInterface& interface, Done done) {
  later(machine.str(), spreads_.attach, [=](Substrate& to) { to.attach_interface(machine, interface, done); });
}
void SlowSubstrate::detach_interface(const InstanceId& machine, const InterfaceId& interface, Done done) {
  later(machine.str(), spreads_.detach, [=](Substrate& to) { to.detach_interface(machine, interface, done); });
}
void SlowSubstrate::reboot(const InstanceId& machine, Done done) {
  later(machine.str(), {}, [=](Substrate& to) { to.reboot(machine, done); });
}

// ---- what does not. A snapshot holds the volume as of the call, so its order is never late.

void SlowSubstrate::create_snapshot(const SnapshotId& snapshot, const VolumeId& volume, Done done) {
  state_->inner->create_snapshot(snapshot, volume, std::move(done));
}
void SlowSubstrate::create_snapshots(const InstanceId& machine, const std::vector<SnapshotOfVolume>& snapshots,
                                     Done done) {
  state_->inner->create_snapshots(machine, snapshots, std::move(done));
}
void SlowSubstrate::copy_snapshot(const SnapshotId& snapshot, const SnapshotId& from, Done done) {
  state_->inner->copy_snapshot(snapshot, from, std::move(done));
}
void SlowSubstrate::delete_snapshot(const SnapshotId& snapshot, Done done) {
  state_->inner->delete_snapshot(snapshot, std::move(done));
}
Result<std::vector<MachineSeen>> SlowSubstrate::start(const std::vector<SubnetSpec>& subnets,
                                                      const std::vector<MachineSpec>& machines,
                                                      SubstrateEvents& events) {
  return state_->inner->start(subnets, machines, events);
}
void SlowSubstrate::create_subnet(const SubnetSpec& subnet, Done done) {
  state_->inner->create_subnet(subnet, std::move(done));
}
void SlowSubstrate::delete_subnet(const SubnetId& subnet, Done done) {
  state_->inner->delete_subnet(subnet, std::move(done));
}
void SlowSubstrate::set_tokens_required(const InstanceId& machine, bool required) {
  state_->inner->set_tokens_required(machine, required);
}
void SlowSubstrate::set_notice(const InstanceId& machine, const std::optional<InterruptionNotice>& notice) {
  state_->inner->set_notice(machine, notice);
}
void SlowSubstrate::set_rebalance_recommendation(const InstanceId& machine, Time at) {
  state_->inner->set_rebalance_recommendation(machine, at);
}
Result<std::string> SlowSubstrate::console_output(const InstanceId& machine) {
  return state_->inner->console_output(machine);
}
Result<CommandOutcome> SlowSubstrate::run_command(const InstanceId& machine, const std::vector<std::string>& argv,
                                                  const std::string& input, Duration limit) {
  return state_->inner->run_command(machine, argv, input, limit);
}
std::vector<std::string> SlowSubstrate::buildable_images() const {
  return state_->inner->buildable_images();
}
int SlowSubstrate::image_size_gib(const std::string& name) const {
  return state_->inner->image_size_gib(name);
}
void SlowSubstrate::build_image(const std::string& name, const SnapshotId& into, Done done) {
  state_->inner->build_image(name, into, std::move(done));
}
int64_t SlowSubstrate::free_bytes() const {
  return state_->inner->free_bytes();
}
Result<void> SlowSubstrate::tear_down(bool erase) {
  return state_->inner->tear_down(erase);
}

}  // namespace holdfast::cloud
