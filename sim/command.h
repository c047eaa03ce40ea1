// What both programs of the simulator take on the command line, and do.
#pragma once

#include <CLI/CLI.hpp>

#include <string>
#include <utility>

#include "sim/world.h"

namespace holdfast::sim {

struct Command {
  RunOptions run;
  std::string seeds;
  std::string only;
  std::string trace;
  int jobs = 1;
  bool quiet = false;
  bool shrink = false;
};

void add_options(CLI::App& app, Command& command);
// "A..B" or "A"; throws CLI::ValidationError.
std::pair<uint64_t, uint64_t> read_seeds(const std::string& text);
// The exit status: 0 if every promise was kept.
int run_command(Command command);

}  // namespace holdfast::sim
