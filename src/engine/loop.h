// The logic of one turn of the engine, without threads and without I/O except the store: takes a batch of events, lets
// core::decide fold each into its managed instance (several of one instance one after another), writes everything in
// one commit, and only then answers what may be let out. The controller calls it and passes on what it answers.
//
// Only what this service holds a lease of is in `rows`. The leases are renewed before anything else is done once half
// of their time is over, and at each touch; what is lost is dropped at once, and what is taken is as the store has it.
//
// Always holds: what `rows` show is what the store has. If a commit fails, nothing of the batch has taken place: states
// are as before, events stay queued in their order (requests of the API are answered `unavailable` instead, so that
// nobody waits for ever), and nothing more is tried until the pause is over.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/decide.h"
#include "engine/clock.h"
#include "engine/counters.h"
#include "engine/elsewhere.h"
#include "engine/store.h"
#include "engine/tenure.h"
#include "engine/view.h"
#include "model/document.h"
#include "model/effect.h"
#include "model/event.h"

namespace holdfast::engine {

// core::decide, or a test's own.
using Decide = std::function<Result<core::Step>(const model::Spec&, const model::State&, const model::Event&, Time)>;

// A new document, with Created or SpecChanged.
struct Revision {
  std::string document;
  model::Spec spec;
  model::Surroundings surroundings;  // Created: for the first state
  std::string merged_into;           // SpecChanged: the document it was merged into; another one by now is a conflict
  std::string creation_key = {};     // Created: of the request
  // Engaged: what its group's pool gives it.
  std::optional<std::string> pool_address = {};
  // SpecChanged: what the pool had given it by then. Given another one since, its surroundings are another's.
  std::optional<std::string> judged_address = {};
};

// Code of the conflict of an update that was judged by what is no longer so: the document was changed by another since
// it was merged, or what the managed instance holds makes it futile by now.
inline constexpr char kChangedMeanwhile[] = "ChangedMeanwhile";
// Code of the conflict of a document whose elastic address is another managed instance's.
inline constexpr char kAddressInUse[] = "ElasticIpInUse";

struct Input {
  ManagedInstanceId id;
  model::Event event;
  uint64_t ticket = 0;  // not 0: a request of the API, which gets an Answer with this number
  std::optional<Revision> revision;
};

struct Answer {
  uint64_t ticket = 0;
  Result<void> result;
};

struct ReleasedEffect {
  ManagedInstanceId id;
  model::Effect effect;
  bool again = false;  // asked before: it may have been done
  uint64_t lease = 0;  // under which it was stored
};

struct WantedLook {
  ManagedInstanceId id;
  model::Kinds kinds = 0;
};

// What one turn lets out, in order.
struct Turn {
  std::vector<ReleasedEffect> effects;
  std::vector<WantedLook> looks;
  std::vector<Answer> answers;
  std::vector<SharedView> changed;
  std::vector<ManagedInstanceId> forgotten;  // or another's from now on
  std::vector<ManagedInstanceId> taken;      // this service's anew: what was on its way of them is from before
  std::vector<model::Record> records;        // that were stored
  int64_t last_sequence = 0;                 // of a record written in this turn; 0: none
};

class Loop {
 public:
  static constexpr size_t kBatch = 512;          // events of one commit
  static constexpr size_t kMostQueued = 200000;  // beyond it, wake-ups are dropped: the next sweep makes up for them
  static constexpr Duration kFirstPause = std::chrono::milliseconds(100);  // after a failed commit
  static constexpr Duration kLongestPause = std::chrono::seconds(5);

  Loop(Store& store, Clock& clock, Decide decide, Counters& counters, Claim claim = {});

  // Takes its leases, reads what they are of and queues Restarted for each. Fails, with every fault named, if something
  // cannot be read.
  Result<void> load();
  // Gives everything back. At an orderly end, once nothing is under way any more; nothing else is called afterwards.
  void leave();

  void put(Input input);
  Turn turn();
  // Renews the leases at the next turn: that also keeps the time last seen, and tries whether the store can be written.
  void touch() { touch_ = true; }

  // When `turn` has something to do: a time that is past means now; nothing means only after a `put`.
  std::optional<Time> next_turn() const;
  bool stalled() const { return !trouble_.empty(); }
  const std::string& trouble() const { return trouble_; }  // why the store cannot be written; empty: it can

  SharedView find(const ManagedInstanceId& id) const;
  // Whether the stored state still asks for this effect, under the same lease.
  bool still_asked(const ReleasedEffect& effect) const;
  bool holds(const ManagedInstanceId& id, uint64_t lease) const;
  SharedTenure tenure() const { return tenure_; }
  // Another service of this one's name has begun: this one does nothing any more.
  bool replaced() const { return replaced_; }
  // What is another service's.
  Elsewhere& elsewhere() { return elsewhere_; }
  const Elsewhere& elsewhere() const { return elsewhere_; }
  template <class F>
  void for_each(F&& visit) const {
    for (const auto& [id, row] : rows_) visit(row.view);
  }

 private:
  static constexpr size_t kKinds = 6;

  struct Row {
    SharedView view;
    std::optional<Time> wake_at;
    std::optional<Time> look_at[kKinds];
    std::optional<std::pair<Time, uint64_t>> timer;  // its key in timers_
    uint64_t lease = 0;
  };
  enum class Renewal { failed, kept, lost };

  // What the events of a batch have made of one managed instance so far.
  struct Draft {
    View view;
    bool existed = false;
    uint64_t lease = 0;  // 0: it is made by this
    bool must_write = false;
    bool forget = false;
    std::vector<model::Record> records;
    std::vector<model::Effect> effects;
    std::vector<core::Look> looks;
    std::optional<Time> wake_at;
    bool decided = false;
  };
  using Drafts = std::map<ManagedInstanceId, Draft>;

  std::vector<Input> take_batch();
  void fire_timers(Time now, Turn& turn);
  Result<void> fold(const Input& input, Time now, Drafts& drafts);
  Result<Draft*> draft_for(const Input& input, Time now, Drafts& drafts);
  std::optional<ManagedInstanceId> holder_of_address(const ManagedInstanceId& id, const model::Spec& spec,
                                                     const Drafts& drafts) const;
  std::vector<Change> changes_of(const Drafts& drafts) const;
  void commit_failed(std::vector<Input> batch, const Error& error, Time now, Turn& turn);
  void put_back(std::vector<Input> batch);
  void refuse_creations(std::vector<Input> batch, const Error& error, Turn& turn);
  void note_trouble(const Error& error, Time now, Turn& turn);
  void trouble_is_over();
  void answer_all_unavailable(Turn& turn);
  // loop_leases.cpp
  Renewal renew(Time now, Turn& turn, bool list_all = false);
  Result<void> take(Leased leased, Turn& turn);
  void take_all(Leases& leases, Turn& turn);
  std::set<ManagedInstanceId> lost_by(const Leases& leases) const;
  void release_strangers(const Leases& leases);
  void drop(const std::set<ManagedInstanceId>& ids);
  void end_replaced(Turn& turn);
  void give_up_excess(size_t count, Turn& turn);
  static void note_unreleased(const Error& error);
  void plan_renewal(const Leases& leases, Time now);
  static bool is_at_rest(const Row& row);
  void install(Drafts& drafts, Turn& turn);
  void release(Draft& draft, Turn& turn);
  void set_timer(const ManagedInstanceId& id, Row& row);
  void clear_timer(Row& row);

  Store& store_;
  Clock& clock_;
  Decide decide_;
  Counters& counters_;
  std::map<ManagedInstanceId, Row> rows_;
  std::deque<Input> queue_;
  size_t asking_ = 0;  // of them, requests of the API
  std::map<std::pair<Time, uint64_t>, ManagedInstanceId> timers_;
  uint64_t timer_sequence_ = 0;
  bool touch_ = false;
  std::string trouble_;
  Duration pause_{};
  Time paused_until_{};

  Claim claim_;
  Elsewhere elsewhere_;
  bool leases_ = false;  // it has begun to take them
  uint64_t session_ = 0;
  std::shared_ptr<Tenure> tenure_;
  Time renew_at_ = Time::max();
  bool replaced_ = false;
};

}  // namespace holdfast::engine
