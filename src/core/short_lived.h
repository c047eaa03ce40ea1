// Instances that end by themselves before they are healthy, one after the other: a machine that powers itself off, a
// volume that finds no room. The next is launched after a pause that grows, and a person is told.
#pragma once

#include <string>

#include "core/draft.h"

namespace holdfast::core {

// The present instance has ended.
void note_end(Draft& draft);
// After the last end. None while there were only a few: capacity comes and goes, and every second counts then.
Duration pause_after_ends(int ends);
// It is not time for the next launch yet; the draft is woken then.
bool launch_rests(Draft& draft);
// A person has changed something or wants to see it tried.
void try_anew(model::State& state);
// What a person must know; empty if nothing.
std::string short_lived_error(const model::State& state);

}  // namespace holdfast::core
