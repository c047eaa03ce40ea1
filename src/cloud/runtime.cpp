#include "cloud/runtime.h"

#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

namespace holdfast::cloud {

class ThreadRuntime::Timer {
 public:
  Timer() : thread_([this] { run(); }) {}

  ~Timer() {
    {
      std::lock_guard hold(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

  void post(Duration delay, std::function<void()> work) {
    {
      std::lock_guard hold(mutex_);
      queue_.emplace(std::pair(Clock::now() + delay, ++sequence_), std::move(work));
    }
    changed_.notify_all();
  }

 private:
  using Clock = std::chrono::steady_clock;

  void run() {
    std::unique_lock hold(mutex_);
    while (!stopping_) {
      if (queue_.empty()) {
        changed_.wait(hold);
        continue;
      }
      auto first = queue_.begin();
      if (first->first.first > Clock::now()) {
        changed_.wait_until(hold, Clock::time_point(first->first.first));
        continue;
      }
      auto work = std::move(first->second);
      queue_.erase(first);
      hold.unlock();
      work();
      work = nullptr;
      hold.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::pair<Clock::time_point, uint64_t>, std::function<void()>> queue_;
  uint64_t sequence_ = 0;
  bool stopping_ = false;
  std::thread thread_;  // last: it uses all of the above
};

ThreadRuntime::ThreadRuntime() : timer_(std::make_unique<Timer>()) {}
ThreadRuntime::~ThreadRuntime() = default;

Time ThreadRuntime::now() {
  return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
}

void ThreadRuntime::post(Duration delay, std::function<void()> work) {
  timer_->post(delay, std::move(work));
}

}  // namespace holdfast::cloud
