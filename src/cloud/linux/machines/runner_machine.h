// What the runner knows of one machine, shared by the files that the runner is made of.
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <optional>

#include "cloud/linux/machines/runner.h"

namespace holdfast::cloud::linux_ {

struct Runner::Machine {
  std::mutex mutex;  // guards record and recorded: the metadata service's thread writes there too
  MachineRecord record;
  bool recorded = false;            // there is a file, and there may be one
  std::optional<MachineSpec> spec;  // nothing: an earlier process started it, and the model knows it no more
  Fd pidfd;                         // its init's; not valid: not started
  pid_t console_keeper = 0;         // ours to reap; 0: an earlier process started it
  std::map<VolumeId, BlockDevice> devices;
  std::atomic<bool> stopping = false;  // its end is no news
  Fd hasten;                           // eventfd

  bool alive() const { return pidfd.valid() && !wait_for_end(pidfd.get(), 0); }
};

Failure no_such_machine(const InstanceId& machine);

}  // namespace holdfast::cloud::linux_
