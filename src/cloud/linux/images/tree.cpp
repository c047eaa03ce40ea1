#include "cloud/linux/images/tree.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>

#include "cloud/linux/fd.h"
#include "cloud/linux/process.h"

namespace holdfast::cloud::linux_ {
namespace {

constexpr const char* tree_prefix = "image-tree-";

Result<void> write_all(const std::string& path, const std::string& text, unsigned mode) {
  const Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode));
  if (!file.valid()) return Failure(system_error("writing " + path, errno));
  size_t done = 0;
  while (done < text.size()) {
    const ssize_t count = ::write(file.get(), text.data() + done, text.size() - done);
    if (count < 0 && errno != EINTR) return Failure(system_error("writing " + path, errno));
    if (count > 0) done += static_cast<size_t>(count);
  }
  if (::fchmod(file.get(), mode) != 0) return Failure(system_error("setting the mode of " + path, errno));
  return {};
}

Fd open_folder(const std::string& path) {
  return Fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

// Safe: a tree is only ever what a builder wrote. The builders' programs mount in namespaces of their own; should a
// mount be seen here all the same, the tree stays, for the removal would go on into what is mounted (/dev, /proc).
void remove_tree(const std::string& path) {
  std::ifstream mounts("/proc/self/mountinfo");
  for (std::string line; std::getline(mounts, line);) {
    if (line.find(path) != std::string::npos) return;
  }
  std::error_code ignored;  // what is left is found by the next build
  std::filesystem::remove_all(path, ignored);
}

Result<void> make_parents(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), error);
  if (error) return Failure(system_error("making folders for " + path, error.value()));
  return {};
}

}  // namespace

Result<TemporaryTree> TemporaryTree::make(const std::string& parent) {
  HF_TRY_VOID(make_parents(parent + "/x"));
  const Fd folder = open_folder(parent);
  // Held to the end, or another build would take our folder for a remainder before it is locked.
  if (!folder.valid() || ::flock(folder.get(), LOCK_EX) != 0) return Failure(system_error("locking " + parent, errno));
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(parent, ignored)) {
    if (!entry.path().filename().string().starts_with(tree_prefix)) continue;
    const Fd left = open_folder(entry.path());
    if (left.valid() && ::flock(left.get(), LOCK_EX | LOCK_NB) == 0) remove_tree(entry.path());
  }
  std::string pattern = parent + "/" + tree_prefix + "XXXXXX";
  if (::mkdtemp(pattern.data()) == nullptr) return Failure(system_error("making a folder in " + parent, errno));
  Fd lock = open_folder(pattern);
  if (!lock.valid() || ::flock(lock.get(), LOCK_EX) != 0) return Failure(system_error("locking " + pattern, errno));
  // As a root folder has to be, for users of the machine.
  if (::chmod(pattern.c_str(), 0755) != 0) return Failure(system_error("setting the mode of " + pattern, errno));
  return TemporaryTree(pattern, std::move(lock));
}

TemporaryTree::~TemporaryTree() {
  if (!path_.empty()) remove_tree(path_);
}

Result<void> put_file(const std::string& root, const std::string& path, const std::string& text, unsigned mode) {
  HF_TRY_VOID(make_parents(root + path));
  return write_all(root + path, text, mode);
}

Result<void> put_folder(const std::string& root, const std::string& path, unsigned mode, unsigned owner) {
  const std::string full = root + path;
  HF_TRY_VOID(make_parents(full + "/x"));
  if (::chmod(full.c_str(), mode) != 0) return Failure(system_error("setting the mode of " + full, errno));
  if (::chown(full.c_str(), owner, owner) != 0) return Failure(system_error("setting the owner of " + full, errno));
  return {};
}

Result<void> put_link(const std::string& root, const std::string& path, const std::string& target) {
  HF_TRY_VOID(make_parents(root + path));
  ::unlink((root + path).c_str());
  if (::symlink(target.c_str(), (root + path).c_str()) != 0) {
    return Failure(system_error("linking " + root + path, errno));
  }
  return {};
}

Result<void> copy_in(const std::string& from, const std::string& root, const std::string& path, unsigned mode) {
  HF_TRY_VOID(make_parents(root + path));
  std::error_code error;
  std::filesystem::copy_file(from, root + path, std::filesystem::copy_options::overwrite_existing, error);
  if (error) return Failure(system_error("copying " + from, error.value()));
  if (::chmod((root + path).c_str(), mode) != 0) return Failure(system_error("setting the mode of " + path, errno));
  return {};
}

Result<void> make_ext4(const std::string& tree, const std::string& file) {
  // 4 KiB blocks, as the volumes' sectors are. The file is all holes, so nothing has to be zeroed, now or by the kernel
  // in the background of every machine's first minutes.
  HF_TRY_VOID(run_checked({"mke2fs", "-q", "-F", "-t", "ext4", "-b", "4096", "-m", "1", "-L", "root", "-E",
                           "assume_storage_prezeroed=1,nodiscard", "-d", tree, file},
                          {.time = std::chrono::minutes(5)}));
  return {};
}

}  // namespace holdfast::cloud::linux_
