#include "bench/program.h"

#include <fmt/core.h>

#include <chrono>
#include <stdexcept>

#include "base/text.h"

namespace holdfast::bench {

void give_up(const std::string& why) {
  // Thrown, not exited: the service and its machines go with their objects on the way out of main.
  throw std::runtime_error(why);
}

int exit_status_of(int (*run)(int, char**), int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}

int number_argument(int argc, char** argv, const std::string& name, int otherwise) {
  for (int i = 1; i + 1 < argc; ++i) {
    if (argv[i] != "--" + name) continue;
    const auto number = parse_int(argv[i + 1]);
    if (!number || *number < 1 || *number > 100000) give_up("--" + name + " takes a number from 1 to 100000");
    return static_cast<int>(*number);
  }
  return otherwise;
}

double seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace holdfast::bench
