// The engine's Workers under virtual time. A job runs on a fiber; a cloud call in it waits for virtual time to pass, so
// that many are under way at once and each takes effect and is answered at moments of its own. At most so many jobs at
// once, in the order given, as with threads.
//
// Thread: one, the simulator's.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>

#include "engine/workers.h"
#include "sim/fiber.h"
#include "sim/virtual_time.h"

namespace holdfast::sim {

class VirtualWorkers : public engine::Workers {
 public:
  VirtualWorkers(VirtualTime& time, int at_once) : time_(time), at_once_(at_once) {}
  ~VirtualWorkers() override { abandon(); }

  void submit(std::function<void()> job) override;
  // The service dies: jobs are unwound where they wait, and those not begun are dropped.
  void abandon();
  // No job begins until it wakes up; those that have begun go on until they wait.
  void fall_asleep() { asleep_ = true; }
  void wake_up();
  size_t under_way() const { return running_.size(); }
  // Whose job it is that runs now; nullptr: none does.
  static const VirtualWorkers* current() { return current_ ? current_->owner : nullptr; }

  // Within a job of any VirtualWorkers: lets so much virtual time pass. Elsewhere: nothing.
  static void wait(Duration duration);

 private:
  struct Job {
    Job(VirtualWorkers& workers, std::function<void()> body) : owner(&workers), fiber(std::move(body)) {}
    VirtualWorkers* owner;
    Fiber fiber;
    uint64_t number = 0;
  };
  void start_soon();
  void start();
  void run(const std::shared_ptr<Job>& job);

  static std::shared_ptr<Job> current_;  // shared with the posted wake-ups, weakly
  VirtualTime& time_;
  int at_once_;
  std::deque<std::function<void()>> waiting_;
  std::map<uint64_t, std::shared_ptr<Job>> running_;  // in the order they began
  uint64_t begun_ = 0;
  bool asleep_ = false;
  std::shared_ptr<int> life_ = std::make_shared<int>(0);  // posted starts of a former life come to nothing
};

}  // namespace holdfast::sim
