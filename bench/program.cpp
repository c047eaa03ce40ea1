#include "bench/program.h"

#include <fmt/core.h>

#include <chrono>
#include <stdexcept>
namespace holdfast::bench {

void give_up(const std::string& why) {
  // Thrown, not exited: the service and its machines go with their objects on the way out of main.
  throw std::runtime_error(why);
}

namespace {

// The command line was refused, or help was asked for: told already.
struct Ended {
  int status;
};

}  // namespace

Options& Options::number(const std::string& name, int& value) {
  app_.add_option("--" + name, value)->check(CLI::Range(1, 100'000))->capture_default_str();
  return *this;
}

Options& Options::flag(const std::string& name, bool& value) {
  app_.add_flag("--" + name, value);
  return *this;
}

void Options::read() {
  try {
    app_.parse(argc_, argv_);
  } catch (const CLI::ParseError& error) {
    throw Ended{app_.exit(error)};
  }
}

int exit_status_of(int (*run)(Options& options), int argc, char** argv) {
  try {
    Options options(argc, argv);
    return run(options);
  } catch (const Ended& ended) {
    return ended.status;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}

double seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace holdfast::bench
