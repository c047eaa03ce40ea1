// The service as one process: its clock, its controller, its workers, and what it has of the store. It may fall asleep
// (a frozen machine, a stopped process): what it has sent is on its way, but it begins nothing and takes nothing in.
// Awake again it believes for one turn that no time has passed: it may have been stopped right after it asked for the
// time.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "engine/controller.h"
#include "sim/deadly_store.h"
#include "sim/drive.h"
#include "sim/virtual_workers.h"

namespace holdfast::sim {

// A little ahead of the world's time, or behind; stands still where it is told to.
class OwnClock : public engine::Clock {
 public:
  OwnClock(VirtualTime& time, Duration ahead) : time_(time), ahead_(ahead) {}
  Time now() override { return stands_ ? *stands_ : time_.now() + ahead_; }
  // The world's time at which it shows this.
  Time in_the_world(Time shown) const { return shown > Time{} ? shown - ahead_ : shown; }
  void stand() { stands_ = now(); }
  void go_on() { stands_.reset(); }

 private:
  VirtualTime& time_;
  Duration ahead_;
  std::optional<Time> stands_;
};

struct Service {
  Service(VirtualTime& time, DeadlyStore of_it, std::string name, Duration ahead)
      : holder(std::move(name)), clock(time, ahead), store(std::move(of_it)), effects(time, 16), looks(time, 12) {}
  ~Service() { end(); }
  Service(const Service&) = delete;

  void end() {
    effects.abandon();
    looks.abandon();
    controller.reset();
    posted.clear();
    kill_due = kill_after_effect = false;
    store.kill_at = KillAt::never;
    store.sleep_due = false;
    store.sleep_commit = 0;
    clock.go_on();
    asleep_until.reset();
  }
  void fall_asleep(Time until) {
    asleep_until = until;
    store.kill_at = KillAt::never;
    kill_due = kill_after_effect = false;
    clock.stand();
    effects.fall_asleep();
    looks.fall_asleep();
  }
  void wake_up() {
    asleep_until.reset();
    effects.wake_up();
    looks.wake_up();
  }
  void calm_down() {
    kill_due = kill_after_effect = false;
    store.kill_at = KillAt::never;
    store.sleep_commit = store.refusals = 0;
    store.sleep_due = false;
  }
  bool runs() const { return controller != nullptr; }
  bool acts() const { return runs() && !asleep_until; }

  std::string holder;
  OwnClock clock;
  DeadlyStore store;
  VirtualWorkers effects;
  VirtualWorkers looks;
  std::unique_ptr<ec2::Ec2> cloud;  // as this service calls it
  Posted posted;
  std::unique_ptr<engine::Controller> controller;  // none: it does not run
  uint64_t life = 0;  // of its present start
  std::optional<Time> asleep_until;
  bool kill_after_effect = false;
  bool kill_due = false;
};

}  // namespace holdfast::sim
