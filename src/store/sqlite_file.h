// What the SQLite files of a service share: one process at a time, and a schema that is known by its number and never
// touched where it is another's or a newer program's. Called by the stores.
#pragma once

#include <filesystem>
#include <span>
#include <utility>

#include "base/error.h"
#include "store/sqlite.h"

namespace holdfast::store {

// Held as long as the store is open; the kernel lets go of it however the process ends.
class FileLock {
 public:
  static Result<FileLock> take(const std::filesystem::path& file);  // conflict: another process has it
  FileLock(FileLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileLock& operator=(FileLock&&) = delete;
  ~FileLock();

 private:
  FileLock() = default;
  int fd_ = -1;
};

struct Schema {
  int application_id;  // not another program's database
  // A version is the number of steps that were done: a new file gets them all, an older one those that it lacks.
  std::span<const char* const> steps;
};

// WAL, synchronous=FULL, and the schema as it is now, in one transaction: a crash on the way leaves the file as it was.
// Refused (invalid): another program's file, or a newer version's.
Result<void> prepare_schema(Connection& connection, const std::filesystem::path& file, const Schema& schema);

}  // namespace holdfast::store
