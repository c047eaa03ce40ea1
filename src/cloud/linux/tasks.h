// A bounded number of threads for work that blocks. Work with the same key is done in the order it was given, one at a
// time; work with different keys side by side. Used by the Linux substrate: a key is a machine's, volume's, subnet's
// id.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace holdfast::cloud::linux_ {

class Tasks {
 public:
  explicit Tasks(int threads);
  ~Tasks();  // does what was given, then ends

  // False: too much is waiting, and the work is not taken.
  bool give(const std::string& key, std::function<void()> work);

 private:
  void run();

  static constexpr size_t most_waiting = 100'000;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::map<std::string, std::deque<std::function<void()>>> queues_;  // a key is here while it waits or is at work
  std::deque<std::string> ready_;                                    // keys whose first work may begin
  size_t waiting_ = 0;
  bool ending_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace holdfast::cloud::linux_
