// What a machine's start and stop spend their time on, for a line of the debug log.
#pragma once

#include <fmt/core.h>

#include <chrono>
#include <string>

namespace holdfast::cloud::linux_ {

class Stopwatch {
 public:
  // The time since the last lap went into `what`.
  void lap(const char* what) {
    const auto now = std::chrono::steady_clock::now();
    text_ += fmt::format(" {} {:.1f}", what, std::chrono::duration<double, std::milli>(now - last_).count());
    last_ = now;
  }
  const std::string& text() const { return text_; }  // milliseconds, in order

 private:
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
  std::string text_;
};

}  // namespace holdfast::cloud::linux_
