// Waiting that can be called off.
#pragma once

#include <stop_token>

#include "base/time.h"

namespace holdfast::aws {

// False at once when `stop` is asked for; true after the whole time.
bool pause(Duration duration, std::stop_token stop);

}  // namespace holdfast::aws
