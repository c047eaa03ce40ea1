// holdfast-sim: runs seeds, and says which broke a promise.
#include "sim/command.h"

int main(int argc, char** argv) {
  CLI::App app("Runs the production engine under a virtual clock against the local cloud's model, with faults.");
  holdfast::sim::Command command;
  holdfast::sim::add_options(app, command);
  try {
    app.parse(argc, argv);
    return holdfast::sim::run_command(command);
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  }
}
