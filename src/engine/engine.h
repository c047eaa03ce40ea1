// The engine: one thread that owns every state. Events come in, core::decide answers, one transaction stores what
// follows, and only then the effects go to the executor, the looks to the observer, and the new views to readers.
//
// If the store cannot be written, nothing of the step takes place: the state stays as it was, no effect is released,
// `ready` says why, and the events wait until it can be written again.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/ids.h"
#include "core/costs.h"
#include "ec2/ec2.h"
#include "ec2/events.h"
#include "engine/clock.h"
#include "engine/counters.h"
#include "engine/executor.h"
#include "engine/groups.h"
#include "engine/import.h"
#include "engine/store.h"
#include "engine/tally.h"
#include "engine/view.h"
#include "model/document.h"
#include "model/event.h"
#include "model/spec.h"
#include "model/state.h"
#include "model/surroundings.h"

namespace holdfast::engine {

struct EngineOptions {
  int workers = 16;  // cloud calls at once
  Duration deallocation_retention = std::chrono::hours(96);
  Duration sweep_interval = std::chrono::seconds(60);  // a look at all instances, one in ten at everything
  BudgetWait budget_wait = {};  // of the cloud's API; may be called on the engine's thread at any moment
  int snapshots_at_once = 0;    // that the account may have under way; 0: any number
  Claim claim = {};             // on the store, where other services share it
  uint64_t seed = 0;  // of the ids of managed instances; 0: from the operating system, as it must be in production
};

// Code of the conflict of a creation whose key has made another managed instance, or one that was changed since.
inline constexpr char kKeyUsed[] = "IdempotencyKeyUsed";

// Whether an update may be merged into this version; empty: into any. Called from the thread that updates.
using Precondition = std::function<bool(const View&)>;
// Code of the conflict of an update whose precondition does not hold.
inline constexpr char kPreconditionFailed[] = "PreconditionFailed";

struct Readiness {
  bool ready = false;
  std::string why;  // if not
};

// What a creation or an update comes to, if it were asked for now.
struct Prospect {
  model::Spec spec;
  model::Surroundings surroundings;
  std::string document;                     // merged
  std::optional<std::string> pool_address;  // of its group's pool, if it gets another
  // An update: the version that it is merged into. A creation: what its key has made already.
  std::shared_ptr<const View> known;
};

// Thread: every public function may be called from any thread. Calls that change something block until it is stored.
class Engine {
 public:
  Engine(EngineOptions options, ec2::Ec2& ec2, Store& store, Clock& clock);
  ~Engine();  // stops; effects under way are waited for, bounded
  Engine(const Engine&) = delete;

  // Loads what is stored, observes first, then goes on where it was. Fails if the store cannot be read.
  Result<void> start();

  // Faults of the document, of the document against the cloud (unknown image or type, subnet, an address outside the
  // subnets), or one error without a field where the service itself is at fault (kind unavailable).
  // With a key: asked again with it, for as long as what it made is not deleted, it makes nothing and answers that;
  // with another document than that one's by now it is a conflict, kKeyUsed. However many ask at the same time.
  model::Checked<std::shared_ptr<const View>> create(std::string_view document, const std::string& key = {});
  // The managed instance that an existing instance becomes: asked again for the same one, it is the same. Faults as
  // plan_import's.
  model::Checked<std::shared_ptr<const View>> import(const ImportRequest& request);
  // What `import` would do; nothing is done. No steps, and a note, where it is imported already.
  model::Checked<ImportPlan> plan_of_import(const ImportRequest& request);
  // Merges. A change that could never take effect is a fault of its field (changes.h). not_found and conflict are
  // single errors without a field. The precondition holds for the very version that it was merged into. apply_tags: the
  // document's tags go on what runs now, too, and those that it has no more come off.
  model::Checked<std::shared_ptr<const View>> update(const ManagedInstanceId& id, std::string_view update,
                                                     const Precondition& holds = {}, bool apply_tags = false);
  // What `create` and `update` would store, with the same faults; nothing is done.
  model::Checked<Prospect> plan_of_create(std::string_view document, const std::string& key = {});
  model::Checked<Prospect> plan_of_update(const ManagedInstanceId& id, std::string_view update,
                                          const Precondition& holds = {});
  // PauseAsked, ResumeAsked, RecycleAsked, DeleteAsked. Asked again: no change, success.
  Result<std::shared_ptr<const View>> ask(const ManagedInstanceId& id, model::Event request);
  // The request as `ask` would put it to this managed instance: with its retention.
  model::Event as_asked(const View& view, model::Event request) const;

  // Groups (group_book.h).
  model::Checked<GroupView> create_group(std::string_view document);
  model::Checked<GroupView> update_group(const GroupId& id, std::string_view update);
  Result<void> remove_group(const GroupId& id);
  // What they would do, with the same faults; nothing is done. No id: a creation.
  model::Checked<GroupPlan> plan_of_group(const std::optional<GroupId>& id, std::string_view document) const;
  Result<void> may_remove_group(const GroupId& id) const;
  std::optional<GroupView> find_group(const GroupId& id) const;
  std::vector<GroupView> groups() const;

  // Those that another service on the store holds too, as they are stored; their changes are refused (elsewhere.h).
  std::shared_ptr<const View> find(const ManagedInstanceId& id) const;  // nullptr: unknown
  std::vector<std::shared_ptr<const View>> all() const;                 // ordered by id
  Result<std::vector<StoredRecord>> records(const RecordQuery& query);
  // Blocks until a record with a sequence above `after` was stored (and may be forgotten since) or `limit` is over. The
  // sequence of the newest that was.
  int64_t wait_for_records(int64_t after, Duration limit);

  // From the cloud: wake-ups. Blocks until everything that follows from them is stored, so that whoever brought them
  // may forget them. unavailable: not stored within `limit` (they are not lost: as long as this process lives they
  // wait).
  Result<void> take_in(const std::vector<ec2::CloudEvent>& events, Duration limit);
  // The same for one, without waiting. Never blocks.
  void notify(const ec2::CloudEvent& event);

  // Of a spot market, in order of time (prices.h). Blocks while the cloud is asked.
  Result<std::vector<core::PricePoint>> spot_prices(const core::SpotMarket& market, const core::Period& period);

  Readiness ready() const;
  Counters counters() const;
  Tally tally() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace holdfast::engine
