// Looks at the cloud. All managed instances that want a look at the same moment are looked at together, in rounds: one
// paged describe a kind, filtered by our tag. A round's answers become one Observation for each of them.
//
// Instances, volumes and interfaces are looked at together, because one tells what to make of another; snapshots,
// images and status checks each by themselves, so that who waits for one of them does not wait for the slowest of all.
// Nor does who has just heard that something happened wait for a look that began before: another begins beside it.
//
// Always holds: an observation's `as_of` is a time before its first request was sent, and never before the look was
// asked for; of a kind none is given after one with a later `as_of`; `kinds` names only kinds whose every page was
// read; volumes and interfaces that the state knows of are absent only if EC2 does not know their ids, instances and
// copies only the first time otherwise. A describe that fails is asked again after a pause that grows, as long as
// somebody wants it.
//
// Thread: the engine's, for everything; only the describes run elsewhere.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "ec2/ec2.h"
#include "engine/clock.h"
#include "engine/counters.h"
#include "engine/describe.h"
#include "engine/view.h"
#include "engine/workers.h"
#include "model/observed.h"

namespace holdfast::engine {

class Observer {
 public:
  // Rounds of a group at once. Whoever wants a look meanwhile is in the next: so the fewer describes, the more want
  // one.
  static constexpr int kMostRounds = 2;
  static constexpr Duration kFirstPause = std::chrono::milliseconds(200);  // after a describe that failed
  static constexpr Duration kLongestPause = std::chrono::seconds(10);
  // From so long a pause on, after as many denials in a row, it is told: credentials may be changing.
  static constexpr Duration kPauseOfDenied = kFirstPause * 4;

  struct Ties {
    ec2::Ec2& ec2;
    Workers& workers;
    Post post;
    Clock& clock;
    std::function<SharedView(const ManagedInstanceId&)> find;
    // Gets each observation, on the engine's thread.
    std::function<void(const ManagedInstanceId&, model::Observation)> seen;
    Counters& counters;
    // Whether what `find` does not know may be another service's.
    std::function<bool()> others = {};
  };

  explicit Observer(Ties ties);
  ~Observer();

  void want(const ManagedInstanceId& id, model::Kinds kinds);
  void forget(const ManagedInstanceId& id);
  // It is this service's anew: what the rounds under way show of it may be from before another had it, and is dropped.
  void take(const ManagedInstanceId& id);
  // A look at everything of these kinds that carries our tag; status checks are none of it. If of all kinds, managed
  // instances that `find` does not know are warned of and left alone: the store may be older than the cloud.
  void sweep(std::vector<ManagedInstanceId> known, model::Kinds kinds = model::kAllKinds);
  // Starts rounds for what is wanted. Called once a turn.
  void pump();
  // When `pump` has something to do that it could not do now; nothing: only after a `want` or the end of a round.
  std::optional<Time> next_pump() const;

 private:
  static constexpr size_t kKinds = 6;
  struct Round;
  using SharedRound = std::shared_ptr<Round>;
  struct Pause {
    Duration length{};
    Time until{};
  };

  // Of one group of kinds.
  struct Rounds {
    int under_way = 0;
    ManagedInstanceId last = {};  // looked at by the newest round; the next goes on after it
    std::map<ManagedInstanceId, model::Kinds> wanted = {};
  };

  model::Kinds kinds_awake(Time now) const;
  void add(const ManagedInstanceId& id, model::Kinds kinds);
  void take_targets(Round& round, model::Kinds awake);
  bool start_one(model::Kinds group, model::Kinds awake);
  void start_sweep();
  void start(SharedRound round);
  void ask(const SharedRound& round, model::Kind kind);
  void answered(const SharedRound& round, model::Kind kind, Result<Listing> listing);
  void complete(const SharedRound& round);
  void name_attached_by_hand(Round& round) const;
  void name_unlisted(Round& round) const;
  void name_missing(Round& round, const ManagedInstanceId& id, const model::State& state, model::Kinds read) const;
  void ask_unlisted(const SharedRound& round);
  template <class Id, class Thing>
  void take_unlisted(Round& round, model::Kind kind, const std::map<Id, ManagedInstanceId>& owners,
                     const Result<Listing>& found, std::vector<Thing> Listing::*things);
  void leave_out_anothers(const Round& round, std::map<ManagedInstanceId, model::Observation>& observations) const;
  void deliver(const SharedRound& round);
  std::map<ManagedInstanceId, model::Observation> observations_of(const Round& round);
  void warn_of_orphans(const Round& round);
  void note(Round& round, model::Kind kind, const Result<Listing>& listing);

  Ties ties_;
  std::map<model::Kinds, Rounds> rounds_;
  // as_of of the newest observation given to each, by kind
  std::map<ManagedInstanceId, std::array<Time, kKinds>> delivered_;
  uint64_t rounds_begun_ = 0;
  std::map<ManagedInstanceId, uint64_t> taken_;  // how many rounds had begun by then; only of those taken later
  std::array<Pause, kKinds> pauses_{};
  std::optional<std::vector<ManagedInstanceId>> sweep_wanted_;
  model::Kinds sweep_kinds_ = 0;
  bool sweeping_ = false;
};

}  // namespace holdfast::engine
