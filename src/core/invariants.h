// What must hold of every state that decide answers, whatever happened before. Numbers are those of behaviour.md's
// invariants. Checked after every step in tests and in the simulator; never a reason to stop a running service.
#pragma once

#include <string>
#include <vector>

#include "model/state.h"

namespace holdfast::core {

// One sentence for each that is broken; empty if all hold.
std::vector<std::string> broken_invariants(const model::State& state);

}  // namespace holdfast::core
