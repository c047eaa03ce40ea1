// SIGTERM and SIGINT, and on demand SIGHUP, as something to wait for. Handlers, not a blocked mask: what the service
// starts (machines, tools) inherits a mask, but never a handler. Used by serve.
#pragma once

#include "base/error.h"
#include "base/time.h"

namespace holdfast::daemon {

class StopSignals {
 public:
  // One at a time; SIGPIPE is made harmless too.
  static Result<StopSignals> watch();
  StopSignals(StopSignals&& other) noexcept;
  StopSignals& operator=(StopSignals&&) = delete;
  ~StopSignals();  // as the signals were before
  // From now on SIGHUP does not end the process, but is told by `hung_up`.
  void take_hang_ups();
  // Blocks until one has come, `wake` was called, or the time is over (negative: it never is).
  void wait(Duration limit = Duration(-1));
  bool stopped() const;
  bool hung_up();  // since it was asked last
  void wake();

 private:
  explicit StopSignals(int event) : event_(event) {}
  int event_;
};

}  // namespace holdfast::daemon
