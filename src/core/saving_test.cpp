// Snapshots and images that the cloud cannot make.

#include "core/saving.h"

#include <gtest/gtest.h>

#include "core/small_world_test.h"

namespace holdfast::core {
namespace {

using namespace model;
using testing::position;
using testing::spec_of;
using testing::World;

// When each effect whose key begins so was performed.
std::vector<Time> times_of(World& world, const std::string& prefix, Duration over) {
  std::vector<Time> times;
  Time end = world.now + over;
  while (world.now < end) {
    size_t before = world.done.size();
    while (world.turn()) {
    }
    for (size_t i = before; i < world.done.size(); ++i) {
      if (world.done[i].starts_with(prefix)) times.push_back(world.now);
    }
    world.cloud.advance();
    world.now += std::chrono::seconds(1);
    world.ring();
  }
  return times;
}

// `failures`: those before.
void expect_growing_pauses(const std::vector<Time>& times, int failures = 0) {
  ASSERT_GE(times.size(), 8u);
  for (size_t i = 1; i < times.size(); ++i) {
    Duration pause = times[i] - times[i - 1];
    Duration wanted = pause_after_failures(failures + static_cast<int>(i));
    EXPECT_GE(pause, wanted) << i;
    EXPECT_LE(pause, wanted + std::chrono::seconds(5)) << i;
  }
  EXPECT_LE(times.size(), 30u) << "in two hours";
}

TEST(Saving, PausesGrowFromFiveSecondsToFiveMinutes) {
  EXPECT_EQ(pause_after_failures(1), std::chrono::seconds(5));
  EXPECT_EQ(pause_after_failures(2), std::chrono::seconds(10));
  EXPECT_EQ(pause_after_failures(7), std::chrono::minutes(5));
  EXPECT_EQ(pause_after_failures(1000), std::chrono::minutes(5));
}

TEST(Saving, AFinalSnapshotThatFailsIsTriedAgainAfterGrowingPausesAndSaidSo) {
  World world(spec_of(BlockDevicesMode::reattach));
  world.settle();
  world.cloud.write();
  world.cloud.snapshots_fail = true;
  world.cloud.vanish(world.state.instance->id);
  world.happen(CloudStirred{kAllKinds});
  expect_growing_pauses(times_of(world, "final/", std::chrono::hours(2)));
  EXPECT_EQ(world.state.status, Status::error);
  EXPECT_NE(world.state.error.find("final snapshot of volume"), std::string::npos) << world.state.error;
  EXPECT_EQ(world.state.error.find("NotFound"), std::string::npos) << world.state.error;
  EXPECT_LE(world.state.snapshots.size(), 1u) << "one note, and no more";
  EXPECT_LE(world.cloud.snapshots(), 2u) << "failed ones are deleted meanwhile";
  world.cloud.snapshots_fail = false;
  world.settle();
  EXPECT_EQ(world.state.status, Status::active);
  EXPECT_EQ(world.cloud.content_of(world.state.root->id), world.cloud.acknowledged["/dev/xvda"]);
}

TEST(Saving, AnImageThatFailsIsTriedAgainAfterGrowingPausesUnderAnotherName) {
  World world(spec_of(BlockDevicesMode::reattach));
  world.settle();
  world.cloud.images_fail = true;
  world.cloud.vanish(world.state.instance->id);
  world.happen(CloudStirred{kAllKinds});
  expect_growing_pauses(times_of(world, "image/", std::chrono::hours(2)));
  EXPECT_EQ(world.state.status, Status::error);
  EXPECT_NE(world.state.error.find("no image can be made"), std::string::npos) << world.state.error;
  EXPECT_LE(world.state.images.size(), 1u);
  world.cloud.images_fail = false;
  world.settle();
  EXPECT_EQ(world.state.status, Status::active);
  EXPECT_EQ(world.cloud.images(), 1u);
}

// The final snapshot or the image in the making, deleted by hand: what is waited for never comes.
struct Deleted : ::testing::Test {
  Deleted() : world(spec_of(BlockDevicesMode::on_launch)) {
    world.settle();
    world.cloud.write();
    world.cloud.vanish(world.state.instance->id);
    world.happen(CloudStirred{kAllKinds});
  }
  void expect_everything_is_back() {
    world.settle();
    ASSERT_EQ(world.state.status, Status::active) << world.state.error;
    EXPECT_EQ(world.cloud.content_of(world.state.root->id), world.cloud.acknowledged["/dev/xvda"]);
    EXPECT_EQ(world.cloud.content_of(world.state.data.at("/dev/sdf").id), world.cloud.acknowledged["/dev/sdf"]);
  }
  World world;
};

TEST_F(Deleted, AFinalSnapshotThatIsGoneBeforeItIsCompletedIsMadeAgain) {
  ASSERT_TRUE(world.turn_until([&] { return world.state.snapshots.size() == 2; }));
  for (const Snapshot& snapshot : world.state.snapshots) world.cloud.lose(snapshot.id);
  expect_everything_is_back();
  EXPECT_LT(position(world.history, "snapshot_gone"), world.history.size());
}

TEST_F(Deleted, AnImageThatIsGoneBeforeItIsLaunchedFromIsMadeAgain) {
  ASSERT_TRUE(world.turn_until([&] { return !world.state.images.empty(); }));
  world.cloud.lose(world.state.images.front().id);
  expect_everything_is_back();
}

// One look without it proves nothing.
TEST_F(Deleted, OneThatIsListedAgainCountsAgain) {
  ASSERT_TRUE(world.turn_until([&] { return world.state.snapshots.size() == 2; }));
  world.now += std::chrono::minutes(10);
  Observation blank;
  blank.kinds = kAllKinds;
  blank.as_of = world.now;
  world.happen(Observed{blank});
  EXPECT_TRUE(world.state.snapshots.front().missing_since);
  EXPECT_EQ(world.state.snapshots.front().state, SnapshotState::pending);
  expect_everything_is_back();
  EXPECT_EQ(position(world.history, "snapshot_gone"), world.history.size());
}

struct Failing : ::testing::Test {
  Failing() : world(spec_of(BlockDevicesMode::reattach)) {
    world.settle();
    first = world.state.instance->id;
    world.cloud.snapshots_fail = true;
    world.now += std::chrono::minutes(5);
    world.happen(TimerRang{});
    world.settle(5);
  }
  World world;
  InstanceId first;
};

TEST_F(Failing, ARecycleWaitsAndTheInstanceGoesOn) {
  EXPECT_EQ(world.state.status, Status::active) << "one that failed is no error by itself";
  ASSERT_TRUE(world.happen(RecycleAsked{}));
  expect_growing_pauses(times_of(world, "periodic/", std::chrono::hours(2)), 1);
  EXPECT_EQ(world.state.instance->id, first);
  EXPECT_FALSE(world.state.handover);
  EXPECT_EQ(world.state.status, Status::error);
  EXPECT_NE(world.state.error.find("the recycle waits"), std::string::npos) << world.state.error;
  world.cloud.snapshots_fail = false;
  times_of(world, "", std::chrono::minutes(10));
  EXPECT_EQ(world.state.status, Status::active);
  EXPECT_NE(world.state.instance->id, first);
}

TEST_F(Failing, APauseWaitsAndCanBeTakenBack) {
  ASSERT_TRUE(world.happen(PauseAsked{}));
  world.settle(100);
  EXPECT_EQ(world.state.status, Status::error);
  EXPECT_NE(world.state.error.find("the pause waits"), std::string::npos) << world.state.error;
  EXPECT_EQ(world.cloud.running(), 1);
  ASSERT_TRUE(world.happen(ResumeAsked{}));
  EXPECT_EQ(world.state.status, Status::active);
  ASSERT_TRUE(world.happen(PauseAsked{}));
  world.cloud.snapshots_fail = false;
  times_of(world, "", std::chrono::minutes(10));
  EXPECT_EQ(world.state.status, Status::paused);
}

TEST_F(Failing, WhatTheCloudTakesIsReplacedAndADeletionGoesOn) {
  world.happen(InterruptionNoticed{first, world.now + std::chrono::minutes(2)});
  world.settle(20);
  EXPECT_EQ(world.cloud.running(), 0) << "it was taken down in time";
  ASSERT_TRUE(world.happen(DeleteAsked{Deallocation{true, true, true, true, std::chrono::hours(96)}}));
  world.settle(50);
  EXPECT_EQ(world.state.status, Status::deallocated);
}

TEST(Saving, NothingIsHeldWhereNoSnapshotIsNeeded) {
  Spec spec = spec_of(BlockDevicesMode::reattach);
  spec.persistence.root_device = false;
  World world(spec);
  world.settle();
  world.cloud.snapshots_fail = true;
  ASSERT_TRUE(world.happen(RecycleAsked{}));
  world.settle();
  EXPECT_EQ(world.state.status, Status::active);
  EXPECT_EQ(world.state.generation, 2);
}

}  // namespace
}  // namespace holdfast::core
