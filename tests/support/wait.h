// Waiting for a condition, with an end to the waiting. Never a sleep in its place.
#pragma once

#include <chrono>
#include <thread>

#include "base/time.h"

namespace holdfast::support {

// Looks until `condition()` holds; false if `limit` is over before. `pause` is only how often it looks.
template <class Condition>
bool wait_until(Duration limit, Condition condition, Duration pause = std::chrono::milliseconds(10)) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= end) return false;
    std::this_thread::sleep_for(pause);
  }
  return true;
}

// Milliseconds since `begin`.
inline Duration since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - begin);
}

}  // namespace holdfast::support
