// Where blocking calls run, and how their results come back. The engine's logic never blocks and has no threads: it
// hands jobs to Workers, and a job hands its result back by posting a closure, which runs on the engine's thread.
// Production has threads (threads.h); the simulator runs jobs one by one under its virtual clock.
#pragma once

#include <functional>

namespace holdfast::engine {

class Workers {
 public:
  virtual ~Workers() = default;
  // Runs the job later, never within this call.
  virtual void submit(std::function<void()> job) = 0;
};

// Called by jobs, on any thread: run this on the engine's thread, soon.
using Post = std::function<void(std::function<void()>)>;

}  // namespace holdfast::engine
