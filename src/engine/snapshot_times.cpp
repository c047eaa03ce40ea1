#include "engine/snapshot_times.h"

#include <algorithm>

namespace holdfast::engine {

void SnapshotTimes::begin(Volume& volume, const model::Snapshot& snapshot) {
  if (volume.started != Time{}) volume.before = volume.started;
  volume.pending = snapshot.id;
  volume.started = snapshot.started_at;
}

// The last few count, the newest the most.
void SnapshotTimes::end(Volume& volume, bool completed, Time now) {
  volume.pending.reset();
  if (!completed || volume.before == Time{}) return;
  volume.took = volume.took / 2 + std::max(Duration::zero(), now - volume.started - kTakesAnyway);
  volume.covered = volume.covered / 2 + (volume.started - volume.before);
}

void SnapshotTimes::update(const ManagedInstanceId& id, const model::State& state, Time now) {
  auto known = known_.find(id);
  if (known == known_.end() && state.snapshots.empty()) return;
  Volumes& volumes = known != known_.end() ? known->second : known_[id];
  for (const model::Snapshot& snapshot : state.snapshots) {
    const bool pending = snapshot.state == model::SnapshotState::pending;
    auto found = volumes.find(snapshot.volume);
    if (pending && (found == volumes.end() || !found->second.pending)) {
      begin(volumes[snapshot.volume], snapshot);
    } else if (!pending && found != volumes.end() && found->second.pending == snapshot.id) {
      end(found->second, snapshot.state == model::SnapshotState::completed, now);
    }
  }
  std::erase_if(volumes, [&](const auto& entry) {
    return std::none_of(state.snapshots.begin(), state.snapshots.end(),
                        [&](const model::Snapshot& snapshot) { return snapshot.volume == entry.first; });
  });
  if (volumes.empty()) known_.erase(id);
}

bool SnapshotTimes::much_changes(const ManagedInstanceId& id, const VolumeId& volume) const {
  auto known = known_.find(id);
  if (known == known_.end()) return false;
  auto found = known->second.find(volume);
  return found != known->second.end() && found->second.took * kMuch > found->second.covered;
}

}  // namespace holdfast::engine
