// Health of the present instance, and the error shown to the user.
#pragma once

#include "core/draft.h"

namespace holdfast::core {

// It was healthy, is not any more, and has been so for longer than the user allows.
bool must_be_healed(const Draft& draft);

// It runs, and did not become healthy within its grace period: by looks from all of that time, which are asked for
// here.
bool out_of_grace(Draft& draft);

// Grace period, status checks while it runs, the error (why, and what is being done about it).
void judge_health(Draft& draft);

}  // namespace holdfast::core
