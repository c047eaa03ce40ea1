// GetSpotPlacementScores: how likely a spot request of that size is to succeed, from 1 to 10, by the capacity that the
// markets have at this moment.
#include <algorithm>
#include <cmath>

#include "cloud/filters.h"
#include "cloud/rules_further.h"

namespace holdfast::cloud {

namespace {

constexpr int kMostCapacity = 2'000'000'000;
constexpr int kBest = 10;

struct Wanted {
  std::vector<const InstanceType*> types;
  double target = 1;
  std::string unit;
};

double units_of(const InstanceType& type, const std::string& unit) {
  if (unit == "vcpu") return type.vcpus;
  if (unit == "memory-mib") return type.memory_mib;
  return 1;
}

int score(const std::map<MarketKey, MarketInfo>& markets, const Wanted& wanted, const std::vector<std::string>& zones) {
  double available = 0;
  for (const auto* type : wanted.types) {
    for (const auto& zone : zones) {
      const MarketInfo& market = markets.at(MarketKey{std::string(type->name), zone, true});
      if (!market.capacity) return kBest;
      available += std::max(0, *market.capacity - market.running) * units_of(*type, wanted.unit);
    }
  }
  double share = std::min(1.0, available / wanted.target);
  return std::max(1, static_cast<int>(std::floor(share * kBest)));
}

Result<Wanted> read(const ec2::GetSpotPlacementScoresRequest& request) {
  Wanted wanted;
  if (request.instance_types.empty()) return missing("InstanceType");
  for (const auto& name : request.instance_types) {
    const InstanceType* type = find_instance_type(name);
    if (type == nullptr) return bad_value(unknown_instance_type(name), "InstanceType");
    wanted.types.push_back(type);
  }
  if (request.target_capacity < 1 || request.target_capacity > kMostCapacity)
    return bad_value("TargetCapacity is 1 to 2000000000.", "TargetCapacity");
  wanted.target = request.target_capacity;
  wanted.unit = request.target_capacity_unit_type.empty() ? "units" : request.target_capacity_unit_type;
  if (wanted.unit != "units" && wanted.unit != "vcpu" && wanted.unit != "memory-mib")
    return bad_value("TargetCapacityUnitType is units, vcpu or memory-mib.", "TargetCapacityUnitType");
  return wanted;
}

}  // namespace

FurtherAnswer act(Call& call, const ec2::GetSpotPlacementScoresRequest& request) {
  HF_TRY(Wanted wanted, read(request));
  const std::string& region = call.settings.region;
  for (const auto& name : request.region_names) {
    if (name != region) return bad_value("There is one region here, '" + region + "'.", "RegionName");
  }
  std::map<MarketKey, MarketInfo> markets;
  for (auto& market : list_markets(call.model)) markets.emplace(market.key, market);
  std::vector<std::string> zones = {region + "a", region + "b", region + "c"};
  std::vector<ec2::SpotPlacementScore> all;
  if (request.single_availability_zone.value_or(false)) {
    for (const auto& zone : zones) {
      std::string id = region + "-az" + std::to_string(zone.back() - 'a' + 1);
      all.push_back({region, id, score(markets, wanted, {zone})});
    }
  } else {
    all.push_back({region, "", score(markets, wanted, zones)});
  }
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return *a.score > *b.score; });
  ec2::GetSpotPlacementScoresResponse response{{}, request.next_token};
  HF_TRY(response.spot_placement_scores,
         list_page_of(request.kAction, std::move(all), request.max_results, response.next_token));
  return response;
}

}  // namespace holdfast::cloud
