// The leases in the SQLite store: tables of their own, so that to take and to renew rewrites no document. Who is not in
// `holders` (it has left, or its time ran out) holds nothing, whatever `leases` says.
//
// Thread: the engine's, on the writer; `elsewhere` on the reader, under its lock. Everything that writes is called
// within a transaction of the caller's.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/store.h"
#include "store/sqlite.h"

namespace holdfast::store {

extern const char kLeasesSchema[];

// A row of id, document, state, created_at, updated_at, from this column on. Invalid: it names the row.
Result<engine::StoredInstance> read_instance(const Statement& row, int column = 0);

class SqliteLeases {
 public:
  static Result<SqliteLeases> prepare(Connection& writer);

  Result<engine::Leases> lease(Connection& writer, const engine::Claim& claim, std::optional<size_t> believed,
                               Time now);
  // The session counts only once that was committed.
  void begun(uint64_t session) { session_ = session; }
  Result<void> release(const std::vector<ManagedInstanceId>& ids);
  Result<void> leave();
  Result<std::vector<engine::StoredElsewhere>> elsewhere(Connection& reader,
                                                         const std::optional<ManagedInstanceId>& id);

  // Whether this change may be written: conflicts as the contract says.
  Result<void> check(const engine::Change& change);
  Result<void> made(const ManagedInstanceId& id);
  Result<void> forgotten(const ManagedInstanceId& id);

 private:
  struct Statements {
    Statement draw_number;
    Statement session_of;
    Statement expire;
    Statement put_holder;
    Statement remove_holder;
    Statement put_lease;
    Statement free_all;
    Statement free_one;
    Statement remove_lease;
    Statement number_of;
  };
  explicit SqliteLeases(Statements statements) : sql_(std::move(statements)) {}
  Result<uint64_t> draw_number();
  Result<std::optional<uint64_t>> session_of(const std::string& name);
  Result<void> free_all();  // that is held under this name
  Result<void> begin_or_renew(const engine::Claim& claim, Time now, uint64_t session);
  Result<void> take(Connection& writer, size_t count, engine::Leases& leases);
  Result<void> reckon(Connection& writer, const engine::Claim& claim, std::optional<size_t> believed,
                      engine::Leases& leases);

  Statements sql_;
  std::string name_;
  uint64_t session_ = 0;  // 0: it has not begun
};

}  // namespace holdfast::store
