// The filesystems that a machine has mounted from its volumes.
#pragma once

#include <sys/types.h>

#include <set>

namespace holdfast::cloud::linux_ {

// Ends the filesystems that the process has mounted from `devices`, as the loss of power does: nothing that waits in
// memory is written any more, so the kernel does not spend the machine's death on writing it. For a machine that stands
// still for good and whose volumes are cut (VolumeStore::cut): what is on the devices is thrown away anyway. What
// cannot be ended so, is written: that costs time and nothing else.
void end_filesystems(pid_t process, const std::set<dev_t>& devices);

}  // namespace holdfast::cloud::linux_
