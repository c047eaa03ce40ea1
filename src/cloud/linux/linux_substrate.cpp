#include "cloud/linux/linux_substrate.h"

#include <fmt/core.h>
#include <sched.h>
#include <signal.h>
#include <spdlog/spdlog.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <thread>

#include "cloud/linux/images/images.h"
#include "cloud/linux/machines/cgroups.h"
#include "cloud/linux/machines/runner.h"
#include "cloud/linux/machines/watcher.h"
#include "cloud/linux/metadata/service.h"
#include "cloud/linux/network/network.h"
#include "cloud/linux/storage/volume_store.h"
#include "cloud/linux/tasks.h"

namespace holdfast::cloud::linux_ {
namespace {

constexpr auto reboot_limit = std::chrono::minutes(4);  // as long as EC2 waits before it reboots hard
constexpr auto housekeeping = std::chrono::minutes(1);

// Mounts that we make end with the last process that sees them, not with a clean exit; and the host's own mounts that
// are undone later do not stay alive in ours.
Result<void> enter_private_mounts() {
  static thread_local bool entered = false;
  if (entered) return {};
  if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0) {
    return Failure(system_error("entering a private mount namespace (the Linux substrate needs root)", errno));
  }
  entered = true;
  return {};
}

}  // namespace

// In the order in which they are needed, so that the last one goes first.
struct LinuxSubstrate::Parts {
  LinuxSubstrateOptions options;
  std::unique_ptr<VolumeStore> volumes;
  std::unique_ptr<Network> network;
  std::unique_ptr<Cgroups> cgroups;
  std::atomic<SubstrateEvents*> events = nullptr;
  std::unique_ptr<Runner> runner;
  std::unique_ptr<MetadataService> metadata;
  std::unique_ptr<Tasks> tasks;
  std::unique_ptr<Watcher> watcher;

  bool take_user_data_status(const InstanceId& machine, int status);
  void machine_ended(const InstanceId& machine);
};

bool LinuxSubstrate::Parts::take_user_data_status(const InstanceId& machine, int status) {
  const auto outcome = status == 0 ? UserDataOutcome::succeeded : UserDataOutcome::failed;
  SubstrateEvents* listener = events;
  if (listener == nullptr || !runner->user_data_ended(machine, outcome)) return false;
  listener->user_data_ended(machine, outcome);
  return true;
}

// On the watcher's thread. After whatever is under way with this machine: if that was a stop, there is nothing to tell.
void LinuxSubstrate::Parts::machine_ended(const InstanceId& machine) {
  const bool taken = tasks->give(machine.str(), [this, machine] {
    auto reason = runner->ended(machine);
    SubstrateEvents* listener = events;
    if (!reason) {
      spdlog::error("the end of {} cannot be looked into: {}", machine.str(), describe(reason.error()));
    } else if (*reason && listener != nullptr) {
      listener->machine_ended(machine, **reason);
    }
  });
  if (!taken) spdlog::error("the end of {} is not looked into: too much is waiting", machine.str());
}

LinuxSubstrate::LinuxSubstrate(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

LinuxSubstrate::~LinuxSubstrate() {
  if (!parts_) return;
  // No more work is given, then what was given is done; a launch in it may still name its machine to the watcher.
  parts_->watcher->end();
  parts_->tasks.reset();
  parts_->metadata.reset();
}

Result<std::unique_ptr<LinuxSubstrate>> LinuxSubstrate::open(LinuxSubstrateOptions options) {
  if (::geteuid() != 0) {
    return fail(ErrorKind::denied, "NotRoot", "the local cloud's real machines need root; run as root or by sudo");
  }
  if (!options.data_dir.starts_with('/')) {
    return fail(ErrorKind::invalid, "InvalidDataDir", "'" + options.data_dir + "' must be an absolute path",
                "data_dir");
  }
  if (options.init_program.empty()) options.init_program = default_init_program();
  if (::access(options.init_program.c_str(), X_OK) != 0) {
    return fail(ErrorKind::not_found, "InitProgramNotFound",
                "'" + options.init_program + "' is missing; it is built and installed beside holdfast", "init_program");
  }
  HF_TRY_VOID(enter_private_mounts());
  ::signal(SIGPIPE, SIG_IGN);  // commands in machines may end before they have read their input
  auto parts = std::make_unique<Parts>();
  HF_TRY(parts->volumes, VolumeStore::open({options.data_dir, options.pool_size_bytes, options.free_floor_bytes}));
  const CloudNames names(options.data_dir);
  parts->network = std::make_unique<Network>(options.data_dir, names);
  HF_TRY(Cgroups cgroups, Cgroups::open(names.cgroup(), options.data_dir + "/cgroup2"));
  parts->cgroups = std::make_unique<Cgroups>(std::move(cgroups));
  HF_TRY(const TokenKey key, TokenKey::load(options.data_dir + "/metadata-key"));
  HF_TRY(parts->metadata, MetadataService::start(key, [raw = parts.get()](const InstanceId& machine, int status) {
           return raw->take_user_data_status(machine, status);
         }));
  HF_TRY(parts->runner, Runner::open({options.data_dir, options.init_program},
                                     {*parts->volumes, *parts->network, *parts->cgroups, *parts->metadata},
                                     [raw = parts.get()](const InstanceId& machine, int pidfd) {
                                       raw->watcher->watch(machine, pidfd);
                                     }));
  parts->tasks = std::make_unique<Tasks>(options.threads);
  HF_TRY(parts->watcher, Watcher::start([raw = parts.get()](const InstanceId& machine) { raw->machine_ended(machine); },
                                        [raw = parts.get()] {
                                          (void)raw->tasks->give("housekeeping",
                                                                 [raw] { raw->runner->forget_old_consoles(); });
                                        },
                                        housekeeping));
  parts->options = std::move(options);
  return std::unique_ptr<LinuxSubstrate>(new LinuxSubstrate(std::move(parts)));
}

void LinuxSubstrate::give(const std::string& key, Done done, std::function<Result<void>()> work) {
  const bool taken = parts_->tasks->give(key, [done, work = std::move(work)] { done(work()); });
  if (taken) return;
  // Not on this stack: the caller may hold what `done` needs.
  std::thread([done = std::move(done)] {
    done(fail(ErrorKind::unavailable, "ServerBusy", "the local cloud has too much to do; try again later"));
  }).detach();
}

Result<std::vector<MachineSeen>> LinuxSubstrate::start(const std::vector<SubnetSpec>& subnets,
                                                       const std::vector<MachineSpec>& machines,
                                                       SubstrateEvents& events) {
  HF_TRY_VOID(parts_->network->start(subnets));
  parts_->events = &events;
  return parts_->runner->recover(machines);
}

void LinuxSubstrate::create_subnet(const SubnetSpec& subnet, Done done) {
  give(subnet.id.str(), std::move(done), [this, subnet] { return parts_->network->create_subnet(subnet); });
}

void LinuxSubstrate::delete_subnet(const SubnetId& subnet, Done done) {
  give(subnet.str(), std::move(done), [this, subnet] { return parts_->network->delete_subnet(subnet); });
}

void LinuxSubstrate::create_volume(const VolumeId& volume, int size_gib, const std::optional<SnapshotId>& from,
                                   Done done) {
  give(volume.str(), std::move(done),
       [this, volume, size_gib, from] { return parts_->volumes->create_volume(volume, size_gib, from); });
}

void LinuxSubstrate::delete_volume(const VolumeId& volume, Done done) {
  give(volume.str(), std::move(done), [this, volume] { return parts_->volumes->delete_volume(volume); });
}

void LinuxSubstrate::create_snapshot(const SnapshotId& snapshot, const VolumeId& volume, Done done) {
  give(volume.str(), std::move(done),
       [this, snapshot, volume] { return parts_->volumes->create_snapshot(snapshot, volume); });
}

void LinuxSubstrate::create_snapshots(const InstanceId& machine, const std::vector<SnapshotOfVolume>& snapshots,
                                      Done done) {
  give(machine.str(), std::move(done), [this, machine, snapshots] {
    return parts_->runner->standing_still(machine, [&]() -> Result<void> {
      for (const auto& one : snapshots) HF_TRY_VOID(parts_->volumes->create_snapshot(one.snapshot, one.volume));
      return {};
    });
  });
}

void LinuxSubstrate::copy_snapshot(const SnapshotId& snapshot, const SnapshotId& from, Done done) {
  give(snapshot.str(), std::move(done),
       [this, snapshot, from] { return parts_->volumes->copy_snapshot(snapshot, from); });
}

void LinuxSubstrate::grow_volume(const VolumeId& volume, int size_gib, Done done) {
  give(volume.str(), std::move(done),
       [this, volume, size_gib] { return parts_->volumes->grow_volume(volume, size_gib); });
}

void LinuxSubstrate::attach_interface(const InstanceId& machine, const MachineInterface& interface, Done done) {
  give(machine.str(), std::move(done),
       [this, machine, interface] { return parts_->runner->attach_interface(machine, interface); });
}

void LinuxSubstrate::detach_interface(const InstanceId& machine, const InterfaceId& interface, Done done) {
  give(machine.str(), std::move(done),
       [this, machine, interface] { return parts_->runner->detach_interface(machine, interface); });
}

void LinuxSubstrate::delete_snapshot(const SnapshotId& snapshot, Done done) {
  give(snapshot.str(), std::move(done), [this, snapshot] { return parts_->volumes->delete_snapshot(snapshot); });
}

void LinuxSubstrate::launch(const MachineSpec& machine, Done done) {
  give(machine.id.str(), std::move(done), [this, machine] { return parts_->runner->launch(machine); });
}

void LinuxSubstrate::stop(const InstanceId& machine, StopHow how, Duration limit, Done done) {
  // An orderly shutdown under way would be waited for otherwise.
  if (how != StopHow::shutdown) parts_->runner->hasten(machine);
  give(machine.str(), std::move(done),
       [this, machine, how, limit] { return parts_->runner->stop(machine, how, limit); });
}

void LinuxSubstrate::reboot(const InstanceId& machine, Done done) {
  give(machine.str(), std::move(done), [this, machine] { return parts_->runner->reboot(machine, reboot_limit); });
}

void LinuxSubstrate::attach(const InstanceId& machine, const AttachedVolume& volume, Done done) {
  give(machine.str(), std::move(done), [this, machine, volume] { return parts_->runner->attach(machine, volume); });
}

void LinuxSubstrate::detach(const InstanceId& machine, const AttachedVolume& volume, bool force, Done done) {
  give(machine.str(), std::move(done),
       [this, machine, volume, force] { return parts_->runner->detach(machine, volume, force); });
}

void LinuxSubstrate::set_notice(const InstanceId& machine, const std::optional<InterruptionNotice>& notice) {
  parts_->metadata->change(machine, [&](MachineFacts& facts) { facts.notice = notice; });
}

void LinuxSubstrate::set_rebalance_recommendation(const InstanceId& machine, Time at) {
  parts_->metadata->change(machine, [&](MachineFacts& facts) { facts.rebalance = at; });
}

void LinuxSubstrate::set_tokens_required(const InstanceId& machine, bool required) {
  auto change = [this, machine, required]() -> Result<void> {
    parts_->runner->set_tokens_required(machine, required);
    return {};
  };
  give(
      machine.str(), [](const Result<void>&) {}, change);
}

Result<std::string> LinuxSubstrate::console_output(const InstanceId& machine) {
  return parts_->runner->console_output(machine);
}

Result<CommandOutcome> LinuxSubstrate::run_command(const InstanceId& machine, const std::vector<std::string>& argv,
                                                   const std::string& input, Duration limit) {
  return parts_->runner->run_command(machine, argv, input, limit);
}

std::vector<std::string> LinuxSubstrate::buildable_images() const {
  std::vector<std::string> names;
  for (const auto& recipe : image_recipes()) names.push_back(recipe.name);
  return names;
}

int LinuxSubstrate::image_size_gib(const std::string& name) const {
  const ImageRecipe* recipe = find_recipe(name);
  return recipe == nullptr ? 0 : recipe->size_gib;
}

void LinuxSubstrate::build_image(const std::string& name, const SnapshotId& into, Done done) {
  give(into.str(), std::move(done), [this, name, into] {
    const ImageTools tools{parts_->options.init_program, parts_->options.data_dir + "/image-work"};
    return linux_::build_image(name, tools, *parts_->volumes, into);
  });
}

int64_t LinuxSubstrate::free_bytes() const {
  return parts_->volumes->free_bytes();
}

Result<void> LinuxSubstrate::tear_down(bool erase) {
  parts_->watcher->end();
  parts_->tasks = std::make_unique<Tasks>(1);  // what was given to the old ones is done first
  HF_TRY_VOID(parts_->runner->tear_down());
  HF_TRY_VOID(parts_->network->tear_down());
  HF_TRY_VOID(parts_->volumes->tear_down(erase));
  ::umount2((parts_->options.data_dir + "/cgroup2").c_str(), MNT_DETACH);  // if we had to mount it
  if (!erase) return {};
  give_back_cidr_block(parts_->options.data_dir);
  for (const char* name : {"machines", "consoles", "root", "cgroup2", "metadata-key", "image-work"}) {
    std::error_code error;
    std::filesystem::remove_all(parts_->options.data_dir + "/" + name, error);
    if (error) return Failure(system_error(std::string("removing ") + name + " from the data folder", error.value()));
  }
  return {};
}

}  // namespace holdfast::cloud::linux_
