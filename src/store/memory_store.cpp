#include "store/memory_store.h"

#include <algorithm>
#include <iterator>

namespace holdfast::store {

using engine::Change;
using engine::StoredInstance;
using engine::StoredRecord;

Result<std::vector<StoredInstance>> MemoryStore::load() {
  std::lock_guard lock(mutex_);
  std::vector<StoredInstance> all;
  for (const auto& [id, instance] : instances_) all.push_back(instance);
  return all;
}

Result<std::vector<int64_t>> MemoryStore::commit(const std::vector<Change>& changes, Time now) {
  std::lock_guard lock(mutex_);
  std::vector<int64_t> sequences;
  for (const Change& change : changes) {
    const ManagedInstanceId& id = change.instance.id;
    for (const model::Record& record : change.records) {
      ++last_sequence_;
      records_.emplace(last_sequence_, StoredRecord{last_sequence_, id, record});
      sequences.push_back(last_sequence_);
    }
    if (change.forget) {
      instances_.erase(id);
      std::erase_if(records_, [&](const auto& entry) { return entry.second.id == id; });
    } else {
      instances_.insert_or_assign(id, change.instance);
    }
  }
  last_time_ = std::max(last_time_, now);
  return sequences;
}

Result<std::vector<engine::StoredGroup>> MemoryStore::load_groups() {
  std::lock_guard lock(mutex_);
  std::vector<engine::StoredGroup> all;
  for (const auto& [id, group] : groups_) all.push_back(group);
  return all;
}

Result<void> MemoryStore::put_group(const engine::StoredGroup& group) {
  std::lock_guard lock(mutex_);
  groups_.insert_or_assign(group.id, group);
  return {};
}

Result<void> MemoryStore::remove_group(const GroupId& id) {
  std::lock_guard lock(mutex_);
  groups_.erase(id);
  return {};
}

Result<std::vector<StoredRecord>> MemoryStore::records(const engine::RecordQuery& query) {
  std::lock_guard lock(mutex_);
  auto wanted = [&](const StoredRecord& stored) {
    const std::vector<std::string>& kinds = query.kinds;
    bool of_kind = kinds.empty() || std::find(kinds.begin(), kinds.end(), stored.record.kind) != kinds.end();
    const std::vector<std::string>& without = query.without;
    bool left_out = std::find(without.begin(), without.end(), stored.record.kind) != without.end();
    return of_kind && !left_out && (!query.id || *query.id == stored.id);
  };
  std::vector<StoredRecord> found;
  auto take_from = [&](auto first, auto last) {
    for (auto at = first; at != last && static_cast<int>(found.size()) < query.limit; ++at) {
      if (wanted(at->second)) found.push_back(at->second);
    }
  };
  if (query.before <= query.after) return found;
  auto first = records_.upper_bound(query.after), last = records_.lower_bound(query.before);
  if (query.newest_first) {
    take_from(std::make_reverse_iterator(last), std::make_reverse_iterator(first));
  } else {
    take_from(first, last);
  }
  return found;
}

Result<Time> MemoryStore::last_time_seen() {
  std::lock_guard lock(mutex_);
  return last_time_;
}

}  // namespace holdfast::store
