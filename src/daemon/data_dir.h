// The service's data directory: made if it is missing, locked by one process at a time, with the token in it. The lock
// is the kernel's (flock), so it ends with its process however that ends; the file says who holds it. Used by serve and
// `cloud destroy`.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/error.h"

namespace holdfast::daemon {

class DataDir {
 public:
  // conflict: another process holds it, named by its pid.
  static Result<DataDir> open(const std::string& path);
  DataDir(DataDir&& other) noexcept;
  DataDir& operator=(DataDir&&) = delete;
  ~DataDir();

  const std::string& path() const { return path_; }
  std::string token_file() const { return path_ + "/token"; }
  // The token in the file; made at the first call ever, readable by its owner only. Whole or not there, after a crash
  // at any moment.
  Result<std::string> token() const;
  // What the file holds, made by `make` if it is not there yet. The same promises as of the token's. At most 512 bytes.
  Result<std::string> kept_secret(const std::string& file, const std::function<Result<std::string>()>& make) const;
  // The kind of substrate that this directory's cloud lives on; empty: none was ever started. Another kind would take
  // the machines for gone and the volumes for its own, so it is refused (conflict), from before the first start on.
  Result<std::string> substrate() const;
  Result<void> bind_to_substrate(const std::string& kind) const;
  // Whether a service ever bound the folder to a substrate. Changes nothing there: it may be somebody else's.
  static bool is_marked(const std::string& path);
  // Takes the locks of the stores too, until the end of this object. conflict: a service has one of them open, whatever
  // became of this directory's own lock file. Before a removal.
  Result<void> lock_stores();
  // Removes the service's own files (not the substrate's, which must be torn down before: they would be known to
  // nobody). Whatever else is in the folder stays; an empty folder goes.
  Result<void> erase_records() const;

 private:
  DataDir(std::string path, int lock) : path_(std::move(path)), lock_(lock) {}
  std::string path_;
  int lock_;
  std::vector<int> store_locks_;
};

}  // namespace holdfast::daemon
