#include "core/health.h"

#include <algorithm>

#include "core/fold.h"
#include "core/import.h"
#include "core/losses.h"
#include "core/mutation.h"
#include "core/saving.h"
#include "core/short_lived.h"
#include "core/unplaced.h"

namespace holdfast::core {

using namespace model;

namespace {

constexpr Duration kStatusInterval = std::chrono::seconds(30);

bool is_settling(const State& state) {
  return state.instance && state.instance->running_at && !state.instance->healthy_at && !is_outgoing(state) &&
         !is_original(state);  // whose health nobody asked for
}

std::string unwell(const State& state) {
  const Instance& instance = *state.instance;
  std::string why = instance.check == StatusCheck::impaired
                        ? "its status checks failed, or its user data did not end with 0"
                        : "it is not up yet";
  return "instance " + instance.id.str() + " did not become healthy within the grace period: " + why +
         ". Every older copy is kept. Look at its console; recycle it once the cause is mended";
}

// Of what is at least so urgent.
std::string refused_effect(const State& state, Urgency least) {
  for (const auto& [key, asked] : state.asked) {
    if (asked.effect.urgency > least) continue;
    if (was_refused(asked)) {
      return std::string(name_of(asked.effect.action)) + " is refused: " + asked.last_error + ". It is tried again";
    }
    // A periodic snapshot may be put off for long: that is no fault.
    const bool matters = asked.standing != Asked::Standing::waiting || asked.effect.urgency < Urgency::periodic;
    const bool unanswered = matters && asked.in_doubt && asked.tries > kTriesUntilDefinite;
    if (unanswered && !asked.last_error.empty()) {
      return std::string(name_of(asked.effect.action)) + " comes to no end: " + asked.last_error +
             ". It is tried again";
    }
  }
  return {};
}

// Why an instance that runs is not healthy yet: what holds it up from outside, or else itself.
std::string out_of_grace_error(const Draft& draft) {
  std::string error = loss_error(draft);
  if (error.empty()) error = saving_error(draft);
  if (error.empty()) error = refused_effect(draft.state(), Urgency::recover);
  return error.empty() ? unwell(draft.state()) : error;
}

std::string refusal(const State& state) {
  if (std::string refused = refused_effect(state, Urgency::cleanup); !refused.empty()) return refused;
  bool launching = state.goal == Goal::running && !state.instance;
  for (const CoolingMarket& cooling : state.cooling) {
    if (launching && cooling.definite) return "the launch is refused: " + cooling.why + ". It is tried again";
  }
  return {};
}

std::string_view things(Kind kind) {
  switch (kind) {
    case Kind::instances:
      return "its instances";
    case Kind::volumes:
      return "its volumes";
    case Kind::snapshots:
      return "its snapshots";
    case Kind::images:
      return "its images";
    case Kind::interfaces:
      return "its network interfaces";
    case Kind::status:
      return "its status checks";
  }
  return "its things";
}

// Before all others: whatever else is wrong may only not be seen.
std::string denied_error(const State& state) {
  for (const auto& [kind, why] : state.looking.denied) {
    if (kind == Kind::status && !state.instance) continue;  // nobody looks at these
    return "the cloud denies to show " + std::string(things(kind)) + ": " + why +
           ". What is not seen is waited for; it is looked at again";
  }
  return {};
}

std::string present_error(Draft& draft) {
  const State& state = draft.state();
  if (std::string error = denied_error(state); !error.empty()) return error;
  if (is_settling(state)) {
    Time grace_ends = *state.instance->running_at + draft.spec.health_check.grace_period;
    if (draft.now >= grace_ends) return out_of_grace_error(draft);
    draft.wake(grace_ends);
  }
  std::string error = import_error(state);
  if (error.empty()) error = loss_error(draft);
  if (error.empty()) error = unplaced_error(draft);
  if (error.empty()) error = saving_error(draft);
  if (error.empty()) error = short_lived_error(state);
  return error.empty() ? refusal(state) : error;
}

}  // namespace

bool must_be_healed(const Draft& draft) {
  const std::optional<Instance>& instance = draft.state().instance;
  if (!draft.spec.health_check.enabled || !draft.spec.health_check.auto_healing) return false;
  if (!instance || !instance->healthy_at || !instance->unhealthy_since) return false;
  // By a look from after that time: it may be well again, and nobody have looked.
  const std::optional<Time>& seen = draft.state().looking.seen_unwell;
  return seen && *seen >= *instance->unhealthy_since + draft.spec.health_check.unhealthy_duration;
}

namespace {

// A look that was under way at that moment says nothing of it.
bool seen_since(const Draft& draft, Time due) {
  const std::optional<Time>& listed = draft.state().looking.statuses_listed;
  return listed && *listed >= due;
}

// When to look whether the check fails at `due`: where it is past, at once after an answer from before; without one, a
// look is under way or fails.
Time next_sight(const Draft& draft, Time due) {
  if (due > draft.now) return due;
  constexpr Duration kUnderWay = std::chrono::seconds(1);
  return draft.state().looking.status_asked == draft.now ? draft.now : draft.now + kUnderWay;
}

}  // namespace

bool out_of_grace(Draft& draft) {
  const State& state = draft.state();
  if (!is_settling(state)) return false;
  const Duration grace = draft.spec.health_check.grace_period;
  if (draft.now < *state.instance->running_at + grace) return false;
  if (mutated(Mutation::fall_back_by_the_clock)) return true;
  // By looks from all of that time, and from after it: while nobody looked it may have come up, fallen ill or ended.
  const Time since = std::max(*state.instance->running_at, state.looking.unwell_since.value_or(draft.now));
  if (state.looking.seen_unwell && *state.looking.seen_unwell >= since + grace) return true;
  draft.look_on_time(static_cast<Kinds>(Kind::status), next_sight(draft, since + grace));
  return false;
}

void judge_health(Draft& draft) {
  State& state = draft.state();
  // Nobody looks at its checks from here on, so nobody would see that it is well again.
  const bool unwatched = !draft.spec.health_check.enabled && state.instance && state.instance->healthy_at;
  if (unwatched) state.instance->unhealthy_since.reset();
  bool watched = draft.spec.health_check.enabled && state.instance && state.instance->healthy_at && !state.handover;
  if (watched) {
    Time last = state.looking.status_asked.value_or(draft.now);
    if (!state.looking.status_asked) state.looking.status_asked = draft.now;
    draft.look(static_cast<Kinds>(Kind::status), std::max(draft.now, last + kStatusInterval));
    if (state.instance->unhealthy_since && draft.spec.health_check.auto_healing) {
      Time due = *state.instance->unhealthy_since + draft.spec.health_check.unhealthy_duration;
      if (!seen_since(draft, due)) draft.look_on_time(static_cast<Kinds>(Kind::status), next_sight(draft, due));
    }
  }
  std::string error = present_error(draft);
  if (error == state.error) return;
  state.error = error;
  if (!error.empty()) draft.record("error", error);
}

}  // namespace holdfast::core
