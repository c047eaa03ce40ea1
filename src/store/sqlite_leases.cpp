#include "store/sqlite_leases.h"

#include <utility>

#include "model/codec.h"
#include "store/leases.h"

namespace holdfast::store {

using engine::Change;
using engine::Claim;
using engine::Leases;
using engine::StoredElsewhere;
using engine::StoredInstance;

const char kLeasesSchema[] = R"sql(
CREATE TABLE holders(name TEXT NOT NULL PRIMARY KEY, session INTEGER NOT NULL, until INTEGER NOT NULL) STRICT;
CREATE TABLE leases(
  instance TEXT NOT NULL PRIMARY KEY, holder TEXT NOT NULL, number INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE numbers(one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1), last INTEGER NOT NULL) STRICT;
INSERT INTO numbers(one, last) VALUES (1, 0);
)sql";

namespace {

constexpr char kFree[] =
    "SELECT instances.id, document, state, created_at, updated_at FROM instances "
    "LEFT JOIN leases ON instance = id "
    "WHERE holder IS NULL OR holder NOT IN (SELECT name FROM holders) ORDER BY id";

// :name and :session are this service's. A holder that is not there holds nothing.
constexpr char kElsewhere[] =
    "SELECT instances.id, document, state, created_at, updated_at, coalesce(holders.name, '') FROM instances "
    "LEFT JOIN leases ON instance = id LEFT JOIN holders ON holders.name = holder "
    "WHERE (:id = '' OR id = :id) AND NOT (coalesce(holders.name, '') = :name AND holders.session = :session) "
    "ORDER BY id";

}  // namespace

Result<StoredInstance> read_instance(const Statement& row, int column) {
  auto state = model::decode_state(row.text(column + 2));
  if (!state) {
    return fail(ErrorKind::invalid, "StoreCorrupt", row.text(column) + " (" + describe(state.error()) + ")");
  }
  return StoredInstance{ManagedInstanceId(row.text(column)), row.text(column + 1), std::move(*state),
                        from_millis(row.integer(column + 3)), from_millis(row.integer(column + 4))};
}

Result<SqliteLeases> SqliteLeases::prepare(Connection& writer) {
  HF_TRY(Statement draw_number, writer.prepare("UPDATE numbers SET last = last + 1 RETURNING last"));
  HF_TRY(Statement session_of, writer.prepare("SELECT session FROM holders WHERE name = :name"));
  HF_TRY(Statement expire, writer.prepare("DELETE FROM holders WHERE name <> :name AND until <= :until"));
  HF_TRY(Statement put_holder,
         writer.prepare("INSERT INTO holders(name, session, until) VALUES (:name, :session, :until) ON CONFLICT(name) "
                        "DO UPDATE SET session = excluded.session, until = excluded.until"));
  HF_TRY(Statement remove_holder, writer.prepare("DELETE FROM holders WHERE name = :name AND session = :session"));
  HF_TRY(Statement put_lease,
         writer.prepare("INSERT INTO leases(instance, holder, number) VALUES (:id, :name, :number) ON "
                        "CONFLICT(instance) DO UPDATE SET holder = excluded.holder, number = excluded.number"));
  HF_TRY(Statement free_all, writer.prepare("UPDATE leases SET holder = '' WHERE holder = :name"));
  HF_TRY(Statement free_one, writer.prepare("UPDATE leases SET holder = '' WHERE instance = :id AND holder = :name"));
  HF_TRY(Statement remove_lease, writer.prepare("DELETE FROM leases WHERE instance = :id"));
  HF_TRY(Statement number_of, writer.prepare("SELECT coalesce(number, 0) FROM instances LEFT JOIN leases ON "
                                             "instance = id WHERE id = :id"));
  return SqliteLeases(Statements{std::move(draw_number), std::move(session_of), std::move(expire),
                                 std::move(put_holder), std::move(remove_holder), std::move(put_lease),
                                 std::move(free_all), std::move(free_one), std::move(remove_lease),
                                 std::move(number_of)});
}

Result<uint64_t> SqliteLeases::draw_number() {
  HF_TRY(bool row, sql_.draw_number.step());
  const auto number = row ? static_cast<uint64_t>(sql_.draw_number.integer(0)) : 0;
  sql_.draw_number.reset();
  if (number != 0) return number;
  return fail(ErrorKind::invalid, "StoreCorrupt",
              "the numbers of the leases are missing: restore the store from a copy");
}

Result<std::optional<uint64_t>> SqliteLeases::session_of(const std::string& name) {
  sql_.session_of.bind(":name", name);
  HF_TRY(bool row, sql_.session_of.step());
  std::optional<uint64_t> session;
  if (row) session = static_cast<uint64_t>(sql_.session_of.integer(0));
  sql_.session_of.reset();
  return session;
}

Result<Leases> SqliteLeases::lease(Connection& writer, const Claim& claim, std::optional<size_t> believed, Time now) {
  const bool begins = !believed || session_ == 0;
  Leases leases;
  leases.session = session_;
  if (begins) name_ = claim.holder;
  HF_TRY(std::optional<uint64_t> known, session_of(name_));
  if (begins) {
    HF_TRY(leases.session, draw_number());
    // What was held under this name is nobody's from here on, so that it is taken below like all that is free.
    sql_.remove_holder.bind(":name", name_);
    sql_.remove_holder.bind(":session", static_cast<int64_t>(known.value_or(0)));
    HF_TRY_VOID(sql_.remove_holder.run());
    HF_TRY_VOID(free_all());
  } else if (known && *known != session_) {
    return holder_replaced(name_);
  } else if (!known) {
    HF_TRY_VOID(free_all());
  }
  HF_TRY_VOID(begin_or_renew(claim, now, leases.session));
  HF_TRY_VOID(reckon(writer, claim, believed, leases));
  return leases;
}

Result<void> SqliteLeases::free_all() {
  sql_.free_all.bind(":name", name_);
  return sql_.free_all.run();
}

Result<void> SqliteLeases::begin_or_renew(const Claim& claim, Time now, uint64_t session) {
  sql_.expire.bind(":name", name_);
  sql_.expire.bind(":until", to_millis(now - claim.clocks_apart));
  HF_TRY_VOID(sql_.expire.run());
  sql_.put_holder.bind(":name", name_);
  sql_.put_holder.bind(":session", static_cast<int64_t>(session));
  sql_.put_holder.bind(":until", to_millis(now + claim.length));
  return sql_.put_holder.run();
}

// How much is its share, what it takes, and what is to be told.
Result<void> SqliteLeases::reckon(Connection& writer, const Claim& claim, std::optional<size_t> believed,
                                  Leases& leases) {
  HF_TRY(Statement held_of, writer.prepare("SELECT instance, number FROM leases WHERE holder = :name ORDER BY instance"));
  HF_TRY(Statement count_held, writer.prepare("SELECT count(*) FROM leases WHERE holder = :name"));
  HF_TRY(const int64_t instances, writer.query_integer("SELECT count(*) FROM instances"));
  HF_TRY(const int64_t services, writer.query_integer("SELECT count(*) FROM holders"));
  count_held.bind(":name", name_);
  HF_TRY_VOID(count_held.step());
  auto held = static_cast<size_t>(count_held.integer(0));
  const size_t share = fair_share(static_cast<size_t>(instances), static_cast<size_t>(services));
  if (held < share) HF_TRY_VOID(take(writer, share - held, leases));
  held += leases.taken.size();
  if (held > share) leases.excess = held - share;
  if (held < share) leases.missing = share - held;
  if (held != believed.value_or(0) + leases.taken.size()) {
    leases.held.emplace();
    held_of.bind(":name", name_);
    for (;;) {
      HF_TRY(bool row, held_of.step());
      if (!row) break;
      leases.held->push_back({ManagedInstanceId(held_of.text(0)), static_cast<uint64_t>(held_of.integer(1))});
    }
  }
  leases.alone = services <= 1;
  if (leases.alone) return {};
  HF_TRY(Statement first_end, writer.prepare("SELECT min(until) FROM holders WHERE name <> :name"));
  first_end.bind(":name", name_);
  HF_TRY_VOID(first_end.step());
  leases.next_end = from_millis(first_end.integer(0)) + claim.clocks_apart;
  return {};
}

Result<void> SqliteLeases::take(Connection& writer, size_t count, Leases& leases) {
  {
    HF_TRY(Statement rows, writer.prepare(kFree));
    while (leases.taken.size() < count) {
      HF_TRY(bool row, rows.step());
      if (!row) break;
      auto instance = read_instance(rows);
      if (instance) {
        leases.taken.push_back({std::move(*instance), 0});
      } else {
        leases.unreadable.push_back(instance.error().message);
      }
    }
  }
  if (leases.taken.empty()) return {};
  HF_TRY(const uint64_t number, draw_number());
  for (engine::Leased& leased : leases.taken) {
    leased.number = number;
    sql_.put_lease.bind(":id", leased.instance.id.str());
    sql_.put_lease.bind(":name", name_);
    sql_.put_lease.bind(":number", static_cast<int64_t>(number));
    HF_TRY_VOID(sql_.put_lease.run());
  }
  return {};
}

Result<void> SqliteLeases::release(const std::vector<ManagedInstanceId>& ids) {
  HF_TRY(std::optional<uint64_t> known, session_of(name_));
  if (session_ == 0 || known != session_) return {};
  for (const ManagedInstanceId& id : ids) {
    sql_.free_one.bind(":id", id.str());
    sql_.free_one.bind(":name", name_);
    HF_TRY_VOID(sql_.free_one.run());
  }
  return {};
}

Result<void> SqliteLeases::leave() {
  if (session_ == 0) return {};
  sql_.remove_holder.bind(":name", name_);
  sql_.remove_holder.bind(":session", static_cast<int64_t>(session_));
  return sql_.remove_holder.run();
}

Result<void> SqliteLeases::check(const Change& change) {
  const ManagedInstanceId& id = change.instance.id;
  sql_.number_of.bind(":id", id.str());
  HF_TRY(const bool there, sql_.number_of.step());
  const uint64_t number = there ? static_cast<uint64_t>(sql_.number_of.integer(0)) : 0;
  sql_.number_of.reset();
  const bool makes = change.lease == 0 && session_ != 0;
  if (there && makes) return id_in_use(id);
  if (there) return number == change.lease ? Result<void>() : lease_lost(id);
  if (change.lease != 0) return lease_lost(id);
  if (session_ == 0) return {};
  HF_TRY(std::optional<uint64_t> known, session_of(name_));
  if (known && *known != session_) return holder_replaced(name_);
  return {};
}

Result<void> SqliteLeases::made(const ManagedInstanceId& id) {
  if (session_ == 0) return {};
  sql_.put_lease.bind(":id", id.str());
  sql_.put_lease.bind(":name", name_);
  sql_.put_lease.bind(":number", static_cast<int64_t>(session_));
  return sql_.put_lease.run();
}

Result<void> SqliteLeases::forgotten(const ManagedInstanceId& id) {
  sql_.remove_lease.bind(":id", id.str());
  return sql_.remove_lease.run();
}

Result<std::vector<StoredElsewhere>> SqliteLeases::elsewhere(Connection& reader,
                                                             const std::optional<ManagedInstanceId>& id) {
  HF_TRY(Statement rows, reader.prepare(kElsewhere));
  const std::string wanted = id ? id->str() : "";
  rows.bind(":id", wanted);
  rows.bind(":name", name_);
  rows.bind(":session", static_cast<int64_t>(session_));
  std::vector<StoredElsewhere> found;
  for (;;) {
    HF_TRY(bool row, rows.step());
    if (!row) return found;
    HF_TRY(StoredInstance instance, read_instance(rows));
    found.push_back({std::move(instance), rows.text(5)});
  }
}

}  // namespace holdfast::store
