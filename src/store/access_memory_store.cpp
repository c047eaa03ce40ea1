#include "store/access_memory_store.h"

#include <algorithm>

namespace holdfast::store {

using access::AuditEnd;
using access::AuditRow;
using access::Token;

Result<void> AccessMemoryStore::writable() const {
  if (!refuses_) return {};
  return fail(ErrorKind::unavailable, "Store", "the memory is said to be full");
}

void AccessMemoryStore::refuse_writes(bool refuse) {
  std::lock_guard lock(mutex_);
  refuses_ = refuse;
}

Result<std::vector<Token>> AccessMemoryStore::tokens() {
  std::lock_guard lock(mutex_);
  std::vector<Token> all;
  for (const auto& [name, token] : tokens_) all.push_back(token);
  return all;
}

Result<void> AccessMemoryStore::add_token(const Token& token) {
  std::lock_guard lock(mutex_);
  HF_TRY_VOID(writable());
  if (tokens_.emplace(token.name, token).second) return {};
  return fail(ErrorKind::conflict, "Store", "a token has this name already");
}

Result<void> AccessMemoryStore::remove_token(const std::string& name) {
  std::lock_guard lock(mutex_);
  HF_TRY_VOID(writable());
  tokens_.erase(name);
  return {};
}

Result<void> AccessMemoryStore::note_use(const std::string& name, Time at) {
  std::lock_guard lock(mutex_);
  HF_TRY_VOID(writable());
  if (auto found = tokens_.find(name); found != tokens_.end()) found->second.last_used_at = at;
  return {};
}

Result<void> AccessMemoryStore::append(const std::vector<AuditRow>& rows) {
  std::lock_guard lock(mutex_);
  HF_TRY_VOID(writable());
  if (!rows.empty() && rows.front().sequence != static_cast<int64_t>(rows_.size()) + 1) {
    return fail(ErrorKind::conflict, "AuditChanged", "the audit log was changed by somebody else");
  }
  rows_.insert(rows_.end(), rows.begin(), rows.end());
  return {};
}

Result<std::vector<AuditRow>> AccessMemoryStore::rows(int64_t after, int limit) {
  std::lock_guard lock(mutex_);
  std::vector<AuditRow> found;
  for (const AuditRow& row : rows_) {
    if (row.sequence > after && static_cast<int>(found.size()) < limit) found.push_back(row);
  }
  return found;
}

Result<std::vector<AuditRow>> AccessMemoryStore::newest_rows(int64_t before, int limit) {
  std::lock_guard lock(mutex_);
  std::vector<AuditRow> found;
  for (auto row = rows_.rbegin(); row != rows_.rend() && static_cast<int>(found.size()) < limit; ++row) {
    if (row->sequence < before) found.push_back(*row);
  }
  return found;
}

Result<AuditEnd> AccessMemoryStore::noted_end() {
  std::lock_guard lock(mutex_);
  return rows_.empty() ? AuditEnd() : AuditEnd{rows_.back().sequence, rows_.back().hash};
}

}  // namespace holdfast::store
