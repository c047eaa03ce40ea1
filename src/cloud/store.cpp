#include "cloud/store.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <unistd.h>

#include <string>

#include "base/kept_files.h"
#include "cloud/codec.h"

namespace holdfast::cloud {

namespace {

constexpr char kSchema[] =
    "CREATE TABLE IF NOT EXISTS resources (kind TEXT NOT NULL, id TEXT NOT NULL, json TEXT NOT NULL,"
    " PRIMARY KEY (kind, id)) STRICT, WITHOUT ROWID;";

struct CloseDatabase {
  void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
};
struct Finalize {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Database = std::unique_ptr<sqlite3, CloseDatabase>;
using Statement = std::unique_ptr<sqlite3_stmt, Finalize>;

Failure store_failure(const std::string& doing, sqlite3* database) {
  return fail(ErrorKind::unavailable, "Unavailable",
              "The local cloud's store cannot be used (" + doing + ": " + sqlite3_errmsg(database) +
                  "); nothing was done. Free space or mend the data directory, then ask again.");
}

Result<void> execute(sqlite3* database, const char* sql) {
  if (sqlite3_exec(database, sql, nullptr, nullptr, nullptr) != SQLITE_OK) return store_failure(sql, database);
  return {};
}

Result<Statement> prepare(sqlite3* database, const char* sql) {
  sqlite3_stmt* made = nullptr;
  if (sqlite3_prepare_v2(database, sql, -1, &made, nullptr) != SQLITE_OK) return store_failure("prepare", database);
  return Statement(made);
}

void bind_text(sqlite3_stmt* statement, int index, const std::string& text) {
  sqlite3_bind_text(statement, index, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
}

std::string key_text(const std::string& key) {
  return key;
}
template <class Tag>
std::string key_text(const Id<Tag>& key) {
  return key.str();
}
void set_key(std::string& key, std::string text) {
  key = std::move(text);
}
template <class Tag>
void set_key(Id<Tag>& key, std::string text) {
  key = Id<Tag>(std::move(text));
}

}  // namespace

struct Store::Files {
  int lock = -1;
  KeptFiles kept;
  Database database;
  Statement put, erase;

  ~Files() {
    put.reset(), erase.reset(), database.reset();
    if (lock >= 0) ::close(lock);  // gives the lock back
  }

  Result<void> run(sqlite3_stmt* statement) {
    int status = sqlite3_step(statement);
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    if (status != SQLITE_DONE) return store_failure("write", database.get());
    return {};
  }

  template <class Key, class Row>
  Result<void> write_table(const char* kind, const Table<Key, Row>& table) {
    for (const auto& [key, before] : table.touched()) {
      const Row* row = table.find(key);
      if (row == nullptr && !before) continue;
      std::string id = key_text(key), json = row != nullptr ? encode(*row) : std::string();
      sqlite3_stmt* statement = row != nullptr ? put.get() : erase.get();
      sqlite3_bind_text(statement, 1, kind, -1, SQLITE_STATIC);
      bind_text(statement, 2, id);
      if (row != nullptr) bind_text(statement, 3, json);
      HF_TRY_VOID(run(statement));
    }
    return {};
  }
};

Store::Store(std::unique_ptr<Files> files) : files_(std::move(files)) {}
Store::~Store() = default;

Result<std::unique_ptr<Store>> Store::open(const std::filesystem::path& data_dir) {
  auto files = std::make_unique<Files>();
  if (data_dir.empty()) return std::unique_ptr<Store>(new Store(std::move(files)));
  std::error_code problem;
  std::filesystem::create_directories(data_dir, problem);
  if (problem) return Failure(system_error("making the data directory " + data_dir.string(), problem.value()));
  files->lock = ::open((data_dir / "cloud.lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (files->lock < 0) return Failure(system_error("opening " + (data_dir / "cloud.lock").string(), errno));
  if (::flock(files->lock, LOCK_EX | LOCK_NB) != 0) {
    return fail(ErrorKind::conflict, "DataDirectoryInUse",
                "Another process has the local cloud in " + data_dir.string() +
                    " open. Stop it, or name another data directory.",
                "data_dir");
  }
  sqlite3* opened = nullptr;
  int status = sqlite3_open((data_dir / "cloud.sqlite").c_str(), &opened);
  files->database.reset(opened);
  if (status != SQLITE_OK) return store_failure("open", opened);
  HF_TRY_VOID(execute(opened, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA locking_mode=EXCLUSIVE;"));
  HF_TRY_VOID(execute(opened, kSchema));
  HF_TRY(files->put, prepare(opened,
                             "INSERT INTO resources (kind, id, json) VALUES (?1, ?2, ?3)"
                             " ON CONFLICT (kind, id) DO UPDATE SET json = excluded.json"));
  HF_TRY(files->erase, prepare(opened, "DELETE FROM resources WHERE kind = ?1 AND id = ?2"));
  for (const char* name : {"cloud.sqlite", "cloud.sqlite-wal"}) files->kept.add((data_dir / name).string());
  return std::unique_ptr<Store>(new Store(std::move(files)));
}

Result<void> Store::load(Model& model) {
  if (!files_->database) return {};
  HF_TRY(Statement select, prepare(files_->database.get(), "SELECT kind, id, json FROM resources"));
  auto text = [&](int column) {
    const auto* start = reinterpret_cast<const char*>(sqlite3_column_text(select.get(), column));
    return std::string(start == nullptr ? "" : start, static_cast<size_t>(sqlite3_column_bytes(select.get(), column)));
  };
  int status = SQLITE_ROW;
  while ((status = sqlite3_step(select.get())) == SQLITE_ROW) {
    std::string kind = text(0), id = text(1), json = text(2);
    Result<void> read =
        fail(ErrorKind::invalid, "BrokenRow",
             "The store holds rows of the unknown kind '" + kind + "': a newer version wrote them; use that one.");
    model.each_persistent([&]<class Key, class Row>(const char* name, Table<Key, Row>& table) {
      if (kind != name) return;
      Row row;
      read = decode(json, row);
      Key key;
      set_key(key, id);
      if (read) table.load(key, std::move(row));
    });
    if (!read) {
      read.error().message += " (" + kind + " " + id + ")";
      return read;
    }
  }
  if (status != SQLITE_DONE) return store_failure("read", files_->database.get());
  return {};
}

Result<void> Store::write(Model& model) {
  if (!files_->database) return {};
  bool anything = false;
  model.each_persistent([&](const char*, const auto& table) { anything = anything || !table.touched().empty(); });
  if (!anything) return {};
  if (auto kept = files_->kept.check(); !kept) {
    kept.error().code = "Unavailable";  // EC2 knows no other
    return kept;
  }
  sqlite3* database = files_->database.get();
  Result<void> written = execute(database, "BEGIN IMMEDIATE");
  if (!written) return written;
  model.each_persistent([&](const char* kind, const auto& table) {
    if (written) written = files_->write_table(kind, table);
  });
  if (written) written = execute(database, "COMMIT");
  // A sync that failed says nothing about what is on the disk: after a crash the transaction may be found in the log.
  if (!written && sqlite3_extended_errcode(database) == SQLITE_IOERR_FSYNC) {
    written.error().kind = ErrorKind::unknown_outcome;
    written.error().code = "InternalError";
  }
  // A failed COMMIT may leave the transaction open (disk full, busy) or rolled back already: either way nothing of it
  // stays.
  if (!written && sqlite3_get_autocommit(database) == 0) (void)execute(database, "ROLLBACK");
  return written;
}

}  // namespace holdfast::cloud
