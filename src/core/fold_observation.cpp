// Observations: each thing listed is a fact; a thing not listed proves nothing, and is only counted.

#include <algorithm>

#include "core/fold.h"
#include "core/fold_copies.h"
#include "core/import.h"
#include "core/interfaces.h"
#include "core/mutation.h"
#include "core/probe.h"
#include "core/retention.h"
#include "core/saving.h"
#include "core/unplaced.h"
#include "core/voluntary.h"

namespace holdfast::core {

using namespace model;

bool confirmed_missing(const Volume& volume, Time now) {
  if (volume.state == VolumeState::deleted || volume.state == VolumeState::deleting) return true;
  if (volume.state == VolumeState::error) return true;  // it could not be made, or its data is not recoverable
  return missing_for_long(volume, now);
}

bool confirmed_missing(const Interface& interface, Time now) {
  return missing_for_long(interface, now);
}

bool all_free(const State& state, Time now) {
  auto is_free = [&](const auto& thing) { return thing.attached_to.empty() || confirmed_missing(thing, now); };
  bool data =
      std::all_of(state.data.begin(), state.data.end(), [&](const auto& entry) { return is_free(entry.second); });
  return data && (!state.root || is_free(*state.root)) && (!state.interface || is_free(*state.interface));
}

namespace {

// ---- instances

// EC2 deletes none that is attached: one that is refused for now is not deleted by an earlier try either.
bool may_be_going(const State& state, const VolumeId& id) {
  auto deletion = state.asked.find("delete/" + id.str());
  return deletion != state.asked.end() && deletion->second.standing != Asked::Standing::waiting;
}

// It may have been given up, or replaced, before.
void take_again(State& state, const std::string& device, const VolumeId& id) {
  if (may_be_going(state, id)) return;
  // Where it is back in its place its copies are of what is there again.
  for (Snapshot& copy : state.snapshots) {
    if (copy.volume == id && copy.device == device && is_retired(state, id.str())) copy.keep_until.reset();
  }
  keep_again(state, id.str());
  std::erase_if(state.superseded, [&](const Volume& former) { return former.id == id; });
}

// A device of the present instance that the state does not know yet, or knows with another volume.
void fold_device(Draft& draft, const ObservedInstance& seen, const ObservedDevice& device) {
  State& state = draft.state();
  if (device.volume.empty() || seen.root_device.empty()) return;  // not all of it is shown
  bool is_root = device.device == seen.root_device;
  if (is_root ? !draft.spec.persistence.root_device : !draft.spec.persistence.block_devices) return;
  Volume volume;
  volume.device = device.device;
  volume.id = device.volume;
  volume.zone = seen.zone;
  volume.state = VolumeState::in_use;
  volume.attached_to = seen.id;
  volume.attachment = device.state;
  volume.generation = state.instance->generation;
  if (is_root) {
    if (state.root && state.root->id != device.volume) {
      reached(Probe::volume_exchanged_by_hand);
      draft.record("volume_exchanged", "volume " + device.volume.str() + " is the root by hand in place of " +
                                           state.root->id.str() + ", which is left as it is");
      volume.by_hand = true;
      state.root = volume;
      std::erase_if(state.data, [&](const auto& entry) { return entry.second.id == device.volume; });
    }
    if (!state.root) state.root = volume;
    return take_again(state, device.device, device.volume);
  }
  // One of ours that somebody has put to another device goes back to its own with the next instance.
  const bool elsewhere = std::any_of(state.data.begin(), state.data.end(), [&](const auto& entry) {
    return entry.second.id == device.volume && entry.first != device.device;
  });
  if (elsewhere || may_be_going(state, device.volume)) return;
  auto [known, added] = state.data.try_emplace(device.device, volume);
  if (added || known->second.id != device.volume) take_again(state, device.device, device.volume);
  if (added) {
    bool in_spec = mapping_of(draft.spec, device.device) != nullptr;
    known->second.by_hand = !in_spec;
    if (!in_spec) reached(Probe::volume_adopted_by_hand);
    if (!in_spec)
      draft.record("volume_adopted", "volume " + device.volume.str() + ", attached by hand as " + device.device +
                                         ", is kept from now on");
  } else if (known->second.id != device.volume) {
    // Someone put another volume there by hand. The former one holds data: it is left alone, and never deleted by us.
    reached(Probe::volume_exchanged_by_hand);
    draft.record("volume_exchanged", "volume " + device.volume.str() + " was attached by hand as " + device.device +
                                         " in place of " + known->second.id.str() + ", which is left as it is");
    volume.by_hand = true;
    known->second = volume;
  }
}

// DeleteOnTermination must be false on everything persisted, looked at again at every observation (invariant 3).
void keep_on_termination(Draft& draft, const ObservedInstance& seen) {
  if (mutated(Mutation::never_mend_delete_on_termination)) return;
  KeepOnTermination keep{seen.id, {}, std::nullopt, {}};
  for (const ObservedDevice& device : seen.devices) {
    bool is_root = device.device == seen.root_device;
    bool persisted = is_root ? draft.spec.persistence.root_device : draft.spec.persistence.block_devices;
    persisted = persisted || is_original(draft.state());  // all that it has is secured (note_import)
    if (persisted && device.delete_on_termination) keep.devices.push_back(device.device);
  }
  const bool of_original = is_original(draft.state()) && draft.state().import->keep_private_ip;
  bool keeps_address = (draft.spec.persistence.private_ip || of_original) && holds_kept_interface(draft.state(), seen);
  if (keeps_address && seen.interface_delete_on_termination) {
    keep.interface = seen.interfaces.front();
    keep.interface_attachment_id = seen.interface_attachment_id;
  }
  if (keep.devices.empty() && !keep.interface) {
    auto asked = draft.state().asked.find("keep/" + seen.id.str());
    const bool done = asked != draft.state().asked.end() && asked->second.standing == Asked::Standing::waiting;
    if (done) draft.state().asked.erase(asked);  // who waits for it may go on in this very step
    return;
  }
  reached(Probe::delete_on_termination_mended);
  draft.want("keep/" + seen.id.str(), keep, Urgency::save);
}

bool outlives(const ObservedInstance& seen, const VolumeId& volume) {
  return std::any_of(seen.devices.begin(), seen.devices.end(), [&](const ObservedDevice& device) {
    return device.volume == volume && !device.delete_on_termination;
  });
}

// EC2 lets go of a root only where its instance is stopped: then it is not on the one that ends.
bool root_is_elsewhere(const Draft& draft, const ObservedInstance& seen) {
  const std::optional<Volume>& root = draft.state().root;
  if (seen.state != InstanceState::stopped || !draft.state().instance->running_at) return false;
  if (!draft.spec.persistence.root_device) return true;
  return root && (root->attached_to != seen.id || confirmed_missing(*root, draft.now));
}

// Whether all that is persisted on it was seen to be set to outlive it. A mapping without its root volume is not filled
// in yet, and says nothing of the others; a volume of ours that the instance holds must be in it.
bool all_kept(const Draft& draft, const ObservedInstance& seen) {
  const Persistence& persistence = draft.spec.persistence;
  const State& state = draft.state();
  bool root_listed = std::any_of(seen.devices.begin(), seen.devices.end(),
                                 [&](const ObservedDevice& device) { return device.device == seen.root_device; });
  const bool root_gone = !root_listed && root_is_elsewhere(draft, seen);
  if ((persistence.root_device || persistence.block_devices) && !root_listed && !root_gone) return false;
  for (const ObservedDevice& device : seen.devices) {
    bool is_root = device.device == seen.root_device;
    bool persisted = is_root ? persistence.root_device : persistence.block_devices;
    if (persisted && device.delete_on_termination) return false;
  }
  if (persistence.root_device && !root_gone && (!state.root || !outlives(seen, state.root->id))) return false;
  for (const auto& [name, volume] : state.data) {
    bool here = persistence.block_devices && volume.attached_to == seen.id && !confirmed_missing(volume, draft.now);
    if (here && !outlives(seen, volume.id)) return false;
  }
  if (!persistence.private_ip) return true;
  return !seen.interfaces.empty() && !(holds_kept_interface(state, seen) && seen.interface_delete_on_termination);
}

void fold_state_change(Draft& draft, const ObservedInstance& seen) {
  State& state = draft.state();
  Instance& instance = *state.instance;
  if (instance.state == seen.state || seen.state == InstanceState::unknown) return;
  // A stale listing must not bring a dead instance back to life: the states only go forward, but for stop and start.
  bool dead = is_terminal(instance.state);
  bool going = instance.state == InstanceState::shutting_down && !is_terminal(seen.state);
  if (dead || going) return reached(Probe::dead_instance_shown_alive);
  instance.state = seen.state;
  if (seen.state == InstanceState::running && !instance.running_at) {
    instance.running_at = draft.now;
    draft.record("running",
                 "instance " + seen.id.str() + " runs (generation " + std::to_string(instance.generation) + ")");
  }
  if (is_terminal(seen.state)) {
    state.gone_at = draft.now;
    state.last_end = seen.state_reason;
    draft.record("gone", "instance " + seen.id.str() + " is terminated" +
                             (seen.state_reason.empty() ? "" : " (" + seen.state_reason + ")"));
  }
}

void fold_present_instance(Draft& draft, const ObservedInstance& seen) {
  Instance& instance = *draft.state().instance;
  instance.missing_since.reset();
  instance.missing_looks = 0;
  fold_state_change(draft, seen);
  if (!seen.private_ip.empty()) instance.private_ip = seen.private_ip;
  instance.public_ip = seen.public_ip;
  if (is_terminal(seen.state)) return;
  for (const ObservedDevice& device : seen.devices) fold_device(draft, seen, device);
  adopt_interface(draft, seen);
  keep_on_termination(draft, seen);
  instance.kept = all_kept(draft, seen);
}

// An instance of ours that the state does not know: a launch whose answer was lost.
void adopt_launch(Draft& draft, const ObservedInstance& seen) {
  auto asked = draft.state().asked.find(seen.tags.effect);
  if (asked == draft.state().asked.end() || asked->second.standing != Asked::Standing::unknown) return;
  if (!std::holds_alternative<LaunchInstance>(asked->second.effect.action)) return;
  reached(Probe::launch_adopted);
  fold_outcome(draft, {seen.tags.effect, seen.id.str()});
}

// Something of it is shown: the listings are not empty for a reason that has nothing to do with it (another account).
bool shows_anything(const Observation& observation) {
  return !observation.volumes.empty() || !observation.interfaces.empty() || !observation.snapshots.empty() ||
         !observation.images.empty();
}

// Everything that it held was seen free. What is gone for good cannot be: it counts as free beside something that is
// shown. Where nothing is left that could be shown, as long as EC2 lists a terminated instance is long enough: with
// another account's credentials nothing could be launched, its subnets and groups are not there.
bool let_go_of_everything(const State& state, const Observation& observation, Time now) {
  constexpr Duration kListedAfterItsEnd = std::chrono::hours(1);
  bool answers = shows_anything(observation) || now - *state.instance->missing_since >= kListedAfterItsEnd;
  auto lost = [&](const auto& thing) { return confirmed_missing(thing, now) && answers; };
  auto is_free = [&](const Volume& volume) { return volume.attached_to.empty() || lost(volume); };
  bool data =
      std::all_of(state.data.begin(), state.data.end(), [&](const auto& entry) { return is_free(entry.second); });
  bool interface = !state.interface || state.interface->state == InterfaceState::available || lost(*state.interface);
  return data && (!state.root || is_free(*state.root)) && interface;
}

void note_instance_missing(Draft& draft, const Observation& observation) {
  State& state = draft.state();
  Instance& instance = *state.instance;
  note_missing(instance, draft.now);
  bool long_absent = instance.missing_looks >= kLooksUntilGone && draft.now - *instance.missing_since >= kTimeUntilGone;
  if (!long_absent || !let_go_of_everything(state, observation, draft.now)) return;
  reached(Probe::instance_gone_unlisted);
  // Seen before, absent for long and many times over, its volumes and interface seen free: gone (ec2.md).
  instance.state = InstanceState::terminated;
  state.gone_at = draft.now;
  draft.record("gone", "instance " + instance.id.str() + " is no longer listed and everything of it is free");
}

void fold_instances(Draft& draft, const Observation& observation) {
  for (const ObservedInstance& seen : observation.instances) adopt_launch(draft, seen);
  State& state = draft.state();
  if (!state.instance) return;
  const ObservedInstance* seen = find_by_id(observation.instances, state.instance->id);
  if (seen != nullptr) {
    fold_present_instance(draft, *seen);
  } else if (mutated(Mutation::trust_an_empty_describe) && has(observation.kinds, Kind::instances)) {
    state.instance->state = InstanceState::terminated;
  } else if (has(observation.kinds, Kind::instances) && observation.as_of > state.instance->launched_at + kListingLag) {
    note_instance_missing(draft, observation);
  }
}

// ---- volumes

void fold_volume(Draft& draft, Volume& volume, const ObservedVolume& seen) {
  volume.missing_since.reset();
  volume.missing_looks = 0;
  if (volume.state == VolumeState::error && seen.state != VolumeState::deleting) return;  // for good: an older look
  volume.state = seen.state;
  if (seen.size_gib > 0) volume.size_gib = seen.size_gib;
  if (!seen.zone.empty()) volume.zone = seen.zone;
  if (seen.attachments.empty()) {
    volume.attached_to = InstanceId();
    volume.attachment = AttachmentState::detached;
  } else {
    volume.attached_to = seen.attachments.front().instance;
    volume.attachment = seen.attachments.front().state;
  }
  if (volume.by_hand && seen.tags.device.empty()) {
    draft.want("adopt/" + seen.id.str(), TagVolume{seen.id, volume.device, volume.generation}, Urgency::voluntary);
  }
}

bool is_known(const State& state, const VolumeId& id) {
  if (state.root && state.root->id == id) return true;
  for (const auto& [device, volume] : state.data) {
    if (volume.id == id) return true;
  }
  bool superseded = std::any_of(state.superseded.begin(), state.superseded.end(),
                                [&](const Volume& volume) { return volume.id == id; });
  return superseded || is_retired(state, id.str());
}

// Made by the launch of the instance that runs, and taken off by hand before it was seen on it.
bool taken_off_unseen(const State& state, const ObservedVolume& seen, Time as_of) {
  const std::optional<Time>& running_at = state.instance->running_at;
  bool mapped_by_now = running_at && as_of > *running_at + kListingLag;
  return mapped_by_now && seen.state == VolumeState::available && seen.attachments.empty();
}

// One that failed, which nothing waits for any more. Or of a launch whose instance had ended before it was made, by a
// listing from after that end: it was never attached, so it holds nothing of its own.
bool came_to_nothing(const State& state, const ObservedVolume& seen, Time as_of) {
  if (!seen.attachments.empty() || seen.tags.generation > state.generation) return false;
  if (seen.state == VolumeState::error) return true;
  if (seen.state != VolumeState::creating || !seen.tags.effect.starts_with("launch/")) return false;
  if (seen.tags.generation == state.generation && state.instance) return false;
  const Time ended = state.instance ? state.instance->launched_at : state.gone_at.value_or(Time::max() - kListingLag);
  return as_of > ended + kListingLag;
}

// Nothing known is there in its place. Beside an instance with all its volumes, one whose device nobody can tell is one
// that somebody has exchanged.
bool is_missed(const Draft& draft, const Volume& volume) {
  const State& state = draft.state();
  const Persistence& persistence = draft.spec.persistence;
  if (volume.device.empty()) return persistence.block_devices && has_a_place(draft);
  if (volume.device == state.surroundings.image.root_device) return persistence.root_device && !state.root;
  return persistence.block_devices && !state.data.contains(volume.device);
}

void keep_found(Draft& draft, const Volume& volume, const ObservedVolume& seen) {
  State& state = draft.state();
  const bool is_root = volume.device == state.surroundings.image.root_device;
  Volume& kept = is_root ? state.root.emplace(volume) : state.data.emplace(volume.device, volume).first->second;
  fold_volume(draft, kept, seen);
  // Where its instance has ended, what holds it is another machine, or says nothing of now: it counts once it is free.
  kept.taken_off = !state.instance && !kept.attached_to.empty();
  std::erase_if(state.left_by_launch, [&](const Volume& left) { return left.id == seen.id; });
  reached(Probe::volume_found);
  draft.record("volume_found", "volume " + seen.id.str() + " of generation " + std::to_string(volume.generation) +
                                   " was found by its tags and is kept as " + volume.device);
}

// A volume with our tag that the state does not know. False: what it is shows only by a later look.
bool adopt_volume(Draft& draft, const ObservedVolume& seen, Time as_of) {
  State& state = draft.state();
  auto asked = state.asked.find(seen.tags.effect);
  if (asked != state.asked.end() && std::holds_alternative<CreateVolume>(asked->second.effect.action)) {
    if (asked->second.standing != Asked::Standing::unknown) return true;
    reached(Probe::volume_adopted);
    fold_outcome(draft, {seen.tags.effect, seen.id.str()});
    return true;
  }
  if (came_to_nothing(state, seen, as_of)) {
    std::erase_if(state.left_by_launch, [&](const Volume& left) { return left.id == seen.id; });
    const Duration kept = seen.state == VolumeState::error ? kFailedKept : Duration::zero();
    retire_failed(draft, Retired::What::volume, seen.id.str(), kept);
    return true;
  }
  // Made by a launch: of the present generation it holds (or held) the instance's state. What is of an older one was
  // superseded or given up knowingly; what is of a newer one than we know of is not ours to judge.
  if (seen.tags.generation != state.generation || state.generation == 0) return true;
  // While its instance lives, the instance's own block device mapping says which device it is.
  bool living = state.instance && !is_terminal(state.instance->state);
  if (living && !taken_off_unseen(state, seen, as_of)) return true;
  if (seen.state != VolumeState::available && seen.state != VolumeState::in_use) return true;
  Volume volume;
  volume.device = device_of(draft, seen);
  volume.id = seen.id;
  volume.zone = seen.zone;
  volume.generation = seen.tags.generation;
  if (!is_missed(draft, volume)) return true;
  // What something holds has not been deleted.
  if (seen.attachments.empty() && may_show_what_went(draft, Kind::volumes, as_of)) return false;
  if (volume.device.empty()) {
    note_unplaced(draft, volume);
  } else {
    keep_found(draft, volume, seen);
  }
  return true;
}

void note_taken_off(const State& state, Volume& volume, Time as_of, const Volume& before) {
  if (!state.instance) {
    // Free, and on a machine again, or on another than it was: nothing of ours has put it there.
    const bool was_free = before.attached_to.empty() && before.attachment == AttachmentState::detached;
    const bool was_elsewhere = !before.attached_to.empty() && before.attached_to != volume.attached_to;
    const bool moved = !volume.attached_to.empty() && (was_free || was_elsewhere);
    volume.taken_off = volume.taken_off || moved;
    return;
  }
  const std::optional<Time>& healthy_at = state.instance->healthy_at;
  if (volume.attached_to == state.instance->id) {
    volume.taken_off = false;
  } else if (healthy_at && !state.handover && as_of > *healthy_at + kListingLag) {
    volume.taken_off = true;
  }
}

void fold_known_volume(Draft& draft, Volume& volume, const Observation& observation) {
  if (const ObservedVolume* seen = find_by_id(observation.volumes, volume.id)) {
    // Something else may be attached there by hand; but a listing older than the attachment proves nothing of it.
    const Volume before = volume;
    fold_volume(draft, volume, *seen);
    note_taken_off(draft.state(), volume, observation.as_of, before);
  } else if (has(observation.kinds, Kind::volumes) && would_be_listed(draft.state(), observation)) {
    note_missing(volume, draft.now);
  }
}

// One that was deleted by hand, because it held nothing, is waited for no longer.
void fold_unplaced(Draft& draft, const Observation& observation) {
  State& state = draft.state();
  std::erase_if(state.left_by_launch, [&](Volume& volume) {
    if (!volume.device.empty()) return false;
    fold_known_volume(draft, volume, observation);
    return confirmed_missing(volume, draft.now);
  });
}

void fold_volumes(Draft& draft, const Observation& observation) {
  State& state = draft.state();
  if (state.root) fold_known_volume(draft, *state.root, observation);
  for (auto& [device, volume] : state.data) fold_known_volume(draft, volume, observation);
  for (Volume& volume : state.superseded) fold_known_volume(draft, volume, observation);
  fold_unplaced(draft, observation);
  bool all_told = true;
  for (const ObservedVolume& seen : observation.volumes) {
    if (!is_known(state, seen.id) && !adopt_volume(draft, seen, observation.as_of)) all_told = false;
  }
  if (has(observation.kinds, Kind::volumes) && all_told) state.looking.volumes_listed = observation.as_of;
}

// ---- status checks

// It may have been well while nobody looked.
void note_unwell(Looking& looking, const ObservedStatus& seen, Time as_of) {
  constexpr Duration kUnwatched = std::chrono::minutes(2);
  if (seen.check == StatusCheck::ok) return looking.unwell_since.reset();
  const bool watched = looking.seen_unwell && as_of <= *looking.seen_unwell + kUnwatched;
  if (!watched || !looking.unwell_since) looking.unwell_since = as_of;
  looking.seen_unwell = as_of;
}

void fold_statuses(Draft& draft, const Observation& observation) {
  State& state = draft.state();
  if (has(observation.kinds, Kind::status)) {
    state.looking.status_asked = draft.now;
    state.looking.statuses_listed = observation.as_of;
  }
  if (!state.instance) return;
  for (const ObservedStatus& seen : observation.statuses) {
    if (seen.instance != state.instance->id || seen.check == StatusCheck::unknown) continue;
    state.instance->check = seen.check;
    note_unwell(state.looking, seen, observation.as_of);
    if (seen.check != StatusCheck::impaired) {
      state.instance->unhealthy_since.reset();
    } else if (!state.instance->unhealthy_since) {
      state.instance->unhealthy_since = draft.now;
    }
  }
}

// ---- effects whose outcome is not known

Kinds where_seen(const EffectAction& action) {
  struct Visitor {
    Kinds operator()(const LaunchInstance&) const { return Kind::instances | Kind::volumes; }
    Kinds operator()(const TerminateInstance&) const { return static_cast<Kinds>(Kind::instances); }
    Kinds operator()(const CreateSnapshot&) const { return static_cast<Kinds>(Kind::snapshots); }
    Kinds operator()(const RegisterImage&) const { return static_cast<Kinds>(Kind::images); }
    Kinds operator()(const CreateInterface&) const { return static_cast<Kinds>(Kind::interfaces); }
    Kinds operator()(const CreateVolume&) const { return static_cast<Kinds>(Kind::volumes); }
    Kinds operator()(const AttachVolume&) const { return static_cast<Kinds>(Kind::volumes); }
    Kinds operator()(const KeepOnTermination&) const { return static_cast<Kinds>(Kind::instances); }
    Kinds operator()(const TagVolume&) const { return static_cast<Kinds>(Kind::volumes); }
    Kinds operator()(const AdoptInstance&) const { return Kind::instances | Kind::volumes; }
    Kinds operator()(const ReleaseInstance&) const { return static_cast<Kinds>(Kind::instances); }
    Kinds operator()(const SnapshotInstance&) const { return static_cast<Kinds>(Kind::snapshots); }
    Kinds operator()(const LaunchScout&) const { return static_cast<Kinds>(Kind::instances); }
    Kinds operator()(const EndScout&) const { return static_cast<Kinds>(Kind::instances); }
    Kinds operator()(const AssociateAddress&) const { return static_cast<Kinds>(Kind::instances); }
    Kinds operator()(const DisassociateAddress&) const { return static_cast<Kinds>(Kind::instances); }
    Kinds operator()(const ApplyTags&) const { return static_cast<Kinds>(Kind::instances); }
    Kinds operator()(const DeleteVolume&) const { return static_cast<Kinds>(Kind::volumes); }
    Kinds operator()(const DeleteSnapshot&) const { return static_cast<Kinds>(Kind::snapshots); }
    Kinds operator()(const DeregisterImage&) const { return static_cast<Kinds>(Kind::images); }
    Kinds operator()(const DeleteInterface&) const { return static_cast<Kinds>(Kind::interfaces); }
  };
  return std::visit(Visitor(), action);
}

// A mutation: the repeat is another request to the cloud than the first.
void forget_token(EffectAction& action) {
  if (auto* launch = std::get_if<LaunchInstance>(&action)) launch->token += "-again";
}

// At once the first time, and after a pause that grows where the outcome of its repeats stays unknown too: EC2 has
// trouble, or something of it is refused (an image that may not be tagged).
Time may_be_repeated(const Asked& asked) {
  return asked.tries > 1 ? asked.since + pause_after(asked.tries - 1) : asked.since;
}

// What was looked for and not found is asked again, with the same key, and the same token where there is one. A
// snapshot has no token: it is asked again only once a listing would have shown it.
void settle_unknown(Draft& draft, const Observation& observation) {
  std::vector<std::string> disproved;  // whose repeat was refused, and that no look shows
  for (auto& [key, asked] : draft.state().asked) {
    if (asked.standing != Asked::Standing::unknown) continue;
    if (std::holds_alternative<TerminateInstance>(asked.effect.action) ||
        std::holds_alternative<AssociateAddress>(asked.effect.action)) {
      // Asked again only by what wants it, if that still does: take_down (what is persisted by now must outlive the
      // instance), and tend_address (the document may have given the address to another since).
      asked.standing = Asked::Standing::waiting;
      asked.again_at = std::max(may_be_repeated(asked), draft.now);
      asked.in_doubt = true;
      continue;
    }
    Kinds needed = where_seen(asked.effect.action);
    bool has_no_token = std::holds_alternative<CreateSnapshot>(asked.effect.action) ||
                        std::holds_alternative<SnapshotInstance>(asked.effect.action);
    bool is_refused = asked.definite;
    Time seen_by = asked.since + (has_no_token || is_refused ? kListingLag : Duration(0));
    // One that is not asked again would have been shown by then, however late its request was.
    seen_by = is_refused ? seen_by + kLatestRequest : std::max(seen_by, may_be_repeated(asked));
    if ((observation.kinds & needed) != needed || observation.as_of < seen_by) {
      draft.look(needed, std::max(seen_by, draft.now));
      continue;
    }
    if (is_refused) {
      reached(Probe::launch_disproved);
      disproved.push_back(key);
      continue;
    }
    if (mutated(Mutation::forget_the_token)) forget_token(asked.effect.action);
    asked.standing = Asked::Standing::asked;
    asked.since = draft.now;
    asked.in_doubt = true;
    ++asked.tries;
    draft.step.effects.push_back(asked.effect);
  }
  for (const std::string& key : disproved) draft.state().asked.erase(key);
}

void note_denied(Draft& draft, const Observation& observation) {
  std::map<Kind, std::string>& denied = draft.state().looking.denied;
  std::erase_if(denied, [&](const auto& entry) { return has(observation.kinds, entry.first); });
  for (Kind kind : {Kind::instances, Kind::volumes, Kind::snapshots, Kind::images, Kind::interfaces, Kind::status}) {
    if (has(observation.denied, kind)) denied.try_emplace(kind, observation.why_denied);
  }
}

}  // namespace

bool may_show_what_went(Draft& draft, Kind kind, Time as_of) {
  const Time shown_by = draft.state().updated_at + kListingLag;
  if (as_of >= shown_by) return false;
  draft.look(static_cast<Kinds>(kind), std::max(shown_by, draft.now));
  return true;
}

void fold_observation(Draft& draft, const Observation& observation) {
  note_denied(draft, observation);
  if (observation.kinds == 0) return;
  fold_instances(draft, observation);
  fold_scouts(draft, observation);
  fold_volumes(draft, observation);
  fold_snapshots(draft, observation);
  fold_images(draft, observation);
  fold_interfaces(draft, observation);
  fold_statuses(draft, observation);
  note_import(draft, observation);
  settle_unknown(draft, observation);
}

void fold_restart(Draft& draft) {
  if (mutated(Mutation::forget_asked_at_restart)) draft.state().asked.clear();
  if (mutated(Mutation::forget_a_pause_at_restart) && draft.state().goal == Goal::paused)
    draft.state().goal = Goal::running;
  for (auto& [key, asked] : draft.state().asked) {
    if (asked.standing != Asked::Standing::asked) continue;
    asked.standing = Asked::Standing::unknown;
    asked.since = draft.now;
  }
  draft.look(kAllKinds, draft.now);
}

}  // namespace holdfast::core
