// A folder of a test's own for a store's file; it goes with the object.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <string>

namespace holdfast::store {

class Folder {
 public:
  Folder() {
    std::string name = std::filesystem::temp_directory_path() / "holdfast-store-XXXXXX";
    path_ = ::mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::filesystem::path file() const { return path_ / "store.db"; }

 private:
  std::filesystem::path path_;
};

}  // namespace holdfast::store
