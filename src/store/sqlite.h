// SQLite with owners: a connection that closes itself, a statement that finalizes itself, a transaction that rolls back
// unless it was committed. Parameters are bound by name. Every error says what SQLite said and to which file. Only the
// store uses this.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

struct sqlite3;
struct sqlite3_stmt;

namespace holdfast::store {

class Statement {
 public:
  // `name` as in the SQL: ":id". A name that the SQL does not have is a mistake of ours.
  void bind(const char* name, int64_t value);
  void bind(const char* name, std::string_view value);  // must stay until `step` has ended
  // True: there is a row to read. False: the end.
  Result<bool> step();
  // For a statement without rows: runs it, and makes it ready for the next time.
  Result<void> run();
  void reset();

  int64_t integer(int column) const;
  std::string text(int column) const;

 private:
  friend class Connection;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

// Thread: one at a time.
class Connection {
 public:
  static Result<Connection> open(const std::filesystem::path& file, bool read_only);
  Result<void> execute(const std::string& sql);
  Result<Statement> prepare(std::string_view sql);
  Result<int64_t> query_integer(std::string_view sql);  // first column of the first row; 0 if there is none
  int64_t last_insert_rowid() const;

 private:
  friend class Transaction;
  struct Close {
    void operator()(sqlite3* connection) const;
  };
  std::unique_ptr<sqlite3, Close> connection_;
};

// Begun at once as a writer. Destroyed without `commit`: rolled back, nothing of it is written.
class Transaction {
 public:
  static Result<Transaction> begin(Connection& connection);
  ~Transaction();
  Transaction(Transaction&& other) noexcept : connection_(std::exchange(other.connection_, nullptr)) {}
  Transaction& operator=(Transaction&&) = delete;
  Result<void> commit();

 private:
  explicit Transaction(Connection& connection) : connection_(&connection) {}
  Connection* connection_;
};

}  // namespace holdfast::store
