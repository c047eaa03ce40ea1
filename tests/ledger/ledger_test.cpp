// The ledger against a real PostgreSQL on this host: it must find what is there, and above all notice what is not.
#include "ledger/ledger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "ledger/books.h"
#include "ledger/connection.h"
#include "support/host_postgres.h"
#include "support/scratch.h"

namespace holdfast::ledger {
namespace {

using namespace std::chrono_literals;
using support::HostPostgres;
using support::Scratch;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(Books, KeepWhatWasWrittenDownAndDropATornLastLine) {
  Scratch scratch = Scratch::make("holdfast-books").value();
  const std::string path = scratch.path() + "/ledger";
  {
    Books books = Books::open(path).value();
    ASSERT_TRUE(books.write_down(7));
    ASSERT_TRUE(books.write_down(8));
  }
  std::ofstream(path, std::ios::app) << "12";  // the client died here
  {
    Books books = Books::open(path).value();
    EXPECT_THAT(books.entries(), ElementsAre(7, 8));
    ASSERT_TRUE(books.write_down(9));
  }
  EXPECT_THAT(Books::open(path).value().entries(), ElementsAre(7, 8, 9));
}

TEST(Books, ThatCannotBeReadAreRefused) {
  size_t whole = 0;
  EXPECT_FALSE(read_entries("1\nx\n", whole));
  EXPECT_TRUE(read_entries("", whole));
}

class LedgerTest : public testing::Test {
 protected:
  void SetUp() override {
    if (access((std::string(support::kPostgresBin) + "/postgres").c_str(), X_OK) != 0) {
      GTEST_SKIP() << "PostgreSQL 15 is missing: apt-get install postgresql-15";
    }
    scratch_.emplace(Scratch::make("holdfast-ledger").value());
    ASSERT_EQ(chmod(scratch_->path().c_str(), 0755), 0);
    Result<HostPostgres> opened = HostPostgres::open(scratch_->path() + "/data", scratch_->path() + "/log");
    ASSERT_TRUE(opened) << describe(opened.error());
    postgres_.emplace(std::move(*opened));
    ASSERT_TRUE(postgres_->start());
    options_.host = "127.0.0.1";
    options_.port = postgres_->port();
    options_.file = scratch_->path() + "/ledger";
  }

  std::unique_ptr<Ledger> open() {
    Result<std::unique_ptr<Ledger>> ledger = Ledger::open(options_, 30s);
    EXPECT_TRUE(ledger) << describe(ledger.error());
    return std::move(*ledger);
  }
  void run(const std::string& statement) {
    Result<Connection> connection = Connection::open(options_);
    ASSERT_TRUE(connection) << describe(connection.error());
    const Result<void> done = connection->run(statement, 10s);
    ASSERT_TRUE(done) << describe(done.error());
  }

  LedgerOptions options_;
  std::optional<Scratch> scratch_;
  std::optional<HostPostgres> postgres_;
};

TEST_F(LedgerTest, FindsEveryAcknowledgedRowAfterTheServerWasKilled) {
  auto ledger = open();
  ledger->start();
  ASSERT_TRUE(ledger->wait_for(200, 60s)) << ledger->last_failure();
  ledger->begin_window();
  ASSERT_TRUE(postgres_->crash());
  ASSERT_TRUE(postgres_->start());
  ASSERT_TRUE(ledger->wait_for(200, 60s)) << ledger->last_failure();
  const Window window = ledger->window();
  EXPECT_GT(window.longest, 20ms) << "a server that was killed is away for longer";
  EXPECT_GE(window.acknowledged, 200);
  const Result<Verification> verified = ledger->verify(30s);  // while the client goes on
  ASSERT_TRUE(verified) << describe(verified.error());
  EXPECT_TRUE(verified->held());
  EXPECT_GE(verified->found, 400);
}

TEST_F(LedgerTest, NoticesRowsThatAreMissingChangedOrDoubled) {
  auto ledger = open();
  ledger->start();
  ASSERT_TRUE(ledger->wait_for(50, 60s)) << ledger->last_failure();
  ledger->stop();
  ASSERT_TRUE(ledger->verify(30s)->held());

  run("DELETE FROM ledger WHERE number = 10");
  run("UPDATE ledger SET content = 'x' WHERE number = 20");
  run("ALTER TABLE ledger DROP CONSTRAINT ledger_pkey");
  run("INSERT INTO ledger SELECT number, content FROM ledger WHERE number = 30");
  run("INSERT INTO ledger (number, content) VALUES (1000000, 'never sent')");
  const Verification verified = ledger->verify(30s).value();
  EXPECT_FALSE(verified.held());
  EXPECT_THAT(verified.missing, Contains(10));
  EXPECT_THAT(verified.wrong, testing::IsSupersetOf({20, 30, 1000000}));
}

TEST_F(LedgerTest, GoesOnAboveEverythingSentWhenItIsOpenedAgain) {
  int64_t first = 0;
  {
    auto ledger = open();
    ledger->start();
    ASSERT_TRUE(ledger->wait_for(20, 60s)) << ledger->last_failure();
    ledger->stop();
    first = ledger->acknowledged();
  }
  auto ledger = open();
  EXPECT_EQ(ledger->acknowledged(), first);
  ledger->start();
  ASSERT_TRUE(ledger->wait_for(20, 60s)) << ledger->last_failure();
  ledger->stop();
  const Verification verified = ledger->verify(30s).value();
  EXPECT_TRUE(verified.held());
  EXPECT_EQ(verified.acknowledged, ledger->acknowledged());
}

TEST_F(LedgerTest, RefusesAServerThatDoesNotSync) {
  ASSERT_TRUE(Ledger::open(options_, 30s));
  run("ALTER ROLE postgres SET synchronous_commit = off");
  const auto refused = Ledger::open(options_, 30s);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "NotDurable");
}

}  // namespace
}  // namespace holdfast::ledger
