#include "cloud/linux/storage/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <memory>

namespace holdfast::cloud::linux_ {
namespace {

std::string folder_of(const std::string& path) {
  return std::filesystem::path(path).parent_path().string();
}

// A full disk gets EC2's code wherever it shows: the caller says so to the user and goes on.
Error file_error(const std::string& doing, int error_number) {
  if (error_number == ENOSPC || error_number == EDQUOT) {
    return {ErrorKind::no_capacity,
            "InsufficientVolumeCapacity",
            doing + ": no space left; delete volumes or snapshots, or give the data folder more space",
            {}};
  }
  return system_error(doing, error_number);
}

}  // namespace

Result<Fd> open_file(const std::string& path, int flags, unsigned mode) {
  Fd fd(::open(path.c_str(), flags | O_CLOEXEC, mode));
  if (!fd.valid()) return Failure(file_error("opening " + path, errno));
  return fd;
}

Result<void> make_folders(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) == 0) return sync_folder(folder_of(path));
  if (errno == EEXIST) return {};
  if (errno != ENOENT || path.empty() || path == "/") return Failure(file_error("making the folder " + path, errno));
  HF_TRY_VOID(make_folders(folder_of(path)));
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    return Failure(file_error("making the folder " + path, errno));
  }
  return sync_folder(folder_of(path));
}

Result<std::vector<std::string>> names_in(const std::string& folder) {
  std::unique_ptr<DIR, int (*)(DIR*)> open(::opendir(folder.c_str()), ::closedir);
  if (!open) return Failure(system_error("listing " + folder, errno));
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(open.get())) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

Result<bool> exists(const std::string& path) {
  HF_TRY(const auto size, size_of(path));
  return size.has_value();
}

Result<std::optional<int64_t>> size_of(const std::string& path) {
  struct stat seen {};
  if (::stat(path.c_str(), &seen) == 0) return std::optional<int64_t>(seen.st_size);
  // Only ENOENT is absence: with any other answer the file may well be there.
  if (errno == ENOENT) return std::optional<int64_t>();
  return Failure(system_error("looking at " + path, errno));
}

Result<FileIdentity> identity_of(int fd) {
  struct stat seen {};
  if (::fstat(fd, &seen) != 0) return Failure(system_error("looking at a file", errno));
  return FileIdentity{seen.st_dev, seen.st_ino};
}

Result<Fd> make_sparse(const std::string& path, int64_t bytes) {
  // Unlinked first, not truncated: a program of an earlier process may still write to the old one.
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return Failure(system_error("removing " + path, errno));
  HF_TRY(Fd fd, open_file(path, O_RDWR | O_CREAT | O_EXCL));
  if (::ftruncate(fd.get(), bytes) != 0) return Failure(file_error("sizing " + path, errno));
  return fd;
}

Result<void> clone_into(int from, int to) {
  if (::ioctl(to, FICLONE, from) == 0) return {};
  if (errno == EOPNOTSUPP || errno == ENOTTY || errno == EXDEV || errno == EINVAL) {
    return fail(ErrorKind::unavailable, "CloneUnsupported", "this filesystem cannot clone files");
  }
  return Failure(file_error("cloning a file", errno));
}

Result<void> sync_file(int fd, const std::string& path) {
  if (::fsync(fd) != 0) return Failure(file_error("syncing " + path, errno));
  return {};
}

Result<void> sync_folder(const std::string& path) {
  HF_TRY(const Fd fd, open_file(path.empty() ? "/" : path, O_RDONLY | O_DIRECTORY));
  return sync_file(fd.get(), path);
}

Result<void> rename_durably(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return Failure(file_error("renaming " + from + " to " + to, errno));
  HF_TRY_VOID(sync_folder(folder_of(to)));
  if (folder_of(from) != folder_of(to)) return sync_folder(folder_of(from));
  return {};
}

Result<void> remove_durably(const std::string& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return Failure(system_error("removing " + path, errno));
  return sync_folder(folder_of(path));
}

Result<int64_t> extents_of(int fd) {
  fiemap map{};
  map.fm_length = FIEMAP_MAX_OFFSET;
  if (::ioctl(fd, FS_IOC_FIEMAP, &map) != 0) return Failure(system_error("counting extents", errno));
  return static_cast<int64_t>(map.fm_mapped_extents);
}

Result<int64_t> free_on(const std::string& path) {
  struct statvfs seen {};
  if (::statvfs(path.c_str(), &seen) != 0) return Failure(system_error("asking for free space of " + path, errno));
  return static_cast<int64_t>(seen.f_bavail) * static_cast<int64_t>(seen.f_frsize);
}

Result<bool> can_clone_in(const std::string& folder) {
  // Unnamed files: nothing is left whatever happens. A filesystem without them has no clones either.
  const Fd from(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  const Fd to(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (!from.valid() || !to.valid()) {
    if (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL) return false;
    return Failure(file_error("trying out " + folder, errno));
  }
  if (::pwrite(from.get(), "holdfast", 8, 0) != 8) return Failure(file_error("writing to " + folder, errno));
  const auto cloned = clone_into(from.get(), to.get());
  if (!cloned && cloned.error().code == "CloneUnsupported") return false;
  if (!cloned) return Failure(cloned.error());
  return true;
}

}  // namespace holdfast::cloud::linux_
