// State as JSON, with a version, for the store. Reading refuses what it does not understand: a state half understood
// could lose data.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "model/state.h"

namespace holdfast::model {

inline constexpr int kStateVersion = 1;

std::string encode_state(const State& state);
Result<State> decode_state(std::string_view json);

}  // namespace holdfast::model
