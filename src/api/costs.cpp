#include "api/costs.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <cmath>

#include "api/requests.h"
#include "core/costs.h"
#include "core/holdings.h"
#include "core/price_book.h"
#include "model/names.h"

namespace holdfast::api {
namespace json = boost::json;
using core::Costs;
using core::Period;
namespace {

constexpr int kPage = 1000;
constexpr int kMostPages = 1000;
constexpr auto kLongest = std::chrono::days(400);
constexpr auto kCreationLag = std::chrono::minutes(1);

struct Wish {
  Period period;
  core::By by = core::By::day;
};

// A day, "2026-11-30", or a moment. `end`: a day is meant to its end.
std::optional<Time> moment_of(const std::string& text, bool end) {
  if (auto moment = from_iso(text)) return moment;
  if (text.size() != 10) return std::nullopt;
  auto day = from_iso(text + "T00:00:00Z");
  return day && end ? std::optional(*day + std::chrono::hours(24)) : day;
}

Time month_of(Time now) {
  const std::chrono::year_month_day date(std::chrono::floor<std::chrono::days>(now));
  return std::chrono::sys_days(date.year() / date.month() / 1);
}

model::Checked<Wish> wish_in(const http::Request& request, Time now) {
  auto checked = check_query(request, {"fromDate", "toDate", "aggregationPeriod"});
  model::Faults faults;
  if (!checked) faults = checked.error();
  auto fault = [&](const char* field, std::string message) {
    faults.errors.push_back({ErrorKind::invalid, "InvalidField", std::move(message), field});
  };
  Wish wish{{month_of(now), now}};
  auto read = [&](const char* name, bool end, Time& into) {
    const auto text = request.query_value(name);
    if (!text) return;
    const auto moment = moment_of(*text, end);
    if (!moment) return fault(name, "must be a day (2026-11-30) or a moment (2026-11-30T12:00:00Z), UTC.");
    into = *moment;
  };
  read("fromDate", false, wish.period.from);
  read("toDate", true, wish.period.to);
  const std::string by = request.query_value("aggregationPeriod").value_or("day");
  if (by == "month" || by == "monthly") {
    wish.by = core::By::month;
  } else if (by != "day" && by != "daily") {
    fault("aggregationPeriod", "must be day or month.");
  }
  if (faults.errors.empty() && wish.period.from > wish.period.to) fault("fromDate", "is after toDate.");
  if (faults.errors.empty() && wish.period.to - wish.period.from > kLongest) {
    fault("fromDate", "is more than 400 days before toDate: ask in portions.");
  }
  if (!faults.errors.empty()) return tl::unexpected(std::move(faults));
  return wish;
}

Result<std::vector<model::Record>> holdings(engine::Engine& engine, const ManagedInstanceId& id, Time until) {
  std::vector<model::Record> all;
  engine::RecordQuery query{id, 0, kPage};
  query.kinds = {core::kHoldings};
  for (int page = 0; page < kMostPages; ++page) {
    HF_TRY(auto stored, engine.records(query));
    for (auto& one : stored) {
      query.after = one.sequence;
      if (one.record.at >= until) return all;
      all.push_back(std::move(one.record));
    }
    if (static_cast<int>(stored.size()) < kPage) return all;
  }
  return fail(ErrorKind::unavailable, "TooMuchHistory", "its history is too long to be summed up");
}

// Prices that the cloud does not tell now are told as unknown, with what it said.
core::SpotPrices prices_for(engine::Engine& engine, const std::vector<core::Held>& held, const Period& period,
                            std::vector<std::string>& notes) {
  core::SpotPrices prices;
  for (const auto& [market, ran] : core::spot_markets_of(held, period)) {
    auto points = engine.spot_prices(market, ran);
    if (points) {
      prices[market] = std::move(*points);
    } else {
      notes.push_back(fmt::format("the spot prices of {} in {} could not be asked for: {}", market.instance_type,
                                  market.zone, describe(points.error())));
    }
  }
  return prices;
}

json::value dollars(core::Sum sum) {
  return sum ? json::value(static_cast<double>(*sum) / 1e6) : json::value(nullptr);
}

double hours(int64_t seconds) {
  return std::round(static_cast<double>(seconds) / 3600.0 * 1e4) / 1e4;
}

json::value savings(core::Sum actual, core::Sum potential) {
  if (!actual || !potential) return nullptr;
  if (*potential == 0) return 0.0;
  const double share = 1.0 - static_cast<double>(*actual) / static_cast<double>(*potential);
  return std::round(share * 1e4) / 1e2;
}

json::object held_item(const core::CostOfHeld& held, const char* unit) {
  return {{unit, hours(held.gib_seconds)}, {"cost", dollars(held.cost)}};
}

json::object item_of(const Costs& costs) {
  json::array markets;
  for (const core::CostOfMarket& market : costs.markets) {
    markets.push_back({{"lifeCycle", to_string(market.life_cycle)},
                       {"instanceType", market.instance_type},
                       {"availabilityZone", market.zone},
                       {"hours", hours(market.seconds)},
                       {"actual", dollars(market.actual)},
                       {"potential", dollars(market.potential)}});
  }
  return {{"fromDate", to_iso(costs.period.from)},
          {"toDate", to_iso(costs.period.to)},
          {"costs", {{"actual", dollars(costs.actual)}, {"potential", dollars(costs.potential)}}},
          {"running", {{"unit", "hours"}, {"value", hours(costs.seconds)}}},
          {"savings", {{"unit", "percent"}, {"value", savings(costs.actual, costs.potential)}}},
          {"markets", std::move(markets)},
          {"storage", held_item(costs.volumes, "gibHours")},
          {"snapshots", held_item(costs.snapshots, "gibHours")},
          {"addresses", held_item(costs.addresses, "hours")},
          {"total", dollars(costs.total())}};
}

// From an earlier version, which did not note what was held: of that time nothing is told, rather than too little.
void leave_out_unknown(const engine::View& view, const std::vector<model::Record>& records, core::CostReport& report) {
  const bool known = !records.empty() && records.front().at <= view.created_at + kCreationLag;
  const Time since = records.empty() ? report.whole.period.to : records.front().at;
  if (known || view.created_at >= report.whole.period.to || report.whole.period.from >= since) return;
  auto forget = [&](Costs& costs) {
    if (costs.period.from >= since) return;
    costs.actual = costs.potential = costs.volumes.cost = costs.snapshots.cost = costs.addresses.cost = std::nullopt;
  };
  forget(report.whole);
  for (Costs& part : report.parts) forget(part);
  report.notes.push_back("what was held before " + to_iso(since) + " was not noted");
}

}  // namespace

http::Response answer_costs(engine::Engine& engine, const Asked& asked, const http::Request& request,
                            const engine::View& view) {
  auto wish = wish_in(request, asked.at);
  if (!wish) return answer_errors(asked, 400, wish.error().errors);
  auto records = holdings(engine, view.id, wish->period.to);
  if (!records) return answer_error(asked, records.error());
  const std::vector<core::Held> held = core::held_of(*records, std::min(asked.at, wish->period.to));
  std::vector<std::string> notes;
  const core::SpotPrices prices = prices_for(engine, held, wish->period, notes);
  core::CostReport report = core::costs_of({wish->period, wish->by, held, prices, core::list_prices()});
  leave_out_unknown(view, *records, report);

  json::object item = item_of(report.whole);
  item["id"] = view.id.str();
  item["name"] = view.spec.name;
  item["currency"] = "USD";
  json::array parts;
  for (const Costs& part : report.parts) parts.push_back(item_of(part));
  item["aggregationPeriod"] = wish->by == core::By::day ? "day" : "month";
  item["byPeriod"] = std::move(parts);
  json::array told;
  for (const std::string& note : notes) told.emplace_back(note);
  for (const std::string& note : report.notes) told.emplace_back(note);
  if (report.whole.snapshots.gib_seconds > 0) {
    told.emplace_back("snapshots count with the size of their volume: the cloud bills less, only changed blocks");
  }
  item["notes"] = std::move(told);
  return answer_items(asked, "aws:ec2:managedInstance:costs", {std::move(item)});
}

}  // namespace holdfast::api
