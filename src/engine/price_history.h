// The prices of spot markets as the cloud tells them. Blocking: called on the thread of who asks.
#pragma once

#include <vector>

#include "core/costs.h"
#include "ec2/ec2.h"

namespace holdfast::engine {

// In order of time; the first is the one in force at `period.from`, if the cloud still knows it (EC2: 90 days).
Result<std::vector<core::PricePoint>> spot_prices(ec2::Ec2& ec2, const core::SpotMarket& market,
                                                  const core::Period& period);

}  // namespace holdfast::engine
