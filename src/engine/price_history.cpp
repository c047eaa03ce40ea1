#include "engine/price_history.h"

#include <algorithm>
#include <cmath>

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
  for (int page = 0; page < kMostPages; ++page) {
    HF_TRY(auto answer, ec2.call(request));
    for (const ec2::SpotPrice& price : answer.spot_price_history) {
      points.push_back({price.timestamp, std::llround(price.spot_price * 1e6)});
    }
    if (answer.next_token.empty()) {
      std::stable_sort(points.begin(), points.end(),
                       [](const core::PricePoint& a, const core::PricePoint& b) { return a.since < b.since; });
      return points;
    }
    request.next_token = answer.next_token;
  }
  return fail(ErrorKind::unavailable, "EndlessListing", "DescribeSpotPriceHistory does not come to an end");
}

}  // namespace holdfast::engine
