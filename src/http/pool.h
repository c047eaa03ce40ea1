// A fixed number of threads that run what they are given, in order. The queue is bounded by the number of connections,
// since a connection has one request at a time. Called by server.cpp.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace holdfast::http {

class Pool {
 public:
  explicit Pool(int threads);
  ~Pool();  // runs what is queued, then ends
  void run(std::function<void()> task);

 private:
  void work();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> queue_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace holdfast::http
