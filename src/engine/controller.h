// The whole engine without a thread: the loop, the executor, the observer and the index, tied together. Production
// drives it from one thread (engine.cpp), the simulator from its own under a virtual clock; both call `turn` whenever
// `next_turn` says so, and after anything was put.
//
// Thread: one at a time, always the same. Jobs handed to Workers run elsewhere and come back by Post.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "ec2/ec2.h"
#include "ec2/events.h"
#include "engine/counters.h"
#include "engine/executor.h"
#include "engine/index.h"
#include "engine/loop.h"
#include "engine/observer.h"
#include "engine/prices.h"
#include "engine/snapshot_slots.h"
#include "engine/snapshot_times.h"
#include "engine/workers.h"

namespace holdfast::engine {

class Controller {
 public:
  // Each sweep looks at all instances, which show what has happened to them and what they have on them; at everything
  // else only one sweep in so many, unless there is so little that it costs next to nothing.
  static constexpr int kFullSweepEvery = 10;
  static constexpr size_t kSmallFleet = 100;

  struct Options {
    int effects_at_once = 16;
    Duration sweep_interval = std::chrono::seconds(60);
    int snapshots_at_once = 0;  // that the account may have under way; 0: any number
    Claim claim = {};
  };
  struct Ties {
    ec2::Ec2& ec2;
    Store& store;
    Clock& clock;
    Workers& effects;
    Workers& looks;
    Post post;
    Decide decide;
    BudgetWait budget_wait = {};
  };
  // For the one who drives it.
  struct Outcome {
    std::vector<Answer> answers;
    std::vector<SharedView> changed;
    std::vector<ManagedInstanceId> forgotten;  // or another's from now on
    std::vector<model::Record> records;        // that were stored
    int64_t last_sequence = 0;
  };

  Controller(Options options, Ties ties);

  // Loads, and wants a full look at everything. Nothing is let out before the first turn.
  Result<void> start();
  // At an orderly end, once no job is under way any more: everything is given back for others to take.
  void leave() { loop_.leave(); }
  void put(Input input) { loop_.put(std::move(input)); }
  void notify(const ec2::CloudEvent& event);
  Outcome turn();
  std::optional<Time> next_turn() const;

  const Loop& loop() const { return loop_; }
  const Counters& counters() const { return counters_; }

 private:
  void wake(const ManagedInstanceId& id, const ec2::CloudEvent& event);
  void sweep_if_due();
  std::optional<core::SnapshotPace> pace_of(const ReleasedEffect& effect) const;

  Options options_;
  Clock& clock_;
  Counters counters_;
  Loop loop_;
  SnapshotTimes snapshot_times_;
  SnapshotSlots slots_;
  Executor executor_;
  Observer observer_;
  Prices prices_;
  Index index_;
  Time next_sweep_{};
  int sweeps_ = 0;
};

}  // namespace holdfast::engine
