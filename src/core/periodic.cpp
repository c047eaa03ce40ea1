#include "core/periodic.h"

#include <algorithm>

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
  // The last one is not through yet: the interval stretches, rather than piling one on the other.
  if (one_pending(draft.state(), volume.id)) return;
  std::vector<Tag> tags;
  if (draft.spec.compute.resource_tags.snapshots) tags = draft.spec.compute.tags;
  draft.want(key_of(volume, due), CreateSnapshot{volume.id, volume.device, false, volume.generation, tags},
             Urgency::periodic);
}

// One that was refused for now stays wanted until the next is due.
void keep_wanting(Draft& draft) {
  State& state = draft.state();
  for (auto& [key, asked] : state.asked) {
    if (key.starts_with("periodic/")) draft.want(key, asked.effect.action, Urgency::periodic);
  }
}

}  // namespace

void snapshot_periodically(Draft& draft) {
  State& state = draft.state();
  bool steady = state.goal == Goal::running && state.instance && state.instance->healthy_at && !state.handover;
  bool root = draft.spec.persistence.root_device && state.root;
  bool data = snapshots_data(draft.spec, state) && !state.data.empty();
  if (!steady || (!root && !data)) return;
  bool pending = std::any_of(state.snapshots.begin(), state.snapshots.end(),
                             [](const Snapshot& snapshot) { return snapshot.state == SnapshotState::pending; });
  if (pending) draft.look(static_cast<Kinds>(Kind::snapshots), draft.now);
  keep_wanting(draft);
  if (!state.periodic_due) state.periodic_due = draft.now + draft.spec.persistence.snapshot_interval;
  if (draft.now < *state.periodic_due) return draft.wake(*state.periodic_due);
  if (root) snapshot_volume(draft, *state.root, *state.periodic_due);
  if (data) {
    for (const auto& [device, volume] : state.data) snapshot_volume(draft, volume, *state.periodic_due);
  }
  // From now, not from when it was due: after a long stop one is taken, not all that were missed.
  state.periodic_due = draft.now + draft.spec.persistence.snapshot_interval;
  draft.wake(*state.periodic_due);
}

}  // namespace holdfast::core
