// holdfast-sim-mutants: breaks a rule of core or engine on purpose, and looks for the seed whose checker notices. With
// --hunt it does so for every mutation, or the one that is named; otherwise it is holdfast-sim with that mutation (or
// with none), which also counts how often rare paths were taken.
#include <fmt/format.h>

#include <chrono>
#include <cstdio>

#include "sim/command.h"
#include "sim/jobs.h"
#include "sim/mutants.h"
#include "sim/report.h"

namespace holdfast::sim {
namespace {

struct Hunted {
  std::optional<Violation> caught;
  uint64_t seeds = 0;
  double seconds = 0;
};

Hunted hunt(const Mutant& mutant, const Command& command) {
  core::active_mutation = mutant.mutation;
  auto [from, to] = read_seeds(command.seeds);
  auto began = std::chrono::steady_clock::now();
  Hunted hunted;
  run_jobs(
      to - from + 1, command.jobs,
      [&, first = from](uint64_t number) {
        RunOptions options = command.run;
        options.seed = first + number;
        return encode(run(options));
      },
      [&](const JobEnd& end) {
        RunOutcome outcome = end.died ? died(end.text) : decode(end.text);
        hunted.seeds = std::max(hunted.seeds, end.number + 1);
        if (outcome.violations.empty()) return true;
        hunted.seeds = end.number + 1;
        hunted.caught = outcome.violations.front();
        return false;
      });
  hunted.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  core::active_mutation = core::Mutation::none;
  return hunted;
}

void tell(const Mutant& mutant, const Hunted& hunted) {
  std::string by = hunted.caught ? fmt::format("{} ({})", hunted.caught->promise, hunted.caught->name) : "NOT CAUGHT";
  fmt::print("| {} | {} | {} | {} | {} | {:.1f} |\n", mutant.name, mutant.wrong, mutant.promise, by, hunted.seeds,
             hunted.seconds);
  std::fflush(stdout);
}

int hunt_all(Command command, const Mutant* only) {
  if (command.seeds.empty()) command.seeds = "1..2000";
  int escaped = 0;
  fmt::print(
      "| mutation | what is done wrong | breaks | caught by | seeds | seconds |\n| --- | --- | --- | --- | --- | --- "
      "|\n");
  for (const Mutant& mutant : mutants()) {
    if (only != nullptr && only->mutation != mutant.mutation) continue;
    Hunted hunted = hunt(mutant, command);
    tell(mutant, hunted);
    if (!hunted.caught) ++escaped;
  }
  return escaped == 0 ? 0 : 1;
}

int main(int argc, char** argv) {
  CLI::App app("The simulator with a rule broken on purpose, and with a count of rare paths.");
  Command command;
  std::string name;
  bool hunts = false;
  add_options(app, command);
  app.add_option("--mutation", name, "the rule to break");
  app.add_flag("--hunt", hunts, "run seeds (1..2000) until the mutation is caught; without --mutation, each in turn");
  try {
    app.parse(argc, argv);
    const Mutant* mutant = name.empty() ? nullptr : mutant_named(name);
    if (!name.empty() && mutant == nullptr) throw CLI::ValidationError("--mutation", "there is no '" + name + "'");
    if (hunts) return hunt_all(command, mutant);
    if (mutant != nullptr) core::active_mutation = mutant->mutation;
    return run_command(command);
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  }
}

}  // namespace
}  // namespace holdfast::sim

int main(int argc, char** argv) {
  return holdfast::sim::main(argc, argv);
}
