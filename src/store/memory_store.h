// A store that lives as long as its objects: for tests and the simulator. The same contract as the durable ones; a
// commit is one assignment under a lock, so there is nothing that could be half done.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "engine/store.h"

namespace holdfast::store {

class MemoryStore : public engine::Store {
 public:
  MemoryStore() : shelf_(std::make_shared<Shelf>()) {}
  // What another service has of the same store.
  MemoryStore beside() const { return MemoryStore(shelf_); }

  Result<std::vector<engine::StoredInstance>> load() override;
  Result<engine::Leases> lease(const engine::Claim& claim, std::optional<size_t> believed, Time now) override;
  Result<void> release(const std::vector<ManagedInstanceId>& ids) override;
  Result<void> leave() override;
  Result<std::vector<engine::StoredElsewhere>> elsewhere(const std::optional<ManagedInstanceId>& id) override;
  Result<std::vector<int64_t>> commit(const std::vector<engine::Change>& changes, Time now) override;
  Result<std::vector<engine::StoredGroup>> load_groups() override;
  Result<void> put_group(const engine::StoredGroup& group) override;
  Result<void> remove_group(const GroupId& id) override;
  Result<std::vector<engine::StoredRecord>> records(const engine::RecordQuery& query) override;
  Result<Time> last_time_seen() override;

 private:
  struct Entry {
    engine::StoredInstance instance;
    std::string holder;  // may be one that is not there any more
    uint64_t number = 0;
  };
  struct Holder {
    uint64_t session = 0;
    Time until{};
  };
  struct Shelf {
    std::mutex mutex;
    std::map<ManagedInstanceId, Entry> instances;
    std::map<std::string, Holder> holders;
    uint64_t last_number = 0;
    std::map<GroupId, engine::StoredGroup> groups;
    std::map<int64_t, engine::StoredRecord> records;
    int64_t last_sequence = 0;
    Time last_time{};
  };
  explicit MemoryStore(std::shared_ptr<Shelf> shelf) : shelf_(std::move(shelf)) {}

  // All under the lock.
  void free_all_of(const std::string& name);
  Result<void> begin_or_renew(const engine::Claim& claim, bool begins, Time now);
  void take(size_t count, std::vector<engine::Leased>& taken);
  bool is_held(const Entry& entry) const { return shelf_->holders.contains(entry.holder); }
  bool is_ours(const Entry& entry) const;
  Result<void> check(const engine::Change& change) const;
  void write(const engine::Change& change, std::vector<int64_t>& sequences);

  std::shared_ptr<Shelf> shelf_;  // shared by the services on one store
  std::string name_;
  uint64_t session_ = 0;  // 0: it has not begun
};

}  // namespace holdfast::store
