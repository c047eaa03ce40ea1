// What is written down of a machine before it can run, so that a later process of the service finds it: who it is, and
// what of this host it holds. One JSON file for each machine in data_dir/machines; written whole and durably.
//
// A record may name what is not there (a crash came before the doing, or the undoing was not noted): it is looked up
// before it is believed. What is there and in no record belongs to nobody and is removed at the next start.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "base/ids.h"
#include "cloud/linux/machines/process_identity.h"
#include "cloud/substrate.h"

namespace holdfast::cloud::linux_ {

struct MachineRecord {
  InstanceId id;
  ProcessIdentity init;
  std::string root_device;
  std::vector<AttachedVolume> volumes;
  std::vector<InterfaceId> interfaces;
  std::string stop_signal;
  UserDataOutcome user_data = UserDataOutcome::running;
};

class MachineRecords {
 public:
  static Result<MachineRecords> open(const std::string& folder);
  Result<void> write(const MachineRecord& record) const;
  Result<void> remove(const InstanceId& machine) const;
  // A file that cannot be read is an error that names it: guessing what runs would be worse.
  Result<std::vector<MachineRecord>> all() const;

 private:
  explicit MachineRecords(std::string folder) : folder_(std::move(folder)) {}
  std::string path(const InstanceId& machine) const { return folder_ + "/" + machine.str() + ".json"; }
  std::string folder_;
};

}  // namespace holdfast::cloud::linux_
