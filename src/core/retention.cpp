#include "core/retention.h"

#include <algorithm>
#include <map>
#include <vector>

#include "core/fold.h"
#include "core/mutation.h"
#include "core/restore.h"
#include "core/undelete.h"

namespace holdfast::core {

using namespace model;

namespace {

Retired& retire(Draft& draft, Retired::What what, const std::string& id, std::string why, Time due) {
  State& state = draft.state();
  auto known =
      std::find_if(state.retired.begin(), state.retired.end(), [&](const Retired& entry) { return entry.id == id; });
  if (known != state.retired.end()) {
    known->due = std::min(known->due, due);
    return *known;
  }
  return state.retired.emplace_back(Retired{what, id, std::move(why), due});
}

void retire_images(Draft& draft) {
  State& state = draft.state();
  auto keep = static_cast<size_t>(draft.spec.persistence.root_generations);
  std::erase_if(state.images, [&](const RootImage& image) {
    if (image.state == ImageState::failed) retire_failed(draft, Retired::What::image, image.id.str());
    return image.state == ImageState::failed;
  });
  // Oldest first. Several images of one generation can be, after a restore: each counts.
  std::stable_sort(state.images.begin(), state.images.end(),
                   [](const RootImage& a, const RootImage& b) { return a.generation < b.generation; });
  if (mutated(Mutation::deregister_newest_image)) std::reverse(state.images.begin(), state.images.end());
  while (state.images.size() > keep) {
    const RootImage& oldest = state.images.front();
    bool runs = state.instance && state.instance->image == oldest.id;
    if (runs && !mutated(Mutation::deregister_newest_image)) break;  // what runs now was made from it
    retire(draft, Retired::What::image, oldest.id.str(), "beyond the newest root generations kept", draft.now);
    state.images.erase(state.images.begin());
  }
}

bool used_by_image(const State& state, const SnapshotId& snapshot) {
  return std::any_of(state.images.begin(), state.images.end(),
                     [&](const RootImage& image) { return image.snapshot == snapshot; });
}

// The newest completed copies of each device, by what they are for.
bool among_newest(const State& state, const Snapshot& candidate, size_t keep) {
  size_t newer = 0;
  for (const Snapshot& other : state.snapshots) {
    bool left = other.manual || other.keep_until;  // kept for reasons of their own
    bool like = !left && other.device == candidate.device && other.final == candidate.final &&
                other.state == SnapshotState::completed;
    bool later = other.started_at > candidate.started_at;
    if (mutated(Mutation::delete_newest_snapshot)) later = other.started_at < candidate.started_at;
    if (like && later) ++newer;
  }
  return newer < keep;
}

// One that failed tells how it stands with the snapshots of a present volume (saving.h).
bool is_note(const State& state, const Snapshot& failed) {
  return failed.failed_at && is_present_volume(state, failed.volume);
}

bool superfluous(const Draft& draft, const Snapshot& snapshot) {
  const State& state = draft.state();
  if (snapshot.state == SnapshotState::pending) return false;
  if (snapshot.state == SnapshotState::unknown && !snapshot.missing_since) return false;
  if (used_by_image(state, snapshot.id)) return false;
  if (snapshot.manual && snapshot.state != SnapshotState::error) return false;
  if (restore_source(state, snapshot.device) == &snapshot) return false;
  // What gives way to a restore stays until an instance has come up with what was restored.
  const bool gives_way = state.restore && state.restore->sources.contains(snapshot.device);
  if (snapshot.keep_until) return *snapshot.keep_until <= draft.now && !gives_way;
  if (snapshot.state == SnapshotState::error) return !is_note(state, snapshot);  // holds nothing
  size_t keep = snapshot.final ? static_cast<size_t>(draft.spec.persistence.root_generations) : kPeriodicKept;
  return !among_newest(state, snapshot, keep);
}

void retire_snapshots(Draft& draft) {
  State& state = draft.state();
  std::vector<Snapshot> kept;
  // Judged against all of them, so that one retired in this turn still counts as newer than the next.
  for (const Snapshot& snapshot : state.snapshots) {
    if (snapshot.keep_until && *snapshot.keep_until > draft.now) draft.wake(*snapshot.keep_until);
    if (superfluous(draft, snapshot)) {
      retire(draft, Retired::What::snapshot, snapshot.id.str(), "beyond the newest copies kept", draft.now);
    } else {
      kept.push_back(snapshot);
    }
  }
  state.snapshots = std::move(kept);
}

void retire_volumes(Draft& draft) {
  State& state = draft.state();
  if (mutated(Mutation::forget_superseded_volumes)) state.superseded.clear();
  for (const Volume& volume : state.superseded) {
    retire(draft, Retired::What::volume, volume.id.str(),
           "replaced; generation " + std::to_string(state.generation) + " is healthy", draft.now);
  }
  state.superseded.clear();
}

// The document went back to its address after the present instance was launched with another: the next one takes it.
bool is_wanted_again(const Draft& draft, const Interface& interface) {
  const std::optional<std::string> wish = wanted_address(draft.spec, draft.state());
  return draft.spec.persistence.private_ip && wish && interface.ip == *wish && !interface.missing_since &&
         usable_interface(draft.spec, draft.state()) == nullptr;
}

// Safe: the instance that is healthy was launched without them, and those that the next one is to have stay; one that
// is on an instance after all is refused by EC2.
void retire_interfaces(Draft& draft) {
  State& state = draft.state();
  if (mutated(Mutation::forget_superseded_interfaces)) state.superseded_interfaces.clear();
  std::erase_if(state.superseded_interfaces, [&](const Interface& interface) {
    if (is_wanted_again(draft, interface)) return false;
    retire(draft, Retired::What::interface, interface.id.str(),
           "its address is not kept any more; generation " + std::to_string(state.generation) + " is healthy",
           draft.now);
    return true;
  });
}

// The present copies, looked at once more right before anything is deleted: a slip elsewhere must not cost data.
bool is_present_copy(const State& state, const std::string& id) {
  if (state.root && state.root->id.str() == id) return true;
  for (const auto& [device, volume] : state.data) {
    if (volume.id.str() == id) return true;
  }
  return state.interface && state.interface->id.str() == id;
}

EffectAction deletion_of(const Retired& entry) {
  switch (entry.what) {
    case Retired::What::image:
      return DeregisterImage{ImageId(entry.id)};
    case Retired::What::snapshot:
      return DeleteSnapshot{SnapshotId(entry.id)};
    case Retired::What::volume:
      return DeleteVolume{VolumeId(entry.id)};
    case Retired::What::interface:
      return DeleteInterface{InterfaceId(entry.id)};
  }
  return DeleteInterface{InterfaceId(entry.id)};
}

// Its deregistration is refused time and again: it may be protected, or not ours to touch.
bool stays(const State& state, const Retired& image) {
  auto asked = state.asked.find("delete/" + image.id);
  return asked != state.asked.end() && (was_refused(asked->second) || asked->second.tries >= kTriesUntilDefinite);
}

Time due_of(bool delete_now, const Deallocation& deallocation, Time now) {
  return delete_now || mutated(Mutation::delete_what_was_to_be_kept) ? now : now + deallocation.retention;
}

}  // namespace

void retire_failed(Draft& draft, Retired::What what, const std::string& id, Duration kept) {
  retire(draft, what, id, "the cloud could not make it", draft.now + kept);
}

void retire_dropped(Draft& draft, const std::string& snapshot) {
  retire(draft, Retired::What::snapshot, snapshot, "a person dropped it", draft.now);
}

void retire_former(Draft& draft) {
  retire_volumes(draft);
  retire_interfaces(draft);
  retire_images(draft);
  retire_snapshots(draft);
}

void retire_everything(Draft& draft, const Deallocation& deallocation) {
  State& state = draft.state();
  remember_remains(state);
  const std::string why = "its managed instance was deleted";
  Time volumes_due = due_of(deallocation.delete_volumes, deallocation, draft.now);
  Time interfaces_due = due_of(deallocation.delete_interfaces, deallocation, draft.now);
  for (const RootImage& image : state.images) {
    retire(draft, Retired::What::image, image.id.str(), why,
           due_of(deallocation.delete_images, deallocation, draft.now));
  }
  for (const Snapshot& snapshot : state.snapshots) {
    bool free = !used_by_image(state, snapshot.id);
    bool now = deallocation.delete_snapshots && (deallocation.delete_images || free);
    retire(draft, Retired::What::snapshot, snapshot.id.str(), why, due_of(now, deallocation, draft.now)).free = free;
  }
  if (state.root) retire(draft, Retired::What::volume, state.root->id.str(), why, volumes_due);
  for (const auto& [device, volume] : state.data) {
    retire(draft, Retired::What::volume, volume.id.str(), why, volumes_due);
  }
  for (const Volume& volume : state.superseded) {
    retire(draft, Retired::What::volume, volume.id.str(), why, volumes_due);
  }
  for (const Volume& volume : state.left_by_launch) {
    retire(draft, Retired::What::volume, volume.id.str(), why, volumes_due);
  }
  if (state.interface) {
    retire(draft, Retired::What::interface, state.interface->id.str(), why, interfaces_due);
  }
  for (const Interface& interface : state.superseded_interfaces) {
    retire(draft, Retired::What::interface, interface.id.str(), why, interfaces_due);
  }
  state.images.clear();
  state.snapshots.clear();
  state.root.reset();
  state.data.clear();
  state.superseded.clear();
  state.left_by_launch.clear();
  state.interface.reset();
  state.superseded_interfaces.clear();
}

void delete_due(Draft& draft) {
  State& state = draft.state();
  bool image_left = std::any_of(state.retired.begin(), state.retired.end(), [&](const Retired& entry) {
    // One that stays holds up its own snapshot only, by EC2's word.
    return entry.what == Retired::What::image && entry.due <= draft.now && !stays(state, entry);
  });
  for (const Retired& entry : state.retired) {
    if (entry.due > draft.now) {
      draft.wake(entry.due);
      continue;
    }
    if (entry.what == Retired::What::snapshot && image_left) continue;  // the image goes before its snapshot
    if (is_present_copy(state, entry.id)) continue;
    draft.want("delete/" + entry.id, deletion_of(entry), Urgency::cleanup);
  }
}

void forget_retired(Draft& draft, const std::string& id) {
  std::vector<Retired>& retired = draft.state().retired;
  auto found = std::find_if(retired.begin(), retired.end(), [&](const Retired& entry) { return entry.id == id; });
  if (found == retired.end()) return;
  draft.record("deleted", id + " is deleted: " + found->why);
  retired.erase(found);
}

}  // namespace holdfast::core
