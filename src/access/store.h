// Where tokens and the audit log are kept. One contract, several back ends (src/store): memory, SQLite. One suite,
// src/store/access_contract_test, holds them all to it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "access/role.h"
#include "base/error.h"
#include "base/time.h"

namespace holdfast::access {

struct Token {
  std::string name;
  Role role = Role::viewer;
  std::string hash;  // SHA-256 of the secret; the secret itself is nowhere
  Time created_at{};
  std::string created_by;  // the name of the token that asked for it
  std::optional<Time> expires_at;
  std::optional<Time> last_used_at;
};

// One entry of the audit log: a JSON object, word for word as it was hashed (audit_log.h).
struct AuditRow {
  int64_t sequence = 0;  // from 1 on, without a gap
  std::string hash;
  std::string body;

  bool operator==(const AuditRow&) const = default;
};

// An end that the log once had: what was written after it may be there or not, it itself must.
struct AuditEnd {
  int64_t sequence = 0;  // 0: nothing was written
  std::string hash;

  bool operator==(const AuditEnd&) const = default;
};

// Thread: any. What is written is on stable storage when the call returns; a failure has written nothing.
class Store {
 public:
  virtual ~Store() = default;

  virtual Result<std::vector<Token>> tokens() = 0;                 // in order of names
  virtual Result<void> add_token(const Token&) = 0;                // conflict: the name is taken
  virtual Result<void> remove_token(const std::string& name) = 0;  // one that is not there: nothing happens
  // May be lost by a power cut: it is for people to see what is in use.
  virtual Result<void> note_use(const std::string& name, Time at) = 0;

  // All of them or none. conflict: they do not follow the newest one that is there: somebody else changed the log.
  virtual Result<void> append(const std::vector<AuditRow>& rows) = 0;
  virtual Result<std::vector<AuditRow>> rows(int64_t after, int limit) = 0;          // oldest first
  virtual Result<std::vector<AuditRow>> newest_rows(int64_t before, int limit) = 0;  // newest first
  // Kept apart from the rows, so that the log cannot be cut off by taking rows away alone. May lag behind the rows
  // after a power cut, never lead.
  virtual Result<AuditEnd> noted_end() = 0;
};

}  // namespace holdfast::access
