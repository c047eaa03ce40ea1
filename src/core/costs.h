// What a managed instance cost: running hours at the price then in force, what the same would have cost on demand,
// storage, snapshots and public addresses; whole and by day or month. Pure integer arithmetic.
//
// Money is in millionths of a US dollar. Every part of a day (one instance at one price, one volume, one snapshot, one
// address) is rounded by itself, half up, and every sum is a sum of such parts: so days add up to their month, and
// parts to their whole, to the last millionth. An instance is billed by the second, for a minute at least; a month of
// storage is 30 days.
//
// What ran and was held when comes from the records of kind kHoldings (holdings.h). Where a price is not known, the sum
// it belongs to is not known either, and a note says so: never a wrong figure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "core/holdings.h"
#include "model/record.h"

namespace holdfast::core {

using Micros = int64_t;  // millionths of a US dollar

// The price of a market from then on.
struct PricePoint {
  Time since{};
  Micros an_hour = 0;
};

struct SpotMarket {
  std::string instance_type;
  std::string zone;
  auto operator<=>(const SpotMarket&) const = default;
};
using SpotPrices = std::map<SpotMarket, std::vector<PricePoint>>;  // each in order of time

struct PriceBook {
  std::map<std::string, Micros> on_demand_hour;  // by instance type
  Micros volume_gib_month = 0;
  Micros snapshot_gib_month = 0;
  Micros address_hour = 0;
};

struct Period {
  Time from{};
  Time to{};
};
enum class By { day, month };

// A sum that may not be known.
using Sum = std::optional<Micros>;

struct CostOfMarket {
  model::LifeCycle life_cycle = model::LifeCycle::spot;
  std::string instance_type;
  std::string zone;
  int64_t seconds = 0;
  Sum actual = 0;
  Sum potential = 0;
};

struct CostOfHeld {
  int64_t gib_seconds = 0;  // of addresses: seconds
  Sum cost = 0;
};

struct Costs {
  Period period;
  int64_t seconds = 0;  // an instance ran
  Sum actual = 0;       // of instances
  Sum potential = 0;    // of the same on demand
  CostOfHeld volumes, snapshots, addresses;
  std::vector<CostOfMarket> markets;  // by life cycle, type, zone
  Sum total() const;                  // actual, volumes, snapshots and addresses
};

struct CostReport {
  Costs whole;
  std::vector<Costs> parts;  // by day or month (UTC), in order; only those in which something was held
  std::vector<std::string> notes;
};

struct CostQuestion {
  Period period;
  By by = By::day;
  const std::vector<Held>& held;  // up to `period.to`
  const SpotPrices& spot;
  const PriceBook& book;
};
CostReport costs_of(const CostQuestion& question);

// Which spot prices a report needs, and for which time.
std::map<SpotMarket, Period> spot_markets_of(const std::vector<Held>& held, const Period& period);

}  // namespace holdfast::core
