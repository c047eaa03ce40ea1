// Files that appear whole or not at all: made below a scratch folder, synced, renamed into place, the folder synced.
// Used by the pool and the volume store, always with folders of one filesystem.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "cloud/linux/fd.h"
#include "cloud/linux/storage/loop_device.h"

namespace holdfast::cloud::linux_ {

Result<Fd> open_file(const std::string& path, int flags, unsigned mode = 0600);
// Creates the folder and those above it; durable when it returns.
Result<void> make_folders(const std::string& path);
// Names in a folder, sorted, without "." and "..".
Result<std::vector<std::string>> names_in(const std::string& folder);
Result<bool> exists(const std::string& path);
// Nothing if there is no such file.
Result<std::optional<int64_t>> size_of(const std::string& path);
Result<FileIdentity> identity_of(int fd);

// A fresh file at `path` (what is there goes away) of that length, all holes.
Result<Fd> make_sparse(const std::string& path, int64_t bytes);
// `to` becomes a file that shares all blocks with `from` as of one moment (FICLONE). Unsupported: not an error of the
// system but code "CloneUnsupported".
Result<void> clone_into(int from, int to);
Result<void> sync_file(int fd, const std::string& path);
Result<void> sync_folder(const std::string& path);
// Puts a synced file in its place, over what is there, and makes that durable. Both on one filesystem.
Result<void> rename_durably(const std::string& from, const std::string& to);
// Removes a file and makes that durable. Not there: success.
Result<void> remove_durably(const std::string& path);
// Number of pieces the file is in (FIEMAP).
Result<int64_t> extents_of(int fd);
// Bytes that an unprivileged writer can still write to the filesystem of `path`.
Result<int64_t> free_on(const std::string& path);
// Whether files in the folder can share blocks; tried out.
Result<bool> can_clone_in(const std::string& folder);

}  // namespace holdfast::cloud::linux_
