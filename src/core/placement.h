// Which market the next launch asks. Pure order, no scores yet: the zone where the volumes are before any other, spot
// before on demand, the user's types in their order; a market that refused is left out while it cools, one that took an
// instance of ours comes last among its like.
#pragma once

#include <optional>

#include "model/spec.h"
#include "model/state.h"

namespace holdfast::core {

struct Placement {
  std::optional<model::Market> market;
  // None now: when the first one that refused may be asked again.
  std::optional<Time> again_at;
};

Placement place(const model::Spec& spec, const model::State& state, Time now);

}  // namespace holdfast::core
