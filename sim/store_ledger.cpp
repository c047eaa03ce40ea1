#include "sim/store_ledger.h"

#include <fmt/format.h>

namespace holdfast::sim {

void StoreLedger::taken(const std::string& service, const ManagedInstanceId& id, uint64_t number) {
  Entry& entry = entries_[id];
  if (number <= entry.number) {
    broken_(2, "lease_number_given_again", id,
            fmt::format("{} got it under {}, after {} was given", service, number, entry.number));
  }
  entry = {service, number};
}

void StoreLedger::released(const std::string& service, const ManagedInstanceId& id) {
  auto found = entries_.find(id);
  if (found != entries_.end() && found->second.holder == service) found->second.holder.clear();
}

void StoreLedger::accepted(const std::string& service, uint64_t session, const engine::Change& change) {
  const ManagedInstanceId& id = change.instance.id;
  for (const auto& [key, asked] : change.instance.state.asked) decided_[id].insert(key);
  auto found = entries_.find(id);
  if (change.lease == 0 && found == entries_.end()) {
    if (!change.forget) entries_[id] = {service, session};
    return;
  }
  const uint64_t newest = found == entries_.end() ? 0 : found->second.number;
  if (change.lease != newest) {
    broken_(2, "stored_with_an_old_number", id,
            fmt::format("{} stored it under {}, while {} is its number", service, change.lease, newest));
  }
  if (change.forget) entries_.erase(id);
}

void StoreLedger::acts(const std::string& service, const ManagedInstanceId& id, const std::string& what) const {
  auto found = entries_.find(id);
  if (found == entries_.end() || found->second.holder == service) return;
  broken_(2, "acted_without_the_lease", id,
          fmt::format("{} sends {}, while {} holds it", service, what,
                      found->second.holder.empty() ? "nobody" : found->second.holder));
}

void StoreLedger::carries_out(const ManagedInstanceId& id, const std::string& key) const {
  auto found = decided_.find(id);
  if (found != decided_.end()) {
    auto stored = found->second.lower_bound(key);
    if (stored != found->second.end() && stored->starts_with(key)) return;
  }
  broken_(6, "acted_before_it_was_stored", id, key + " is carried out, and the store has never heard of it");
}

uint64_t StoreLedger::number(const ManagedInstanceId& id) const {
  auto found = entries_.find(id);
  return found == entries_.end() ? 0 : found->second.number;
}

}  // namespace holdfast::sim
