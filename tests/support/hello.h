// Asks the program of examples/hello.yaml how many machines it has lived on.
#pragma once

#include <optional>
#include <string>

#include "base/time.h"

namespace holdfast::support {

inline constexpr int kHelloPort = 7777;

// The count that it answers; nothing if it does not answer within `limit`.
std::optional<int> hello_count(const std::string& ip, Duration limit);

}  // namespace holdfast::support
