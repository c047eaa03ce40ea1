// The story that the demo tells: in each mode a managed instance with a database, whose machine is taken away for each
// cause again and again while a client commits. Called by main.cpp.
#pragma once

#include <atomic>
#include <string>

#include "base/error.h"
#include "demo/place.h"
#include "demo/report.h"

namespace holdfast::demo {

struct Plan {
  int rounds = 3;          // replacements for each cause in each mode
  int commits = 1000;      // acknowledged before each replacement
  bool simulated = false;  // no machines: states only
};

// Goes on to the end of the plan where it can; a managed instance that does not come back ends it. `interrupted`:
// Ctrl-C.
Report tell(const Place& place, const Plan& plan, const std::atomic<bool>& interrupted);

}  // namespace holdfast::demo
