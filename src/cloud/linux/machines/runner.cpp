#include "cloud/linux/machines/runner.h"

#include <fmt/core.h>
#include <spdlog/spdlog.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <chrono>

#include "base/check.h"
#include "cloud/linux/machines/command.h"
#include "cloud/linux/machines/runner_machine.h"
#include "cloud/linux/machines/stopwatch.h"

namespace holdfast::cloud::linux_ {
namespace {

Failure invalid(const std::string& message, const char* field) {
  return fail(ErrorKind::invalid, "InvalidParameterValue", message, field);
}

// "/dev/sdf", "sdf", "/dev/xvda1": what becomes a name in a folder, and clashes with none of the usual nodes.
bool good_device_name(const std::string& device) {
  const std::string name = node_names(device)[0];
  const bool known = name.starts_with("sd") || name.starts_with("xvd") || name.starts_with("vd") ||
                     name.starts_with("hd") || name.starts_with("nvme");
  return known && name.size() <= 31 &&
         std::all_of(name.begin(), name.end(), [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); });
}

Result<void> make_folder(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) return {};
  return Failure(system_error("making " + path, errno));
}

}  // namespace

Failure no_such_machine(const InstanceId& machine) {
  return fail(ErrorKind::not_found, "InvalidInstanceID.NotFound", "no machine '" + machine.str() + "' runs here");
}

Runner::Runner(RunnerOptions options, RunnerParts parts, MachineRecords records, Watch watch)
    : options_(std::move(options)), parts_(parts), records_(std::move(records)), watch_(std::move(watch)) {}

Runner::~Runner() = default;

Result<std::unique_ptr<Runner>> Runner::open(RunnerOptions options, RunnerParts parts, Watch watch) {
  HF_TRY(auto records, MachineRecords::open(options.data_dir + "/machines"));
  HF_TRY_VOID(make_folder(options.data_dir + "/consoles"));
  HF_TRY_VOID(make_folder(options.data_dir + "/root"));  // where each machine mounts its root, in its own namespace
  return std::unique_ptr<Runner>(new Runner(std::move(options), parts, std::move(records), std::move(watch)));
}

Runner::Shared Runner::find(const InstanceId& machine) const {
  const std::lock_guard guard(mutex_);
  const auto found = machines_.find(machine);
  return found == machines_.end() ? nullptr : found->second;
}

Result<Runner::Shared> Runner::running(const InstanceId& machine) const {
  Shared found = find(machine);
  if (found == nullptr) return no_such_machine(machine);
  if (!found->alive()) {
    return fail(ErrorKind::conflict, "IncorrectInstanceState", "the machine '" + machine.str() + "' does not run");
  }
  return found;
}

std::string Runner::console_file(const InstanceId& machine) const {
  return options_.data_dir + "/consoles/" + machine.str() + ".log";
}

Result<void> Runner::check(const MachineSpec& spec) const {
  const std::string& id = spec.id.str();
  const bool good_id = id.starts_with("i-") && id.size() <= 64 && id.find_first_of("/.") == std::string::npos;
  if (!good_id) return invalid("'" + id + "' is no instance id (i-…)", "id");
  if (spec.vcpus < 1) return invalid("a machine has at least one CPU", "vcpus");
  if (spec.memory_mib < 16) return invalid("a machine has at least 16 MiB of memory", "memory_mib");
  bool has_root = false;
  std::map<std::string, int> names;
  for (const auto& volume : spec.volumes) {
    if (!good_device_name(volume.device)) {
      return invalid("'" + volume.device + "' is no device name; use one like /dev/sdf", "volumes.device");
    }
    for (const auto& name : node_names(volume.device)) {
      if (++names[name] > 1) return invalid("two volumes share the device name " + volume.device, "volumes.device");
    }
    has_root = has_root || volume.device == spec.root_device;
  }
  if (!has_root) return invalid("no volume is at the root device '" + spec.root_device + "'", "root_device");
  return {};
}

Result<MachineFacts> Runner::facts_of(const MachineSpec& spec) const {
  MachineFacts facts{spec, {}, std::nullopt, std::nullopt};
  for (const auto& interface : spec.interfaces) {
    HF_TRY(const SubnetSpec subnet, parts_.network.subnet(interface.subnet));
    facts.cidrs.push_back(subnet.cidr);
  }
  return facts;
}

Result<void> Runner::write_record(Machine& machine) {
  const std::lock_guard guard(machine.mutex);
  machine.recorded = true;
  return records_.write(machine.record);
}

bool Runner::user_data_ended(const InstanceId& id, UserDataOutcome outcome) {
  const Shared machine = find(id);
  if (machine == nullptr) return false;
  const std::lock_guard guard(machine->mutex);
  if (!machine->recorded) return false;  // it is being cleared away: a record now would be about nothing
  machine->record.user_data = outcome;
  const auto written = records_.write(machine->record);
  if (!written) spdlog::error("the end of {}'s user data cannot be noted: {}", id.str(), describe(written.error()));
  return written.has_value();
}

Result<std::vector<MachineDevice>> Runner::attach_devices(Machine& machine) {
  std::vector<MachineDevice> devices;
  for (const auto& volume : machine.record.volumes) {
    HF_TRY(const BlockDevice device, parts_.volumes.attach_device(volume.id));
    machine.devices[volume.id] = device;
    HF_TRY_VOID(parts_.cgroups.allow(machine.record.id, device));
    devices.push_back({volume.device, device});
  }
  return devices;
}

Result<void> Runner::wire(Machine& machine, const StartingMachine& starting) {
  HF_TRY(const Fd network, starting.network_namespace());
  HF_TRY_VOID(parts_.network.connect(network.get(), machine.spec->interfaces));
  HF_TRY(MachineFacts facts, facts_of(*machine.spec));
  return parts_.metadata.open(network.get(), std::move(facts));
}

Result<void> Runner::start(Machine& machine) {
  Stopwatch watch;
  const MachineSpec& spec = *machine.spec;
  HF_TRY_VOID(parts_.cgroups.create(spec.id, {spec.vcpus, spec.memory_mib}));
  watch.lap("groups");
  HF_TRY(const auto devices, attach_devices(machine));
  watch.lap("devices");
  bool resolver = false;
  for (const auto& interface : spec.interfaces) {
    HF_TRY(const SubnetSpec subnet, parts_.network.subnet(interface.subnet));
    resolver = resolver || subnet.outside;
  }
  std::string root_path;
  for (const auto& device : devices) {
    if (device.name == spec.root_device) root_path = device.device.path;
  }
  HF_TRY(RootVolume root, open_root_volume(root_path, spec, resolver));
  machine.record.stop_signal = root.facts.stop_signal;
  watch.lap("root");
  HF_TRY(Console console, open_console_pair());
  HF_TRY(auto starting, StartingMachine::clone({spec.id, host_name(spec), options_.data_dir + "/root", devices}, root,
                                               console, parts_.cgroups));
  root.mount.reset();  // the child's alone: it is to end with the machine
  watch.lap("clone");
  HF_TRY(const Fd consoles, parts_.cgroups.consoles());
  HF_TRY(machine.console_keeper,
         start_console_keeper({options_.init_program, console_file(spec.id), console.master.get(), console.slave.get(),
                               starting.pidfd(), consoles.get()}));
  HF_TRY_VOID(wire(machine, starting));
  watch.lap("network");
  HF_TRY(machine.record.init, identify(starting.pid()));
  HF_TRY_VOID(write_record(machine));  // from here on a crash leaves a machine that is found again
  watch.lap("record");
  HF_TRY(machine.pidfd, starting.go());
  watch.lap("go");
  spdlog::debug("{} runs; ms:{}", spec.id.str(), watch.text());
  watch_(spec.id, machine.pidfd.get());
  return {};
}

Result<void> Runner::launch(const MachineSpec& spec) {
  HF_TRY_VOID(check(spec));
  if (const Shared before = find(spec.id)) {
    if (before->alive()) return {};  // told again
    HF_TRY_VOID(clear_away(*before));
  }
  auto machine = std::make_shared<Machine>();
  machine->record.id = spec.id;
  machine->record.root_device = spec.root_device;
  machine->record.volumes = spec.volumes;
  for (const auto& interface : spec.interfaces) machine->record.interfaces.push_back(interface.id);
  machine->spec = spec;
  machine->hasten = Fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  {
    const std::lock_guard guard(mutex_);
    machines_[spec.id] = machine;
  }
  const auto started = start(*machine);
  if (started) return {};
  // Safe: its process was never let go, or is dead.
  if (const auto cleared = clear_away(*machine); !cleared) {
    spdlog::error("{} could not be started, and something of it is left: {}", spec.id.str(), describe(cleared.error()));
  }
  return started;
}

void Runner::set_tokens_required(const InstanceId& id, bool required) {
  const Shared machine = find(id);
  if (machine == nullptr) return;
  if (machine->spec) machine->spec->imds_tokens_required = required;
  parts_.metadata.change(id, [&](MachineFacts& facts) { facts.spec.imds_tokens_required = required; });
}

Result<CommandOutcome> Runner::run_command(const InstanceId& id, const std::vector<std::string>& argv,
                                           const std::string& input, Duration limit) {
  HF_TRY(const Shared machine, running(id));
  return run_in_machine({id, machine->pidfd.get(), argv, input, limit}, parts_.cgroups);
}

Result<std::string> Runner::console_output(const InstanceId& id) {
  HF_TRY(std::string text, read_console(console_file(id)));
  if (text.empty() && find(id) == nullptr) return no_such_machine(id);
  return text;
}

void Runner::forget_old_consoles() const {
  linux_::forget_old_consoles(
      options_.data_dir + "/consoles",
      [](const InstanceId& id, const void* self) { return static_cast<const Runner*>(self)->find(id) != nullptr; },
      this);
}

void Runner::hasten(const InstanceId& id) {
  const Shared machine = find(id);
  if (machine == nullptr) return;
  const uint64_t one = 1;
  if (::write(machine->hasten.get(), &one, sizeof one) < 0) CHECK(errno == EAGAIN);  // hastened enough
}

}  // namespace holdfast::cloud::linux_
