#include "cloud/linux/machines/guest_filesystems.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <linux/openat2.h>
#include <spdlog/spdlog.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "cloud/linux/fd.h"

namespace holdfast::cloud::linux_ {
namespace {

// FS_IOC_SHUTDOWN: XFS_IOC_GOINGDOWN in the kernel's fs/xfs/libxfs/xfs_fs.h, EXT4_IOC_SHUTDOWN in fs/ext4/ext4.h.
constexpr unsigned long shutdown_request = _IOR('X', 125, uint32_t);
constexpr uint32_t without_log_flush = 2;

struct Mount {
  dev_t device = 0;
  std::string path;
};

// A line of proc(5)'s mountinfo: "36 35 98:0 /root /mount-point options…"; odd characters of the path are octal there,
// so that a path with some does not lead anywhere here.
std::optional<Mount> mount_of(const std::string& line) {
  std::istringstream fields(line);
  std::string id, parent, device, root, path;
  if (!(fields >> id >> parent >> device >> root >> path)) return std::nullopt;
  const auto numbers = split(device, ':');
  if (numbers.size() != 2) return std::nullopt;
  const auto major = parse_int(numbers[0]), minor = parse_int(numbers[1]);
  if (!major || !minor) return std::nullopt;
  return Mount{makedev(static_cast<unsigned>(*major), static_cast<unsigned>(*minor)), path};
}

bool is_on_the_way(const std::string& mounted, const std::string& path) {
  return mounted == "/" || path == mounted || path.starts_with(mounted + "/");
}

// Looking a path up on a filesystem that waits for a server, or for the machine itself, would wait with it.
bool only_volumes_on_the_way(const std::vector<Mount>& mounts, const Mount& to, const std::set<dev_t>& devices) {
  return std::all_of(mounts.begin(), mounts.end(), [&](const Mount& mount) {
    return devices.contains(mount.device) || !is_on_the_way(mount.path, to.path);
  });
}

// The path is the guest's: no link in it leads out of its root, and what it leads to is looked at before it is touched.
void end_filesystem(const Fd& root, const Mount& mount) {
  open_how how{};
  how.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  const Fd folder(static_cast<int>(::syscall(SYS_openat2, root.get(), mount.path.c_str(), &how, sizeof how)));
  struct stat found {};
  // Safe: only a filesystem on one of the machine's own devices, never one of the host's.
  if (!folder.valid() || ::fstat(folder.get(), &found) != 0 || found.st_dev != mount.device) return;
  if (::ioctl(folder.get(), shutdown_request, &without_log_flush) != 0) {
    spdlog::debug("a filesystem cannot be ended at once: {}", describe(system_error("ending " + mount.path, errno)));
  }
}

}  // namespace

void end_filesystems(pid_t process, const std::set<dev_t>& devices) {
  const Fd root(::open(fmt::format("/proc/{}/root", process).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!root.valid()) return;
  std::ifstream lines(fmt::format("/proc/{}/mountinfo", process));
  std::vector<Mount> mounts;
  for (std::string line; std::getline(lines, line);) {
    if (auto mount = mount_of(line)) mounts.push_back(std::move(*mount));
  }
  std::set<dev_t> left = devices;
  for (const auto& mount : mounts) {
    if (!left.contains(mount.device) || !only_volumes_on_the_way(mounts, mount, devices)) continue;
    end_filesystem(root, mount);
    left.erase(mount.device);
  }
}

}  // namespace holdfast::cloud::linux_
