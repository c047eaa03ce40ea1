#include "daemon/service_commands.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <istream>
#include <memory>
#include <ostream>

#include "daemon/serve.h"
#include "daemon/settings.h"

namespace holdfast::daemon {
namespace {

// What a command was given; lives as long as its callback.
struct Given {
  std::string config;
  std::map<std::string, std::string> flags;
  std::map<std::string, CLI::Option*> options;
  bool yes = false;
};

// Settings as flags of a command; `only` empty: all of them.
void add_settings(CLI::App& command, Given& given, const std::vector<std::string>& only) {
  command.add_option("--config", given.config, "YAML file with settings")->envname("HOLDFAST_CONFIG")->type_name("FILE");
  for (const SettingName& name : setting_names()) {
    if (!only.empty() && std::find(only.begin(), only.end(), name.flag) == only.end()) continue;
    auto* option = command.add_option(name.flag, given.flags[name.flag], fmt::format("{} [{}]", name.help, name.environment));
    given.options[name.flag] = option->type_name(name.value);
  }
}

model::Checked<Settings> settings_of(const Given& given) {
  SettingSources sources;
  if (!given.config.empty()) sources.file = given.config;
  sources.environment = environment_of_process();
  for (const auto& [flag, option] : given.options) {
    if (option->count() > 0) sources.flags[flag] = given.flags.at(flag);
  }
  return read_settings(sources);
}

template <class Work>
void run_with_settings(const Given& given, cli::Run& run, Work work) {
  auto settings = settings_of(given);
  if (settings) {
    run.exit_status = work(*settings, Streams{run.terminal.out, run.terminal.err});
    return;
  }
  for (const Error& error : settings.error().errors) run.terminal.err << "holdfast: " << error.field << " " << error.message << "\n";
  run.exit_status = cli::kUsage;
}

bool confirmed(const Given& given, const Settings& settings, cli::Run& run) {
  if (given.yes) return true;
  if (!run.terminal.in_is_tty) {
    run.terminal.err << "holdfast: this removes machines and volumes for good; add --yes to say that you mean it\n";
    return false;
  }
  run.terminal.out << fmt::format("This removes every machine, volume and snapshot of {} for good. Type 'destroy': ",
                                  settings.data_dir)
                   << std::flush;
  std::string line;
  return std::getline(run.terminal.in, line) && line == "destroy";
}

}  // namespace

void add_service_commands(CLI::App& app, cli::Run& run) {
  auto* serve_command = app.add_subcommand("serve", "Run the service with its embedded local cloud");
  auto served = std::make_shared<Given>();  // shared with the callback, which CLI11 copies
  add_settings(*serve_command, *served, {});
  serve_command->footer("Settings come from flags, the environment (names in brackets) and --config, in this order.\n\n"
                        "Examples:\n  holdfast serve\n  holdfast serve --data-dir /srv/holdfast --port 7500 --outside true\n"
                        "  holdfast serve --substrate null        # without root: simulated machines");
  serve_command->callback([served, &run] { run_with_settings(*served, run, serve); });

  auto* doctor_command = app.add_subcommand("doctor", "Say what this host lacks for real machines, and how to get it");
  auto examined = std::make_shared<Given>();
  add_settings(*doctor_command, *examined, {"--data-dir"});
  doctor_command->callback([examined, &run] { run_with_settings(*examined, run, doctor); });

  CLI::App* cloud = app.get_subcommand("cloud");  // the client's; CLI11 throws if it is not there: our own mistake
  auto* destroy_command = cloud->add_subcommand("destroy", "Remove every machine, volume, network and record of a data directory");
  auto destroyed = std::make_shared<Given>();
  add_settings(*destroy_command, *destroyed, {"--data-dir"});
  destroy_command->add_flag("--yes", destroyed->yes, "do not ask");
  destroy_command->footer("Refused while a service runs on the directory.\n\nExample:\n  holdfast cloud destroy --data-dir /srv/holdfast");
  destroy_command->callback([destroyed, &run] {
    run_with_settings(*destroyed, run, [&](const Settings& settings, Streams streams) -> int {
      return confirmed(*destroyed, settings, run) ? destroy_cloud(settings, streams) : int(cli::kRefused);
    });
  });
}

}  // namespace holdfast::daemon
