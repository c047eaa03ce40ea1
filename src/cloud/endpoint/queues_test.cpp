// The queues by themselves, under a clock of the test's; how they look on the wire is the conformance suite's.
#include "cloud/endpoint/queues.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <thread>

#include "base/check.h"

namespace holdfast::cloud::endpoint {
namespace {

using namespace std::chrono_literals;

class QueuesTest : public ::testing::Test {
 protected:
  QueuesTest() {
    char pattern[] = "/tmp/holdfast-queues-XXXXXX";
    CHECK(mkdtemp(pattern) != nullptr);
    folder_ = pattern;
    open();
    EXPECT_TRUE(queues_->create("q", {}));
  }
  ~QueuesTest() override {
    queues_.reset();
    std::filesystem::remove_all(folder_);
  }
  void open() {
    queues_.reset();
    auto opened = Queues::open(folder_ / "queues.sqlite", [this] { return now_; });
    ASSERT_TRUE(opened) << describe(opened.error());
    queues_ = std::move(*opened);
  }
  std::vector<Received> receive(int most = 10) { return *queues_->receive("q", {most, {}, {}}); }

  std::filesystem::path folder_;
  Time now_ = from_millis(1'800'000'000'000);
  std::unique_ptr<Queues> queues_;
};

TEST_F(QueuesTest, HidesWhatWasReceivedUntilItsTimeIsOver) {
  ASSERT_TRUE(queues_->send("q", "hello"));
  auto first = receive();
  ASSERT_EQ(first.size(), 1u);
  EXPECT_EQ(first[0].body, "hello");
  EXPECT_TRUE(receive().empty());
  now_ += 31s;
  auto second = receive();
  ASSERT_EQ(second.size(), 1u);
  EXPECT_EQ(second[0].times_received, 2);
  EXPECT_NE(second[0].receipt, first[0].receipt);
  ASSERT_TRUE(queues_->erase("q", first[0].receipt)) << "an old receipt is no error";
  now_ += 31s;
  auto third = receive();
  ASSERT_EQ(third.size(), 1u) << "and deletes nothing";
  ASSERT_TRUE(queues_->erase("q", third[0].receipt));
  now_ += 31s;
  EXPECT_TRUE(receive().empty());
}

TEST_F(QueuesTest, KeepsMessagesOverARestart) {
  ASSERT_TRUE(queues_->send("q", "one"));
  ASSERT_TRUE(queues_->send("q", "two"));
  const auto taken = receive(1);
  open();
  EXPECT_EQ(receive().size(), 1u) << "the other one is still hidden";
  ASSERT_TRUE(queues_->erase("q", taken.at(0).receipt)) << "receipts outlive it too";
  EXPECT_EQ(queues_->facts("q")->in_flight, 1);
}

TEST_F(QueuesTest, ForgetsWhatIsTooOld) {
  ASSERT_TRUE(queues_->send("q", "old"));
  now_ += 97h;
  EXPECT_TRUE(receive().empty());
  EXPECT_EQ(queues_->facts("q")->visible, 0);
}

TEST_F(QueuesTest, ALongReceiveEndsWithTheFirstMessage) {
  std::vector<Received> received;
  std::thread waiter([&] { received = *queues_->receive("q", {10, 20s, {}}); });
  const auto start = std::chrono::steady_clock::now();
  ASSERT_TRUE(queues_->send("q", "hello"));
  waiter.join();
  EXPECT_EQ(received.size(), 1u);
  EXPECT_LT(std::chrono::steady_clock::now() - start, 10s);
}

TEST_F(QueuesTest, ClosingEndsAllWaiting) {
  const auto start = std::chrono::steady_clock::now();
  std::thread waiter([&] { EXPECT_TRUE(queues_->receive("q", {10, 20s, {}})->empty()); });
  queues_->close();
  waiter.join();
  EXPECT_LT(std::chrono::steady_clock::now() - start, 10s);
}

TEST_F(QueuesTest, AnswersWithSqssCodes) {
  EXPECT_EQ(queues_->send("none", "x").error().code, "AWS.SimpleQueueService.NonExistentQueue");
  EXPECT_EQ(queues_->create("q", {.visibility = 5s, .wait = {}, .delay = {}, .retention = 96h, .maximum_size = 262'144})
                .error()
                .code,
            "QueueAlreadyExists");
  EXPECT_TRUE(queues_->create("q", {})) << "the same once more is no error";
  EXPECT_EQ(queues_->create("no spaces", {}).error().code, "InvalidParameterValue");
  EXPECT_EQ(queues_->erase("q", "nonsense").error().code, "ReceiptHandleIsInvalid");
  EXPECT_EQ(queues_->send("q", std::string(262'145, 'x')).error().code, "InvalidParameterValue");
}

TEST_F(QueuesTest, AVisibilityCanBeChanged) {
  ASSERT_TRUE(queues_->send("q", "x"));
  const auto taken = receive();
  ASSERT_TRUE(queues_->change_visibility("q", taken.at(0).receipt, 0s));
  EXPECT_EQ(receive().size(), 1u);
}

}  // namespace
}  // namespace holdfast::cloud::endpoint
