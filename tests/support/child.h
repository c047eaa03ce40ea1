// A child process that is ended and reaped with its object, and running a command to its end. For the suites that start
// real services and databases.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/time.h"

namespace holdfast::support {

struct ChildOptions {
  std::vector<std::string> argv;
  std::string output;        // a file to append stdout and stderr to; empty: inherited
  bool outlives_us = false;  // a session of its own, not killed with us or with this object
};

// Start one only from a thread that lives as long: the kernel ties a child to the thread that made it.
class Child {
 public:
  static Result<Child> start(const ChildOptions& options);
  Child(Child&& other) noexcept;
  Child& operator=(Child&& other) noexcept;
  ~Child();  // SIGKILL and reap, unless outlives_us

  pid_t pid() const { return pid_; }
  bool running();
  void signal(int number);
  // Exit status (128 + signal if killed); nothing if it still runs when `limit` is over.
  std::optional<int> wait(Duration limit);

 private:
  Child(pid_t pid, bool outlives_us) : pid_(pid), outlives_us_(outlives_us) {}
  pid_t pid_ = -1;
  bool outlives_us_ = false;
  std::optional<int> status_;
};

struct Ended {
  int status = 0;
  std::string output;  // stdout and stderr together
};

// Runs a command to its end; killed and an error if `limit` is over before.
Result<Ended> run(const std::vector<std::string>& argv, Duration limit = std::chrono::seconds(60));

}  // namespace holdfast::support
