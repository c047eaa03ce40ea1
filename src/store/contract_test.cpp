// What every store promises the engine (engine/store.h), held to each back end alike; below, what only the durable one
// can break.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <thread>
#include <vector>

#include "store/folder_test.h"
#include "store/memory_store.h"
#include "store/sqlite.h"
#include "store/sqlite_store.h"

namespace holdfast::store {
namespace {

using engine::Change;
using engine::RecordQuery;
using engine::Store;
using engine::StoredInstance;

Time at(int seconds) {
  return from_millis(1'700'000'000'000 + seconds * 1000);
}

StoredInstance instance(const std::string& id, int generation = 1) {
  StoredInstance made;
  made.id = ManagedInstanceId(id);
  made.document = R"({"name":"ß"})";
  made.state.id = made.id;
  made.state.generation = generation;
  made.state.root.emplace();
  made.state.root->id = VolumeId("vol-1");
  made.created_at = at(1);
  made.updated_at = at(2);
  return made;
}

model::Record record(const std::string& kind) {
  return {at(3), kind, "It happened.", R"({"a":1})"};
}

Change change(const std::string& id, std::vector<model::Record> records = {}, int generation = 1) {
  return {instance(id, generation), std::move(records), false};
}

struct Memory {
  Memory() : store(std::make_unique<MemoryStore>()) {}
  // What another service has of the same store.
  Store& another() {
    others.push_back(std::make_unique<MemoryStore>(store->beside()));
    return *others.back();
  }
  std::vector<std::unique_ptr<MemoryStore>> others;
  std::unique_ptr<MemoryStore> store;
};

struct Sqlite {
  Sqlite() : store(SqliteStore::open(folder.file()).value()) {}
  void reopen() {
    store.reset();
    store = SqliteStore::open(folder.file()).value();
  }
  // The file's lock lets in one at a time: the one before has ended without a word.
  Store& another() {
    reopen();
    return *store;
  }
  Folder folder;
  std::unique_ptr<SqliteStore> store;
};

template <class T>
class StoreContract : public testing::Test {
 protected:
  Store& store() { return *back_end_.store; }
  T back_end_;
};
using BackEnds = testing::Types<Memory, Sqlite>;
TYPED_TEST_SUITE(StoreContract, BackEnds);

TYPED_TEST(StoreContract, GivesBackWhatWasCommitted) {
  ASSERT_TRUE(this->store().commit({change("smi-00000002"), change("smi-00000001", {}, 7)}, at(9)));
  auto loaded = this->store().load();
  ASSERT_TRUE(loaded);
  ASSERT_EQ(loaded->size(), 2u);
  EXPECT_EQ(loaded->at(0).id.str(), "smi-00000001");
  EXPECT_EQ(loaded->at(0).state, instance("smi-00000001", 7).state);
  EXPECT_EQ(loaded->at(0).document, instance("smi-00000001").document);
  EXPECT_EQ(loaded->at(0).created_at, at(1));
  EXPECT_EQ(loaded->at(0).updated_at, at(2));
}

TYPED_TEST(StoreContract, KeepsGroupsUntilTheyAreRemoved) {
  engine::StoredGroup group{GroupId("smg-00000001"), R"({"name":"ß"})", at(1), at(2)};
  ASSERT_TRUE(this->store().put_group(group));
  ASSERT_TRUE(this->store().put_group({GroupId("smg-00000002"), "{}", at(1), at(1)}));
  group.document = R"({"name":"new"})";
  group.updated_at = at(5);
  ASSERT_TRUE(this->store().put_group(group));
  ASSERT_TRUE(this->store().remove_group(GroupId("smg-00000002")));
  ASSERT_TRUE(this->store().remove_group(GroupId("smg-00000002"))) << "asked again";
  auto loaded = this->store().load_groups();
  ASSERT_TRUE(loaded);
  ASSERT_EQ(loaded->size(), 1u);
  EXPECT_EQ(loaded->at(0).id, group.id);
  EXPECT_EQ(loaded->at(0).document, group.document);
  EXPECT_EQ(loaded->at(0).created_at, at(1));
  EXPECT_EQ(loaded->at(0).updated_at, at(5));
}

// ---- leases

Change held(const std::string& id, uint64_t number, int generation = 1, std::vector<model::Record> records = {}) {
  Change made = change(id, std::move(records), generation);
  made.lease = number;
  return made;
}

std::string ids_of(const engine::Leases& leases) {
  std::string ids;
  for (const auto& leased : leases.taken) ids += leased.instance.id.str() + " ";
  return ids;
}

const engine::Claim kA{"a", std::chrono::seconds(100), std::chrono::seconds(5)};
const engine::Claim kB{"b", std::chrono::seconds(100), std::chrono::seconds(5)};

TYPED_TEST(StoreContract, OneServiceTakesEverythingAtItsStartAsItIsStoredUnderANewNumber) {
  ASSERT_TRUE(this->store().commit({change("smi-00000002", {}, 7), change("smi-00000001")}, at(1)));
  auto leases = this->store().lease(kA, {}, at(2));
  ASSERT_TRUE(leases);
  EXPECT_EQ(ids_of(*leases), "smi-00000001 smi-00000002 ");
  EXPECT_EQ(leases->taken[1].instance.state, instance("smi-00000002", 7).state);
  EXPECT_EQ(leases->taken[1].instance.document, instance("smi-00000002").document);
  EXPECT_GT(leases->taken[0].number, 0u);
  EXPECT_TRUE(leases->alone);
  EXPECT_FALSE(leases->held);
  EXPECT_EQ(this->store().last_time_seen().value(), at(2)) << "a renewal counts as a time seen";
  auto renewed = this->store().lease(kA, 2, at(3));
  ASSERT_TRUE(renewed);
  EXPECT_TRUE(renewed->taken.empty());
  EXPECT_FALSE(renewed->held);
  EXPECT_EQ(renewed->session, leases->session);
}

TYPED_TEST(StoreContract, WhatIsMadeIsItsMakersAndWrittenUnderItsNumberOnly) {
  auto leases = this->store().lease(kA, {}, at(1));
  ASSERT_TRUE(leases);
  const uint64_t number = leases->session;
  ASSERT_TRUE(this->store().commit({change("smi-00000001")}, at(2)));
  ASSERT_TRUE(this->store().commit({held("smi-00000001", number, 2)}, at(3)));
  EXPECT_FALSE(this->store().lease(kA, 1, at(3))->held) << "it is counted as held";
  auto old = this->store().commit({held("smi-00000001", number + 1, 9, {record("old")})}, at(4));
  ASSERT_FALSE(old);
  EXPECT_EQ(old.error().code, engine::kLeaseLost);
  EXPECT_EQ(old.error().kind, ErrorKind::conflict);
  EXPECT_NE(old.error().message.find("smi-00000001"), std::string::npos);
  auto again = this->store().commit({change("smi-00000001", {}, 9)}, at(4));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, engine::kIdInUse);
  EXPECT_EQ(this->store().load()->at(0).state.generation, 2);
  EXPECT_TRUE(this->store().records({})->empty());
}

TYPED_TEST(StoreContract, NothingOfACommitIsWrittenIfOneOfItsNumbersIsOld) {
  auto leases = this->store().lease(kA, {}, at(1));
  ASSERT_TRUE(this->store().commit({change("smi-00000001"), change("smi-00000002")}, at(1)));
  auto refused = this->store().commit(
      {held("smi-00000001", leases->session, 5, {record("x")}), change("smi-00000003"), held("smi-00000002", 77, 5)},
      at(9));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, engine::kLeaseLost);
  ASSERT_EQ(this->store().load()->size(), 2u);
  EXPECT_EQ(this->store().load()->at(0).state.generation, 1);
  EXPECT_TRUE(this->store().records({})->empty());
  EXPECT_EQ(this->store().last_time_seen().value(), at(1));
}

TYPED_TEST(StoreContract, WhatWasForgottenIsNotMadeAnewByWhoStillBelievesInIt) {
  auto leases = this->store().lease(kA, {}, at(1));
  ASSERT_TRUE(this->store().commit({change("smi-00000001")}, at(1)));
  Change forget = held("smi-00000001", leases->session);
  forget.forget = true;
  ASSERT_TRUE(this->store().commit({forget}, at(2)));
  auto late = this->store().commit({held("smi-00000001", leases->session)}, at(3));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, engine::kLeaseLost);
  EXPECT_FALSE(this->store().lease(kA, 0, at(4))->held) << "it is not counted any more";
}

// The one before was killed, or sleeps: nobody waits until its leases end, and it writes nothing any more.
TYPED_TEST(StoreContract, ANewSessionOfTheSameNameHasEverythingAtOnce) {
  auto first = this->store().lease(kA, {}, at(1));
  ASSERT_TRUE(this->store().commit({change("smi-00000001"), change("smi-00000002")}, at(1)));
  Store& next = this->back_end_.another();
  auto leases = next.lease(kA, {}, at(2));
  ASSERT_TRUE(leases);
  EXPECT_EQ(ids_of(*leases), "smi-00000001 smi-00000002 ");
  EXPECT_GT(leases->session, first->session);
  EXPECT_GT(leases->taken[0].number, first->session);
  auto late = next.commit({held("smi-00000001", first->session, 5)}, at(3));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, engine::kLeaseLost);
  EXPECT_TRUE(next.commit({held("smi-00000001", leases->taken[0].number, 5)}, at(3)));
}

TYPED_TEST(StoreContract, WhatAnotherHeldIsFreeOnceItsTimeHasRunOutAndTheClocksMayDiffer) {
  auto first = this->store().lease(kA, {}, at(1));
  ASSERT_TRUE(this->store().commit({change("smi-00000001", {}, 3)}, at(1)));
  ASSERT_TRUE(this->store().lease(kA, 1, at(10)));
  Store& other = this->back_end_.another();
  auto leases = other.lease(kB, {}, at(50));
  ASSERT_TRUE(leases);
  EXPECT_TRUE(leases->taken.empty());
  EXPECT_FALSE(leases->alone);
  EXPECT_EQ(leases->next_end, at(115));
  auto elsewhere = other.elsewhere(ManagedInstanceId("smi-00000001"));
  ASSERT_TRUE(elsewhere);
  ASSERT_EQ(elsewhere->size(), 1u);
  EXPECT_EQ(elsewhere->at(0).holder, "a");
  EXPECT_EQ(elsewhere->at(0).instance.state.generation, 3);
  EXPECT_EQ(other.lease(kB, 0, at(114))->taken.size(), 0u);
  auto taken = other.lease(kB, 0, at(115));
  ASSERT_EQ(taken->taken.size(), 1u);
  EXPECT_GT(taken->taken[0].number, first->session);
  EXPECT_TRUE(taken->alone);
  EXPECT_TRUE(other.elsewhere(std::nullopt)->empty());
}

TYPED_TEST(StoreContract, WhatWasReleasedOrLeftIsAnothersAtOnceUpToItsShare) {
  auto first = this->store().lease(kA, {}, at(1));
  ASSERT_TRUE(this->store().commit({change("smi-00000001"), change("smi-00000002"), change("smi-00000003")}, at(1)));
  ASSERT_TRUE(this->store().release({ManagedInstanceId("smi-00000003"), ManagedInstanceId("smi-0000000f")}));
  EXPECT_EQ(this->store().elsewhere(std::nullopt)->at(0).holder, "");
  Store& other = this->back_end_.another();
  auto leases = other.lease(kB, {}, at(2));
  ASSERT_TRUE(leases);
  EXPECT_EQ(ids_of(*leases), "smi-00000003 ") << "the rest is a's, whose time has not run out";
  EXPECT_EQ(leases->missing, 1u) << "two of three are a fair share";
  EXPECT_EQ(other.elsewhere(std::nullopt)->size(), 2u);
  ASSERT_TRUE(other.leave());
  Store& third = this->back_end_.another();
  EXPECT_EQ(ids_of(*third.lease({"c"}, {}, at(3))), "smi-00000003 ");
}

// ---- what is stored

TYPED_TEST(StoreContract, WritesAnInstanceWhole) {
  ASSERT_TRUE(this->store().commit({change("smi-00000001", {}, 1)}, at(1)));
  ASSERT_TRUE(this->store().commit({change("smi-00000001", {}, 2)}, at(2)));
  auto loaded = this->store().load();
  ASSERT_TRUE(loaded);
  ASSERT_EQ(loaded->size(), 1u);
  EXPECT_EQ(loaded->at(0).state.generation, 2);
}

TYPED_TEST(StoreContract, NumbersRecordsInOrderAndFindsThemByNumber) {
  auto first = this->store().commit({change("smi-00000001", {record("a"), record("b")})}, at(1));
  auto second = this->store().commit({change("smi-00000002", {record("c")})}, at(2));
  ASSERT_TRUE(first && second);
  ASSERT_EQ(first->size(), 2u);
  EXPECT_LT(first->at(0), first->at(1));
  EXPECT_LT(first->at(1), second->at(0));

  auto all = this->store().records({});
  ASSERT_TRUE(all);
  ASSERT_EQ(all->size(), 3u);
  EXPECT_EQ(all->at(0).record, record("a"));
  EXPECT_EQ(all->at(2).sequence, second->at(0));

  auto later = this->store().records({.id = std::nullopt, .after = first->at(0), .limit = 1});
  ASSERT_TRUE(later);
  ASSERT_EQ(later->size(), 1u);
  EXPECT_EQ(later->at(0).record.kind, "b");

  auto of_one = this->store().records({ManagedInstanceId("smi-00000002"), 0, 100});
  ASSERT_TRUE(of_one);
  ASSERT_EQ(of_one->size(), 1u);
  EXPECT_EQ(of_one->at(0).id.str(), "smi-00000002");
}

TYPED_TEST(StoreContract, GivesTheNewestRecordsOfSomeKindsNewestFirst) {
  ASSERT_TRUE(
      this->store().commit({change("smi-00000001", {record("a"), record("b"), record("ab"), record("b")})}, at(1)));
  auto second = this->store().commit({change("smi-00000002", {record("b"), record("a")})}, at(2));
  ASSERT_TRUE(second);
  auto kinds_of = [&](RecordQuery query) {
    auto found = this->store().records(query);
    EXPECT_TRUE(found);
    std::string kinds;
    for (const auto& one : *found) kinds += one.record.kind + std::to_string(one.sequence) + " ";
    return kinds;
  };
  RecordQuery of_one{ManagedInstanceId("smi-00000001")};
  of_one.kinds = {"b", "c"};
  EXPECT_EQ(kinds_of(of_one), "b2 b4 ");
  RecordQuery others = of_one;
  others.kinds = {};
  others.without = {"b", "c"};
  EXPECT_EQ(kinds_of(others), "a1 ab3 ");
  of_one.newest_first = true;
  EXPECT_EQ(kinds_of(of_one), "b4 b2 ");
  of_one.before = 4;
  EXPECT_EQ(kinds_of(of_one), "b2 ");
  RecordQuery newest;
  newest.newest_first = true;
  newest.limit = 2;
  EXPECT_EQ(kinds_of(newest), "a6 b5 ");
  newest.after = 6;
  newest.before = 2;
  EXPECT_EQ(kinds_of(newest), "");
}

TYPED_TEST(StoreContract, ForgetsAnInstanceWithItsHistoryAndNeverGivesANumberTwice) {
  ASSERT_TRUE(this->store().commit({change("smi-00000001", {record("kept")})}, at(1)));
  ASSERT_TRUE(this->store().commit({change("smi-00000002", {record("a")})}, at(1)));
  Change forget = change("smi-00000002", {record("last")});
  forget.forget = true;
  auto forgotten = this->store().commit({forget}, at(2));
  ASSERT_TRUE(forgotten);
  ASSERT_EQ(forgotten->size(), 1u);
  EXPECT_EQ(this->store().load()->size(), 1u);
  ASSERT_EQ(this->store().records({})->size(), 1u);
  auto next = this->store().commit({change("smi-00000003", {record("b")})}, at(3));
  ASSERT_TRUE(next);
  EXPECT_GT(next->at(0), forgotten->at(0));
}

TYPED_TEST(StoreContract, RemembersTheLatestTimeSeen) {
  ASSERT_TRUE(this->store().commit({}, at(5)));
  ASSERT_TRUE(this->store().commit({}, at(4)));
  EXPECT_EQ(this->store().last_time_seen().value(), at(5));
}

TYPED_TEST(StoreContract, ReadsRecordsWhileAnotherThreadCommits) {
  std::thread reader([&] {
    int64_t last = 0;
    while (last < 200) {
      auto found = this->store().records({.id = std::nullopt, .after = last, .limit = 10});
      ASSERT_TRUE(found) << describe(found.error());
      for (const auto& one : *found) {
        ASSERT_EQ(one.sequence, last + 1);
        last = one.sequence;
      }
    }
  });
  for (int i = 0; i < 200; ++i) ASSERT_TRUE(this->store().commit({change("smi-00000001", {record("x")})}, at(i)));
  reader.join();
}

// Two at the same time, which SQLite's lock does not let happen.
struct TwoServices : testing::Test {
  MemoryStore a;
  MemoryStore b = a.beside();
};

TEST_F(TwoServices, ShareFairlyOnceTheFirstHasReleasedItsExcess) {
  auto first = a.lease(kA, {}, at(1));
  std::vector<Change> five;
  for (int i = 1; i <= 5; ++i) five.push_back(change("smi-0000000" + std::to_string(i)));
  ASSERT_TRUE(a.commit(five, at(1)));
  EXPECT_EQ(b.lease(kB, {}, at(2))->missing, 3u);
  auto renewed = a.lease(kA, 5, at(3));
  EXPECT_EQ(renewed->excess, 2u);
  ASSERT_TRUE(a.release({ManagedInstanceId("smi-00000005"), ManagedInstanceId("smi-00000002")}));
  auto taken = b.lease(kB, 0, at(4));
  EXPECT_EQ(ids_of(*taken), "smi-00000002 smi-00000005 ");
  auto late = a.commit({held("smi-00000002", first->session, 9)}, at(5));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, engine::kLeaseLost);
  EXPECT_TRUE(b.commit({held("smi-00000002", taken->taken[0].number, 2)}, at(5)));
  EXPECT_FALSE(a.lease(kA, 3, at(6))->held) << "it knows what it released";
}

TEST_F(TwoServices, TheSleeperIsToldWhatItHasLostAndKeepsWhatNobodyTook) {
  ASSERT_TRUE(a.lease(kA, {}, at(1)));
  ASSERT_TRUE(a.commit({change("smi-00000001"), change("smi-00000002")}, at(1)));
  EXPECT_EQ(b.lease(kB, {}, at(500))->taken.size(), 2u);
  ASSERT_TRUE(b.release({ManagedInstanceId("smi-00000002")}));
  auto awake = a.lease(kA, 2, at(501));
  ASSERT_TRUE(awake);
  EXPECT_EQ(ids_of(*awake), "smi-00000002 ") << "anew, under another number";
  ASSERT_TRUE(awake->held);
  const engine::Held anew{ManagedInstanceId("smi-00000002"), awake->taken[0].number};
  EXPECT_EQ(*awake->held, std::vector<engine::Held>{anew});
}

// The other one's numbers are not the sleeper's, though the name is.
TEST_F(TwoServices, ASleeperDoesNotWakeUpToWhatOneOfItsNameHasHadMeanwhile) {
  auto first = a.lease(kA, {}, at(1));
  ASSERT_TRUE(a.commit({change("smi-00000001")}, at(1)));
  auto meanwhile = b.lease(kA, {}, at(2));
  ASSERT_EQ(meanwhile->taken.size(), 1u);
  ASSERT_TRUE(b.commit({held("smi-00000001", meanwhile->taken[0].number, 7)}, at(2)));
  ASSERT_TRUE(b.leave());
  auto awake = a.lease(kA, 1, at(3));
  ASSERT_TRUE(awake);
  ASSERT_EQ(awake->taken.size(), 1u) << "as the other left it";
  EXPECT_EQ(awake->taken[0].instance.state.generation, 7);
  EXPECT_GT(awake->taken[0].number, meanwhile->taken[0].number);
  EXPECT_TRUE(a.commit({held("smi-00000001", awake->taken[0].number, 8)}, at(3)));
}

TEST_F(TwoServices, WhoWasReplacedByOneOfItsNameOwnsNothingAndMakesNothing) {
  ASSERT_TRUE(a.lease(kA, {}, at(1)));
  ASSERT_TRUE(a.commit({change("smi-00000001")}, at(1)));
  EXPECT_EQ(b.lease(kA, {}, at(2))->taken.size(), 1u);
  auto refused = a.lease(kA, 1, at(3));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, engine::kHolderReplaced);
  EXPECT_EQ(a.commit({change("smi-00000002")}, at(3)).error().code, engine::kHolderReplaced);
  ASSERT_TRUE(a.release({ManagedInstanceId("smi-00000001")}));
  ASSERT_TRUE(a.leave());
  EXPECT_FALSE(b.lease(kA, 1, at(4))->held) << "it has lost nothing by what the other did at its end";
}

TEST(SqliteStore, LeavesWhatItCannotReadAndTakesTheRest) {
  Sqlite back_end;
  ASSERT_TRUE(back_end.store->commit({change("smi-00000001"), change("smi-00000002")}, at(1)));
  auto raw = Connection::open(back_end.folder.file(), false);
  ASSERT_TRUE(raw && raw->execute("UPDATE instances SET state = '{' WHERE id = 'smi-00000001'"));
  auto leases = back_end.store->lease(kA, {}, at(2));
  ASSERT_TRUE(leases);
  EXPECT_EQ(ids_of(*leases), "smi-00000002 ");
  ASSERT_EQ(leases->unreadable.size(), 1u);
  EXPECT_NE(leases->unreadable[0].find("smi-00000001"), std::string::npos);
}

TEST(SqliteStore, TakesOverAStoreFromBeforeThereWereLeases) {
  Sqlite back_end;
  ASSERT_TRUE(back_end.store->commit({change("smi-00000001", {record("a")}, 4)}, at(1)));
  back_end.store.reset();
  {
    auto raw = Connection::open(back_end.folder.file(), false);
    for (const char* table : {"holders", "leases", "numbers"}) {
      ASSERT_TRUE(raw && raw->execute(std::string("DROP TABLE ") + table));
    }
    ASSERT_TRUE(raw->execute("PRAGMA user_version=2"));
  }
  back_end.store = SqliteStore::open(back_end.folder.file()).value();
  auto leases = back_end.store->lease(kA, {}, at(2));
  ASSERT_EQ(leases->taken.size(), 1u);
  EXPECT_EQ(leases->taken[0].instance.state.generation, 4);
  EXPECT_TRUE(back_end.store->commit({held("smi-00000001", leases->taken[0].number, 5)}, at(3)));
  back_end.reopen();
  EXPECT_EQ(back_end.store->load()->at(0).state.generation, 5);
}

TEST(SqliteStore, KeepsEverythingOverARestart) {
  Sqlite back_end;
  auto before = back_end.store->commit({change("smi-00000001", {record("a")}, 3)}, at(8));
  ASSERT_TRUE(before);
  Change forget = change("smi-00000001");
  back_end.reopen();
  ASSERT_EQ(back_end.store->load()->size(), 1u);
  EXPECT_EQ(back_end.store->load()->at(0).state.generation, 3);
  EXPECT_EQ(back_end.store->last_time_seen().value(), at(8));
  forget.forget = true;
  ASSERT_TRUE(back_end.store->commit({forget}, at(9)));
  back_end.reopen();
  auto after = back_end.store->commit({change("smi-00000002", {record("b")})}, at(9));
  ASSERT_TRUE(after);
  EXPECT_GT(after->at(0), before->at(0));
}

TEST(SqliteStore, WritesNothingOfACommitThatDoesNotFitAndRecoversWithoutReopening) {
  Sqlite back_end;
  ASSERT_TRUE(back_end.store->commit({change("smi-00000001", {record("before")}, 1)}, at(1)));
  ASSERT_TRUE(back_end.store->limit_pages(1));  // not below what the file has: no page more
  Change large = change("smi-00000002", {record("lost")});
  large.instance.document = R"({"name":")" + std::string(1 << 20, 'x') + R"("})";
  auto refused = back_end.store->commit({change("smi-00000001", {record("lost")}, 2), large}, at(2));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::unavailable);
  ASSERT_EQ(back_end.store->load()->size(), 1u);
  EXPECT_EQ(back_end.store->load()->at(0).state.generation, 1);
  EXPECT_EQ(back_end.store->records({})->size(), 1u);
  EXPECT_EQ(back_end.store->last_time_seen().value(), at(1));

  ASSERT_TRUE(back_end.store->limit_pages(0));
  ASSERT_TRUE(back_end.store->commit({large}, at(3)));
  back_end.reopen();
  EXPECT_EQ(back_end.store->load()->size(), 2u);
}

TEST(SqliteStore, NamesTheRowThatCannotBeReadAndLosesNone) {
  Sqlite back_end;
  ASSERT_TRUE(back_end.store->commit({change("smi-00000001"), change("smi-00000002")}, at(1)));
  back_end.store.reset();
  auto raw = Connection::open(back_end.folder.file(), false);
  ASSERT_TRUE(raw);
  ASSERT_TRUE(raw->execute("CREATE TABLE aside AS SELECT * FROM instances WHERE id = 'smi-00000002'"));
  ASSERT_TRUE(raw->execute("UPDATE instances SET state = '{\"version\":1,' WHERE id = 'smi-00000002'"));

  auto store = SqliteStore::open(back_end.folder.file());
  ASSERT_TRUE(store);
  auto loaded = (*store)->load();
  ASSERT_FALSE(loaded);
  EXPECT_NE(loaded.error().message.find("smi-00000002"), std::string::npos);
  EXPECT_EQ(loaded.error().message.find("smi-00000001"), std::string::npos);

  ASSERT_TRUE(raw->execute("UPDATE instances SET state = (SELECT state FROM aside) WHERE id = 'smi-00000002'"));
  EXPECT_EQ((*store)->load()->size(), 2u);
}

TEST(SqliteStore, RefusesAFileOfANewerVersionAndLeavesItAlone) {
  Sqlite back_end;
  ASSERT_TRUE(back_end.store->commit({change("smi-00000001")}, at(1)));
  back_end.store.reset();
  auto raw = Connection::open(back_end.folder.file(), false);
  ASSERT_TRUE(raw && raw->execute("PRAGMA user_version=99"));
  auto refused = SqliteStore::open(back_end.folder.file());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "StoreTooNew");
  EXPECT_EQ(raw->query_integer("SELECT count(*) FROM instances").value(), 1);
}

TEST(SqliteStore, TakesOverAStoreOfTheFirstVersion) {
  Sqlite back_end;
  ASSERT_TRUE(back_end.store->commit({change("smi-00000001")}, at(1)));
  back_end.store.reset();
  {
    auto raw = Connection::open(back_end.folder.file(), false);
    for (const char* table : {"groups", "holders", "leases", "numbers"}) {
      ASSERT_TRUE(raw && raw->execute(std::string("DROP TABLE ") + table));
    }
    ASSERT_TRUE(raw->execute("PRAGMA user_version=1"));
  }
  back_end.store = SqliteStore::open(back_end.folder.file()).value();
  EXPECT_EQ(back_end.store->load()->size(), 1u);
  EXPECT_TRUE(back_end.store->put_group({GroupId("smg-00000001"), "{}", at(1), at(1)}));
  back_end.reopen();
  EXPECT_EQ(back_end.store->load_groups()->size(), 1u);
}

TEST(SqliteStore, RefusesADatabaseOfAnotherProgram) {
  Folder folder;
  auto raw = Connection::open(folder.file(), false);
  ASSERT_TRUE(raw && raw->execute("CREATE TABLE theirs(a)"));
  auto refused = SqliteStore::open(folder.file());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "StoreForeign");
}

// What is written to an unlinked file is lost at the next start, so it must not count as stored.
TEST(SqliteStore, WritesNothingWhenItsFileWasRemovedOrReplaced) {
  for (const std::string suffix : {"", "-wal"}) {
    Sqlite kept;
    ASSERT_TRUE(kept.store->commit({change("mi-1")}, at(1)));
    const std::string file = kept.folder.file().string() + suffix;
    ASSERT_EQ(::rename(file.c_str(), (file + ".away").c_str()), 0);
    auto refused = kept.store->commit({change("mi-2")}, at(2));
    ASSERT_FALSE(refused) << "removed: " << file;
    EXPECT_EQ(refused.error().code, "StoreFileGone");
    EXPECT_NE(refused.error().message.find(file), std::string::npos);
    std::filesystem::copy_file(file + ".away", file);
    EXPECT_FALSE(kept.store->commit({change("mi-2")}, at(2))) << "a copy is another file: " << file;
    ASSERT_EQ(::rename((file + ".away").c_str(), file.c_str()), 0);
    EXPECT_TRUE(kept.store->commit({change("mi-2")}, at(2))) << "it is back";
  }
}

TEST(SqliteStore, SaysWhatToDoAboutADamagedFileAndLeavesItAlone) {
  Folder folder;
  const std::string damage(8192, 'x');
  std::ofstream(folder.file()) << damage;
  auto refused = SqliteStore::open(folder.file());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::invalid);
  EXPECT_NE(refused.error().message.find(".recover"), std::string::npos) << refused.error().message;
  EXPECT_NE(refused.error().message.find("put a copy"), std::string::npos);
  std::ifstream in(folder.file());
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(in), {}), damage);
}

TEST(SqliteStore, IsOpenedByOneProcessOnly) {
  Sqlite back_end;
  pid_t child = ::fork();
  if (child == 0) {
    auto second = SqliteStore::open(back_end.folder.file());
    ::_exit(!second && second.error().kind == ErrorKind::conflict ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST(SqliteStore, KeepsWhatWasAnsweredWhenTheProcessIsKilled) {
  Folder folder;
  int answered[2];
  ASSERT_EQ(::pipe(answered), 0);
  pid_t child = ::fork();
  if (child == 0) {
    auto store = SqliteStore::open(folder.file()).value();
    for (int i = 1;; ++i) {
      if (!store->commit({change("smi-00000001", {record("x")}, i)}, at(i))) ::_exit(1);
      if (::write(answered[1], &i, sizeof i) != sizeof i) ::_exit(1);
    }
  }
  int last = 0;
  while (last < 30) ASSERT_EQ(::read(answered[0], &last, sizeof last), static_cast<ssize_t>(sizeof last));
  ::kill(child, SIGKILL);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  ::close(answered[1]);
  int more = 0;
  while (::read(answered[0], &more, sizeof more) == sizeof more) last = more;
  ::close(answered[0]);
  auto store = SqliteStore::open(folder.file()).value();
  int kept = store->load()->at(0).state.generation;
  EXPECT_GE(kept, last);
  EXPECT_EQ(static_cast<int>(store->records({.id = std::nullopt, .after = 0, .limit = 10000})->size()), kept);
}

}  // namespace
}  // namespace holdfast::store
