#include "cloud/linux/machines/root_volume.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <spdlog/spdlog.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "base/text.h"
#include "cloud/linux/metadata/answers.h"
#include "cloud/linux/process.h"
#include "cloud/linux/small_files.h"

namespace holdfast::cloud::linux_ {
namespace {

constexpr const char* mark = "# by holdfast";
constexpr auto grow_limit = std::chrono::minutes(1);
constexpr size_t largest_file = 64 * 1024;
constexpr unsigned long grow_ext4 = _IOW('f', 16, uint64_t);  // EXT4_IOC_RESIZE_FS

// What the filesystem's driver said, for the person who has to repair it.
std::string driver_messages(int context) {
  std::string all;
  char line[512];
  ssize_t count = 0;
  while ((count = ::read(context, line, sizeof line)) > 0) {
    all += (all.empty() ? "" : "; ") + std::string(trim(std::string_view(line, static_cast<size_t>(count))));
  }
  return all;
}

Result<Fd> mount_as(const char* type, const std::string& device) {
  const Fd context(::fsopen(type, FSOPEN_CLOEXEC));
  if (!context.valid()) return Failure(system_error(std::string("asking for the filesystem ") + type, errno));
  if (::fsconfig(context.get(), FSCONFIG_SET_STRING, "source", device.c_str(), 0) != 0 ||
      ::fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) {
    const int error = errno;
    return Failure(
        system_error(fmt::format("mounting {} as {} ({})", device, type, driver_messages(context.get())), error));
  }
  Fd mount(::fsmount(context.get(), FSMOUNT_CLOEXEC, MOUNT_ATTR_NODEV));
  if (!mount.valid()) return Failure(system_error("mounting the root volume", errno));
  return mount;
}

Result<Fd> mount_root(const std::string& device) {
  auto mounted = mount_as("ext4", device);
  if (mounted) return mounted;
  if (auto other = mount_as("xfs", device)) return other;
  return fail(ErrorKind::invalid, "InvalidRootVolume",
              "the root volume holds no filesystem that this host can mount: " + mounted.error().message +
                  "; launch from an image of this cloud, or repair the volume on another machine");
}

// A path on the volume is the guest's: no link in it may lead out of the volume.
Fd open_inside(int root, const char* path, uint64_t flags) {
  open_how how{};
  how.flags = flags | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV;
  return Fd(static_cast<int>(::syscall(SYS_openat2, root, path, &how, sizeof how)));
}

// Nothing if it is not a plain file: then its owner has made something else of it, and it is left alone.
std::optional<std::string> read_plain(int folder, const char* name) {
  struct stat facts {};
  if (::fstatat(folder, name, &facts, AT_SYMLINK_NOFOLLOW) != 0) {
    return errno == ENOENT ? std::optional<std::string>("") : std::nullopt;
  }
  if (!S_ISREG(facts.st_mode) || facts.st_size > static_cast<off_t>(largest_file)) return std::nullopt;
  const Fd fd(::openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd.valid()) return std::nullopt;
  std::string text(static_cast<size_t>(facts.st_size), '\0');
  const ssize_t count = ::read(fd.get(), text.data(), text.size());
  if (count < 0) return std::nullopt;
  text.resize(static_cast<size_t>(count));
  return text;
}

Result<void> replace(int folder, const char* name, const std::string& text) {
  const std::string scratch = std::string(".holdfast-") + name;
  ::unlinkat(folder, scratch.c_str(), 0);
  {
    const Fd fd(::openat(folder, scratch.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644));
    if (!fd.valid() || ::write(fd.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
      const int error = errno;
      ::unlinkat(folder, scratch.c_str(), 0);
      return Failure(system_error(std::string("writing /etc/") + name + " on the root volume", error));
    }
    ::fchmod(fd.get(), 0644);
  }
  if (::renameat(folder, scratch.c_str(), folder, name) != 0) {
    return Failure(system_error(std::string("writing /etc/") + name + " on the root volume", errno));
  }
  return {};
}

// The owner's lines stay, ours are made new.
std::string hosts_text(const std::string& before, const MachineSpec& spec) {
  std::string text;
  for (const auto& line : split(trim(before), '\n')) {
    if (!line.empty() && !line.ends_with(mark)) text += line + "\n";
  }
  if (text.empty()) text = "127.0.0.1 localhost\n";
  if (spec.interfaces.empty()) return text;
  return text + fmt::format("{} {} {} {}\n", spec.interfaces[0].ip, full_host_name(spec), host_name(spec), mark);
}

std::string resolver_text(bool reachable) {
  std::string text = std::string(mark) + "\n";
  if (!reachable) return text;
  std::string servers;
  for (const char* path : {"/run/systemd/resolve/resolv.conf", "/etc/resolv.conf"}) {
    const auto host = read_small_file(path);
    if (!host || !servers.empty()) continue;
    for (const auto& line : split(*host, '\n')) {
      const bool local = line.find(" 127.") != std::string::npos || line.find(" ::1") != std::string::npos;
      if (line.starts_with("nameserver") && !local) servers += line + "\n";
    }
  }
  return text + servers;
}

Result<void> dress(int root, const MachineSpec& spec, bool resolver) {
  const Fd etc = open_inside(root, "etc", O_RDONLY | O_DIRECTORY);
  if (!etc.valid()) return {};  // an image without /etc has no use for this
  const auto write_if_new = [&](const char* name, const std::string& before, const std::string& text) -> Result<void> {
    return before == text ? Result<void>() : replace(etc.get(), name, text);
  };
  if (const auto before = read_plain(etc.get(), "hostname")) {
    HF_TRY_VOID(write_if_new("hostname", *before, host_name(spec) + "\n"));
  }
  if (const auto before = read_plain(etc.get(), "hosts")) {
    HF_TRY_VOID(write_if_new("hosts", *before, hosts_text(*before, spec)));
  }
  const auto before = read_plain(etc.get(), "resolv.conf");
  if (before && (before->empty() || before->starts_with(mark))) {
    HF_TRY_VOID(write_if_new("resolv.conf", *before, resolver_text(resolver)));
  }
  return {};
}

// Whether the filesystem is to be made as large as its volume, which may be larger than the image's snapshot.
bool is_small_for(int root, uint64_t bytes) {
  struct statfs now {};
  if (::fstatfs(root, &now) != 0 || now.f_type != EXT4_SUPER_MAGIC) return false;
  const uint64_t blocks = bytes / static_cast<uint64_t>(now.f_bsize);
  const uint64_t grown_by = blocks - std::min<uint64_t>(blocks, now.f_blocks);
  return grown_by * 10 >= blocks;  // a smaller difference is the filesystem's own tables
}

// Growing a mounted filesystem takes CAP_SYS_RESOURCE, which not every service has; nobody has it mounted yet.
Result<void> grow_unmounted(const std::string& device) {
  const RunLimits limits{.time = grow_limit, .output_bytes = 64 * 1024, .private_mounts = false};
  HF_TRY(const RunOutput checked, run({"e2fsck", "-f", "-p", device}, limits));  // resize2fs wants it first
  if (checked.exit_status > 1) {                                                 // 1: it has mended something
    return fail(ErrorKind::unavailable, "NotGrown", "e2fsck: " + checked.out + checked.err);
  }
  HF_TRY_VOID(run_checked({"resize2fs", device}, limits));
  return {};
}

// Not essential: on failure the filesystem stays as it is, and the machine starts all the same.
Result<void> grow(Fd& root, const std::string& device) {
  const Fd volume(::open(device.c_str(), O_RDONLY | O_CLOEXEC));
  uint64_t bytes = 0;
  if (!volume.valid() || ::ioctl(volume.get(), BLKGETSIZE64, &bytes) != 0 || !is_small_for(root.get(), bytes))
    return {};
  struct statfs now {};
  uint64_t blocks = ::fstatfs(root.get(), &now) == 0 ? bytes / static_cast<uint64_t>(now.f_bsize) : 0;
  if (::ioctl(root.get(), grow_ext4, &blocks) == 0) return {};
  root.reset();
  if (const auto grown = grow_unmounted(device); !grown) {
    spdlog::warn("the filesystem on {} stays smaller than its volume: {}", device, describe(grown.error()));
  }
  HF_TRY(root, mount_root(device));
  return {};
}

}  // namespace

Result<RootVolume> open_root_volume(const std::string& device, const MachineSpec& spec, bool resolver) {
  RootVolume root;
  HF_TRY(root.mount, mount_root(device));
  HF_TRY_VOID(grow(root.mount, device));
  HF_TRY(root.facts, read_boot_facts(root.mount.get()));
  // A full or read-only root volume must still boot, as it would anywhere.
  if (const auto dressed = dress(root.mount.get(), spec, resolver); !dressed) {
    spdlog::warn("{} keeps its old host name and addresses in /etc: {}", spec.id.str(), describe(dressed.error()));
  }
  return root;
}

// A bind of /usr would share its superblock with the host, and a machine (it has CAP_SYS_ADMIN) could make that, and so
// the host's files, writable or, worse, the host read-only. An overlay has a superblock of its own, and one that has no
// upper layer cannot be made writable by anyone. It takes two lower layers at least: the second has nothing in it.
Result<Fd> mount_host_usr(const std::string& empty_folder) {
  const Fd context(::fsopen("overlay", FSOPEN_CLOEXEC));
  if (!context.valid()) {
    const int error = errno;
    return Failure(
        system_error("asking for the filesystem overlay, which shows machines the host's /usr (load it: "
                     "modprobe overlay)",
                     error));
  }
  std::string layers = "/usr:";
  for (const char c : empty_folder) layers += (c == ':' || c == '\\') ? std::string{'\\', c} : std::string(1, c);
  if (::fsconfig(context.get(), FSCONFIG_SET_STRING, "source", "usr", 0) != 0 ||
      ::fsconfig(context.get(), FSCONFIG_SET_STRING, "lowerdir", layers.c_str(), 0) != 0 ||
      ::fsconfig(context.get(), FSCONFIG_SET_FLAG, "ro", nullptr, 0) != 0 ||
      ::fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) {
    const int error = errno;
    return Failure(system_error(
        fmt::format("mounting the host's /usr as overlay of {} ({})", layers, driver_messages(context.get())), error));
  }
  Fd usr(::fsmount(context.get(), FSMOUNT_CLOEXEC, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NODEV));
  if (!usr.valid()) return Failure(system_error("mounting the host's /usr", errno));
  return usr;
}

}  // namespace holdfast::cloud::linux_
