#include "store/memory_store.h"

#include <algorithm>
#include <iterator>

#include "store/leases.h"

namespace holdfast::store {

using engine::Change;
using engine::Leased;
using engine::Leases;
using engine::StoredElsewhere;
using engine::StoredInstance;
using engine::StoredRecord;

Result<std::vector<StoredInstance>> MemoryStore::load() {
  std::lock_guard lock(shelf_->mutex);
  std::vector<StoredInstance> all;
  for (const auto& [id, entry] : shelf_->instances) all.push_back(entry.instance);
  return all;
}

// ---- leases

bool MemoryStore::is_ours(const Entry& entry) const {
  auto holder = shelf_->holders.find(entry.holder);
  return session_ != 0 && entry.holder == name_ && holder != shelf_->holders.end() &&
         holder->second.session == session_;
}

void MemoryStore::free_all_of(const std::string& name) {
  for (auto& [id, entry] : shelf_->instances) {
    if (entry.holder == name) entry.holder.clear();
  }
}

Result<void> MemoryStore::begin_or_renew(const engine::Claim& claim, bool begins, Time now) {
  auto ours = shelf_->holders.find(claim.holder);
  if (begins) {
    name_ = claim.holder;
    session_ = ++shelf_->last_number;
    if (ours != shelf_->holders.end()) shelf_->holders.erase(ours);
    free_all_of(name_);
  } else if (ours != shelf_->holders.end() && ours->second.session != session_) {
    return holder_replaced(name_);
  } else if (ours == shelf_->holders.end()) {
    free_all_of(name_);
  }
  std::erase_if(shelf_->holders, [&](const auto& holder) {
    return holder.first != name_ && holder.second.until + claim.clocks_apart <= now;
  });
  shelf_->holders[name_] = {session_, now + claim.length};
  shelf_->last_time = std::max(shelf_->last_time, now);
  return {};
}

void MemoryStore::take(size_t count, std::vector<Leased>& taken) {
  if (count == 0) return;
  uint64_t number = 0;
  for (auto& [id, entry] : shelf_->instances) {
    if (is_held(entry)) continue;
    if (number == 0) number = ++shelf_->last_number;
    entry.holder = name_;
    entry.number = number;
    taken.push_back({entry.instance, number});
    if (taken.size() == count) return;
  }
}

Result<Leases> MemoryStore::lease(const engine::Claim& claim, std::optional<size_t> believed, Time now) {
  std::lock_guard lock(shelf_->mutex);
  HF_TRY_VOID(begin_or_renew(claim, !believed || session_ == 0, now));
  Leases leases;
  leases.session = session_;
  const auto count_held = [&] {
    return static_cast<size_t>(std::count_if(shelf_->instances.begin(), shelf_->instances.end(),
                                             [&](const auto& entry) { return is_ours(entry.second); }));
  };
  size_t held = count_held();
  const size_t share = fair_share(shelf_->instances.size(), shelf_->holders.size());
  if (held < share) take(share - held, leases.taken);
  held += leases.taken.size();
  if (held > share) leases.excess = held - share;
  if (held < share) leases.missing = share - held;
  if (held != believed.value_or(0) + leases.taken.size()) {
    leases.held.emplace();
    for (const auto& [id, entry] : shelf_->instances) {
      if (is_ours(entry)) leases.held->push_back({id, entry.number});
    }
  }
  for (const auto& [name, holder] : shelf_->holders) {
    if (name == name_) continue;
    leases.alone = false;
    const Time end = holder.until + claim.clocks_apart;
    leases.next_end = leases.next_end ? std::min(*leases.next_end, end) : end;
  }
  return leases;
}

Result<void> MemoryStore::release(const std::vector<ManagedInstanceId>& ids) {
  std::lock_guard lock(shelf_->mutex);
  for (const ManagedInstanceId& id : ids) {
    auto found = shelf_->instances.find(id);
    if (found != shelf_->instances.end() && is_ours(found->second)) found->second.holder.clear();
  }
  return {};
}

Result<void> MemoryStore::leave() {
  std::lock_guard lock(shelf_->mutex);
  auto ours = shelf_->holders.find(name_);
  if (session_ != 0 && ours != shelf_->holders.end() && ours->second.session == session_) shelf_->holders.erase(ours);
  return {};
}

Result<std::vector<StoredElsewhere>> MemoryStore::elsewhere(const std::optional<ManagedInstanceId>& id) {
  std::lock_guard lock(shelf_->mutex);
  std::vector<StoredElsewhere> found;
  auto first = id ? shelf_->instances.lower_bound(*id) : shelf_->instances.begin();
  for (auto at = first; at != shelf_->instances.end() && (!id || at->first == *id); ++at) {
    if (is_ours(at->second)) continue;
    found.push_back({at->second.instance, is_held(at->second) ? at->second.holder : ""});
  }
  return found;
}

// ---- changes

Result<void> MemoryStore::check(const Change& change) const {
  const ManagedInstanceId& id = change.instance.id;
  auto found = shelf_->instances.find(id);
  if (found == shelf_->instances.end()) {
    if (change.lease != 0) return lease_lost(id);
    auto ours = shelf_->holders.find(name_);
    bool replaced = session_ != 0 && ours != shelf_->holders.end() && ours->second.session != session_;
    if (replaced) return holder_replaced(name_);
    return {};
  }
  if (change.lease == 0 && session_ != 0) return id_in_use(id);
  return found->second.number == change.lease ? Result<void>() : lease_lost(id);
}

void MemoryStore::write(const Change& change, std::vector<int64_t>& sequences) {
  const ManagedInstanceId& id = change.instance.id;
  for (const model::Record& record : change.records) {
    ++shelf_->last_sequence;
    shelf_->records.emplace(shelf_->last_sequence, StoredRecord{shelf_->last_sequence, id, record});
    sequences.push_back(shelf_->last_sequence);
  }
  if (change.forget) {
    shelf_->instances.erase(id);
    std::erase_if(shelf_->records, [&](const auto& entry) { return entry.second.id == id; });
    return;
  }
  auto [entry, made] = shelf_->instances.try_emplace(id);
  if (made) {
    entry->second.holder = name_;
    entry->second.number = session_;
  }
  entry->second.instance = change.instance;
}

Result<std::vector<int64_t>> MemoryStore::commit(const std::vector<Change>& changes, Time now) {
  std::lock_guard lock(shelf_->mutex);
  for (const Change& change : changes) HF_TRY_VOID(check(change));
  std::vector<int64_t> sequences;
  for (const Change& change : changes) write(change, sequences);
  shelf_->last_time = std::max(shelf_->last_time, now);
  return sequences;
}

// ---- groups and records

Result<std::vector<engine::StoredGroup>> MemoryStore::load_groups() {
  std::lock_guard lock(shelf_->mutex);
  std::vector<engine::StoredGroup> all;
  for (const auto& [id, group] : shelf_->groups) all.push_back(group);
  return all;
}

Result<void> MemoryStore::put_group(const engine::StoredGroup& group) {
  std::lock_guard lock(shelf_->mutex);
  shelf_->groups.insert_or_assign(group.id, group);
  return {};
}

Result<void> MemoryStore::remove_group(const GroupId& id) {
  std::lock_guard lock(shelf_->mutex);
  shelf_->groups.erase(id);
  return {};
}

Result<std::vector<StoredRecord>> MemoryStore::records(const engine::RecordQuery& query) {
  std::lock_guard lock(shelf_->mutex);
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
  auto first = shelf_->records.upper_bound(query.after), last = shelf_->records.lower_bound(query.before);
  if (query.newest_first) {
    take_from(std::make_reverse_iterator(last), std::make_reverse_iterator(first));
  } else {
    take_from(first, last);
  }
  return found;
}

Result<Time> MemoryStore::last_time_seen() {
  std::lock_guard lock(shelf_->mutex);
  return shelf_->last_time;
}

}  // namespace holdfast::store
