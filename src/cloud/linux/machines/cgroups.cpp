#include "cloud/linux/machines/cgroups.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <set>
#include <thread>

#include "base/text.h"
#include "cloud/linux/small_files.h"

namespace holdfast::cloud::linux_ {
namespace {

constexpr int most_processes = 8192;
constexpr int cpu_period_us = 100'000;
constexpr auto first_poll = std::chrono::milliseconds(1);
constexpr auto longest_poll = std::chrono::milliseconds(20);
constexpr const char* guest_name = "guest";
constexpr const char* commands_name = "commands";
constexpr const char* consoles_name = "consoles";

// null zero full random urandom, tty ptmx, pseudo terminals. Nodes of any kind may be made (m): making one is harmless.
constexpr const char* usual_devices[] = {"c *:* m",   "b *:* m",   "c 1:3 rwm", "c 1:5 rwm", "c 1:7 rwm",
                                         "c 1:8 rwm", "c 1:9 rwm", "c 5:0 rwm", "c 5:2 rwm", "c 136:* rwm"};

struct Mounts {
  std::string unified;                        // empty: not mounted
  std::map<std::string, std::string> legacy;  // controller to mount point
};

// Lines of mountinfo: "id parent major:minor root point options … - type source superoptions".
Result<Mounts> find_mounts() {
  HF_TRY(const std::string text, read_small_file("/proc/self/mountinfo"));
  Mounts mounts;
  for (const auto& line : split(text, '\n')) {
    const auto words = split(line, ' ');
    const auto dash = std::find(words.begin(), words.end(), "-");
    if (words.size() < 10 || words.end() - dash < 4 || words[3] != "/") continue;
    if (dash[1] == "cgroup2") mounts.unified = words[4];
    if (dash[1] != "cgroup") continue;
    for (const auto& option : split(dash[3], ',')) mounts.legacy.emplace(option, words[4]);
  }
  return mounts;
}

Result<void> make_folder(const std::string& path) {
  if (::mkdir(path.c_str(), 0755) == 0 || errno == EEXIST) return {};
  return Failure(system_error("making the control group " + path, errno));
}

Result<void> remove_tree(const std::string& path) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(path, error)) {
    if (entry.is_directory(error) && !entry.is_symlink(error)) HF_TRY_VOID(remove_tree(entry.path().string()));
  }
  if (::rmdir(path.c_str()) == 0 || errno == ENOENT) return {};
  return Failure(system_error("removing the control group " + path, errno));
}

Result<Fd> open_folder(const std::string& path) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) return Failure(system_error("opening the control group " + path, errno));
  return fd;
}

// Calls `look` until it says true; false if the time is over first.
template <class Look>
Result<bool> poll_until(Duration limit, Look look) {
  const auto end = std::chrono::steady_clock::now() + limit;
  auto pause = first_poll;
  while (true) {
    HF_TRY(const bool there, look());
    if (there) return true;
    if (std::chrono::steady_clock::now() >= end) return false;
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 2, longest_poll);
  }
}

}  // namespace

Result<Cgroups> Cgroups::open(const std::string& name, const std::string& mount_dir) {
  HF_TRY(Mounts mounts, find_mounts());
  if (mounts.unified.empty()) {
    if (::mkdir(mount_dir.c_str(), 0755) != 0 && errno != EEXIST) {
      return Failure(system_error("making " + mount_dir, errno));
    }
    if (::mount("cgroup2", mount_dir.c_str(), "cgroup2", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) != 0) {
      return Failure(system_error("mounting the cgroup2 tree, which machines need", errno));
    }
    mounts.unified = mount_dir;
  }
  Cgroups cgroups;
  cgroups.unified_ = mounts.unified + "/" + name;
  HF_TRY_VOID(make_folder(cgroups.unified_));
  HF_TRY_VOID(make_folder(cgroups.unified_ + "/" + consoles_name));
  HF_TRY(const std::string text, read_small_file(mounts.unified + "/cgroup.controllers"));
  const auto controllers = split(trim(text), ' ');
  for (const std::string controller : {"memory", "cpu", "pids"}) {
    if (std::find(controllers.begin(), controllers.end(), controller) != controllers.end()) {
      HF_TRY_VOID(write_setting(mounts.unified + "/cgroup.subtree_control", "+" + controller));
      HF_TRY_VOID(write_setting(cgroups.unified_ + "/cgroup.subtree_control", "+" + controller));
    } else if (mounts.legacy.contains(controller)) {
      cgroups.legacy_[controller] = mounts.legacy[controller] + "/" + name;
    } else {
      return fail(ErrorKind::unavailable, "NoCgroupController",
                  "the control group controller '" + controller +
                      "' is neither on cgroup v2 nor mounted as v1, so machines cannot be limited; enable it "
                      "(kernel command line, or mount it below /sys/fs/cgroup)");
    }
  }
  if (mounts.legacy.contains("devices")) cgroups.legacy_["devices"] = mounts.legacy["devices"] + "/" + name;
  for (const auto& [controller, path] : cgroups.legacy_) HF_TRY_VOID(make_folder(path));
  return cgroups;
}

std::vector<std::string> Cgroups::folders(const InstanceId& machine) const {
  std::vector<std::string> all = {unified(machine)};
  for (const auto& [controller, path] : legacy_) {
    const std::string folder = path + "/" + machine.str();
    if (std::find(all.begin(), all.end(), folder) == all.end()) all.push_back(folder);  // mounted together
  }
  return all;
}

Result<void> Cgroups::create(const InstanceId& machine, const MachineLimits& limits) {
  for (const auto& folder : folders(machine)) HF_TRY_VOID(make_folder(folder));
  HF_TRY_VOID(make_folder(unified(machine) + "/" + guest_name));
  HF_TRY_VOID(make_folder(unified(machine) + "/" + commands_name));
  const std::string memory = std::to_string(int64_t{limits.memory_mib} << 20);
  const int quota = limits.vcpus * cpu_period_us;
  const auto place = [&](const std::string& controller) { return legacy_.at(controller) + "/" + machine.str(); };
  if (legacy_.contains("memory")) {
    HF_TRY_VOID(write_setting(place("memory") + "/memory.limit_in_bytes", memory));
  } else {
    HF_TRY_VOID(write_setting(unified(machine) + "/memory.max", memory));
    (void)write_setting(unified(machine) + "/memory.swap.max", "0");  // a kernel without swap has no such file
  }
  if (legacy_.contains("cpu")) {
    HF_TRY_VOID(write_setting(place("cpu") + "/cpu.cfs_period_us", std::to_string(cpu_period_us)));
    HF_TRY_VOID(write_setting(place("cpu") + "/cpu.cfs_quota_us", std::to_string(quota)));
  } else {
    HF_TRY_VOID(write_setting(unified(machine) + "/cpu.max", fmt::format("{} {}", quota, cpu_period_us)));
  }
  const std::string pids = legacy_.contains("pids") ? place("pids") : unified(machine);
  HF_TRY_VOID(write_setting(pids + "/pids.max", std::to_string(most_processes)));
  if (!legacy_.contains("devices")) return {};
  HF_TRY_VOID(device_rule(machine, "devices.deny", "a"));
  for (const char* rule : usual_devices) HF_TRY_VOID(device_rule(machine, "devices.allow", rule));
  return {};
}

Result<Fd> Cgroups::guest(const InstanceId& machine) const {
  return open_folder(unified(machine) + "/" + guest_name);
}

Result<Fd> Cgroups::commands(const InstanceId& machine) const {
  return open_folder(unified(machine) + "/" + commands_name);
}

Result<Fd> Cgroups::consoles() const {
  return open_folder(unified_ + "/" + consoles_name);
}

Result<void> Cgroups::join(const InstanceId& machine, pid_t process) const {
  for (const auto& folder : folders(machine)) {
    if (folder == unified(machine)) continue;
    HF_TRY_VOID(write_setting(folder + "/cgroup.procs", std::to_string(process)));
  }
  return {};
}

Result<void> Cgroups::device_rule(const InstanceId& machine, const char* file, const std::string& rule) const {
  const auto devices = legacy_.find("devices");
  if (devices == legacy_.end()) return {};
  return write_setting(devices->second + "/" + machine.str() + "/" + file, rule);
}

Result<void> Cgroups::allow(const InstanceId& machine, const BlockDevice& device) const {
  return device_rule(machine, "devices.allow", fmt::format("b {}:{} rwm", device.major, device.minor));
}

Result<void> Cgroups::deny(const InstanceId& machine, const BlockDevice& device) const {
  const auto denied = device_rule(machine, "devices.deny", fmt::format("b {}:{} rw", device.major, device.minor));
  if (!denied && denied.error().kind == ErrorKind::not_found) return {};  // no group, so nothing is allowed
  return denied;
}

Result<void> Cgroups::freeze(const InstanceId& machine, Duration limit) const {
  HF_TRY_VOID(write_setting(unified(machine) + "/cgroup.freeze", "1"));
  HF_TRY(const bool frozen, poll_until(limit, [&]() -> Result<bool> {
           HF_TRY(const std::string events, read_small_file(unified(machine) + "/cgroup.events"));
           return events.find("frozen 1") != std::string::npos;
         }));
  if (frozen) return {};
  return fail(ErrorKind::conflict, "NotFrozen", machine.str() + " did not stand still within " + to_words(limit));
}

Result<void> Cgroups::thaw(const InstanceId& machine) const {
  return write_setting(unified(machine) + "/cgroup.freeze", "0");
}

Result<void> Cgroups::kill(const InstanceId& machine) const {
  const auto killed = write_setting(unified(machine) + "/cgroup.kill", "1");
  if (!killed && killed.error().kind == ErrorKind::not_found) return {};
  return killed;
}

Result<void> Cgroups::remove(const InstanceId& machine, Duration limit) const {
  for (const auto& folder : folders(machine)) {
    Result<void> last;
    HF_TRY(const bool gone, poll_until(limit, [&]() -> Result<bool> {
             last = remove_tree(folder);
             if (last) return true;
             if (last.error().kind == ErrorKind::conflict) return false;  // the dead are still being buried
             return Failure(last.error());
           }));
    if (!gone) return last;
  }
  return {};
}

Result<std::vector<InstanceId>> Cgroups::existing() const {
  std::set<InstanceId> found;
  std::vector<std::string> roots = {unified_};
  for (const auto& [controller, path] : legacy_) roots.push_back(path);
  for (const auto& root : roots) {
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(root, error)) {
      const std::string name = entry.path().filename().string();
      if (entry.is_directory() && name != consoles_name) found.insert(InstanceId(name));
    }
    if (error) return Failure(system_error("listing " + root, error.value()));
  }
  return std::vector<InstanceId>(found.begin(), found.end());
}

Result<void> Cgroups::tear_down() const {
  constexpr auto limit = std::chrono::seconds(5);  // the keepers of the consoles end with their machines
  Result<void> last;
  HF_TRY(const bool gone, poll_until(limit, [&]() -> Result<bool> {
           last = remove_tree(unified_);
           return last.has_value();
         }));
  if (!gone) return last;
  for (const auto& [controller, path] : legacy_) HF_TRY_VOID(remove_tree(path));
  return {};
}

}  // namespace holdfast::cloud::linux_
