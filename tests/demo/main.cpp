// holdfast-demo: what `scripts/demo` runs once everything is built. Exit status: 0 every check held, 1 something did
// not, 2 wrong usage, 3 told on simulated machines because this host cannot run real ones.

#include <fmt/core.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/text.h"
#include "demo/place.h"
#include "demo/report.h"
#include "demo/story.h"

namespace {

using namespace holdfast;
using namespace holdfast::demo;

constexpr char kUsage[] = R"(usage: scripts/demo [options]
  A PostgreSQL in a managed instance loses its machine 18 times while a client commits; nothing acknowledged is lost.
  --json FILE    also write the result as JSON
  --once         leave nothing behind; runs beside a demo that was left running
  --simulate     on simulated machines even if this host can run real ones
  --rounds N     replacements for each cause in each mode (default and least for a full check: 3)
  --commits N    acknowledged commits between two replacements (default 1000)
  --stop         stop the service that a demo left running, and remove everything of it
)";

struct Options {
  Plan plan;
  std::string json;
  bool once = false;
  bool stop = false;
  bool help = false;
};

std::optional<Options> parse(const std::vector<std::string>& words) {
  Options options;
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    auto number = [&](int& into) {
      const auto value = i + 1 < words.size() ? parse_int(words[++i]) : std::nullopt;
      if (!value || *value < 1 || *value > 1000000) return false;
      into = static_cast<int>(*value);
      return true;
    };
    if (word == "--once")
      options.once = true;
    else if (word == "--stop")
      options.stop = true;
    else if (word == "--simulate")
      options.plan.simulated = true;
    else if (word == "--help" || word == "-h")
      options.help = true;
    else if (word == "--json" && i + 1 < words.size())
      options.json = words[++i];
    else if (word == "--rounds" && number(options.plan.rounds))
      continue;
    else if (word == "--commits" && number(options.plan.commits))
      continue;
    else {
      fmt::print(stderr, "scripts/demo: cannot use '{}'\n{}", word, kUsage);
      return std::nullopt;
    }
  }
  return options;
}

std::atomic<bool> interrupted = false;

// Signals are taken by one thread of their own: the first asks the story to end in order, the second ends it at once.
void watch_signals() {
  static sigset_t wanted;
  sigemptyset(&wanted);
  for (int number : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&wanted, number);
  pthread_sigmask(SIG_BLOCK, &wanted, nullptr);
  signal(SIGPIPE, SIG_IGN);
  std::thread([] {
    for (int number = 0; sigwait(&wanted, &number) == 0;) {
      if (interrupted.exchange(true)) _exit(130);
      fmt::print(stderr, "\nstopping; once more to stop at once\n");
    }
  }).detach();
}

void explain_simulation(const std::string& missing) {
  if (!missing.empty()) {
    fmt::print("This host cannot run real machines. What is missing, and how to get it:\n\n{}\n", missing);
  }
  fmt::print(
      "The same story follows on simulated machines. It shows the states and the order of a handover. It proves "
      "nothing\n"
      "about data, addresses on the wire or time: there is no database, no volume and no machine.\n");
}

void say_how_to_look_around(const Place& place) {
  const std::string token = place.data_dir() + "/token";
  fmt::print(
      "\nThe service goes on. To look around (as the user that ran this):\n"
      "  export HOLDFAST_URL=http://127.0.0.1:{} HOLDFAST_TOKEN=\"$(cat {})\"\n"
      "  {} get\n  {} describe demo-reattach\n  {} cloud interrupt demo-reattach --power-cut\n"
      "Log: {}\nTo stop it and remove everything:  scripts/demo --stop\n",
      place.port(), token, support::holdfast_binary(), support::holdfast_binary(), support::holdfast_binary(),
      place.log_file());
}

int verdict(const Report& report) {
  if (report.substrate != "linux") {
    fmt::print("\nSimulated: this shows how it works and does not prove that it holds.\n");
    return 3;
  }
  if (report.ok()) {
    fmt::print(
        "\nEvery check held: {} replacements, every acknowledged row found, same IP and MAC, root volume kept.\n",
        report.replacements.size());
    return 0;
  }
  fmt::print("\nNOT every check held: {} of {} replacements were made; see above.\n", report.replacements.size(),
             report.planned);
  return 1;
}

int run(Options options) {
  const std::string missing = options.plan.simulated ? std::string() : support::why_no_machines("/var/tmp");
  if (!missing.empty()) options.plan.simulated = true;
  if (options.plan.simulated) explain_simulation(missing);

  Result<Place> place = Place::open(options.once, options.plan.simulated ? "null" : "linux");
  if (!place) {
    fmt::print(stderr, "scripts/demo: {}\n", describe(place.error()));
    return 1;
  }
  fmt::print("{} http://127.0.0.1:{}, data in {}\n",
             place->reused() ? "The service of an earlier demo is used:" : "Service:", place->port(),
             place->data_dir());
  const Report report = tell(*place, options.plan, interrupted);
  fmt::print("\n{}", table_of(report));
  int status = verdict(report);
  if (!options.json.empty() && !(std::ofstream(options.json) << json_of(report) << std::flush)) {
    fmt::print(stderr, "scripts/demo: cannot write {}\n", options.json);
    status = 1;
  }
  if (!options.once) {
    say_how_to_look_around(*place);
  } else if (const Result<void> removed = place->remove(); !removed) {
    fmt::print(stderr, "scripts/demo: something is left behind: {}\n", describe(removed.error()));
    status = 1;
  }
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  const std::optional<Options> options = parse({argv + 1, argv + argc});
  if (!options) return 2;
  if (options->help) {
    fmt::print("{}", kUsage);
    return 0;
  }
  watch_signals();
  if (!options->stop) return run(*options);
  const Result<std::string> said = take_down();
  fmt::print(said ? stdout : stderr, "{}\n", said ? *said : describe(said.error()));
  return said ? 0 : 1;
}
