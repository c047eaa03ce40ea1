// `aws policy` and `aws check`: what the service needs of an AWS account, and whether it is there. Called by main,
// after cli::add_client_commands.
#pragma once

#include "cli/commands.h"

namespace holdfast::daemon {

// Both references are used until the run is over.
void add_aws_commands(CLI::App& app, cli::Run& run);

}  // namespace holdfast::daemon
