// A store that lives as long as its object: for tests and the simulator. The same contract as the durable ones; a
// commit is one assignment under a lock, so there is nothing that could be half done.
#pragma once

#include <map>
#include <mutex>

#include "engine/store.h"

namespace holdfast::store {

class MemoryStore : public engine::Store {
 public:
  Result<std::vector<engine::StoredInstance>> load() override;
  Result<std::vector<int64_t>> commit(const std::vector<engine::Change>& changes, Time now) override;
  Result<std::vector<engine::StoredGroup>> load_groups() override;
  Result<void> put_group(const engine::StoredGroup& group) override;
  Result<void> remove_group(const GroupId& id) override;
  Result<std::vector<engine::StoredRecord>> records(const engine::RecordQuery& query) override;
  Result<Time> last_time_seen() override;

 private:
  mutable std::mutex mutex_;
  std::map<ManagedInstanceId, engine::StoredInstance> instances_;
  std::map<GroupId, engine::StoredGroup> groups_;
  std::map<int64_t, engine::StoredRecord> records_;
  int64_t last_sequence_ = 0;
  Time last_time_{};
};

}  // namespace holdfast::store
