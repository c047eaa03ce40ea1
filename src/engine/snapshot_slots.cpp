#include "engine/snapshot_slots.h"

#include <algorithm>

namespace holdfast::engine {

void SnapshotSlots::update(const ManagedInstanceId& id, const model::State& state) {
  if (most_ == 0) return;
  const auto& snapshots = state.snapshots;
  set(id, static_cast<int>(std::count_if(snapshots.begin(), snapshots.end(), [](const model::Snapshot& snapshot) {
        return snapshot.state == model::SnapshotState::pending;
      })));
}

void SnapshotSlots::forget(const ManagedInstanceId& id) {
  set(id, 0);
}

void SnapshotSlots::set(const ManagedInstanceId& id, int pending) {
  auto found = of_.find(id);
  if (found != of_.end()) pending_ -= found->second;
  pending_ += pending;
  if (pending > 0) {
    of_[id] = pending;
  } else if (found != of_.end()) {
    of_.erase(found);
  }
}

bool SnapshotSlots::has_room(const model::Effect& effect, int sent) const {
  const int made = snapshots_made_by(effect);
  if (most_ == 0 || made == 0) return true;
  const int most = effect.urgency >= model::Urgency::periodic ? most_ - most_ / 4 : most_;
  const int others = pending_ + sent;
  return others == 0 || others + made <= most;  // more at once than there are places: EC2 says what it makes of it
}

int snapshots_made_by(const model::Effect& effect) {
  if (std::holds_alternative<model::CreateSnapshot>(effect.action)) return 1;
  const auto* several = std::get_if<model::SnapshotInstance>(&effect.action);
  return several == nullptr ? 0 : static_cast<int>(several->volumes.size());
}

}  // namespace holdfast::engine
