// Time for the local cloud: what the time is, and doing something later. In the service a thread of its own
// (ThreadRuntime), in the simulator a virtual clock on one thread; the model itself never reads a clock.
#pragma once

#include <functional>
#include <memory>

#include "base/time.h"

namespace holdfast::cloud {

class Runtime {
 public:
  virtual ~Runtime() = default;
  virtual Time now() = 0;
  // Runs `work` once, `delay` from now (zero: soon, but never before this returns). Works of equal time run in the
  // order they were posted, one at a time.
  virtual void post(Duration delay, std::function<void()> work) = 0;
};

// The wall clock, and one thread that waits by the steady clock: a wall clock that jumps delays or hurries nothing.
class ThreadRuntime : public Runtime {
 public:
  ThreadRuntime();
  // Waits for the work that runs; work that is not due yet is dropped.
  ~ThreadRuntime() override;
  Time now() override;
  void post(Duration delay, std::function<void()> work) override;

 private:
  class Timer;
  std::unique_ptr<Timer> timer_;
};

}  // namespace holdfast::cloud
