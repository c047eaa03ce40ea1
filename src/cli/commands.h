// The client commands of `holdfast`: they talk to a running service over its REST API and know nothing of its insides.
// The daemon's main builds one CLI::App, adds these and its own, and runs it:
//
//   CLI::App app;
//   cli::Run run;
//   cli::add_client_commands(app, run);
//   daemon::add_service_commands(app, …);       // `cloud` is there already: add `cloud destroy` below it
//   return cli::parse_and_run(app, argc, argv, run);
//
// A command runs in its callback and leaves its exit status in Run::exit_status; the daemon's may do the same.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace holdfast::cli {

// The exit statuses, for scripts.
enum ExitStatus : int {
  kOk = 0,
  kFailed = 1,
  kUsage = 2,
  kNotFound = 3,
  kRefused = 4,      // in conflict with what is under way, not allowed, or a document with faults
  kUnreachable = 5,  // no service answers there
  kTimedOut = 6,     // --wait was over before it was done; the service goes on
};

// Where a command reads and writes. Tests give streams of their own.
struct Terminal {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  bool in_is_tty = false;
  bool out_is_tty = false;
  bool colour = false;
  int width = 0;  // columns; 0: unlimited
};
Terminal process_terminal();

struct Run {
  Terminal terminal = process_terminal();
  int exit_status = kOk;
  std::vector<std::string> command;  // what followed "--", word for word
};

// Both references are used until the run is over.
void add_client_commands(CLI::App& app, Run& run);

// Parses the words and runs what they ask for. Faults of usage go to the terminal's err with the way to help; exit
// status 2. Words after the first "--" are not parsed: they are Run::command.
int parse_and_run(CLI::App& app, int argc, const char* const* argv, Run& run);

}  // namespace holdfast::cli
