// Where the engine takes its time from. The production clock never runs backwards: it goes on from the larger of the
// wall clock and the last time the store has seen, by the monotonic clock, and follows the wall clock forwards only. So
// a wall clock that jumps back fires nothing twice. The simulator has a virtual one.
#pragma once

#include "base/time.h"

namespace holdfast::engine {

class Clock {
 public:
  virtual ~Clock() = default;
  // Never earlier than any answer before. Any thread.
  virtual Time now() = 0;
};

}  // namespace holdfast::engine
