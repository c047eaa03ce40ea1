// Performs effects: on workers, at most so many at a time, the most urgent first (urgency, then deadline, then order of
// asking), one of a key at a time. Every effect sent comes back exactly once as an EffectEnded.
//
// The API budget (token buckets by action) belongs in `pump`, between taking the most urgent effect and sending it: it
// would hold an effect back whose bucket is empty and let another action's through.
//
// Thread: the engine's, for everything; only the jobs run elsewhere.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "ec2/ec2.h"
#include "engine/counters.h"
#include "engine/loop.h"
#include "engine/workers.h"

namespace holdfast::engine {

class Executor {
 public:
  // still_asked: whether the stored state asks for the effect now; one that it has withdrawn is not sent.
  // ended: gets each outcome, on the engine's thread.
  struct Ties {
    ec2::Ec2& ec2;
    Workers& workers;
    Post post;
    std::function<bool(const ManagedInstanceId&, const std::string& key)> still_asked;
    std::function<void(const ManagedInstanceId&, model::Outcome)> ended;
    Counters& counters;
  };

  Executor(Ties ties, int at_once);

  // An effect whose key waits or is under way already is that same effect: it is not sent twice.
  void release(ReleasedEffect effect);
  // Sends what may be sent. Called once a turn, after its releases, so that they are sent in order of urgency.
  void pump();

 private:
  using Key = std::pair<ManagedInstanceId, std::string>;
  using Rank = std::tuple<model::Urgency, Time, uint64_t>;

  void send(ReleasedEffect effect);

  Ties ties_;
  int at_once_;
  uint64_t sequence_ = 0;
  std::map<Rank, ReleasedEffect> waiting_;
  std::set<Key> known_;  // waiting or under way
  int under_way_ = 0;
};

}  // namespace holdfast::engine
