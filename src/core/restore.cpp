#include "core/restore.h"

#include <algorithm>
#include <vector>

#include "base/text.h"
#include "core/fold.h"
#include "core/health.h"
#include "core/import.h"
#include "core/lifecycle.h"
#include "core/mutation.h"
#include "core/replacement.h"
#include "core/retention.h"
#include "core/short_lived.h"

namespace holdfast::core {

using namespace model;

namespace {

Failure conflict(const State& state, const std::string& why) {
  return fail(ErrorKind::conflict, "CONFLICT", "managed instance " + state.id.str() + " " + why);
}

// What is persisted and known.
std::vector<const Volume*> persisted_volumes(const Draft& draft) {
  const State& state = draft.state();
  std::vector<const Volume*> volumes;
  if (draft.spec.persistence.root_device && state.root) volumes.push_back(&*state.root);
  if (!draft.spec.persistence.block_devices) return volumes;
  for (const auto& [device, volume] : state.data) volumes.push_back(&volume);
  return volumes;
}

const Volume* present_volume(const State& state, const std::string& device) {
  if (device == state.surroundings.image.root_device) return state.root ? &*state.root : nullptr;
  auto found = state.data.find(device);
  return found == state.data.end() ? nullptr : &found->second;
}

bool manual_under_way(const State& state, const VolumeId& volume) {
  bool pending = std::any_of(state.snapshots.begin(), state.snapshots.end(), [&](const Snapshot& snapshot) {
    return snapshot.manual && snapshot.volume == volume && snapshot.state == SnapshotState::pending;
  });
  return pending || std::any_of(state.asked.begin(), state.asked.end(), [&](const auto& entry) {
           const auto* create = std::get_if<CreateSnapshot>(&entry.second.effect.action);
           return create != nullptr && create->manual && create->volume == volume;
         });
}

}  // namespace

// ---- taken and dropped

Result<void> ask_snapshot(Draft& draft) {
  const State& state = draft.state();
  if (state.goal == Goal::deleted) return conflict(state, "is deleted: its volumes are as they were then");
  if (import_pending(state)) return conflict(state, "is still being imported: ask again once it is ACTIVE");
  if (state.handover) return conflict(state, "is between two instances: ask again when it is ACTIVE or PAUSED");
  std::vector<const Volume*> volumes = persisted_volumes(draft);
  if (volumes.empty()) return conflict(state, "has no persisted volume");
  std::vector<Tag> tags;
  if (draft.spec.compute.resource_tags.snapshots) tags = draft.spec.compute.tags;
  std::vector<std::string> taken;
  for (const Volume* volume : volumes) {
    if (volume->missing_since || manual_under_way(state, volume->id)) continue;
    std::string key = "manual/" + volume->id.str() + "/" + std::to_string(to_millis(draft.now));
    CreateSnapshot create{volume->id, volume->device, false, volume->generation, tags, true};
    draft.want(key, create, Urgency::voluntary);
    taken.push_back(volume->device);
  }
  if (!taken.empty()) draft.record("snapshot_asked", "a snapshot of " + join(taken, ", ") + " was asked for");
  return {};
}

Result<void> drop_snapshot(Draft& draft, const SnapshotId& id) {
  State& state = draft.state();
  const Snapshot* snapshot = find_by_id(state.snapshots, id);
  if (snapshot == nullptr) {
    bool going = std::any_of(state.retired.begin(), state.retired.end(), [&](Retired& entry) {
      if (entry.what != Retired::What::snapshot || entry.id != id.str()) return false;
      if (state.goal != Goal::deleted) entry.due = std::min(entry.due, draft.now);
      return true;
    });
    if (going) return {};
    return fail(ErrorKind::not_found, "SnapshotNotFound",
                "managed instance " + state.id.str() + " has no snapshot " + id.str());
  }
  auto in_use = [&](const std::string& why) {
    return fail(ErrorKind::conflict, "CONFLICT", "snapshot " + id.str() + " is kept: " + why);
  };
  bool wanted = snapshot->manual || snapshot->keep_until;
  if (!wanted) return in_use("the service took it, and deletes it itself once newer ones are there");
  if (snapshot->state == SnapshotState::pending) return in_use("it is still being made");
  if (restore_source(state, snapshot->device) == snapshot) return in_use("the next instance is made from it");
  bool imaged = std::any_of(state.images.begin(), state.images.end(),
                            [&](const RootImage& image) { return image.snapshot == id; });
  if (imaged) return in_use("an image of a root generation is made from it");
  // Safe: the volume itself is there, and is the newest copy (invariant 1).
  const Volume* present = present_volume(state, snapshot->device);
  bool volume_there = present != nullptr && !present->missing_since;
  if (!volume_there && newest_completed(state, snapshot->device) == snapshot) {
    return in_use("it is the newest copy of " + snapshot->device + " that there is");
  }
  retire_dropped(draft, id.str());
  std::erase_if(state.snapshots, [&](const Snapshot& entry) { return entry.id == id; });
  draft.record("snapshot_dropped", "snapshot " + id.str() + " is not wanted any more");
  return {};
}

Result<void> drop_volume(Draft& draft, const VolumeDropped& request) {
  State& state = draft.state();
  const std::string id = request.volume.str();
  if (state.root && state.root->id == request.volume) return conflict(state, "has its root on " + id + ": restore it");
  auto found = std::find_if(state.data.begin(), state.data.end(),
                            [&](const auto& entry) { return entry.second.id == request.volume; });
  if (found == state.data.end()) {
    if (is_retired(state, id)) return {};  // asked again
    return fail(ErrorKind::not_found, "VolumeNotFound",
                "managed instance " + state.id.str() + " has no data volume " + id);
  }
  bool at_rest = state.goal == Goal::paused && !state.instance && !state.handover;
  if (!at_rest) return conflict(state, "is not PAUSED, and " + id + " may be in use: pause it first");
  const Time due = mutated(Mutation::drop_at_once) ? draft.now : draft.now + request.retention;
  const std::string device = found->first;
  if (state.restore && state.restore->sources.contains(device)) {
    return conflict(state, "is to be restored at " + device + ": take the restore back first");
  }
  // Safe: it is kept until then, and deleted only as what is retired is; nothing is attached to it.
  state.retired.push_back({Retired::What::volume, id, "a person dropped it", due});
  for (Snapshot& snapshot : state.snapshots) {
    if (snapshot.device == device && !snapshot.keep_until) snapshot.keep_until = due;
  }
  state.data.erase(found);
  // Nor does what it replaced take its place.
  std::erase_if(state.superseded, [&](const Volume& former) {
    if (former.device != device) return false;
    state.retired.push_back({Retired::What::volume, former.id.str(), "a person dropped what replaced it", due});
    return true;
  });
  draft.record("volume_dropped", "volume " + id + " (" + device + ") is given up; it is kept until " + to_iso(due));
  return {};
}

// ---- restored

int generation_restored(const State& state, const std::string& device) {
  auto earlier = state.restore->earlier.find(device);
  return earlier != state.restore->earlier.end() ? earlier->second : state.restore->generation;
}

namespace {

// An instance has been up with what was restored there: what it left is what counts, even if its volume is given up or
// the next launch came to nothing.
bool restored_already(const State& state, const std::string& device) {
  const int former = generation_restored(state, device);
  const Volume* present = present_volume(state, device);
  if (present != nullptr && present->generation > former && present->state != VolumeState::error) return true;
  auto of_a_later_one = [&](const auto& thing) { return thing.device == device && thing.generation > former; };
  return std::any_of(state.superseded.begin(), state.superseded.end(), of_a_later_one) ||
         std::any_of(state.snapshots.begin(), state.snapshots.end(), [&](const Snapshot& snapshot) {
           return of_a_later_one(snapshot) && snapshot.state == SnapshotState::completed;
         });
}

}  // namespace

const Snapshot* restore_source(const State& state, const std::string& device) {
  if (!state.restore) return nullptr;
  auto wanted = state.restore->sources.find(device);
  if (wanted == state.restore->sources.end() || restored_already(state, device)) return nullptr;
  const Snapshot* source = find_by_id(state.snapshots, wanted->second);
  return source != nullptr && source->state == SnapshotState::completed ? source : nullptr;
}

namespace {

// Younger than what was restored, and left behind: kept, but no copy of what is now.
void leave_branch(Draft& draft, const std::string& device, const Snapshot* source) {
  State& state = draft.state();
  const Time started = source != nullptr ? source->started_at : Time{};  // deleted since: all are kept
  for (Snapshot& snapshot : state.snapshots) {
    bool former = snapshot.device == device && snapshot.generation <= generation_restored(state, device);
    if (!former || snapshot.started_at <= started) continue;
    snapshot.keep_until = std::max(snapshot.keep_until.value_or(Time{}), draft.now + state.restore->retention);
  }
}

void retire_given_way(Draft& draft, const Volume& former) {
  State& state = draft.state();
  Time due = draft.now + state.restore->retention;
  state.retired.push_back({Retired::What::volume, former.id.str(),
                           "an older copy of " + former.device + " was restored in its place", due});
  draft.record("volume_given_up", "volume " + former.id.str() + " (" + former.device +
                                      ") gives way to an older copy; it is kept until " + to_iso(due));
}

// What gave way is kept in its final snapshot. Where that is gone (a deletion that was taken back took the snapshots),
// the volume itself is kept for as long.
void leave_behind_all(Draft& draft, const std::string& device, const Snapshot* source) {
  leave_branch(draft, device, source);
  State& state = draft.state();
  const int former = generation_restored(state, device);
  auto only_one = [&](const Volume& volume) {
    const bool copied = std::any_of(state.snapshots.begin(), state.snapshots.end(), [&](const Snapshot& snapshot) {
      return is_final_of(snapshot, volume) && snapshot.state == SnapshotState::completed;
    });
    return volume.device == device && volume.generation <= former && !copied;
  };
  for (const Volume& volume : state.superseded) {
    if (only_one(volume)) retire_given_way(draft, volume);
  }
  std::erase_if(state.superseded, only_one);
}

// Where an instance has been up with what was restored, what gave way to it is kept as was promised, whatever becomes
// of the rest.
void leave_begun_branches(Draft& draft) {
  const State& state = draft.state();
  if (!state.restore) return;
  for (const auto& [device, id] : state.restore->sources) {
    if (restored_already(state, device)) leave_behind_all(draft, device, find_by_id(state.snapshots, id));
  }
}

// Which instance's volumes give way: the newest that there is, or may be.
int generation_that_gives_way(const State& state) {
  return launch_may_be_done(state) ? state.generation + 1 : state.generation;
}

void begin(Draft& draft, std::map<std::string, SnapshotId> sources, Duration retention) {
  State& state = draft.state();
  renew_waiting_launch(state);
  leave_begun_branches(draft);
  Restore restore;
  restore.sources = std::move(sources);
  restore.generation = generation_that_gives_way(state);
  restore.retention = retention;
  state.restore = restore;
}

std::string words_of(const std::map<std::string, SnapshotId>& sources) {
  std::vector<std::string> words;
  for (const auto& [device, id] : sources) words.push_back(device + " from " + id.str());
  return join(words, ", ");
}

Result<void> check(const Draft& draft, const std::string& device, const SnapshotId& id) {
  const State& state = draft.state();
  const Snapshot* found = find_by_id(state.snapshots, id);
  if (found == nullptr || found->device != device) {
    return fail(ErrorKind::not_found, "SnapshotNotFound",
                "managed instance " + state.id.str() + " has no snapshot " + id.str() + " of " + device);
  }
  if (found->state != SnapshotState::completed) {
    return fail(ErrorKind::conflict, "CONFLICT", "snapshot " + id.str() + " is not completed: ask again once it is");
  }
  if (!is_persisted(draft, device)) {
    return fail(ErrorKind::conflict, "CONFLICT",
                device + " is not persisted any more: what would be restored to it would not stay");
  }
  if (!is_mapped(draft, device) && !state.data.contains(device)) {
    return fail(ErrorKind::conflict, "CONFLICT",
                "nothing maps " + device + " any more, and there is no volume: map it in the document first");
  }
  return {};
}

Result<void> take_back(Draft& draft) {
  State& state = draft.state();
  if (!state.restore) return {};
  bool begun = state.generation > state.restore->generation || launch_may_be_done(state);
  if (begun) return conflict(state, "is being made from the older copies already");
  renew_waiting_launch(state);
  leave_begun_branches(draft);
  state.restore.reset();
  draft.record("restore_taken_back", "the restore was taken back; the next instance is made of the newest copies");
  return {};
}

// Whether what was asked for before is in what comes up is not known until it runs: what gives way to which cannot be
// told.
bool being_launched(const State& state) {
  if (!state.restore) return false;
  bool not_seen = state.instance && state.generation > state.restore->generation && !state.instance->running_at;
  return not_seen || launch_may_be_done(state);
}

}  // namespace

Result<void> ask_restore(Draft& draft, const RestoreAsked& request) {
  State& state = draft.state();
  if (state.goal == Goal::deleted) return conflict(state, "is deleted: undelete it first");
  if (import_pending(state)) return conflict(state, "is still being imported: ask again once it is ACTIVE");
  if (request.sources.empty()) return take_back(draft);
  for (const auto& [device, id] : request.sources) HF_TRY_VOID(check(draft, device, id));
  // The devices of one that was asked for before and is not done stay asked for.
  std::map<std::string, SnapshotId> sources = request.sources;
  if (state.restore) sources.insert(state.restore->sources.begin(), state.restore->sources.end());
  if (state.restore && state.restore->sources == sources) {
    state.restore->retention = std::max(state.restore->retention, request.retention);
    return {};
  }
  if (being_launched(state)) {
    return conflict(state, "is being launched from the older copies: ask again once that instance runs");
  }
  // One that an instance was launched with already is not restored once more: what it has written since stays.
  std::map<std::string, int> earlier;
  for (const auto& [device, id] : sources) {
    if (!request.sources.contains(device)) earlier[device] = generation_restored(state, device);
  }
  // What was promised for a device that was asked for earlier holds for all.
  const Duration kept = std::max(request.retention, state.restore ? state.restore->retention : Duration::zero());
  begin(draft, sources, kept);
  state.restore->earlier = std::move(earlier);
  try_anew(state);
  draft.record("restore_asked", "a restore was asked for: " + words_of(request.sources));
  return {};
}

namespace {

// A device whose copy is gone, or that is not persisted any more. Where nothing has been made of older copies yet the
// whole restore is given up: one half of it is not what was asked for. What has been is seen through.
void give_up_what_is_gone(Draft& draft) {
  State& state = draft.state();
  std::map<std::string, SnapshotId>& sources = state.restore->sources;
  auto futile = std::find_if(sources.begin(), sources.end(), [&](const auto& entry) {
    const Snapshot* copy = find_by_id(state.snapshots, entry.second);
    const bool there = copy != nullptr && copy->state == SnapshotState::completed;
    return !restored_already(state, entry.first) && !(there && is_persisted(draft, entry.first));
  });
  if (futile == sources.end()) return;
  const auto& [device, id] = *futile;
  const std::string why = is_persisted(draft, device) ? "snapshot " + id.str() + " of " + device + " is gone"
                                                      : device + " is not persisted any more";
  const bool begun = std::any_of(sources.begin(), sources.end(),
                                 [&](const auto& entry) { return restored_already(state, entry.first); });
  draft.record("restore_failed", why + (begun ? ": it is made of its newest copy; the rest of the restore goes on"
                                              : ": the restore is given up, and the next instance is made of the "
                                                "newest copies"));
  renew_waiting_launch(state);
  if (begun) {
    sources.erase(futile);
  } else {
    state.restore.reset();
  }
}

}  // namespace

void tend_copies(Draft& draft) {
  State& state = draft.state();
  std::vector<std::pair<std::string, CreateSnapshot>> waiting;
  for (const auto& [key, asked] : state.asked) {
    const auto* create = std::get_if<CreateSnapshot>(&asked.effect.action);
    if (create == nullptr || !create->manual) continue;
    const Volume* volume = present_volume(state, create->device);
    if (volume != nullptr && volume->id == create->volume && !volume->missing_since) waiting.emplace_back(key, *create);
  }
  for (auto& [key, create] : waiting) draft.want(key, create, Urgency::voluntary);
  bool pending = std::any_of(state.snapshots.begin(), state.snapshots.end(), [](const Snapshot& snapshot) {
    return snapshot.manual && snapshot.state == SnapshotState::pending;
  });
  if (pending) draft.look(static_cast<Kinds>(Kind::snapshots), draft.now);
  // What is deleted may come back, with what was made of the older copies; they themselves may be gone by then.
  if (state.restore && state.goal != Goal::deleted) give_up_what_is_gone(draft);
}

bool restore_waits(const State& state) {
  if (!state.restore || !state.instance) return false;
  const auto& sources = state.restore->sources;
  return std::any_of(sources.begin(), sources.end(), [&](const auto& entry) {
    return state.instance->generation <= generation_restored(state, entry.first) &&
           restore_source(state, entry.first) != nullptr;
  });
}

void restore_by_this_launch(State& state) {
  state.recycle_wanted = false;  // there is nothing that comes up without them
  if (!state.restore) return;
  state.restore->generation = std::min(state.restore->generation, state.generation);
  for (auto& [device, generation] : state.restore->earlier) generation = std::min(generation, state.generation);
}

bool fall_back(Draft& draft) {
  State& state = draft.state();
  const Persistence& persistence = draft.spec.persistence;
  if (!persistence.root_fallback || !persistence.root_device || !state.instance) return false;
  const RootImage* best = nullptr;
  const RootImage* present = nullptr;
  for (const RootImage& image : state.images) {
    if (image.id == state.instance->image) present = &image;
    const Snapshot* source = find_by_id(state.snapshots, image.snapshot);
    const bool there = source != nullptr && source->state == SnapshotState::completed;  // it may be deleted by hand
    bool fit = image.came_up && image.state == ImageState::available && image.id != state.instance->image && there;
    if (fit && (best == nullptr || image.generation > best->generation)) best = &image;
  }
  // The image that it runs from may have come up before, and does not now: then it is not the root's fault.
  if (best == nullptr || present == nullptr || present->came_up || state.restore || !out_of_grace(draft)) return false;
  const SnapshotId source = best->snapshot;
  begin(draft, {{state.surroundings.image.root_device, source}},
        persistence.retention.value_or(Deallocation().retention));
  draft.record("root_fallback", "the root of generation " + std::to_string(state.generation - 1) +
                                    " did not come up within the grace period: the next instance is made from " +
                                    source.str() + ", of generation " +
                                    std::to_string(find_by_id(state.snapshots, source)->generation) +
                                    ", the newest that did. What is on the root now is kept in its final snapshot");
  return true;
}

void note_came_up(Draft& draft) {
  State& state = draft.state();
  for (RootImage& image : state.images) {
    if (image.id == state.instance->image) image.came_up = true;
  }
  if (!state.restore || state.instance->generation <= state.restore->generation) return;
  for (const auto& [device, id] : state.restore->sources) {
    Snapshot* source = find_by_id(state.snapshots, id);
    if (source != nullptr) source->keep_until.reset();
    leave_behind_all(draft, device, source);
  }
  draft.record("restored", "it runs with what was restored: " + words_of(state.restore->sources) +
                               "; what was there before is kept until " + to_iso(draft.now + state.restore->retention));
  state.restore.reset();
}

void set_aside_restored(Draft& draft, const Volume& former) {
  const State& state = draft.state();
  // From here on they are no copies of what is there.
  leave_branch(draft, former.device, find_by_id(state.snapshots, state.restore->sources.at(former.device)));
  retire_given_way(draft, former);
}

}  // namespace holdfast::core
