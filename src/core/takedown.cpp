// The first half of a handover: the instance goes, and what it leaves is saved.

#include <algorithm>

#include "core/fold.h"
#include "core/former_root.h"
#include "core/import.h"
#include "core/losses.h"
#include "core/mutation.h"
#include "core/probe.h"
#include "core/replacement.h"
#include "core/restore.h"
#include "core/saving.h"
#include "core/short_lived.h"
#include "core/unplaced.h"

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

// Of one that was asked for before the launch, and is not made yet: it is still the same one.
std::optional<std::string> key_asked_for(const State& state, const Volume& volume) {
  for (const auto& [key, asked] : state.asked) {
    const auto* create = std::get_if<CreateSnapshot>(&asked.effect.action);
    bool its = create != nullptr && create->final && create->volume == volume.id;
    if (its && create->generation == volume.generation) return key;
  }
  return std::nullopt;
}

std::string key_of_final(const State& state, const Volume& volume, int failures) {
  if (state.instance) {
    if (auto asked_for = key_asked_for(state, volume)) return *asked_for;
  }
  std::string key =
      "final/" + volume.id.str() + "/" + std::to_string(volume.generation) + "/" + std::to_string(failures);
  // The same volume may be saved once more though no instance of ours was on it since: after an instance that ended
  // before that, and after a rest. A key that was used before would find the snapshot of then.
  if (state.gone_at) key += "/" + std::to_string(to_millis(*state.gone_at));
  const std::optional<Handover>& handover = state.handover;
  if (handover && handover->reason == Reason::resume) key += "/" + to_iso(handover->began_at);
  return key;
}

void save_volume(Draft& draft, const Volume& volume) {
  const Snapshot* failed = failure_of(draft.state(), volume.id);
  int failures = failed != nullptr ? failed->failures : 0;
  if (failed != nullptr && resting(draft, failed->failed_at, failures)) return;
  if (failures > 0) reached(Probe::final_snapshot_again);
  std::vector<Tag> tags;
  if (draft.spec.compute.resource_tags.snapshots) tags = draft.spec.compute.tags;
  draft.want(key_of_final(draft.state(), volume, failures),
             CreateSnapshot{volume.id, volume.device, true, volume.generation, tags}, Urgency::save);
}

const Snapshot* final_attempt(const State& state, const Volume& volume) {
  for (const Snapshot& snapshot : state.snapshots) {
    bool counts =
        is_there(snapshot.state) || (snapshot.state == SnapshotState::error && mutated(Mutation::wait_for_what_failed));
    if (is_final_of(snapshot, volume) && counts) return &snapshot;
  }
  return nullptr;
}

}  // namespace

bool lent(const State& state, const Volume& volume, Time now) {
  // Also if the first instance since the resume was lost before this one was free to come to it.
  const bool rested = state.handover && began_at_rest(*state.handover);
  return (rested || volume.taken_off) && !volume.attached_to.empty() && !confirmed_missing(volume, now);
}

namespace {

// Where one is that a person has taken off its instance is known by a look from after that instance's end.
bool whereabouts_known(Draft& draft, const Volume& volume) {
  const State& state = draft.state();
  if (!volume.taken_off || !state.gone_at || confirmed_missing(volume, draft.now)) return true;
  if (state.looking.volumes_listed && *state.looking.volumes_listed >= *state.gone_at) return true;
  draft.look(static_cast<Kinds>(Kind::volumes), draft.now);
  return false;
}

}  // namespace

bool saved(Draft& draft, const Volume& volume) {
  const Snapshot* attempt = final_attempt(draft.state(), volume);
  if (attempt == nullptr && !whereabouts_known(draft, volume)) return false;
  if (attempt == nullptr && lent(draft.state(), volume, draft.now)) {
    reached(Probe::final_snapshot_awaits_a_detachment);
    return false;
  }
  if (attempt == nullptr) {
    // One that is not listed would only be refused: it is looked for, and given up if it is gone for good.
    if (!volume.missing_since) save_volume(draft, volume);
    return false;
  }
  return attempt->state == SnapshotState::completed;
}

namespace {

// Unique for each try: the name of one that failed is taken until it is deregistered.
std::string image_name(const State& state, const Snapshot& snapshot, const std::string& again) {
  return "holdfast-" + state.id.str() + "-" + std::to_string(snapshot.generation) + "-" + snapshot.id.str() + again;
}

}  // namespace

bool imaged(Draft& draft, const Snapshot& snapshot) {
  const State& state = draft.state();
  for (const RootImage& image : state.images) {
    if (image.snapshot == snapshot.id && is_there(image.state)) return image.state == ImageState::available;
  }
  // Nothing was launched from a failed one; the snapshot it was to be made from stays, and is tried again.
  const RootImage* failed = failed_image_of(state, snapshot.id);
  if (failed != nullptr && resting(draft, failed->failed_at, failed->failures)) return false;
  std::string again = failed != nullptr ? "-" + std::to_string(failed->failures) : "";
  const ImageFacts& facts = state.surroundings.image;
  RegisterImage action;
  action.name = image_name(state, snapshot, again);
  action.snapshot = snapshot.id;
  action.generation = snapshot.generation;
  action.root_device = facts.root_device;
  action.architecture = facts.architecture;
  action.boot_mode = facts.boot_mode;
  action.virtualization_type = facts.virtualization_type;
  action.ena_support = facts.ena_support;
  action.size_gib = snapshot.size_gib;
  if (draft.spec.compute.resource_tags.images) action.tags = draft.spec.compute.tags;
  draft.want("image/" + snapshot.id.str() + again, action, Urgency::recover);
  return false;
}

namespace {

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

// Of a device without a volume: the next one would be made of an older copy, or blank, and a newer is not completed.
bool newer_in_the_making(Draft& draft, const std::string& device) {
  const State& state = draft.state();
  if (restore_source(state, device) != nullptr) return false;
  const Snapshot* newest = newest_completed(state, device);
  const bool any = std::any_of(state.snapshots.begin(), state.snapshots.end(), [&](const Snapshot& snapshot) {
    const bool newer = newest == nullptr || snapshot.started_at > newest->started_at;
    return snapshot.device == device && snapshot.state == SnapshotState::pending && !snapshot.keep_until && newer;
  });
  if (any) draft.look(static_cast<Kinds>(Kind::snapshots), draft.now);
  return any;
}

bool save_root(Draft& draft) {
  State& state = draft.state();
  if (!draft.spec.persistence.root_device || state.generation == 0) return true;
  // At rest, paused, nothing is given up: what is missing may only be out of sight.
  if (state.handover && !settle_lost_root(draft)) return false;
  if (state.root) {
    if (!saved(draft, *state.root)) return false;
    return imaged(draft, *source_of_root(state));
  }
  // No volume known: the instance ended before it was seen with one. A complete listing from after its end would have
  // shown it; only then the newest copy from before counts.
  if (!end_was_listed(draft)) return false;
  if (newer_in_the_making(draft, state.surroundings.image.root_device)) return false;
  const Snapshot* newest = source_of_root(state);
  return newest == nullptr || imaged(draft, *newest);  // there is none: the first image again
}

// The last instance ended before it was seen with a volume at this device. It may have written to one all the same: a
// listing from after its end shows that (fold_volumes adopts it). If there is none, the launch came to nothing, and
// what it was to be made from is the present copy again.
bool device_accounted_for(Draft& draft, const std::string& device) {
  State& state = draft.state();
  if (state.data.contains(device)) return true;
  if (!end_was_listed(draft) || any_unplaced(state)) return false;
  auto former = state.superseded.end();
  for (auto at = state.superseded.begin(); at != state.superseded.end(); ++at) {
    bool newer = former == state.superseded.end() || at->generation > former->generation;
    if (at->device == device && newer) former = at;
  }
  if (former == state.superseded.end() || mutated(Mutation::forget_former_volumes)) {
    return !newer_in_the_making(draft, device);
  }
  // One that came after it was lost, and a copy of that one is newer.
  const Snapshot* newest = newest_completed(state, device);
  if (newest != nullptr && newest->generation > former->generation) return true;
  reached(Probe::volume_reinstated);
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

}  // namespace

bool leavings_known(Draft& draft) {
  const State& state = draft.state();
  const Persistence& persistence = draft.spec.persistence;
  if (state.generation == 0) return true;
  auto is_missing = [&](const BlockDevice& wanted) {
    return wanted.device_name != state.surroundings.image.root_device && !state.data.contains(wanted.device_name);
  };
  const std::vector<BlockDevice>& wanted = draft.spec.compute.block_devices;
  const bool root = persistence.root_device && !state.root;
  const bool data = persistence.block_devices && std::any_of(wanted.begin(), wanted.end(), is_missing);
  return (!root && !data) || end_was_listed(draft);
}

namespace {

// on_launch: the next volumes are made from the final snapshots, so all must be completed. reattach where the next
// instance may be in another zone: they are asked for, but only a launch that cannot be in the volume's zone waits for
// them; one that only may be in another waits afterwards (settle_in).
bool save_data(Draft& draft) {
  if (!draft.spec.persistence.block_devices) return true;
  if (draft.state().handover && !settle_lost_data(draft)) return false;
  if (!devices_accounted_for(draft)) return false;
  if (!snapshots_data(draft.spec, draft.state())) return true;
  bool all = true;
  for (const auto& [device, volume] : draft.state().data) {
    bool needed = launch_needs_copy(draft.spec, draft.state(), volume);
    if (mutated(Mutation::launch_without_final_copies) && newest_completed(draft.state(), device)) needed = false;
    if (confirmed_missing(volume, draft.now)) continue;  // made of its newest copy
    if (!saved(draft, volume) && needed) all = false;
  }
  return all;
}

}  // namespace

void take_down(Draft& draft) {
  const State& state = draft.state();
  const Instance& instance = *state.instance;
  draft.enter(Phase::terminating, "instance " + instance.id.str() + " is taken down (" +
                                      std::string(to_string(state.handover->reason)) + ")");
  if (mutated(Mutation::final_snapshot_before_the_end) && state.root) save_volume(draft, *state.root);
  bool going = instance.state == InstanceState::shutting_down;
  if (!going && may_terminate(draft)) {
    // Safe: everything persisted is known and outlives it (may_terminate); the handover that wants this is stored.
    draft.want("terminate/" + instance.id.str(), TerminateInstance{instance.id}, Urgency::save);
  }
  draft.look(Kind::instances | Kind::volumes | Kind::interfaces, draft.now);
}

namespace {

// The launch was never seen to run: its volumes may have failed with it, and must not be waited for. Those that are
// there are found again by their tags in the listing that each device waits for (device_accounted_for, save_root), and
// keep the device at which the instance showed them: two blank ones look alike. One that is being made for it from a
// copy (bring_across) is no volume of the launch, and stays.
void forget_volumes_of_launch(State& state, int generation) {
  if (state.root && state.root->generation == generation) {
    state.left_by_launch.push_back(*state.root);
    state.root.reset();
  }
  std::erase_if(state.data, [&](const auto& entry) {
    bool made_apart = entry.second.state == VolumeState::creating && entry.second.attached_to.empty();
    bool forgotten = entry.second.generation == generation && !made_apart;
    if (forgotten) state.left_by_launch.push_back(entry.second);
    return forgotten;
  });
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
    if (attach == nullptr || attach->instance != gone) return false;
    // It may have come to it, whatever was seen before: that it is free again must be seen.
    for (auto& [device, volume] : state.data) {
      if (volume.id == attach->volume && may_be_done(entry.second)) volume.attached_to = gone;
    }
    return true;
  });
  bool taken = state.instance->notice_deadline || state.handover->reason == Reason::disappeared;
  if (taken || state.handover->reason == Reason::rebalance) {
    constexpr Duration kTainted = std::chrono::minutes(10);
    std::erase_if(state.cooling, [&](const CoolingMarket& entry) { return entry.market == state.instance->market; });
    state.cooling.push_back({state.instance->market, draft.now + kTainted, false, false, "it took an instance"});
  }
  note_end(draft);
  if (!state.instance->running_at) forget_volumes_of_launch(state, state.instance->generation);
  auto note_elsewhere = [&](Volume& volume) {
    volume.taken_off = volume.taken_off || (!volume.attached_to.empty() && volume.attached_to != gone);
  };
  if (state.root) note_elsewhere(*state.root);
  for (auto& [device, volume] : state.data) note_elsewhere(volume);
  leave_former_root(draft);
  state.instance.reset();
  if (!state.gone_at) state.gone_at = draft.now;
  draft.look(Kind::volumes | Kind::interfaces, draft.now);
}

namespace {

constexpr Duration kLookWhileResting = std::chrono::seconds(15);

bool making_copies(const State& state) {
  return std::any_of(state.snapshots.begin(), state.snapshots.end(),
                     [](const Snapshot& snapshot) { return snapshot.state == SnapshotState::pending; }) ||
         std::any_of(state.images.begin(), state.images.end(),
                     [](const RootImage& image) { return image.state == ImageState::pending; });
}

}  // namespace

bool save(Draft& draft) {
  bool persists =
      draft.state().generation > 0 && (draft.spec.persistence.root_device || snapshots_data(draft.spec, draft.state()));
  if (persists) draft.enter(Phase::saving, "final snapshots and image of what the last instance left");
  // Both every turn, so that they go side by side.
  bool data = save_data(draft);
  bool root = save_root(draft);
  // What fails is not looked at all the time: when it is tried again, its outcome is.
  Time at = saving_fails(draft) && !making_copies(draft.state()) ? draft.now + kLookWhileResting : draft.now;
  if (!data || !root) draft.look(Kind::snapshots | Kind::images | Kind::volumes, at);
  return data && root;
}

const Snapshot* final_snapshot(const State& state, const Volume& volume) {
  const Snapshot* attempt = final_attempt(state, volume);
  return attempt != nullptr && attempt->state == SnapshotState::completed ? attempt : nullptr;
}

const Snapshot* newest_completed(const State& state, const std::string& device) {
  const Snapshot* newest = nullptr;
  for (const Snapshot& snapshot : state.snapshots) {
    if (snapshot.device != device || snapshot.state != SnapshotState::completed || snapshot.keep_until) continue;
    if (newest == nullptr || snapshot.started_at > newest->started_at) newest = &snapshot;
  }
  return newest;
}

}  // namespace holdfast::core
