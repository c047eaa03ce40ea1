// What every store of tokens and the audit log promises (access/store.h), held to each back end alike; below, what only
// the durable one can break.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <memory>

#include "access/audit_log.h"
#include "store/access_memory_store.h"
#include "store/access_sqlite_store.h"
#include "store/folder_test.h"
#include "store/sqlite.h"

namespace holdfast::store {
namespace {

using access::AuditRow;
using access::Role;
using access::Token;

Time at(int seconds) {
  return from_millis(1'700'000'000'000 + seconds * 1000);
}

Token token(const std::string& name) {
  return {name, Role::operator_, "hash-of-" + name, at(1), "bootstrap", at(100), std::nullopt};
}

std::vector<AuditRow> rows(int64_t first, int count) {
  std::vector<AuditRow> made;
  for (int i = 0; i < count; ++i) made.push_back({first + i, "h" + std::to_string(first + i), R"({"a":"ß"})"});
  return made;
}

struct Memory {
  std::unique_ptr<AccessMemoryStore> store = std::make_unique<AccessMemoryStore>();
};

struct Sqlite {
  Sqlite() { reopen(); }
  void reopen() {
    store.reset();
    store = AccessSqliteStore::open(folder.file()).value();
  }
  // As somebody with an editor of databases would.
  void spoil(const std::string& sql) {
    store.reset();
    auto raw = Connection::open(folder.file(), false).value();
    ASSERT_TRUE(raw.execute("DROP TRIGGER audit_stays; DROP TRIGGER audit_is_final; " + sql));
  }
  Folder folder;
  std::unique_ptr<AccessSqliteStore> store;
};

template <class T>
class AccessContract : public testing::Test {
 protected:
  access::Store& store() { return *back_end_.store; }
  T back_end_;
};
using BackEnds = testing::Types<Memory, Sqlite>;
TYPED_TEST_SUITE(AccessContract, BackEnds);

TYPED_TEST(AccessContract, GivesBackTokensInOrderOfNames) {
  ASSERT_TRUE(this->store().add_token(token("b")));
  Token endless = token("a");
  endless.expires_at = std::nullopt;
  ASSERT_TRUE(this->store().add_token(endless));
  auto all = this->store().tokens();
  ASSERT_TRUE(all);
  ASSERT_EQ(all->size(), 2u);
  EXPECT_EQ(all->at(0).name, "a");
  EXPECT_FALSE(all->at(0).expires_at);
  EXPECT_EQ(all->at(1).expires_at, at(100));
  EXPECT_EQ(all->at(1).role, Role::operator_);
  EXPECT_EQ(all->at(1).hash, "hash-of-b");
  EXPECT_EQ(all->at(1).created_at, at(1));
  EXPECT_EQ(all->at(1).created_by, "bootstrap");
  EXPECT_FALSE(all->at(1).last_used_at);
}

TYPED_TEST(AccessContract, AddsNoTokenTwiceAndRemovesOneForGood) {
  ASSERT_TRUE(this->store().add_token(token("a")));
  EXPECT_EQ(this->store().add_token(token("a")).error().kind, ErrorKind::conflict);
  ASSERT_TRUE(this->store().note_use("a", at(7)));
  EXPECT_EQ(this->store().tokens()->at(0).last_used_at, at(7));
  ASSERT_TRUE(this->store().remove_token("a"));
  ASSERT_TRUE(this->store().remove_token("a"));
  EXPECT_TRUE(this->store().tokens()->empty());
}

TYPED_TEST(AccessContract, GivesTheAuditLogInBothDirections) {
  ASSERT_TRUE(this->store().append(rows(1, 3)));
  ASSERT_TRUE(this->store().append(rows(4, 2)));
  EXPECT_EQ(this->store().rows(0, 100).value(), rows(1, 5));
  EXPECT_EQ(this->store().rows(3, 1).value(), rows(4, 1));
  auto newest = this->store().newest_rows(5, 2).value();
  ASSERT_EQ(newest.size(), 2u);
  EXPECT_EQ(newest[0].sequence, 4);
  EXPECT_EQ(newest[1].sequence, 3);
  EXPECT_EQ(this->store().noted_end().value(), (access::AuditEnd{5, "h5"}));
}

TYPED_TEST(AccessContract, AppendsOnlyWhatFollows) {
  ASSERT_TRUE(this->store().append(rows(1, 3)));
  EXPECT_EQ(this->store().append(rows(5, 1)).error().kind, ErrorKind::conflict);
  EXPECT_EQ(this->store().append(rows(3, 1)).error().kind, ErrorKind::conflict);
  EXPECT_EQ(this->store().rows(0, 100)->size(), 3u);
}

TEST(AccessSqliteStore, KeepsEverythingOverARestart) {
  Sqlite back_end;
  ASSERT_TRUE(back_end.store->add_token(token("a")));
  ASSERT_TRUE(back_end.store->append(rows(1, 3)));
  back_end.reopen();
  EXPECT_EQ(back_end.store->tokens()->size(), 1u);
  EXPECT_EQ(back_end.store->rows(0, 9).value(), rows(1, 3));
  EXPECT_EQ(back_end.store->noted_end()->sequence, 3);
}

TEST(AccessSqliteStore, IsReadWhileAServiceHasItAndWritesNothingThen) {
  Sqlite back_end;
  ASSERT_TRUE(back_end.store->append(rows(1, 2)));
  EXPECT_EQ(AccessSqliteStore::open(back_end.folder.file()).error().kind, ErrorKind::conflict);
  auto reader = AccessSqliteStore::open_to_read(back_end.folder.file()).value();
  EXPECT_EQ(reader->rows(0, 9)->size(), 2u);
  EXPECT_EQ(reader->append(rows(3, 1)).error().kind, ErrorKind::denied);
  ASSERT_TRUE(back_end.store->append(rows(3, 1)));
  EXPECT_EQ(reader->rows(0, 9)->size(), 3u);
  EXPECT_EQ(AccessSqliteStore::open_to_read("/nowhere/access.db").error().kind, ErrorKind::not_found);
}

TEST(AccessSqliteStore, WritesNothingThatDoesNotFitAndRecovers) {
  Sqlite back_end;
  ASSERT_TRUE(back_end.store->append(rows(1, 1)));
  ASSERT_TRUE(back_end.store->limit_pages(1));  // not below what the file has: no page more
  std::vector<AuditRow> large = rows(2, 2);
  large[1].body = std::string(1 << 20, 'x');
  EXPECT_EQ(back_end.store->append(large).error().kind, ErrorKind::unavailable);
  EXPECT_EQ(back_end.store->rows(0, 9)->size(), 1u);
  ASSERT_TRUE(back_end.store->limit_pages(0));
  EXPECT_TRUE(back_end.store->append(large));
  EXPECT_EQ(back_end.store->noted_end()->sequence, 3);
}

TEST(AccessSqliteStore, ALogThatWasChangedOnDiskIsFoundOut) {
  auto verdict_after = [](const std::string& sql) {
    Sqlite back_end;
    {
      auto log = access::AuditLog::open(*back_end.store, at(1)).value();
      for (int i = 0; i < 5; ++i) {
        access::AuditEntry entry;
        entry.kind = "asked";
        EXPECT_TRUE(log->record(entry));
      }
    }
    back_end.spoil(sql);
    auto reader = AccessSqliteStore::open_to_read(back_end.folder.file()).value();
    return access::verify(*reader, {}).value();
  };
  EXPECT_FALSE(verdict_after("SELECT 1").at);
  EXPECT_EQ(verdict_after("UPDATE audit SET body = replace(body, 'asked', 'Asked') WHERE sequence = 3").at, 3);
  EXPECT_EQ(verdict_after("DELETE FROM audit WHERE sequence = 2").at, 2);
  EXPECT_EQ(verdict_after("DELETE FROM audit WHERE sequence > 3").at, 4);
  EXPECT_EQ(verdict_after("DELETE FROM audit").at, 1);
}

TEST(AccessSqliteStore, ARunningServiceAddsNothingToALogThatWasCut) {
  Sqlite back_end;
  ASSERT_TRUE(back_end.store->append(rows(1, 3)));
  auto raw = Connection::open(back_end.folder.file(), false).value();
  EXPECT_FALSE(raw.execute("DELETE FROM audit WHERE sequence = 3")) << "not by a slip of the hand";
  ASSERT_TRUE(raw.execute("DROP TRIGGER audit_stays; DELETE FROM audit WHERE sequence = 3"));
  auto refused = back_end.store->append(rows(4, 1));
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("ends with entry 2"), std::string::npos);
}

TEST(AccessSqliteStore, LosesNoTokenAndNoEntryThatWasAnsweredToAKill) {
  Folder folder;
  int answered[2];
  ASSERT_EQ(::pipe(answered), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    auto store = AccessSqliteStore::open(folder.file()).value();
    for (int i = 1;; ++i) {
      if (!store->append(rows(i, 1)) || !store->add_token(token(std::to_string(i)))) ::_exit(1);
      if (::write(answered[1], &i, sizeof i) != sizeof i) ::_exit(1);
    }
  }
  ::close(answered[1]);
  int last = 0;
  while (last < 30) ASSERT_EQ(::read(answered[0], &last, sizeof last), static_cast<ssize_t>(sizeof last));
  ::kill(child, SIGKILL);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  int more = 0;
  while (::read(answered[0], &more, sizeof more) == sizeof more) last = more;
  ::close(answered[0]);
  auto store = AccessSqliteStore::open(folder.file()).value();
  EXPECT_GE(static_cast<int>(store->tokens()->size()), last);
  EXPECT_GE(static_cast<int>(store->rows(0, 100000)->size()), last);
}

}  // namespace
}  // namespace holdfast::store
