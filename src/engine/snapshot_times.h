// How long the snapshots of each volume take for what they cover: where that is much, much changes on it, and it loses
// more by waiting for its turn (snapshot_turns.h). Seen from the states as they change; lost at a restart without harm.
//
// Thread: the engine's.
#pragma once

#include <map>
#include <optional>

#include "base/ids.h"
#include "base/time.h"
#include "model/state.h"

namespace holdfast::engine {

// What such a volume weighs more.
inline constexpr double kWeightMuchChanged = 1.5;

class SnapshotTimes {
 public:
  static constexpr Duration kTakesAnyway = std::chrono::seconds(30);  // however little has changed
  static constexpr int kMuch = 10;  // more than one part in so many of the time covered

  void update(const ManagedInstanceId& id, const model::State& state, Time now);
  void forget(const ManagedInstanceId& id) { known_.erase(id); }
  bool much_changes(const ManagedInstanceId& id, const VolumeId& volume) const;

 private:
  struct Volume {
    std::optional<SnapshotId> pending;
    Time started{};  // of the pending one
    Time before{};   // of the one before; none: the first of a volume is a whole copy and tells nothing
    Duration took{};
    Duration covered{};
  };
  using Volumes = std::map<VolumeId, Volume>;
  void begin(Volume& volume, const model::Snapshot& snapshot);
  void end(Volume& volume, bool completed, Time now);

  std::map<ManagedInstanceId, Volumes> known_;
};

}  // namespace holdfast::engine
