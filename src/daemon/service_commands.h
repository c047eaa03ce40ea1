// The daemon's own commands on the command line: `serve`, `doctor`, and `cloud destroy` below the client's `cloud`.
// Called by main, after cli::add_client_commands.
#pragma once

#include "cli/commands.h"

namespace holdfast::daemon {

// Both references are used until the run is over.
void add_service_commands(CLI::App& app, cli::Run& run);

}  // namespace holdfast::daemon
