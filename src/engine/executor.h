// Performs effects: on workers, at most so many jobs at a time, the most urgent first (urgency, then deadline, then
// order of asking), one of a key at a time. Every effect sent comes back exactly once as an EffectEnded.
//
// What was let out under a lease that is lost is not sent, and what comes of it is nobody's (tenure.h).
//
// What the API budget, or the account's limit of snapshots under way, has no room for yet waits here and not on a
// worker, so that another action's effects go meanwhile, and the more urgent of one action before the less urgent.
// Terminations that wait at the same time go in one call.
//
// Periodic snapshots leave half of their bucket to what is more urgent, and go in turns of their own: the most overdue
// first (snapshot_turns.h). One whose managed instance is being replaced is not sent.
//
// Thread: the engine's, for everything; only the jobs run elsewhere.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "ec2/ec2.h"
#include "ec2/token_bucket.h"
#include "engine/clock.h"
#include "engine/counters.h"
#include "engine/loop.h"
#include "engine/snapshot_turns.h"
#include "engine/tenure.h"
#include "engine/workers.h"

namespace holdfast::engine {

// How long a call has to wait for its turn; `ahead` of its action were let out and have not taken theirs yet
// (ec2::SharedBudget::wait_for). Empty: calls cost nothing.
using BudgetWait = std::function<Duration(const ec2::ApiCall& call, int ahead)>;
// Whether the account has a place for it; `sent`: snapshots asked for that no state knows yet (snapshot_slots.h).
using HasRoom = std::function<bool(const model::Effect& effect, int sent)>;

// How urgent a periodic snapshot is among its like; nothing: it is better not sent now, and comes back as
// `unavailable`.
using PaceOf = std::function<std::optional<core::SnapshotPace>(const ReleasedEffect& effect)>;

class Executor {
 public:
  static constexpr size_t kMostTogether = 50;  // terminations of one call

  // still_asked: whether the stored state asks for the effect now, under the same lease; one that it has withdrawn is
  // not sent. ended: gets each outcome, on the engine's thread. tenure: the present one.
  struct Ties {
    ec2::Ec2& ec2;
    Workers& workers;
    Post post;
    std::function<bool(const ReleasedEffect&)> still_asked;
    std::function<void(const ReleasedEffect&, model::Outcome)> ended;
    std::function<SharedTenure()> tenure;
    Counters& counters;
    Clock& clock;
    BudgetWait budget_wait = {};
    PaceOf pace_of = {};    // empty: in the order of asking
    HasRoom has_room = {};  // empty: for everything
  };

  Executor(Ties ties, int at_once);

  // An effect whose key waits or is under way already is that same effect: it is not sent twice.
  void release(ReleasedEffect effect);
  // Sends what may be sent. Called once a turn, after its releases, so that they are sent in order of urgency.
  void pump();
  // When the budget has room for what it held back at the last pump; nothing: it held nothing back.
  std::optional<Time> next_pump() const { return next_pump_; }

 private:
  using Key = std::tuple<ManagedInstanceId, uint64_t, std::string>;  // the second: of its lease
  using Rank = std::tuple<model::Urgency, Time, uint64_t>;
  using Effects = std::vector<ReleasedEffect>;
  // Of one action, which has one bucket.
  struct Queue {
    std::map<Rank, ReleasedEffect> effects;
    SnapshotTurns turns;  // periodic snapshots; after everything in `effects`
    // Sent, but not begun by a worker: these will take their tokens. Shared with the jobs.
    std::shared_ptr<std::atomic<int>> not_begun = std::make_shared<std::atomic<int>>(0);
    bool empty() const { return effects.empty() && turns.empty(); }
    Rank first_rank() const;  // not empty
  };

  Queue* most_urgent(const std::set<Queue*>& held);
  Effects take(Queue& queue);
  const ReleasedEffect& first_of(const Queue& queue) const;
  ReleasedEffect take_first(Queue& queue);
  std::optional<ReleasedEffect> take_one(Queue& queue);
  // Zero: the first of the queue may go now. Nothing: it waits for what ends, not for a time.
  std::optional<Duration> wait_of(const Queue& queue);
  int snapshots_sent();
  void send(Queue& queue, Effects effects);
  static Key key_of(const ReleasedEffect& effect) { return {effect.id, effect.lease, effect.effect.key}; }
  static std::vector<Result<std::string>> perform_all(ec2::Ec2& ec2, const Effects& effects);
  void end(const Effects& effects, std::vector<Result<std::string>> made);

  Ties ties_;
  int at_once_;
  uint64_t sequence_ = 0;
  std::map<std::string_view, Queue> waiting_;  // by action
  std::set<Key> known_;                        // waiting or under way
  int under_way_ = 0;                          // jobs
  // Snapshots under way, and those made whose outcome is not in the state yet.
  std::map<Key, ReleasedEffect> asking_;
  std::map<Key, ReleasedEffect> asked_;
  std::optional<Time> next_pump_;
};

}  // namespace holdfast::engine
