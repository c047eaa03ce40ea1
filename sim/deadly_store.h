// The memory store, which can end the service at a commit, before it or after it, or refuse to be written.
#pragma once

#include <vector>

#include "engine/store.h"
#include "store/memory_store.h"

namespace holdfast::sim {

// The service is killed: thrown out of a commit, caught by who drives the engine.
struct Killed {};

enum class KillAt { never, before_commit, after_commit };

class DeadlyStore : public engine::Store {
 public:
  Result<std::vector<engine::StoredInstance>> load() override { return kept_.load(); }
  Result<engine::Leases> lease(const engine::Claim& claim, std::optional<size_t> believed, Time now) override {
    return kept_.lease(claim, believed, now);
  }
  Result<void> release(const std::vector<ManagedInstanceId>& ids) override { return kept_.release(ids); }
  Result<void> leave() override { return kept_.leave(); }
  Result<std::vector<engine::StoredElsewhere>> elsewhere(const std::optional<ManagedInstanceId>& id) override {
    return kept_.elsewhere(id);
  }
  Result<std::vector<int64_t>> commit(const std::vector<engine::Change>& changes, Time now) override {
    ++commits;
    if (refusals > 0) {
      --refusals;
      return fail(ErrorKind::unavailable, "StoreFull", "the store cannot be written just now");
    }
    bool now_it_ends = kill_at != KillAt::never && commits == kill_commit;
    if (now_it_ends && kill_at == KillAt::before_commit) throw Killed{};
    auto sequences = kept_.commit(changes, now);
    if (now_it_ends) throw Killed{};
    return sequences;
  }
  Result<std::vector<engine::StoredGroup>> load_groups() override { return kept_.load_groups(); }
  Result<void> put_group(const engine::StoredGroup& group) override { return kept_.put_group(group); }
  Result<void> remove_group(const GroupId& id) override { return kept_.remove_group(id); }
  Result<std::vector<engine::StoredRecord>> records(const engine::RecordQuery& query) override {
    return kept_.records(query);
  }
  Result<Time> last_time_seen() override { return kept_.last_time_seen(); }

  int commits = 0;
  int kill_commit = 0;  // the commit of this number, from 1
  KillAt kill_at = KillAt::never;
  int refusals = 0;  // so many commits fail and write nothing

 private:
  store::MemoryStore kept_;
};

}  // namespace holdfast::sim
