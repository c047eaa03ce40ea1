// How the copies of a volume keep up with it: what was reached, and how urgent the next one is where the account's
// quotas cannot carry all that are wanted. Pure.
#pragma once

#include <optional>
#include <vector>

#include "base/time.h"
#include "model/spec.h"
#include "model/state.h"

namespace holdfast::core {

// The present volumes that are copied by snapshots while the instance runs; the root first.
std::vector<const model::Volume*> copied_volumes(const model::Spec& spec, const model::State& state);

// What would be left of the volume if it were lost now: when its newest completed snapshot was taken. Nothing: none.
std::optional<Time> recovery_point(const model::State& state, const model::Volume& volume);
// The time between the newest two of them; nothing until there are two since an instance began to write to it.
std::optional<Duration> achieved_interval(const model::State& state, const model::Volume& volume);

// When the next periodic snapshot of it is wanted, an interval after the last that was tried, and not sooner after it
// became healthy; at the latest representable time while nothing healthy writes to it.
Time periodic_due(const model::Spec& spec, const model::State& state, const model::Volume& volume);

// How much a volume loses by waiting. Where not all can be copied as often as is wanted, the intervals of all stretch
// by one factor, divided by the weight of each: whoever is the most overdue is served first.
struct SnapshotPace {
  Time since{};         // what was written later would be lost
  Duration interval{};  // wanted
  double weight = 1;
  bool operator==(const SnapshotPace&) const = default;
};

// An instance on demand is rarely taken.
inline constexpr double kWeightOnDemand = 0.5;

// With the weight of its risk; how much changes on it only time shows (engine/snapshot_times.h).
SnapshotPace pace_of(const model::Spec& spec, const model::State& state, const model::Volume& volume);

}  // namespace holdfast::core
