// Volumes that are given up or lost, and what comes in their place.
#include <gtest/gtest.h>

#include <algorithm>

#include "core/copies_test.h"
#include "core/replacement.h"
#include "core/restore.h"

namespace holdfast::core::testing {
namespace {

struct GivenUpVolumes : BothModes {};
INSTANTIATE_TEST_SUITE_P(Modes, GivenUpVolumes, both_modes(), mode_name);

TEST_P(GivenUpVolumes, AVolumeAttachedByHandThatIsLostBetweenInstancesComesFromItsCopy) {
  const VolumeId hand = attach_by_hand(world);
  ASSERT_TRUE(world.state.data.contains(kHand));
  world.cloud.write();
  const int64_t written = content(world, kHand);
  take(world, kHand);
  ASSERT_TRUE(world.happen(PauseAsked{}));
  world.settle();
  ASSERT_EQ(world.state.status, Status::paused);
  world.cloud.lose(hand);
  world.cloud.no_capacity = 1;
  ASSERT_TRUE(world.happen(ResumeAsked{}));
  world.settle(120);
  world.cloud.no_capacity = 0;
  world.settle();
  ASSERT_EQ(world.state.status, Status::active) << world.state.error;
  EXPECT_TRUE(world.state.data.contains(kHand)) << message_of(world, "volume_restored");
  ASSERT_TRUE(world.state.data.contains(kHand));
  EXPECT_EQ(content(world, kHand), written);
}

// Taken off and deleted by hand between two looks, before it was seen attached.
TEST_P(GivenUpVolumes, AVolumeThatIsLostWhileItIsBeingAttachedIsReplaced) {
  world.cloud.write();
  take(world, kData);
  if (GetParam() == BlockDevicesMode::on_launch) return;
  ASSERT_TRUE(world.happen(RecycleAsked{}));
  ASSERT_TRUE(world.turn_until([&] {
    return world.state.instance && world.state.generation == 2 &&
           world.state.data.at(kData).attached_to == world.state.instance->id;
  }));
  world.cloud.lose(world.state.data.at(kData).id);
  for (int i = 0; i < 3; ++i) world.settle();
  EXPECT_EQ(world.state.status, Status::active) << world.state.error;
}

TEST_P(GivenUpVolumes, AGivenUpVolumeThatIsAttachedAgainByHandIsKept) {
  ASSERT_TRUE(world.happen(PauseAsked{}));
  world.settle();
  const VolumeId data = world.state.data.at(kData).id;
  ASSERT_TRUE(world.happen(VolumeDropped{data}));
  ASSERT_TRUE(world.happen(ResumeAsked{}));
  world.settle();
  later(world, std::chrono::hours(95));
  world.cloud.tag(data, kHand);  // the test's cloud does no TagVolume
  world.cloud.perform({"hand/2", AttachVolume{data, world.state.instance->id, kHand}, Urgency::save, {}}, world.spec);
  world.cloud.advance();
  world.happen(CloudStirred{kAllKinds});
  world.settle();
  ASSERT_TRUE(world.state.data.contains(kHand));
  ASSERT_EQ(world.state.data.at(kHand).id, data);
  later(world, std::chrono::hours(24));
  ASSERT_TRUE(world.cloud.exists(data));
  ASSERT_TRUE(world.happen(DeleteAsked{}));  // keeps everything for 96 hours
  world.settle(60);
  EXPECT_EQ(world.state.status, Status::deallocated);
  EXPECT_TRUE(world.cloud.exists(data)) << "deleted at once";
}

// Its deletion was not answered, and its repeat is refused since it is in use: it is not deleted once it is free.
TEST(GivenUpVolumesReattach, OneThatIsAttachedByHandRightBeforeItsDeletionIsKept) {
  World world(spec_of(BlockDevicesMode::reattach));
  world.settle();
  ASSERT_TRUE(world.happen(PauseAsked{}));
  world.settle();
  const VolumeId data = world.state.data.at(kData).id;
  ASSERT_TRUE(world.happen(VolumeDropped{data, std::chrono::hours(1)}));
  ASSERT_TRUE(world.happen(ResumeAsked{}));
  world.settle();
  world.now += std::chrono::hours(2);
  world.happen(TimerRang{});
  const std::string key = "delete/" + data.str();
  const auto is_deletion = [&](const Effect& effect) { return effect.key == key; };
  ASSERT_EQ(std::erase_if(world.effects, is_deletion), 1u);
  world.cloud.tag(data, kHand);
  world.cloud.perform({"hand/2", AttachVolume{data, world.state.instance->id, kHand}, Urgency::save, {}}, world.spec);
  world.cloud.advance();
  world.happen(EffectEnded{{key, Failure(Error{ErrorKind::unknown_outcome, "Timeout", "said the test", {}})}});
  world.settle(60);
  for (int i = 0; i < 3; ++i) {  // as the sweep does
    world.now += std::chrono::seconds(7);
    world.happen(CloudStirred{kAllKinds});
    world.settle(5);
  }
  ASSERT_TRUE(world.state.data.contains(kHand));
  world.happen(RecycleAsked{});
  world.settle();
  world.settle(120);
  ASSERT_EQ(world.state.status, Status::active) << world.state.error;
  EXPECT_TRUE(world.cloud.exists(data));
}

// Its copies are those of what is there again.
TEST(GivenUpVolumesReattach, AGivenUpVolumeThatIsPutBackByHandHasItsCopiesAgain) {
  World world(spec_of(BlockDevicesMode::reattach));
  world.settle();
  world.cloud.write();
  take(world, kData);
  const int64_t written = content(world, kData);
  ASSERT_TRUE(world.happen(PauseAsked{}));
  world.settle();
  const VolumeId data = world.state.data.at(kData).id;
  ASSERT_TRUE(world.happen(VolumeDropped{data}));
  ASSERT_TRUE(world.happen(ResumeAsked{}));
  world.settle();
  const VolumeId blank = world.state.data.at(kData).id;
  ASSERT_NE(blank, data);
  world.cloud.detach(blank);
  world.cloud.perform({"hand/2", AttachVolume{data, world.state.instance->id, kData}, Urgency::save, {}}, world.spec);
  world.cloud.advance();
  world.happen(CloudStirred{kAllKinds});
  world.settle();
  ASSERT_EQ(world.state.data.at(kData).id, data);
  world.cloud.lose(data);
  world.happen(RecycleAsked{});
  for (int i = 0; i < 3; ++i) world.settle();
  ASSERT_EQ(world.state.status, Status::active) << world.state.error;
  EXPECT_EQ(content(world, kData), written);
}

// what gave way to a restore, attached beside it by hand.
TEST(GivenUpVolumesReattach, WhatGaveWayToARestoreAndIsAttachedByHandIsKept) {
  World world(spec_of(BlockDevicesMode::reattach));
  world.settle();
  world.cloud.write();
  const SnapshotId old = take(world, kData);
  world.cloud.write();
  const VolumeId newer = world.state.data.at(kData).id;
  ASSERT_TRUE(world.happen(RestoreAsked{{{kData, old}}, std::chrono::hours(1)}));
  world.settle();
  ASSERT_EQ(world.state.status, Status::active) << world.state.error;
  world.cloud.tag(newer, kHand);
  world.cloud.perform({"hand/2", AttachVolume{newer, world.state.instance->id, kHand}, Urgency::save, {}}, world.spec);
  world.cloud.advance();
  world.happen(CloudStirred{kAllKinds});
  world.settle();
  ASSERT_TRUE(world.state.data.contains(kHand));
  later(world, std::chrono::hours(2));
  ASSERT_TRUE(world.cloud.exists(newer));
  ASSERT_TRUE(world.happen(PauseAsked{}));
  world.settle();
  ASSERT_TRUE(world.happen(VolumeDropped{newer}));
  world.settle();
  EXPECT_TRUE(world.cloud.exists(newer)) << message_of(world, "volume_dropped");
}

TEST_P(GivenUpVolumes, AVolumeThatIsGivenUpDoesNotComeBackByACopyUnderWay) {
  world.cloud.write();
  ASSERT_TRUE(world.happen(PauseAsked{}));
  world.settle();
  ASSERT_TRUE(world.happen(SnapshotAsked{}));
  ASSERT_TRUE(world.happen(VolumeDropped{world.state.data.at(kData).id}));
  world.settle();
  std::erase_if(world.state.snapshots, [](const Snapshot&) { return false; });
  ASSERT_TRUE(world.happen(ResumeAsked{}));
  world.settle();
  ASSERT_EQ(world.state.status, Status::active) << world.state.error;
  EXPECT_EQ(content(world, kData), 0) << "what the document maps: blank";
}

// Found by the simulator: it counted as there, and then as lost.
TEST_P(GivenUpVolumes, ALookFromRightBeforeItsDeletionDoesNotBringItBack) {
  ASSERT_TRUE(world.happen(PauseAsked{}));
  world.settle();
  const VolumeId data = world.state.data.at(kData).id;
  ASSERT_TRUE(world.happen(VolumeDropped{data, std::chrono::hours(1)}));
  Observation before = world.cloud.observe(static_cast<Kinds>(Kind::volumes), world.now);
  later(world, std::chrono::hours(1));
  ASSERT_FALSE(world.cloud.exists(data));
  before.as_of = world.state.updated_at;
  world.now = before.as_of + std::chrono::milliseconds(100);
  ASSERT_TRUE(world.happen(Observed{before}));
  EXPECT_FALSE(world.state.data.contains(kData)) << message_of(world, "volume_found");
  EXPECT_TRUE(world.look && world.look->at > world.now) << "it is looked at once more";
  ASSERT_TRUE(world.happen(ResumeAsked{}));
  world.settle();
  EXPECT_EQ(world.state.status, Status::active) << world.state.error;
  EXPECT_EQ(content(world, kData), 0);
}

// Found by the simulator: it was copied while another machine wrote to it, of which the look before had told.
TEST_P(GivenUpVolumes, WhatIsSeenOnAMachineIsTakenInAtOnce) {
  ASSERT_TRUE(world.happen(PauseAsked{}));
  world.settle();
  const VolumeId data = world.state.data.at(kData).id;
  Observation look = world.cloud.observe(static_cast<Kinds>(Kind::volumes), world.now);
  for (ObservedVolume& seen : look.volumes) {
    if (seen.id != data) continue;
    seen.state = VolumeState::in_use;
    seen.attachments = {{InstanceId("i-another"), kData, AttachmentState::attached}};
  }
  world.state.data.erase(kData);
  world.state.updated_at = world.now;
  look.as_of = world.now;
  ASSERT_TRUE(world.happen(Observed{look}));
  ASSERT_TRUE(world.state.data.contains(kData));
  EXPECT_EQ(world.state.data.at(kData).attached_to, InstanceId("i-another"));
  EXPECT_TRUE(world.state.data.at(kData).taken_off) << "not copied before it is free";
}

TEST(GivenUpVolumesOnLaunch, AVolumeThatIsGivenUpDoesNotComeBackByTheOneBeforeIt) {
  World world(spec_of(BlockDevicesMode::on_launch));
  world.settle();
  world.cloud.write();
  world.cloud.set_health(StatusCheck::initializing);
  ASSERT_TRUE(world.happen(RecycleAsked{}));
  ASSERT_TRUE(world.turn_until([&] {
    return world.state.generation == 2 && world.state.instance && world.state.instance->running_at &&
           world.state.data.contains(kData);
  }));
  ASSERT_TRUE(world.happen(PauseAsked{}));
  world.settle();
  ASSERT_EQ(world.state.status, Status::paused);
  world.cloud.set_health(StatusCheck::ok);
  ASSERT_TRUE(world.happen(VolumeDropped{world.state.data.at(kData).id}));
  ASSERT_TRUE(world.happen(ResumeAsked{}));
  world.settle();
  ASSERT_EQ(world.state.status, Status::active) << world.state.error;
  EXPECT_EQ(content(world, kData), 0) << message_of(world, "volume_reinstated");
}

}  // namespace
}  // namespace holdfast::core::testing
