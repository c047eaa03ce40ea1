#include "engine/snapshot_times.h"

#include <gtest/gtest.h>

namespace holdfast::engine {
namespace {

using namespace std::chrono_literals;

const ManagedInstanceId kOne("smi-1");
const VolumeId kVolume("vol-1");
const Time kStart = from_millis(1'700'000'000'000);

struct SnapshotTimesTest : testing::Test {
  // One that is taken then, and is seen completed after so long.
  void snapshot(Duration at, Duration took, model::SnapshotState end = model::SnapshotState::completed) {
    model::Snapshot made;
    made.id = SnapshotId("snap-" + std::to_string(state.snapshots.size()));
    made.volume = kVolume;
    made.started_at = kStart + at;
    state.snapshots.push_back(made);
    times.update(kOne, state, kStart + at);
    state.snapshots.back().state = end;
    times.update(kOne, state, kStart + at + took);
    times.update(kOne, state, kStart + at + took + 1min);  // seen again: nothing new
  }
  model::State state;
  SnapshotTimes times;
};

TEST_F(SnapshotTimesTest, AVolumeWhoseSnapshotsTakeMuchOfTheTimeTheyCoverChangesMuch) {
  EXPECT_FALSE(times.much_changes(kOne, kVolume));
  snapshot(0min, 4min);
  EXPECT_FALSE(times.much_changes(kOne, kVolume)) << "the first is a whole copy";
  snapshot(5min, 40s);
  EXPECT_FALSE(times.much_changes(kOne, kVolume)) << "half a minute any takes";
  snapshot(10min, 3min);
  EXPECT_TRUE(times.much_changes(kOne, kVolume));
  snapshot(15min, 20s);
  snapshot(20min, 20s);
  snapshot(25min, 20s);
  EXPECT_FALSE(times.much_changes(kOne, kVolume)) << "not any more";
}

TEST_F(SnapshotTimesTest, WhatFailedTellsNothing) {
  snapshot(0min, 30s);
  snapshot(5min, 4min, model::SnapshotState::error);
  EXPECT_FALSE(times.much_changes(kOne, kVolume));
}

TEST_F(SnapshotTimesTest, WhatIsGoneIsForgotten) {
  snapshot(0min, 30s);
  snapshot(5min, 4min);
  ASSERT_TRUE(times.much_changes(kOne, kVolume));
  model::State other = state;
  for (auto& entry : other.snapshots) entry.volume = VolumeId("vol-2");
  times.update(kOne, other, kStart + 1h);
  EXPECT_FALSE(times.much_changes(kOne, kVolume));
  times.update(kOne, state, kStart + 1h);
  times.forget(kOne);
  EXPECT_FALSE(times.much_changes(kOne, kVolume));
}

}  // namespace
}  // namespace holdfast::engine
