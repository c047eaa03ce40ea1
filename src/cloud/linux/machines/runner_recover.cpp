// The part of the runner that begins and ends a process of the service: finding the machines of an earlier one, and
// removing everything.
#include <fcntl.h>
#include <fmt/core.h>
#include <spdlog/spdlog.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <set>

#include "cloud/linux/machines/runner.h"
#include "cloud/linux/machines/runner_machine.h"

namespace holdfast::cloud::linux_ {
namespace {

constexpr auto groups_limit = std::chrono::seconds(10);
constexpr auto release_limit = std::chrono::seconds(30);

}  // namespace

Result<void> Runner::readopt(const Shared& machine) {
  const InstanceId& id = machine->record.id;
  // It may stand still because the service died during a power cut. The volume store has forgotten the cut when it was
  // opened, so nothing that is written from now on can be thrown away by it.
  HF_TRY_VOID(parts_.cgroups.thaw(id));
  HF_TRY(const auto in_use, parts_.volumes.devices_in_use());
  for (const auto& volume : machine->record.volumes) {
    if (const auto device = in_use.find(volume.id); device != in_use.end()) {
      machine->devices[volume.id] = device->second;
    }
  }
  if (machine->spec) {
    const Fd network(::open(fmt::format("/proc/{}/ns/net", machine->record.init.pid).c_str(), O_RDONLY | O_CLOEXEC));
    HF_TRY(MachineFacts facts, facts_of(*machine->spec));
    const auto opened = network.valid() ? parts_.metadata.open(network.get(), std::move(facts))
                                        : Result<void>(Failure(system_error("opening its network namespace", errno)));
    // It has the right to run on without it; and if it is dying, the watch will say so.
    if (!opened) spdlog::error("{} has no metadata service: {}", id.str(), describe(opened.error()));
  }
  watch_(id, machine->pidfd.get());
  return {};
}

Result<std::vector<MachineSeen>> Runner::recover(const std::vector<MachineSpec>& specs) {
  HF_TRY(const auto records, records_.all());
  std::vector<MachineSeen> seen;
  std::vector<Shared> living;
  std::vector<Shared> dead;
  for (const auto& record : records) {
    auto machine = std::make_shared<Machine>();
    machine->record = record;
    machine->recorded = true;
    machine->hasten = Fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    const auto spec =
        std::find_if(specs.begin(), specs.end(), [&](const auto& other) { return other.id == record.id; });
    if (spec != specs.end()) machine->spec = *spec;
    HF_TRY(auto pidfd, find_process(record.init));
    if (pidfd) machine->pidfd = std::move(*pidfd);
    seen.push_back({record.id, machine->pidfd.valid(), record.user_data});
    (machine->pidfd.valid() ? living : dead).push_back(machine);
    const std::lock_guard guard(mutex_);
    machines_[record.id] = machine;
  }
  for (const auto& machine : dead) {
    machine->stopping = true;
    // Safe: that very process is gone (its number, start and boot were compared), and with it its process namespace.
    if (const auto cleared = clear_away(*machine); !cleared) {
      spdlog::error("something of {} is left: {}", machine->record.id.str(), describe(cleared.error()));
    }
  }
  HF_TRY_VOID(clear_orphans());
  for (const auto& machine : living) HF_TRY_VOID(readopt(machine));
  return seen;
}

// What is in no record was never told to go (the record comes first), so no user's program ever ran with it.
Result<void> Runner::clear_orphans() {
  std::set<InstanceId> known;
  std::vector<InterfaceId> interfaces;
  std::set<VolumeId> volumes;
  {
    const std::lock_guard guard(mutex_);
    for (const auto& [id, machine] : machines_) {
      known.insert(id);
      for (const auto& interface : machine->record.interfaces) interfaces.push_back(interface);
      for (const auto& volume : machine->record.volumes) volumes.insert(volume.id);
    }
  }
  HF_TRY_VOID(parts_.network.disconnect_all_but(interfaces));
  HF_TRY(const auto groups, parts_.cgroups.existing());
  for (const auto& id : groups) {
    if (known.contains(id)) continue;
    HF_TRY_VOID(parts_.cgroups.kill(id));
    HF_TRY_VOID(parts_.cgroups.remove(id, groups_limit));
  }
  HF_TRY(const auto in_use, parts_.volumes.devices_in_use());
  for (const auto& [volume, device] : in_use) {
    if (volumes.contains(volume)) continue;
    HF_TRY_VOID(parts_.volumes.release_device(volume, ReleaseHow::orderly, release_limit));
  }
  return {};
}

Result<void> Runner::tear_down() {
  std::vector<InstanceId> all;
  {
    const std::lock_guard guard(mutex_);
    for (const auto& [id, machine] : machines_) all.push_back(id);
  }
  for (const auto& id : all) HF_TRY_VOID(stop(id, StopHow::kill, Duration(0)));
  HF_TRY_VOID(clear_orphans());
  return parts_.cgroups.tear_down();
}

}  // namespace holdfast::cloud::linux_
