#include "sim/virtual_workers.h"

namespace holdfast::sim {

std::shared_ptr<VirtualWorkers::Job> VirtualWorkers::current_;

void VirtualWorkers::submit(std::function<void()> job) {
  waiting_.push_back(std::move(job));
  start_soon();
}

void VirtualWorkers::start_soon() {
  time_.post(Duration::zero(), [this, life = std::weak_ptr<int>(life_)] {
    if (life.lock()) start();
  });
}

void VirtualWorkers::start() {
  if (asleep_ || waiting_.empty() || running_.size() >= static_cast<size_t>(at_once_)) return;
  auto job = std::make_shared<Job>(*this, std::move(waiting_.front()));
  waiting_.pop_front();
  job->number = ++begun_;
  running_.emplace(job->number, job);
  run(job);
}

void VirtualWorkers::run(const std::shared_ptr<Job>& job) {
  current_ = job;
  job->fiber.resume();
  current_.reset();
  if (!job->fiber.ended()) return;
  running_.erase(job->number);
  if (!waiting_.empty()) start_soon();
}

void VirtualWorkers::wait(Duration duration) {
  if (!current_) return;
  std::weak_ptr<Job> weak = current_;
  current_->owner->time_.post(duration, [weak] {
    if (auto job = weak.lock()) job->owner->run(job);
  });
  Fiber::suspend();
}

void VirtualWorkers::wake_up() {
  asleep_ = false;
  for (size_t i = 0; i < waiting_.size(); ++i) start_soon();
}

void VirtualWorkers::abandon() {
  asleep_ = false;
  life_ = std::make_shared<int>(0);
  waiting_.clear();
  running_.clear();  // each fiber is unwound by its destructor
}

}  // namespace holdfast::sim
