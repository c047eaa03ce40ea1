#include "core/price_book.h"

namespace holdfast::core {

namespace {

// Millionths of a dollar an hour.
const std::map<std::string, Micros> kOnDemand = {
    {"c5.2xlarge", 340000},  {"c5.large", 85000},    {"c5.xlarge", 170000},   {"c5a.2xlarge", 308000},
    {"c5a.large", 77000},    {"c5a.xlarge", 154000}, {"c6i.2xlarge", 340000}, {"c6i.large", 85000},
    {"c6i.xlarge", 170000},  {"m5.2xlarge", 384000}, {"m5.large", 96000},     {"m5.xlarge", 192000},
    {"m5a.2xlarge", 344000}, {"m5a.large", 86000},   {"m5a.xlarge", 172000},  {"m6i.2xlarge", 384000},
    {"m6i.large", 96000},    {"m6i.xlarge", 192000}, {"r5.2xlarge", 504000},  {"r5.large", 126000},
    {"r5.xlarge", 252000},   {"r5a.large", 113000},  {"r5a.xlarge", 226000},  {"r6i.large", 126000},
    {"r6i.xlarge", 252000},  {"t2.medium", 46400},   {"t2.micro", 11600},     {"t2.nano", 5800},
    {"t2.small", 23000},     {"t3.2xlarge", 332800}, {"t3.large", 83200},     {"t3.medium", 41600},
    {"t3.micro", 10400},     {"t3.nano", 5200},      {"t3.small", 20800},     {"t3.xlarge", 166400},
    {"t3a.2xlarge", 300800}, {"t3a.large", 75200},   {"t3a.medium", 37600},   {"t3a.micro", 9400},
    {"t3a.nano", 4700},      {"t3a.small", 18800},   {"t3a.xlarge", 150400},
};

}  // namespace

const PriceBook& list_prices() {
  // gp3 by the GiB and 30 days; a standard snapshot by the same; a public IPv4 address by the hour.
  static const PriceBook kBook{kOnDemand, 80000, 50000, 5000};
  return kBook;
}

}  // namespace holdfast::core
