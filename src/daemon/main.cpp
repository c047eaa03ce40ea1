// The one binary: the client's commands and the daemon's on one command line.
#include <CLI/CLI.hpp>

#include "cli/commands.h"
#include "daemon/audit_command.h"
#include "daemon/aws_commands.h"
#include "daemon/service_commands.h"

int main(int argc, char** argv) {
  CLI::App app("Holdfast keeps stateful applications running on spot instances.", "holdfast");
  holdfast::cli::Run run;
  holdfast::cli::add_client_commands(app, run);
  holdfast::daemon::add_service_commands(app, run);
  holdfast::daemon::add_aws_commands(app, run);
  holdfast::daemon::add_audit_verify(app, run);
  return holdfast::cli::parse_and_run(app, argc, argv, run);
}
