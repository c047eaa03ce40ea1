#include "store/sqlite.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include "base/check.h"

namespace holdfast::store {

namespace {

constexpr int kBusyMillis = 5000;  // another process looks at the file (a backup): wait, but not for ever

ErrorKind kind_of(int code) {
  switch (code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return ErrorKind::invalid;
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_AUTH:
      return ErrorKind::denied;
    default:
      return ErrorKind::unavailable;
  }
}

Failure failure(sqlite3* connection, int code) {
  const char* file = sqlite3_db_filename(connection, "main");
  const std::string name = file != nullptr ? file : "database";
  const ErrorKind kind = kind_of(code);
  const std::string remedy =
      kind != ErrorKind::invalid
          ? ""
          : fmt::format(
                "; it is damaged and is left as it is: stop the service, copy {} with its -wal aside, then put a "
                "copy of the data directory back, or mend it: sqlite3 {} .recover | sqlite3 NEW",
                name, name);
  return fail(kind, "Store", fmt::format("{}: {}{}", name, sqlite3_errmsg(connection), remedy));
}

int parameter(sqlite3_stmt* statement, const char* name) {
  int index = sqlite3_bind_parameter_index(statement, name);
  CHECK(index > 0);
  return index;
}

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

void Statement::bind(const char* name, int64_t value) {
  CHECK(sqlite3_bind_int64(statement_.get(), parameter(statement_.get(), name), value) == SQLITE_OK);
}

void Statement::bind(const char* name, std::string_view value) {
  // A text longer than SQLite's limit (1 GB) is no text of ours.
  CHECK(sqlite3_bind_text(statement_.get(), parameter(statement_.get(), name), value.data(),
                          static_cast<int>(value.size()), SQLITE_STATIC) == SQLITE_OK);
}

Result<bool> Statement::step() {
  int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  Failure error = failure(sqlite3_db_handle(statement_.get()), code);
  reset();
  return error;
}

Result<void> Statement::run() {
  HF_TRY(bool row, step());
  (void)row;
  reset();
  return {};
}

void Statement::reset() {
  sqlite3_reset(statement_.get());
  sqlite3_clear_bindings(statement_.get());
}

int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

std::string Statement::text(int column) const {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  if (bytes == nullptr) return {};
  return std::string(bytes, static_cast<size_t>(sqlite3_column_bytes(statement_.get(), column)));
}

void Connection::Close::operator()(sqlite3* connection) const {
  sqlite3_close_v2(connection);
}

Result<Connection> Connection::open(const std::filesystem::path& file, bool read_only) {
  sqlite3* raw = nullptr;
  int flags = (read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE) | SQLITE_OPEN_NOMUTEX;
  int code = sqlite3_open_v2(file.c_str(), &raw, flags, nullptr);
  Connection connection;
  connection.connection_.reset(raw);
  if (code != SQLITE_OK) {
    return fail(kind_of(code), "Store", fmt::format("{}: {}", file.string(), sqlite3_errstr(code)));
  }
  sqlite3_extended_result_codes(raw, 1);
  sqlite3_busy_timeout(raw, kBusyMillis);
  return connection;
}

Result<void> Connection::execute(const std::string& sql) {
  int code = sqlite3_exec(connection_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return failure(connection_.get(), code);
  return {};
}

Result<Statement> Connection::prepare(std::string_view sql) {
  sqlite3_stmt* raw = nullptr;
  int code = sqlite3_prepare_v2(connection_.get(), sql.data(), static_cast<int>(sql.size()), &raw, nullptr);
  Statement statement(raw);
  if (code != SQLITE_OK) return failure(connection_.get(), code);
  return statement;
}

Result<int64_t> Connection::query_integer(std::string_view sql) {
  HF_TRY(Statement statement, prepare(sql));
  HF_TRY(bool row, statement.step());
  return row ? statement.integer(0) : 0;
}

int64_t Connection::last_insert_rowid() const {
  return sqlite3_last_insert_rowid(connection_.get());
}

Result<Transaction> Transaction::begin(Connection& connection) {
  // A COMMIT that failed may have left its transaction open (SQLITE_BUSY, a full disk): end it first.
  if (sqlite3_get_autocommit(connection.connection_.get()) == 0) HF_TRY_VOID(connection.execute("ROLLBACK"));
  HF_TRY_VOID(connection.execute("BEGIN IMMEDIATE"));
  return Transaction(connection);
}

Transaction::~Transaction() {
  // SQLite rolls back by itself on some errors; then there is nothing left to roll back. A rollback that fails is
  // tried again by the next `begin`.
  if (connection_ == nullptr || sqlite3_get_autocommit(connection_->connection_.get()) != 0) return;
  sqlite3_exec(connection_->connection_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
}

Result<void> Transaction::commit() {
  HF_TRY_VOID(connection_->execute("COMMIT"));
  connection_ = nullptr;
  return {};
}

}  // namespace holdfast::store
