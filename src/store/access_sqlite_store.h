// The durable store of tokens and the audit log: one SQLite file, WAL, synchronous=FULL, apart from the engine's, so
// that neither waits for the other. Beside it, FILE.end says where the log ended; it is written after each commit.
#pragma once

#include <filesystem>
#include <memory>

#include "access/store.h"

namespace holdfast::store {

class AccessSqliteStore : public access::Store {
 public:
  // Makes the file (its folder must exist) or opens it. conflict: another process has it open.
  static Result<std::unique_ptr<AccessSqliteStore>> open(const std::filesystem::path& file);
  // To look only, also while a service has it open. not_found: it is not there. Whatever writes is refused (denied).
  static Result<std::unique_ptr<AccessSqliteStore>> open_to_read(const std::filesystem::path& file);
  ~AccessSqliteStore() override;

  Result<std::vector<access::Token>> tokens() override;
  Result<void> add_token(const access::Token& token) override;
  Result<void> remove_token(const std::string& name) override;
  Result<void> note_use(const std::string& name, Time at) override;
  Result<void> append(const std::vector<access::AuditRow>& rows) override;
  Result<std::vector<access::AuditRow>> rows(int64_t after, int limit) override;
  Result<std::vector<access::AuditRow>> newest_rows(int64_t before, int limit) override;
  Result<access::AuditEnd> noted_end() override;

  // The file never grows beyond this many pages of 4 KiB; then writing fails as on a full disk. 0: no limit.
  Result<void> limit_pages(int64_t pages);

 private:
  struct Impl;
  explicit AccessSqliteStore(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace holdfast::store
