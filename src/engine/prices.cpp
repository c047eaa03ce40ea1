#include "engine/prices.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <set>

#include "core/placement.h"
#include "engine/pages.h"

namespace holdfast::engine {

namespace {

constexpr int kMostPages = 100;
constexpr size_t kMostTypesACall = 100;

bool has_use(const model::Spec& spec, const model::State& state) {
  return spec.strategy.life_cycle == model::LifeCycle::spot && state.goal != model::Goal::deleted;
}

std::vector<model::MarketPrice> prices_for(const View& view, const SpotPrices& known) {
  std::vector<model::MarketPrice> prices;
  std::set<std::string> zones;
  for (const model::SubnetFacts& subnet : view.state.surroundings.subnets) zones.insert(subnet.zone);
  for (const std::string& type : core::types_in_order(view.spec, view.state)) {
    for (const std::string& zone : zones) {
      if (auto found = known.find({type, zone}); found != known.end()) prices.push_back({type, zone, found->second});
    }
  }
  return prices;
}

// Into `prices`: those of so many types as one call takes.
Result<void> list_some(ec2::Ec2& ec2, std::vector<std::string> types, const std::vector<std::string>& zones, Time now,
                       SpotPrices& prices) {
  ec2::DescribeSpotPriceHistoryRequest request;
  request.instance_types = std::move(types);
  request.product_descriptions = {"Linux/UNIX", "Linux/UNIX (Amazon VPC)"};
  request.filters = {{"availability-zone", zones}};
  request.start_time = now;  // EC2 then shows what holds now, however old it is
  std::map<std::pair<std::string, std::string>, Time> as_of;
  return each_page(ec2, std::move(request), kMostPages, [&](const ec2::DescribeSpotPriceHistoryResponse& answer) {
    for (const ec2::SpotPrice& price : answer.spot_price_history) {
      std::pair market(price.instance_type, price.availability_zone);
      auto known = as_of.find(market);
      if (known != as_of.end() && known->second > price.timestamp) continue;
      as_of[market] = price.timestamp;
      prices[market] = price.spot_price;
    }
  });
}

}  // namespace

Result<SpotPrices> list_spot_prices(ec2::Ec2& ec2, const std::vector<std::string>& types,
                                    const std::vector<std::string>& zones, Time now) {
  SpotPrices prices;
  for (size_t from = 0; from < types.size(); from += kMostTypesACall) {
    auto first = types.begin() + static_cast<std::ptrdiff_t>(from);
    auto last = types.begin() + static_cast<std::ptrdiff_t>(std::min(types.size(), from + kMostTypesACall));
    HF_TRY_VOID(list_some(ec2, {first, last}, zones, now, prices));
  }
  return prices;
}

void Prices::pump() {
  const Time now = ties_.clock.now();
  if (under_way_ || now < next_) return;
  std::set<std::string> types;
  std::set<std::string> zones;
  ties_.for_each([&](const SharedView& view) {
    if (!has_use(view->spec, view->state)) return;
    for (const std::string& type : core::types_in_order(view->spec, view->state)) types.insert(type);
    for (const model::SubnetFacts& subnet : view->state.surroundings.subnets) zones.insert(subnet.zone);
  });
  next_ = now + kInterval;
  if (types.empty() || zones.empty()) return;
  under_way_ = true;
  std::vector<std::string> all_types(types.begin(), types.end());
  std::vector<std::string> all_zones(zones.begin(), zones.end());
  ties_.workers.submit([this, now, all_types = std::move(all_types), all_zones = std::move(all_zones)] {
    auto answer = list_spot_prices(ties_.ec2, all_types, all_zones, now);
    ties_.post([this, answer = std::move(answer)] { answered(answer); });
  });
}

void Prices::answered(const Result<SpotPrices>& answer) {
  under_way_ = false;
  if (!answer) {
    spdlog::warn("prices of spot markets: {}", describe(answer.error()));
    return;
  }
  known_ = *answer;
  ties_.for_each([&](const SharedView& view) { offer(view); });
}

void Prices::offer(const SharedView& view) {
  if (!has_use(view->spec, view->state)) return;
  std::vector<model::MarketPrice> prices = prices_for(*view, known_);
  if (prices.empty() || prices == view->state.looking.prices) return;
  ties_.seen(view->id, {std::move(prices)});
}

}  // namespace holdfast::engine
