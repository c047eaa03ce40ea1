// A change of the document against what the managed instance holds by then. A field that is accepted takes effect; what
// is kept over replacements was made by an earlier document, and a change of it would be stored and never used. Such a
// change is refused, naming the field and what to do instead. Pure: called where an update is taken in, and once more
// where it is folded in, since the state may have moved on between the two.
#pragma once

#include "engine/inspect.h"
#include "model/document.h"
#include "model/spec.h"
#include "model/state.h"

namespace holdfast::engine {

struct SpecChange {
  const model::Spec& before;
  const model::Spec& after;
};

// Only fields that differ are judged: what was accepted before stands in the way of no other update.
model::Faults futile_changes(const SpecChange& change, const model::State& state);

// What need not be there any more, or may be taken by itself, for the update to be accepted.
Own own_of(const SpecChange& change, const model::State& state);

}  // namespace holdfast::engine
