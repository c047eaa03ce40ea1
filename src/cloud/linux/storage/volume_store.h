// Volumes and snapshots as files on a copy-on-write filesystem, and volumes as block devices by loop devices. Called by
// the Linux substrate and the image builders; knows nothing of machines or of EC2's rules.
//
// What holds always:
// - A name in `volumes/` or `snapshots/` is a whole file: everything is made below `scratch/`, synced, and renamed into
//   place. Whatever a crash leaves in `scratch/` is nobody's and goes away at the next open().
// - A file is given up only when no loop device uses it, looked up in the kernel at that moment and not remembered.
// - A pool that exists is never formatted again.
// - Every call may be repeated: it does what is missing and succeeds. Calls block, and may come from several threads;
//   calls about one volume or snapshot go one after the other.
//
// Volumes are thin: a new one takes no space, so the sum of all sizes may be more than the pool. A machine that fills
// the pool gets errors for its own writes; nothing that was written before is harmed.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/ids.h"
#include "base/time.h"

namespace holdfast::cloud::linux_ {

struct VolumeStoreOptions {
  std::string data_dir;  // an existing or a new folder, absolute; one store a folder (locked)
  // The pool's size if one has to be made (sparse); 0: 80 % of what is free in the data folder's filesystem.
  int64_t pool_size_bytes = 0;
  // Creating volumes and snapshots is refused when less than this would be left. It is what running machines can still
  // write when nothing new is allowed any more.
  int64_t free_floor_bytes = int64_t{1} << 30;
};

struct BlockDevice {
  std::string path;  // "/dev/loop7" on the host
  int major = 0;
  int minor = 0;
  bool operator==(const BlockDevice&) const = default;
};

enum class ReleaseHow {
  // The device goes when nothing uses it any more; if a mount or an open file still does when the limit is over:
  // conflict, code "VolumeBusy" (it is then freed by the kernel with its last user; release again to see it).
  orderly,
  // First the device is cut off from the file: requests under way end, later ones fail. Then as `orderly`, but a user
  // that hangs on to the (now dead) device is no hindrance: the volume is free, and may be attached elsewhere.
  // Writes not yet synced by the user are lost, as with EC2's Force. The file's content is never touched.
  force,
};

class VolumeStore {
 public:
  // Makes or finds the pool and mounts it at data_dir/pool, in the caller's mount namespace (enter a private one
  // before, if there is to be one). Works also when an earlier process was killed and machines still write to the pool
  // through their loop devices: it is the same filesystem then, mounted once more. If the data folder's own filesystem
  // can clone files, there is no pool: the files are below data_dir/storage.
  static Result<std::unique_ptr<VolumeStore>> open(const VolumeStoreOptions& options);
  // Leaves everything as it is (mounted, attached): machines outlive the service. See tear_down.
  ~VolumeStore();
  VolumeStore(const VolumeStore&) = delete;
  VolumeStore& operator=(const VolumeStore&) = delete;

  // A blank volume, or the snapshot's content made larger. A filesystem inside keeps its old size: growing it is up to
  // who mounts it. There already with this size: success; with another: conflict.
  Result<void> create_volume(const VolumeId& volume, int size_gib, const std::optional<SnapshotId>& from);
  // Refused (conflict, "VolumeInUse") while a loop device uses it.
  Result<void> delete_volume(const VolumeId& volume);
  // The volume as of now, crash consistent also under writes: all that a writer has synced is in it.
  Result<void> create_snapshot(const SnapshotId& snapshot, const VolumeId& volume);
  Result<void> copy_snapshot(const SnapshotId& snapshot, const SnapshotId& from);
  // Larger at its end, also the block device that it has now. Never smaller: as large or larger already is a success.
  // Conflict, "VolumeBusy", while a power cut of it is not finished.
  Result<void> grow_volume(const VolumeId& volume, int size_gib);
  Result<void> delete_snapshot(const SnapshotId& snapshot);
  // A snapshot of `size_bytes` made by `fill`, which gets the path of a sparse file that no one else knows.
  Result<void> import_snapshot(const SnapshotId& snapshot, int64_t size_bytes,
                               const std::function<Result<void>(const std::string& path)>& fill);
  Result<bool> has_volume(const VolumeId& volume) const;
  Result<bool> has_snapshot(const SnapshotId& snapshot) const;
  // In whole GiB, rounded up.
  Result<int> snapshot_size_gib(const SnapshotId& snapshot) const;

  // The volume as a block device with 4 KiB sectors; the device it already has, if it has one. A device that is being
  // released but still held by somebody: conflict, "VolumeBusy".
  Result<BlockDevice> attach_device(const VolumeId& volume);
  // Success once the device is observed gone (or never was).
  Result<void> release_device(const VolumeId& volume, ReleaseHow how, Duration limit = std::chrono::seconds(10));
  // What the kernel shows now, also of earlier processes of this service. Devices cut off by force do not count.
  Result<std::map<VolumeId, BlockDevice>> devices_in_use() const;

  // A power cut, first half: remembers what has reached the file by now. Call it while the machine's cgroup is frozen,
  // and never let the machine run again afterwards. Nothing is flushed: what sits in the guest's page cache is lost.
  Result<void> cut(const VolumeId& volume);
  // Second half, after the machine was killed and the device released: the volume is what it was at the cut. Without a
  // cut: nothing to do, success. A device still there: conflict, "VolumeInUse".
  Result<void> finish_cut(const VolumeId& volume);
  // The machine goes on after all, or it is not known to have stood still: forgets the cut. (open() forgets all cuts:
  // see volume_store.cpp.)
  Result<void> drop_cut(const VolumeId& volume);

  // Bytes that can still be written before machines get errors: the pool's free space, or less if the filesystem that
  // carries the pool has less.
  int64_t free_bytes() const;
  int64_t free_floor_bytes() const;
  // Pieces the volume's file is in. Snapshots cost about 20 µs for each.
  Result<int64_t> extents(const VolumeId& volume) const;
  // Folder below which the files are; a folder on the same filesystem for builders' temporary files.
  const std::string& root() const;

  // Releases all loop devices of this store's files, unmounts and detaches the pool. `erase`: removes the files too,
  // which is why it refuses if anything could not be released. No other call may follow.
  Result<void> tear_down(bool erase);

 private:
  struct Parts;
  explicit VolumeStore(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace holdfast::cloud::linux_
