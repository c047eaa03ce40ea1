// Buckets that give what EC2's would, and that come back slowly after a refusal.
#include "ec2/token_bucket.h"

#include <gtest/gtest.h>

#include <set>

#include "base/random.h"

namespace holdfast::ec2 {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

const Time kStart = from_millis(1'700'000'000'000);

TEST(TokenBucket, GivesItsSizeAtOnceAndThenTheRefill) {
  TokenBucket bucket({5, 2}, kStart);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(bucket.next_allowed(1, kStart), kStart);
    bucket.take(1, kStart);
  }
  EXPECT_EQ(bucket.next_allowed(1, kStart), kStart + milliseconds(500));
  EXPECT_EQ(bucket.next_allowed(4, kStart), kStart + seconds(2));
  EXPECT_EQ(bucket.next_allowed(1, kStart + milliseconds(500)), kStart + milliseconds(500));
}

TEST(TokenBucket, NeverHoldsMoreThanItsSize) {
  TokenBucket bucket({5, 2}, kStart);
  bucket.take(3, kStart);
  EXPECT_DOUBLE_EQ(bucket.tokens(kStart + minutes(10)), 5);
}

TEST(TokenBucket, GivesMoreThanItHoldsAsADebtWhenFull) {
  TokenBucket bucket({5, 2}, kStart);
  EXPECT_EQ(bucket.next_allowed(9, kStart), kStart);
  bucket.take(9, kStart);
  EXPECT_EQ(bucket.next_allowed(1, kStart), kStart + milliseconds(2500));
}

TEST(TokenBucket, ServesNoMoreOverTimeThanSizeAndRefill) {
  TokenBucket bucket({50, 5}, kStart);
  Time now = kStart;
  int served = 0;
  while (now < kStart + minutes(1)) {
    now = bucket.next_allowed(1, now);
    bucket.take(1, now);
    ++served;
  }
  EXPECT_LE(served, 50 + 5 * 60 + 1);
  EXPECT_GE(served, 50 + 5 * 60 - 1);
}

TEST(TokenBucket, HoldsWhatIsOnItsWayAndGainsForItOnlyFromItsArrivalOn) {
  TokenBucket bucket({5, 2}, kStart, milliseconds(500));
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(bucket.next_allowed(1, kStart), kStart);
    bucket.take(1, kStart);
  }
  EXPECT_DOUBLE_EQ(bucket.tokens(kStart), 0);
  EXPECT_DOUBLE_EQ(bucket.tokens(kStart + milliseconds(499)), 0) << "the cloud's may be full as yet";
  EXPECT_EQ(bucket.next_allowed(1, kStart), kStart + milliseconds(1000));
  EXPECT_EQ(bucket.next_allowed(2, kStart), kStart + milliseconds(1500));
  EXPECT_EQ(bucket.next_allowed(1, kStart + seconds(3)), kStart + seconds(3));
}

TEST(TokenBucket, NeverSendsWhatTheCloudsOwnBucketRefusesHoweverLongEachCallIsOnItsWay) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    Random random(seed);
    TokenBucket ours({5, 2}, kStart, kOnTheWay);
    std::multiset<Time> arrivals;
    Time now = kStart;
    Duration idle{};
    for (int i = 0; i < 500; ++i) {
      const Duration pause(random.below(20) == 0 ? random.below(4000) : 0);  // nothing to send for a while
      now += pause, idle += pause;
      now = ours.next_allowed(1, now);
      ours.take(1, now);
      arrivals.insert(now + Duration(random.below(to_millis(Time(kOnTheWay)) + 1)));
    }
    TokenBucket clouds({5, 2}, kStart);
    for (Time arrival : arrivals) {
      ASSERT_EQ(clouds.next_allowed(1, arrival), arrival) << "seed " << seed;
      clouds.take(1, arrival);
    }
    EXPECT_LE(now - kStart, idle + seconds(250)) << "and it loses next to nothing by it";
  }
}

TEST(TokenBucket, AClockThatGoesBackGainsAndLosesNothing) {
  TokenBucket bucket({5, 2}, kStart);
  bucket.take(5, kStart);
  EXPECT_DOUBLE_EQ(bucket.tokens(kStart - minutes(1)), 0);
  bucket.take(0, kStart - minutes(1));
  EXPECT_DOUBLE_EQ(bucket.tokens(kStart + seconds(1)), 2);
}

TEST(TokenBucket, IsEmptyAndRefilledAtHalfTheRateAfterARefusal) {
  TokenBucket bucket({100, 20}, kStart);
  bucket.throttled(kStart);
  EXPECT_DOUBLE_EQ(bucket.tokens(kStart), 0);
  EXPECT_DOUBLE_EQ(bucket.refill(kStart), 10);
  EXPECT_NEAR(bucket.tokens(kStart + seconds(1)), 10, 0.1);
}

TEST(TokenBucket, CountsRefusalsOfOneMomentOnce) {
  TokenBucket bucket({100, 20}, kStart);
  for (int i = 0; i < 50; ++i) bucket.throttled(kStart + milliseconds(i));
  EXPECT_NEAR(bucket.refill(kStart + milliseconds(50)), 10, 0.1);
  bucket.throttled(kStart + seconds(2));
  EXPECT_NEAR(bucket.refill(kStart + seconds(2)), 5, 0.2);
}

TEST(TokenBucket, NeverStopsAltogetherAndRecoversInFull) {
  TokenBucket bucket({100, 20}, kStart);
  Time now = kStart;
  for (int i = 0; i < 100; ++i) bucket.throttled(now += seconds(2));
  EXPECT_GE(bucket.refill(now), 20.0 / 16);
  EXPECT_LT(bucket.refill(now + minutes(1)), 20);
  EXPECT_DOUBLE_EQ(bucket.refill(now + TokenBucket::kRecovery), 20);
}

TEST(TokenBucket, NamesTheMomentAtWhichTheTokensAreThereWhileItRecovers) {
  TokenBucket bucket({100, 20}, kStart);
  bucket.throttled(kStart);
  for (double count : {1.0, 7.0, 50.0, 100.0}) {
    const Time then = bucket.next_allowed(count, kStart);
    EXPECT_GE(bucket.tokens(then) + 1e-6, count);
    EXPECT_LT(bucket.tokens(then - milliseconds(2)), count);
  }
}

TEST(ApiBudget, CountsRunInstancesByRequestsAndByInstances) {
  ApiBudget budget;
  EXPECT_EQ(budget.next_allowed({"RunInstances", 1}, kStart), kStart);
  budget.take({"RunInstances", 1000}, kStart);
  EXPECT_EQ(budget.next_allowed({"RunInstances", 1}, kStart), kStart + milliseconds(500));
  for (int i = 0; i < 4; ++i) budget.take({"RunInstances", 0}, kStart);
  EXPECT_EQ(budget.next_allowed({"RunInstances", 0}, kStart), kStart + milliseconds(500));
}

TEST(ApiBudget, KeepsActionsApart) {
  ApiBudget budget;
  for (int i = 0; i < 100; ++i) budget.take({"CreateSnapshot"}, kStart);
  EXPECT_GT(budget.next_allowed({"CreateSnapshot"}, kStart), kStart);
  EXPECT_EQ(budget.next_allowed({"DeleteSnapshot"}, kStart), kStart);
}

TEST(ApiBudget, TellsHowEachActionStands) {
  ApiBudget budget;
  EXPECT_TRUE(budget.standing(kStart).empty());
  for (int i = 0; i < 3; ++i) budget.take({"DescribeVolumes", 1, false}, kStart);
  budget.throttled({"RunInstances", 1}, kStart);
  auto standing = budget.standing(kStart);
  ASSERT_EQ(standing.size(), 2u);
  EXPECT_EQ(standing[0].action, "DescribeVolumes (all)");
  EXPECT_DOUBLE_EQ(standing[0].tokens, 47);
  EXPECT_DOUBLE_EQ(standing[0].size, 50);
  EXPECT_EQ(standing[0].calls, 3u);
  EXPECT_EQ(standing[0].throttled, 0u);
  EXPECT_DOUBLE_EQ(standing[1].tokens, 0);
  EXPECT_EQ(standing[1].throttled, 1u);
}

TEST(ApiBudget, KnowsThePublishedSizes) {
  EXPECT_EQ(request_bucket({"DescribeVolumes"}).size, 100);
  EXPECT_EQ(request_bucket({"DescribeVolumes", 1, false}).size, 50);
  EXPECT_EQ(request_bucket({"AttachVolume"}).refill, 5);
  EXPECT_EQ(request_bucket({"CreateTags"}).refill, 10);
  EXPECT_EQ(resource_bucket("TerminateInstances").refill, 20);
  EXPECT_EQ(resource_bucket("CreateTags").size, 0);
}

}  // namespace
}  // namespace holdfast::ec2
