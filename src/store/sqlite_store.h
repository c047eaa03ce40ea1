// The durable store of one service: one SQLite file, WAL, synchronous=FULL, so that a commit that was answered outlives
// a power cut. A lock file beside it keeps a second service out. Reading never changes what it does not understand: a
// file of a newer version, or a row that cannot be read, is refused with its name, and everything stays as it was.
#pragma once

#include <filesystem>
#include <memory>

#include "engine/store.h"

namespace holdfast::store {

class SqliteStore : public engine::Store {
 public:
  // Makes the file (its folder must exist) or opens it. conflict: another process has it open.
  static Result<std::unique_ptr<SqliteStore>> open(const std::filesystem::path& file);
  ~SqliteStore() override;

  Result<std::vector<engine::StoredInstance>> load() override;
  Result<engine::Leases> lease(const engine::Claim& claim, std::optional<size_t> believed, Time now) override;
  Result<void> release(const std::vector<ManagedInstanceId>& ids) override;
  Result<void> leave() override;
  Result<std::vector<engine::StoredElsewhere>> elsewhere(const std::optional<ManagedInstanceId>& id) override;
  Result<std::vector<int64_t>> commit(const std::vector<engine::Change>& changes, Time now) override;
  Result<std::vector<engine::StoredGroup>> load_groups() override;
  Result<void> put_group(const engine::StoredGroup& group) override;
  Result<void> remove_group(const GroupId& id) override;
  Result<std::vector<engine::StoredRecord>> records(const engine::RecordQuery& query) override;
  Result<Time> last_time_seen() override;

  // The file never grows beyond this many pages of 4 KiB; then commits fail as on a full disk. 0: no limit.
  Result<void> limit_pages(int64_t pages);

 private:
  struct Impl;
  explicit SqliteStore(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace holdfast::store
