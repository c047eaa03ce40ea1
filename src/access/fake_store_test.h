// A store in memory that can be told to refuse, and whose contents tests may spoil. Included by tests only.
#pragma once

#include <map>
#include <mutex>
#include <vector>

#include "access/store.h"

namespace holdfast::access {

struct FakeStore : Store {
  Result<std::vector<Token>> tokens() override {
    std::vector<Token> all;
    for (const auto& [name, token] : tokens_) all.push_back(token);
    return all;
  }
  Result<void> add_token(const Token& token) override {
    HF_TRY_VOID(writable());
    tokens_[token.name] = token;
    return {};
  }
  Result<void> remove_token(const std::string& name) override {
    HF_TRY_VOID(writable());
    tokens_.erase(name);
    return {};
  }
  Result<void> note_use(const std::string& name, Time at) override {
    HF_TRY_VOID(writable());
    ++uses_stored_;
    tokens_[name].last_used_at = at;
    return {};
  }
  Result<void> append(const std::vector<AuditRow>& rows) override {
    HF_TRY_VOID(writable());
    std::lock_guard lock(mutex_);
    ++appends_;
    rows_.insert(rows_.end(), rows.begin(), rows.end());
    noted_ = {rows.back().sequence, rows.back().hash};
    return {};
  }
  Result<std::vector<AuditRow>> rows(int64_t after, int limit) override {
    std::vector<AuditRow> found;
    for (const AuditRow& row : rows_) {
      if (row.sequence > after && static_cast<int>(found.size()) < limit) found.push_back(row);
    }
    return found;
  }
  Result<std::vector<AuditRow>> newest_rows(int64_t before, int limit) override {
    std::vector<AuditRow> found;
    for (auto row = rows_.rbegin(); row != rows_.rend() && static_cast<int>(found.size()) < limit; ++row) {
      if (row->sequence < before) found.push_back(*row);
    }
    return found;
  }
  Result<AuditEnd> noted_end() override { return noted_; }

  Result<void> writable() const {
    if (refuses_) return fail(ErrorKind::unavailable, "Store", "full");
    return {};
  }
  bool refuses_ = false;
  int uses_stored_ = 0;
  int appends_ = 0;
  std::mutex mutex_;
  std::map<std::string, Token> tokens_;
  std::vector<AuditRow> rows_;
  AuditEnd noted_;
};

}  // namespace holdfast::access
