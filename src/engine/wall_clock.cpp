#include "engine/wall_clock.h"

#include <algorithm>

namespace holdfast::engine {

WallClock::Sources WallClock::system() {
  return {[] { return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()); },
          [] { return std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch()); }};
}

WallClock::WallClock(Time last_seen, Sources sources) : sources_(std::move(sources)) {
  anchor_ = std::max(last_seen, sources_.wall());
  anchor_monotonic_ = sources_.monotonic();
}

Time WallClock::now() {
  std::lock_guard lock(mutex_);
  Duration monotonic = sources_.monotonic();
  Time by_monotonic = anchor_ + (monotonic - anchor_monotonic_);
  Time wall = sources_.wall();
  if (wall <= by_monotonic) return by_monotonic;  // the wall clock was set back, or is behind the store
  anchor_ = wall;
  anchor_monotonic_ = monotonic;
  return wall;
}

}  // namespace holdfast::engine
