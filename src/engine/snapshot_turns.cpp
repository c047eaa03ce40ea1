#include "engine/snapshot_turns.h"

#include <algorithm>

#include "base/check.h"

namespace holdfast::engine {

void SnapshotTurns::add(const core::SnapshotPace& pace, uint64_t sequence, ReleasedEffect effect) {
  const double interval = std::max(1.0, std::chrono::duration<double>(pace.interval).count());
  speeds_[pace.weight / interval].emplace(std::pair(pace.since, sequence), std::move(effect));
}

size_t SnapshotTurns::size() const {
  size_t all = 0;
  for (const auto& [speed, waiting] : speeds_) all += waiting.size();
  return all;
}

SnapshotTurns::Speeds::const_iterator SnapshotTurns::most_overdue(Time now) const {
  CHECK(!empty());
  auto overdue = [now](const Speeds::value_type& entry) {
    return entry.first * std::chrono::duration<double>(now - entry.second.begin()->first.first).count();
  };
  return std::max_element(speeds_.begin(), speeds_.end(),
                          [&](const auto& a, const auto& b) { return overdue(a) < overdue(b); });
}

const ReleasedEffect& SnapshotTurns::first(Time now) const {
  return most_overdue(now)->second.begin()->second;
}

ReleasedEffect SnapshotTurns::take(Time now) {
  auto found = speeds_.find(most_overdue(now)->first);
  ReleasedEffect effect = std::move(found->second.begin()->second);
  found->second.erase(found->second.begin());
  if (found->second.empty()) speeds_.erase(found);
  return effect;
}

}  // namespace holdfast::engine
