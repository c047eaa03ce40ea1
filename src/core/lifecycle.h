// What follows from what is wanted and remembered: which half of a handover is due, and the user's requests.
#pragma once

#include "core/draft.h"

namespace holdfast::core {

// Notes a request of the user's. A conflict is answered, and changes nothing; asked again, it is a success.
Result<void> fold_request(Draft& draft, const model::Event& request);

// A pause, a resume or a recycle: what the schedule asks for, too.
bool is_wish(const model::Event& request);

// One turn of the level trigger: everything that can be asked for now is asked for.
void advance(Draft& draft);

}  // namespace holdfast::core
