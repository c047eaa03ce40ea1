// The filesystem that volumes live on: one that can share blocks between files. Either the data folder's own, or an XFS
// on a sparse file in it, through a loop device with direct I/O. Owned by the volume store.
//
//   no file ──mkfs on pool.img.new──▶ pool.img.new ──sync, rename──▶ pool.img ──loop device──▶ attached ──▶ mounted
//
// pool.img exists only once it is a whole filesystem, so what is called pool.img is never formatted; pool.img.new is
// half made and is always begun anew. After a crash any suffix of the way is missing and is gone again: a loop device
// that an earlier process attached is found by the file behind it and used, for two of them on one pool would destroy
// it.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "base/error.h"
#include "cloud/linux/fd.h"

namespace holdfast::cloud::linux_ {

class Pool {
 public:
  // `size_bytes` 0: 80 % of what is free. Takes the lock of the data folder; held by another process: conflict.
  static Result<std::unique_ptr<Pool>> open(const std::string& data_dir, int64_t size_bytes);

  // The folder that belongs to the volume store, on the filesystem that shares blocks.
  const std::string& root() const { return root_; }
  // False if the files are on the data folder's own filesystem, among others' files.
  bool has_own_filesystem() const { return !image_.empty(); }
  // What can be written before writers get errors: the least of what the pool and what the filesystem below it have.
  int64_t free_bytes() const;
  // Keeps the pool from promising more than the filesystem below can carry: if others fill that one, writing to the
  // pool would fail in its journal and end it for every machine; so the pool is made to look full first, which only
  // fails the writes that need new space. Space that is no longer used is given back before. Called often, cheap if all
  // is well.
  Result<void> balance();
  // Unmounts and detaches; every file must be closed. `erase` then removes the pool. Conflict if somebody still uses
  // it.
  Result<void> tear_down(bool erase);

 private:
  Pool() = default;
  Result<void> make_image(int64_t size_bytes) const;
  Result<void> attach_and_mount();
  Result<void> unmount();

  std::string data_dir_;
  std::string image_;  // empty: the data folder's own filesystem
  std::string mount_point_;
  std::string root_;
  Fd lock_;
  std::chrono::steady_clock::time_point last_trim_{};
};

}  // namespace holdfast::cloud::linux_
