// Workers that are threads. Jobs run in the order given, as many at once as there are threads.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "engine/workers.h"

namespace holdfast::engine {

class ThreadWorkers : public Workers {
 public:
  explicit ThreadWorkers(int threads);
  // Jobs not begun are dropped; those under way are waited for, each as long as one cloud call may take.
  ~ThreadWorkers() override;

  void submit(std::function<void()> job) override;

 private:
  void work();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> jobs_;  // bounded by who submits: the executor's and the observer's own limits
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace holdfast::engine
