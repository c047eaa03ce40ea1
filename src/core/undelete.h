// What a delete kept comes back: for as long as its retention lasts, everything that a deallocated managed instance
// held is remembered beside its due time (State::remains).
#pragma once

#include "core/draft.h"

namespace holdfast::core {

// Before everything is retired: how it was.
void remember_remains(model::State& state);

// It is PAUSED again with everything of it that is still there. A conflict where state would be missing: a persisted
// volume that is deleted, or may be by now, and of which no copy is kept.
Result<void> ask_undelete(Draft& draft);

}  // namespace holdfast::core
