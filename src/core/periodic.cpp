#include "core/periodic.h"

#include <algorithm>

#include "core/probe.h"
#include "core/recovery_point.h"
#include "core/saving.h"

namespace holdfast::core {

using namespace model;

namespace {

bool one_pending(const State& state, const VolumeId& volume) {
  bool pending = std::any_of(state.snapshots.begin(), state.snapshots.end(), [&](const Snapshot& snapshot) {
    return snapshot.volume == volume && snapshot.state == SnapshotState::pending;
  });
  bool asked = std::any_of(state.asked.begin(), state.asked.end(), [&](const auto& entry) {
    const auto* create = std::get_if<CreateSnapshot>(&entry.second.effect.action);
    return create != nullptr && create->volume == volume;
  });
  return pending || asked;
}

std::string key_of(const Volume& volume, Time due) {
  return "periodic/" + volume.id.str() + "/" + std::to_string(to_millis(due));
}

void snapshot_volume(Draft& draft, const Volume& volume, Time due) {
  // The last one is not through yet: the interval stretches, rather than piling one on the other. And of what is not
  // listed no snapshot can be made.
  if (one_pending(draft.state(), volume.id) || volume.missing_since) return;
  std::vector<Tag> tags;
  if (draft.spec.compute.resource_tags.snapshots) tags = draft.spec.compute.tags;
  draft.want(key_of(volume, due), CreateSnapshot{volume.id, volume.device, false, volume.generation, tags},
             Urgency::periodic);
}

// Still kept, and listed: of one that was replaced meanwhile, and may be deleted, no snapshot is wanted any more.
bool is_present(const State& state, const VolumeId& volume) {
  auto present = [&](const Volume& known) { return known.id == volume && !known.missing_since; };
  return (state.root && present(*state.root)) ||
         std::any_of(state.data.begin(), state.data.end(), [&](const auto& entry) { return present(entry.second); });
}

// One that was refused for now stays wanted until the next is due.
void keep_wanting(Draft& draft) {
  State& state = draft.state();
  for (auto& [key, asked] : state.asked) {
    const auto* create = std::get_if<CreateSnapshot>(&asked.effect.action);
    bool periodic = key.starts_with("periodic/") && create != nullptr;
    if (periodic && is_present(state, create->volume)) draft.want(key, EffectAction(*create), Urgency::periodic);
  }
}

// A pause or a recycle waits until a snapshot can be made again: that is tried, and not left to the next interval.
void try_again(Draft& draft) {
  for (const Volume* volume : unsavable(draft)) {
    const Snapshot* failed = failure_of(draft.state(), volume->id);
    if (failed == nullptr || resting(draft, failed->failed_at, failed->failures)) continue;
    snapshot_volume(draft, *volume, *failed->failed_at + pause_after_failures(failed->failures));
  }
}

}  // namespace

// Each volume has its own time, counted from when its last snapshot was taken: one that took long, or that the
// account's quotas put off, puts off only the next of its own.
void snapshot_periodically(Draft& draft) {
  State& state = draft.state();
  bool held = takedown_held(draft);
  bool wanted = state.goal == Goal::running || held;
  bool steady = wanted && state.instance && state.instance->healthy_at && !state.handover;
  const std::vector<const Volume*> volumes = copied_volumes(draft.spec, state);
  if (!steady || volumes.empty()) return;
  bool pending = std::any_of(state.snapshots.begin(), state.snapshots.end(),
                             [](const Snapshot& snapshot) { return snapshot.state == SnapshotState::pending; });
  if (pending) draft.look(static_cast<Kinds>(Kind::snapshots), draft.now);
  keep_wanting(draft);
  if (held) reached(Probe::takedown_held);
  if (held) return try_again(draft);  // what fails has its own pace, and nothing else is urgent
  state.periodic_due.reset();
  for (const Volume* volume : volumes) {
    const Time due = periodic_due(draft.spec, state, *volume);
    if (!state.periodic_due || due < *state.periodic_due) state.periodic_due = due;
    if (draft.now >= due) {
      snapshot_volume(draft, *volume, due);
    } else {
      draft.wake(due);
    }
  }
}

}  // namespace holdfast::core
