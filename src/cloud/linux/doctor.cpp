#include "cloud/linux/doctor.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <linux/capability.h>
#include <linux/loop.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "base/text.h"
#include "cloud/linux/fd.h"
#include "cloud/linux/process.h"

namespace holdfast::cloud::linux_ {
namespace {

constexpr int64_t gib = int64_t{1} << 30;
// The pool's smallest useful size with the floor that stays free.
constexpr int64_t least_free = 4 * gib;
constexpr int oldest_kernel_major = 5;
constexpr int oldest_kernel_minor = 10;

std::string read_text(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

Finding good(std::string what) {
  return {.what = std::move(what), .problem = {}, .remedy = {}};
}

Finding bad(std::string what, std::string problem, std::string remedy, bool required = true) {
  return {std::move(what), false, required, std::move(problem), std::move(remedy)};
}

Finding rights() {
  const std::string what = "Administrator's rights";
  // Together they are what mounts, loop devices, namespaces, cgroups and bridges need.
  constexpr std::pair<int, const char*> needed[] = {
      {CAP_SYS_ADMIN, "CAP_SYS_ADMIN"}, {CAP_NET_ADMIN, "CAP_NET_ADMIN"}, {CAP_MKNOD, "CAP_MKNOD"},
      {CAP_KILL, "CAP_KILL"},           {CAP_CHOWN, "CAP_CHOWN"},         {CAP_DAC_OVERRIDE, "CAP_DAC_OVERRIDE"}};
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2]{};
  if (::geteuid() != 0 || ::syscall(SYS_capget, &header, data) != 0) {
    return bad(what, "This process does not run as root.", "Start it as root: sudo holdfast …");
  }
  std::vector<std::string> missing;
  for (const auto& [number, name] : needed) {
    if ((data[number / 32].effective & (1u << (number % 32))) == 0) missing.emplace_back(name);
  }
  if (missing.empty()) return good(what);
  return bad(what, "It runs as root, but without " + join(missing, ", ") + ".",
             "In a container: start that with --privileged, or run Holdfast on the host itself.");
}

Finding kernel() {
  utsname name{};
  ::uname(&name);
  int major = 0;
  int minor = 0;
  if (std::sscanf(name.release, "%d.%d", &major, &minor) == 2 &&
      std::pair(major, minor) >= std::pair(oldest_kernel_major, oldest_kernel_minor)) {
    return good("Linux kernel");
  }
  return bad("Linux kernel", fmt::format("The kernel is {}.", name.release),
             fmt::format("Use {}.{} or newer: apt-get install linux-image-amd64, then reboot.", oldest_kernel_major,
                         oldest_kernel_minor));
}

Finding loop_devices() {
  const std::string what = "Loop devices";
  Fd control(::open("/dev/loop-control", O_RDWR | O_CLOEXEC));
  if (!control.valid() && errno == ENOENT && ::geteuid() == 0) {
    (void)run({"modprobe", "loop"});
    control = Fd(::open("/dev/loop-control", O_RDWR | O_CLOEXEC));
  }
  if (control.valid()) {
    if (::ioctl(control.get(), LOOP_CTL_GET_FREE) >= 0) return good(what);
    return bad(what, fmt::format("No free loop device: {}.", std::strerror(errno)),
               "Release some: losetup --list, losetup --detach DEVICE.");
  }
  const int error = errno;
  return bad(what, fmt::format("/dev/loop-control cannot be opened: {}.", std::strerror(error)),
             error == EACCES || error == EPERM
                 ? "Start Holdfast as root: sudo holdfast …"
                 : "Load the module: modprobe loop. In a container: give it /dev (--privileged).");
}

// In the running kernel, or as a module that can be loaded into it now.
bool has_filesystem(const std::string& name) {
  const auto listed = [&] {
    std::ifstream list("/proc/filesystems");
    for (std::string line; std::getline(list, line);) {
      if (line.ends_with("\t" + name)) return true;
    }
    return false;
  };
  if (listed()) return true;
  if (::geteuid() == 0) (void)run({"modprobe", name});
  return listed();
}

Finding filesystem(const std::string& name, const std::string& why) {
  const std::string what = name + " filesystem";
  if (has_filesystem(name)) return good(what);
  return bad(
      what, fmt::format("This kernel has no {}, {}.", name, why),
      fmt::format("Load it: modprobe {}; if there is no such module, use Debian's kernel (linux-image-amd64).", name));
}

Finding program(const std::string& name, const std::string& package, const std::string& why, bool required = true) {
  if (!find_program(name).empty()) return good("Program " + name);
  return bad("Program " + name, fmt::format("{} is missing, {}.", name, why),
             fmt::format("Install it: apt-get install {}.", package), required);
}

// Tried in a child: a namespace once entered is not left again. Answers errno, 0 if all went well.
int try_in_child(int (*what)()) {
  const pid_t child = ::fork();
  if (child < 0) return errno;
  if (child == 0) ::_exit(what());
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : EIO;
}

int enter_namespaces() {
  return ::unshare(CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC) == 0 ? 0 : errno;
}

Finding namespaces() {
  const std::string what = "Namespaces";
  const int error = try_in_child(enter_namespaces);
  if (error == 0) return good(what);
  return bad(what, fmt::format("Mount, pid, net, uts and ipc namespaces cannot be made: {}.", std::strerror(error)),
             error == EPERM
                 ? "Start Holdfast as root, outside of containers or in a privileged one."
                 : "Use a kernel with namespaces, as Debian's is, and raise sysctl user.max_*_namespaces if set.");
}

// In a network namespace of its own that ends with the child: nothing of this is seen on the host.
int make_bridge_and_pair() {
  if (::unshare(CLONE_NEWNET) != 0) return errno;
  const std::string ip = find_program("ip");
  if (ip.empty()) return ENOENT;
  const auto runs = [&](const std::vector<std::string>& argv) {
    const auto output = run(argv, {.time = std::chrono::seconds(10)});
    return output && output->exit_status == 0;
  };
  if (!runs({ip, "link", "add", "hfbridge", "type", "bridge"})) return EOPNOTSUPP;
  return runs({ip, "link", "add", "hfveth0", "type", "veth", "peer", "name", "hfveth1"}) ? 0 : EOPNOTSUPP;
}

Finding links() {
  const std::string what = "Bridges and veth pairs";
  const int error = try_in_child(make_bridge_and_pair);
  if (error == 0) return good(what);
  if (error == EPERM)
    return bad(what, "Network links cannot be made without rights.", "Start Holdfast as root: sudo holdfast …");
  if (error == ENOENT) return bad(what, "The program ip is missing.", "Install it: apt-get install iproute2.");
  return bad(what, "This kernel makes no bridge or no veth pair.", "Load them: modprobe bridge; modprobe veth.");
}

Finding firewall() {
  const std::string what = "nftables";
  if (find_program("nft").empty()) {
    return bad(what, "The program nft is missing, which gives machines their way to the outside.",
               "Install it: apt-get install nftables.", false);
  }
  const int error = try_in_child([] {
    if (::unshare(CLONE_NEWNET) != 0) return errno;
    const auto output = run({"nft", "add", "table", "ip", "holdfast"}, {.time = std::chrono::seconds(10)});
    return output && output->exit_status == 0 ? 0 : EOPNOTSUPP;
  });
  if (error == 0) return good(what);
  if (error == EPERM) {
    return bad(what, "Without rights it cannot be seen whether nftables can be used.",
               "Start Holdfast as root: sudo holdfast …", false);
  }
  return bad(what, "This kernel takes no nftables rules, so machines have no way to the outside.",
             "Load it: modprobe nf_tables; modprobe nft_masq.", false);
}

std::set<std::string> words(const std::string& text) {
  std::istringstream stream(text);
  std::set<std::string> all;
  for (std::string word; stream >> word;) all.insert(word);
  return all;
}

// Controllers of the version 1 hierarchies that are mounted: mount options name them.
std::set<std::string> mounted_v1_controllers() {
  std::ifstream mounts("/proc/self/mounts");
  std::set<std::string> all;
  for (std::string line; std::getline(mounts, line);) {
    const auto fields = split(line, ' ');
    if (fields.size() < 4 || fields[2] != "cgroup") continue;
    for (const auto& option : split(fields[3], ',')) all.insert(option);
  }
  return all;
}

Finding cgroups() {
  const std::string what = "Control groups";
  const auto v2 = words(read_text("/sys/fs/cgroup/cgroup.controllers"));
  std::vector<std::string> missing;
  if (!v2.empty()) {
    // Version 2 has freezing and device rules (by BPF) without a controller.
    for (const char* name : {"cpu", "memory", "pids"}) {
      if (!v2.contains(name)) missing.emplace_back(name);
    }
    if (missing.empty()) return good(what);
    return bad(what, "cgroup v2 is mounted without: " + join(missing, ", ") + ".",
               "Boot the kernel with cgroup_enable=memory, or delegate the controllers to this container.");
  }
  const auto v1 = mounted_v1_controllers();
  for (const char* name : {"cpu", "memory", "devices", "freezer", "pids"}) {
    if (!v1.contains(name)) missing.emplace_back(name);
  }
  if (missing.empty()) return good(what);
  return bad(what, "Neither cgroup v2 nor these version 1 hierarchies are mounted: " + join(missing, ", ") + ".",
             "Mount version 2: mount -t cgroup2 none /sys/fs/cgroup (systemd does it by itself).");
}

// The folder itself may not be there yet; then what counts is the one it will be made in.
std::string nearest_folder(std::string path) {
  std::error_code ignored;
  while (!std::filesystem::is_directory(path, ignored) && path != "/" && !path.empty()) {
    path = std::filesystem::path(path).parent_path();
  }
  return path.empty() ? "/" : path;
}

Finding space(const std::string& data_dir) {
  const std::string what = "Data folder";
  if (!data_dir.starts_with('/')) {
    return bad(what, fmt::format("'{}' is not an absolute path.", data_dir), "Give the full path in data_dir.");
  }
  const std::string folder = nearest_folder(data_dir);
  if (::access(folder.c_str(), W_OK) != 0) {
    return bad(what, fmt::format("{} cannot be written: {}.", folder, std::strerror(errno)),
               "Start Holdfast as root, or choose another data_dir.");
  }
  struct statvfs seen {};
  if (::statvfs(folder.c_str(), &seen) != 0) {
    return bad(what, fmt::format("{} cannot be looked at: {}.", folder, std::strerror(errno)),
               "Choose another data_dir.");
  }
  const auto free = static_cast<int64_t>(seen.f_bavail) * static_cast<int64_t>(seen.f_frsize);
  // A pool that is there has its space already.
  std::error_code ignored;
  if (free >= least_free || std::filesystem::exists(data_dir + "/pool.img", ignored)) return good(what);
  return bad(what,
             fmt::format("{} has {} MiB free, {} MiB are needed for volumes.", folder, free >> 20, least_free >> 20),
             "Free some, or choose a data_dir on another filesystem.");
}

}  // namespace

std::vector<Finding> examine(const std::string& data_dir) {
  return {rights(),
          kernel(),
          loop_devices(),
          filesystem("xfs", "which keeps the volumes"),
          program("mkfs.xfs", "xfsprogs", "which makes the filesystem that keeps the volumes"),
          filesystem("ext4", "which is in the images"),
          filesystem("overlay", "which shows machines the host's /usr without a way to write it"),
          program("mke2fs", "e2fsprogs", "which makes images"),
          namespaces(),
          cgroups(),
          links(),
          firewall(),
          space(data_dir),
          program("mmdebstrap", "mmdebstrap", "which makes the image debian-12-postgresql", false)};
}

bool fit(const std::vector<Finding>& findings) {
  return std::none_of(findings.begin(), findings.end(), [](const Finding& one) { return !one.ok && one.required; });
}

std::string problems(const std::vector<Finding>& findings) {
  std::string text;
  for (const auto& one : findings) {
    if (!one.ok) text += fmt::format("{}: {} {}\n", one.what, one.problem, one.remedy);
  }
  return text;
}

}  // namespace holdfast::cloud::linux_
