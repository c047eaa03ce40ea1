// AWS's list prices, for what a spot market's price history does not tell: on demand by the hour, storage, addresses.
// Linux, us-east-1, as of January 2024; other regions and later lists differ. Called by who reports costs.
#pragma once

#include "core/costs.h"

namespace holdfast::core {

const PriceBook& list_prices();

}  // namespace holdfast::core
