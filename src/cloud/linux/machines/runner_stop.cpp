// The part of the runner that ends machines, and looks after what they leave.
#include <fmt/core.h>
#include <poll.h>
#include <signal.h>
#include <spdlog/spdlog.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <future>

#include "cloud/linux/images/boot_facts.h"
#include "cloud/linux/machines/guest_filesystems.h"
#include "cloud/linux/machines/runner.h"
#include "cloud/linux/machines/runner_machine.h"
#include "cloud/linux/machines/stopwatch.h"

namespace holdfast::cloud::linux_ {
namespace {

constexpr int kill_limit_ms = 60'000;  // a kill waits for I/O under way and for the last writes of unmounting
constexpr auto freeze_limit = std::chrono::seconds(2);
constexpr auto release_limit = std::chrono::seconds(30);
constexpr auto groups_limit = std::chrono::seconds(10);
constexpr int keeper_limit_ms = 2'000;

int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

void signal_process(const Fd& pidfd, int number) {
  ::syscall(SYS_pidfd_send_signal, pidfd.get(), number, nullptr, 0);
}

// The keeper ends when it has written down all that the machine said.
void reap_keeper(pid_t keeper) {
  const Fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, keeper, 0)));
  if (!pidfd.valid()) return;
  if (!wait_for_end(pidfd.get(), keeper_limit_ms)) signal_process(pidfd, SIGKILL);  // its disk hangs
  while (::waitpid(keeper, nullptr, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace

// True if the init has ended by itself.
bool Runner::shut_down(Machine& machine, Duration limit) {
  const auto number = signal_number(machine.record.stop_signal);
  signal_process(machine.pidfd, number ? *number : SIGTERM);
  const int64_t end = now_ms() + limit.count();
  while (true) {
    const int64_t left = end - now_ms();
    if (left <= 0) return wait_for_end(machine.pidfd.get(), 0);
    pollfd wanted[2] = {{machine.pidfd.get(), POLLIN, 0}, {machine.hasten.get(), POLLIN, 0}};
    if (::poll(wanted, 2, static_cast<int>(std::min<int64_t>(left, 60'000))) <= 0) continue;
    if (wanted[0].revents != 0) return true;
    if (wanted[1].revents != 0) return false;
  }
}

// The machine stands still from the freeze to its death and is never let run again, so whatever was cut is all that its
// programs can have been told is durable: that makes finish_cut safe, also if only some of the volumes could be cut.
// What could not be cut keeps its later writes: kinder than a power cut, and nothing is lost.
void Runner::cut_power(Machine& machine) {
  const InstanceId& id = machine.record.id;
  if (const auto frozen = parts_.cgroups.freeze(id, freeze_limit); !frozen) {
    spdlog::warn("{} is killed instead of having its power cut: {}", id.str(), describe(frozen.error()));
    return;
  }
  std::set<dev_t> dark;
  for (const auto& volume : machine.record.volumes) {
    if (!machine.devices.contains(volume.id)) continue;
    const auto cut = parts_.volumes.cut(volume.id);
    if (!cut) spdlog::warn("the power cut of {} spares {}: {}", id.str(), volume.id.str(), describe(cut.error()));
    const BlockDevice& device = machine.devices[volume.id];
    if (cut) dark.insert(makedev(static_cast<unsigned>(device.major), static_cast<unsigned>(device.minor)));
  }
  end_filesystems(machine.record.init.pid, dark);
}

Result<void> Runner::kill(Machine& machine) {
  HF_TRY_VOID(parts_.cgroups.kill(machine.record.id));  // what run_command started has no part in the process namespace
  signal_process(machine.pidfd, SIGKILL);
  if (wait_for_end(machine.pidfd.get(), kill_limit_ms)) return {};
  return fail(
      ErrorKind::unknown_outcome, "StillDying",
      machine.record.id.str() + " was killed but has not ended within a minute: it waits for a disk; ask again");
}

Result<void> Runner::end_process(Machine& machine, StopHow how, Duration limit) {
  if (!machine.alive()) return {};
  if (how == StopHow::shutdown && shut_down(machine, limit)) return {};
  Stopwatch watch;
  // From here on the machine says nothing more: its kernel would close its connections politely, and its peers are to
  // see a machine that vanished.
  HF_TRY_VOID(parts_.network.cut(machine.record.interfaces));
  // The kernel takes some 20 ms over a link, so its links go while it dies. What fails here is told by clear_away,
  // which does it again.
  const auto links_gone =
      std::async(std::launch::async, [&] { (void)parts_.network.disconnect(machine.record.interfaces); });
  watch.lap("network");
  if (how == StopHow::power_cut) cut_power(machine);
  watch.lap("power");
  HF_TRY_VOID(kill(machine));
  watch.lap("kill");
  spdlog::debug("{} is dead; ms:{}", machine.record.id.str(), watch.text());
  return {};
}

// How it ended, if we are its parent.
std::string Runner::reap(Machine& machine) {
  siginfo_t how{};
  int result = 0;
  while ((result = ::waitid(P_PIDFD, static_cast<id_t>(machine.pidfd.get()), &how, WEXITED)) != 0 && errno == EINTR) {
  }
  if (result != 0) return "its init ended while the service was not its parent";
  // SIGINT and SIGHUP are how the kernel ends a process namespace whose init called reboot(2).
  if (how.si_code == CLD_EXITED && how.si_status == 0) return std::string(kGuestShutdown) + ": its init ended";
  if (how.si_code != CLD_EXITED && how.si_status == SIGINT) return std::string(kGuestShutdown) + ": powered off";
  if (how.si_code != CLD_EXITED && how.si_status == SIGHUP) return std::string(kGuestShutdown) + ": rebooted";
  return how.si_code == CLD_EXITED ? fmt::format("its init ended with status {}", how.si_status)
                                   : fmt::format("its init was killed by signal {}", how.si_status);
}

// All at once: each waits for the disk.
Result<void> Runner::release_volumes(Machine& machine) {
  std::vector<std::future<Result<void>>> releases;
  for (const auto& volume : machine.record.volumes) {
    releases.push_back(std::async(std::launch::async, [this, id = volume.id]() -> Result<void> {
      // Safe: its init is dead, so no process of it writes; orderly, so what was written reaches the file.
      HF_TRY_VOID(parts_.volumes.release_device(id, ReleaseHow::orderly, release_limit));
      return parts_.volumes.finish_cut(id);  // without a cut: nothing; with one: see cut_power
    }));
  }
  Result<void> all;
  for (size_t i = 0; i < releases.size(); ++i) {
    const auto released = releases[i].get();
    if (released) machine.devices.erase(machine.record.volumes[i].id);
    if (!released && all) all = released;
  }
  return all;
}

Result<void> Runner::clear_away(Machine& machine) {
  Stopwatch watch;
  const InstanceId id = machine.record.id;
  parts_.metadata.close(id);
  watch.lap("metadata");
  HF_TRY_VOID(parts_.network.disconnect(machine.record.interfaces));
  watch.lap("network");
  HF_TRY_VOID(parts_.cgroups.kill(id));
  HF_TRY_VOID(release_volumes(machine));
  watch.lap("volumes");
  HF_TRY_VOID(parts_.cgroups.remove(id, groups_limit));
  watch.lap("groups");
  if (machine.console_keeper != 0) reap_keeper(machine.console_keeper);
  machine.console_keeper = 0;
  watch.lap("console");
  {
    const std::lock_guard guard(machine.mutex);
    machine.recorded = false;
    HF_TRY_VOID(records_.remove(id));
  }
  watch.lap("record");
  spdlog::debug("{} is cleared away; ms:{}", id.str(), watch.text());
  const std::lock_guard guard(mutex_);
  machines_.erase(id);
  return {};
}

Result<void> Runner::stop(const InstanceId& id, StopHow how, Duration limit) {
  const Shared machine = find(id);
  if (machine == nullptr) return {};  // nothing of it is on this host: start() cleared away what no record names
  machine->stopping = true;
  HF_TRY_VOID(end_process(*machine, how, limit));
  if (machine->pidfd.valid()) (void)reap(*machine);
  return clear_away(*machine);
}

Result<void> Runner::reboot(const InstanceId& id, Duration limit) {
  HF_TRY(const Shared machine, running(id));
  if (!machine->spec) {
    return fail(ErrorKind::conflict, "IncorrectInstanceState", id.str() + " runs, but nobody knows how to start it");
  }
  machine->stopping = true;
  HF_TRY_VOID(end_process(*machine, StopHow::shutdown, limit));
  (void)reap(*machine);
  const auto started = start_again(*machine);
  if (started) return {};
  HF_TRY_VOID(clear_away(*machine));
  return started;
}

// Its init is dead and reaped. Volumes stay attached, links are made anew.
Result<void> Runner::start_again(Machine& machine) {
  machine.pidfd.reset();
  parts_.metadata.close(machine.record.id);
  if (machine.console_keeper != 0) reap_keeper(machine.console_keeper);
  machine.console_keeper = 0;
  HF_TRY_VOID(parts_.cgroups.kill(machine.record.id));
  HF_TRY_VOID(parts_.cgroups.remove(machine.record.id, groups_limit));
  HF_TRY_VOID(start(machine));
  machine.stopping = false;
  return {};
}

Result<std::optional<std::string>> Runner::ended(const InstanceId& id) {
  const Shared machine = find(id);
  // A stop that failed half way has said so to its caller, who repeats it. A new life after a reboot is alive.
  if (machine == nullptr || machine->stopping || machine->alive()) return std::optional<std::string>();
  std::string reason = reap(*machine);
  machine->stopping = true;
  if (reason == std::string(kGuestShutdown) + ": rebooted" && machine->spec) {
    const auto again = start_again(*machine);
    if (again) return std::optional<std::string>();
    reason = "it rebooted and could not be started again: " + describe(again.error());
  }
  if (const auto cleared = clear_away(*machine); !cleared) {
    spdlog::error("{} has ended ({}), but something of it is left: {}", id.str(), reason, describe(cleared.error()));
  }
  return std::optional<std::string>(std::move(reason));
}

}  // namespace holdfast::cloud::linux_
