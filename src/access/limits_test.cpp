#include "access/limits.h"

#include <gtest/gtest.h>

namespace holdfast::access {
namespace {

constexpr Time kNow = Time(Duration(1'800'000'000'000));

TEST(RateLimit, LetsInABurstAndThenAsManyASecondOfEachToken) {
  RateLimit limit(10, 20);
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(limit.admit("a", kNow)) << i;
  EXPECT_FALSE(limit.admit("a", kNow));
  EXPECT_TRUE(limit.admit("b", kNow)) << "one does not take from another";
  int admitted = 0;
  for (int ms = 0; ms < 10'000; ++ms) admitted += limit.admit("a", kNow + Duration(ms)) ? 1 : 0;
  EXPECT_NEAR(admitted, 100, 1);
}

TEST(RateLimit, ZeroIsNoLimit) {
  RateLimit limit(0, 0);
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(limit.admit("a", kNow));
}

TEST(RateLimit, AClockThatIsSetBackLocksNobodyOut) {
  RateLimit limit(1, 1);
  EXPECT_TRUE(limit.admit("a", kNow));
  EXPECT_FALSE(limit.admit("a", kNow - std::chrono::hours(1)));
  EXPECT_TRUE(limit.admit("a", kNow - std::chrono::hours(1) + std::chrono::seconds(1)));
}

TEST(Denials, OneWhoKnocksWithoutEndFillsNothingAndHidesNobody) {
  Denials denials;
  int64_t recorded = 0, told = 0;
  auto knock = [&](const std::string& peer, int at) {
    const auto admitted = denials.admit(peer, kNow + Duration(at));
    recorded += admitted ? 1 : 0;
    told += admitted.value_or(0);
    return admitted.has_value();
  };
  for (int i = 0; i < 100'000; ++i) knock("10.0.0.1", i);
  EXPECT_LE(recorded, 20) << "in 100 seconds";
  EXPECT_TRUE(knock("10.0.0.2", 100'000));
  EXPECT_EQ(recorded + told, 100'001) << "it says how many were not written down";
  EXPECT_EQ(denials.admit("10.0.0.2", kNow + Duration(100'001)), 0);
}

TEST(Denials, ManyWhoKnockFillNothingEither) {
  Denials denials;
  int recorded = 0;
  for (int i = 0; i < 10'000; ++i) recorded += denials.admit("10.0." + std::to_string(i), kNow + Duration(i)) ? 1 : 0;
  EXPECT_LE(recorded, 111) << "in 10 seconds";
}

}  // namespace
}  // namespace holdfast::access
