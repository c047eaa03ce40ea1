// The smallest fault schedule that still breaks the same promise in the same way: delta debugging over the strikes of a
// run. Smallest in that none of what is left can be taken away alone; not the only one there is.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "sim/world.h"

namespace holdfast::sim {

struct Shrunk {
  RunOptions options;  // with `only`
  RunOutcome outcome;
  int runs = 0;
};

struct ShrinkLimits {
  int jobs = 1;
  int runs = 2000;
};

// Nothing if the run holds every promise. `progress` gets a line now and then.
std::optional<Shrunk> shrink(const RunOptions& options, const ShrinkLimits& limits,
                             const std::function<void(const std::string&)>& progress);

}  // namespace holdfast::sim
