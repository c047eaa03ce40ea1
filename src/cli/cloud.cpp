// cloud …: experiments with the local cloud that nobody does to real EC2.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <iostream>

#include "cli/instance.h"
#include "cli/parts.h"
#include "cli/table.h"

namespace holdfast::cli {
namespace json = boost::json;
namespace {

constexpr auto kBuildLimit = std::chrono::minutes(11);  // the service gives it ten

struct CloudOptions : Options {
  std::string word;
  bool no_notice = false;
  bool power_cut = false;
  int notice_seconds = 120;
};

Result<int> print(Session& session, const json::array& items, const Table& table, const std::string& if_none) {
  Terminal& terminal = session.terminal();
  if (session.format() != Format::table) {
    terminal.out << written(items, session.format());
  } else {
    terminal.out << (table.empty() ? if_none + "\n" : table.text(terminal.width, terminal.colour));
  }
  return kOk;
}

Result<int> interrupt(Session& session, const CloudOptions& options) {
  HF_TRY(std::string instance, instance_of(session, options.word));
  json::object body{{"how", options.power_cut ? "power_cut" : options.no_notice ? "no_notice" : "notice"}};
  if (!options.power_cut && !options.no_notice) body["noticeSeconds"] = options.notice_seconds;
  HF_TRY_VOID(session.api().call(
      {"POST", fmt::format("/cloud/instances/{}/interrupt", escaped(instance)), json::serialize(body)}));
  session.terminal().out << instance
                         << (options.power_cut   ? " lost its power; what was not synced is lost\n"
                             : options.no_notice ? " vanishes without notice\n"
                                                 : fmt::format(" is taken in {} s\n", options.notice_seconds));
  return kOk;
}

Result<int> console(Session& session, const CloudOptions& options) {
  HF_TRY(std::string instance, instance_of(session, options.word));
  HF_TRY(json::value item,
         only_item(session.api().call({"GET", fmt::format("/cloud/instances/{}/console", escaped(instance)), {}})));
  session.terminal().out << bytes_at(item, "output");
  return kOk;
}

Result<int> instances(Session& session) {
  HF_TRY(json::array items, session.api().call({"GET", "/cloud/instances", {}}));
  Table table({"INSTANCE", "STATE", "TYPE", "AS", "ZONE", "ADDRESS", "OF", "GEN", "USER DATA", "LAUNCHED", "TAKEN"});
  for (const json::value& one : items) {
    // The tags' keys have no dots: a path reaches them.
    table.add({text_at(one, "instanceId"), text_at(one, "state"), text_at(one, "instanceType"),
               text_at(one, "lifeCycle"), text_at(one, "availabilityZone"), text_at(one, "privateIp"),
               text_at(one, "tags.holdfast:managed-instance"), text_at(one, "tags.holdfast:generation"),
               text_at(one, "userData"), ago(text_at(one, "launchedAt"), wall_clock()),
               text_at(one, "interruptionAt").empty() ? "" : ago(text_at(one, "interruptionAt"), wall_clock())});
  }
  return print(session, items, table, "No instances.");
}

Result<int> markets(Session& session) {
  HF_TRY(json::array items, session.api().call({"GET", "/cloud/markets", {}}));
  Table table({"TYPE", "ZONE", "AS", "USD AN HOUR", "RUNNING", "CAPACITY"});
  for (const json::value& one : items) {
    const json::value& price = at(one, "price");
    std::string capacity = text_at(one, "capacity");
    table.add({text_at(one, "instanceType"), text_at(one, "availabilityZone"), text_at(one, "lifeCycle"),
               price.is_double() ? fmt::format("{:.4f}", price.get_double()) : text_at(one, "price"),
               text_at(one, "running"), capacity.empty() ? "unlimited" : capacity});
  }
  return print(session, items, table, "No markets.");
}

Result<int> images(Session& session) {
  HF_TRY(json::array items, session.api().call({"GET", "/cloud/images", {}}));
  Table table({"NAME", "IMAGE", "STATE"});
  for (const json::value& one : items)
    table.add({text_at(one, "name"), text_at(one, "imageId"), text_at(one, "state")});
  return print(session, items, table, "No images.");
}

Result<int> build(Session& session, const CloudOptions& options) {
  session.terminal().err << "Building " << options.word << "; this may take minutes" << std::endl;
  HF_TRY(json::value item,
         only_item(session.api().call(
             {"POST", fmt::format("/cloud/images/{}/build", escaped(options.word)), {}, kBuildLimit})));
  if (session.format() != Format::table) {
    session.terminal().out << written(item, session.format());
  } else {
    session.terminal().out << fmt::format("{} is built: {}\n", options.word, text_at(item, "imageId"));
  }
  return kOk;
}

using Command = Result<int> (*)(Session&, const CloudOptions&);

CLI::App* add(CLI::App& parent, Run& run, const std::string& name, const std::string& help,
              const std::shared_ptr<CloudOptions>& options, Command command) {
  CLI::App* added = parent.add_subcommand(name, help);
  add_connection(*added, *options);
  added->callback(
      [options, command, &run] { run_in_session(*options, run, [&](Session& s) { return command(s, *options); }); });
  return added;
}

constexpr char kInstance[] = "Id or name of a managed instance, or an instance's id (i-…)";

void add_interrupt(CLI::App& cloud, Run& run) {
  auto options = std::make_shared<CloudOptions>();
  CLI::App* command = add(cloud, run, "interrupt", "Take an instance away, as a spot market does", options, interrupt);
  command->add_option("ID", options->word, kInstance)->required();
  CLI::Option* sudden = command->add_flag("--no-notice", options->no_notice, "It vanishes at once");
  CLI::Option* cut =
      command->add_flag("--power-cut", options->power_cut, "It vanishes, and what was not synced is lost")
          ->excludes(sudden);
  command->add_option("--notice-seconds", options->notice_seconds, "The notice it gets (120)")
      ->check(CLI::Range(0, 86400))
      ->excludes(sudden)
      ->excludes(cut)
      ->type_name("N");
  add_examples(*command,
               "  holdfast cloud interrupt postgres\n  holdfast cloud interrupt postgres --power-cut\n"
               "  holdfast cloud interrupt i-0123456789abcdef0 --notice-seconds 10");
}

void add_lists(CLI::App& cloud, Run& run) {
  auto listed = std::make_shared<CloudOptions>();
  CLI::App* command = add(cloud, run, "instances", "All instances, whoever launched them", listed,
                          [](Session& s, const CloudOptions&) { return instances(s); });
  add_format(*command, *listed);
  auto priced = std::make_shared<CloudOptions>();
  command = add(cloud, run, "markets", "Prices and capacity", priced,
                [](Session& s, const CloudOptions&) { return markets(s); });
  add_format(*command, *priced);
  auto shown = std::make_shared<CloudOptions>();
  command = add(cloud, run, "console", "What a machine wrote to its console", shown, console);
  command->add_option("ID", shown->word, kInstance)->required();
}

void add_image(CLI::App& cloud, Run& run) {
  CLI::App* image = cloud.add_subcommand("image", "Images that the local cloud can build")->require_subcommand(1);
  auto listed = std::make_shared<CloudOptions>();
  CLI::App* command = add(*image, run, "list", "All that can be built", listed,
                          [](Session& s, const CloudOptions&) { return images(s); });
  add_format(*command, *listed);
  auto built = std::make_shared<CloudOptions>();
  command = add(*image, run, "build", "Build one, and wait for it", built, build);
  command->add_option("NAME", built->word, "As `holdfast cloud image list` shows it")->required();
  add_format(*command, *built);
  add_examples(*command, "  holdfast cloud image build debian-12-postgresql");
}

}  // namespace

void add_cloud(CLI::App& app, Run& run) {
  CLI::App* cloud =
      app.add_subcommand("cloud", "The local cloud: look around, take machines away")->require_subcommand(1);
  add_interrupt(*cloud, run);
  add_lists(*cloud, run);
  add_image(*cloud, run);
}

}  // namespace holdfast::cli
