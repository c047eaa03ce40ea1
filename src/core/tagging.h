// Tags of the document on what runs now (autoApplyTags). What an update wanted is remembered until it is done, and done
// to whatever is the present instance by then: one that is launched meanwhile has them from the start, and having them
// twice does no harm.
#pragma once

#include "core/draft.h"

namespace holdfast::core {

// An update asks for it.
void want_tags(Draft& draft, const model::Tagging& tagging);
// Called in every turn.
void tend_tags(Draft& draft);
// Outcome of ApplyTags.
void tags_applied(Draft& draft, const model::ApplyTags& effect);

}  // namespace holdfast::core
