#include "core/placement.h"

#include <algorithm>
#include <string>
#include <vector>

#include "core/draft.h"

namespace holdfast::core {

using namespace model;

namespace {

// The zone that the data volumes would keep the next instance in; empty if none. (A kept interface leaves one subnet.)
std::string home_zone(const State& state) {
  for (const auto& [device, volume] : state.data) {
    if (!volume.zone.empty()) return volume.zone;
  }
  return {};
}

std::vector<SubnetFacts> usable_subnets(const Spec& spec, const State& state) {
  std::vector<SubnetFacts> subnets = subnets_ahead(spec, state);
  bool tied = spec.persistence.block_devices && spec.persistence.mode == BlockDevicesMode::reattach;
  std::string home = tied ? home_zone(state) : std::string();
  std::stable_partition(subnets.begin(), subnets.end(), [&](const SubnetFacts& subnet) { return subnet.zone == home; });
  return subnets;
}

std::vector<std::string> types_in_order(const Spec& spec) {
  std::vector<std::string> types = spec.compute.instance_types;
  std::stable_partition(types.begin(), types.end(),
                        [&](const std::string& type) { return type == spec.compute.preferred_type; });
  return types;
}

std::vector<LifeCycle> life_cycles_in_order(const Spec& spec) {
  if (spec.strategy.life_cycle == LifeCycle::on_demand) return {LifeCycle::on_demand};
  if (spec.strategy.fallback_to_od) return {LifeCycle::spot, LifeCycle::on_demand};
  return {LifeCycle::spot};
}

std::vector<Market> markets_in_order(const Spec& spec, const State& state) {
  std::vector<Market> markets;
  std::vector<SubnetFacts> subnets = usable_subnets(spec, state);
  // Zone by zone: leaving the volumes' zone costs a copy through snapshots, which is dearer than an hour on demand.
  for (size_t begin = 0; begin < subnets.size();) {
    size_t end = begin;
    while (end < subnets.size() && subnets[end].zone == subnets[begin].zone) ++end;
    for (LifeCycle life_cycle : life_cycles_in_order(spec)) {
      for (const std::string& type : types_in_order(spec)) {
        for (size_t i = begin; i < end; ++i) markets.push_back({type, subnets[i].id, subnets[i].zone, life_cycle});
      }
    }
    begin = end;
  }
  return markets;
}

}  // namespace

Placement place(const Spec& spec, const State& state, Time now) {
  Placement placement;
  std::optional<Market> tainted;
  for (const Market& market : markets_in_order(spec, state)) {
    auto cooling = std::find_if(state.cooling.begin(), state.cooling.end(), [&](const CoolingMarket& entry) {
      return entry.market == market && entry.until > now;
    });
    if (cooling == state.cooling.end()) {
      // One that took an instance lately is still better than the dearer kind, or than another zone.
      bool same_like = tainted && tainted->life_cycle == market.life_cycle && tainted->zone == market.zone;
      placement.market = tainted && !same_like ? *tainted : market;
      return placement;
    }
    if (cooling->refused) {
      if (!placement.again_at || cooling->until < *placement.again_at) placement.again_at = cooling->until;
    } else if (!tainted) {
      tainted = market;
    }
  }
  placement.market = tainted;
  return placement;
}

}  // namespace holdfast::core
