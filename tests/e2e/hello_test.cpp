// The whole of it on real machines with a trivial program: every action, every cause, and nothing left afterwards.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <thread>
#include <vector>

#include "support/fixture.h"
#include "support/hello.h"
#include "support/leftovers.h"

namespace holdfast::support {
namespace {

using namespace std::chrono_literals;

class HelloTest : public ServiceTest {
 protected:
  // The program ends its start by listening, so an ACTIVE one answers at once.
  void expect_count(const ManagedStatus& status, int count) {
    std::optional<int> seen;
    wait_until(10s, [&] { return (seen = hello_count(status.private_ip, 500ms)).has_value(); });
    ASSERT_TRUE(seen) << status.private_ip << " does not answer";
    EXPECT_EQ(*seen, count);
  }
};

TEST_F(HelloTest, KeepsRootAddressAndMacThroughEveryCause) {
  ManagedStatus status = bring_up("hello.yaml");
  ASSERT_FALSE(status.id.empty());
  expect_count(status, 1);
  int count = 1;
  for (Cause cause : {Cause::notice, Cause::no_notice, Cause::power_cut}) {
    SCOPED_TRACE(to_string(cause));
    const ManagedStatus before = status;
    ASSERT_TRUE(client_->interrupt(before.instance_id, cause));
    status = wait_replaced(before);
    EXPECT_NE(status.instance_id, before.instance_id);
    EXPECT_EQ(status.private_ip, before.private_ip);
    EXPECT_EQ(status.mac, before.mac);
    expect_count(status, ++count);
  }
}

TEST_F(HelloTest, PausesResumesAndRecyclesWithEverythingKept) {
  const ManagedStatus first = bring_up("hello.yaml");
  ASSERT_FALSE(first.id.empty());
  ASSERT_TRUE(client_->act(first.id, "pause"));
  ASSERT_TRUE(client_->wait_for(first.id, "PAUSED", 60s));
  EXPECT_FALSE(hello_count(first.private_ip, 200ms)) << "a paused one has no machine";
  ASSERT_TRUE(client_->act(first.id, "pause")) << "asked again: success";

  ASSERT_TRUE(client_->act(first.id, "resume"));
  const ManagedStatus second = wait_replaced(first);
  EXPECT_EQ(second.private_ip, first.private_ip);
  EXPECT_EQ(second.mac, first.mac);
  expect_count(second, 2);

  ASSERT_TRUE(client_->act(first.id, "recycle"));
  expect_count(wait_replaced(second), 3);
}

TEST_F(HelloTest, LeavesNothingWhenItIsDeletedWithEverything) {
  const ManagedStatus status = bring_up("hello.yaml");
  ASSERT_FALSE(status.id.empty());
  ASSERT_TRUE(client_->interrupt(status.instance_id, Cause::power_cut));
  wait_replaced(status);
  ASSERT_TRUE(client_->remove(status.id));
  EXPECT_TRUE(wait_until(60s, [&] { return left_over(*client_).empty(); }))
      << testing::PrintToString(left_over(*client_));
}

TEST_F(HelloTest, AnswersWhileManyCommandsRun) {
  const ManagedStatus status = bring_up("hello.yaml");
  ASSERT_FALSE(status.id.empty());
  constexpr int kMany = 40;
  std::atomic<int> ended = 0;
  std::atomic<int> refused = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < kMany; ++i) {
    threads.emplace_back([&] {
      const auto outcome = client_->exec(status.instance_id, {"/bin/sleep", "5"});
      ++(outcome ? ended : refused);
    });
  }
  EXPECT_TRUE(wait_until(20s, [&] { return refused > 0; })) << "all of them wait for one another";
  EXPECT_TRUE(client_->status(status.id)) << "nobody else is answered";
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(ended + refused, kMany);
  EXPECT_GT(ended, 8);
  EXPECT_TRUE(client_->exec(status.instance_id, {"/bin/true"})) << "there is room again";
}

TEST_F(HelloTest, DoesNotTakeALostMemoryForANewCloud) {
  const ManagedStatus before = bring_up("hello.yaml");
  ASSERT_FALSE(before.id.empty());
  service_->stop();
  const std::filesystem::path data = service_->data_dir();
  const std::filesystem::path aside = scratch_->path();
  for (const char* file : {"cloud.sqlite", "cloud.sqlite-wal", "cloud.sqlite-shm"}) {
    std::error_code none;
    std::filesystem::rename(data / file, aside / file, none);
  }
  ASSERT_TRUE(service_->launch());
  EXPECT_EQ(service_->wait(30s), 1);
  EXPECT_NE(service_->log().find("cloud.sqlite is gone"), std::string::npos);
  for (const char* file : {"cloud.sqlite", "cloud.sqlite-wal", "cloud.sqlite-shm"}) {
    std::error_code none;
    std::filesystem::rename(aside / file, data / file, none);
  }
  ASSERT_TRUE(service_->start());
  EXPECT_EQ(wait_active(before.id).instance_id, before.instance_id);
  EXPECT_EQ(hello_count(before.private_ip, 1s), 1);
}

TEST_F(HelloTest, GoesOnWhileTheServiceIsAway) {
  const ManagedStatus before = bring_up("hello.yaml");
  ASSERT_FALSE(before.id.empty());
  service_->kill();
  EXPECT_EQ(hello_count(before.private_ip, 1s), 1) << "a machine outlives the service";
  ASSERT_TRUE(service_->start());
  const ManagedStatus after = wait_active(before.id);
  EXPECT_EQ(after.instance_id, before.instance_id) << "found again, not replaced";
  EXPECT_EQ(hello_count(before.private_ip, 1s), 1);
}

}  // namespace
}  // namespace holdfast::support
