// token …, audit: who may use the service, and who did what.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <iostream>
#include <set>

#include "base/text.h"
#include "cli/parts.h"
#include "cli/table.h"

namespace holdfast::cli {
namespace json = boost::json;
namespace {

constexpr int kMostShown = 1000;

struct TokenOptions : Options {
  std::string name;
  std::string role;
  std::string expires;
};

struct AuditOptions : Options {
  int limit = 50;
  int64_t before = 0;
};

// "30d", "12h", "45m", "90s": whole seconds.
Result<int64_t> seconds_of(const std::string& text) {
  constexpr int64_t kMost = 10 * 365 * 86400LL;
  const std::string_view units = "smhd";
  const int64_t lengths[] = {1, 60, 3600, 86400};
  const size_t unit = text.empty() ? std::string::npos : units.find(text.back());
  const auto number = unit == std::string::npos ? std::nullopt : parse_int(text.substr(0, text.size() - 1));
  if (number && *number >= 1 && *number <= kMost / lengths[unit]) return *number * lengths[unit];
  return fail(
      ErrorKind::invalid, "Usage",
      fmt::format("'{}' is no length of time up to ten years: write 30d, 12h, 45m or 90s", holdfast::quoted(text)),
      "--expires");
}

Result<int> create(Session& session, const TokenOptions& options) {
  json::object token{{"name", options.name}, {"role", options.role}};
  if (!options.expires.empty()) {
    HF_TRY(const int64_t seconds, seconds_of(options.expires));
    token["expiresInSeconds"] = seconds;
  }
  HF_TRY(json::value made,
         only_item(session.api().call({"POST", "/token", json::serialize(json::object{{"token", std::move(token)}})})));
  Terminal& terminal = session.terminal();
  if (session.format() != Format::table) {
    terminal.out << written(made, session.format());
    return kOk;
  }
  terminal.err << fmt::format(
      "The token '{}' ({}){}. It is shown this once:\n", options.name, options.role,
      text_at(made, "expiresAt").empty() ? "" : " is valid until " + text_at(made, "expiresAt"));
  terminal.out << text_at(made, "secret") << "\n";
  return kOk;
}

Result<int> list(Session& session) {
  HF_TRY(json::array items, session.api().call({"GET", "/token", {}}));
  Terminal& terminal = session.terminal();
  if (session.format() != Format::table) {
    terminal.out << written(items, session.format());
    return kOk;
  }
  Table table({"NAME", "ROLE", "CREATED", "BY", "EXPIRES", "LAST USED"});
  for (const json::value& one : items) {
    const std::string used = text_at(one, "lastUsedAt"), expires = text_at(one, "expiresAt");
    table.add({text_at(one, "name"), text_at(one, "role"), ago(text_at(one, "createdAt"), wall_clock()),
               text_at(one, "createdBy"), expires.empty() ? "never" : ago(expires, wall_clock()),
               used.empty() ? "never" : ago(used, wall_clock())});
  }
  terminal.out << (table.empty() ? "No tokens but the service's own.\n" : table.text(terminal.width, terminal.colour));
  return kOk;
}

Result<int> revoke(Session& session, const TokenOptions& options) {
  HF_TRY_VOID(session.api().call({"DELETE", "/token/" + escaped(options.name), {}}));
  session.terminal().out << fmt::format("The token '{}' is refused from now on.\n", printable(options.name));
  return kOk;
}

// An "asked" stands for itself only where nothing came of it.
std::string table_of(const json::array& items, const Terminal& terminal) {
  std::set<int64_t> answered;
  for (const json::value& one : items) {
    if (text_at(one, "kind") == "done") answered.insert(number_at(one, "asked"));
  }
  Table table({"ENTRY", "AT", "WHO", "ROLE", "FROM", "CALL", "STATUS", "CHANGED"});
  for (const json::value& one : items) {
    const std::string kind = text_at(one, "kind");
    if (kind == "asked" && answered.contains(number_at(one, "sequence"))) continue;
    std::string status = text_at(one, "status");
    if (kind == "asked") status = "no outcome";
    if (kind == "cut") status = text_at(one, "note");
    std::vector<std::string> changed;
    for (const json::value& change : list_at(one, "changes")) changed.push_back(text_at(change, "id"));
    table.add({text_at(one, "sequence"), text_at(one, "at"), text_at(one, "token"), text_at(one, "role"),
               text_at(one, "from"), text_at(one, "method") + " " + text_at(one, "path"), status, join(changed, " ")});
  }
  return table.empty() ? "Nothing was asked yet.\n" : table.text(terminal.width, terminal.colour);
}

Result<int> show_log(Session& session, const AuditOptions& options) {
  std::string path = fmt::format("/audit?limit={}", options.limit);
  if (options.before > 0) path += fmt::format("&before={}", options.before);
  HF_TRY(json::array items, session.api().call({"GET", path, {}}));
  Terminal& terminal = session.terminal();
  terminal.out << (session.format() == Format::table ? table_of(items, terminal) : written(items, session.format()));
  return kOk;
}

CLI::App* add_command(CLI::App& parent, Run& run, const std::string& name, const std::string& help,
                      const std::shared_ptr<TokenOptions>& options,
                      Result<int> (*work)(Session&, const TokenOptions&)) {
  CLI::App* command = parent.add_subcommand(name, help);
  add_connection(*command, *options);
  command->callback(
      [options, work, &run] { run_in_session(*options, run, [&](Session& s) { return work(s, *options); }); });
  return command;
}

void add_token(CLI::App& app, Run& run) {
  CLI::App* token =
      app.add_subcommand("token", "Who may use the service: make, list and revoke tokens")->require_subcommand(1);
  // Shared with the callbacks, which outlive this function.
  auto made = std::make_shared<TokenOptions>();
  CLI::App* command = add_command(*token, run, "create", "Make a token, and show it this once", made, create);
  command->add_option("NAME", made->name, "What it is called: letters, digits, '-', '_' and '.'")->required();
  command->add_option("--role", made->role, "viewer (reads), operator (and changes), admin (and erases, tokens, audit)")
      ->required()
      ->check(CLI::IsMember({"viewer", "operator", "admin"}))
      ->type_name("ROLE");
  command->add_option("--expires", made->expires, "Valid for so long: 30d, 12h, 45m, 90s (for ever)")
      ->type_name("TIME");
  add_format(*command, *made);
  add_examples(*command,
               "  holdfast token create ci --role operator --expires 30d >ci.token\n"
               "  holdfast get --token-file ci.token");
  auto listed = std::make_shared<TokenOptions>();
  command = add_command(*token, run, "list", "All tokens, and when each was last used", listed,
                        [](Session& s, const TokenOptions&) { return list(s); });
  add_format(*command, *listed);
  auto gone = std::make_shared<TokenOptions>();
  command = add_command(*token, run, "revoke", "Refuse a token from now on", gone, revoke);
  command->add_option("NAME", gone->name, "As `holdfast token list` shows it")->required();
}

void add_audit(CLI::App& app, Run& run) {
  CLI::App* audit = app.add_subcommand("audit", "Who did what: changes asked for, and what came of them");
  auto options = std::make_shared<AuditOptions>();
  audit->add_option("--limit", options->limit, "The newest so many entries (50); a change has two")
      ->check(CLI::Range(1, kMostShown))
      ->type_name("N");
  audit->add_option("--before", options->before, "Of those before this entry")
      ->check(CLI::Range(int64_t(1), INT64_MAX))
      ->type_name("ENTRY");
  add_format(*audit, *options);
  add_connection(*audit, *options);
  add_examples(*audit, "  holdfast audit\n  holdfast audit --limit 1000 -o json\n  holdfast audit verify");
  audit->callback([options, audit, &run] {
    if (!audit->get_subcommands().empty()) return;
    run_in_session(*options, run, [&](Session& s) { return show_log(s, *options); });
  });
}

}  // namespace

void add_access(CLI::App& app, Run& run) {
  add_token(app, run);
  add_audit(app, run);
}

}  // namespace holdfast::cli
