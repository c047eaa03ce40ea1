#include "store/sqlite_store.h"

#include <fmt/format.h>

#include <mutex>

#include "base/kept_files.h"
#include "base/text.h"
#include "model/codec.h"
#include "store/sqlite.h"
#include "store/sqlite_file.h"
#include "store/sqlite_leases.h"

namespace holdfast::store {

using engine::Change;
using engine::StoredInstance;
using engine::StoredRecord;

namespace {

constexpr int kApplicationId = 0x48464153;  // "HFAS": not another program's database
constexpr int64_t kMostPages = 4294967294;  // SQLite's own limit

// AUTOINCREMENT: a sequence is never given twice, not even when the newest records went with their instance.
constexpr char kSchema[] = R"sql(
CREATE TABLE instances(
  id TEXT NOT NULL PRIMARY KEY, document TEXT NOT NULL, state TEXT NOT NULL,
  created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL) STRICT;
CREATE TABLE records(
  sequence INTEGER PRIMARY KEY AUTOINCREMENT, instance TEXT NOT NULL, at INTEGER NOT NULL,
  kind TEXT NOT NULL, message TEXT NOT NULL, data TEXT NOT NULL) STRICT;
CREATE INDEX records_by_instance ON records(instance, sequence);
CREATE TABLE seen(one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1), last_time INTEGER NOT NULL) STRICT;
INSERT INTO seen(one, last_time) VALUES (1, 0);
)sql";

constexpr char kGroups[] = R"sql(
CREATE TABLE groups(
  id TEXT NOT NULL PRIMARY KEY, document TEXT NOT NULL,
  created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL) STRICT;
)sql";

const char* const kSteps[] = {kSchema, kGroups, kLeasesSchema};
const Schema kStore{kApplicationId, kSteps};

// Kinds are a list of words between commas, ",a,b,", or nothing for any.
std::string select_records(bool of_one, bool newest_first) {
  return fmt::format(
      "SELECT sequence, instance, at, kind, message, data FROM records WHERE {}sequence > :after AND "
      "sequence < :before AND (:kinds = '' OR instr(:kinds, ',' || kind || ',') > 0) "
      "AND instr(:without, ',' || kind || ',') = 0 ORDER BY sequence {} LIMIT :limit",
      of_one ? "instance = :id AND " : "", newest_first ? "DESC" : "ASC");
}

}  // namespace

struct SqliteStore::Impl {
  FileLock lock;
  KeptFiles files;
  Connection writer;
  Statement put;
  Statement remove;
  Statement remove_records;
  Statement add_record;
  Statement see;
  Statement put_group;
  Statement remove_group;
  SqliteLeases leases;
  std::mutex reader_mutex;
  Connection reader;
  Statement read_all;
  Statement read_all_newest;
  Statement read_one;
  Statement read_one_newest;

  Result<void> write(const Change& change, std::vector<int64_t>& sequences);
};

SqliteStore::SqliteStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SqliteStore::~SqliteStore() = default;

Result<std::unique_ptr<SqliteStore>> SqliteStore::open(const std::filesystem::path& file) {
  HF_TRY(FileLock lock, FileLock::take(file.string() + ".lock"));
  HF_TRY(Connection writer, Connection::open(file, false));
  HF_TRY_VOID(prepare_schema(writer, file, kStore));
  HF_TRY(Statement put, writer.prepare("INSERT INTO instances(id, document, state, created_at, updated_at) "
                                       "VALUES (:id, :document, :state, :created_at, :updated_at) "
                                       "ON CONFLICT(id) DO UPDATE SET document = excluded.document, "
                                       "state = excluded.state, updated_at = excluded.updated_at"));
  HF_TRY(Statement remove, writer.prepare("DELETE FROM instances WHERE id = :id"));
  HF_TRY(Statement remove_records, writer.prepare("DELETE FROM records WHERE instance = :id"));
  HF_TRY(Statement add_record, writer.prepare("INSERT INTO records(instance, at, kind, message, data) "
                                              "VALUES (:id, :at, :kind, :message, :data)"));
  HF_TRY(Statement see, writer.prepare("UPDATE seen SET last_time = max(last_time, :now)"));
  HF_TRY(Statement put_group, writer.prepare("INSERT INTO groups(id, document, created_at, updated_at) "
                                             "VALUES (:id, :document, :created_at, :updated_at) "
                                             "ON CONFLICT(id) DO UPDATE SET document = excluded.document, "
                                             "updated_at = excluded.updated_at"));
  HF_TRY(Statement remove_group, writer.prepare("DELETE FROM groups WHERE id = :id"));
  HF_TRY(SqliteLeases leases, SqliteLeases::prepare(writer));
  HF_TRY(Connection reader, Connection::open(file, true));
  HF_TRY(Statement read_all, reader.prepare(select_records(false, false)));
  HF_TRY(Statement read_all_newest, reader.prepare(select_records(false, true)));
  HF_TRY(Statement read_one, reader.prepare(select_records(true, false)));
  HF_TRY(Statement read_one_newest, reader.prepare(select_records(true, true)));
  KeptFiles files;
  // SQLite has made the log by now (it has read), and unlinks it only when the last connection closes.
  for (const char* suffix : {"", "-wal"}) files.add(file.string() + suffix);
  std::unique_ptr<Impl> impl(new Impl{std::move(lock),
                                      std::move(files),
                                      std::move(writer),
                                      std::move(put),
                                      std::move(remove),
                                      std::move(remove_records),
                                      std::move(add_record),
                                      std::move(see),
                                      std::move(put_group),
                                      std::move(remove_group),
                                      std::move(leases),
                                      {},
                                      std::move(reader),
                                      std::move(read_all),
                                      std::move(read_all_newest),
                                      std::move(read_one),
                                      std::move(read_one_newest)});
  return std::unique_ptr<SqliteStore>(new SqliteStore(std::move(impl)));
}

Result<std::vector<StoredInstance>> SqliteStore::load() {
  HF_TRY(Statement rows, impl_->writer.prepare("SELECT id, document, state, created_at, updated_at FROM instances "
                                               "ORDER BY id"));
  std::vector<StoredInstance> all;
  std::vector<std::string> broken;
  for (;;) {
    HF_TRY(bool row, rows.step());
    if (!row) break;
    auto instance = read_instance(rows);
    if (instance) {
      all.push_back(std::move(*instance));
    } else {
      broken.push_back(instance.error().message);
    }
  }
  if (broken.empty()) return all;
  // To go on without them would leave their machines to themselves, and their volumes to look like nobody's.
  return fail(ErrorKind::invalid, "StoreCorrupt",
              fmt::format("the stored state of {} cannot be read, so nothing was started and nothing changed; restore "
                          "the store from a copy, or mend the row",
                          join(broken, ", ")));
}

// ---- leases

Result<engine::Leases> SqliteStore::lease(const engine::Claim& claim, std::optional<size_t> believed, Time now) {
  HF_TRY_VOID(impl_->files.check());
  HF_TRY(Transaction transaction, Transaction::begin(impl_->writer));
  HF_TRY(engine::Leases leases, impl_->leases.lease(impl_->writer, claim, believed, now));
  impl_->see.bind(":now", to_millis(now));
  HF_TRY_VOID(impl_->see.run());
  HF_TRY_VOID(transaction.commit());
  impl_->leases.begun(leases.session);
  return leases;
}

Result<void> SqliteStore::release(const std::vector<ManagedInstanceId>& ids) {
  HF_TRY_VOID(impl_->files.check());
  HF_TRY(Transaction transaction, Transaction::begin(impl_->writer));
  HF_TRY_VOID(impl_->leases.release(ids));
  return transaction.commit();
}

Result<void> SqliteStore::leave() {
  HF_TRY_VOID(impl_->files.check());
  return impl_->leases.leave();
}

Result<std::vector<engine::StoredElsewhere>> SqliteStore::elsewhere(const std::optional<ManagedInstanceId>& id) {
  std::lock_guard lock(impl_->reader_mutex);
  return impl_->leases.elsewhere(impl_->reader, id);
}

// ---- changes

Result<void> SqliteStore::Impl::write(const Change& change, std::vector<int64_t>& sequences) {
  HF_TRY_VOID(leases.check(change));
  const std::string& id = change.instance.id.str();
  for (const model::Record& record : change.records) {
    add_record.bind(":id", id);
    add_record.bind(":at", to_millis(record.at));
    add_record.bind(":kind", record.kind);
    add_record.bind(":message", record.message);
    add_record.bind(":data", record.data);
    HF_TRY_VOID(add_record.run());
    sequences.push_back(writer.last_insert_rowid());
  }
  if (change.forget) {
    remove.bind(":id", id);
    HF_TRY_VOID(remove.run());
    HF_TRY_VOID(leases.forgotten(change.instance.id));
    remove_records.bind(":id", id);
    return remove_records.run();
  }
  std::string state = model::encode_state(change.instance.state);
  put.bind(":id", id);
  put.bind(":document", change.instance.document);
  put.bind(":state", state);
  put.bind(":created_at", to_millis(change.instance.created_at));
  put.bind(":updated_at", to_millis(change.instance.updated_at));
  HF_TRY_VOID(put.run());
  return change.lease == 0 ? leases.made(change.instance.id) : Result<void>();
}

Result<std::vector<int64_t>> SqliteStore::commit(const std::vector<Change>& changes, Time now) {
  HF_TRY_VOID(impl_->files.check());
  HF_TRY(Transaction transaction, Transaction::begin(impl_->writer));
  std::vector<int64_t> sequences;
  for (const Change& change : changes) HF_TRY_VOID(impl_->write(change, sequences));
  impl_->see.bind(":now", to_millis(now));
  HF_TRY_VOID(impl_->see.run());
  HF_TRY_VOID(transaction.commit());
  return sequences;
}

Result<std::vector<engine::StoredGroup>> SqliteStore::load_groups() {
  HF_TRY(Statement rows, impl_->writer.prepare("SELECT id, document, created_at, updated_at FROM groups ORDER BY id"));
  std::vector<engine::StoredGroup> all;
  for (;;) {
    HF_TRY(bool row, rows.step());
    if (!row) return all;
    all.push_back({GroupId(rows.text(0)), rows.text(1), from_millis(rows.integer(2)), from_millis(rows.integer(3))});
  }
}

Result<void> SqliteStore::put_group(const engine::StoredGroup& group) {
  HF_TRY_VOID(impl_->files.check());
  impl_->put_group.bind(":id", group.id.str());
  impl_->put_group.bind(":document", group.document);
  impl_->put_group.bind(":created_at", to_millis(group.created_at));
  impl_->put_group.bind(":updated_at", to_millis(group.updated_at));
  return impl_->put_group.run();
}

Result<void> SqliteStore::remove_group(const GroupId& id) {
  HF_TRY_VOID(impl_->files.check());
  impl_->remove_group.bind(":id", id.str());
  return impl_->remove_group.run();
}

Result<std::vector<StoredRecord>> SqliteStore::records(const engine::RecordQuery& query) {
  const std::string kinds = query.kinds.empty() ? "" : "," + join(query.kinds, ",") + ",";
  const std::string without = query.without.empty() ? "" : "," + join(query.without, ",") + ",";
  std::lock_guard lock(impl_->reader_mutex);
  Statement& rows = query.id ? (query.newest_first ? impl_->read_one_newest : impl_->read_one)
                             : (query.newest_first ? impl_->read_all_newest : impl_->read_all);
  if (query.id) rows.bind(":id", query.id->str());
  rows.bind(":after", query.after);
  rows.bind(":before", query.before);
  rows.bind(":kinds", kinds);
  rows.bind(":without", without);
  rows.bind(":limit", std::max(query.limit, 0));
  std::vector<StoredRecord> found;
  for (;;) {
    HF_TRY(bool row, rows.step());
    if (!row) break;
    found.push_back({rows.integer(0),
                     ManagedInstanceId(rows.text(1)),
                     {from_millis(rows.integer(2)), rows.text(3), rows.text(4), rows.text(5)}});
  }
  rows.reset();
  return found;
}

Result<Time> SqliteStore::last_time_seen() {
  std::lock_guard lock(impl_->reader_mutex);
  HF_TRY(int64_t millis, impl_->reader.query_integer("SELECT last_time FROM seen"));
  return from_millis(millis);
}

Result<void> SqliteStore::limit_pages(int64_t pages) {
  return impl_->writer.execute(fmt::format("PRAGMA max_page_count={}", pages > 0 ? pages : kMostPages));
}

}  // namespace holdfast::store
