// Runs a command inside a machine: in all its namespaces and in its control groups, so its limits hold for it too, and
// without the capabilities that the machine has given up. Called for `holdfast exec` and checks; blocks.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "cloud/linux/machines/cgroups.h"
#include "cloud/substrate.h"

namespace holdfast::cloud::linux_ {

struct CommandPlan {
  InstanceId machine;
  int init = -1;  // pidfd
  std::vector<std::string> argv;
  std::string input;
  Duration limit;
};

// Of each stream the first MiB is kept, and `cut` says so if there was more. When the limit is over, the command's
// process group is killed; what it has put into the background in sessions of its own lives on, as after a login.
Result<CommandOutcome> run_in_machine(const CommandPlan& plan, const Cgroups& cgroups);

}  // namespace holdfast::cloud::linux_
