// The audit log: what it says, that each change to it is noticed, and what happens when it cannot be written.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <thread>

#include "access/audit_log.h"
#include "access/fake_store_test.h"
#include "access/secret.h"

namespace holdfast::access {
namespace {

namespace json = boost::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr Time kNow = Time(Duration(1'800'000'000'000));

AuditEntry asked(const std::string& path) {
  AuditEntry entry;
  entry.kind = "asked";
  entry.at = kNow;
  entry.token = "ci";
  entry.role = "operator";
  entry.method = "PUT";
  entry.path = path;
  entry.peer = "127.0.0.1";
  return entry;
}

struct AuditTest : testing::Test {
  AuditTest() { open(); }
  void open() { log = AuditLog::open(store, kNow).value(); }
  void write(int entries) {
    for (int i = 0; i < entries; ++i) ASSERT_TRUE(log->record(asked("/" + std::to_string(i))));
  }
  AuditVerdict look(const std::optional<AuditEnd>& known = {}) { return verify(store, known).value(); }
  FakeStore store;
  std::unique_ptr<AuditLog> log;
};

TEST_F(AuditTest, EachEntryHoldsTheHashOfTheOneBeforeAlsoOverARestart) {
  write(3);
  open();
  write(2);
  ASSERT_EQ(store.rows_.size(), 5u);
  std::string previous(64, '0');
  for (const AuditRow& row : store.rows_) {
    EXPECT_EQ(json::parse(row.body).at("previous"), json::value(previous));
    EXPECT_EQ(row.hash, sha256_hex(row.body));
    previous = row.hash;
  }
  EXPECT_FALSE(look().at);
  EXPECT_EQ(look().end, log->end());
}

TEST_F(AuditTest, EveryChangeIsFoundAtTheFirstEntryThatItTouches) {
  write(1200);  // more than a page
  const std::vector<AuditRow> whole = store.rows_;
  auto found = [&](auto spoil) {
    store.rows_ = whole;
    spoil();
    AuditVerdict verdict = look();
    EXPECT_FALSE(verdict.why.empty());
    return verdict.at.value_or(-1);
  };
  EXPECT_EQ(found([&] { store.rows_[700].body[100] ^= 1; }), 701);
  EXPECT_EQ(found([&] { store.rows_[700].hash = store.rows_[699].hash; }), 701);
  EXPECT_EQ(found([&] {
              AuditRow& row = store.rows_[700];
              row = row_of(asked("/forged"), row.sequence, store.rows_[699].hash);
            }),
            702)
      << "one that was written anew is betrayed by the one that follows";
  EXPECT_EQ(found([&] { store.rows_.erase(store.rows_.begin() + 700); }), 701);
  EXPECT_EQ(found([&] { std::swap(store.rows_[700].body, store.rows_[701].body); }), 701);
  EXPECT_EQ(found([&] { store.rows_.erase(store.rows_.begin()); }), 1);
}

TEST_F(AuditTest, AnEndThatWasCutOffIsNoticed) {
  write(5);
  store.rows_.resize(3);
  EXPECT_EQ(look().at, 4);
  EXPECT_THAT(look().why, HasSubstr("cut off"));
  store.noted_ = {3, store.rows_.back().hash};  // whoever cut it hid that too
  EXPECT_FALSE(look().at);
  EXPECT_EQ(look(log->end()).at, 4) << "an end that was noted elsewhere still tells";
}

TEST_F(AuditTest, ACutIsInTheLogForGoodOnceTheServiceHasGoneOn) {
  write(5);
  store.rows_.resize(3);
  open();
  write(4);
  EXPECT_EQ(look().at, 4);
  EXPECT_THAT(look().why, HasSubstr("had held 5 entries"));
}

TEST_F(AuditTest, ALogThatWasMadeAnewIsNoticed) {
  write(3);
  const AuditEnd noted = store.noted_;
  store.rows_.clear();
  store.noted_ = {};
  open();
  write(3);
  store.noted_ = noted;
  store.rows_[0] = row_of(asked("/other"), 1, first_previous());
  for (int i = 1; i < 3; ++i) store.rows_[i] = row_of(asked("/x"), i + 1, store.rows_[i - 1].hash);
  EXPECT_EQ(look().at, 3);
}

TEST_F(AuditTest, AnEntryThatCannotBeWrittenIsRefused) {
  write(1);
  store.refuses_ = true;
  EXPECT_EQ(log->record(asked("/x")).error().kind, ErrorKind::unavailable);
  store.refuses_ = false;
  write(1);
  EXPECT_EQ(store.rows_.size(), 2u);
  EXPECT_FALSE(look().at);
}

TEST_F(AuditTest, SaysWhetherItCanBeWrittenAndTellsOfTheGap) {
  EXPECT_TRUE(log->healthy(kNow));
  EXPECT_TRUE(store.rows_.empty());
  store.refuses_ = true;
  EXPECT_FALSE(log->record(asked("/x")));
  EXPECT_FALSE(log->healthy(kNow));
  store.refuses_ = false;
  EXPECT_TRUE(log->healthy(kNow));
  EXPECT_TRUE(log->healthy(kNow));
  ASSERT_EQ(store.rows_.size(), 1u);
  EXPECT_THAT(store.rows_[0].body, HasSubstr("could not be written for a while: full"));
}

TEST_F(AuditTest, WhatHappenedAlreadyIsWrittenBeforeAnythingElse) {
  store.refuses_ = true;
  AuditEntry done = asked("/done");
  done.kind = "done";
  log->record_later_if_need_be(done);
  EXPECT_FALSE(log->record(asked("/next"))) << "nothing is let in while something is owed";
  store.refuses_ = false;
  EXPECT_EQ(log->record(asked("/next")).value(), 2);
  ASSERT_EQ(store.rows_.size(), 2u);
  EXPECT_EQ(json::parse(store.rows_[0].body).at("kind"), "done");
}

TEST_F(AuditTest, EntriesOfManyAtOnceAllGetTheirPlace) {
  constexpr int kThreads = 8, kEach = 50;
  std::vector<std::vector<int64_t>> places(kThreads);
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      for (int j = 0; j < kEach; ++j) places[i].push_back(log->record(asked("/" + std::to_string(i))).value());
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(store.rows_.size(), size_t(kThreads * kEach));
  EXPECT_FALSE(look().at);
  for (int i = 0; i < kThreads; ++i) {
    for (int64_t place : places[i]) {
      EXPECT_EQ(json::parse(store.rows_[place - 1].body).at("path"), json::value("/" + std::to_string(i)));
    }
  }
}

TEST_F(AuditTest, WhatMayBeSecretIsWrittenAsItsHash) {
  const std::string text = redacted(
      R"({"a":[{"userData":"cHc=","shutdownScript":null}],"argv":["psql","-p","pw"],"stdin":"pw","name":"db"})");
  EXPECT_THAT(text, AllOf(HasSubstr("sha256:" + sha256_hex("cHc=")), HasSubstr(R"("shutdownScript":null)"),
                          HasSubstr(R"("name":"db")"), Not(HasSubstr("pw")), Not(HasSubstr("cHc="))));
  EXPECT_THAT(redacted("not json, pw"), AllOf(HasSubstr("\"bytes\":12"), Not(HasSubstr("pw"))));
  AuditEntry entry = asked("/x");
  entry.body = "{\"a\":\"" + std::string(20000, 'x') + "\"}";
  EXPECT_LT(row_of(entry, 1, first_previous()).body.size(), 1000u);
  entry.kind = "done";
  entry.changes = {{"smi-1", "", R"({"userData":"cHc="})"}};
  EXPECT_THAT(row_of(entry, 1, first_previous()).body, AllOf(HasSubstr(R"("before":null)"), Not(HasSubstr("cHc="))));
}

}  // namespace
}  // namespace holdfast::access
