// Which market the next launch asks. A pure order, in this sequence:
//
//   1  the zone where volumes are that move as they are (reattach): leaving it costs a copy through snapshots
//   2  spot before on demand
//   3  by strategy.orientation:
//        balanced, costOriented   preferred types in their order, then the cheaper spot price, then the user's order
//        availabilityOriented     preferred types in their order, then the user's order; prices play no part
//        cheapest                 the cheaper spot price, then preferred types, then the user's order
//
// A market that refused is left out while it cools, one that took an instance of ours comes last among its like. Prices
// are hints: where none is known (yet), the user's order counts, and no launch waits for one.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/spec.h"
#include "model/state.h"

namespace holdfast::core {

struct Placement {
  std::optional<model::Market> market;
  // None now: when the first one that refused may be asked again.
  std::optional<Time> again_at;
};

Placement place(const model::Spec& spec, const model::State& state, Time now);

struct Candidate {
  model::Market market;
  bool away = false;  // in another zone than the one that the volumes would keep it in
};

// Every market, in the order above.
std::vector<Candidate> markets_in_order(const model::Spec& spec, const model::State& state);

// The types that a launch may use, the preferred ones first.
std::vector<std::string> types_in_order(const model::Spec& spec, const model::State& state);
// 0: the most preferred. Types that nobody prefers are all alike, after the preferred ones.
size_t preference_of(const model::Spec& spec, const std::string& type);
// What an hour costs, if that is known: of spot markets only.
std::optional<double> price_of(const model::State& state, const model::Market& market);
// It refused or took an instance lately.
bool is_cooling(const model::State& state, const model::Market& market, Time now);

}  // namespace holdfast::core
