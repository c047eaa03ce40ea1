// Tokens and the audit log for as long as the object lives: for tests. The same contract as the durable one.
#pragma once

#include <map>
#include <mutex>

#include "access/store.h"

namespace holdfast::store {

class AccessMemoryStore : public access::Store {
 public:
  Result<std::vector<access::Token>> tokens() override;
  Result<void> add_token(const access::Token& token) override;
  Result<void> remove_token(const std::string& name) override;
  Result<void> note_use(const std::string& name, Time at) override;
  Result<void> append(const std::vector<access::AuditRow>& rows) override;
  Result<std::vector<access::AuditRow>> rows(int64_t after, int limit) override;
  Result<std::vector<access::AuditRow>> newest_rows(int64_t before, int limit) override;
  Result<access::AuditEnd> noted_end() override;

  // As on a full disk, from now on or no more. Any thread.
  void refuse_writes(bool refuse);

 private:
  Result<void> writable() const;  // under the mutex
  std::mutex mutex_;
  bool refuses_ = false;
  std::map<std::string, access::Token> tokens_;
  std::vector<access::AuditRow> rows_;
};

}  // namespace holdfast::store
