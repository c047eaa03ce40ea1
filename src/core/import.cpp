#include "core/import.h"

#include <algorithm>
#include <set>

#include "base/text.h"
#include "core/fold.h"
#include "core/replacement.h"
#include "core/saving.h"

namespace holdfast::core {

using namespace model;

namespace {

constexpr Duration kLookWhileRefused = std::chrono::seconds(15);

std::string adopt_key(const State& state) {
  return "adopt/" + state.import->original.instance.str();
}

Volume volume_of(const OriginalVolume& found, const Original& original) {
  Volume volume;
  volume.device = found.device;
  volume.id = found.id;
  volume.zone = original.market.zone;
  volume.size_gib = found.size_gib;
  volume.state = VolumeState::in_use;
  volume.attached_to = original.instance;
  volume.attachment = AttachmentState::attached;
  volume.generation = 1;
  return volume;
}

// It is this managed instance's first generation from here on. That it runs is known; that it is well nobody asked.
void adopt(Draft& draft, const Import& import) {
  State& state = draft.state();
  const Original& original = import.original;
  state.generation = 1;
  Instance instance;
  instance.id = original.instance;
  instance.generation = 1;
  instance.market = original.market;
  instance.image = original.image;
  instance.state = InstanceState::running;
  instance.running_at = draft.now;
  instance.private_ip = original.private_ip;
  instance.public_ip = original.public_ip;
  instance.launched_at = original.launched_at;
  state.instance = instance;
  state.root = volume_of(original.root, original);
  for (const OriginalVolume& volume : original.data) state.data[volume.device] = volume_of(volume, original);
  if (!import.keep_private_ip) return;
  Interface interface;
  interface.id = original.interface;
  interface.ip = original.private_ip;
  interface.mac = original.mac;
  interface.subnet = original.market.subnet;
  interface.zone = original.market.zone;
  interface.state = InterfaceState::in_use;
  interface.attached_to = original.instance;
  state.interface = interface;
}

AdoptInstance adoption(const State& state) {
  const Import& import = *state.import;
  AdoptInstance adopt;
  adopt.generation = 1;
  // If it has ended meanwhile, what it left is ours all the same.
  if (is_original(state)) adopt.instance = import.original.instance;
  adopt.volumes.push_back({import.original.root.id, import.original.root.device});
  for (const OriginalVolume& volume : import.original.data) adopt.volumes.push_back({volume.id, volume.device});
  if (import.keep_private_ip) adopt.interface = import.original.interface;
  return adopt;
}

// A refused keeping stays wanted, so that its error is shown for as long as it lasts.
void keep_wanting(Draft& draft, const std::string& key) {
  auto asked = draft.state().asked.find(key);
  if (asked != draft.state().asked.end()) draft.want(key, asked->second.effect.action, Urgency::save);
}

void secure(Draft& draft) {
  State& state = draft.state();
  if (!state.import->tagged_at) {
    draft.want(adopt_key(state), adoption(state), Urgency::voluntary);
  }
  if (!is_original(state)) return;
  keep_wanting(draft, "keep/" + state.instance->id.str());
  draft.look(Kind::instances | Kind::volumes | Kind::interfaces, draft.now + between_looks(state));
}

// Our tags go once nothing is under way that could still put them on.
void let_go(Draft& draft) {
  State& state = draft.state();
  const Import& import = *state.import;
  bool tagging = std::any_of(state.asked.begin(), state.asked.end(), [](const auto& entry) {
    const EffectAction& action = entry.second.effect.action;
    const bool tags = std::holds_alternative<TagVolume>(action) && entry.second.standing != Asked::Standing::waiting;
    return tags || (std::holds_alternative<AdoptInstance>(action) && may_be_done(entry.second));
  });
  if (tagging || import.released) return;
  ReleaseInstance release{import.original.instance, {import.original.root.id}, std::nullopt};
  for (const OriginalVolume& volume : import.original.data) release.volumes.push_back(volume.id);
  if (import.keep_private_ip) release.interface = import.original.interface;
  draft.want("release/" + import.original.instance.str(), release, Urgency::voluntary);
}

bool is_tagged(const Observation& observation, const VolumeId& id) {
  const ObservedVolume* seen = find_by_id(observation.volumes, id);
  return seen != nullptr && !seen->tags.device.empty();
}

// Every volume that is kept is listed as ours: the root, the data volumes, and what was attached by hand meanwhile. One
// that a person has deleted cannot be: the handover tells of it, and goes on as with any that is lost.
bool volumes_tagged(const Draft& draft, const Observation& observation) {
  const State& state = draft.state();
  bool data = std::all_of(state.data.begin(), state.data.end(), [&](const auto& entry) {
    return is_tagged(observation, entry.second.id) || confirmed_missing(entry.second, draft.now);
  });
  return data && state.root && is_tagged(observation, state.root->id);
}

bool interface_tagged(const State& state, const Observation& observation) {
  if (!state.import->keep_private_ip) return true;
  const ObservedInterface* seen = find_by_id(observation.interfaces, state.import->original.interface);
  return seen != nullptr && !seen->tags.effect.empty();
}

// A person has taken our tags off something: it is shown without them, long after they were put on.
bool tags_taken_off(const State& state, const Observation& observation, const ObservedInstance& seen) {
  const std::optional<Time>& tagged_at = state.import->tagged_at;
  if (!tagged_at || observation.as_of <= *tagged_at + kLookWhileRefused) return false;
  auto bare = [&](const VolumeId& id) {
    return find_by_id(observation.volumes, id) != nullptr && !is_tagged(observation, id);
  };
  const bool data = std::any_of(state.data.begin(), state.data.end(), [&](const auto& entry) {
    return !entry.second.by_hand && bare(entry.second.id);  // which is tagged where it is seen
  });
  const bool root = state.root && !state.root->by_hand && bare(state.root->id);
  const bool interface = find_by_id(observation.interfaces, state.import->original.interface) != nullptr &&
                         !interface_tagged(state, observation);
  return data || root || interface || seen.tags.effect.empty();
}

bool outlives(const State& state, const ObservedInstance& seen) {
  bool devices = std::none_of(seen.devices.begin(), seen.devices.end(),
                              [](const ObservedDevice& device) { return device.delete_on_termination; });
  bool root = std::any_of(seen.devices.begin(), seen.devices.end(),
                          [&](const ObservedDevice& device) { return device.volume == state.root->id; });
  return devices && root && !(state.import->keep_private_ip && seen.interface_delete_on_termination);
}

// ---- copies

std::vector<AdoptInstance::Volume> sources(const Original& original) {
  std::vector<AdoptInstance::Volume> all = {{original.root.id, original.root.device}};
  for (const OriginalVolume& volume : original.data) all.push_back({volume.id, volume.device});
  return all;
}

const Snapshot* copy_of(const State& state, const VolumeId& volume) {
  for (const Snapshot& snapshot : state.snapshots) {
    if (snapshot.volume == volume && snapshot.generation == 0) return &snapshot;
  }
  return nullptr;
}

void retire_snapshots(Draft& draft, const std::string& why, const auto& which) {
  State& state = draft.state();
  for (const Snapshot& snapshot : state.snapshots) {
    if (which(snapshot)) state.retired.push_back({Retired::What::snapshot, snapshot.id.str(), why, draft.now});
  }
  std::erase_if(state.snapshots, which);
}

// Some are there, and the others are not to come: EC2's word at a launch that one is gone, say.
bool copies_incomplete(const State& state) {
  const std::vector<AdoptInstance::Volume> all = sources(state.import->original);
  const auto there =
      std::count_if(all.begin(), all.end(), [&](const auto& source) { return copy_of(state, source.id) != nullptr; });
  const bool asked = std::any_of(state.asked.begin(), state.asked.end(), [](const auto& entry) {
    return std::holds_alternative<SnapshotInstance>(entry.second.effect.action);
  });
  return there > 0 && static_cast<size_t>(there) < all.size() && !asked;
}

// They are of one moment only together: if one failed, all are made anew.
void drop_failed_copies(Draft& draft) {
  State& state = draft.state();
  bool failed = std::any_of(state.snapshots.begin(), state.snapshots.end(), [](const Snapshot& snapshot) {
    bool gone = snapshot.state == SnapshotState::unknown && snapshot.missing_since;
    return snapshot.generation == 0 && (snapshot.state == SnapshotState::error || gone);
  });
  if (!failed && !copies_incomplete(state)) return;
  // Safe: the first instance is yet to be launched, so the only image is one of them.
  for (const RootImage& image : state.images) {
    state.retired.push_back({Retired::What::image, image.id.str(), "its snapshot is made anew", draft.now});
  }
  state.images.clear();
  ++state.import->attempt;
  state.import->copies_failed_at = draft.now;
  retire_snapshots(draft, "another one of its moment failed",
                   [](const Snapshot& snapshot) { return snapshot.generation == 0; });
}

}  // namespace

bool import_pending(const State& state) {
  return state.import && !state.import->done_at && !state.import->given_up;
}

bool is_original(const State& state) {
  return import_pending(state) && state.import->adopted && state.instance &&
         state.instance->id == state.import->original.instance;
}

bool would_be_listed(const State& state, const Observation& observation) {
  if (!import_pending(state) || !state.import->adopted) return true;
  // Seen with our tags, whatever was answered.
  const std::optional<Time>& ours = state.import->tagged_at ? state.import->tagged_at : state.import->secured_at;
  return ours && observation.as_of > *ours + kListingLag;
}

bool made_of_copies(const State& state) {
  return import_pending(state) && !state.import->adopted && state.generation == 0;
}

void begin_import(Draft& draft, const Import& import) {
  draft.state().import = import;
  const std::string id = import.original.instance.str();
  draft.record("import",
               import.adopted ? "instance " + id +
                                    " is imported: it is taken down once all of it is secured, and goes on "
                                    "as another with everything that it had"
                              : "instance " + id +
                                    " is imported: it goes on untouched, and another one is made of "
                                    "copies of its volumes",
               "{\"original\":\"" + id + "\"}");
  if (import.adopted) adopt(draft, import);
}

void tend_import(Draft& draft) {
  const State& state = draft.state();
  if (!state.import || !state.import->adopted) return;
  if (state.import->given_up) return let_go(draft);
  if (import_pending(state) && !state.import->secured_at) secure(draft);
}

void note_import(Draft& draft, const Observation& observation) {
  State& state = draft.state();
  if (!is_original(state) || state.import->secured_at) return;
  const Kinds needed = Kind::instances | Kind::volumes | Kind::interfaces;
  if ((observation.kinds & needed) != needed) return;
  auto seen = std::find_if(observation.instances.begin(), observation.instances.end(),
                           [&](const ObservedInstance& entry) { return entry.id == state.instance->id; });
  if (seen == observation.instances.end()) return;
  if (tags_taken_off(state, observation, *seen)) {
    state.import->tagged_at.reset();
    draft.record("import_untagged",
                 "tags of ours are taken off what instance " + seen->id.str() + " has: they are put on again");
    return;
  }
  if (!volumes_tagged(draft, observation)) return;
  if (!interface_tagged(state, observation) || !outlives(state, *seen)) return;
  state.import->secured_at = draft.now;
  draft.record("import_secured", "instance " + seen->id.str() + ", its volumes" +
                                     (state.import->keep_private_ip ? " and its interface" : "") +
                                     " are seen to be ours, and to stay when it is terminated");
}

void copies_made(Draft& draft, const SnapshotInstance& effect, const std::string& made) {
  State& state = draft.state();
  for (const std::string& pair : split(made, ' ')) {
    std::vector<std::string> ids = split(pair, '=');
    if (ids.size() != 2 || copy_of(state, VolumeId(ids[0])) != nullptr) continue;
    for (const AdoptInstance::Volume& volume : effect.volumes) {
      if (volume.id.str() != ids[0]) continue;
      state.snapshots.push_back({SnapshotId(ids[1]), volume.id, volume.device, true, effect.generation,
                                 SnapshotState::pending, 0, draft.now});
    }
  }
  draft.look(static_cast<Kinds>(Kind::snapshots), draft.now);
}

bool copies_ready(Draft& draft) {
  State& state = draft.state();
  if (!made_of_copies(state)) return true;
  draft.enter(Phase::saving, "snapshots of the volumes of instance " + state.import->original.instance.str());
  drop_failed_copies(draft);
  bool all = true;
  bool completed = true;
  for (const AdoptInstance::Volume& source : sources(state.import->original)) {
    const Snapshot* copy = copy_of(state, source.id);
    all = all && copy != nullptr;
    completed = completed && copy != nullptr && copy->state == SnapshotState::completed;
  }
  if (!all) {
    if (resting(draft, state.import->copies_failed_at, state.import->attempt)) return false;
    SnapshotInstance copy{state.import->original.instance, sources(state.import->original), 0, {}};
    if (draft.spec.compute.resource_tags.snapshots) copy.tags = draft.spec.compute.tags;
    draft.want("copies/" + copy.instance.str() + "/" + std::to_string(state.import->attempt), copy, Urgency::voluntary);
    return false;
  }
  if (completed && imaged(draft, *copy_of(state, state.import->original.root.id))) return true;
  draft.look(Kind::snapshots | Kind::images, draft.now);
  return false;
}

void finish_import(Draft& draft) {
  State& state = draft.state();
  if (!import_pending(state)) return;
  Import& import = *state.import;
  import.done_at = draft.now;
  draft.record("imported", "instance " + import.original.instance.str() + " is imported as " + state.id.str() +
                               ": instance " + state.instance->id.str() + " is healthy");
  if (import.adopted || snapshots_data(draft.spec, state)) return;
  // The volumes made of them are the newest copies now, and are not snapshotted any more.
  retire_snapshots(draft, "imported; the volume made of it is healthy", [&](const Snapshot& snapshot) {
    return snapshot.generation == 0 && state.data.contains(snapshot.device);
  });
}

// Once a handover is under way the original may be going already, and only what it leaves is sure.
bool may_give_up(const State& state) {
  if (!is_original(state) || state.asked.contains("terminate/" + state.instance->id.str())) return false;
  const InstanceState now = state.instance->state;
  return now != InstanceState::shutting_down && !is_terminal(now);
}

void give_up_import(Draft& draft) {
  State& state = draft.state();
  Import& import = *state.import;
  import.given_up = true;
  std::set<VolumeId> known;
  for (const OriginalVolume& volume : import.original.data) known.insert(volume.id);
  for (const auto& [device, volume] : state.data) {
    if (!known.contains(volume.id)) import.original.data.push_back({device, volume.id, volume.size_gib});
  }
  if (state.root && state.root->id != import.original.root.id) {  // exchanged by hand
    import.original.data.push_back({state.root->device, state.root->id, state.root->size_gib});
  }
  state.generation = 0;
  state.instance.reset();
  state.root.reset();
  state.data.clear();
  state.interface.reset();
  state.handover.reset();
  draft.record("import_given_up", "the import is given up: instance " + import.original.instance.str() +
                                      " goes on as it is, and is not ours any more");
}

Duration between_looks(const State& state) {
  if (!is_original(state)) return Duration::zero();
  auto adopting = state.asked.find(adopt_key(state));
  const bool refused = adopting != state.asked.end() && adopting->second.definite;
  return refused ? kLookWhileRefused : Duration::zero();
}

bool original_lost(const State& state) {
  const bool copy_of_root = std::any_of(state.snapshots.begin(), state.snapshots.end(), [&](const Snapshot& snapshot) {
    return snapshot.device == state.surroundings.image.root_device && is_there(snapshot.state);
  });
  return import_pending(state) && state.import->adopted && !state.instance && state.generation == 1 && !state.root &&
         !copy_of_root && state.images.empty();
}

std::string import_error(const State& state) {
  if (made_of_copies(state) && state.import->copies_failed_at) {
    return "the snapshots of instance " + state.import->original.instance.str() +
           " fail (the cloud ended one with an " +
           "error; is its pool or a quota full?). The instance goes on untouched; it is tried again after pauses of up "
           "to 5 minutes";
  }
  // Only while it is stopped, or its root is being exchanged.
  if (is_original(state) && !state.import->secured_at && state.root && state.root->attached_to != state.instance->id) {
    return "root volume " + state.root->id.str() + " is not on instance " + state.instance->id.str() +
           ", which is not imported without it. Attach it again, or delete this managed instance: what it has then " +
           "stays as it is";
  }
  if (!original_lost(state) || state.goal != Goal::running) return {};
  return "instance " + state.import->original.instance.str() +
         " ended before the import had secured it, and its root " +
         "volume went with it: there is nothing to go on from. Delete this managed instance: volumes and copies that " +
         "are left of it stay for as long as the deletion says";
}

}  // namespace holdfast::core
