// `holdfast audit verify`: by a running service, or from the files of a data directory, also while none runs. Added by
// main below the client's `audit`.
#pragma once

#include "cli/commands.h"

namespace holdfast::daemon {

void add_audit_verify(CLI::App& app, cli::Run& run);

}  // namespace holdfast::daemon
