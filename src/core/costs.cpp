#include "core/costs.h"

#include <algorithm>
#include <set>
#include <tuple>

namespace holdfast::core {

using model::LifeCycle;

namespace {

constexpr int64_t kHour = 3600;
constexpr int64_t kMonthOfStorage = 30 * 24 * kHour;
constexpr int64_t kLeastBilled = 60;

int64_t seconds_of(Time time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

Time time_of(int64_t seconds) {
  return Time(std::chrono::seconds(seconds));
}

// The price of so much of something that costs `price` for `unit` of it.
Micros part(Micros price, int64_t amount, int64_t unit) {
  return (price * amount + unit / 2) / unit;
}

void add(Sum& sum, Sum more) {
  sum = sum && more ? Sum(*sum + *more) : std::nullopt;
}

// A stretch of time within one day, in whole seconds.
struct Stretch {
  int64_t from = 0;
  int64_t to = 0;
  int64_t length() const { return to - from; }
};

int64_t begin_of(By by, int64_t second) {
  const auto day = std::chrono::floor<std::chrono::days>(std::chrono::sys_seconds(std::chrono::seconds(second)));
  if (by == By::day) return std::chrono::sys_seconds(day).time_since_epoch().count();
  const std::chrono::year_month_day date(day);
  return std::chrono::sys_seconds(std::chrono::sys_days(date.year() / date.month() / 1)).time_since_epoch().count();
}

int64_t end_of(By by, int64_t second) {
  const int64_t begin = begin_of(by, second);
  return by == By::day ? begin + 24 * kHour : begin_of(By::month, begin + 32 * 24 * kHour);
}

std::vector<Stretch> days_of(const Held& held, const Period& period) {
  int64_t from = seconds_of(held.from), to = seconds_of(held.to);
  if (held.what == Held::What::instance) to = std::max(to, from + kLeastBilled);
  from = std::max(from, seconds_of(period.from));
  to = std::min(to, seconds_of(period.to));
  std::vector<Stretch> days;
  while (from < to) {
    const int64_t next = std::min(to, end_of(By::day, from));
    days.push_back({from, next});
    from = next;
  }
  return days;
}

class Reckoning {
 public:
  explicit Reckoning(const CostQuestion& question) : question_(question) { report_.whole.period = question.period; }

  CostReport run() {
    for (const Held& held : question_.held) {
      for (const Stretch& day : days_of(held, question_.period)) reckon(held, day);
    }
    for (auto& [begin, costs] : parts_) report_.parts.push_back(std::move(costs));
    report_.notes.assign(notes_.begin(), notes_.end());
    return std::move(report_);
  }

 private:
  void reckon(const Held& held, const Stretch& day) {
    switch (held.what) {
      case Held::What::instance:
        return run_of(held, day);
      case Held::What::volume:
        return space_of(held, day, &Costs::volumes, question_.book.volume_gib_month);
      case Held::What::snapshot:
        return space_of(held, day, &Costs::snapshots, question_.book.snapshot_gib_month);
      case Held::What::address: {
        const Micros cost = part(question_.book.address_hour, day.length(), kHour);
        each(day, [&](Costs& costs) {
          costs.addresses.gib_seconds += day.length();
          add(costs.addresses.cost, cost);
        });
      }
    }
  }

  void space_of(const Held& held, const Stretch& day, CostOfHeld Costs::*where, Micros gib_month) {
    if (held.gib == 0) note("the size of " + held.id + " was never seen: its cost is not known");
    const int64_t amount = held.gib * day.length();
    const Sum cost = held.gib == 0 ? Sum() : Sum(part(gib_month, amount, kMonthOfStorage));
    each(day, [&](Costs& costs) {
      (costs.*where).gib_seconds += amount;
      add((costs.*where).cost, cost);
    });
  }

  void run_of(const Held& held, const Stretch& day) {
    const Sum list = on_demand(held, day);
    const Sum actual = held.life_cycle == LifeCycle::spot ? at_spot_prices(held, day) : list;
    each(day, [&](Costs& costs) {
      costs.seconds += day.length();
      add(costs.actual, actual);
      add(costs.potential, list);
      CostOfMarket& market = market_in(costs, held);
      market.seconds += day.length();
      add(market.actual, actual);
      add(market.potential, list);
    });
  }

  Sum on_demand(const Held& held, const Stretch& day) {
    auto price = question_.book.on_demand_hour.find(held.instance_type);
    if (price != question_.book.on_demand_hour.end()) return part(price->second, day.length(), kHour);
    note("the on-demand price of " + held.instance_type + " is not in the price book");
    return std::nullopt;
  }

  // Each price for as long as it was in force.
  Sum at_spot_prices(const Held& held, const Stretch& day) {
    auto known = question_.spot.find({held.instance_type, held.zone});
    const std::vector<PricePoint> none;
    const std::vector<PricePoint>& points = known == question_.spot.end() ? none : known->second;
    if (points.empty() || seconds_of(points.front().since) > day.from) {
      note("the cloud does not tell the spot price of " + held.instance_type + " in " + held.zone + " of " +
           to_iso(time_of(day.from)).substr(0, 10));
      return std::nullopt;
    }
    Micros sum = 0;
    for (size_t i = 0; i < points.size(); ++i) {
      const int64_t from = std::max(day.from, seconds_of(points[i].since));
      const int64_t to = i + 1 < points.size() ? std::min(day.to, seconds_of(points[i + 1].since)) : day.to;
      if (from < to) sum += part(points[i].an_hour, to - from, kHour);
    }
    return sum;
  }

  static CostOfMarket& market_in(Costs& costs, const Held& held) {
    auto key = [](const auto& of) { return std::tie(of.life_cycle, of.instance_type, of.zone); };
    auto at = std::lower_bound(costs.markets.begin(), costs.markets.end(), held,
                               [&](const CostOfMarket& a, const Held& b) { return key(a) < key(b); });
    if (at != costs.markets.end() && key(*at) == key(held)) return *at;
    CostOfMarket market;
    market.life_cycle = held.life_cycle;
    market.instance_type = held.instance_type;
    market.zone = held.zone;
    return *costs.markets.insert(at, market);
  }

  // The whole, and the day or month that it belongs to.
  template <class F>
  void each(const Stretch& day, F&& apply) {
    apply(report_.whole);
    const int64_t begin = begin_of(question_.by, day.from);
    auto [at, added] = parts_.try_emplace(begin);
    if (added) {
      at->second.period = {std::max(time_of(begin), question_.period.from),
                           std::min(time_of(end_of(question_.by, begin)), question_.period.to)};
    }
    apply(at->second);
  }

  void note(std::string text) { notes_.insert(std::move(text)); }

  const CostQuestion& question_;
  CostReport report_;
  std::map<int64_t, Costs> parts_;
  std::set<std::string> notes_;
};

}  // namespace

Sum Costs::total() const {
  Sum sum = 0;
  for (const Sum& one : {actual, volumes.cost, snapshots.cost, addresses.cost}) add(sum, one);
  return sum;
}

CostReport costs_of(const CostQuestion& question) {
  return Reckoning(question).run();
}

std::map<SpotMarket, Period> spot_markets_of(const std::vector<Held>& held, const Period& period) {
  std::map<SpotMarket, Period> markets;
  for (const Held& one : held) {
    if (one.what != Held::What::instance || one.life_cycle != LifeCycle::spot) continue;
    const std::vector<Stretch> days = days_of(one, period);
    if (days.empty()) continue;
    const Period ran{time_of(days.front().from), time_of(days.back().to)};
    auto [at, added] = markets.try_emplace({one.instance_type, one.zone}, ran);
    at->second = {std::min(at->second.from, ran.from), std::max(at->second.to, ran.to)};
  }
  return markets;
}

}  // namespace holdfast::core
