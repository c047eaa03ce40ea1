#include "engine/snapshot_turns.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace holdfast::engine {
namespace {

using namespace std::chrono_literals;

const Time kStart = from_millis(1'700'000'000'000);

ReleasedEffect named(const std::string& key) {
  return {ManagedInstanceId("smi-1"), {key, model::CreateSnapshot{}, model::Urgency::periodic, {}}, false};
}

std::vector<std::string> taken(SnapshotTurns& turns, Time now) {
  std::vector<std::string> keys;
  while (!turns.empty()) {
    EXPECT_EQ(turns.first(now).effect.key, turns.first(now).effect.key);
    keys.push_back(turns.take(now).effect.key);
  }
  return keys;
}

TEST(SnapshotTurns, TheLongestWaitingIsFirstAmongEquals) {
  SnapshotTurns turns;
  turns.add({kStart + 20s, 5min, 1}, 1, named("later"));
  turns.add({kStart, 5min, 1}, 2, named("first"));
  turns.add({kStart, 5min, 1}, 3, named("second"));
  EXPECT_EQ(taken(turns, kStart + 10min), (std::vector<std::string>{"first", "second", "later"}));
}

TEST(SnapshotTurns, OverdueIsCountedInWantedIntervals) {
  SnapshotTurns turns;
  turns.add({kStart, 60min, 1}, 1, named("every hour"));
  turns.add({kStart + 50min, 5min, 1}, 2, named("every five minutes"));
  EXPECT_EQ(taken(turns, kStart + 60min), (std::vector<std::string>{"every five minutes", "every hour"}));
}

TEST(SnapshotTurns, WhatIsMoreAtRiskComesBeforeWhatHasWaitedLonger) {
  SnapshotTurns turns;
  turns.add({kStart, 5min, core::kWeightOnDemand}, 1, named("on demand"));
  turns.add({kStart + 5min, 5min, 1}, 2, named("spot"));
  EXPECT_EQ(turns.first(kStart + 12min).effect.key, "spot");
  EXPECT_EQ(turns.first(kStart + 8min).effect.key, "on demand") << "but not for ever";
}

// Three times more than there are turns: every interval stretches by the same factor, divided by the weights.
TEST(SnapshotTurns, StretchEveryIntervalByOneFactorAndStarveNobody) {
  struct One {
    core::SnapshotPace pace;
    std::vector<Duration> intervals;
  };
  std::vector<One> all;
  for (int i = 0; i < 120; ++i) all.push_back({{kStart, 5min, i % 4 == 0 ? 0.5 : 1.0}, {}});
  SnapshotTurns turns;
  uint64_t sequence = 0;
  auto want = [&](size_t i) { turns.add(all[i].pace, ++sequence, named(std::to_string(i))); };
  for (size_t i = 0; i < all.size(); ++i) want(i);
  for (Time now = kStart; now < kStart + 5h; now += 7s) {
    const size_t i = std::stoul(turns.take(now).effect.key);
    if (now > kStart + 1h) all[i].intervals.push_back(now - all[i].pace.since);
    all[i].pace.since = now;
    want(i);
  }
  for (const One& one : all) {
    ASSERT_GE(one.intervals.size(), 5u);
    for (Duration interval : one.intervals) {
      const double weighted = static_cast<double>(interval.count()) * one.pace.weight;
      EXPECT_NEAR(weighted, 105 * 7000, 105 * 700);  // 90 of weight 1 and 30 of half the weight
    }
  }
}

}  // namespace
}  // namespace holdfast::engine
