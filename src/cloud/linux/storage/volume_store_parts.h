// The insides of the volume store, shared by its sources: where files are, locks, the watch over free space.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "cloud/linux/storage/files.h"
#include "cloud/linux/storage/keyed_locks.h"
#include "cloud/linux/storage/pool.h"
#include "cloud/linux/storage/volume_store.h"

namespace holdfast::cloud::linux_ {

struct VolumeStore::Parts {
  VolumeStoreOptions options;
  std::unique_ptr<Pool> pool;
  mutable KeyedLocks locks;

  // Balances the pool once a second, see Pool::balance.
  std::mutex watch_mutex;
  std::condition_variable watch_wake;
  bool watch_ends = false;
  std::thread watch;

  std::string folder(const char* name) const { return pool->root() + "/" + name; }
  std::string volume_path(const VolumeId& id) const { return folder("volumes") + "/" + id.str() + ".raw"; }
  std::string snapshot_path(const SnapshotId& id) const { return folder("snapshots") + "/" + id.str() + ".raw"; }
  std::string cut_path(const VolumeId& id) const { return folder("cuts") + "/" + id.str() + ".raw"; }
  std::string scratch_path(const std::string& what, const std::string& id) const {
    return folder("scratch") + "/" + what + "-" + id;
  }

  // Makes the folders, throws away what a crash left half made.
  Result<void> prepare();
  Result<void> check_space() const;
  // A clone of the open file, `bytes` long (0: as long as it is), whole or not at all at `to`.
  Result<void> clone_to(int from, const std::string& scratch, const std::string& to, int64_t bytes) const;
  void start_watch();
  void end_watch();
};

// Ids become file names: letters, digits and "-" only.
Result<void> check_name(const std::string& id, const char* field);
Failure no_such_volume(const VolumeId& volume);

}  // namespace holdfast::cloud::linux_
