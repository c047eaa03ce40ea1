#include "store/sqlite_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>

namespace holdfast::store {

Result<FileLock> FileLock::take(const std::filesystem::path& file) {
  FileLock lock;
  lock.fd_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock.fd_ < 0) return Failure(system_error(fmt::format("opening {}", file.string()), errno));
  if (::flock(lock.fd_, LOCK_EX | LOCK_NB) == 0) return lock;
  if (errno != EWOULDBLOCK) return Failure(system_error(fmt::format("locking {}", file.string()), errno));
  return fail(ErrorKind::conflict, "StoreInUse",
              fmt::format("another service has this store open ({} is locked): stop it first, or use another data "
                          "directory",
                          file.string()));
}

FileLock::~FileLock() {
  if (fd_ >= 0) ::close(fd_);
}

Result<void> prepare_schema(Connection& connection, const std::filesystem::path& file, const Schema& schema) {
  HF_TRY_VOID(connection.execute("PRAGMA journal_mode=WAL"));
  HF_TRY_VOID(connection.execute("PRAGMA synchronous=FULL"));
  HF_TRY(const int64_t version, connection.query_integer("PRAGMA user_version"));
  HF_TRY(const int64_t owner, connection.query_integer("PRAGMA application_id"));
  const auto newest = static_cast<int64_t>(schema.steps.size());
  const bool ours = owner == schema.application_id && version >= 1;
  if (ours && version > newest) {
    return fail(ErrorKind::invalid, "StoreTooNew",
                fmt::format("{} was written by a newer version (its schema is {}, this program knows {}): start the "
                            "newer program again",
                            file.string(), version, newest));
  }
  if (ours && version == newest) return {};
  HF_TRY(const int64_t tables, connection.query_integer("SELECT count(*) FROM sqlite_schema"));
  if (!ours && (version != 0 || owner != 0 || tables != 0)) {
    return fail(ErrorKind::invalid, "StoreForeign",
                fmt::format("{} is not a store of this service: name another file", file.string()));
  }
  HF_TRY(Transaction transaction, Transaction::begin(connection));
  for (const char* step : schema.steps.subspan(static_cast<size_t>(version))) {
    HF_TRY_VOID(connection.execute(step));
  }
  HF_TRY_VOID(connection.execute(fmt::format("PRAGMA user_version={}", newest)));
  HF_TRY_VOID(connection.execute(fmt::format("PRAGMA application_id={}", schema.application_id)));
  return transaction.commit();
}

}  // namespace holdfast::store
