// The one entrance of the pure heart: an event is folded into the state, and what follows is answered as data. No I/O,
// no clock, no randomness: the same arguments give the same step, which is what lets a simulator try it everywhere.
#pragma once

#include <optional>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "model/event.h"
#include "model/record.h"
#include "model/spec.h"
#include "model/state.h"

namespace holdfast::core {

struct Look {
  Time at{};
  model::Kinds kinds = 0;
};

struct Step {
  model::State state;
  std::vector<model::Record> records;  // history, oldest first
  std::vector<model::Effect> effects;  // to be let out once the state is stored
  std::optional<Look> look;            // when to observe, and what; replaces what an earlier step asked for
  std::optional<Time> wake_at;         // when to send TimerRang; replaces the one of an earlier step
  bool forget = false;                 // nothing of it is left: the row can go
};

// A request of the user's that cannot be honoured now is an error (conflict, with the remedy) and changes nothing.
Result<Step> decide(const model::Spec& spec, const model::State& state, const model::Event& event, Time now);

// The state of a managed instance that was just accepted.
model::State initial_state(ManagedInstanceId id, model::Surroundings surroundings, Time now);

}  // namespace holdfast::core
