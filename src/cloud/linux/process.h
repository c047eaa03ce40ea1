// Runs a program of the host and waits for it: for mkfs.xfs, mke2fs and mmdebstrap, which have no library. Never on the
// way of a replacement. The child gets no descriptor but its three, an environment of its own, and dies with its
// parent.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/time.h"

namespace holdfast::cloud::linux_ {

struct RunLimits {
  Duration time = std::chrono::minutes(1);  // then the whole process group is killed
  size_t output_bytes = 64 * 1024;          // of each stream the last so many are kept
  // What it mounts is seen by nobody else and ends with it, also when it is killed. Needs root.
  bool private_mounts = false;
};

struct RunOutput {
  int exit_status = 0;  // 128 + signal if killed
  std::string out;
  std::string err;
};

// argv[0] is looked up in the usual folders (/usr/sbin too, whatever PATH says). An error if the program cannot be run
// or the time is over; a program that ran and failed is no error here.
Result<RunOutput> run(const std::vector<std::string>& argv, const RunLimits& limits = {});
// The same, where anything but exit status 0 is an error that carries the last lines of stderr.
Result<RunOutput> run_checked(const std::vector<std::string>& argv, const RunLimits& limits = {});
// Full path of a program, as run() would find it; empty if there is none.
std::string find_program(const std::string& name);

}  // namespace holdfast::cloud::linux_
