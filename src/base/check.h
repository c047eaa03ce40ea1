// CHECK: on in release too. For our own mistakes, never for input or for the cloud's answers.
#pragma once

namespace holdfast {
[[noreturn]] void check_failed(const char* expression, const char* file, int line);
}

#define CHECK(expression) \
  (static_cast<bool>(expression) ? void(0) : ::holdfast::check_failed(#expression, __FILE__, __LINE__))
