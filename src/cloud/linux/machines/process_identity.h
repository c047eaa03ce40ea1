// A process told apart from any other that ever had its number: by the boot it belongs to and the moment it started.
// A pidfd is better, but does not outlive the service; this does.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

#include "base/error.h"
#include "cloud/linux/fd.h"

namespace holdfast::cloud::linux_ {

struct ProcessIdentity {
  pid_t pid = 0;
  uint64_t start_ticks = 0;  // since boot
  std::string boot;          // the kernel's id of this boot
  bool operator==(const ProcessIdentity&) const = default;
};

Result<ProcessIdentity> identify(pid_t pid);
// A pidfd of that very process, if it lives (a zombie does not); nothing if it is surely gone.
Result<std::optional<Fd>> find_process(const ProcessIdentity& identity);
// True once the process has ended, within the limit. (Its pid namespace is empty then, if it was its init.)
bool wait_for_end(int pidfd, int limit_ms);

}  // namespace holdfast::cloud::linux_
