// get, describe, events: reading only.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <iostream>
#include <thread>

#include "base/text.h"
#include "cli/describe.h"
#include "cli/parts.h"
#include "cli/table.h"
#include "cli/wait.h"

namespace holdfast::cli {
namespace json = boost::json;
namespace {

constexpr int kPage = 1000;
constexpr int kMaxPages = 10'000;
constexpr size_t kLastEvents = 10;
constexpr auto kBeforeReconnect = std::chrono::milliseconds(500);
constexpr auto kServiceAwayFor = std::chrono::minutes(10);  // then it is given up

struct ShowOptions : Options {
  std::string word;
  bool document = false;
  bool follow = false;
  std::string kinds;
  int64_t after = 0;
};

std::string address_of(const json::value& status) {
  std::string address = text_at(status, "privateIp");
  return address.empty() ? text_at(status, "interface.ip") : address;
}

struct Column {
  const char* title;
  std::string (*cell)(const json::value& status);
  bool wide = false;  // shown with -o wide only
};

const Column kColumns[] = {
    {"ID", [](const json::value& s) { return text_at(s, "id"); }},
    {"NAME", [](const json::value& s) { return text_at(s, "name"); }},
    {"STATUS", [](const json::value& s) { return text_at(s, "status"); }},
    {"WANTED", [](const json::value& s) { return text_at(s, "goal"); }, true},
    {"PHASE", [](const json::value& s) { return text_at(s, "phase") == "none" ? "" : text_at(s, "phase"); }},
    {"GEN", [](const json::value& s) { return text_at(s, "generation"); }},
    {"INSTANCE", [](const json::value& s) { return text_at(s, "instanceId"); }},
    {"TYPE", [](const json::value& s) { return text_at(s, "instanceType"); }},
    {"AS", [](const json::value& s) { return text_at(s, "lifeCycle"); }, true},
    {"ZONE", [](const json::value& s) { return text_at(s, "availabilityZone"); }},
    {"ADDRESS", address_of},
    {"PUBLIC", [](const json::value& s) { return text_at(s, "publicIp"); }, true},
    {"IMAGE", [](const json::value& s) { return text_at(s, "imageId"); }, true},
    {"LAUNCHED", [](const json::value& s) { return ago(text_at(s, "launchedAt"), wall_clock()); }},
    {"CREATED", [](const json::value& s) { return ago(text_at(s, "createdAt"), wall_clock()); }, true},
    {"WHY", [](const json::value& s) { return text_at(s, "error"); }, true},
};

std::string table_of(const json::array& statuses, const Terminal& terminal, bool wide) {
  if (statuses.empty()) return "No managed instances. `holdfast apply -f FILE` makes one.\n";
  auto row = [wide](auto cell_of) {
    std::vector<std::string> cells;
    for (const Column& column : kColumns) {
      if (wide || !column.wide) cells.push_back(cell_of(column));
    }
    return cells;
  };
  Table table(row([](const Column& column) { return std::string(column.title); }));
  for (const json::value& one : statuses) table.add(row([&](const Column& column) { return column.cell(one); }));
  return table.text(wide ? 0 : terminal.width, terminal.colour);
}

Result<json::value> document_of(Session& session, const std::string& id) {
  return only_item(session.api().call({"GET", fmt::format("{}/{}", kManagedInstances, escaped(id)), {}}));
}

Result<int> show_document(Session& session, const std::string& word) {
  HF_TRY(std::string id, session.find(word));
  HF_TRY(json::value document, document_of(session, id));
  session.terminal().out << (session.format() == Format::json ? pretty_json(document) : to_yaml_document(document));
  return kOk;
}

Result<int> get(Session& session, const ShowOptions& options) {
  if (options.document) return show_document(session, options.word);
  json::array statuses;
  if (!options.word.empty()) {
    HF_TRY(std::string id, session.find(options.word));
    HF_TRY(json::value status, session.status(id));
    statuses.push_back(std::move(status));
  } else {
    HF_TRY(json::array all, session.api().call({"GET", kManagedInstances, {}}));
    for (const json::value& one : all) {
      Result<json::value> status = session.status(text_at(one, "id"));
      if (!status && status.error().kind == ErrorKind::not_found) continue;  // it went in between
      HF_TRY(json::value known, std::move(status));
      statuses.push_back(std::move(known));
    }
  }
  Terminal& terminal = session.terminal();
  terminal.out << (session.format() == Format::table ? table_of(statuses, terminal, session.wide())
                                                     : written(statuses, session.format()));
  return kOk;
}

// Of these kinds, between commas; empty: of all.
Result<json::array> events_after(Session& session, const std::string& id, int64_t after, size_t keep,
                                 const std::string& kinds = {}) {
  const std::string of_kinds = kinds.empty() ? "" : "&kind=" + escaped(kinds);
  json::array all;
  for (int page = 0; page < kMaxPages; ++page) {
    HF_TRY(json::array events, session.api().call({"GET",
                                                   fmt::format("{}/{}/events?after={}&limit={}{}", kManagedInstances,
                                                               escaped(id), after, kPage, of_kinds),
                                                   {}}));
    for (json::value& event : events) all.push_back(std::move(event));
    if (all.size() > keep) all.erase(all.begin(), all.end() - static_cast<ptrdiff_t>(keep));
    if (events.size() < kPage) break;
    after = number_at(all.back(), "sequence");
  }
  return all;
}

Result<int> describe_one(Session& session, const ShowOptions& options) {
  HF_TRY(std::string id, session.find(options.word));
  HF_TRY(json::value status, session.status(id));
  HF_TRY(json::value document, document_of(session, id));
  HF_TRY(json::array events, events_after(session, id, 0, kLastEvents));
  Terminal& terminal = session.terminal();
  if (session.format() == Format::table) {
    terminal.out << description({document, status, events}, terminal, wall_clock());
  } else {
    json::object whole{{"document", document}, {"status", status}, {"events", events}};
    terminal.out << written(whole, session.format());
  }
  return kOk;
}

void print_event(Session& session, const json::value& event) {
  std::ostream& out = session.terminal().out;
  if (session.format() == Format::json) {
    out << json::serialize(event) << std::endl;
  } else if (session.format() == Format::yaml) {
    out << to_yaml(json::array{event}) << std::flush;
  } else {
    std::string phases = phases_of(event);
    out << fmt::format("{:>6}  {}  {:<22} {}{}", number_at(event, "sequence"), text_at(event, "at"),
                       printable(text_at(event, "kind")), printable(text_at(event, "message")),
                       phases.empty() ? "" : " (" + phases + ")")
        << std::endl;
  }
}

// The service may be restarting. Its answer to a question of its own says whether it is worth going on.
Result<void> wait_for_service(Session& session, const std::string& id) {
  const auto give_up = std::chrono::steady_clock::now() + kServiceAwayFor;
  bool told = false;
  while (true) {
    Result<json::value> status = session.status(id);
    if (status) return {};
    ErrorKind kind = status.error().kind;
    bool passing = kind == ErrorKind::unavailable || kind == ErrorKind::unknown_outcome || kind == ErrorKind::throttled;
    if (!passing || !session.terminal().out || std::chrono::steady_clock::now() > give_up)
      return Failure(status.error());
    if (!told) session.terminal().err << "The service does not answer; trying again…" << std::endl;
    told = true;
    std::this_thread::sleep_for(kBeforeReconnect);
  }
}

// Until the managed instance is gone, or the reader has seen enough. A stream that breaks is taken up again after the
// last event that was shown, so that none is left out and none comes twice.
Result<int> follow_events(Session& session, const std::string& id, int64_t after, const std::string& kinds) {
  HF_TRY_VOID(session.status(id));
  while (true) {
    Result<void> stream = session.api().follow({id, after, kinds,
                                                [&](const json::value& event) {
                                                  after = number_at(event, "sequence");
                                                  print_event(session, event);
                                                  return static_cast<bool>(session.terminal().out);
                                                },
                                                [&] { return static_cast<bool>(session.terminal().out); }});
    if (stream) return kOk;
    HF_TRY_VOID(wait_for_service(session, id));
    std::this_thread::sleep_for(kBeforeReconnect);
  }
}

Result<int> show_events(Session& session, const ShowOptions& options) {
  HF_TRY(std::string id, session.find(options.word));
  if (options.follow) return follow_events(session, id, options.after, options.kinds);
  HF_TRY(json::array events, events_after(session, id, options.after, SIZE_MAX, options.kinds));
  if (session.format() != Format::table) {
    session.terminal().out << written(events, session.format());
    return kOk;
  }
  for (const json::value& event : events) print_event(session, event);
  return kOk;
}

// A fault's text, or nothing: as CLI11 wants it of a check.
std::string check_number(const std::string& text) {
  std::optional<int64_t> number = parse_int(text);
  return number && *number >= 0 ? "" : fmt::format("'{}' is no number of an event: give a whole number from 0", text);
}

}  // namespace

void add_show(CLI::App& app, Run& run) {
  // Shared with the callbacks, which outlive this function.
  auto got = std::make_shared<ShowOptions>();
  CLI::App* command = app.add_subcommand("get", "List managed instances, or show one");
  CLI::Option* word = command->add_option("ID", got->word, "Id or name");
  command->add_flag("--document", got->document, "The document as it was applied, to edit and apply again")
      ->needs(word);
  add_wide_format(*command, *got);
  add_connection(*command, *got);
  add_examples(*command,
               "  holdfast get\n  holdfast get -o wide\n  holdfast get postgres -o json\n"
               "  holdfast get postgres --document > postgres.yaml");
  command->callback([got, &run] { run_in_session(*got, run, [&](Session& s) { return get(s, *got); }); });

  auto described = std::make_shared<ShowOptions>();
  command = app.add_subcommand("describe", "All about one: status and why, copies, what is under way, what comes");
  command->add_option("ID", described->word, "Id or name")->required();
  add_format(*command, *described);
  add_connection(*command, *described);
  add_examples(*command, "  holdfast describe postgres");
  command->callback(
      [described, &run] { run_in_session(*described, run, [&](Session& s) { return describe_one(s, *described); }); });

  auto events = std::make_shared<ShowOptions>();
  command = app.add_subcommand("events", "The history of one: what happened, when, and why");
  command->add_option("ID", events->word, "Id or name")->required();
  command->add_flag("-f,--follow", events->follow, "Go on as things happen");
  command->add_option("--kind", events->kinds, "Only these kinds: interruption_noticed,launched,replaced,…")
      ->type_name("KIND,…");
  command->add_option("--after", events->after, "Only events after this number")->check(check_number)->type_name("N");
  add_format(*command, *events);
  add_connection(*command, *events);
  add_examples(*command,
               "  holdfast events postgres\n  holdfast events postgres --follow -o json\n"
               "  holdfast events postgres --kind interruption_noticed,replaced");
  command->callback(
      [events, &run] { run_in_session(*events, run, [&](Session& s) { return show_events(s, *events); }); });
}

}  // namespace holdfast::cli
