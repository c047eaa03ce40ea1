// What one entry of the audit log says, and how it is written: a JSON object, word for word as it is hashed. Each holds
// the SHA-256 of the one before it, so none can be changed, taken out or put in without all that follow.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "access/store.h"
#include "base/time.h"

namespace holdfast::access {

// A managed instance or a group whose document another one took the place of.
struct DocumentChange {
  std::string id;
  std::string before;  // JSON; empty: there was none
  std::string after;
};

struct AuditEntry {
  // "asked": something is about to be done; "done": that is how it ended; "denied": it was not let in; "cut": entries
  // before this one are missing; "resumed": it could not be written for a while.
  std::string kind;
  Time at{};
  std::string request_id;
  std::string token;  // name; empty: unknown
  std::string role;   // empty: unknown
  std::string method;
  std::string path;
  std::string peer;
  std::string body;                   // what was sent; of "asked"
  int64_t asked = 0;                  // of "done": the sequence of its "asked"
  int status = 0;                     // of "done" and "denied"
  int64_t not_recorded = 0;           // of "denied": so many before it since the last one that was
  std::vector<std::string> ids = {};  // of "done": what it was done to
  std::vector<DocumentChange> changes = {};
  std::string note = {};  // of "cut" and "resumed"
};

inline constexpr char kCut[] = "cut";

// The hash that the first entry has as its predecessor's.
std::string first_previous();

// The entry at its place in the log. User data, scripts, commands and their input are written as their SHA-256.
AuditRow row_of(const AuditEntry& entry, int64_t sequence, const std::string& previous);

// What is wrong with a row that follows `before`; empty: nothing.
std::string fault_of(const AuditRow& row, const AuditEnd& before);

// JSON text with each secret member ("userData", …) as "sha256:…"; nothing of what is not JSON but its size and hash.
std::string redacted(std::string_view json);

}  // namespace holdfast::access
