// import: a running EC2 instance becomes a managed instance.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <iostream>

#include "base/text.h"
#include "cli/parts.h"
#include "cli/table.h"
#include "cli/wait.h"

namespace holdfast::cli {
namespace json = boost::json;
namespace {

constexpr int kLookMinutes = 2;  // at the instance and all it has, by the service

struct ImportOptions : Options {
  std::string original;
  std::string name;
  std::string types;
  std::string subnets;
  std::string mode;
  std::string image;
  bool keep_private_ip = false;
  bool keep_original = false;
  bool dry_run = false;
};

json::array list_of(const std::string& text) {
  json::array list;
  for (const std::string& word : split(text, ',')) list.emplace_back(trim(word));
  return list;
}

std::string body_of(const ImportOptions& options) {
  json::object migration{{"originalInstanceId", options.original},
                         {"shouldTerminateInstance", !options.keep_original},
                         {"shouldKeepPrivateIp", options.keep_private_ip}};
  if (!options.name.empty()) migration["name"] = options.name;
  if (!options.types.empty()) migration["instanceTypes"] = list_of(options.types);
  if (!options.subnets.empty()) {
    migration["availabilityZones"] = json::array{json::object{{"subnetIds", list_of(options.subnets)}}};
  }
  if (!options.mode.empty()) migration["blockDevicesMode"] = options.mode;
  if (!options.image.empty()) migration["imageId"] = options.image;
  return json::serialize(json::object{{"managedInstancesMigrations", json::array{std::move(migration)}}});
}

std::string plan_text(const json::value& plan, const Terminal& terminal) {
  std::string text = fmt::format("{} would become the managed instance {}. Nothing was done.\n",
                                 text_at(plan, "originalInstanceId"), printable(text_at(plan, "name")));
  Table table({"STEP", "ACTION", "TARGET", "WHY"});
  for (const json::value& step : list_at(plan, "steps")) {
    table.add({text_at(step, "step"), text_at(step, "action"), printable(text_at(step, "target")),
               printable(text_at(step, "reason"))});
  }
  if (!table.empty()) text += table.text(terminal.width, terminal.colour);
  for (const json::value& note : list_at(plan, "notes")) {
    text += "Note: " + (note.is_string() ? printable(std::string_view(note.get_string())) : std::string()) + "\n";
  }
  return text;
}

Result<int> show_plan(Session& session, const ImportOptions& options, const std::string& path) {
  HF_TRY(json::value plan, only_item(session.api().call(
                               {"POST", path + "?dryRun=true", body_of(options), std::chrono::minutes(kLookMinutes)})));
  Terminal& terminal = session.terminal();
  terminal.out << (session.format() == Format::table ? plan_text(plan, terminal) : written(plan, session.format()));
  terminal.out.flush();
  return kOk;
}

Result<int> import(Session& session, const ImportOptions& options) {
  const std::string path = fmt::format("{}/migration/bulk", kManagedInstances);
  if (options.dry_run) return show_plan(session, options, path);
  HF_TRY(json::value made,
         only_item(session.api().call({"POST", path, body_of(options), std::chrono::minutes(kLookMinutes)})));
  const std::string id = text_at(made, "managedInstanceId");
  std::string done = fmt::format("is being imported from {}", options.original);
  if (text_at(made, "state") == "FINISHED") done = fmt::format("was imported from {}", options.original);
  if (options.wait) {
    Wanted wanted;
    wanted.id = id;
    wanted.statuses = {"ACTIVE"};
    HF_TRY(json::value status, wait_for(session, wanted));
    done = "is " + text_at(status, "status");
  }
  std::ostream& out = session.terminal().out;
  if (session.format() == Format::table) {
    out << fmt::format("{} ({}) {}\n", printable(text_at(made, "name")), id, done);
  } else {
    HF_TRY(json::value status, session.status(id));
    out << written(status, session.format());
  }
  out.flush();
  return kOk;
}

}  // namespace

void add_import(CLI::App& app, Run& run) {
  auto options = std::make_shared<ImportOptions>();  // shared with the callback, which outlives this function
  CLI::App* command = app.add_subcommand("import", "Make a managed instance of a running EC2 instance");
  command->add_option("INSTANCE", options->original, "The running instance, i-…")->required();
  command->add_option("--name", options->name, "Name of the managed instance (the instance's tag Name, or its id)");
  CLI::Option* keep_ip =
      command->add_flag("--keep-private-ip", options->keep_private_ip, "Keep its private address, interface and MAC");
  command
      ->add_flag("--keep-original", options->keep_original,
                 "Copy its volumes and leave it alone; otherwise they move, and it is terminated")
      ->excludes(keep_ip);
  command->add_option("--types", options->types, "Instance types, the preferred one first (its own)")
      ->type_name("TYPE,…");
  command->add_option("--subnets", options->subnets, "Subnets besides its own")->type_name("SUBNET,…");
  command->add_option("--mode", options->mode, "How data volumes are kept: reattach or onLaunch (reattach)")
      ->check(CLI::IsMember({"reattach", "onLaunch"}));
  command->add_option("--image", options->image, "An image like the one it came from, if that is gone")
      ->type_name("AMI");
  CLI::Option* dry = command->add_flag("--dry-run", options->dry_run, "Tell every step and its reason, and do nothing");
  add_wait(*command, *options, "it is ACTIVE");
  dry->excludes(command->get_option("--wait"));
  add_format(*command, *options);
  add_connection(*command, *options);
  add_examples(*command,
               "  holdfast import i-0123456789abcdef0 --keep-private-ip --dry-run\n"
               "  holdfast import i-0123456789abcdef0 --keep-private-ip --name db --wait\n"
               "  holdfast import i-0123456789abcdef0 --keep-original --types m5.large,m5a.large\n\n"
               "Asked again for the same instance, it is the same managed instance.");
  command->callback(
      [options, &run] { run_in_session(*options, run, [&](Session& s) { return import(s, *options); }); });
}

}  // namespace holdfast::cli
