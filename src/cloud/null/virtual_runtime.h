// A Runtime under a virtual clock on the caller's thread: time passes only in `advance`, and works run in the order of
// their times, those of one time in the order they were posted. For tests and the simulator: nothing here depends on
// the wall clock or on threads, so the same calls give the same run.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <utility>

#include "cloud/runtime.h"

namespace holdfast::cloud {

class VirtualRuntime : public Runtime {
 public:
  explicit VirtualRuntime(Time start = Time(std::chrono::hours(24 * 365 * 56))) : now_(start) {}
  Time now() override { return now_; }
  void post(Duration delay, std::function<void()> work) override {
    works_.emplace(std::pair(now_ + std::max(delay, Duration(0)), ++sequence_), std::move(work));
  }

  // Lets that much time pass, running what comes due, also what that posts.
  void advance(Duration duration) {
    Time end = now_ + duration;
    while (!works_.empty() && works_.begin()->first.first <= end) {
      auto first = works_.begin();
      now_ = std::max(now_, first->first.first);
      auto work = std::move(first->second);
      works_.erase(first);
      work();
    }
    now_ = end;
  }
  // Forgets what was posted: the process it belonged to has died.
  void drop() { works_.clear(); }

 private:
  Time now_;
  uint64_t sequence_ = 0;
  std::map<std::pair<Time, uint64_t>, std::function<void()>> works_;
};

}  // namespace holdfast::cloud
