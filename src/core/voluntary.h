// Replacements that nothing forces: back to spot, back to a preferred type, to a cheaper market; and, in a hurry but
// not at any price, away from an instance that the cloud recommends to leave.
//
// A healthy instance is given up only once there is capacity for the next one. Prices, scores and dry runs are hints;
// only a launched instance is capacity. So a scout is launched first:
//
//   wanted ── scout asked ── refused: the next market, then a rest ─┐
//                └── runs ── handover begins ── launch into its market, while it still runs
//                                 └── that is refused: the scout is ended, and launched into what it held
//   the handover's instance is launched, or what was wanted is not any more: the scout is ended
//
// Always holds: a scout has no kept volume, no interface, no address and no user data of the managed instance, and
// never becomes its instance. One that is found by its tag, and that nobody waits for, is ended.
//
// What bounds them (docs/strategy.md): strategy.optimizationWindows, minimumInstanceLifetime, a least time between two,
// a price that was a fifth lower for half an hour. A rebalance recommendation heeds none of these.
#pragma once

#include <optional>

#include "core/draft.h"

namespace holdfast::core {

inline constexpr double kMuchCheaper = 0.8;  // of the present price
inline constexpr Duration kCheaperFor = std::chrono::minutes(30);
inline constexpr Duration kLeastBetween = std::chrono::hours(1);      // of preferred type and cheaper market
inline constexpr Duration kLeastOnDemand = std::chrono::minutes(10);  // before it reverts to spot
inline constexpr Duration kScoutPatience = std::chrono::minutes(10);  // for one to run
inline constexpr Duration kFirstScoutRest = std::chrono::minutes(5);  // after a round without capacity
inline constexpr Duration kLongestScoutRest = std::chrono::hours(1);

// Called in every turn, after the present instance was tended: asks for a scout, waits for it, ends it.
void tend_scout(Draft& draft);
// Why the present instance is replaced now, of its own accord: its scout runs. none: it is not.
model::Reason voluntary_reason(const Draft& draft);
// The market that a running scout holds for the launch of this handover; nothing: there is none, or it must be ended
// first, and is being so (`wait`).
struct ScoutedMarket {
  std::optional<model::Market> market;
  bool wait = false;
};
ScoutedMarket scouted_market(Draft& draft);

void fold_scouts(Draft& draft, const model::Observation& observation);
// Outcomes of LaunchScout and EndScout.
void scout_launched(Draft& draft, const model::LaunchScout& scout, const InstanceId& id);
void scout_refused(Draft& draft, const model::LaunchScout& scout, const Error& error);
void scout_ended(Draft& draft, const InstanceId& id);

// It holds nothing, so nothing waits for it but that it is not forgotten.
bool scout_left(const model::State& state);

}  // namespace holdfast::core
