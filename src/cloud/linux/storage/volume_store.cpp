#include "cloud/linux/storage/volume_store.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "cloud/linux/storage/loop_device.h"
#include "cloud/linux/storage/volume_store_parts.h"

namespace holdfast::cloud::linux_ {
namespace {

constexpr int64_t gib = int64_t{1} << 30;
constexpr int largest_volume_gib = 16384;  // EC2's gp3
constexpr size_t longest_name = 100;
constexpr auto watch_every = std::chrono::seconds(1);
constexpr auto space_limit = std::chrono::seconds(1);
// What one clone may take for the records of its blocks.
constexpr int64_t clone_margin = int64_t{1} << 20;

}  // namespace

Result<void> check_name(const std::string& id, const char* field) {
  const auto good = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  if (!id.empty() && id.size() <= longest_name && std::all_of(id.begin(), id.end(), good)) return {};
  return fail(ErrorKind::invalid, "InvalidParameterValue",
              fmt::format("'{}' is no id: lower-case letters, digits and '-' only", id), field);
}

Failure no_such_volume(const VolumeId& volume) {
  return fail(ErrorKind::not_found, "InvalidVolume.NotFound",
              fmt::format("the volume '{}' does not exist in the store", volume.str()), "volume");
}

Result<void> VolumeStore::Parts::prepare() {
  for (const char* name : {"volumes", "snapshots", "cuts", "scratch"}) HF_TRY_VOID(make_folders(folder(name)));
  // Safe: only what was renamed out of here was ever reported as made.
  HF_TRY(const auto left, names_in(folder("scratch")));
  for (const auto& name : left) {
    std::error_code error;
    std::filesystem::remove_all(folder("scratch") + "/" + name, error);
    if (error) return Failure(system_error("removing " + name, error.value()));
  }
  // A cut that an earlier process did not finish is forgotten; the live file stays. The store cannot know whether the
  // machine was killed or thawed after the cut, and only the live file surely holds all that was ever acknowledged: it
  // is what the machine wrote up to its end. The price is that one simulated power failure was kinder than meant;
  // whoever still finds the machine frozen cuts again.
  HF_TRY(const auto cuts, names_in(folder("cuts")));
  for (const auto& name : cuts) HF_TRY_VOID(remove_durably(folder("cuts") + "/" + name));
  return {};
}

Result<void> VolumeStore::Parts::check_space() const {
  // The filesystem gives the blocks of deleted files back in the background: a refusal waits for that.
  const auto end = std::chrono::steady_clock::now() + space_limit;
  int64_t free = pool->free_bytes();
  while (free - clone_margin < options.free_floor_bytes && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    free = pool->free_bytes();
  }
  if (free - clone_margin >= options.free_floor_bytes) return {};
  return fail(
      ErrorKind::no_capacity, "InsufficientVolumeCapacity",
      fmt::format("{} MiB are free and {} MiB are kept for running machines: delete volumes or snapshots, or give "
                  "{} more space",
                  free >> 20, options.free_floor_bytes >> 20, options.data_dir));
}

Result<void> VolumeStore::Parts::clone_to(int from, const std::string& scratch, const std::string& to,
                                          int64_t bytes) const {
  const auto make = [&]() -> Result<void> {
    HF_TRY(const Fd file, make_sparse(scratch, 0));
    HF_TRY_VOID(clone_into(from, file.get()));
    if (bytes != 0 && ::ftruncate(file.get(), bytes) != 0) return Failure(system_error("growing " + scratch, errno));
    HF_TRY_VOID(sync_file(file.get(), scratch));
    return rename_durably(scratch, to);
  };
  auto made = make();
  if (!made) ::unlink(scratch.c_str());
  return made;
}

void VolumeStore::Parts::start_watch() {
  watch = std::thread([this] {
    bool said = false;
    std::unique_lock lock(watch_mutex);
    while (!watch_wake.wait_for(lock, watch_every, [this] { return watch_ends; })) {
      const auto balanced = pool->balance();
      const bool low = !balanced || pool->free_bytes() < options.free_floor_bytes;
      if (low && !said) {
        spdlog::warn("volumes: {} MiB left in {}; machines get write errors when it is full{}",
                     pool->free_bytes() >> 20, options.data_dir,
                     balanced ? "" : " (" + describe(balanced.error()) + ")");
      } else if (!low && said) {
        spdlog::info("volumes: enough free space in {} again", options.data_dir);
      }
      said = low;
    }
  });
}

void VolumeStore::Parts::end_watch() {
  {
    const std::lock_guard lock(watch_mutex);
    watch_ends = true;
  }
  watch_wake.notify_all();
  if (watch.joinable()) watch.join();
}

VolumeStore::VolumeStore(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

VolumeStore::~VolumeStore() {
  parts_->end_watch();
}

Result<std::unique_ptr<VolumeStore>> VolumeStore::open(const VolumeStoreOptions& options) {
  if (!options.data_dir.starts_with('/')) {
    return fail(ErrorKind::invalid, "InvalidParameterValue", "the data folder must be an absolute path", "data_dir");
  }
  auto parts = std::make_unique<Parts>();
  parts->options = options;
  HF_TRY(parts->pool, Pool::open(options.data_dir, options.pool_size_bytes));
  HF_TRY_VOID(parts->prepare());
  HF_TRY_VOID(parts->pool->balance());
  parts->start_watch();
  return std::unique_ptr<VolumeStore>(new VolumeStore(std::move(parts)));
}

Result<void> VolumeStore::create_volume(const VolumeId& volume, int size_gib, const std::optional<SnapshotId>& from) {
  HF_TRY_VOID(check_name(volume.str(), "volume"));
  if (size_gib < 1 || size_gib > largest_volume_gib) {
    return fail(ErrorKind::invalid, "InvalidParameterValue",
                fmt::format("a volume has 1 to {} GiB, not {}", largest_volume_gib, size_gib), "size");
  }
  const KeyedLocks::Held lock(parts_->locks, volume.str());
  const int64_t bytes = size_gib * gib;
  const std::string path = parts_->volume_path(volume);
  HF_TRY(const auto there, size_of(path));
  if (there && *there != bytes) {
    return fail(ErrorKind::conflict, "IdempotentParameterMismatch",
                fmt::format("the volume '{}' exists with another size", volume.str()), "size");
  }
  if (there) return {};
  HF_TRY_VOID(parts_->check_space());
  const std::string scratch = parts_->scratch_path("volume", volume.str());
  if (!from) {
    HF_TRY(const Fd file, make_sparse(scratch, bytes));
    HF_TRY_VOID(sync_file(file.get(), scratch));
    return rename_durably(scratch, path);
  }
  HF_TRY_VOID(check_name(from->str(), "snapshot"));
  HF_TRY(const auto snapshot_bytes, size_of(parts_->snapshot_path(*from)));
  if (!snapshot_bytes) {
    return fail(ErrorKind::not_found, "InvalidSnapshot.NotFound",
                fmt::format("the snapshot '{}' does not exist in the store", from->str()), "snapshot");
  }
  if (*snapshot_bytes > bytes) {
    return fail(ErrorKind::invalid, "InvalidParameterValue",
                fmt::format("{} GiB are less than the snapshot's {} GiB", size_gib, (*snapshot_bytes + gib - 1) / gib),
                "size");
  }
  HF_TRY(const Fd source, open_file(parts_->snapshot_path(*from), O_RDONLY));
  return parts_->clone_to(source.get(), scratch, path, bytes);
}

Result<void> VolumeStore::delete_volume(const VolumeId& volume) {
  HF_TRY_VOID(check_name(volume.str(), "volume"));
  const KeyedLocks::Held lock(parts_->locks, volume.str());
  const std::string path = parts_->volume_path(volume);
  HF_TRY(const bool there, exists(path));
  if (there) {
    HF_TRY(const Fd file, open_file(path, O_RDONLY));
    HF_TRY(const auto identity, identity_of(file.get()));
    // Safe: nobody can write to the file, and attach_device waits for the lock we hold.
    HF_TRY(const auto devices, loop_devices_of(identity));
    if (!devices.empty()) {
      return fail(ErrorKind::conflict, "VolumeInUse",
                  fmt::format("the volume '{}' is attached as {}; detach it first", volume.str(), devices[0].path));
    }
  }
  HF_TRY_VOID(remove_durably(parts_->cut_path(volume)));
  return remove_durably(path);
}

Result<void> VolumeStore::create_snapshot(const SnapshotId& snapshot, const VolumeId& volume) {
  HF_TRY_VOID(check_name(snapshot.str(), "snapshot"));
  HF_TRY_VOID(check_name(volume.str(), "volume"));
  // The volume's lock first, always: a cut must not be finished between our open and our clone.
  const KeyedLocks::Held volume_lock(parts_->locks, volume.str());
  const KeyedLocks::Held snapshot_lock(parts_->locks, snapshot.str());
  const std::string path = parts_->snapshot_path(snapshot);
  HF_TRY(const bool there, exists(path));
  if (there) return {};  // asked again: the first moment counts
  HF_TRY_VOID(parts_->check_space());
  HF_TRY(const bool have_volume, exists(parts_->volume_path(volume)));
  if (!have_volume) return no_such_volume(volume);
  HF_TRY(const Fd source, open_file(parts_->volume_path(volume), O_RDONLY));
  HF_TRY(const auto identity, identity_of(source.get()));
  HF_TRY(const auto devices, loop_devices_of(identity));
  for (const auto& device : devices) {
    // For those who write to the raw device through the page cache. A device released at this moment was flushed.
    if (auto flushed = flush_loop(device); !flushed && flushed.error().code != "VolumeBusy") return flushed;
  }
  return parts_->clone_to(source.get(), parts_->scratch_path("snapshot", snapshot.str()), path, 0);
}

Result<void> VolumeStore::copy_snapshot(const SnapshotId& snapshot, const SnapshotId& from) {
  HF_TRY_VOID(check_name(snapshot.str(), "snapshot"));
  HF_TRY_VOID(check_name(from.str(), "snapshot"));
  const KeyedLocks::Held lock(parts_->locks, snapshot.str());
  const std::string path = parts_->snapshot_path(snapshot);
  HF_TRY(const bool there, exists(path));
  if (there) return {};
  HF_TRY_VOID(parts_->check_space());
  HF_TRY(const Fd source, open_file(parts_->snapshot_path(from), O_RDONLY));  // a snapshot never changes: no lock
  return parts_->clone_to(source.get(), parts_->scratch_path("copy", snapshot.str()), path, 0);
}

Result<void> VolumeStore::delete_snapshot(const SnapshotId& snapshot) {
  HF_TRY_VOID(check_name(snapshot.str(), "snapshot"));
  const KeyedLocks::Held lock(parts_->locks, snapshot.str());
  // Safe for volumes made from it: each holds its blocks by itself.
  return remove_durably(parts_->snapshot_path(snapshot));
}

Result<void> VolumeStore::import_snapshot(const SnapshotId& snapshot, int64_t size_bytes,
                                          const std::function<Result<void>(const std::string& path)>& fill) {
  HF_TRY_VOID(check_name(snapshot.str(), "snapshot"));
  if (size_bytes < 1 || size_bytes % gib != 0) {
    return fail(ErrorKind::invalid, "InvalidParameterValue", "a snapshot's size is whole GiB", "size");
  }
  const KeyedLocks::Held lock(parts_->locks, snapshot.str());
  const std::string path = parts_->snapshot_path(snapshot);
  HF_TRY(const bool there, exists(path));
  if (there) return {};
  HF_TRY_VOID(parts_->check_space());
  const std::string scratch = parts_->scratch_path("import", snapshot.str());
  const auto make = [&]() -> Result<void> {
    HF_TRY(const Fd file, make_sparse(scratch, size_bytes));
    HF_TRY_VOID(fill(scratch));
    HF_TRY_VOID(sync_file(file.get(), scratch));
    HF_TRY_VOID(parts_->check_space());
    HF_TRY(const auto now, size_of(scratch));
    if (now != size_bytes) return fail(ErrorKind::unavailable, "ImageBuildFailed", "the image has not the wanted size");
    return rename_durably(scratch, path);
  };
  auto made = make();
  if (!made) ::unlink(scratch.c_str());
  return made;
}

Result<bool> VolumeStore::has_volume(const VolumeId& volume) const {
  HF_TRY_VOID(check_name(volume.str(), "volume"));
  return exists(parts_->volume_path(volume));
}

Result<bool> VolumeStore::has_snapshot(const SnapshotId& snapshot) const {
  HF_TRY_VOID(check_name(snapshot.str(), "snapshot"));
  return exists(parts_->snapshot_path(snapshot));
}

Result<int> VolumeStore::snapshot_size_gib(const SnapshotId& snapshot) const {
  HF_TRY_VOID(check_name(snapshot.str(), "snapshot"));
  HF_TRY(const auto bytes, size_of(parts_->snapshot_path(snapshot)));
  if (!bytes) {
    return fail(ErrorKind::not_found, "InvalidSnapshot.NotFound",
                fmt::format("the snapshot '{}' does not exist in the store", snapshot.str()), "snapshot");
  }
  return static_cast<int>((*bytes + gib - 1) / gib);
}

int64_t VolumeStore::free_bytes() const {
  return parts_->pool->free_bytes();
}

int64_t VolumeStore::free_floor_bytes() const {
  return parts_->options.free_floor_bytes;
}

const std::string& VolumeStore::root() const {
  return parts_->pool->root();
}

Result<int64_t> VolumeStore::extents(const VolumeId& volume) const {
  HF_TRY_VOID(check_name(volume.str(), "volume"));
  HF_TRY(const bool there, exists(parts_->volume_path(volume)));
  if (!there) return no_such_volume(volume);
  HF_TRY(const Fd file, open_file(parts_->volume_path(volume), O_RDONLY));
  return extents_of(file.get());
}

Result<void> VolumeStore::tear_down(bool erase) {
  parts_->end_watch();
  HF_TRY(const auto in_use, devices_in_use());
  for (const auto& [volume, device] : in_use) HF_TRY_VOID(release_device(volume, ReleaseHow::orderly));
  // Also those that were cut off but are still held, or whose volume's file was replaced or removed.
  HF_TRY(Fd folder, open_file(root(), O_RDONLY | O_DIRECTORY));
  HF_TRY(const auto here, identity_of(folder.get()));
  folder.reset();
  HF_TRY(const auto devices, all_loop_devices());
  for (const auto& device : devices) {
    if (parts_->pool->has_own_filesystem() && device.file.device == here.device) {
      HF_TRY_VOID(clear_loop(device));
      HF_TRY(const bool gone, wait_until_gone(device, std::chrono::seconds(10)));
      if (!gone)
        return fail(ErrorKind::conflict, "VolumeBusy", device.path + " is still in use; end its machine first");
    }
  }
  return parts_->pool->tear_down(erase);
}

}  // namespace holdfast::cloud::linux_
