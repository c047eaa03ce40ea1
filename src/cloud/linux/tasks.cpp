#include "cloud/linux/tasks.h"

#include <utility>

namespace holdfast::cloud::linux_ {

Tasks::Tasks(int threads) {
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
}

Tasks::~Tasks() {
  {
    const std::lock_guard guard(mutex_);
    ending_ = true;
  }
  wake_.notify_all();
  for (auto& thread : threads_) thread.join();
}

bool Tasks::give(const std::string& key, std::function<void()> work) {
  const std::lock_guard guard(mutex_);
  if (waiting_ >= most_waiting) return false;
  ++waiting_;
  auto& queue = queues_[key];
  queue.push_back(std::move(work));
  if (queue.size() > 1) return true;  // its turn comes
  ready_.push_back(key);
  wake_.notify_one();
  return true;
}

void Tasks::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return !ready_.empty() || (ending_ && waiting_ == 0); });
    if (ready_.empty()) return;
    const std::string key = std::move(ready_.front());
    ready_.pop_front();
    const std::function<void()> work = queues_.at(key).front();
    lock.unlock();
    work();
    lock.lock();
    --waiting_;
    auto& queue = queues_.at(key);
    queue.pop_front();  // only now: an empty queue means that nothing with this key is at work
    if (queue.empty()) {
      queues_.erase(key);
    } else {
      ready_.push_back(key);
      wake_.notify_one();
    }
    if (ending_ && waiting_ == 0) wake_.notify_all();
  }
}

}  // namespace holdfast::cloud::linux_
