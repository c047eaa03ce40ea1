// history, why: what became of one managed instance, and why it is where it is. Reading only.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <iostream>

#include "base/text.h"
#include "cli/parts.h"
#include "cli/table.h"

namespace holdfast::cli {
namespace json = boost::json;
namespace {

constexpr int kMostShown = 1000;

struct HistoryOptions : Options {
  std::string word;
  int limit = 20;
};

std::string duration_at(const json::value& value, std::string_view path) {
  return at(value, path).is_int64() ? to_words(Duration(number_at(value, path))) : "";
}

std::string market_at(const json::value& item, const std::string& path) {
  if (!at(item, path).is_object()) return "";
  return fmt::format("{} {} {}", text_at(item, path + ".lifeCycle"), text_at(item, path + ".instanceType"),
                     text_at(item, path + ".availabilityZone"));
}

std::string phases_text(const json::value& item) {
  std::vector<std::string> parts;
  for (const json::value& phase : list_at(item, "phases")) {
    parts.push_back(text_at(phase, "phase") + " " + duration_at(phase, "durationMilliseconds"));
  }
  return join(parts, ", ");
}

std::string table_of(const json::array& items, const Terminal& terminal) {
  if (items.empty()) return "No handover has ended yet. `holdfast why ID` tells what it waits for.\n";
  Table table({"ENDED", "OUTCOME", "REASON", "GEN", "TOOK", "BEFORE", "AFTER", "PHASES"});
  for (const json::value& item : items) {
    table.add({ago(text_at(item, "endedAt"), wall_clock()), text_at(item, "outcome"),
               text_at(item, "reason") + (text_at(item, "scheduled") == "true" ? " (scheduled)" : ""),
               text_at(item, "generation"), duration_at(item, "durationMilliseconds"), market_at(item, "marketBefore"),
               market_at(item, "marketAfter"), phases_text(item)});
  }
  return table.text(terminal.width, terminal.colour);
}

Result<int> show_history(Session& session, const HistoryOptions& options) {
  HF_TRY(std::string id, session.find(options.word));
  const std::string path = fmt::format("{}/{}/history?limit={}", kManagedInstances, escaped(id), options.limit);
  HF_TRY(json::array items, session.api().call({"GET", path, {}}));
  Terminal& terminal = session.terminal();
  terminal.out << (session.format() == Format::table ? table_of(items, terminal) : written(items, session.format()));
  return kOk;
}

std::string moment(const std::string& iso) {
  return fmt::format("{} ({})", ago(iso, wall_clock()), iso);
}

// What the decision to hand over was made of.
std::string seen_by(const json::value& handover) {
  const json::value& instance = at(handover, "data.saw.instance");
  if (!instance.is_object()) return "; there was no instance";
  std::string text = "; it saw instance " + text_at(instance, "id") + " " + text_at(instance, "state") +
                     ", status checks " + text_at(instance, "status_check");
  if (std::string taken = text_at(instance, "notice_deadline"); !taken.empty()) text += ", taken at " + taken;
  if (std::string ill = text_at(instance, "unhealthy_since"); !ill.empty()) text += ", unhealthy since " + ill;
  return text;
}

std::string sentences(const json::value& why) {
  std::string text = fmt::format("{} ({}) is {}: {}\n", printable(text_at(why, "name")), text_at(why, "id"),
                                 text_at(why, "status"), printable(text_at(why, "summary")));
  if (std::string error = text_at(why, "error"); !error.empty()) text += "\nError: " + printable(error, true) + "\n";
  const json::array& waits = list_at(why, "waitsFor");
  if (!waits.empty()) text += "\nIt waits:\n";
  for (const json::value& wait : waits) {
    text += "  - " + printable(text_at(wait, "message"));
    if (std::string since = text_at(wait, "since"); !since.empty()) text += "; since " + moment(since);
    if (std::string until = text_at(wait, "until"); !until.empty()) text += "; until " + moment(until);
    text += "\n";
  }
  const json::array& next = list_at(why, "next");
  if (!next.empty()) text += "\nWhat comes:\n";
  for (const json::value& coming : next) {
    text += "  - " + moment(text_at(coming, "at")) + ": " + printable(text_at(coming, "message")) + "\n";
  }
  if (at(why, "lastDecision").is_object()) {
    text += "\nLast decision: " + printable(text_at(why, "lastDecision.message")) + ", " +
            moment(text_at(why, "lastDecision.at")) + "\n";
  }
  if (at(why, "lastHandover").is_object()) {
    const json::value& handover = at(why, "lastHandover");
    text += "Last handover: " + text_at(handover, "data.reason") + ", " + moment(text_at(handover, "at")) +
            printable(seen_by(handover)) + "\n";
  }
  return text;
}

Result<int> show_why(Session& session, const HistoryOptions& options) {
  HF_TRY(std::string id, session.find(options.word));
  HF_TRY(json::value why,
         only_item(session.api().call({"GET", fmt::format("{}/{}/why", kManagedInstances, escaped(id)), {}})));
  session.terminal().out << (session.format() == Format::table ? sentences(why) : written(why, session.format()));
  return kOk;
}

}  // namespace

void add_history(CLI::App& app, Run& run) {
  // Shared with the callbacks, which outlive this function.
  auto history = std::make_shared<HistoryOptions>();
  CLI::App* command =
      app.add_subcommand("history", "The replacements of one: why, how long each phase took, from where to where");
  command->add_option("ID", history->word, "Id or name")->required();
  command->add_option("--limit", history->limit, "The newest so many (20)")
      ->check(CLI::Range(1, kMostShown))
      ->type_name("N");
  add_format(*command, *history);
  add_connection(*command, *history);
  add_examples(*command, "  holdfast history postgres\n  holdfast history postgres --limit 1000 -o json");
  command->callback(
      [history, &run] { run_in_session(*history, run, [&](Session& s) { return show_history(s, *history); }); });

  auto why = std::make_shared<HistoryOptions>();
  command = app.add_subcommand("why", "Why one is where it is: what it waits for, until when, and what comes");
  command->add_option("ID", why->word, "Id or name")->required();
  add_format(*command, *why);
  add_connection(*command, *why);
  add_examples(*command, "  holdfast why postgres");
  command->callback([why, &run] { run_in_session(*why, run, [&](Session& s) { return show_why(s, *why); }); });
}

}  // namespace holdfast::cli
