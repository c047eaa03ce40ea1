// The document's scheduling: pauses, resumes and recycles at times of its own. What came due while nobody could look
// (the service was down) is done once, late, as far as it still means something: of pauses and resumes the last one
// says what is wanted by now, and of recycles one is enough.
#pragma once

#include "core/draft.h"

namespace holdfast::core {

// The first time after `time` at which it is due, if it is enabled.
std::optional<Time> next_due(const model::ScheduledTask& task, Time time);

// Called first in every turn.
void run_schedule(Draft& draft);
// The document was changed: what is due later is looked up anew.
void renew_schedule(Draft& draft);

}  // namespace holdfast::core
