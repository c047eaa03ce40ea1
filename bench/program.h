// What every benchmark's main needs: its arguments, and its end with the reason when it cannot go on. A figure of
// something half done would be worse than none.
#pragma once

#include <string>
#include <type_traits>
#include <utility>

#include "base/error.h"
#include "base/time.h"

namespace holdfast::bench {

// Ends the program with the reason: an exception that `exit_status_of` tells.
[[noreturn]] void give_up(const std::string& why);

// The value, or the end of the program with the error.
template <class T>
T must(Result<T> result) {
  if (!result) give_up(describe(result.error()));
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

// `run`'s, or 1 after an exception that was told to stderr: what a benchmark's `main` returns.
int exit_status_of(int (*run)(int, char**), int argc, char** argv);

// The first number in argv after "--NAME", or `otherwise`.
int number_argument(int argc, char** argv, const std::string& name, int otherwise);

// As figures tell it.
double seconds(Duration duration);

}  // namespace holdfast::bench
