// Volumes of a launch that was never seen to run: which device each is for. Where several fit, nobody guesses: a guess
// could give one database the files of another. A person says it by a tag, and until then there is no next launch.
#pragma once

#include <string>

#include "core/draft.h"

namespace holdfast::core {

// The device of a volume of ours that the state does not know; empty where it could be several.
std::string device_of(const Draft& draft, const model::ObservedVolume& seen);

// It waits for a person.
void note_unplaced(Draft& draft, const model::Volume& volume);
// The document maps a device of which no volume is known.
bool has_a_place(const Draft& draft);
bool any_unplaced(const model::State& state);

// What a person must know; empty if nothing.
std::string unplaced_error(const Draft& draft);

}  // namespace holdfast::core
