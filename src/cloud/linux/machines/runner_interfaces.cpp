// The part of the runner that attaches interfaces to running machines and detaches them, and makes machines stand
// still.
#include <fcntl.h>
#include <fmt/core.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "cloud/linux/machines/runner.h"
#include "cloud/linux/machines/runner_machine.h"

namespace holdfast::cloud::linux_ {
namespace {

constexpr auto freeze_limit = std::chrono::seconds(2);

Result<Fd> network_of(const MachineRecord& record) {
  Fd network(::open(fmt::format("/proc/{}/ns/net", record.init.pid).c_str(), O_RDONLY | O_CLOEXEC));
  if (!network.valid()) return Failure(system_error("opening the network of " + record.id.str(), errno));
  return network;
}

}  // namespace

// If the service dies meanwhile, the next one lets the machine go on when it finds it (readopt).
Result<void> Runner::standing_still(const InstanceId& id, const std::function<Result<void>()>& work) {
  const Shared machine = find(id);
  if (machine == nullptr || !machine->alive()) return work();
  auto worked = parts_.cgroups.freeze(id, freeze_limit);
  if (worked) worked = work();
  // Also after a freeze that was not seen to be complete: part of it may stand.
  if (const auto thawed = parts_.cgroups.thaw(id); !thawed) {
    spdlog::error("{} does not go on: {}", id.str(), describe(thawed.error()));
  }
  return worked;
}

Result<void> Runner::attach_interface(const InstanceId& id, const MachineInterface& interface) {
  HF_TRY(const Shared machine, running(id));
  if (!machine->spec) {
    return fail(ErrorKind::conflict, "IncorrectInstanceState", id.str() + " runs, but nobody knows how it was wired");
  }
  MachineSpec wanted = *machine->spec;
  std::erase_if(wanted.interfaces, [&](const auto& other) { return other.id == interface.id; });
  wanted.interfaces.push_back(interface);
  HF_TRY(MachineFacts facts, facts_of(wanted));
  {
    // Noted first: after a crash in between the link goes with the machine, or this is asked again.
    const std::lock_guard guard(machine->mutex);
    std::erase(machine->record.interfaces, interface.id);
    machine->record.interfaces.push_back(interface.id);
  }
  HF_TRY_VOID(write_record(*machine));
  HF_TRY(const Fd network, network_of(machine->record));
  HF_TRY_VOID(parts_.network.connect_one(network.get(), interface));
  machine->spec = wanted;
  parts_.metadata.change(
      id, [&](MachineFacts& now) { now.spec.interfaces = facts.spec.interfaces, now.cidrs = facts.cidrs; });
  return {};
}

Result<void> Runner::detach_interface(const InstanceId& id, const InterfaceId& interface) {
  const Shared machine = find(id);
  if (machine == nullptr) return {};
  const auto& have = machine->record.interfaces;
  if (std::find(have.begin(), have.end(), interface) == have.end()) return {};
  HF_TRY_VOID(parts_.network.disconnect({interface}));
  {
    const std::lock_guard guard(machine->mutex);
    std::erase(machine->record.interfaces, interface);
  }
  HF_TRY_VOID(write_record(*machine));
  if (!machine->spec) return {};
  std::erase_if(machine->spec->interfaces, [&](const auto& other) { return other.id == interface; });
  HF_TRY(MachineFacts facts, facts_of(*machine->spec));
  parts_.metadata.change(
      id, [&](MachineFacts& now) { now.spec.interfaces = facts.spec.interfaces, now.cidrs = facts.cidrs; });
  return {};
}

}  // namespace holdfast::cloud::linux_
