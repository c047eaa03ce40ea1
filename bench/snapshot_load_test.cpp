// A small run of bench_snapshots: more snapshots wanted than the bucket of CreateSnapshot refills.

#include "bench/snapshot_load.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "bench/figures.h"

namespace holdfast::bench {
namespace {

TEST(SnapshotLoad, StretchesEveryIntervalFairlyAndLetsRecoveryGoFirst) {
  SnapshotLoad load;
  load.volumes = 600;
  load.interval = std::chrono::seconds(40);
  load.length = std::chrono::minutes(12);
  load.interruptions = 5;
  const SnapshotFigures figures = run_load(load);
  ASSERT_GT(figures.wanted_per_second, 14);
  EXPECT_NEAR(figures.made_per_second, 5, 0.5) << "as many as EC2 takes";
  for (const auto& [life_cycle, means] : figures.means) {
    EXPECT_GE(means.size(), life_cycle == "spot" ? 470u : 118u) << "nobody starves";
    // A snapshot takes minutes at times, and there is never one on another; and much changes where they take long.
    EXPECT_LE(spread_of(means), 4) << life_cycle;
  }
  const double spot = summary_of(figures.intervals.at("spot")).median;
  const double on_demand = summary_of(figures.intervals.at("on_demand")).median;
  EXPECT_GT(on_demand / spot, 1.5);
  EXPECT_LT(on_demand / spot, 3);
  EXPECT_EQ(figures.throttled, 0u);
  ASSERT_EQ(figures.final_waits.size(), 5u);
  EXPECT_LE(*std::max_element(figures.final_waits.begin(), figures.final_waits.end()), 16)
      << "only the cloud's own 15 s between two of a volume may hold one up";
}

TEST(SnapshotLoad, KeepsWithinWhatTheAccountMayHaveUnderWay) {
  SnapshotLoad load;
  load.volumes = 120;
  load.interval = std::chrono::seconds(60);
  load.under_way = 10;
  load.length = std::chrono::minutes(12);
  load.interruptions = 3;
  const SnapshotFigures figures = run_load(load);
  EXPECT_LE(figures.most_under_way, 10);
  EXPECT_GE(figures.most_under_way, 9) << "there is more to do than that";
  EXPECT_EQ(figures.throttled, 0u);
}

}  // namespace
}  // namespace holdfast::bench
