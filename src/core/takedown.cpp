// The first half of a handover: the instance goes, and what it leaves is saved.

#include <algorithm>

#include "core/fold.h"
#include "core/import.h"
#include "core/replacement.h"

namespace holdfast::core {

using namespace model;

namespace {

// What is persisted must be known, and have been observed to outlive the instance since the spec said so, before we end
// it ourselves.
bool may_terminate(const Draft& draft) {
  const State& state = draft.state();
  const Instance& instance = *state.instance;
  if (is_original(state) && !state.import->secured_at) return false;
  return instance.kept && !draft.under_way("keep/" + instance.id.str());
}

void save_volume(Draft& draft, const Volume& volume) {
  const State& state = draft.state();
  auto failed = std::count_if(state.snapshots.begin(), state.snapshots.end(), [&](const Snapshot& snapshot) {
    return snapshot.final && snapshot.volume == volume.id && snapshot.generation == volume.generation &&
           snapshot.state == SnapshotState::error;
  });
  std::string key = "final/" + volume.id.str() + "/" + std::to_string(volume.generation) + "/" + std::to_string(failed);
  std::vector<Tag> tags;
  if (draft.spec.compute.resource_tags.snapshots) tags = draft.spec.compute.tags;
  draft.want(key, CreateSnapshot{volume.id, volume.device, true, volume.generation, tags}, Urgency::save);
}

const Snapshot* final_attempt(const State& state, const Volume& volume) {
  for (const Snapshot& snapshot : state.snapshots) {
    if (snapshot.final && snapshot.volume == volume.id && snapshot.generation == volume.generation &&
        snapshot.state != SnapshotState::error) {
      return &snapshot;
    }
  }
  return nullptr;
}

// True once the volume's final snapshot is completed.
bool saved(Draft& draft, const Volume& volume) {
  const Snapshot* attempt = final_attempt(draft.state(), volume);
  if (attempt == nullptr) {
    save_volume(draft, volume);
    return false;
  }
  return attempt->state == SnapshotState::completed;
}

std::string image_name(const State& state, const Snapshot& snapshot) {
  return "holdfast-" + state.id.str() + "-" + std::to_string(snapshot.generation) + "-" + snapshot.id.str();
}

}  // namespace

bool imaged(Draft& draft, const Snapshot& snapshot) {
  State& state = draft.state();
  auto image = std::find_if(state.images.begin(), state.images.end(),
                            [&](const RootImage& entry) { return entry.snapshot == snapshot.id; });
  if (image != state.images.end() && image->state == ImageState::failed) {
    // Nothing was launched from a failed one; the snapshot it was to be made from stays, and is tried again.
    state.retired.push_back({Retired::What::image, image->id.str(), "the cloud could not make it", draft.now});
    state.images.erase(image);
    image = state.images.end();
  }
  if (image != state.images.end()) return image->state == ImageState::available;
  const ImageFacts& facts = state.surroundings.image;
  RegisterImage action;
  action.name = image_name(state, snapshot);
  action.snapshot = snapshot.id;
  action.generation = snapshot.generation;
  action.root_device = facts.root_device;
  action.architecture = facts.architecture;
  action.boot_mode = facts.boot_mode;
  action.virtualization_type = facts.virtualization_type;
  action.ena_support = facts.ena_support;
  action.size_gib = snapshot.size_gib;
  if (draft.spec.compute.resource_tags.images) action.tags = draft.spec.compute.tags;
  draft.want("image/" + snapshot.id.str(), action, Urgency::recover);
  return false;
}

namespace {

// The root volume is gone for good (deleted by hand, or with its instance). The newest copy is what there is.
void give_up_volume(Draft& draft, const Volume& volume) {
  const Snapshot* newest = newest_completed(draft.state(), volume.device);
  draft.record("volume_lost", "volume " + volume.id.str() + " (" + volume.device + ") is gone from the cloud; " +
                                  (newest != nullptr ? "the newest copy is snapshot " + newest->id.str()
                                                     : std::string("there is no copy of it")));
}

// Whether a complete listing of the volumes from after the last instance's end was seen: what it left would be in it.
bool end_was_listed(Draft& draft) {
  const State& state = draft.state();
  bool listed =
      state.looking.volumes_listed && state.gone_at && *state.looking.volumes_listed > *state.gone_at + kListingLag;
  if (!listed) {
    draft.look(static_cast<Kinds>(Kind::volumes), state.gone_at.value_or(draft.now) + kListingLag + Duration(1));
  }
  return listed;
}

bool save_root(Draft& draft) {
  State& state = draft.state();
  if (!draft.spec.persistence.root_device || state.generation == 0) return true;
  if (state.root && confirmed_missing(*state.root, draft.now)) {
    give_up_volume(draft, *state.root);
    state.root.reset();
  }
  if (state.root) {
    if (!saved(draft, *state.root)) return false;
    return imaged(draft, *final_attempt(state, *state.root));
  }
  // No volume known: the instance ended before it was seen with one. A complete listing from after its end would have
  // shown it; only then the newest copy from before counts.
  if (!end_was_listed(draft)) return false;
  const Snapshot* newest = newest_completed(state, state.surroundings.image.root_device);
  return newest == nullptr ? state.images.empty() && state.snapshots.empty() : imaged(draft, *newest);
}

// The last instance ended before it was seen with a volume at this device. It may have written to one all the same: a
// listing from after its end shows that (fold_volumes adopts it). If there is none, the launch came to nothing, and
// what it was to be made from is the present copy again.
bool device_accounted_for(Draft& draft, const std::string& device) {
  State& state = draft.state();
  if (state.data.contains(device)) return true;
  if (!end_was_listed(draft)) return false;
  auto former = state.superseded.end();
  for (auto at = state.superseded.begin(); at != state.superseded.end(); ++at) {
    bool newer = former == state.superseded.end() || at->generation > former->generation;
    if (at->device == device && newer) former = at;
  }
  if (former == state.superseded.end()) return true;
  draft.record("volume_reinstated", "volume " + former->id.str() + " is the present copy of " + device +
                                        " again: the instance that was to replace it came to nothing");
  state.data.emplace(device, *former);
  state.superseded.erase(former);
  return true;
}

bool devices_accounted_for(Draft& draft) {
  const State& state = draft.state();
  if (!draft.spec.persistence.block_devices || state.generation == 0) return true;
  std::vector<std::string> devices;
  for (const BlockDevice& wanted : draft.spec.compute.block_devices) {
    if (wanted.device_name != state.surroundings.image.root_device) devices.push_back(wanted.device_name);
  }
  for (const Volume& volume : state.superseded) {  // attached by hand once
    if (volume.device != state.surroundings.image.root_device) devices.push_back(volume.device);
  }
  return std::all_of(devices.begin(), devices.end(),
                     [&](const std::string& device) { return device_accounted_for(draft, device); });
}

// on_launch: the next volumes are made from the final snapshots, so all must be completed. reattach over several zones:
// they are asked for, but only a launch in another zone waits for them (settle_in).
bool save_data(Draft& draft) {
  if (!devices_accounted_for(draft)) return false;
  if (!snapshots_data(draft.spec, draft.state())) return true;
  bool needed = draft.spec.persistence.mode == BlockDevicesMode::on_launch;
  bool all = true;
  for (const auto& [device, volume] : draft.state().data) {
    if (confirmed_missing(volume, draft.now)) {
      all = all && newest_completed(draft.state(), device) != nullptr;
    } else if (!saved(draft, volume)) {
      all = false;
    }
  }
  return all || !needed;
}

}  // namespace

void take_down(Draft& draft) {
  const State& state = draft.state();
  const Instance& instance = *state.instance;
  draft.enter(Phase::terminating, "instance " + instance.id.str() + " is taken down (" +
                                      std::string(to_string(state.handover->reason)) + ")");
  bool going = instance.state == InstanceState::shutting_down;
  if (!going && may_terminate(draft)) {
    // Safe: everything persisted is known and outlives it (may_terminate); the handover that wants this is stored.
    draft.want("terminate/" + instance.id.str(), TerminateInstance{instance.id}, Urgency::save);
  }
  draft.look(Kind::instances | Kind::volumes | Kind::interfaces, draft.now);
}

namespace {

// The launch was never seen to run: its volumes may have failed with it, and must not be waited for. Those that are
// there are found again by their tags in the listing that each device waits for (device_accounted_for, save_root).
void forget_volumes_of_launch(State& state, int generation) {
  if (state.root && state.root->generation == generation) state.root.reset();
  std::erase_if(state.data, [&](const auto& entry) { return entry.second.generation == generation; });
}

}  // namespace

void leave_behind(Draft& draft) {
  State& state = draft.state();
  const InstanceId gone = state.instance->id;
  // The keeping of what has ended is moot; a termination that was asked for is fulfilled.
  state.asked.erase("keep/" + gone.str());
  state.asked.erase("terminate/" + gone.str());
  std::erase_if(state.asked, [&](const auto& entry) {
    const auto* attach = std::get_if<AttachVolume>(&entry.second.effect.action);
    return attach != nullptr && attach->instance == gone;
  });
  if (state.instance->notice_deadline || state.handover->reason == Reason::disappeared) {
    constexpr Duration kTainted = std::chrono::minutes(10);
    std::erase_if(state.cooling, [&](const CoolingMarket& entry) { return entry.market == state.instance->market; });
    state.cooling.push_back({state.instance->market, draft.now + kTainted, false, false, "it took an instance"});
  }
  if (!state.instance->running_at) forget_volumes_of_launch(state, state.instance->generation);
  state.instance.reset();
  if (!state.gone_at) state.gone_at = draft.now;
  draft.look(Kind::volumes | Kind::interfaces, draft.now);
}

bool save(Draft& draft) {
  bool persists =
      draft.state().generation > 0 && (draft.spec.persistence.root_device || snapshots_data(draft.spec, draft.state()));
  if (persists) draft.enter(Phase::saving, "final snapshots and image of what the last instance left");
  // Both every turn, so that they go side by side.
  bool data = save_data(draft);
  bool root = save_root(draft);
  if (!data || !root) draft.look(Kind::snapshots | Kind::images | Kind::volumes, draft.now);
  return data && root;
}

const Snapshot* final_snapshot(const State& state, const Volume& volume) {
  const Snapshot* attempt = final_attempt(state, volume);
  return attempt != nullptr && attempt->state == SnapshotState::completed ? attempt : nullptr;
}

const Snapshot* newest_completed(const State& state, const std::string& device) {
  const Snapshot* newest = nullptr;
  for (const Snapshot& snapshot : state.snapshots) {
    if (snapshot.device != device || snapshot.state != SnapshotState::completed) continue;
    if (newest == nullptr || snapshot.started_at > newest->started_at) newest = &snapshot;
  }
  return newest;
}

}  // namespace holdfast::core
