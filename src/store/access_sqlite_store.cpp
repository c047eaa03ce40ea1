#include "store/access_sqlite_store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <mutex>
#include <optional>

#include "base/kept_files.h"
#include "base/text.h"
#include "store/sqlite.h"
#include "store/sqlite_file.h"

namespace holdfast::store {

using access::AuditEnd;
using access::AuditRow;
using access::Token;

namespace {

constexpr int64_t kMostPages = 4294967294;  // SQLite's own limit

// Times are milliseconds; 0: none. The triggers are no protection from whoever owns the file (the hashes are), but from
// a slip of the hand.
constexpr char kSql[] = R"sql(
CREATE TABLE tokens(
  name TEXT NOT NULL PRIMARY KEY, role TEXT NOT NULL, hash TEXT NOT NULL UNIQUE, created_at INTEGER NOT NULL,
  created_by TEXT NOT NULL, expires_at INTEGER NOT NULL, last_used_at INTEGER NOT NULL) STRICT;
CREATE TABLE audit(sequence INTEGER NOT NULL PRIMARY KEY, hash TEXT NOT NULL, body TEXT NOT NULL) STRICT;
CREATE TRIGGER audit_stays BEFORE DELETE ON audit BEGIN SELECT raise(ABORT, 'the audit log is only added to'); END;
CREATE TRIGGER audit_is_final BEFORE UPDATE ON audit BEGIN SELECT raise(ABORT, 'the audit log is only added to'); END;
)sql";
constexpr const char* kSteps[] = {kSql};
constexpr Schema kAccess{0x48464143, kSteps};  // "HFAC"

int64_t millis_or_none(const std::optional<Time>& time) {
  return time ? to_millis(*time) : 0;
}

std::optional<Time> time_or_none(int64_t millis) {
  return millis == 0 ? std::nullopt : std::optional(from_millis(millis));
}

}  // namespace

struct AccessSqliteStore::Impl {
  std::optional<FileLock> lock;  // none: opened to read
  KeptFiles files;
  std::filesystem::path end_file;
  std::mutex mutex;  // of all that follows
  Connection connection;

  Result<void> writable() const;
  Result<std::vector<AuditRow>> read_rows(const char* sql, int64_t from, int limit);
  void note_end(const AuditRow& row) const;
};

AccessSqliteStore::AccessSqliteStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
AccessSqliteStore::~AccessSqliteStore() = default;

Result<std::unique_ptr<AccessSqliteStore>> AccessSqliteStore::open(const std::filesystem::path& file) {
  HF_TRY(FileLock lock, FileLock::take(file.string() + ".lock"));
  HF_TRY(Connection connection, Connection::open(file, false));
  HF_TRY_VOID(prepare_schema(connection, file, kAccess));
  HF_TRY_VOID(connection.query_integer("SELECT count(*) FROM tokens"));  // makes the log file
  KeptFiles files;
  for (const char* suffix : {"", "-wal"}) files.add(file.string() + suffix);
  std::unique_ptr<Impl> impl(
      new Impl{std::move(lock), std::move(files), file.string() + ".end", {}, std::move(connection)});
  return std::unique_ptr<AccessSqliteStore>(new AccessSqliteStore(std::move(impl)));
}

Result<std::unique_ptr<AccessSqliteStore>> AccessSqliteStore::open_to_read(const std::filesystem::path& file) {
  if (!std::filesystem::exists(file)) {
    return fail(ErrorKind::not_found, "NoStore",
                fmt::format("There is no {}: name the data directory of a service.", file.string()));
  }
  HF_TRY(Connection connection, Connection::open(file, true));
  std::unique_ptr<Impl> impl(new Impl{std::nullopt, {}, file.string() + ".end", {}, std::move(connection)});
  return std::unique_ptr<AccessSqliteStore>(new AccessSqliteStore(std::move(impl)));
}

Result<void> AccessSqliteStore::Impl::writable() const {
  if (lock) return files.check();
  return fail(ErrorKind::denied, "Store", "the store was opened to read only");
}

Result<std::vector<Token>> AccessSqliteStore::tokens() {
  std::lock_guard lock(impl_->mutex);
  HF_TRY(Statement rows, impl_->connection.prepare("SELECT name, role, hash, created_at, created_by, expires_at, "
                                                   "last_used_at FROM tokens ORDER BY name"));
  std::vector<Token> all;
  for (;;) {
    HF_TRY(bool row, rows.step());
    if (!row) return all;
    auto role = access::role_named(rows.text(1));
    if (!role) {
      return fail(ErrorKind::invalid, "StoreCorrupt",
                  fmt::format("the token '{}' has the role '{}', which this program does not know: delete its row, or "
                              "start the program that made it",
                              holdfast::quoted(rows.text(0)), holdfast::quoted(rows.text(1))));
    }
    all.push_back({rows.text(0), *role, rows.text(2), from_millis(rows.integer(3)), rows.text(4),
                   time_or_none(rows.integer(5)), time_or_none(rows.integer(6))});
  }
}

Result<void> AccessSqliteStore::add_token(const Token& token) {
  std::lock_guard lock(impl_->mutex);
  HF_TRY_VOID(impl_->writable());
  HF_TRY(Statement put, impl_->connection.prepare(
                            "INSERT INTO tokens(name, role, hash, created_at, created_by, expires_at, last_used_at) "
                            "VALUES (:name, :role, :hash, :created_at, :created_by, :expires_at, :last_used_at) "
                            "ON CONFLICT(name) DO NOTHING RETURNING 1"));
  const std::string role(to_string(token.role));
  put.bind(":name", token.name);
  put.bind(":role", role);
  put.bind(":hash", token.hash);
  put.bind(":created_at", to_millis(token.created_at));
  put.bind(":created_by", token.created_by);
  put.bind(":expires_at", millis_or_none(token.expires_at));
  put.bind(":last_used_at", millis_or_none(token.last_used_at));
  HF_TRY(bool added, put.step());
  if (!added) return fail(ErrorKind::conflict, "Store", fmt::format("there is a token '{}' already", token.name));
  HF_TRY_VOID(put.step());  // only now it is committed
  return {};
}

Result<void> AccessSqliteStore::remove_token(const std::string& name) {
  std::lock_guard lock(impl_->mutex);
  HF_TRY_VOID(impl_->writable());
  HF_TRY(Statement remove, impl_->connection.prepare("DELETE FROM tokens WHERE name = :name"));
  remove.bind(":name", name);
  return remove.run();
}

Result<void> AccessSqliteStore::note_use(const std::string& name, Time at) {
  std::lock_guard lock(impl_->mutex);
  HF_TRY_VOID(impl_->writable());
  HF_TRY(Statement note, impl_->connection.prepare("UPDATE tokens SET last_used_at = :at WHERE name = :name"));
  note.bind(":at", to_millis(at));
  note.bind(":name", name);
  return note.run();
}

// The newest row is looked at in the same transaction: rows are never added to a log that somebody has cut.
Result<void> AccessSqliteStore::append(const std::vector<AuditRow>& rows) {
  if (rows.empty()) return {};
  std::lock_guard lock(impl_->mutex);
  HF_TRY_VOID(impl_->writable());
  HF_TRY(Transaction transaction, Transaction::begin(impl_->connection));
  HF_TRY(const int64_t newest, impl_->connection.query_integer("SELECT max(sequence) FROM audit"));
  if (newest + 1 != rows.front().sequence) {
    return fail(ErrorKind::conflict, "AuditChanged",
                fmt::format("the audit log ends with entry {} where {} was written last: somebody changed it under the "
                            "service; `holdfast audit verify` says more, and a restart goes on from what is there",
                            newest, rows.front().sequence - 1));
  }
  HF_TRY(Statement add,
         impl_->connection.prepare("INSERT INTO audit(sequence, hash, body) VALUES (:sequence, :hash, :body)"));
  for (const AuditRow& row : rows) {
    add.bind(":sequence", row.sequence);
    add.bind(":hash", row.hash);
    add.bind(":body", row.body);
    HF_TRY_VOID(add.run());
  }
  HF_TRY_VOID(transaction.commit());
  impl_->note_end(rows.back());
  return {};
}

// One short line of always the same length, so it is never half there. Not synced: after a power cut it may be older
// than the rows, which does no harm.
void AccessSqliteStore::Impl::note_end(const AuditRow& row) const {
  const int fd = ::open(end_file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return;
  const std::string line = fmt::format("{:020} {}\n", row.sequence, row.hash);
  (void)!::pwrite(fd, line.data(), line.size(), 0);
  ::close(fd);
}

Result<AuditEnd> AccessSqliteStore::noted_end() {
  const int fd = ::open(impl_->end_file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0 && errno == ENOENT) return AuditEnd();
  if (fd < 0) return Failure(system_error("reading " + impl_->end_file.string(), errno));
  char buffer[128];
  const ssize_t size = ::pread(fd, buffer, sizeof buffer, 0);
  ::close(fd);
  auto parts = split(trim(std::string_view(buffer, static_cast<size_t>(std::max<ssize_t>(size, 0)))), ' ');
  const auto sequence = parse_int(parts[0]);
  if (parts.size() == 2 && sequence) return AuditEnd{*sequence, parts[1]};
  return fail(ErrorKind::invalid, "StoreCorrupt",
              fmt::format("{} does not say where the audit log ended: somebody changed it", impl_->end_file.string()));
}

Result<std::vector<AuditRow>> AccessSqliteStore::Impl::read_rows(const char* sql, int64_t from, int limit) {
  std::lock_guard locked(mutex);
  HF_TRY(Statement rows, connection.prepare(sql));
  rows.bind(":from", from);
  rows.bind(":limit", int64_t(limit));
  std::vector<AuditRow> found;
  for (;;) {
    HF_TRY(bool row, rows.step());
    if (!row) return found;
    found.push_back({rows.integer(0), rows.text(1), rows.text(2)});
  }
}

Result<std::vector<AuditRow>> AccessSqliteStore::rows(int64_t after, int limit) {
  return impl_->read_rows(
      "SELECT sequence, hash, body FROM audit WHERE sequence > :from ORDER BY sequence LIMIT :limit", after, limit);
}

Result<std::vector<AuditRow>> AccessSqliteStore::newest_rows(int64_t before, int limit) {
  return impl_->read_rows(
      "SELECT sequence, hash, body FROM audit WHERE sequence < :from ORDER BY sequence DESC LIMIT :limit", before,
      limit);
}

Result<void> AccessSqliteStore::limit_pages(int64_t pages) {
  std::lock_guard lock(impl_->mutex);
  return impl_->connection.execute(fmt::format("PRAGMA max_page_count={}", pages > 0 ? pages : kMostPages));
}

}  // namespace holdfast::store
