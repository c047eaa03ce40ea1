// What people do by hand, and what comes at the wrong moment.
#include <gtest/gtest.h>

#include <algorithm>

#include "core/small_world_test.h"

namespace holdfast::core {
namespace {

using namespace model;
using testing::position;
using testing::spec_of;
using testing::World;

void attach_by_hand(World& world, const VolumeId& volume, const std::string& device) {
  Effect effect{"by-hand", AttachVolume{volume, world.state.instance->id, device}, Urgency::recover, {}};
  ASSERT_TRUE(world.cloud.perform(effect, world.spec).made);
}
VolumeId make_by_hand(World& world, const std::string& name) {
  CreateVolume create;
  create.token = name;
  create.zone = "z1";
  create.device.size_gib = 8;
  create.device.device_name = "/dev/tagged";  // as TagVolume leaves it
  Effect effect{name, create, Urgency::recover, {}};
  VolumeId id(*world.cloud.perform(effect, world.spec).made);
  world.cloud.advance();
  return id;
}
void look_around(World& world, int seconds = 10) {
  world.now += std::chrono::seconds(seconds);
  world.happen(CloudStirred{});
  world.settle(60);
}

// EC2's CreateReplaceRootVolumeTask, or stop, detach, attach, start.
TEST(ByHand, ARootThatWasExchangedByHandIsTheOneThatIsKept) {
  World world(spec_of(BlockDevicesMode::reattach));
  world.settle();
  const VolumeId former = world.state.root->id;
  world.cloud.detach(former);
  const VolumeId put_there = make_by_hand(world, "root-by-hand");
  attach_by_hand(world, put_there, "/dev/xvda");
  world.cloud.acknowledged["/dev/xvda"] = 0;
  world.cloud.write();
  look_around(world);
  EXPECT_EQ(world.state.root->id, put_there);
  world.happen(RecycleAsked{});
  world.settle();
  EXPECT_EQ(world.state.generation, 2) << "the recycle never ends the instance";
  world.happen(InterruptionNoticed{world.state.instance->id, world.now + std::chrono::minutes(2)});
  world.cloud.vanish(world.state.instance->id);
  world.settle();
  EXPECT_EQ(world.state.status, Status::active);
  EXPECT_EQ(world.cloud.content_of(world.state.root->id), world.cloud.acknowledged["/dev/xvda"]);
}

TEST(ByHand, OneThatIsAttachedByHandIsKeptAgain) {
  World world(spec_of(BlockDevicesMode::reattach));
  world.settle();
  const VolumeId data = world.state.data.at("/dev/sdf").id;
  world.happen(PauseAsked{});
  world.settle();
  ASSERT_TRUE(world.happen(VolumeDropped{data, std::chrono::hours(1)}));
  world.happen(ResumeAsked{});
  world.settle();
  ASSERT_EQ(world.state.status, Status::active);
  attach_by_hand(world, data, "/dev/sdh");
  world.cloud.tag(data, "/dev/sdh");  // as TagVolume will
  look_around(world);
  ASSERT_TRUE(world.state.data.contains("/dev/sdh")) << "volume_adopted: it is kept from now on";
  world.now += std::chrono::hours(2);
  world.happen(TimerRang{});
  world.settle();
  world.happen(DeleteAsked{Deallocation{false, false, false, false, std::chrono::hours(96)}});
  world.settle();
  EXPECT_TRUE(world.cloud.exists(data)) << "a delete that keeps volumes for four days";
}

// The machine that has the data volume writes to it once more, and gives it back.
void expect_saved_once_free(World& world, const VolumeId& id) {
  world.cloud.write_by_hand(id, "/dev/sdf");
  world.cloud.detach(id);
  world.settle();
  ASSERT_EQ(world.state.status, Status::active) << world.state.error;
  EXPECT_EQ(world.cloud.content_of(world.state.data.at("/dev/sdf").id), world.cloud.acknowledged["/dev/sdf"]);
}

// Taken off while its instance runs, and put to a machine that writes to it when the instance is lost.
TEST(ByHand, AVolumeThatWasTakenOffAndLentIsSavedOnceItIsFree) {
  for (auto mode : {BlockDevicesMode::on_launch, BlockDevicesMode::reattach}) {
    World world(spec_of(mode));
    world.settle();
    world.cloud.write();
    const VolumeId id = world.state.data.at("/dev/sdf").id;
    world.cloud.detach(id);
    world.now += std::chrono::minutes(1);
    look_around(world);
    world.cloud.lend(id, InstanceId("i-workbench"));  // which nothing tells
    world.cloud.vanish(world.state.instance->id);
    world.happen(CloudStirred{kAllKinds});
    world.settle(90);
    EXPECT_NE(world.state.status, Status::active);
    EXPECT_NE(world.state.error.find("attached to instance i-workbench"), std::string::npos) << world.state.error;
    expect_saved_once_free(world, id);
    EXPECT_FALSE(world.state.data.at("/dev/sdf").taken_off);
  }
}

// It is free, its final snapshot has failed, and somebody puts it to a machine before the next try.
TEST(ByHand, AVolumeThatIsLentBetweenTwoTriesToSaveItIsSavedOnceItIsFree) {
  World world(spec_of(BlockDevicesMode::on_launch));
  world.settle();
  world.cloud.write();
  const VolumeId id = world.state.data.at("/dev/sdf").id;
  world.cloud.vanish(world.state.instance->id);
  world.happen(CloudStirred{kAllKinds});
  const std::string key = testing::take_final(world, id).key;
  world.cloud.detach(id);
  look_around(world);
  world.cloud.lend(id, InstanceId("i-workbench"));
  look_around(world);
  world.happen(EffectEnded{{key, Failure(Error{ErrorKind::throttled, "RequestLimitExceeded", "later", {}})}});
  world.settle(90);
  EXPECT_NE(world.state.status, Status::active);
  expect_saved_once_free(world, id);
}

// Taken off and put elsewhere while its instance is already going.
TEST(ByHand, AVolumeThatWasMovedWhileItsInstanceGoesIsSavedOnceItIsFree) {
  World world(spec_of(BlockDevicesMode::on_launch));
  world.settle();
  world.cloud.write();
  const VolumeId id = world.state.data.at("/dev/sdf").id;
  world.happen(RecycleAsked{});
  world.cloud.detach(id);
  world.cloud.lend(id, InstanceId("i-workbench"));
  world.settle(90);
  EXPECT_NE(world.state.status, Status::active);
  expect_saved_once_free(world, id);
}

TEST(ByHand, AVolumeLentBeforeThePauseHasComeToRestIsSavedAtTheResume) {
  for (const std::string device : {"/dev/sdf", "/dev/xvda"}) {
    SCOPED_TRACE(device);
    World world(spec_of(BlockDevicesMode::on_launch));
    world.settle();
    world.cloud.write();
    world.happen(PauseAsked{});
    ASSERT_TRUE(world.turn_until([&] { return !world.state.instance; }));
    world.cloud.advance();
    const VolumeId id = device == "/dev/sdf" ? world.state.data.at(device).id : world.state.root->id;
    world.cloud.lend(id, InstanceId("i-workbench"));
    world.settle(60);
    EXPECT_EQ(world.state.status, Status::pausing);
    world.cloud.write_by_hand(id, device);
    world.happen(ResumeAsked{});
    world.settle(90);
    EXPECT_NE(world.state.status, Status::active) << "resumed without what is written there";
    world.cloud.write_by_hand(id, device);
    world.cloud.detach(id);
    world.settle();
    ASSERT_EQ(world.state.status, Status::active) << world.state.error;
    const VolumeId now = device == "/dev/sdf" ? world.state.data.at(device).id : world.state.root->id;
    EXPECT_EQ(world.cloud.content_of(now), world.cloud.acknowledged[device]);
  }
}

TEST(Healing, OneSightFromLongAgoDoesNotReplaceWhatIsWell) {
  Spec spec = spec_of(BlockDevicesMode::reattach);
  spec.health_check.enabled = true;
  World world(spec);
  world.settle();
  world.cloud.set_health(StatusCheck::impaired);
  world.now += std::chrono::seconds(40);
  world.happen(Observed{world.cloud.observe(static_cast<Kinds>(Kind::status), world.now)});
  ASSERT_TRUE(world.state.instance->unhealthy_since);
  world.cloud.set_health(StatusCheck::ok);  // a moment later
  world.now += std::chrono::minutes(10);    // the service was away
  world.restart();
  world.settle(120);
  EXPECT_EQ(world.state.generation, 1);
}

// Its check fails, and looks have gone on in vain for some time: the pause between them is long.
World failing_for_long() {
  Spec spec = spec_of(BlockDevicesMode::reattach);
  spec.health_check.enabled = true;
  World world(spec);
  world.settle();
  world.cloud.set_health(StatusCheck::impaired);
  for (int i = 0; i < 12; ++i) {
    world.happen(Observed{world.cloud.observe(static_cast<Kinds>(Kind::status), world.now)});
    world.now += std::chrono::seconds(1);
  }
  return world;
}

Time due_of(const World& world) {
  return *world.state.instance->unhealthy_since + world.spec.health_check.unhealthy_duration;
}

TEST(Healing, ALookThatWasUnderWayWhenItIsDueIsFollowedByAnotherAtOnce) {
  World world = failing_for_long();
  const auto status = static_cast<Kinds>(Kind::status);
  const Time due = due_of(world);
  world.now = due + std::chrono::milliseconds(200);
  world.happen(Observed{world.cloud.observe(status, due - std::chrono::milliseconds(100))});
  ASSERT_FALSE(world.state.handover) << "seen before it was due";
  ASSERT_TRUE(world.look);
  EXPECT_TRUE(has(world.look->kinds, Kind::status));
  EXPECT_LE(world.look->at, world.now + std::chrono::milliseconds(100));
  world.happen(Observed{world.cloud.observe(status, world.now)});
  EXPECT_TRUE(world.state.handover);
}

TEST(Healing, WaitsForNothingElseThatIsLookedAtInVain) {
  World world = failing_for_long();
  const Time due = due_of(world);
  ASSERT_TRUE(world.happen(SnapshotAsked{}));
  while (!world.effects.empty()) ASSERT_TRUE(world.turn());  // and stays pending
  world.now = due - std::chrono::seconds(17);
  for (int i = 0; i < 12; ++i) {
    world.now += std::chrono::seconds(1);
    world.happen(Observed{world.cloud.observe(static_cast<Kinds>(Kind::snapshots), world.now)});
  }
  ASSERT_TRUE(world.look);
  EXPECT_LE(world.look->at, due);
}

TEST(Pace, WhatIsMissingIsNotLookedAtAsFastAsCanBe) {
  World world(spec_of(BlockDevicesMode::reattach));
  world.settle();
  world.happen(RecycleAsked{});
  while (!(world.effects.empty() && world.look)) ASSERT_TRUE(world.turn());
  world.cloud.lose(world.state.data.at("/dev/sdf").id);
  world.cloud.lose(world.state.root->id);
  world.cloud.lose(world.state.interface->id);
  world.cloud.forget(world.state.instance->id);
  const Time until = world.now + std::chrono::minutes(50);
  int looks = 0;
  while (world.now < until && looks < 100'000) {
    Observation seen;
    seen.as_of = world.now;
    seen.kinds = Kind::instances | Kind::volumes | Kind::interfaces;
    world.happen(Observed{seen});
    ++looks;
    ASSERT_TRUE(world.look);
    world.now = std::max(world.look->at, world.now + std::chrono::milliseconds(1));
  }
  EXPECT_LT(looks, 1000);
}

TEST(ByHand, AVolumeThatWasMovedToAnotherDeviceByHandIsKeptOnce) {
  for (auto mode : {BlockDevicesMode::reattach}) {
    World world(spec_of(mode));
    world.settle();
    const VolumeId data = world.state.data.at("/dev/sdf").id;
    world.cloud.detach(data);
    attach_by_hand(world, data, "/dev/sdg");
    world.cloud.tag(data, "/dev/sdg");
    look_around(world);
    int times = 0;
    for (const auto& [device, volume] : world.state.data) times += volume.id == data;
    EXPECT_EQ(times, 1);
    world.happen(RecycleAsked{});
    world.settle();
    EXPECT_EQ(world.cloud.volumes(), 2u);
  }
}

TEST(ByHand, AVolumeThatWasExchangedByHandIsLeftAsItIs) {
  World world(spec_of(BlockDevicesMode::reattach));
  world.settle();
  const VolumeId former = world.state.data.at("/dev/sdf").id;
  world.cloud.detach(former);
  attach_by_hand(world, make_by_hand(world, "by-hand"), "/dev/sdf");
  look_around(world);
  look_around(world);
  ASSERT_LT(position(world.history, "volume_exchanged"), world.history.size());
  EXPECT_EQ(world.state.status, Status::active) << world.state.error;
  world.happen(DeleteAsked{Deallocation{true, true, true, true, std::chrono::hours(1)}});
  world.settle();
  EXPECT_TRUE(world.cloud.exists(former)) << "left alone, and never deleted by us";
}

TEST(Dropped, AFormerVolumeDoesNotTakeThePlaceOfOneThatWasDropped) {
  World world(spec_of(BlockDevicesMode::on_launch));
  world.settle();
  const VolumeId first = world.state.data.at("/dev/sdf").id;
  world.cloud.set_health(StatusCheck::initializing);
  world.happen(RecycleAsked{});
  world.settle(60);
  ASSERT_EQ(world.state.generation, 2);
  world.happen(PauseAsked{});
  world.settle();
  ASSERT_EQ(world.state.status, Status::paused);
  ASSERT_TRUE(world.happen(VolumeDropped{world.state.data.at("/dev/sdf").id, std::chrono::hours(1)}));
  world.cloud.set_health(StatusCheck::ok);
  world.happen(ResumeAsked{});
  world.settle();
  EXPECT_EQ(position(world.history, "volume_reinstated"), world.history.size());
}

TEST(UndeleteAddress, AnAddressThatWasGivenUpIsThereAgainWhenItIsWantedAgain) {
  Spec spec = spec_of(BlockDevicesMode::reattach);
  spec.compute.private_ip = "10.0.0.77";
  World world(spec);
  world.settle();
  ASSERT_EQ(world.state.status, Status::active);
  world.happen(PauseAsked{});
  world.settle();
  world.spec.compute.private_ip = "10.0.0.78";
  world.happen(SpecChanged{world.state.surroundings});
  world.happen(ResumeAsked{});
  ASSERT_TRUE(world.turn_until([&] { return !world.state.superseded_interfaces.empty(); }));
  world.happen(PauseAsked{});
  world.settle();
  world.happen(DeleteAsked{});
  world.settle();
  ASSERT_TRUE(world.happen(UndeleteAsked{}));
  world.settle();
  world.spec.compute.private_ip = "10.0.0.77";
  world.happen(SpecChanged{world.state.surroundings});
  world.happen(ResumeAsked{});
  world.settle(3600);
  EXPECT_EQ(world.state.status, Status::active) << world.state.error;
}

}  // namespace
}  // namespace holdfast::core
