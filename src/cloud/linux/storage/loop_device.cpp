#include "cloud/linux/storage/loop_device.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <linux/loop.h>
#include <spdlog/spdlog.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <memory>
#include <optional>
#include <thread>

#include "base/text.h"
#include "cloud/linux/fd.h"

namespace holdfast::cloud::linux_ {
namespace {

constexpr int loop_major = 7;
constexpr uint32_t sector_bytes = 4096;
// Between asking for a free index and taking it another process may be faster.
constexpr int attach_attempts = 64;
constexpr auto first_poll = std::chrono::milliseconds(1);
constexpr auto longest_poll = std::chrono::milliseconds(20);

std::string device_path(int index) {
  return fmt::format("/dev/loop{}", index);
}

// Opens a device's node, which a bare /dev (a container's) may lack. Not valid (but no error) if the kernel is
// releasing the device at this moment.
Result<Fd> open_loop(int index, int flags) {
  const std::string path = device_path(index);
  int fd = ::open(path.c_str(), flags | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT) {
    if (::mknod(path.c_str(), S_IFBLK | 0660, makedev(loop_major, static_cast<unsigned>(index))) != 0 &&
        errno != EEXIST) {
      return Failure(system_error("making " + path, errno));
    }
    fd = ::open(path.c_str(), flags | O_CLOEXEC);
  }
  if (fd < 0 && errno != ENXIO) return Failure(system_error("opening " + path, errno));
  return Fd(fd);
}

// Nothing if the device has no file.
Result<std::optional<LoopDevice>> look_at(int fd, int index) {
  loop_info64 info{};
  if (::ioctl(fd, LOOP_GET_STATUS64, &info) != 0) {
    if (errno == ENXIO) return std::optional<LoopDevice>();
    return Failure(system_error("looking at " + device_path(index), errno));
  }
  struct stat node {};
  if (::fstat(fd, &node) != 0) return Failure(system_error("looking at " + device_path(index), errno));
  LoopDevice device;
  device.index = index;
  device.path = device_path(index);
  device.major = static_cast<int>(major(node.st_rdev));
  device.minor = static_cast<int>(minor(node.st_rdev));
  device.file = {info.lo_device, info.lo_inode};
  device.releasing = (info.lo_flags & LO_FLAGS_AUTOCLEAR) != 0;
  // We never attach at an offset: a device of ours that has one was cut off (see cut_off_loop).
  device.cut_off = info.lo_offset != 0;
  return std::optional<LoopDevice>(std::move(device));
}

bool has_file(int index) {
  return ::access(fmt::format("/sys/block/loop{}/loop", index).c_str(), F_OK) == 0;
}

// Opens the device and makes sure that it still shows the file it is asked for: its index may belong to somebody else
// by now, and must then be left alone. Nothing if so.
Result<std::optional<Fd>> open_same(const LoopDevice& device, int flags) {
  if (!has_file(device.index)) return std::optional<Fd>();
  HF_TRY(Fd fd, open_loop(device.index, flags));
  if (!fd.valid()) return std::optional<Fd>();
  HF_TRY(auto now, look_at(fd.get(), device.index));
  if (!now || now->file != device.file) return std::optional<Fd>();
  return std::optional<Fd>(std::move(fd));
}

Failure vanished(const LoopDevice& device) {
  return fail(ErrorKind::conflict, "VolumeBusy", device.path + " has been released meanwhile; look again");
}

}  // namespace

Result<std::vector<LoopDevice>> all_loop_devices() {
  std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir("/sys/block"), ::closedir);
  if (!folder) return Failure(system_error("listing /sys/block", errno));
  std::vector<LoopDevice> found;
  while (const dirent* entry = ::readdir(folder.get())) {
    const std::string_view name = entry->d_name;
    if (!name.starts_with("loop")) continue;
    const auto index = parse_int(name.substr(4));
    if (!index || !has_file(static_cast<int>(*index))) continue;
    auto fd = open_loop(static_cast<int>(*index), O_RDONLY);
    if (!fd) {
      if (fd.error().kind == ErrorKind::not_found) continue;
      return Failure(fd.error());
    }
    if (!fd->valid()) continue;
    HF_TRY(auto device, look_at(fd->get(), static_cast<int>(*index)));
    if (device) found.push_back(std::move(*device));
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.index < b.index; });
  return found;
}

Result<std::vector<LoopDevice>> loop_devices_of(const FileIdentity& file) {
  HF_TRY(auto devices, all_loop_devices());
  std::erase_if(devices, [&](const LoopDevice& device) { return device.file != file || device.cut_off; });
  return devices;
}

Result<LoopDevice> attach_loop(int file) {
  const Fd control(::open("/dev/loop-control", O_RDWR | O_CLOEXEC));
  if (!control.valid()) return Failure(system_error("opening /dev/loop-control", errno));
  for (int attempt = 0; attempt < attach_attempts; ++attempt) {
    const int index = ::ioctl(control.get(), LOOP_CTL_GET_FREE);
    if (index < 0) return Failure(system_error("asking for a free loop device", errno));
    HF_TRY(const Fd device, open_loop(index, O_RDWR));
    if (!device.valid()) continue;
    loop_config config{};
    config.fd = static_cast<uint32_t>(file);
    // Always 4 KiB, the pool's block size. The kernel's own choice depends on whether the file shares blocks at that
    // moment, so that a volume would change its sectors over its life, and some filesystems refuse to mount then.
    config.block_size = sector_bytes;
    config.info.lo_flags = LO_FLAGS_DIRECT_IO;
    if (::ioctl(device.get(), LOOP_CONFIGURE, &config) != 0) {
      if (errno == EBUSY) continue;
      return Failure(system_error("attaching " + device_path(index), errno));
    }
    // The kernel falls back to its page cache without a word. Then a snapshot of the file and what the machine was told
    // to be on disk would part ways with every flush, and memory would be used twice.
    loop_info64 info{};
    if (::ioctl(device.get(), LOOP_GET_STATUS64, &info) != 0 || (info.lo_flags & LO_FLAGS_DIRECT_IO) == 0) {
      ::ioctl(device.get(), LOOP_CLR_FD, 0);
      return fail(ErrorKind::unavailable, "NoDirectIo",
                  "the data folder's filesystem does no direct I/O in 4 KiB pieces; use one that does (ext4, XFS)");
    }
    HF_TRY(auto attached, look_at(device.get(), index));
    if (!attached) return fail(ErrorKind::conflict, "VolumeBusy", device_path(index) + " was taken away at once");
    return std::move(*attached);
  }
  return fail(ErrorKind::unavailable, "NoLoopDevice",
              "no loop device could be had: other processes were faster each time; try again");
}

Result<void> flush_loop(const LoopDevice& device) {
  HF_TRY(auto fd, open_same(device, O_RDONLY));
  if (!fd) return vanished(device);
  if (::fsync(fd->get()) != 0) return Failure(system_error("flushing " + device.path, errno));
  return {};
}

Result<void> resize_loop(const LoopDevice& device) {
  HF_TRY(auto fd, open_same(device, O_RDWR));
  if (!fd) return {};
  if (::ioctl(fd->get(), LOOP_SET_CAPACITY, 0) != 0) return Failure(system_error("resizing " + device.path, errno));
  return {};
}

Result<void> cut_off_loop(const LoopDevice& device) {
  HF_TRY(auto fd, open_same(device, O_RDWR));
  if (!fd) return {};
  loop_info64 info{};
  if (::ioctl(fd->get(), LOOP_GET_STATUS64, &info) != 0) {
    return Failure(system_error("looking at " + device.path, errno));
  }
  // An offset at (or beyond) the file's end leaves a device of size 0. The kernel drains what is under way before it
  // changes the offset, and everything after fails in the block layer. It has no other way to revoke a device in use.
  constexpr uint64_t beyond_every_file = uint64_t{1} << 62;
  if (info.lo_offset == beyond_every_file) return {};
  info.lo_offset = beyond_every_file;
  if (::ioctl(fd->get(), LOOP_SET_STATUS64, &info) != 0) {
    return Failure(system_error("cutting off " + device.path, errno));
  }
  return {};
}

Result<void> clear_loop(const LoopDevice& device) {
  HF_TRY(auto fd, open_same(device, O_RDWR));
  if (!fd) return {};
  // Buffered writes to the device itself would be dropped by the release. A device that was cut off cannot be flushed.
  if (!device.cut_off && ::fsync(fd->get()) != 0) {
    if (errno != EIO && errno != ENOSPC) return Failure(system_error("flushing " + device.path, errno));
    // The pool is full. Safe to go on: nobody was told that these writes are durable (their own sync fails as this one
    // does), the kernel does not try them again, and a device that could not be released would hold its machine for
    // ever.
    spdlog::warn("{} is released without writes that found no room and were never synced", device.path);
  }
  if (::ioctl(fd->get(), LOOP_CLR_FD, 0) != 0 && errno != ENXIO) {
    return Failure(system_error("releasing " + device.path, errno));
  }
  return {};
}

Result<bool> loop_is_gone(const LoopDevice& device) {
  if (!has_file(device.index)) return true;
  HF_TRY(const Fd fd, open_loop(device.index, O_RDONLY));
  if (!fd.valid()) return false;  // being released: not yet gone
  HF_TRY(auto now, look_at(fd.get(), device.index));
  return !now || now->file != device.file;
}

Result<bool> wait_until_gone(const LoopDevice& device, Duration limit) {
  const auto end = std::chrono::steady_clock::now() + limit;
  auto pause = first_poll;
  while (true) {
    HF_TRY(const bool gone, loop_is_gone(device));
    if (gone) return true;
    if (std::chrono::steady_clock::now() >= end) return false;
    std::this_thread::sleep_for(pause);  // the kernel has no event for it
    pause = std::min(pause * 2, longest_poll);
  }
}

}  // namespace holdfast::cloud::linux_
