// The model's own SQLite file: one row a resource (kind, id, JSON), WAL, synchronous FULL. One transaction a call.
// Holds a lock on the directory, so that a second service on it is refused. Used by the front, under its lock.
#pragma once

#include <filesystem>
#include <memory>

#include "base/error.h"
#include "cloud/model.h"

namespace holdfast::cloud {

class Store {
 public:
  // An empty path: nothing is kept. Errors: `conflict` when another process holds the directory.
  static Result<std::unique_ptr<Store>> open(const std::filesystem::path& data_dir);
  ~Store();

  // Fills the persistent tables; a row that cannot be read is an error, never dropped.
  Result<void> load(Model& model);
  // Writes the rows touched since the last commit of the model, durably, or nothing at all. Error: `unavailable`; the
  // next write may succeed again.
  Result<void> write(Model& model);

 private:
  struct Files;
  explicit Store(std::unique_ptr<Files> files);
  std::unique_ptr<Files> files_;
};

}  // namespace holdfast::cloud
