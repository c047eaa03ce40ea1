#include "cloud/linux/storage/pool.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <linux/fs.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <thread>

#include "cloud/linux/process.h"
#include "cloud/linux/storage/files.h"
#include "cloud/linux/storage/loop_device.h"

namespace holdfast::cloud::linux_ {
namespace {

constexpr int64_t mib = int64_t{1} << 20;
constexpr int64_t smallest_pool = 320 * mib;  // mkfs.xfs makes none below 300
// What stays free below the pool whatever machines write: more than is written between two calls of balance().
constexpr int64_t reserve_below = 512 * mib;
constexpr int64_t worth_giving_back = 256 * mib;
constexpr auto between_trims = std::chrono::minutes(1);
constexpr auto unmount_limit = std::chrono::seconds(10);
constexpr auto release_limit = std::chrono::seconds(10);
// A child of the last process, between its start and its exec, may hold the lock for a moment longer.
constexpr auto lock_limit = std::chrono::seconds(2);

std::string ballast_path(const std::string& mount_point) {
  return mount_point + "/ballast";
}

Result<Fd> take_lock(const std::string& data_dir) {
  HF_TRY(Fd fd, open_file(data_dir + "/storage.lock", O_RDWR | O_CREAT));
  const auto end = std::chrono::steady_clock::now() + lock_limit;
  while (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) return Failure(system_error("locking " + data_dir, errno));
    if (std::chrono::steady_clock::now() >= end) {
      return fail(ErrorKind::conflict, "DataDirInUse",
                  data_dir + " is in use by another process; stop it, or choose another data folder", "data_dir");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return fd;
}

uint64_t device_of(const std::string& path) {
  struct stat seen {};
  return ::stat(path.c_str(), &seen) == 0 ? seen.st_dev : 0;
}

struct PoolDevice {
  LoopDevice loop;
  bool fresh = false;  // attached by us just now
};

Result<PoolDevice> pool_device(const std::string& image) {
  HF_TRY(const Fd file, open_file(image, O_RDWR));
  HF_TRY(const auto identity, identity_of(file.get()));
  HF_TRY(auto devices, loop_devices_of(identity));
  if (devices.size() > 1) {
    return fail(ErrorKind::conflict, "PoolAttachedTwice",
                fmt::format("{} is attached as {} and {}; two users destroy it: release one with losetup -d", image,
                            devices[0].path, devices[1].path));
  }
  if (!devices.empty()) return PoolDevice{devices.front(), false};
  HF_TRY(auto attached, attach_loop(file.get()));
  return PoolDevice{std::move(attached), true};
}

int64_t bytes_used_by(const std::string& path) {
  struct stat seen {};
  return ::stat(path.c_str(), &seen) == 0 ? seen.st_blocks * 512 : 0;
}

}  // namespace

Result<std::unique_ptr<Pool>> Pool::open(const std::string& data_dir, int64_t size_bytes) {
  HF_TRY_VOID(make_folders(data_dir));
  std::unique_ptr<Pool> pool(new Pool);
  pool->data_dir_ = data_dir;
  HF_TRY(pool->lock_, take_lock(data_dir));
  const std::string image = data_dir + "/pool.img";
  HF_TRY(const bool have_image, exists(image));
  // A pool that is there is used, also where the filesystem could do without: the volumes are in it.
  if (!have_image) {
    HF_TRY(const bool direct, can_clone_in(data_dir));
    pool->root_ = data_dir + "/storage";
    if (direct) {
      HF_TRY_VOID(make_folders(pool->root_));
      return pool;
    }
    HF_TRY(const bool was_direct, exists(pool->root_));
    if (was_direct) {
      return fail(ErrorKind::invalid, "CloneUnsupported",
                  pool->root_ +
                      " has volumes from a filesystem that could clone files, and this one cannot; move the data "
                      "folder back to XFS with reflink or btrfs",
                  "data_dir");
    }
  }
  pool->image_ = image;
  pool->mount_point_ = data_dir + "/pool";
  pool->root_ = pool->mount_point_;
  if (!have_image) HF_TRY_VOID(pool->make_image(size_bytes));
  HF_TRY_VOID(pool->attach_and_mount());
  return pool;
}

Result<void> Pool::make_image(int64_t size_bytes) const {
  HF_TRY(const int64_t free, free_on(data_dir_));
  if (size_bytes == 0) size_bytes = free / 5 * 4;
  size_bytes = size_bytes / mib * mib;
  if (size_bytes < smallest_pool) {
    return fail(ErrorKind::no_capacity, "InsufficientVolumeCapacity",
                fmt::format("a pool of {} MiB is too small, {} MiB are needed: free space in {} or set a larger size",
                            size_bytes / mib, smallest_pool / mib, data_dir_),
                "pool_size_bytes");
  }
  const std::string half_made = image_ + ".new";
  {
    HF_TRY(const Fd file, make_sparse(half_made, size_bytes));
    // 4 KiB sectors as the loop device has; no discards: the file is all holes.
    HF_TRY_VOID(run_checked({"mkfs.xfs", "-q", "-K", "-m", "reflink=1,bigtime=1", "-b", "size=4096", "-s", "size=4096",
                             "-L", "holdfast", half_made},
                            {.time = std::chrono::minutes(2)}));
    HF_TRY_VOID(sync_file(file.get(), half_made));
  }
  return rename_durably(half_made, image_);
}

Result<void> Pool::attach_and_mount() {
  HF_TRY_VOID(make_folders(mount_point_));
  HF_TRY(const PoolDevice found, pool_device(image_));
  const LoopDevice& device = found.loop;
  const uint64_t ours = makedev(static_cast<unsigned>(device.major), static_cast<unsigned>(device.minor));
  const uint64_t there = device_of(mount_point_);
  if (there == ours) return {};
  if (there != device_of(data_dir_)) {
    return fail(ErrorKind::conflict, "MountPointInUse",
                mount_point_ + " is a mount point of something else; unmount it: umount " + mount_point_, "data_dir");
  }
  // If machines of an earlier process still use the pool, this is one more mount of the same live filesystem.
  if (::mount(device.path.c_str(), mount_point_.c_str(), "xfs", MS_NOATIME | MS_NODEV | MS_NOSUID | MS_NOEXEC, "") ==
      0) {
    return {};
  }
  const int error = errno;
  if (found.fresh) (void)clear_loop(device);  // what matters is why it could not be mounted
  if (error == ENODEV) {
    return fail(ErrorKind::unavailable, "NoXfs", "this kernel has no XFS; load it: modprobe xfs");
  }
  Error failed = system_error("mounting the pool " + image_, error);
  if (error == EUCLEAN || error == EINVAL || error == EIO) {
    failed.message += fmt::format(
        "; the pool is damaged and is left as it is: look at the kernel's log (dmesg), copy {} "
        "aside, then try xfs_repair -f {}",
        image_, image_);
  }
  return Failure(failed);
}

int64_t Pool::free_bytes() const {
  const auto inside = free_on(root_);
  if (!inside) return 0;
  if (image_.empty()) return *inside;
  const auto below = free_on(data_dir_);
  return below ? std::max<int64_t>(0, std::min(*inside, *below - reserve_below)) : 0;
}

Result<void> Pool::balance() {
  if (image_.empty()) return {};
  const std::string path = ballast_path(mount_point_);
  HF_TRY(const int64_t inside, free_on(root_));
  HF_TRY(int64_t below, free_on(data_dir_));
  HF_TRY(const auto ballast_before, size_of(path));
  const int64_t ballast = ballast_before.value_or(0);
  if (ballast == 0 && inside <= below - reserve_below) return {};

  struct statvfs pool {};
  if (::statvfs(root_.c_str(), &pool) != 0) return Failure(system_error("looking at the pool", errno));
  const int64_t used = static_cast<int64_t>(pool.f_blocks - pool.f_bfree) * static_cast<int64_t>(pool.f_frsize);
  const auto clock = std::chrono::steady_clock::now();
  const bool rested = last_trim_ == decltype(last_trim_){} || clock - last_trim_ > between_trims;
  if (rested && bytes_used_by(image_) - (used - ballast) > worth_giving_back) {
    last_trim_ = clock;
    HF_TRY(const Fd folder, open_file(root_, O_RDONLY | O_DIRECTORY));
    fstrim_range whole{0, ~uint64_t{0}, static_cast<uint64_t>(mib)};
    if (::ioctl(folder.get(), FITRIM, &whole) != 0) return Failure(system_error("trimming the pool", errno));
    HF_TRY(below, free_on(data_dir_));
  }
  const int64_t wanted = std::max<int64_t>(0, (inside + ballast) - std::max<int64_t>(0, below - reserve_below));
  HF_TRY(const Fd file, open_file(path, O_RDWR | O_CREAT));
  // Unwritten blocks: they take the pool's space and none of the file below. Never more than the pool can give now.
  const int64_t now = std::min(wanted, ballast + inside) / mib * mib;
  if (now > ballast && ::fallocate(file.get(), 0, ballast, now - ballast) != 0 && errno != ENOSPC) {
    return Failure(system_error("balancing the pool", errno));
  }
  if (now < ballast && ::ftruncate(file.get(), now) != 0) return Failure(system_error("balancing the pool", errno));
  return {};
}

Result<void> Pool::unmount() {
  const auto end = std::chrono::steady_clock::now() + unmount_limit;
  while (device_of(mount_point_) != device_of(data_dir_)) {
    if (::umount2(mount_point_.c_str(), UMOUNT_NOFOLLOW) == 0) continue;
    // A loop device that was just released gives its file back a moment later.
    if (errno != EBUSY || std::chrono::steady_clock::now() >= end) {
      return Failure(system_error("unmounting " + mount_point_ + " (stop what uses files in it)", errno));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return {};
}

Result<void> Pool::tear_down(bool erase) {
  if (!image_.empty()) {
    HF_TRY_VOID(unmount());
    HF_TRY(const Fd file, open_file(image_, O_RDWR));
    HF_TRY(const auto identity, identity_of(file.get()));
    HF_TRY(const auto devices, loop_devices_of(identity));
    for (const auto& device : devices) {
      HF_TRY_VOID(clear_loop(device));
      HF_TRY(const bool gone, wait_until_gone(device, release_limit));
      // Another mount namespace still has it: erasing now would pull the floor from under whoever lives there.
      if (!gone) {
        return fail(ErrorKind::conflict, "PoolBusy",
                    device.path + " is still mounted by another process; end it and try again");
      }
    }
  }
  if (!erase) return {};
  // Safe: nothing has the files attached or mounted any more, and the caller asked for everything to go.
  std::error_code error;
  for (const auto& path : {image_.empty() ? root_ : image_, image_ + ".new", mount_point_}) {
    if (path.empty() || path == ".new") continue;
    std::filesystem::remove_all(path, error);
    if (error) return Failure(system_error("removing " + path, error.value()));
  }
  HF_TRY_VOID(sync_folder(data_dir_));
  return remove_durably(data_dir_ + "/storage.lock");
}

}  // namespace holdfast::cloud::linux_
