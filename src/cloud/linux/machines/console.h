// A machine's console: a pseudo terminal, and a keeper process that writes what comes out of it to a file (see
// init/console.cpp for why it is a process of its own). Called when a machine starts, and to read what it has said.
#pragma once

#include <sys/types.h>

#include <string>

#include "base/error.h"
#include "base/ids.h"
#include "base/time.h"
#include "cloud/linux/fd.h"

namespace holdfast::cloud::linux_ {

struct Console {
  Fd master;
  Fd slave;
  std::string slave_path;
};

Result<Console> open_console_pair();

struct KeeperPlan {
  std::string program;  // holdfast-init
  std::string file;
  int master = -1;
  int slave = -1;
  int machine = -1;  // pidfd of its init
  int group = -1;    // cgroup folder
};

// The keeper's process; it ends by itself when the machine has ended and all that it said is in the file.
Result<pid_t> start_console_keeper(const KeeperPlan& plan);

// The last 64 KiB of the file; empty if there is none.
Result<std::string> read_console(const std::string& file);
// Removes files of machines that are no more (`alive` says which are) once they have not been written for an hour.
void forget_old_consoles(const std::string& folder, bool (*alive)(const InstanceId&, const void*), const void* context);

}  // namespace holdfast::cloud::linux_
