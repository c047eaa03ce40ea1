// costs: what one managed instance cost, and what it would have cost on demand. Reading only.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <iostream>

#include "cli/parts.h"
#include "cli/table.h"

namespace holdfast::cli {
namespace json = boost::json;
namespace {

struct CostOptions : Options {
  std::string word;
  std::string from;
  std::string to;
  std::string by = "day";
};

double number(const json::value& value) {
  return value.is_double() ? value.get_double() : static_cast<double>(value.is_int64() ? value.get_int64() : 0);
}

std::string money(const json::value& of, std::string_view path) {
  const json::value& value = at(of, path);
  return value.is_null() ? "unknown" : fmt::format("{:.4f}", number(value));
}

std::string percent(const json::value& of) {
  const json::value& value = at(of, "savings.value");
  return value.is_null() ? "unknown" : fmt::format("{:.1f} %", number(value));
}

std::vector<std::string> row_of(const std::string& name, const json::value& of) {
  return {name,
          fmt::format("{:.2f}", number(at(of, "running.value"))),
          money(of, "costs.actual"),
          money(of, "costs.potential"),
          percent(of),
          money(of, "storage.cost"),
          money(of, "snapshots.cost"),
          money(of, "addresses.cost"),
          money(of, "total")};
}

std::string table_of(const json::value& item, const CostOptions& options, const Terminal& terminal) {
  std::string text = fmt::format("{} ({}), {} to {}, in USD\n", printable(text_at(item, "name")), text_at(item, "id"),
                                 text_at(item, "fromDate"), text_at(item, "toDate"));
  Table table({options.by == "day" ? "DAY" : "MONTH", "HOURS", "ACTUAL", "ON DEMAND", "SAVED", "STORAGE", "SNAPSHOTS",
               "ADDRESSES", "TOTAL"});
  for (const json::value& part : list_at(item, "byPeriod")) {
    table.add(row_of(text_at(part, "fromDate").substr(0, options.by == "day" ? 10 : 7), part));
  }
  table.add(row_of("all", item));
  text += table.text(terminal.width, terminal.colour);
  Table markets({"LIFE CYCLE", "TYPE", "ZONE", "HOURS", "ACTUAL", "ON DEMAND"});
  for (const json::value& market : list_at(item, "markets")) {
    markets.add({text_at(market, "lifeCycle"), text_at(market, "instanceType"), text_at(market, "availabilityZone"),
                 fmt::format("{:.2f}", number(at(market, "hours"))), money(market, "actual"),
                 money(market, "potential")});
  }
  if (!markets.empty()) text += "\n" + markets.text(terminal.width, terminal.colour);
  for (const json::value& note : list_at(item, "notes")) {
    if (note.is_string()) text += "Note: " + printable(std::string(note.get_string())) + "\n";
  }
  return text;
}

Result<int> show_costs(Session& session, const CostOptions& options) {
  HF_TRY(std::string id, session.find(options.word));
  std::string path =
      fmt::format("{}/{}/costs?aggregationPeriod={}", kManagedInstances, escaped(id), escaped(options.by));
  if (!options.from.empty()) path += "&fromDate=" + escaped(options.from);
  if (!options.to.empty()) path += "&toDate=" + escaped(options.to);
  HF_TRY(json::value item, only_item(session.api().call({"GET", path, {}})));
  Terminal& terminal = session.terminal();
  terminal.out << (session.format() == Format::table ? table_of(item, options, terminal)
                                                     : written(item, session.format()));
  return kOk;
}

}  // namespace

void add_costs(CLI::App& app, Run& run) {
  auto options = std::make_shared<CostOptions>();  // shared with the callback, which outlives this function
  CLI::App* command =
      app.add_subcommand("costs", "What one cost, what it would have cost on demand, and what it saved");
  command->add_option("ID", options->word, "Id or name")->required();
  command->add_option("--from", options->from, "From this day or moment, UTC (the first of this month)")
      ->type_name("DATE");
  command->add_option("--to", options->to, "To the end of this day, or to this moment (now)")->type_name("DATE");
  command->add_option("--by", options->by, "day or month (day)")
      ->check(CLI::IsMember({"day", "month"}))
      ->type_name("PERIOD");
  add_format(*command, *options);
  add_connection(*command, *options);
  add_examples(*command,
               "  holdfast costs postgres\n  holdfast costs postgres --from 2026-10-01 --to 2026-12-31 --by month\n\n"
               "Parts add up to their whole to the last digit; what is not known is said so, and not counted as 0.");
  command->callback(
      [options, &run] { run_in_session(*options, run, [&](Session& s) { return show_costs(s, *options); }); });
}

}  // namespace holdfast::cli
