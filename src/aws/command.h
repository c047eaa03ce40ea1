// Runs a program and takes what it prints: for credential_process. No shell.
//
// What holds always: the program has an end (its whole process group is killed when the time is over or the caller is
// called off), gets no input, and what it prints is neither logged nor part of an error.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "aws/environment.h"
#include "base/error.h"
#include "base/time.h"

namespace holdfast::aws {

struct Command {
  std::vector<std::string> words;  // the program, looked up in PATH, and its arguments
  Duration time_limit = std::chrono::seconds(60);
  size_t most_output = 64 << 10;
};

// What it printed, if it ended with status 0. Errors, all `unavailable`: it cannot be started, ended otherwise, took
// too long, printed too much.
Result<std::string> run_command(const Command& command, const Environment& environment, std::stop_token stop);

}  // namespace holdfast::aws
