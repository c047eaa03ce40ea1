#include "cloud/linux/machines/guest_devices.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>

#include "cloud/linux/fd.h"
#include "cloud/linux/machines/starting_machine.h"

namespace holdfast::cloud::linux_ {
namespace {

constexpr gid_t disk_group = 6;
constexpr mode_t node_mode = 0660;

Result<Fd> open_dev(int init) {
  const Fd root(::open(fmt::format("/proc/{}/root", init).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!root.valid()) return Failure(system_error("looking into the machine", errno));
  open_how how{};
  how.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS;
  Fd dev(static_cast<int>(::syscall(SYS_openat2, root.get(), "dev", &how, sizeof how)));
  if (!dev.valid()) return Failure(system_error("opening the machine's /dev", errno));
  return dev;
}

}  // namespace

Result<void> put_nodes(int init, const std::string& device, const BlockDevice& block) {
  HF_TRY(const Fd dev, open_dev(init));
  const dev_t number = makedev(static_cast<unsigned>(block.major), static_cast<unsigned>(block.minor));
  for (const auto& name : node_names(device)) {
    struct stat there {};
    if (::fstatat(dev.get(), name.c_str(), &there, AT_SYMLINK_NOFOLLOW) == 0) {
      if (S_ISBLK(there.st_mode) && there.st_rdev == number) continue;
      if (::unlinkat(dev.get(), name.c_str(), 0) != 0) {
        return Failure(system_error("replacing /dev/" + name + " in the machine", errno));
      }
    }
    // Under another name first: who finds the node finds it usable.
    const std::string scratch = ".holdfast-" + name;
    ::unlinkat(dev.get(), scratch.c_str(), 0);
    const bool made = ::mknodat(dev.get(), scratch.c_str(), S_IFBLK | node_mode, number) == 0 &&
                      ::fchmodat(dev.get(), scratch.c_str(), node_mode, 0) == 0 &&  // whatever our umask
                      ::fchownat(dev.get(), scratch.c_str(), 0, disk_group, AT_SYMLINK_NOFOLLOW) == 0 &&
                      ::renameat(dev.get(), scratch.c_str(), dev.get(), name.c_str()) == 0;
    if (!made) return Failure(system_error("making /dev/" + name + " in the machine", errno));
  }
  return {};
}

Result<void> remove_nodes(int init, const std::string& device) {
  HF_TRY(const Fd dev, open_dev(init));
  for (const auto& name : node_names(device)) {
    if (::unlinkat(dev.get(), name.c_str(), 0) != 0 && errno != ENOENT) {
      return Failure(system_error("removing /dev/" + name + " from the machine", errno));
    }
  }
  return {};
}

}  // namespace holdfast::cloud::linux_
