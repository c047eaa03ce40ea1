#include "core/decide.h"

#include <algorithm>

#include "core/draft.h"
#include "core/fold.h"
#include "core/former_root.h"
#include "core/holdings.h"
#include "core/import.h"
#include "core/interfaces.h"
#include "core/lifecycle.h"
#include "core/mutation.h"
#include "core/replacement.h"
#include "core/schedule.h"
#include "core/short_lived.h"
#include "core/tagging.h"
#include "core/voluntary.h"

namespace holdfast::core {

using namespace model;

namespace {

constexpr Duration kFirstLookPause = std::chrono::milliseconds(10);
constexpr Duration kLookPauseInHandover = std::chrono::seconds(1);
constexpr Duration kLookPauseOtherwise = std::chrono::seconds(15);
constexpr int kPartOfWait = 64;  // nor are the looks of a long wait farther apart than such a part of it

Result<void> fold(Draft& draft, const Event& event) {
  if (const auto* observed = std::get_if<Observed>(&event)) {
    fold_observation(draft, observed->observation);
  } else if (const auto* ended = std::get_if<EffectEnded>(&event)) {
    fold_outcome(draft, ended->outcome);
  } else if (const auto* notice = std::get_if<InterruptionNoticed>(&event)) {
    fold_notice(draft, *notice);
  } else if (const auto* rebalance = std::get_if<RebalanceRecommended>(&event)) {
    bool ours = draft.state().instance && draft.state().instance->id == rebalance->instance;
    if (ours && !draft.state().instance->rebalance_at) {
      draft.state().instance->rebalance_at = draft.now;
      draft.record("rebalance_recommended", "the cloud recommends to leave instance " + rebalance->instance.str());
    }
  } else if (const auto* seen = std::get_if<PricesSeen>(&event)) {
    draft.state().looking.prices = seen->prices;
  } else if (const auto* stirred = std::get_if<CloudStirred>(&event)) {
    draft.look(stirred->kinds, draft.now);
  } else if (const auto* changed = std::get_if<SpecChanged>(&event)) {
    if (draft.state().goal == Goal::deleted) {
      return fail(ErrorKind::conflict, "CONFLICT", "managed instance " + draft.state().id.str() + " is being deleted");
    }
    note_image_changed(draft, changed->surroundings.image.id);
    draft.state().surroundings = changed->surroundings;
    // What the last instance left was looked for by what the document kept then.
    draft.state().looking.volumes_listed.reset();
    draft.state().looking.interfaces_listed.reset();
    try_anew(draft.state());
    renew_waiting_launch(draft.state());
    if (comes_up(draft.state())) draft.state().comes_as_before = true;
    renew_schedule(draft);
    if (changed->tagging) want_tags(draft, *changed->tagging);
    // What it has on it may be persisted only from now on: nothing ends it until it was seen to outlive it.
    if (draft.state().instance) draft.state().instance->kept = false;
    draft.record("changed", "the specification was changed; what needs a new instance waits for the next one");
  } else if (const auto* given = std::get_if<AddressGiven>(&event)) {
    take_address(draft, *given);
  } else if (std::holds_alternative<Restarted>(event)) {
    fold_restart(draft);
  } else if (const auto* created = std::get_if<Created>(&event)) {
    draft.record("created", "the managed instance was created");
    if (created->import) begin_import(draft, *created->import);
  } else {
    return fold_request(draft, event);
  }
  return {};
}

Status status_of(const State& state, Time now) {
  if (state.goal == Goal::deleted) {
    bool due =
        std::any_of(state.retired.begin(), state.retired.end(), [&](const Retired& entry) { return entry.due <= now; });
    return state.forget_at && !due ? Status::deallocated : Status::deallocating;
  }
  if (!state.error.empty()) return Status::error;
  if (state.goal == Goal::paused) return state.handover || state.instance ? Status::pausing : Status::paused;
  if (import_pending(state)) return Status::migrating;
  bool fresh = !state.handover || state.handover->reason == Reason::created || state.handover->reason == Reason::resume;
  if (!state.handover && state.instance && state.instance->healthy_at) return Status::active;
  return fresh ? Status::resuming : Status::recycling;
}

// What is wanted by who sees that it is needed: the kind that shows it. Nothing: it is wanted in every turn for as long
// as it is.
Kinds wanted_by_sight_of(const EffectAction& action) {
  bool on_volume = std::holds_alternative<TagVolume>(action) || std::holds_alternative<AttachVolume>(action);
  if (on_volume) return static_cast<Kinds>(Kind::volumes);
  bool on_instance = std::holds_alternative<KeepOnTermination>(action) || std::holds_alternative<EndScout>(action);
  return on_instance ? static_cast<Kinds>(Kind::instances) : Kinds(0);
}

// A refused effect that nothing wanted in this turn was known not to have been done: it is dropped. An effect under
// way, or with an unknown outcome, never is; nor one of which only a repeat was refused, while the first try may still
// be done: it is not asked for again, but looked for (settle_unknown). What only a look calls for keeps its pause, and
// its error stays told, until a look from which it is not wanted.
void drop_unwanted(Draft& draft, Kinds seen) {
  auto unwanted = [&](const auto& entry) {
    if (entry.second.standing != Asked::Standing::waiting || draft.wanted.contains(entry.first)) return false;
    const Kinds by_sight = wanted_by_sight_of(entry.second.effect.action);
    return by_sight == 0 || (by_sight & seen) != 0;
  };
  for (auto& entry : draft.state().asked) {
    if (!unwanted(entry) || !may_still_be_made(entry.second)) continue;
    // An image that is not tagged yet is in no listing: it is asked for again, by its name, for some time.
    constexpr int kTriesByName = 30;
    bool by_name =
        std::holds_alternative<RegisterImage>(entry.second.effect.action) && entry.second.tries < kTriesByName;
    entry.second.standing = Asked::Standing::unknown;
    entry.second.definite = !by_name;
    entry.second.since = draft.now;
    draft.look(kAllKinds, draft.now + kListingLag);
  }
  std::erase_if(draft.state().asked, unwanted);
}

// What was asked for on the way and settled later in the same step (a termination asked again, and the instance then
// seen terminated) needs not be done any more.
void drop_settled(Draft& draft) {
  std::erase_if(draft.step.effects, [&](const Effect& effect) { return !draft.state().asked.contains(effect.key); });
}

// Waiting for the cloud with nothing seen to change: look less and less often. An event of the cloud's, or the end of
// an effect, makes it look at once. Where thousands wait long for their turn (a storm), looking each second would only
// take the API's budget from those whose turn it is: so the pause grows with the wait, as a small part of it.
void pace_looks(Draft& draft, bool observed, bool changed) {
  Looking& looking = draft.state().looking;
  looking.in_vain = changed || !observed ? 0 : looking.in_vain + 1;
  if (!draft.step.look || draft.step.look->at > draft.now || !observed) return;
  const Duration waited = draft.now - draft.state().updated_at;
  const Duration in_handover = std::clamp(waited / kPartOfWait, kLookPauseInHandover, kLookPauseOtherwise);
  const Duration longest = draft.state().handover ? in_handover : kLookPauseOtherwise;
  Duration pause = kFirstLookPause * (1 << std::min(looking.in_vain, 12));
  draft.step.look->at = draft.now + std::min(pause, longest);
  if (draft.latest_look) draft.step.look->at = std::min(draft.step.look->at, *draft.latest_look);
}

void settle_forgetting(Draft& draft) {
  const State& state = draft.state();
  if (!state.forget_at) return;
  if (mutated(Mutation::forget_a_deleted_one_at_once)) draft.step.forget = true;
  if (draft.now < *state.forget_at) return draft.wake(*state.forget_at);
  // What is left wakes it by itself: what is due later, or is asked for.
  if (state.retired.empty() && state.asked.empty() && !scout_left(state)) draft.step.forget = true;
}

}  // namespace

Result<Step> decide(const Spec& spec, const State& state, const Event& event, Time now) {
  Draft draft{spec, now, {state, {}, {}, {}, {}, false}, {}};
  // What was due before the event comes before it: what a person asks for now is the later word.
  if (is_wish(event)) run_schedule(draft);
  if (auto folded = fold(draft, event); !folded) return Failure(folded.error());
  run_schedule(draft);
  advance(draft);
  const auto* observed = std::get_if<Observed>(&event);
  drop_unwanted(draft, observed != nullptr ? observed->observation.kinds : Kinds(0));
  drop_settled(draft);
  settle_forgetting(draft);
  draft.state().status = status_of(draft.state(), now);
  if (auto held = change_of_holdings(state, draft.state(), now)) draft.step.records.push_back(std::move(*held));
  bool changed = !(draft.state() == state);
  if (changed) draft.state().updated_at = now;
  pace_looks(draft, observed != nullptr, changed);
  return std::move(draft.step);
}

State initial_state(ManagedInstanceId id, Surroundings surroundings, Time now) {
  State state;
  state.id = std::move(id);
  state.created_at = now;
  state.updated_at = now;
  state.surroundings = std::move(surroundings);
  return state;
}

}  // namespace holdfast::core
