// What every benchmark's main needs: its arguments, and its end with the reason when it cannot go on. A figure of
// something half done would be worse than none.
#pragma once

#include <CLI/CLI.hpp>
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

// What a benchmark takes on its command line. Whatever is not declared, and `--help`, ends the program.
class Options {
 public:
  Options(int argc, char** argv) : argc_(argc), argv_(argv) {}
  // `--NAME NUMBER`, from 1 to 100,000; what `value` holds is the default. It must live until `read`.
  Options& number(const std::string& name, int& value);
  Options& flag(const std::string& name, bool& value);
  void read();

 private:
  int argc_;
  char** argv_;
  CLI::App app_;
};

// `run`'s, or 1 after an exception that was told to stderr: what a benchmark's `main` returns.
int exit_status_of(int (*run)(Options& options), int argc, char** argv);

// As figures tell it.
double seconds(Duration duration);

}  // namespace holdfast::bench
