#include "daemon/service_commands.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <istream>
#include <memory>
#include <ostream>

#include "cli/client_settings.h"
#include "daemon/serve.h"
#include "daemon/settings.h"

namespace holdfast::daemon {
namespace {

// What a command was given; lives as long as its callback.
struct Given {
  std::string config;
  std::map<std::string, std::string> flags;
  std::map<std::string, CLI::Option*> options;
  std::map<std::string, std::string> more;  // settings that were given under another name
  bool yes = false;
};

// Settings as flags of a command; `only` empty: all of them.
void add_settings(CLI::App& command, Given& given, const std::vector<std::string>& only) {
  command.add_option("--config", given.config, "YAML file with settings")
      ->envname("HOLDFAST_CONFIG")
      ->type_name("FILE");
  for (const SettingName& name : setting_names()) {
    if (!only.empty() && std::find(only.begin(), only.end(), name.flag) == only.end()) continue;
    auto* option =
        command.add_option(name.flag, given.flags[name.flag], fmt::format("{} [{}]", name.help, name.environment));
    given.options[name.flag] = option->type_name(name.value);
  }
}

SettingSources sources_of(const Given& given) {
  SettingSources sources;
  if (!given.config.empty()) sources.file = given.config;
  sources.environment = environment_of_process();
  for (const auto& [flag, option] : given.options) {
    if (option->count() > 0) sources.flags[flag] = given.flags.at(flag);
  }
  for (const auto& [flag, text] : given.more) sources.flags[flag] = text;
  return sources;
}

void tell_faults(const model::Faults& faults, cli::Run& run) {
  for (const Error& error : faults.errors)
    run.terminal.err << "holdfast: " << error.field << " " << error.message << "\n";
  run.exit_status = cli::kUsage;
}

template <class Work>
void run_with_settings(const Given& given, cli::Run& run, Work work) {
  auto settings = read_settings(sources_of(given));
  if (!settings) return tell_faults(settings.error(), run);
  run.exit_status = work(*settings, Streams{run.terminal.out, run.terminal.err});
}

void show_config(const Given& given, const cli::Options& options, cli::Run& run) {
  auto settings = effective_settings(sources_of(given));
  if (!settings) return tell_faults(settings.error(), run);
  std::vector<cli::EffectiveSetting> all = cli::client_settings(options);
  for (const Effective& one : *settings) all.push_back({"service." + one.path, one.value, one.from});
  run.terminal.out << cli::settings_text(all, options, run.terminal) << std::flush;
}

void add_config(CLI::App& app, cli::Run& run) {
  auto* command = app.add_subcommand("config", "The settings in effect here, and where each comes from");
  auto given = std::make_shared<Given>();  // shared with the callback, which CLI11 copies
  auto options = std::make_shared<cli::Options>();
  cli::add_client_settings(*command, *options);
  add_settings(*command, *given, {});
  command->footer(
      "client.… is what commands such as `holdfast get` use; service.… is what `holdfast serve` would use with the\n"
      "same flags, environment and file; one that runs already may have been started with others. - is chosen at its\n"
      "start. Secrets are not shown.\n\n"
      "Examples:\n  holdfast config\n  holdfast config --config /etc/holdfast.yaml -o json");
  command->callback([given, options, &run] { show_config(*given, *options, run); });
}

// `--listen HOST:PORT`, as the two settings that it means. False: it is not of that form.
bool take_listen(const std::string& text, std::map<std::string, std::string>& flags) {
  const size_t colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0 || colon + 1 == text.size()) return false;
  std::string host = text.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  flags["--address"] = host == "localhost" ? "127.0.0.1" : host;
  flags["--port"] = text.substr(colon + 1);
  return true;
}

void add_cloud_serve(CLI::App& cloud, cli::Run& run) {
  auto* command = cloud.add_subcommand("serve", "Run the local cloud alone, for any EC2 client");
  auto given = std::make_shared<Given>();  // shared with the callback, which CLI11 copies
  add_settings(*command, *given,
               {"--data-dir", "--substrate", "--outside", "--cidr", "--pool-size-gib", "--shutdown-limit-seconds",
                "--latency", "--throttling", "--consistency-lag-milliseconds", "--access-key", "--secret-key",
                "--log-level", "--log-format"});
  auto data = std::make_shared<std::string>();
  command->add_option("--data", *data, "The same as --data-dir")
      ->type_name("DIR")
      ->excludes(given->options["--data-dir"]);
  auto listen = std::make_shared<std::string>();
  command->add_option("--listen", *listen, "Where it answers (127.0.0.1:7400); port 0: any free one")
      ->type_name("HOST:PORT");
  command->footer(
      "Refused while a service runs on the directory: `holdfast serve` has this endpoint too.\n\nExample:\n"
      "  holdfast cloud serve --listen 127.0.0.1:7480 --data /srv/cloud --substrate null\n"
      "  export AWS_SHARED_CREDENTIALS_FILE=/srv/cloud/ec2-credentials AWS_DEFAULT_REGION=local-1\n"
      "  aws --endpoint-url http://127.0.0.1:7480 ec2 describe-vpcs");
  command->callback([given, data, listen, &run] {
    if (!data->empty()) given->more["--data-dir"] = *data;
    if (!listen->empty() && !take_listen(*listen, given->more)) {
      run.terminal.err << "holdfast: --listen '" << *listen << "' is not HOST:PORT, such as 127.0.0.1:7480\n";
      run.exit_status = cli::kUsage;
      return;
    }
    run_with_settings(*given, run, serve_cloud);
  });
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
  serve_command->footer(
      "Settings come from flags, the environment (names in brackets) and --config, in this order.\n\n"
      "Examples:\n  holdfast serve\n  holdfast serve --data-dir /srv/holdfast --port 7500 --outside true\n"
      "  holdfast serve --substrate null        # without root: simulated machines");
  serve_command->callback([served, &run] { run_with_settings(*served, run, serve); });

  auto* doctor_command = app.add_subcommand("doctor", "Say what this host lacks for real machines, and how to get it");
  auto examined = std::make_shared<Given>();
  add_settings(*doctor_command, *examined, {"--data-dir"});
  doctor_command->callback([examined, &run] { run_with_settings(*examined, run, doctor); });

  add_config(app, run);

  CLI::App* cloud = app.get_subcommand("cloud");  // the client's; CLI11 throws if it is not there: our own mistake
  add_cloud_serve(*cloud, run);
  auto* destroy_command =
      cloud->add_subcommand("destroy", "Remove every machine, volume, network and record of a data directory");
  auto destroyed = std::make_shared<Given>();
  add_settings(*destroy_command, *destroyed, {"--data-dir"});
  destroy_command->add_flag("--yes", destroyed->yes, "do not ask");
  destroy_command->footer(
      "Refused while a service runs on the directory.\n\nExample:\n  holdfast cloud destroy --data-dir /srv/holdfast");
  destroy_command->callback([destroyed, &run] {
    run_with_settings(*destroyed, run, [&](const Settings& settings, Streams streams) -> int {
      return confirmed(*destroyed, settings, run) ? destroy_cloud(settings, streams) : int(cli::kRefused);
    });
  });
}

}  // namespace holdfast::daemon
