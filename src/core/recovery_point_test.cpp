#include "core/recovery_point.h"

#include <gtest/gtest.h>

namespace holdfast::core {
namespace {

using namespace model;
using namespace std::chrono_literals;

const Time kStart = from_millis(1'700'000'000'000);

struct RecoveryPoint : testing::Test {
  RecoveryPoint() {
    spec.persistence.root_device = true;
    spec.persistence.snapshot_interval = 5min;
    volume.id = VolumeId("vol-1");
    volume.device = "/dev/xvda";
    state.instance.emplace();
    state.instance->market.life_cycle = LifeCycle::spot;
    state.instance->healthy_at = kStart;
    state.root = volume;
  }
  void add(Duration at, std::optional<Duration> took) {
    Snapshot snapshot;
    snapshot.id = SnapshotId("snap-" + std::to_string(state.snapshots.size()));
    snapshot.volume = volume.id;
    snapshot.device = volume.device;
    snapshot.started_at = kStart + at;
    snapshot.state = took ? SnapshotState::completed : SnapshotState::pending;
    state.snapshots.push_back(snapshot);
  }
  Spec spec;
  State state;
  Volume volume;
};

TEST_F(RecoveryPoint, IsTheNewestCompletedCopy) {
  EXPECT_FALSE(recovery_point(state, volume));
  EXPECT_FALSE(achieved_interval(state, volume));
  add(5min, 30s);
  add(17min, 40s);
  add(30min, std::nullopt);
  EXPECT_EQ(recovery_point(state, volume), kStart + 17min);
  EXPECT_EQ(achieved_interval(state, volume), Duration(12min));
}

TEST_F(RecoveryPoint, TheNextIsDueAnIntervalAfterTheLastThatWasTried) {
  EXPECT_EQ(periodic_due(spec, state, volume), kStart + 5min);
  add(7min, 30s);
  EXPECT_EQ(periodic_due(spec, state, volume), kStart + 12min);
  add(20min, std::nullopt);
  EXPECT_EQ(periodic_due(spec, state, volume), kStart + 25min);
  state.instance->healthy_at.reset();
  EXPECT_EQ(periodic_due(spec, state, volume), Time::max());
}

TEST_F(RecoveryPoint, IsNoIntervalWhereNothingWasWrittenMeanwhile) {
  add(5min, 30s);
  state.snapshots.back().final = true;
  add(3h, 30s);
  EXPECT_FALSE(achieved_interval(state, volume)) << "it was paused";
  add(3h + 5min, 30s);
  EXPECT_EQ(achieved_interval(state, volume), Duration(5min));
}

TEST_F(RecoveryPoint, ThePaceCountsFromWhatIsSavedAndWeighsLessOnDemand) {
  EXPECT_EQ(pace_of(spec, state, volume), (SnapshotPace{kStart, 5min, 1}));
  add(-20min, 30s);
  EXPECT_EQ(pace_of(spec, state, volume).since, kStart) << "nothing was written before it was healthy";
  add(7min, 30s);
  state.instance->market.life_cycle = LifeCycle::on_demand;
  EXPECT_EQ(pace_of(spec, state, volume), (SnapshotPace{kStart + 7min, 5min, kWeightOnDemand}));
}

}  // namespace
}  // namespace holdfast::core
