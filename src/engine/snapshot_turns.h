// Whose periodic snapshot is next, where the account's quotas cannot carry all that are wanted: the most overdue one,
// in wanted intervals times weight (core/recovery_point.h). So all intervals stretch by one factor, divided by the
// weights; nobody starves, because whoever waits becomes more overdue.
//
// How overdue each is grows with time at a speed of its own, and speeds are few: those of one speed stay in order, so
// only the first of each speed is looked at.
//
// Thread: the engine's.
#pragma once

#include <cstdint>
#include <map>
#include <utility>

#include "core/recovery_point.h"
#include "engine/loop.h"

namespace holdfast::engine {

class SnapshotTurns {
 public:
  void add(const core::SnapshotPace& pace, uint64_t sequence, ReleasedEffect effect);
  bool empty() const { return speeds_.empty(); }
  size_t size() const;
  // Not empty.
  const ReleasedEffect& first(Time now) const;
  ReleasedEffect take(Time now);

 private:
  using Waiting = std::map<std::pair<Time, uint64_t>, ReleasedEffect>;  // since when, and in the order of asking
  using Speeds = std::map<double, Waiting>;                             // overdue intervals a second
  Speeds::const_iterator most_overdue(Time now) const;

  Speeds speeds_;  // none is empty
};

}  // namespace holdfast::engine
