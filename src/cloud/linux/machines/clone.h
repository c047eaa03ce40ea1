// clone3, which glibc does not wrap: a child as by fork, born into namespaces and a v2 control group, with a pidfd. The
// child of a program with threads may only make system calls until it execs.
#pragma once

#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <iterator>

#include "base/error.h"
#include "cloud/linux/fd.h"

namespace holdfast::cloud::linux_ {

struct CloneWish {
  uint64_t namespaces = 0;  // CLONE_NEW…
  int group = -1;           // folder of a v2 control group
};

struct Cloned {
  pid_t pid = 0;  // 0: in the child
  Fd pidfd;       // in the parent
};

// For a child: closes everything from 3 on but these. Children that other threads clone at the same moment inherit each
// other's pipes: were those kept, a process that waits at one would never learn that the service has died.
template <size_t N>
void close_all_but(int (&kept)[N]) {
  std::sort(std::begin(kept), std::end(kept));
  int next = 3;
  for (const int fd : kept) {
    if (fd < next) continue;
    if (fd > next) ::syscall(SYS_close_range, next, fd - 1, 0);
    next = fd + 1;
  }
  ::syscall(SYS_close_range, next, ~0u, 0);
}

// Inlined, and the child returns through it: nothing on its way allocates but an error.
inline Result<Cloned> clone_process(const CloneWish& wish) {
  int pidfd = -1;
  clone_args arguments{};
  arguments.flags = wish.namespaces | CLONE_PIDFD;
  arguments.pidfd = reinterpret_cast<uint64_t>(&pidfd);
  arguments.exit_signal = SIGCHLD;
  if (wish.group >= 0) {
    arguments.flags |= CLONE_INTO_CGROUP;
    arguments.cgroup = static_cast<uint64_t>(wish.group);
  }
  const long pid = ::syscall(SYS_clone3, &arguments, sizeof arguments);
  if (pid < 0) return Failure(system_error("starting a process", errno));
  Cloned cloned;
  cloned.pid = static_cast<pid_t>(pid);
  if (pid > 0) cloned.pidfd = Fd(pidfd);
  return cloned;
}

}  // namespace holdfast::cloud::linux_
