#include "core/voluntary.h"

#include <algorithm>
#include <vector>

#include "core/fold.h"
#include "core/import.h"
#include "core/placement.h"
#include "core/saving.h"
#include "core/week.h"
#include "model/names.h"

namespace holdfast::core {

using namespace model;

namespace {

constexpr Duration kRefusedFor = std::chrono::seconds(15);  // as of a launch: it may have room again for one

struct Wish {
  Reason reason = Reason::none;
  std::vector<Market> markets;  // any of these, the best first
  bool urgent = false;          // no window or lifetime holds it back
};

// Nothing else is under way.
bool at_rest(const Draft& draft) {
  const State& state = draft.state();
  if (state.goal != Goal::running || state.handover || !state.instance || !state.error.empty()) return false;
  const Instance& instance = *state.instance;
  if (is_original(state) || import_pending(state) || state.recycle_wanted || state.restore) return false;
  return instance.healthy_at && instance.kept && instance.state == InstanceState::running &&
         !instance.notice_deadline && !instance.unhealthy_since;
}

// Never to another zone than the one of the volumes: that costs more than it brings.
template <class Better>
std::vector<Market> markets_that(const Draft& draft, Better better) {
  std::vector<Market> markets;
  for (const Candidate& candidate : markets_in_order(draft.spec, draft.state())) {
    bool same = candidate.market == draft.state().instance->market;
    if (!candidate.away && !same && better(candidate.market)) markets.push_back(candidate.market);
  }
  return markets;
}

bool is_spot(const Market& market) {
  return market.life_cycle == LifeCycle::spot;
}

Wish away_from_rebalanced(const Draft& draft) {
  if (!draft.state().instance->rebalance_at) return {};
  return {Reason::rebalance, markets_that(draft, is_spot), true};
}

Wish back_to_spot(const Draft& draft) {
  const Strategy& strategy = draft.spec.strategy;
  bool wanted = strategy.revert_to_spot != PerformAt::never && strategy.life_cycle == LifeCycle::spot;
  if (!wanted || is_spot(draft.state().instance->market)) return {};
  return {Reason::revert_to_spot, markets_that(draft, is_spot)};
}

// Only where windows say when it may be: a preference alone is no reason for downtime at any hour.
Wish to_preferred_type(const Draft& draft) {
  const Spec& spec = draft.spec;
  const Market& present = draft.state().instance->market;
  if (spec.strategy.optimization_windows.empty() || spec.strategy.orientation == Orientation::cheapest) return {};
  size_t now = preference_of(spec, present.instance_type);
  return {Reason::preferred_type, markets_that(draft, [&](const Market& market) {
            return market.life_cycle == present.life_cycle && preference_of(spec, market.instance_type) < now;
          })};
}

Wish to_cheaper_market(const Draft& draft) {
  const Spec& spec = draft.spec;
  const Market& present = draft.state().instance->market;
  bool cheapest = spec.strategy.orientation == Orientation::cheapest;
  std::optional<double> price = price_of(draft.state(), present);
  if ((!cheapest && spec.strategy.orientation != Orientation::cost_oriented) || !price) return {};
  size_t now = preference_of(spec, present.instance_type);
  return {Reason::cheaper_market, markets_that(draft, [&](const Market& market) {
            std::optional<double> other = price_of(draft.state(), market);
            bool liked = cheapest || preference_of(spec, market.instance_type) <= now;
            return liked && other && *other <= *price * kMuchCheaper;
          })};
}

// A price that is lower for a moment is no reason: it has to last.
bool has_lasted(Draft& draft, const Wish& wish) {
  std::optional<Time>& since = draft.state().looking.cheaper_since;
  if (wish.markets.empty()) {
    since.reset();
    return false;
  }
  if (!since) since = draft.now;
  if (draft.now - *since >= kCheaperFor) return true;
  draft.wake(*since + kCheaperFor);
  return false;
}

Wish first_wish(Draft& draft) {
  for (Wish wish : {away_from_rebalanced(draft), back_to_spot(draft), to_preferred_type(draft)}) {
    if (!wish.markets.empty()) return wish;
  }
  Wish cheaper = to_cheaper_market(draft);
  return has_lasted(draft, cheaper) ? cheaper : Wish();
}

Duration least_lifetime(const Draft& draft, const Wish& wish) {
  Duration least = wish.reason == Reason::revert_to_spot ? kLeastOnDemand : kLeastBetween;
  return std::max(least, draft.spec.strategy.minimum_lifetime);
}

// The draft is woken when it may be.
bool may_be_now(Draft& draft, const Wish& wish) {
  if (wish.urgent) return true;
  Time old_enough = draft.state().instance->launched_at + least_lifetime(draft, wish);
  if (draft.now < old_enough) {
    draft.wake(old_enough);
    return false;
  }
  const std::vector<WeekWindow>& windows = draft.spec.strategy.optimization_windows;
  if (within(windows, draft.now)) return true;
  draft.wake(next_opening(windows, draft.now));
  return false;
}

Wish present_wish(Draft& draft) {
  if (!at_rest(draft)) return {};
  Wish wish = first_wish(draft);
  // A handover whose copies cannot be made would only wait between two instances.
  if (wish.markets.empty() || takedown_held(draft)) return {};
  return may_be_now(draft, wish) ? wish : Wish();
}

// ---- the scout

std::string scout_key(const State& state) {
  return "scout/" + std::to_string(state.voluntary.scouts);
}

bool resting(Draft& draft) {
  std::optional<Time>& until = draft.state().voluntary.rest_until;
  if (until && draft.now < *until) {
    draft.wake(*until);
    return true;
  }
  until.reset();
  return false;
}

// Every market of the wish has refused lately: the next round comes after a pause that grows.
void rest(Draft& draft) {
  Voluntary& voluntary = draft.state().voluntary;
  Duration pause = kFirstScoutRest * (1 << std::min(voluntary.fruitless, 10));
  voluntary.rest_until = draft.now + std::min(pause, kLongestScoutRest);
  ++voluntary.fruitless;
  draft.wake(*voluntary.rest_until);
}

void ask_for_scout(Draft& draft, const Wish& wish) {
  State& state = draft.state();
  auto free = std::find_if(wish.markets.begin(), wish.markets.end(),
                           [&](const Market& market) { return !is_cooling(state, market, draft.now); });
  if (free == wish.markets.end()) return rest(draft);
  ++state.voluntary.scouts;
  LaunchScout scout;
  scout.token = state.id.str() + "-scout-" + std::to_string(state.voluntary.scouts);
  scout.market = *free;
  scout.image = draft.spec.compute.image_id;
  scout.root_device = state.surroundings.image.root_device;
  scout.security_group_ids = draft.spec.compute.security_group_ids;
  draft.record("scout_wanted", "capacity is looked for before the instance is given up (" +
                                   std::string(to_string(wish.reason)) + "): " + free->instance_type + " in " +
                                   free->zone);
  draft.want(scout_key(state), scout, Urgency::voluntary);
}

bool is_asked(const State& state) {
  auto asked = state.asked.find(scout_key(state));
  return asked != state.asked.end() && std::holds_alternative<LaunchScout>(asked->second.effect.action);
}

// Until the instance that it is for is launched.
bool serves_handover(const State& state) {
  return state.goal == Goal::running && state.handover && state.handover->reason == state.scout->reason &&
         (!state.instance || is_outgoing(state));
}

// What the document wants since may be another type, subnet or kind of capacity than the scout was launched for.
bool fits_document(const Draft& draft, const Market& market) {
  const std::vector<Candidate> markets = markets_in_order(draft.spec, draft.state());
  return std::any_of(markets.begin(), markets.end(), [&](const Candidate& one) { return one.market == market; });
}

bool is_useful(Draft& draft, const Wish& wish) {
  const State& state = draft.state();
  const Scout& scout = *state.scout;
  if (serves_handover(state)) return fits_document(draft, scout.market);
  bool late = scout.state == InstanceState::pending && draft.now >= scout.launched_at + kScoutPatience;
  if (late || scout.reason != wish.reason) return false;
  return std::find(wish.markets.begin(), wish.markets.end(), scout.market) != wish.markets.end();
}

// One that ends without a handover was in vain: what it was for came and went, or its market took it back at once, and
// the next would fare no better.
void rest_after_a_vain_one(Draft& draft) {
  const State& state = draft.state();
  bool served = state.handover && state.handover->reason == state.scout->reason;
  bool told = draft.under_way("end-scout/" + state.scout->id.str());
  if (!served && !told) rest(draft);
}

void end(Draft& draft, const InstanceId& id) {
  draft.want("end-scout/" + id.str(), EndScout{id}, Urgency::cleanup);
  draft.look(static_cast<Kinds>(Kind::instances), draft.now);
}

bool is_ending(const Scout& scout) {
  return scout.state != InstanceState::pending && scout.state != InstanceState::running;
}

void lose_scout(Draft& draft, const std::string& how) {
  if (!is_ending(*draft.state().scout)) rest_after_a_vain_one(draft);
  draft.record("scout_gone", "scout " + draft.state().scout->id.str() + " " + how);
  // What it held is free: its market is asked again, though it has just refused.
  std::erase_if(draft.state().cooling, [&](const CoolingMarket& entry) {
    return entry.refused && entry.market == draft.state().scout->market;
  });
  draft.state().scout.reset();
}

}  // namespace

void tend_scout(Draft& draft) {
  State& state = draft.state();
  Wish wish = present_wish(draft);
  if (state.scout) {
    if (serves_handover(state)) state.voluntary.fruitless = 0;
    if (!is_useful(draft, wish) && state.scout->state != InstanceState::shutting_down) {
      rest_after_a_vain_one(draft);
      end(draft, state.scout->id);
    }
    // One that comes up or goes is looked at until it has.
    if (state.scout->state != InstanceState::running) draft.look(static_cast<Kinds>(Kind::instances), draft.now);
    const Time late = state.scout->launched_at + kScoutPatience;
    if (state.scout->state == InstanceState::pending && draft.now < late) draft.wake(late);
    return;
  }
  if (is_asked(state)) {
    const Effect effect = state.asked.at(scout_key(state)).effect;
    if (!wish.markets.empty()) draft.want(effect.key, effect.action, effect.urgency);
    return;
  }
  if (!wish.markets.empty() && !resting(draft)) ask_for_scout(draft, wish);
}

Reason voluntary_reason(const Draft& draft) {
  const std::optional<Scout>& scout = draft.state().scout;
  if (!scout || scout->state != InstanceState::running || !at_rest(draft) || takedown_held(draft)) return Reason::none;
  bool ending = draft.under_way("end-scout/" + scout->id.str());  // what it was for is not wanted any more
  // It may be seen to run only when the window is over: nobody could look before.
  bool late = scout->reason != Reason::rebalance && !within(draft.spec.strategy.optimization_windows, draft.now);
  return ending || late ? Reason::none : scout->reason;
}

ScoutedMarket scouted_market(Draft& draft) {
  State& state = draft.state();
  if (!state.scout || !serves_handover(state)) return {};
  const Market market = state.scout->market;
  if (!fits_document(draft, market)) return {};
  auto refused = std::find_if(state.cooling.begin(), state.cooling.end(), [&](const CoolingMarket& entry) {
    return entry.market == market && entry.refused && entry.until > draft.now;
  });
  if (!is_ending(*state.scout) && refused == state.cooling.end()) return {market, false};
  // There was room for the scout alone. What it held is asked for as soon as it is seen to be gone.
  if (!is_ending(*state.scout)) end(draft, state.scout->id);
  draft.look(static_cast<Kinds>(Kind::instances), draft.now);
  return {std::nullopt, true};
}

void scout_launched(Draft& draft, const LaunchScout& launch, const InstanceId& id) {
  State& state = draft.state();
  Scout scout;
  scout.id = id;
  scout.market = launch.market;
  scout.launched_at = draft.now;
  scout.reason = present_wish(draft).reason;
  state.scout = scout;
  draft.record("scout_launched", "scout " + id.str() + " holds capacity for a replacement: " +
                                     launch.market.instance_type + " in " + launch.market.zone);
  draft.look(static_cast<Kinds>(Kind::instances), draft.now);
}

void scout_refused(Draft& draft, const LaunchScout& scout, const Error& error) {
  State& state = draft.state();
  std::erase_if(state.cooling, [&](const CoolingMarket& entry) { return entry.market == scout.market; });
  state.cooling.push_back({scout.market, draft.now + kRefusedFor, true, false, describe(error)});
  draft.record("scout_refused", scout.market.instance_type + " in " + scout.market.zone + ": " + describe(error));
}

void scout_ended(Draft& draft, const InstanceId& id) {
  std::optional<Scout>& scout = draft.state().scout;
  if (scout && scout->id == id) scout->state = InstanceState::shutting_down;
  draft.look(static_cast<Kinds>(Kind::instances), draft.now);
}

bool scout_left(const State& state) {
  return state.scout.has_value();
}

namespace {

void fold_known(Draft& draft, const ObservedInstance& seen) {
  Scout& scout = *draft.state().scout;
  scout.missing_looks = 0;
  if (is_terminal(seen.state)) return lose_scout(draft, "is terminated");
  // A listing from before its end must not bring it back.
  if (scout.state == InstanceState::shutting_down || seen.state == InstanceState::unknown) return;
  scout.state = seen.state;
}

void fold_unknown(Draft& draft, const ObservedInstance& seen) {
  if (is_terminal(seen.state) || seen.state == InstanceState::shutting_down) return;
  State& state = draft.state();
  auto asked = state.asked.find(seen.tags.effect);
  bool awaited = asked != state.asked.end() && std::holds_alternative<LaunchScout>(asked->second.effect.action);
  if (!awaited) return end(draft, seen.id);
  if (asked->second.standing == Asked::Standing::unknown) fold_outcome(draft, {seen.tags.effect, seen.id.str()});
}

}  // namespace

void fold_scouts(Draft& draft, const Observation& observation) {
  State& state = draft.state();
  bool seen_known = false;
  for (const ObservedInstance& seen : observation.instances) {
    if (seen.tags.purpose != kPurposeScout) continue;
    if (state.instance && state.instance->id == seen.id) continue;  // a tag put on by hand makes no scout of it
    if (state.scout && state.scout->id == seen.id) {
      seen_known = true;
      fold_known(draft, seen);
    } else {
      fold_unknown(draft, seen);
    }
  }
  if (!state.scout || seen_known || !has(observation.kinds, Kind::instances)) return;
  if (observation.as_of <= state.scout->launched_at + kListingLag) return;
  // One that is listed again after all is found by its tag, and ended.
  if (++state.scout->missing_looks >= kLooksUntilGone) lose_scout(draft, "is not listed any more");
}

}  // namespace holdfast::core
