// What the records of a handover hold as data: what the decision saw at its beginning, and how it went at its end. The
// history of the API and the metrics are made of them. Called where those records are written.
#pragma once

#include <optional>
#include <string>

#include "base/time.h"
#include "model/effect.h"
#include "model/record.h"
#include "model/state.h"

namespace holdfast::core {

// reason, from_generation, market, and what was seen: the goal, whether a recycle was asked for, and of the instance
// its state, status check, notice and health. The handover is the state's.
std::string account_of_beginning(const model::State& state);
// instance, generation, market.
std::string account_of_launch(const model::LaunchInstance& launch, const InstanceId& instance);
// reason, generations, instance, total_ms, phases_ms, market_before and market_after (null: nothing ran). The handover
// is still the state's.
std::string account_of_end(const model::State& state, Time end);
// How long the handover that ended with this record was in the phase; nothing if it never was.
std::optional<Duration> time_of_phase(const model::Record& end, model::Phase phase);

}  // namespace holdfast::core
