// SIGTERM and SIGINT as something to wait for. Handlers, not a blocked mask: what the service starts (machines, tools)
// inherits a mask, but never a handler. Used by serve.
#pragma once

#include "base/error.h"

namespace holdfast::daemon {

class StopSignals {
 public:
  // One at a time; SIGPIPE is made harmless too.
  static Result<StopSignals> watch();
  StopSignals(StopSignals&& other) noexcept;
  StopSignals& operator=(StopSignals&&) = delete;
  ~StopSignals();  // as the signals were before
  // Blocks until one has come, or `wake` was called.
  void wait();
  bool stopped() const;
  void wake();

 private:
  explicit StopSignals(int event) : event_(event) {}
  int event_;
};

}  // namespace holdfast::daemon
