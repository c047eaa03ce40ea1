// Folding an event into the state: what was observed, what came of an effect, what a notice says. Only facts are noted
// here; what to do about them is decided afterwards (lifecycle.h).
#pragma once

#include <algorithm>

#include "core/draft.h"
#include "core/mutation.h"

namespace holdfast::core {

void fold_observation(Draft& draft, const model::Observation& observation);
void fold_outcome(Draft& draft, const model::Outcome& outcome);
void fold_notice(Draft& draft, const model::InterruptionNoticed& notice);
// After a restart nothing is known of the effects that were under way: each is looked for before it is asked again.
void fold_restart(Draft& draft);

// How long something just made may be missing from a listing (ec2.md, eventual consistency: "for seconds").
inline constexpr Duration kListingLag = std::chrono::seconds(5);
// A look from before the last change, or from right after it: it may show what has been deleted meanwhile. It is looked
// at once more for this kind.
bool may_show_what_went(Draft& draft, model::Kind kind, Time as_of);
// How late a request may still be done after its caller has given up.
inline constexpr Duration kLatestRequest = std::chrono::seconds(40);
// A thing just made may be "not found" for seconds; so many refusals later a person should know.
inline constexpr int kTriesUntilDefinite = 8;
// Before what was refused for now, or whose outcome is unknown again, is asked for once more.
Duration pause_after(int tries);
// A thing seen before counts as gone only after so many complete listings without it, over so long a time.
inline constexpr int kLooksUntilGone = 5;
inline constexpr Duration kTimeUntilGone = std::chrono::seconds(60);

// By that count, of whatever has missing_since and missing_looks.
template <class Thing>
bool missing_for_long(const Thing& thing, Time now) {
  if (mutated(Mutation::give_up_what_is_missing_once)) return thing.missing_since.has_value();
  return thing.missing_since && thing.missing_looks >= kLooksUntilGone && now - *thing.missing_since >= kTimeUntilGone;
}
// Looks in quick succession are one: a thing that stays missing changes the state a few times, not at every look.
template <class Thing>
void note_missing(Thing& thing, Time now) {
  if (!thing.missing_since) thing.missing_since = now;
  if (thing.missing_looks >= kLooksUntilGone) return;
  if (now - *thing.missing_since >= thing.missing_looks * kTimeUntilGone / kLooksUntilGone) ++thing.missing_looks;
}
bool confirmed_missing(const model::Volume& volume, Time now);
bool confirmed_missing(const model::Interface& interface, Time now);
// Nothing that is kept is attached to anything any more, as far as it still exists.
bool all_free(const model::State& state, Time now);

// nullptr: the list has none.
template <class List, class Id>
auto* find_by_id(List& list, const Id& id) {
  auto found = std::find_if(list.begin(), list.end(), [&](const auto& item) { return item.id == id; });
  return found == list.end() ? nullptr : &*found;
}

}  // namespace holdfast::core
