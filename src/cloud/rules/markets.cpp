// Markets: what an instance type costs in a zone, and how many it takes. Only what was changed has a row.
#include <cmath>

#include "cloud/lookup.h"
#include "cloud/rules.h"
#include "cloud/rules/spot_requests.h"

namespace holdfast::cloud {

namespace {

// Spot is offered at a share of the on-demand price that differs by zone, until somebody sets another price.
constexpr double kSpotShare[] = {0.30, 0.34, 0.38};

bool holds_capacity(const Instance& instance) {
  return instance.state != "terminated" && instance.state != "stopped";
}

int running_in(const Model& model, const MarketKey& key) {
  int count = 0;
  for (const auto& [id, instance] : model.instances.rows()) {
    bool here =
        instance.type == key.instance_type && instance.zone == key.availability_zone && instance.spot == key.spot;
    if (here && holds_capacity(instance)) ++count;
  }
  return count;
}

std::vector<std::string> zones(const Model& model) {
  const std::string& region = model.meta.find(kMetaKey)->region;
  return {region + "a", region + "b", region + "c"};
}

Result<void> check_market(const Model& model, const MarketKey& key) {
  if (find_instance_type(key.instance_type) == nullptr) {
    return bad_value(unknown_instance_type(key.instance_type), "instanceType");
  }
  for (const auto& zone : zones(model)) {
    if (zone == key.availability_zone) return {};
  }
  return bad_value("The zone '" + key.availability_zone + "' does not exist.", "availabilityZone");
}

Market& edit_market(Call& call, const MarketKey& key) {
  std::string name = market_name(key);
  if (!call.model.markets.contains(name)) return call.model.markets.put(name, Market{key, {}, {}, call.now});
  return call.model.markets.edit(name);
}

}  // namespace

double price_of(const Model& model, const MarketKey& key) {
  const Market* market = model.markets.find(market_name(key));
  if (market != nullptr && market->price) return *market->price;
  const InstanceType* type = find_instance_type(key.instance_type);
  CHECK(type != nullptr);
  if (!key.spot) return type->usd_an_hour;
  int zone = key.availability_zone.empty() ? 0 : key.availability_zone.back() - 'a';
  double share = kSpotShare[zone >= 0 && zone < 3 ? zone : 0];
  return std::round(type->usd_an_hour * share * 1e4) / 1e4;
}

Result<void> check_capacity(const Model& model, const MarketKey& key, int count) {
  const Market* market = model.markets.find(market_name(key));
  if (market == nullptr || !market->capacity || running_in(model, key) + count <= *market->capacity) return {};
  return ec2::ec2_fail("InsufficientInstanceCapacity", std::string("There is no ") + (key.spot ? "Spot " : "") +
                                                           "capacity for " + key.instance_type + " in " +
                                                           key.availability_zone + "; try another type or zone.");
}

Result<void> set_capacity(Call& call, const MarketKey& key, std::optional<int> capacity) {
  HF_TRY_VOID(check_market(call.model, key));
  if (capacity && *capacity < 0) return bad_value("A capacity is 0 or more, or null for unlimited.", "capacity");
  edit_market(call, key).capacity = capacity;
  try_spot_requests(call);
  return {};
}

Result<void> set_spot_price(Call& call, const MarketKey& key, double usd) {
  HF_TRY_VOID(check_market(call.model, key));
  if (!key.spot)
    return bad_value("On-demand prices are EC2's and fixed; set the price of the spot market.", "lifeCycle");
  if (!std::isfinite(usd) || usd <= 0) return bad_value("A price is a number above 0.", "price");
  Market& market = edit_market(call, key);
  market.price = usd, market.priced_at = call.now;
  std::vector<InstanceId> outbid;
  for (const auto& [id, instance] : call.model.instances.rows()) {
    bool here = instance.spot && instance.type == key.instance_type && instance.zone == key.availability_zone;
    if (!here || instance.state != "running" || instance.max_price.empty()) continue;
    if (std::strtod(instance.max_price.c_str(), nullptr) < usd) outbid.push_back(id);
  }
  for (const auto& id : outbid) HF_TRY_VOID(interrupt(call, id, InterruptHow{}));
  try_spot_requests(call);
  return {};
}

std::vector<MarketInfo> list_markets(const Model& model) {
  std::map<std::string, int> running;
  for (const auto& [id, instance] : model.instances.rows()) {
    if (holds_capacity(instance)) ++running[market_name({instance.type, instance.zone, instance.spot})];
  }
  std::vector<MarketInfo> infos;
  for (const auto& type : kInstanceTypes) {
    for (const auto& zone : zones(model)) {
      for (bool spot : {true, false}) {
        MarketKey key{std::string(type.name), zone, spot};
        const Market* market = model.markets.find(market_name(key));
        infos.push_back({key, price_of(model, key), market != nullptr ? market->capacity : std::nullopt,
                         running[market_name(key)]});
      }
    }
  }
  return infos;
}

}  // namespace holdfast::cloud
