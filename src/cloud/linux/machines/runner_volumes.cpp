// The part of the runner that attaches volumes to running machines and detaches them.
#include <fmt/core.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "cloud/linux/machines/guest_devices.h"
#include "cloud/linux/machines/runner.h"
#include "cloud/linux/machines/runner_machine.h"

namespace holdfast::cloud::linux_ {
namespace {

// A mounted volume is the guest's to let go; its caller asks again.
constexpr auto orderly_limit = std::chrono::milliseconds(500);

}  // namespace

Result<void> Runner::undo_attach(Machine& machine, const AttachedVolume& volume) {
  HF_TRY_VOID(parts_.volumes.release_device(volume.id, ReleaseHow::orderly, orderly_limit));
  machine.devices.erase(volume.id);
  {
    const std::lock_guard guard(machine.mutex);
    std::erase_if(machine.record.volumes, [&](const auto& other) { return other.id == volume.id; });
  }
  if (machine.spec) machine.spec->volumes = machine.record.volumes;
  parts_.metadata.change(machine.record.id, [&](MachineFacts& facts) { facts.spec.volumes = machine.record.volumes; });
  return write_record(machine);
}

Result<void> Runner::attach(const InstanceId& id, const AttachedVolume& volume) {
  HF_TRY(const Shared machine, running(id));
  MachineSpec wanted;
  wanted.id = id;
  wanted.root_device = machine->record.root_device;
  for (const auto& other : machine->record.volumes) {
    if (other.id != volume.id) wanted.volumes.push_back(other);
  }
  wanted.volumes.push_back(volume);
  HF_TRY_VOID(check(wanted));
  {
    // Noted first: after a crash in between the volume is released with the machine, or this is asked again.
    const std::lock_guard guard(machine->mutex);
    machine->record.volumes = wanted.volumes;
  }
  HF_TRY_VOID(write_record(*machine));
  const auto attached = [&]() -> Result<void> {
    HF_TRY(const BlockDevice device, parts_.volumes.attach_device(volume.id));
    machine->devices[volume.id] = device;
    HF_TRY_VOID(parts_.cgroups.allow(id, device));
    return put_nodes(machine->record.init.pid, volume.device, device);
  }();
  if (!attached) {
    if (const auto undone = undo_attach(*machine, volume); !undone) {
      spdlog::warn("{} is half attached to {}: {}", volume.id.str(), id.str(), describe(undone.error()));
    }
    return attached;
  }
  if (machine->spec) machine->spec->volumes = wanted.volumes;
  parts_.metadata.change(id, [&](MachineFacts& facts) { facts.spec.volumes = wanted.volumes; });
  return {};
}

Result<void> Runner::detach(const InstanceId& id, const AttachedVolume& volume, bool force) {
  const ReleaseHow how = force ? ReleaseHow::force : ReleaseHow::orderly;
  const Shared machine = find(id);
  if (machine == nullptr) return parts_.volumes.release_device(volume.id, how, orderly_limit);
  const auto found = std::find_if(machine->record.volumes.begin(), machine->record.volumes.end(),
                                  [&](const auto& other) { return other.id == volume.id; });
  if (found == machine->record.volumes.end()) return {};  // not this machine's: its device is another's business
  const std::string device_name = found->device;
  if (machine->alive()) {
    if (device_name == machine->record.root_device) {
      return fail(ErrorKind::conflict, "OperationNotPermitted", "the root volume stays while its machine runs");
    }
    // The way to the device first: once it is released, its number may become another volume's.
    const auto device = machine->devices.find(volume.id);
    if (device != machine->devices.end()) HF_TRY_VOID(parts_.cgroups.deny(id, device->second));
    if (auto removed = remove_nodes(machine->record.init.pid, device_name); !removed && machine->alive()) {
      return removed;
    }
  }
  HF_TRY_VOID(parts_.volumes.release_device(volume.id, how, orderly_limit));
  return undo_attach(*machine, volume);
}

}  // namespace holdfast::cloud::linux_
