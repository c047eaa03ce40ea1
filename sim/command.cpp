#include "sim/command.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdio>

#include "base/text.h"
#include "sim/jobs.h"
#include "sim/report.h"
#include "sim/shrink.h"

namespace holdfast::sim {

namespace {

int run_many(Command command) {
  auto [from, to] = read_seeds(command.seeds);
  auto options = [&, first = from](uint64_t number) {
    RunOptions run = command.run;
    run.seed = first + number;
    return run;
  };
  constexpr uint64_t kToldEvery = 1000;
  uint64_t ended = 0;
  Sum sum;
  run_jobs(
      to - from + 1, command.jobs, [&](uint64_t number) { return encode(run(options(number))); },
      [&](const JobEnd& end) {
        RunOutcome outcome = end.died ? died(end.text) : decode(end.text);
        if (!command.quiet || !outcome.violations.empty()) tell(options(end.number), outcome);
        sum.add(outcome);
        if (command.quiet && ++ended % kToldEvery == 0) {
          fmt::print(stderr, "{} of {} seeds, {} broke a promise\n", ended, to - from + 1, sum.broken());
        }
        return true;
      });
  sum.tell();
  return sum.broken() == 0 ? 0 : 1;
}

int run_shrinking(const Command& command) {
  auto smallest =
      shrink(command.run, {command.jobs}, [](const std::string& line) { fmt::print(stderr, "{}\n", line); });
  if (!smallest) {
    fmt::print("seed {} keeps every promise: there is nothing to shrink\n", command.run.seed);
    return 0;
  }
  fmt::print("{} strikes are left, after {} runs:\n", smallest->options.only->size(), smallest->runs);
  tell(smallest->options, smallest->outcome);
  return 1;
}

int run_one(const Command& command) {
  RunOutcome outcome = run(command.run);
  for (const std::string& line : outcome.trace) fmt::print("{}\n", line);
  tell(command.run, outcome);
  Sum sum;
  sum.add(outcome);
  if (command.trace.empty()) sum.tell();
  return outcome.violations.empty() ? 0 : 1;
}

}  // namespace

void add_options(CLI::App& app, Command& command) {
  app.add_option("--seed", command.run.seed, "run this seed");
  app.add_option("--seeds", command.seeds, "run these, e.g. 1..100");
  app.add_option("--jobs", command.jobs, "seeds at a time (1)")->check(CLI::Range(1, 256));
  app.add_flag("--swarm", command.run.swarm, "each seed draws its own mix of faults");
  auto* days = app.add_option_function<int>(
      "--days", [&](int days) { command.run.length = std::chrono::hours(24 * days); }, "virtual days (7)");
  days->check(CLI::Range(1, 366));
  app.add_option_function<int>(
         "--hours", [&](int hours) { command.run.length = std::chrono::hours(hours); },
         "virtual hours, for small worlds")
      ->check(CLI::Range(1, 24 * 366))
      ->excludes(days);
  app.add_option("--instances", command.run.instances, "managed instances (20)")->check(CLI::Range(1, 1000));
  app.add_option("--load", command.run.load, "interruptions, crashes, users and operators: this part of the usual (1)")
      ->check(CLI::Range(0.0, 1.0));
  app.add_option("--services", command.run.services, "on one store (1; in a third of a swarm's seeds 2)")
      ->check(CLI::Range(1, 2));
  app.add_option("--only", command.only, "of the seed's strikes only these may happen, e.g. lost_reply:12,crash_now:0");
  app.add_option("--trace", command.trace, "tell the life of this managed instance (smi-...)");
  app.add_flag("--shrink", command.shrink, "find the smallest set of strikes that still breaks the same promise");
  app.add_flag("--quiet", command.quiet, "tell only seeds that broke a promise");
}

std::pair<uint64_t, uint64_t> read_seeds(const std::string& text) {
  auto dots = text.find("..");
  auto from = parse_int(text.substr(0, dots));
  auto to = dots == std::string::npos ? from : parse_int(text.substr(dots + 2));
  if (!from || !to || *from < 0 || *to < *from) {
    throw CLI::ValidationError("--seeds", "'" + text + "' is no range of seeds: say e.g. 1..100");
  }
  return {static_cast<uint64_t>(*from), static_cast<uint64_t>(*to)};
}

int run_command(Command command) {
  if (!command.trace.empty()) command.run.traced = ManagedInstanceId(command.trace);
  if (!command.only.empty()) {
    auto strikes = read_strikes(command.only);
    if (!strikes) throw CLI::ValidationError("--only", strikes.error().message);
    command.run.only = *strikes;
  }
  if (command.shrink) return run_shrinking(command);
  return command.seeds.empty() ? run_one(command) : run_many(command);
}

}  // namespace holdfast::sim
