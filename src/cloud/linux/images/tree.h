// A folder tree that becomes a root filesystem: helpers of the image builders.
#pragma once

#include <cstdint>
#include <string>

#include "base/error.h"
#include "cloud/linux/fd.h"

namespace holdfast::cloud::linux_ {

// The user PostgreSQL runs as, the same number in every image, so that a data volume can move between them.
constexpr unsigned postgres_uid = 900;

// A temporary folder below `parent`, removed with all that is in it; locked while it is in use, so that make() can tell
// what a process that was killed left there, and removes that.
class TemporaryTree {
 public:
  static Result<TemporaryTree> make(const std::string& parent);
  TemporaryTree(TemporaryTree&& other) noexcept : path_(std::move(other.path_)), lock_(std::move(other.lock_)) {
    other.path_.clear();
  }
  TemporaryTree& operator=(TemporaryTree&&) = delete;
  ~TemporaryTree();
  const std::string& path() const { return path_; }

 private:
  TemporaryTree(std::string path, Fd lock) : path_(std::move(path)), lock_(std::move(lock)) {}
  std::string path_;
  Fd lock_;
};

// Paths are below the tree's root, folders on the way are made.
Result<void> put_file(const std::string& root, const std::string& path, const std::string& text, unsigned mode = 0644);
Result<void> put_folder(const std::string& root, const std::string& path, unsigned mode = 0755, unsigned owner = 0);
Result<void> put_link(const std::string& root, const std::string& path, const std::string& target);
Result<void> copy_in(const std::string& from, const std::string& root, const std::string& path, unsigned mode);

// Makes an ext4 of the tree in the (sparse) file, as large as the file is.
Result<void> make_ext4(const std::string& tree, const std::string& file);

}  // namespace holdfast::cloud::linux_
