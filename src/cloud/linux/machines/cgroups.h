// The control groups of a cloud's machines: limits of memory, CPU and processes, which devices may be opened, freezing
// and killing all of a machine at once. Works where the controllers are on cgroup v2 (stock Debian 12) and where they
// are on v1 with a v2 tree beside them; freezing, killing and the machine's own view are v2's in both cases.
//
//   <v2 root>/holdfast-<key>/i-0abc/guest      init and all its children; the root of the machine's cgroup namespace
//                           /i-0abc/commands   what run_command started
//                           /consoles          the keepers of the consoles
//   <v1 controller>/holdfast-<key>/i-0abc      where a controller is on v1
//
// The limits are on i-0abc, which the machine cannot see on v2. On v1 the devices group lets a machine open its own
// volumes and the usual character devices. v2 has no such controller (only BPF programs): there a machine is kept from
// other devices by having no node for them (its /dev has only its own, its root is mounted nodev, and it has no
// CAP_MKNOD). All of this is for honest mistakes and for tests: a machine's root is not kept from harming the host if
// it sets out to (it has CAP_SYS_ADMIN, see machine_child.cpp).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/ids.h"
#include "base/time.h"
#include "cloud/linux/fd.h"
#include "cloud/linux/storage/volume_store.h"

namespace holdfast::cloud::linux_ {

struct MachineLimits {
  int vcpus = 1;
  int memory_mib = 512;
};

class Cgroups {
 public:
  // `name`: of the cloud's group. `mount_dir`: where to mount the v2 tree if the host has not.
  static Result<Cgroups> open(const std::string& name, const std::string& mount_dir);

  Result<void> create(const InstanceId& machine, const MachineLimits& limits);
  // For clone3: the v2 group that the child is born into. It joins the v1 groups by join().
  Result<Fd> guest(const InstanceId& machine) const;
  Result<Fd> commands(const InstanceId& machine) const;
  Result<Fd> consoles() const;
  Result<void> join(const InstanceId& machine, pid_t process) const;

  Result<void> allow(const InstanceId& machine, const BlockDevice& device) const;
  Result<void> deny(const InstanceId& machine, const BlockDevice& device) const;

  // Success when it is observed frozen; conflict if it was not within the limit (a process waits for a device).
  Result<void> freeze(const InstanceId& machine, Duration limit) const;
  Result<void> thaw(const InstanceId& machine) const;
  Result<void> kill(const InstanceId& machine) const;
  // The groups go once nothing lives in them; conflict if something still does when the limit is over.
  Result<void> remove(const InstanceId& machine, Duration limit) const;

  Result<std::vector<InstanceId>> existing() const;
  // Every machine must be gone.
  Result<void> tear_down() const;

 private:
  std::string unified(const InstanceId& machine) const { return unified_ + "/" + machine.str(); }
  std::vector<std::string> folders(const InstanceId& machine) const;
  Result<void> device_rule(const InstanceId& machine, const char* file, const std::string& rule) const;

  std::string unified_;                        // <v2 root>/holdfast-<key>
  std::map<std::string, std::string> legacy_;  // controller to <v1 mount>/holdfast-<key>
};

}  // namespace holdfast::cloud::linux_
