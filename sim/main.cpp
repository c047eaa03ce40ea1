// holdfast-sim: runs seeds, and says which broke a promise.
#include <CLI/CLI.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>
#include <cstdio>

#include "sim/world.h"

namespace holdfast::sim {
namespace {

struct Command {
  RunOptions run;
  std::string seeds;
  std::string trace;
  bool quiet = false;
};

void tell(const RunOptions& options, const RunOutcome& outcome, double seconds) {
  fmt::print(
      "seed {}{}: {} hash {:016x}, {} managed instances, {} replacements, {} crashes, {} kinds of fault, {} calls, "
      "{:.2f} s\n",
      options.seed, options.swarm ? " --swarm" : "", outcome.violations.empty() ? "ok" : "BROKEN", outcome.hash,
      outcome.instances, outcome.replacements, outcome.crashes, outcome.kinds_of_fault, outcome.calls, seconds);
  for (const Violation& violation : outcome.violations) {
    fmt::print("  promise {} ({}) {} at {}: {}\n", violation.promise, violation.name, violation.id.str(),
               to_iso(violation.at), violation.what);
  }
  std::fflush(stdout);
}

RunOutcome run_one(const RunOptions& options, bool quiet) {
  auto began = std::chrono::steady_clock::now();
  RunOutcome outcome = run(options);
  double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  if (!quiet || !outcome.violations.empty()) tell(options, outcome, seconds);
  return outcome;
}

int run_many(Command command) {
  auto dots = command.seeds.find("..");
  uint64_t from = std::stoull(command.seeds.substr(0, dots));
  uint64_t to = dots == std::string::npos ? from : std::stoull(command.seeds.substr(dots + 2));
  uint64_t failed = 0, replacements = 0, crashes = 0;
  std::map<std::string, uint64_t> counts;
  for (uint64_t seed = from; seed <= to; ++seed) {
    command.run.seed = seed;
    RunOutcome outcome = run_one(command.run, command.quiet);
    if (!outcome.violations.empty()) ++failed;
    replacements += static_cast<uint64_t>(outcome.replacements);
    crashes += static_cast<uint64_t>(outcome.crashes);
    for (const auto& [name, count] : outcome.counts) counts[name] += count;
  }
  fmt::print("{} seeds, {} broke a promise; {} replacements, {} crashes\n", to - from + 1, failed, replacements,
             crashes);
  for (const auto& [name, count] : counts) fmt::print("  {:<26}{:>10}\n", name, count);
  return failed == 0 ? 0 : 1;
}

int main(int argc, char** argv) {
  CLI::App app("Runs the production engine under a virtual clock against the local cloud's model, with faults.");
  Command command;
  app.add_option("--seed", command.run.seed, "run this seed");
  app.add_option("--seeds", command.seeds, "run these, e.g. 1..100");
  app.add_flag("--swarm", command.run.swarm, "each seed draws its own mix of faults");
  app.add_option("--days", command.run.days, "virtual days (7)");
  app.add_option("--instances", command.run.instances, "managed instances (20)");
  app.add_option("--trace", command.trace, "tell the life of this managed instance (smi-...)");
  app.add_flag("--quiet", command.quiet, "tell only seeds that broke a promise");
  CLI11_PARSE(app, argc, argv);
  if (!command.trace.empty()) command.run.traced = ManagedInstanceId(command.trace);
  if (!command.seeds.empty()) return run_many(command);
  RunOutcome outcome = run_one(command.run, false);
  for (const std::string& line : outcome.trace) fmt::print("{}\n", line);
  return outcome.violations.empty() ? 0 : 1;
}

}  // namespace
}  // namespace holdfast::sim

int main(int argc, char** argv) {
  return holdfast::sim::main(argc, argv);
}
