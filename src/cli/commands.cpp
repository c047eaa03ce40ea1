#include "cli/commands.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>

#include "base/text.h"
#include "base/version.h"
#include "cli/exit_statuses.h"
#include "cli/parts.h"

namespace holdfast::cli {

void add_connection(CLI::App& command, Options& options) {
  command.add_option("--url", options.url, "The service's address (HOLDFAST_URL; " + std::string(kDefaultUrl) + ")")
      ->type_name("URL");
  command
      .add_option("--token-file", options.token_file,
                  "File with the service's token (HOLDFAST_TOKEN, HOLDFAST_TOKEN_FILE; its data directory's)")
      ->type_name("FILE");
  command
      .add_option("--ca-file", options.ca_file,
                  "File with the certificates that an https address is held to (HOLDFAST_CA_FILE; the system's)")
      ->type_name("FILE");
}

void add_format(CLI::App& command, Options& options) {
  command.add_option("-o,--output", options.format, "table, json or yaml")
      ->check(CLI::IsMember({"table", "json", "yaml"}))
      ->type_name("FORMAT");
}

void add_wide_format(CLI::App& command, Options& options) {
  command.add_option("-o,--output", options.format, "table, wide (more columns, never cut), json or yaml")
      ->check(CLI::IsMember({"table", "wide", "json", "yaml"}))
      ->type_name("FORMAT");
}

void add_wait(CLI::App& command, Options& options, const std::string& what) {
  CLI::Option* wait = command.add_flag("--wait", options.wait, "Stay until " + what + ", telling what happens");
  command.add_option("--timeout", options.timeout_seconds, "Wait at most so many seconds (600)")
      ->check(CLI::Range(1, 7 * 86400))
      ->needs(wait)
      ->type_name("SECONDS");
}

void add_examples(CLI::App& command, const std::string& lines) {
  command.footer("Examples:\n" + lines);
}

void add_client_commands(CLI::App& app, Run& run) {
  app.require_subcommand(1);
  app.set_version_flag("--version", fmt::format("holdfast {}", kVersion), "Print the version and exit");
  std::vector<std::string> statuses;
  for (const ExitMeaning& exit : kExitMeanings)
    statuses.push_back(fmt::format("{} {}", int(exit.status), exit.meaning));
  app.footer("Exit status: " + join(statuses, ", ") +
             ".\n`holdfast COMMAND --help` shows examples, `holdfast man | man -l -` everything.");
  add_apply(app, run);
  add_compare(app, run);
  add_import(app, run);
  add_show(app, run);
  add_history(app, run);
  add_copies(app, run);
  add_group(app, run);
  add_costs(app, run);
  add_actions(app, run);
  add_exec(app, run);
  add_cloud(app, run);
  add_access(app, run);
  add_completion(app, run);
  add_man(app, run);
}

namespace {

// The command that was asked for, as deep as it was recognised: for "see … --help".
std::string words_of(const CLI::App& app) {
  for (const CLI::App* below : app.get_subcommands()) return app.get_name() + " " + words_of(*below);
  return app.get_name();
}

int tell_usage(const CLI::App& app, const CLI::ParseError& error, Terminal& terminal) {
  if (error.get_exit_code() == 0) return app.exit(error, terminal.out, terminal.err) == 0 ? kOk : kUsage;  // --help
  std::string words = words_of(app);
  terminal.err << "holdfast: " << error.what() << "\nSee `" << words << " --help`" << std::endl;
  return kUsage;
}

}  // namespace

int parse_and_run(CLI::App& app, int argc, const char* const* argv, Run& run) {
  if (app.get_name().empty()) app.name("holdfast");
  std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
  // Taken off here: CLI11 would give some words of a command a meaning of its own ("[a]" is a list to it).
  auto end = std::find(words.begin(), words.end(), "--");
  if (end != words.end()) run.command.assign(end + 1, words.end());
  words.erase(end, words.end());
  std::reverse(words.begin(), words.end());  // as CLI11 wants them
  try {
    app.parse(words);
  } catch (const CLI::ParseError& error) {
    return tell_usage(app, error, run.terminal);
  }
  return run.exit_status;
}

}  // namespace holdfast::cli
