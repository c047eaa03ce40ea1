#include "engine/price_history.h"

#include <algorithm>
#include <cmath>

#include "engine/pages.h"

namespace holdfast::engine {

namespace {

constexpr int kMostPages = 200;  // a market changes its price some times a day

}  // namespace

Result<std::vector<core::PricePoint>> spot_prices(ec2::Ec2& ec2, const core::SpotMarket& market,
                                                  const core::Period& period) {
  ec2::DescribeSpotPriceHistoryRequest request;
  request.instance_types = {market.instance_type};
  request.availability_zone = market.zone;
  request.product_descriptions = {"Linux/UNIX"};
  request.start_time = period.from;
  request.end_time = period.to;
  std::vector<core::PricePoint> points;
  auto take = [&](const ec2::DescribeSpotPriceHistoryResponse& answer) {
    for (const ec2::SpotPrice& price : answer.spot_price_history) {
      points.push_back({price.timestamp, std::llround(price.spot_price * 1e6)});
    }
  };
  HF_TRY_VOID(each_page(ec2, std::move(request), kMostPages, take));
  std::stable_sort(points.begin(), points.end(),
                   [](const core::PricePoint& a, const core::PricePoint& b) { return a.since < b.since; });
  return points;
}

}  // namespace holdfast::engine
