// A machine that exists but has not been told to go: its namespaces, control groups and first process are there, and
// that process waits. Between clone and go() the caller wires the network and writes the record; if it does not get to
// go() for whatever reason (also kill -9), the process ends by itself and its namespaces with it.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "cloud/linux/fd.h"
#include "cloud/linux/machines/cgroups.h"
#include "cloud/linux/machines/console.h"
#include "cloud/linux/machines/root_volume.h"
#include "cloud/linux/storage/volume_store.h"

namespace holdfast::cloud::linux_ {

struct MachineDevice {
  std::string name;  // as EC2 names it: "/dev/sdf"
  BlockDevice device;
};

// The nodes below /dev that a device gets: as asked, and as Xen would name it (sdf: xvdf).
std::vector<std::string> node_names(const std::string& device);

struct StartPlan {
  InstanceId id;
  std::string host_name;
  std::string mount_point;
  std::vector<MachineDevice> devices;
};

class StartingMachine {
 public:
  static Result<StartingMachine> clone(const StartPlan& plan, const RootVolume& root, const Console& console,
                                       const Cgroups& cgroups);
  StartingMachine(StartingMachine&&) = default;
  StartingMachine& operator=(StartingMachine&&) = default;
  ~StartingMachine();  // without a go(): kills and reaps

  pid_t pid() const { return pid_; }
  int pidfd() const { return pidfd_.get(); }
  Result<Fd> network_namespace() const;
  // Done when init runs. The pidfd, which is the machine's from now on. An error: the process is dead and reaped.
  Result<Fd> go();

 private:
  StartingMachine() = default;
  pid_t pid_ = 0;
  Fd pidfd_;
  Fd go_;
  Fd report_;
};

}  // namespace holdfast::cloud::linux_
