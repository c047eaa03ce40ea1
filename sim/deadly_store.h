// What one service has of the memory store: it can end the service at a commit, before it or after it, send it to sleep
// once a commit was made, or refuse to be written. What it answers is noted in the ledger.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/mutation.h"
#include "engine/store.h"
#include "sim/store_ledger.h"
#include "store/memory_store.h"

namespace holdfast::sim {

// The service is killed: thrown out of a commit, caught by who drives the engine.
struct Killed {};

enum class KillAt { never, before_commit, after_commit };

class DeadlyStore : public engine::Store {
 public:
  DeadlyStore(store::MemoryStore kept, StoreLedger& ledger, std::string service)
      : kept_(std::move(kept)), ledger_(ledger), service_(std::move(service)) {}

  Result<std::vector<engine::StoredInstance>> load() override { return kept_.load(); }
  Result<engine::Leases> lease(const engine::Claim& claim, std::optional<size_t> believed, Time now) override;
  Result<void> release(const std::vector<ManagedInstanceId>& ids) override;
  Result<void> leave() override { return kept_.leave(); }
  Result<std::vector<engine::StoredElsewhere>> elsewhere(const std::optional<ManagedInstanceId>& id) override {
    return kept_.elsewhere(id);
  }
  Result<std::vector<int64_t>> commit(const std::vector<engine::Change>& changes, Time now) override;
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
  int sleep_commit = 0;  // once the commit of this number was made, `sleep_due`
  bool sleep_due = false;
  int refusals = 0;  // so many commits fail and write nothing

 private:
  std::vector<engine::Change> with_newest_numbers(std::vector<engine::Change> changes) const;

  store::MemoryStore kept_;
  StoreLedger& ledger_;
  std::string service_;
  uint64_t session_ = 0;
};

}  // namespace holdfast::sim
