// What an update changes of the tags that the document wants on what runs (autoApplyTags). Pure.
#pragma once

#include "model/effect.h"
#include "model/spec.h"

namespace holdfast::engine {

// The tags that each kind should have, and the keys that it should have no more. Without a change of tags it has no
// removed keys, and putting the tags on again does no harm.
model::Tagging tag_changes(const model::Spec& before, const model::Spec& after);

}  // namespace holdfast::engine
