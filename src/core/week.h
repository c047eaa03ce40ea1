// Parts of the week in which replacements that nothing forces may begin (strategy.optimizationWindows), UTC.
#pragma once

#include <vector>

#include "base/time.h"
#include "model/spec.h"

namespace holdfast::core {

// True without windows: then any time is good.
bool within(const std::vector<model::WeekWindow>& windows, Time now);
// When the next one begins, from now on; there must be one.
Time next_opening(const std::vector<model::WeekWindow>& windows, Time now);

}  // namespace holdfast::core
