#include "engine/changes.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "core/draft.h"
#include "core/unplaced.h"

namespace holdfast::engine {

namespace {

using model::Asked;
using model::BlockDevice;
using model::BlockDevicesMode;
using model::State;

constexpr char kLaunch[] = "compute.launchSpecification";
constexpr char kDevices[] = "compute.launchSpecification.blockDeviceMappings";

// Asked for, and not known to have come to nothing: it may come to be, of the document before.
template <class Action>
const Action* under_way(const State& state) {
  for (const auto& [key, asked] : state.asked) {
    const auto* action = std::get_if<Action>(&asked.effect.action);
    if (action != nullptr && core::may_be_done(asked)) return action;
  }
  return nullptr;
}

// From its first launch on the root is what the last instance left, and an import has what the original left.
bool has_a_root(const State& state) {
  return state.generation > 0 || state.import || under_way<model::LaunchInstance>(state) != nullptr;
}

// The size that the device's next volume cannot fall below; 0: not known yet.
int size_of(const State& state, const std::string& name) {
  int size = 0;
  if (state.root && state.root->device == name) size = state.root->size_gib;
  if (auto volume = state.data.find(name); volume != state.data.end()) size = volume->second.size_gib;
  const model::Snapshot* newest = nullptr;
  for (const model::Snapshot& snapshot : state.snapshots) {
    if (snapshot.device != name || snapshot.state != model::SnapshotState::completed) continue;
    if (newest == nullptr || snapshot.started_at > newest->started_at) newest = &snapshot;
  }
  return newest == nullptr ? size : std::max(size, newest->size_gib);
}

// The last instance has ended, and what it left may not have been seen yet.
bool ends_unseen(const State& state) {
  return !state.instance && state.handover && state.generation > 0;
}

// Whether a volume of this device is kept: known, or made by a launch that was not seen to run yet.
bool is_held(const SpecChange& change, const State& state, const std::string& name) {
  if (state.data.contains(name)) return true;
  // A person has yet to say at which device a volume belongs: it may be this one.
  const bool unplaced = core::any_unplaced(state);
  const bool launched = state.instance && !state.instance->running_at;
  const bool unseen = unplaced || launched || ends_unseen(state);
  if (!unseen && under_way<model::LaunchInstance>(state) == nullptr) return false;
  return change.before.persistence.block_devices && core::mapping_of(change.before, name) != nullptr;
}

class Judgement {
 public:
  Judgement(const SpecChange& change, const State& state)
      : before_(change.before), after_(change.after), change_(change), state_(state) {}

  model::Faults run() {
    given_up_unseen();
    image();
    root();
    devices();
    subnets();
    groups();
    return std::move(faults_);
  }

 private:
  void fault(std::string field, std::string message) {
    faults_.errors.push_back({ErrorKind::invalid, "NoEffect", std::move(message), std::move(field)});
  }
  bool is_root(const std::string& name) const { return name == state_.surroundings.image.root_device; }

  // Its launch makes volumes that outlive it, which nobody would know of.
  void given_up_unseen() {
    constexpr std::string_view kAskAgain =
        "volumes that are kept may not all be known between two instances, and during a launch: ask again once it runs";
    const bool root = before_.persistence.root_device && !after_.persistence.root_device;
    const bool data = before_.persistence.block_devices && !after_.persistence.block_devices;
    if (root && root_comes_unseen()) fault("persistence.persistRootDevice", std::string(kAskAgain));
    if (data && data_comes_unseen()) fault("persistence.persistBlockDevices", std::string(kAskAgain));
  }
  // Of a launch under way, whatever there was before it; or of an instance that was not seen with its volumes.
  bool root_comes_unseen() const {
    if (under_way<model::LaunchInstance>(state_) != nullptr) return true;
    return (state_.instance || ends_unseen(state_)) && !state_.root;
  }
  // A mapping that shows the root is filled in.
  bool data_may_be_unseen() const {
    if (!state_.instance) return ends_unseen(state_);
    if (!state_.instance->running_at) return true;
    return before_.persistence.root_device ? !state_.root : !state_.instance->kept;
  }
  bool data_comes_unseen() const {
    if (const auto* launch = under_way<model::LaunchInstance>(state_)) {
      return std::any_of(launch->devices.begin(), launch->devices.end(), [&](const model::LaunchDevice& device) {
        return !is_root(device.device.device_name) && !device.delete_on_termination;
      });
    }
    if (!data_may_be_unseen()) return false;
    const auto& devices = before_.compute.block_devices;
    return std::any_of(devices.begin(), devices.end(), [&](const BlockDevice& device) {
      return !is_root(device.device_name) && !state_.data.contains(device.device_name);
    });
  }

  // The image itself, or one of the root that was made of it.
  bool runs_what_is_kept(const ImageId& wanted) const {
    const ImageId& runs = state_.instance->image;
    const bool own = std::any_of(state_.images.begin(), state_.images.end(),
                                 [&](const model::RootImage& image) { return image.id == runs; });
    return runs == wanted || own;
  }

  void image() {
    if (!after_.persistence.root_device || !has_a_root(state_)) return;
    const ImageId& wanted = after_.compute.image_id;
    if (before_.compute.image_id != wanted) {
      fault(
          fmt::format("{}.imageId", kLaunch),
          fmt::format("its root volume is kept, so {} would never be used: leave {}, set persistence.persistRootDevice "
                      "to false, or make a new managed instance",
                      wanted.str(), before_.compute.image_id.str()));
    } else if (!before_.persistence.root_device && state_.instance && !runs_what_is_kept(wanted)) {
      fault("persistence.persistRootDevice",
            fmt::format("the present instance was launched from {}; if its root is kept from now on, {} is never used: "
                        "recycle it first",
                        state_.instance->image.str(), wanted.str()));
    }
  }

  void root() {
    const std::string& name = state_.surroundings.image.root_device;
    if (!after_.persistence.root_device || !has_a_root(state_)) return;
    for (size_t i = 0; i < after_.compute.block_devices.size(); ++i) {
      const BlockDevice& wanted = after_.compute.block_devices[i];
      if (wanted.device_name != name) continue;
      const BlockDevice* former = core::mapping_of(before_, name);
      const BlockDevice had = former != nullptr ? *former : BlockDevice{};
      int size = size_of(state_, name);
      if (size == 0) size = had.size_gib.value_or(state_.surroundings.image.root_size_gib);
      never_smaller(wanted, had, size, i);
      never_decrypted(wanted, had, i);
    }
  }

  void never_smaller(const BlockDevice& wanted, const BlockDevice& had, int size, size_t at) {
    if (!wanted.size_gib || wanted.size_gib == had.size_gib || *wanted.size_gib >= size) return;
    fault(fmt::format("{}[{}].ebs.volumeSize", kDevices, model::place_of_device(after_.compute, at)),
          fmt::format("{} is kept and has {} GiB, and no volume gets smaller: give at least as many",
                      wanted.device_name, size));
  }
  void never_decrypted(const BlockDevice& wanted, const BlockDevice& had, size_t at) {
    if (had.encrypted != true || wanted.encrypted != false) return;
    fault(fmt::format("{}[{}].ebs.encrypted", kDevices, model::place_of_device(after_.compute, at)),
          fmt::format("{} is kept and encrypted, and what is made of it stays so: leave it true", wanted.device_name));
  }

  void devices() {
    none_is_left_out();
    if (!after_.persistence.block_devices) return;
    for (size_t i = 0; i < after_.compute.block_devices.size(); ++i) {
      const BlockDevice& wanted = after_.compute.block_devices[i];
      if (is_root(wanted.device_name) || !is_held(change_, state_, wanted.device_name)) continue;
      if (after_.persistence.mode == BlockDevicesMode::reattach) {
        moves_as_it_is(wanted, i);
      } else {
        is_made_of_its_copy(wanted, i);
      }
    }
  }

  // It would be kept and attached all the same, like one that was attached by hand.
  void none_is_left_out() {
    for (const BlockDevice& former : before_.compute.block_devices) {
      const std::string& name = former.device_name;
      if (is_root(name) || core::mapping_of(after_, name) != nullptr || !is_held(change_, state_, name)) continue;
      auto volume = state_.data.find(name);
      fault(kDevices, fmt::format("leaves out {}, whose volume {}is kept: name it. To give it up, set "
                                  "persistence.persistBlockDevices to false and recycle, then leave it out",
                                  name, volume == state_.data.end() ? "" : volume->second.id.str() + " "));
    }
  }

  // reattach: the volume is the one that was made once. Nothing of its mapping is looked at again.
  void moves_as_it_is(const BlockDevice& wanted, size_t at) {
    const BlockDevice* former = core::mapping_of(before_, wanted.device_name);
    const BlockDevice had = former != nullptr ? *former : BlockDevice{};
    const std::string ebs = fmt::format("{}[{}].ebs", kDevices, model::place_of_device(after_.compute, at));
    size_with_reattach(wanted, had, ebs + ".volumeSize");
    auto unchanged = [&](bool differs, const std::string& field, std::string_view remedy) {
      if (!differs) return;
      fault(ebs + field, fmt::format("the volume of {} moves as it is (reattach): {}", wanted.device_name, remedy));
    };
    constexpr std::string_view kModify = "leave what was there, or leave it out and change the volume in the cloud";
    constexpr std::string_view kCopy = "leave what was there, or copy the data to a device of another name";
    unchanged(!wanted.volume_type.empty() && wanted.volume_type != had.volume_type, ".volumeType", kModify);
    unchanged(wanted.iops && wanted.iops != had.iops, ".iops", kModify);
    unchanged(wanted.throughput && wanted.throughput != had.throughput, ".throughput", kModify);
    unchanged(wanted.snapshot_id && wanted.snapshot_id != had.snapshot_id, ".snapshotId", kCopy);
    unchanged(!wanted.kms_key_id.empty() && wanted.kms_key_id != had.kms_key_id, ".kmsKeyId", kCopy);
    unchanged(wanted.encrypted && *wanted.encrypted != had.encrypted.value_or(false), ".encrypted", kCopy);
  }

  void size_with_reattach(const BlockDevice& wanted, const BlockDevice& had, const std::string& field) {
    // What was put up with in the other mode counts no more.
    bool touched = wanted.size_gib != had.size_gib || before_.persistence.mode != BlockDevicesMode::reattach;
    int size = size_of(state_, wanted.device_name);
    if (size == 0) size = had.size_gib.value_or(0);
    if (!wanted.size_gib || !touched || *wanted.size_gib == size) return;
    std::string remedy = *wanted.size_gib > size
                             ? "with persistence.blockDevicesMode onLaunch the next replacement makes it larger"
                             : "give as many";
    fault(field, fmt::format("the volume of {} has {} GiB and moves as it is (reattach): {}", wanted.device_name, size,
                             remedy));
  }

  // on_launch: a new volume of the final snapshot, at least as large.
  void is_made_of_its_copy(const BlockDevice& wanted, size_t at) {
    const BlockDevice* former = core::mapping_of(before_, wanted.device_name);
    const BlockDevice had = former != nullptr ? *former : BlockDevice{};
    int size = size_of(state_, wanted.device_name);
    if (size == 0) size = had.size_gib.value_or(0);
    never_smaller(wanted, had, size, at);
    never_decrypted(wanted, had, at);
    if (!wanted.snapshot_id || wanted.snapshot_id == had.snapshot_id) return;
    fault(fmt::format("{}[{}].ebs.snapshotId", kDevices, model::place_of_device(after_.compute, at)),
          fmt::format("the next volume of {} is made of its own newest copy, never of {}: leave it out",
                      wanted.device_name, wanted.snapshot_id->str()));
  }

  void subnets() {
    const std::vector<SubnetId>& wanted = after_.compute.subnet_ids;
    const model::Interface* kept = core::usable_interface(after_, state_);
    bool touched = wanted != before_.compute.subnet_ids || !before_.persistence.private_ip;
    if (kept == nullptr || !touched) return;
    if (std::find(wanted.begin(), wanted.end(), kept->subnet) != wanted.end()) return;
    fault("compute.subnetIds",
          fmt::format("its kept interface {} lives in {}: name that subnet too, want another address with "
                      "compute.privateIp, set persistence.persistPrivateIp to false, or make a new managed instance",
                      kept->id.str(), kept->subnet.str()));
  }

  // EC2 takes no groups beside an interface that exists: it brings its own.
  void groups() {
    const model::Interface* kept = core::usable_interface(after_, state_);
    if (kept == nullptr || after_.compute.security_group_ids == before_.compute.security_group_ids) return;
    fault(fmt::format("{}.securityGroupIds", kLaunch),
          fmt::format("its kept interface {} brings the groups that it was made with: leave them, set "
                      "persistence.persistPrivateIp to false, or make a new managed instance",
                      kept->id.str()));
  }

  const model::Spec& before_;
  const model::Spec& after_;
  const SpecChange& change_;
  const State& state_;
  model::Faults faults_;
};

}  // namespace

model::Faults futile_changes(const SpecChange& change, const model::State& state) {
  return Judgement(change, state).run();
}

Own own_of(const SpecChange& change, const model::State& state) {
  Own own{state.id};
  if (state.interface) own.interface = state.interface->id;
  if (change.after.persistence.root_device && has_a_root(state)) own.image = state.surroundings.image;
  if (!change.after.persistence.block_devices) return own;
  for (const BlockDevice& device : change.after.compute.block_devices) {
    if (is_held(change, state, device.device_name)) own.devices.insert(device.device_name);
  }
  return own;
}

}  // namespace holdfast::engine
