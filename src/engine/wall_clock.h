// The production clock (clock.h): it goes on from the larger of the wall clock and the last time the store has seen, by
// the monotonic clock, and follows the wall clock forwards only.
#pragma once

#include <functional>
#include <mutex>

#include "engine/clock.h"

namespace holdfast::engine {

class WallClock : public Clock {
 public:
  struct Sources {  // a test's own, or the system's
    std::function<Time()> wall;
    std::function<Duration()> monotonic;
  };
  static Sources system();

  explicit WallClock(Time last_seen, Sources sources = system());
  Time now() override;

 private:
  Sources sources_;
  std::mutex mutex_;
  Time anchor_;                // what the clock showed …
  Duration anchor_monotonic_;  // … when the monotonic clock showed this
};

}  // namespace holdfast::engine
