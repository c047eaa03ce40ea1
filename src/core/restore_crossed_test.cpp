// Restores that something comes in the way of: pauses, losses, deletions, another restore.
#include <gtest/gtest.h>

#include <algorithm>

#include "core/copies_test.h"
#include "core/replacement.h"
#include "core/restore.h"

namespace holdfast::core::testing {
namespace {

struct RestoreCrossed : BothModes {};
INSTANTIATE_TEST_SUITE_P(Modes, RestoreCrossed, both_modes(), mode_name);

TEST_P(RestoreCrossed, ARestoreThatWaitsOutlivesAPauseThatIsTakenBack) {
  world.cloud.write();
  const SnapshotId old = take(world, kRoot);
  const int64_t was = content(world, kRoot);
  world.cloud.write();
  world.cloud.snapshots_fail = true;
  later(world, std::chrono::minutes(6));  // the periodic one fails
  ASSERT_TRUE(world.happen(RestoreAsked{{{kRoot, old}}}));
  ASSERT_FALSE(world.state.handover) << "held";
  ASSERT_TRUE(world.happen(PauseAsked{}));
  ASSERT_FALSE(world.state.handover) << "held";
  ASSERT_TRUE(world.happen(ResumeAsked{}));
  world.cloud.snapshots_fail = false;
  for (int i = 0; i < 5; ++i) later(world, std::chrono::minutes(5));
  EXPECT_EQ(world.state.status, Status::active);
  EXPECT_FALSE(world.state.restore) << "still to be done";
  EXPECT_EQ(content(world, kRoot), was);
  // What an interruption days later makes of it.
  world.cloud.write();
  const int64_t newest = content(world, kRoot);
  later(world, std::chrono::hours(48));
  world.happen(InterruptionNoticed{world.state.instance->id, world.now + std::chrono::minutes(2)});
  world.settle();
  EXPECT_EQ(content(world, kRoot), newest) << "an interruption restored it";
}

TEST_P(RestoreCrossed, ARestoreDuringALaunchOutlivesAPauseThatIsTakenBack) {
  world.cloud.write();
  const SnapshotId old = take(world, kRoot);
  const int64_t was = content(world, kRoot);
  world.cloud.write();
  ASSERT_TRUE(world.happen(RecycleAsked{}));
  ASSERT_TRUE(world.turn_until([&] { return launch_may_be_done(world.state); }));
  ASSERT_TRUE(world.happen(RestoreAsked{{{kRoot, old}}}));
  ASSERT_TRUE(world.happen(PauseAsked{}));
  ASSERT_TRUE(world.happen(ResumeAsked{}));
  world.settle();
  EXPECT_EQ(world.state.status, Status::active);
  EXPECT_FALSE(world.state.restore);
  EXPECT_EQ(content(world, kRoot), was);
}

TEST(RestoreCrossedReattach, WhatWasRestoredAndIsLostIsRestoredAgainAndNotWhatGaveWay) {
  World world(spec_of(BlockDevicesMode::reattach));
  world.settle();
  world.cloud.write();
  const SnapshotId first = take(world, kData);
  const int64_t was = content(world, kData);
  world.cloud.write();
  take(world, kData);
  const VolumeId former = world.state.data.at(kData).id;
  ASSERT_TRUE(world.happen(RestoreAsked{{{kData, first}}}));
  ASSERT_TRUE(world.turn_until([&] { return world.state.data.at(kData).id != former; }));
  world.cloud.lose(world.state.data.at(kData).id);  // by hand, before it is attached
  for (int i = 0; i < 3; ++i) world.settle();
  ASSERT_TRUE(told(world, "restored")) << world.state.error;
  EXPECT_EQ(content(world, kData), was) << message_of(world, "volume_restored");
}

// Each that fails is followed by the next at the next look.
TEST(RestoreCrossedReattach, ARestoredVolumeThatCannotBeMadeIsTriedAfterPauses) {
  World world(spec_of(BlockDevicesMode::reattach));
  world.settle();
  world.cloud.write();
  const SnapshotId first = take(world, kData);
  const size_t before = world.cloud.volumes();
  world.cloud.volumes_fail = true;
  ASSERT_TRUE(world.happen(RestoreAsked{{{kData, first}}}));
  world.settle(300);
  EXPECT_LT(world.cloud.volumes(), before + 20) << "in five minutes";
}

TEST_P(RestoreCrossed, WhatGaveWayWithoutACopyStaysIfAnotherRestoreIsTakenBack) {
  world.cloud.write();
  const SnapshotId old = take(world, kRoot);
  world.cloud.write();
  const VolumeId former = world.state.root->id;
  ASSERT_TRUE(world.happen(RestoreAsked{{{kRoot, old}}}));
  ASSERT_TRUE(world.turn_until([&] { return world.state.generation == 2 && world.state.instance; }));
  Deallocation what;
  what.delete_snapshots = what.delete_images = true;
  deallocate(what);
  ASSERT_TRUE(world.happen(UndeleteAsked{}));
  const SnapshotId other = take(world, kData);
  ASSERT_TRUE(world.happen(RestoreAsked{{{kData, other}}}));
  ASSERT_TRUE(world.happen(RestoreAsked{}));  // taken back
  ASSERT_TRUE(world.happen(ResumeAsked{}));
  world.settle();
  ASSERT_EQ(world.state.status, Status::active) << world.state.error;
  EXPECT_TRUE(world.cloud.exists(former)) << "the only one with what gave way";
}

// the copy deleted by hand
TEST_P(RestoreCrossed, WhatGaveWayStaysIfItsCopyWasDeletedByHandAndAnotherRestoreIsTakenBack) {
  world.cloud.write();
  const SnapshotId old = take(world, kRoot);
  world.cloud.write();
  const VolumeId former = world.state.root->id;
  world.cloud.set_health(StatusCheck::initializing);
  ASSERT_TRUE(world.happen(RestoreAsked{{{kRoot, old}}}));
  ASSERT_TRUE(world.turn_until([&] {
    return world.state.generation == 2 && world.state.instance && world.state.instance->running_at && world.state.root;
  }));
  Snapshot* final = any_of(world, kRoot, [&](const Snapshot& s) { return s.final && s.volume == former; });
  ASSERT_NE(final, nullptr);
  world.cloud.lose(final->id);
  for (int i = 0; i < 8; ++i) {
    world.happen(Observed{world.cloud.observe(kAllKinds, world.now)});
    world.now += std::chrono::seconds(20);
  }
  ASSERT_TRUE(told(world, "snapshot_gone"));
  Snapshot* data = any_of(world, kData, [&](const Snapshot& s) { return s.manual; });
  ASSERT_NE(data, nullptr);
  const SnapshotId of_data = data->id;
  ASSERT_TRUE(world.happen(PauseAsked{}));
  world.settle();
  ASSERT_TRUE(world.happen(RestoreAsked{{{kData, of_data}}}));
  ASSERT_TRUE(world.happen(RestoreAsked{}));
  world.cloud.set_health(StatusCheck::ok);
  ASSERT_TRUE(world.happen(ResumeAsked{}));
  world.settle();
  ASSERT_EQ(world.state.status, Status::active) << world.state.error;
  EXPECT_TRUE(world.cloud.exists(former)) << "the only one with what gave way";
}

TEST(RestoreCrossedReattach, ALateCopyOfWhatGaveWayIsNoCopyOfWhatIsNow) {
  World world(spec_of(BlockDevicesMode::reattach));
  world.settle();
  world.cloud.write();
  const SnapshotId first = take(world, kData);
  const int64_t was = content(world, kData);
  world.cloud.write();
  ASSERT_TRUE(world.happen(SnapshotAsked{}));
  std::deque<Effect> late;
  std::swap(late, world.effects);
  ASSERT_FALSE(late.empty());
  ASSERT_TRUE(world.happen(RestoreAsked{{{kData, first}}}));
  auto well = [&] { return world.state.instance && world.state.instance->healthy_at && !world.state.handover; };
  for (int i = 0; i < 300 && !well(); ++i) {
    if (!world.turn()) world.cloud.advance(), world.now += std::chrono::seconds(1);
  }
  ASSERT_EQ(content(world, kData), was);
  for (const Effect& effect : late) world.happen(EffectEnded{world.cloud.perform(effect, world.spec)});
  world.settle();
  world.cloud.vanish(world.state.instance->id);
  world.cloud.lose(world.state.data.at(kData).id);
  world.happen(CloudStirred{kAllKinds});
  for (int i = 0; i < 3; ++i) world.settle();
  ASSERT_EQ(world.state.status, Status::active) << world.state.error;
  EXPECT_EQ(content(world, kData), was) << message_of(world, "volume_restored");
}

TEST_P(RestoreCrossed, ARestoreOfADeviceThatNothingMapsIsNotToldAsDone) {
  attach_by_hand(world);
  world.cloud.write();
  const SnapshotId copy = take(world, kHand);
  const int64_t was = content(world, kHand);
  ASSERT_TRUE(world.happen(PauseAsked{}));
  world.settle();
  ASSERT_TRUE(world.happen(VolumeDropped{world.state.data.at(kHand).id}));
  auto asked = world.happen(RestoreAsked{{{kHand, copy}}});
  if (!asked) return;
  ASSERT_TRUE(world.happen(ResumeAsked{}));
  world.settle();
  ASSERT_EQ(world.state.status, Status::active) << world.state.error;
  ASSERT_TRUE(world.state.data.contains(kHand)) << message_of(world, "restored");
  EXPECT_EQ(content(world, kHand), was);
}

TEST_P(RestoreCrossed, ACopyThatIsToBeRestoredOutlivesItsTime) {
  world.cloud.write();
  const SnapshotId old = take(world, kRoot);
  world.cloud.write();
  ASSERT_TRUE(world.happen(RestoreAsked{{{kRoot, old}}, std::chrono::hours(1)}));
  world.settle();
  for (int i = 0; i < 3; ++i) world.happen(RecycleAsked{}), world.settle();  // its image goes
  Snapshot* left = any_of(world, kRoot, [](const Snapshot& s) { return s.keep_until && !s.manual; });
  ASSERT_NE(left, nullptr);
  const SnapshotId wanted = left->id;
  world.cloud.snapshots_fail = true;
  later(world, std::chrono::minutes(6));
  ASSERT_TRUE(world.happen(RestoreAsked{{{kRoot, wanted}}}));
  ASSERT_FALSE(world.state.handover) << "held";
  for (int i = 0; i < 15; ++i) later(world, std::chrono::minutes(5));
  EXPECT_FALSE(told(world, "restore_failed")) << message_of(world, "restore_failed");
}

TEST_P(RestoreCrossed, ARestoreThatIsTakenBackLeavesNoRecycle) {
  world.cloud.write();
  const SnapshotId old = take(world, kRoot);
  world.cloud.snapshots_fail = true;
  later(world, std::chrono::minutes(6));
  ASSERT_TRUE(world.happen(RestoreAsked{{{kRoot, old}}}));
  ASSERT_FALSE(world.state.handover) << "held";
  ASSERT_TRUE(world.happen(RestoreAsked{}));
  const int generation = world.state.generation;
  world.cloud.snapshots_fail = false;
  for (int i = 0; i < 5; ++i) later(world, std::chrono::minutes(5));
  EXPECT_EQ(world.state.generation, generation) << "recycled, though nobody wants that";
}

TEST(RestoreCrossedReattach, WhatGaveWayToARestoreThatWasOverriddenIsNotDeleted) {
  for (bool answered : {true, false}) {
    World world(spec_of(BlockDevicesMode::reattach));
    world.settle();
    world.cloud.write();
    const SnapshotId first = take(world, kData);
    world.cloud.write();
    const SnapshotId second = take(world, kData);
    world.cloud.write();
    const VolumeId former = world.state.data.at(kData).id;
    const int64_t newest = content(world, kData);
    ASSERT_TRUE(world.happen(RestoreAsked{{{kData, first}}}));
    ASSERT_TRUE(world.turn_until([&] {
      return !world.effects.empty() && std::holds_alternative<CreateVolume>(world.effects.front().action);
    }));
    if (!answered) {
      world.cloud.perform(world.effects.front(), world.spec);
      world.restart();
    }
    ASSERT_TRUE(world.happen(RestoreAsked{{{kData, second}}}));
    ASSERT_TRUE(world.turn_until([&] {  // its answer, or the look that shows it, has come
      return std::none_of(world.state.asked.begin(), world.state.asked.end(), [](const auto& entry) {
        return std::holds_alternative<CreateVolume>(entry.second.effect.action);
      });
    }));
    ASSERT_TRUE(world.happen(RestoreAsked{}));  // taken back
    for (int i = 0; i < 3; ++i) world.settle();
    ASSERT_EQ(world.state.status, Status::active) << world.state.error;
    ASSERT_TRUE(world.cloud.exists(former)) << "what was on it is nowhere else";
    EXPECT_EQ(content(world, kData), newest) << message_of(world, "restore_taken_back");
  }
}

TEST_P(RestoreCrossed, AnImageThatFailedIsNotTakenForTheNextTry) {
  world.cloud.write();
  ASSERT_TRUE(world.happen(RecycleAsked{}));
  world.settle();
  const SnapshotId imaged = world.state.images.front().snapshot;
  world.cloud.write();
  const SnapshotId wanted = take(world, kRoot);
  const int64_t was = content(world, kRoot);
  world.cloud.images_fail = true;
  ASSERT_TRUE(world.happen(RestoreAsked{{{kRoot, wanted}}}));
  auto next_try = [&] {  // the second is let out, and its failure not seen yet
    world.ring();
    return std::count_if(world.state.images.begin(), world.state.images.end(),
                         [&](const RootImage& image) { return image.snapshot == wanted; }) == 2;
  };
  ASSERT_TRUE(world.turn_until(next_try));
  ASSERT_TRUE(world.happen(RestoreAsked{{{kRoot, imaged}}}));  // another one, of which there is an image
  for (int i = 0; i < 3; ++i) world.settle(60);
  ASSERT_EQ(world.state.status, Status::active) << world.state.error;
  world.cloud.images_fail = false;
  ASSERT_TRUE(world.happen(RestoreAsked{{{kRoot, wanted}}}));
  for (int i = 0; i < 3; ++i) world.settle();
  EXPECT_EQ(world.state.status, Status::active) << world.state.error;
  EXPECT_EQ(content(world, kRoot), was);
  EXPECT_FALSE(world.state.restore);
}

}  // namespace
}  // namespace holdfast::core::testing
