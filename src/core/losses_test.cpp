// Volumes that are deleted by hand, with and without a copy, and data volumes whose zone is left behind.

#include "core/losses.h"

#include <gtest/gtest.h>

#include "core/small_world_test.h"

namespace holdfast::core {
namespace {

using namespace model;
using testing::position;
using testing::spec_of;
using testing::World;

const std::string kData = "/dev/sdf";

bool told(const World& world, const std::string& kind) {
  return position(world.history, kind) < world.history.size();
}

void pause(World& world) {
  ASSERT_TRUE(world.happen(PauseAsked{}));
  world.settle();
  ASSERT_EQ(world.state.status, Status::paused);
}

void resume(World& world) {
  ASSERT_TRUE(world.happen(ResumeAsked{}));
  world.settle();
}

class LostData : public ::testing::TestWithParam<BlockDevicesMode> {};
INSTANTIATE_TEST_SUITE_P(BothModes, LostData,
                         ::testing::Values(BlockDevicesMode::reattach, BlockDevicesMode::on_launch));

// The moment does not matter: the instance is just gone.
TEST_P(LostData, WithoutACopyIsReplacedByABlankOneAndToldLoudly) {
  World world(spec_of(GetParam()));
  world.settle();
  world.cloud.write();
  VolumeId lost = world.state.data.at(kData).id;
  world.cloud.vanish(world.state.instance->id);
  world.cloud.advance();
  world.cloud.lose(lost);
  world.happen(CloudStirred{kAllKinds});
  world.settle();
  ASSERT_EQ(world.state.status, Status::active) << world.state.error;
  EXPECT_NE(world.state.data.at(kData).id, lost);
  EXPECT_EQ(world.cloud.content_of(world.state.data.at(kData).id), 0);
  EXPECT_EQ(world.cloud.content_of(world.state.root->id), world.cloud.acknowledged["/dev/xvda"]);
  EXPECT_TRUE(told(world, "volume_lost"));
  EXPECT_EQ(position(world.done, "delete/" + lost.str()), world.done.size()) << "it is left alone";
}

TEST_P(LostData, APauseDoesNotWaitForItAndTheNextInstanceComesUp) {
  World world(spec_of(GetParam()));
  world.settle();
  VolumeId lost = world.state.data.at(kData).id;
  ASSERT_TRUE(world.happen(PauseAsked{}));
  while (world.cloud.running() > 0) {
    if (!world.turn()) world.cloud.advance();
  }
  world.cloud.advance();
  world.cloud.lose(lost);
  world.settle();
  EXPECT_EQ(world.state.status, Status::paused) << world.state.error;
  resume(world);
  EXPECT_EQ(world.state.status, Status::active) << world.state.error;
}

// The answer to the final snapshot's asking is on its way when the volume is seen to be gone.
TEST(LostRoot, ASnapshotThatIsNotAnsweredYetIsWaitedFor) {
  World world(spec_of(BlockDevicesMode::reattach));
  world.settle();
  world.cloud.write();
  world.happen(RecycleAsked{});
  world.settle();
  world.cloud.write();
  const VolumeId root = world.state.root->id;
  world.cloud.vanish(world.state.instance->id);
  world.happen(CloudStirred{kAllKinds});
  const Outcome answer = world.cloud.perform(testing::take_final(world, root), world.spec);
  world.cloud.lose(root);
  world.now += std::chrono::minutes(2);
  for (int i = 0; i < 8; ++i) {
    world.happen(Observed{world.cloud.observe(kAllKinds, world.now)});
    world.now += std::chrono::seconds(20);
  }
  world.happen(EffectEnded{answer});
  world.settle();
  ASSERT_EQ(world.state.status, Status::active) << world.state.error;
  EXPECT_EQ(world.cloud.content_of(world.state.root->id), world.cloud.acknowledged["/dev/xvda"]);
}

// A look from before the final snapshot was completed comes in after one that showed it completed.
TEST(LostRoot, AnOlderLookDoesNotTakeBackThatItsCopyIsCompleted) {
  World world(spec_of(BlockDevicesMode::on_launch));
  world.settle();
  world.cloud.write();
  const VolumeId root = world.state.root->id;
  world.cloud.vanish(world.state.instance->id);
  world.happen(CloudStirred{kAllKinds});
  auto completed = [&] {
    return std::any_of(world.state.snapshots.begin(), world.state.snapshots.end(), [&](const Snapshot& snapshot) {
      return snapshot.volume == root && snapshot.final && snapshot.state == SnapshotState::completed;
    });
  };
  std::optional<Observation> before;
  ASSERT_TRUE(world.turn_until([&] {
    if (completed()) return true;
    before = world.cloud.observe(static_cast<Kinds>(Kind::snapshots), world.now);
    return false;
  }));
  for (ObservedSnapshot& seen : before->snapshots) seen.state = SnapshotState::pending;
  ASSERT_FALSE(before->snapshots.empty());
  world.happen(Observed{*before});
  EXPECT_TRUE(completed());
  world.settle();
  ASSERT_EQ(world.state.status, Status::active) << world.state.error;
  EXPECT_EQ(world.cloud.content_of(world.state.root->id), world.cloud.acknowledged["/dev/xvda"]);
}

// CreateVolume is answered, and what it makes ends with an error.
TEST(Failed, AVolumeThatCouldNotBeMadeIsMadeAnew) {
  World world(spec_of(BlockDevicesMode::reattach));
  world.settle();
  world.cloud.lose(world.state.data.at(kData).id);
  world.cloud.vanish(world.state.instance->id);
  world.cloud.volumes_fail = true;
  world.happen(CloudStirred{kAllKinds});
  world.settle(200);
  ASSERT_NE(world.state.status, Status::active);
  EXPECT_LE(world.state.retired.size(), 8u) << "after growing pauses";
  world.cloud.volumes_fail = false;
  world.settle();
  ASSERT_EQ(world.state.status, Status::active) << world.state.error;
  EXPECT_TRUE(told(world, "volume_made"));
  EXPECT_FALSE(world.state.retired.empty()) << "the failed ones are to go";
}

// Launched while the service was away, and taken off by hand before it was seen there.
TEST(TakenOff, AVolumeThatWasNeverSeenOnItsInstanceIsKnownAllTheSame) {
  World world(spec_of(BlockDevicesMode::on_launch));
  world.settle();
  world.cloud.vanish(world.state.instance->id);
  world.happen(CloudStirred{kAllKinds});
  auto launch_asked = [&] {
    return std::any_of(world.effects.begin(), world.effects.end(),
                       [](const Effect& effect) { return std::holds_alternative<LaunchInstance>(effect.action); });
  };
  ASSERT_TRUE(world.turn_until(launch_asked));
  // It happens, and its answer goes nowhere: the service is away.
  auto made = world.cloud.perform(world.effects.front(), world.spec);
  ASSERT_TRUE(made.made);
  const InstanceId instance(*made.made);
  for (int i = 0; i < 5; ++i) world.cloud.advance();
  VolumeId taken;
  for (const auto& device : world.cloud.instance(instance).devices) {
    if (device.device == kData) taken = device.volume;
  }
  world.cloud.detach(taken);
  world.now += std::chrono::minutes(6);
  world.restart();
  world.settle();
  world.now += std::chrono::minutes(1);
  world.happen(CloudStirred{kAllKinds});
  world.settle(5);
  ASSERT_EQ(world.state.instance->id, instance);
  ASSERT_TRUE(world.state.data.contains(kData));
  EXPECT_EQ(world.state.data.at(kData).id, taken);
  EXPECT_NE(world.state.error.find("is detached from instance"), std::string::npos) << world.state.error;
}

// The service was away for so long that the instance is not listed any more, and its only volume went with it.
TEST(LostAltogether, WithItsInstanceIsFollowedByABlankOneWhereNothingElseIsLeftToBeShown) {
  Spec spec = spec_of(BlockDevicesMode::reattach);
  spec.persistence.root_device = false;
  spec.persistence.private_ip = false;
  World world(spec);
  world.settle();
  const InstanceId gone = world.state.instance->id;
  const VolumeId lost = world.state.data.at(kData).id;
  world.cloud.vanish(gone);
  world.cloud.advance();
  world.cloud.forget(gone);
  world.cloud.lose(lost);
  auto look_for = [&](Duration duration) {
    for (Time end = world.now + duration; world.now < end && world.state.instance->id == gone;) {
      world.now += std::chrono::minutes(1);
      world.happen(CloudStirred{kAllKinds});
      world.settle(5);
      if (!world.state.instance) world.settle();
    }
  };
  look_for(std::chrono::minutes(50));
  EXPECT_EQ(world.state.instance->id, gone) << "it may be the listings that are wrong";
  look_for(std::chrono::minutes(30));
  ASSERT_EQ(world.state.status, Status::active) << world.state.error;
  EXPECT_NE(world.state.instance->id, gone);
  EXPECT_NE(world.state.data.at(kData).id, lost);
}

TEST_P(LostData, ADeletionDoesNotWaitForIt) {
  World world(spec_of(GetParam()));
  world.settle();
  world.cloud.lose(world.state.data.at(kData).id);
  ASSERT_TRUE(world.happen(DeleteAsked{Deallocation{true, true, true, true, std::chrono::hours(96)}}));
  world.settle(200);
  EXPECT_EQ(world.state.status, Status::deallocated);
  EXPECT_EQ(world.cloud.volumes(), 0u);
}

TEST_P(LostData, ARunningInstanceGoesOnWithoutItUntilItIsRecycled) {
  World world(spec_of(GetParam()));
  world.settle();
  InstanceId instance = world.state.instance->id;
  world.cloud.lose(world.state.data.at(kData).id);
  for (int i = 0; i < 10; ++i) {
    world.now += std::chrono::seconds(20);
    world.happen(CloudStirred{kAllKinds});
    world.settle(5);
  }
  EXPECT_EQ(world.state.instance->id, instance);
  EXPECT_EQ(world.state.status, Status::error);
  EXPECT_NE(world.state.error.find("Recycle it"), std::string::npos) << world.state.error;
  EXPECT_EQ(world.state.error.find("NotFound"), std::string::npos) << world.state.error;
  ASSERT_TRUE(world.happen(RecycleAsked{}));
  world.settle();
  EXPECT_EQ(world.state.status, Status::active) << world.state.error;
  EXPECT_NE(world.state.instance->id, instance);
}

TEST(DetachedData, IsToldUntilItIsAttachedAgain) {
  World world(spec_of(BlockDevicesMode::reattach));
  world.settle();
  auto look = [&] {
    world.now += std::chrono::seconds(40);
    world.happen(CloudStirred{kAllKinds});
    world.settle(5);
  };
  const VolumeId volume = world.state.data.at(kData).id;
  world.cloud.detach(volume);
  look();
  look();
  EXPECT_EQ(world.state.status, Status::error);
  EXPECT_NE(world.state.error.find("is detached from instance"), std::string::npos) << world.state.error;
  ASSERT_TRUE(world.happen(RecycleAsked{}));
  world.settle();
  look();
  look();
  EXPECT_EQ(world.state.status, Status::active) << world.state.error;
  EXPECT_EQ(world.state.data.at(kData).id, volume);
}

TEST(LostData, TheErrorGoesWithItsPersistence) {
  World world(spec_of(BlockDevicesMode::reattach));
  world.settle();
  world.cloud.lose(world.state.data.at(kData).id);
  for (int i = 0; i < 10; ++i) {
    world.now += std::chrono::seconds(20);
    world.happen(CloudStirred{kAllKinds});
    world.settle(5);
  }
  ASSERT_EQ(world.state.status, Status::error);
  world.spec.persistence.block_devices = false;
  world.happen(SpecChanged{world.state.surroundings});
  world.settle();
  EXPECT_EQ(world.state.status, Status::active) << world.state.error;
}

TEST(LostData, WithACopyIsRestoredFromTheNewestSnapshot) {
  World world(spec_of(BlockDevicesMode::on_launch));
  world.settle();
  world.cloud.write();
  int64_t saved = world.cloud.acknowledged[kData];
  world.now += std::chrono::minutes(5);
  world.happen(TimerRang{});
  world.settle();
  world.cloud.write();
  world.cloud.vanish(world.state.instance->id);
  world.cloud.advance();
  world.cloud.lose(world.state.data.at(kData).id);
  world.happen(CloudStirred{kAllKinds});
  world.settle();
  ASSERT_EQ(world.state.status, Status::active) << world.state.error;
  EXPECT_EQ(world.cloud.content_of(world.state.data.at(kData).id), saved);
  EXPECT_TRUE(told(world, "volume_restored"));
  EXPECT_FALSE(told(world, "volume_lost"));
}

TEST(LostData, LostWhileTheNextInstanceSettlesInIsReplacedThere) {
  World world(spec_of(BlockDevicesMode::reattach));
  world.settle();
  InstanceId first = world.state.instance->id;
  VolumeId lost = world.state.data.at(kData).id;
  world.happen(InterruptionNoticed{first, world.now + std::chrono::minutes(2)});
  while (!world.state.instance || world.state.instance->id == first) {
    if (!world.turn()) {
      world.cloud.advance();
      world.now += std::chrono::seconds(1);
    }
  }
  world.cloud.lose(lost);
  world.settle();
  ASSERT_EQ(world.state.status, Status::active) << world.state.error;
  EXPECT_EQ(world.state.generation, 2);
  EXPECT_NE(world.state.data.at(kData).id, lost);
  EXPECT_TRUE(told(world, "volume_lost"));
}

// Out of sight for a while (a stale listing, its tags taken off): it comes back before, or after, a blank one is asked
// for, and is the present copy either way.
TEST(LostData, OneThatIsThereAgainIsNotReplaced) {
  World world(spec_of(BlockDevicesMode::reattach));
  world.settle();
  VolumeId data = world.state.data.at(kData).id;
  State& state = world.state;
  state.handover.emplace();
  CreateVolume create;
  create.device.device_name = kData;
  create.generation = state.generation;
  create.in_place_of = data;
  create.lost = true;
  state.asked["volume/blank"] = {
      {"volume/blank", create, Urgency::recover, {}}, Asked::Standing::asked, world.now, 1, {}, false, {}};
  world.happen(EffectEnded{{"volume/blank", std::string("vol-blank")}});
  EXPECT_EQ(world.state.data.at(kData).id, data);
  ASSERT_EQ(world.state.retired.size(), 1u);
  EXPECT_EQ(world.state.retired[0].id, "vol-blank");
}

TEST(LostRoot, WithoutACopyStartsFromTheFirstImageAndIsToldLoudly) {
  World world(spec_of(BlockDevicesMode::on_launch));
  world.settle();
  VolumeId lost = world.state.root->id;
  world.cloud.vanish(world.state.instance->id);
  world.cloud.advance();
  world.cloud.lose(lost);
  world.happen(CloudStirred{kAllKinds});
  world.settle();
  ASSERT_EQ(world.state.status, Status::active) << world.state.error;
  EXPECT_EQ(world.state.instance->image, ImageId("ami-user"));
  EXPECT_TRUE(told(world, "volume_lost"));
  EXPECT_EQ(world.cloud.content_of(world.state.data.at(kData).id), world.cloud.acknowledged[kData]);
}

// Found by the simulator: the service was away while its instance ended, and both were gone from every listing.
TEST(LostRoot, WithItsInstanceIsNotWaitedFor) {
  for (bool deleted : {false, true}) {
    World world(spec_of(BlockDevicesMode::reattach));
    world.settle();
    InstanceId first = world.state.instance->id;
    world.cloud.vanish(first);
    world.cloud.advance();
    world.cloud.lose(world.state.root->id);
    world.cloud.forget(first);
    const Deallocation everything{true, true, true, true, std::chrono::hours(96)};
    if (deleted) world.happen(DeleteAsked{everything});
    for (int i = 0; i < 10; ++i) {
      world.now += std::chrono::seconds(20);
      world.happen(CloudStirred{kAllKinds});
      world.settle(5);
    }
    world.settle();
    EXPECT_EQ(world.state.status, deleted ? Status::deallocated : Status::active) << world.state.error;
  }
}

TEST(LostRoot, AnInstanceIsNotTakenForGoneWhereNothingAtAllIsShown) {
  World world(spec_of(BlockDevicesMode::reattach));
  world.settle();
  InstanceId first = world.state.instance->id;
  for (int i = 0; i < 20; ++i) {
    world.now += std::chrono::seconds(20);
    Observation nothing;
    nothing.as_of = world.now;
    nothing.kinds = kAllKinds;
    world.happen(Observed{nothing});
  }
  ASSERT_TRUE(world.state.instance);
  EXPECT_EQ(world.state.instance->id, first);
  EXPECT_EQ(world.state.instance->state, InstanceState::running);
}

TEST(LostRoot, WithACopyIsRestoredFromTheNewestSnapshot) {
  World world(spec_of(BlockDevicesMode::reattach));
  world.settle();
  world.now += std::chrono::minutes(5);
  world.happen(TimerRang{});
  world.settle();
  world.cloud.vanish(world.state.instance->id);
  world.cloud.advance();
  world.cloud.lose(world.state.root->id);
  world.happen(CloudStirred{kAllKinds});
  world.settle();
  ASSERT_EQ(world.state.status, Status::active) << world.state.error;
  EXPECT_NE(world.state.instance->image, ImageId("ami-user"));
  EXPECT_TRUE(told(world, "volume_restored"));
}

// Found by the simulator: every later launch was refused for it.
TEST(LostCopy, DeletedByHandIsMadeAnewFromItsVolume) {
  World world(spec_of(BlockDevicesMode::on_launch));
  world.settle();
  world.cloud.write();
  world.cloud.no_capacity = 1'000'000;
  world.cloud.vanish(world.state.instance->id);
  world.happen(CloudStirred{kAllKinds});
  world.settle(60);
  ASSERT_FALSE(world.state.instance);
  for (const Snapshot& snapshot : world.state.snapshots) {
    if (snapshot.device == kData) world.cloud.lose(snapshot.id);
  }
  world.now += std::chrono::minutes(5);
  world.cloud.no_capacity = 0;
  world.settle();
  ASSERT_EQ(world.state.status, Status::active) << world.state.error;
  EXPECT_TRUE(told(world, "snapshot_lost"));
  EXPECT_EQ(world.cloud.content_of(world.state.data.at(kData).id), world.cloud.acknowledged[kData]);
}

// Found by the simulator: the first try of a launch was late, its repeat was refused for want of capacity, and what the
// instance of the first had written was lost to the next one.
TEST(Launch, ARefusedRepeatDoesNotProveThatTheFirstTryIsDead) {
  for (bool arrives : {true, false}) {
    World world(spec_of(BlockDevicesMode::reattach));
    while (world.effects.empty() || !std::holds_alternative<LaunchInstance>(world.effects.front().action)) {
      if (world.turn()) continue;
      world.cloud.advance();
      world.now += std::chrono::seconds(1);
    }
    Effect launch = world.effects.front();
    world.effects.clear();
    auto ends = [&](ErrorKind kind, const std::string& code) {
      world.happen(EffectEnded{{launch.key, Failure(Error{kind, code, "said the test", {}})}});
    };
    ends(ErrorKind::unknown_outcome, "Timeout");
    while (world.effects.empty()) ASSERT_TRUE(world.turn());
    ASSERT_EQ(world.effects.front().key, launch.key);
    world.effects.clear();
    if (arrives) world.cloud.perform(launch, world.spec);
    ends(ErrorKind::no_capacity, "InsufficientInstanceCapacity");
    EXPECT_TRUE(world.effects.empty()) << "nothing else is launched before it was looked for";
    world.settle();
    EXPECT_EQ(world.state.status, Status::active);
    EXPECT_EQ(world.cloud.launches(), 1u);
    EXPECT_EQ(world.cloud.running(), 1);
  }
}

// The first launch as far as its call.
Effect first_launch(World& world) {
  while (world.effects.empty() || !std::holds_alternative<LaunchInstance>(world.effects.front().action)) {
    if (world.turn()) continue;
    world.cloud.advance();
    world.now += std::chrono::seconds(1);
  }
  Effect launch = world.effects.front();
  world.effects.clear();
  return launch;
}

// Found by the simulator: the service died with a launch under way and was away for longer than EC2 lists what has
// ended. It asked for that launch again without end, and what its instance had written was nobody's.
TEST(Launch, OneThatHasEndedAndIsNotListedAnyMoreIsFollowedByAnotherWithWhatItLeft) {
  World world(spec_of(BlockDevicesMode::reattach));
  Effect launch = first_launch(world);
  InstanceId instance(world.cloud.perform(launch, world.spec).made.value());
  for (int i = 0; i < 5; ++i) world.cloud.advance();
  world.cloud.write();
  world.cloud.vanish(instance);
  for (int i = 0; i < 5; ++i) world.cloud.advance();
  world.cloud.forget(instance);
  auto written = world.cloud.acknowledged;
  ASSERT_FALSE(written.empty());
  world.now += std::chrono::hours(2);
  world.restart();
  world.settle();
  EXPECT_EQ(world.state.status, Status::active);
  EXPECT_EQ(world.state.generation, 2);
  EXPECT_EQ(world.cloud.content_of(world.state.root->id), written.at("/dev/xvda"));
  EXPECT_EQ(world.cloud.content_of(world.state.data.at("/dev/sdf").id), written.at("/dev/sdf"));
}

// That its repeat was refused does not prove that the first try is dead, whatever the user wants by then.
TEST(Launch, AFirstTryThatIsLateDoesNotOutliveADelete) {
  for (bool arrives : {true, false}) {
    World world(spec_of(BlockDevicesMode::reattach));
    Effect launch = first_launch(world);
    auto ends = [&](ErrorKind kind, const std::string& code) {
      world.happen(EffectEnded{{launch.key, Failure(Error{kind, code, "said the test", {}})}});
    };
    ends(ErrorKind::unknown_outcome, "Timeout");
    while (world.effects.empty()) ASSERT_TRUE(world.turn());
    world.effects.clear();
    ends(ErrorKind::throttled, "RequestLimitExceeded");
    DeleteAsked everything;
    everything.deallocation = {true, true, true, true, std::chrono::hours(1)};
    world.happen(everything);
    if (arrives) world.cloud.perform(launch, world.spec);
    world.settle();
    EXPECT_EQ(world.state.status, Status::deallocated);
    EXPECT_EQ(world.cloud.running(), 0);
    EXPECT_EQ(world.cloud.volumes(), 0u);
    EXPECT_EQ(world.cloud.interfaces(), 0u);
  }
}

// ---- zones

World world_of(const std::vector<SubnetFacts>& subnets, uint64_t seed = 1) {
  Spec spec = spec_of(BlockDevicesMode::reattach);
  spec.persistence.private_ip = false;
  World world(spec, seed);
  world.state.surroundings.subnets = subnets;
  return world;
}

const SubnetFacts kSubnetA{SubnetId("subnet-a"), "z1", "10.0.0.0/20"};
const SubnetFacts kSubnetB{SubnetId("subnet-b"), "z2", "10.0.16.0/20"};

void move_to(World& world, const std::vector<SubnetFacts>& subnets) {
  Surroundings moved = world.state.surroundings;
  moved.subnets = subnets;
  ASSERT_TRUE(world.happen(SpecChanged{moved}));
}

TEST(Reattach, AnotherZoneByAnUpdateIsReachedThroughASnapshotMadeBeforeTheLaunch) {
  World world = world_of({kSubnetA});
  world.settle();
  world.cloud.write();
  VolumeId before = world.state.data.at(kData).id;
  move_to(world, {kSubnetB});
  world.settle();
  EXPECT_EQ(world.state.data.at(kData).id, before) << "it waits for the next instance";
  world.done.clear();
  world.cloud.set_health(StatusCheck::initializing);
  world.happen(InterruptionNoticed{world.state.instance->id, world.now + std::chrono::minutes(2)});
  world.settle(60);
  ASSERT_TRUE(world.state.instance);
  EXPECT_EQ(world.state.instance->market.zone, "z2");
  EXPECT_TRUE(world.cloud.exists(before)) << "the new one is not well yet";
  EXPECT_LT(position(world.done, "final/" + before.str()), position(world.done, "launch/"));
  EXPECT_LT(position(world.done, "launch/"), position(world.done, "volume/"));
  world.cloud.set_health(StatusCheck::ok);
  world.settle();
  ASSERT_EQ(world.state.status, Status::active) << world.state.error;
  EXPECT_EQ(world.state.data.at(kData).zone, "z2");
  EXPECT_EQ(world.cloud.content_of(world.state.data.at(kData).id), world.cloud.acknowledged[kData]);
  EXPECT_FALSE(world.cloud.exists(before));
  EXPECT_EQ(world.cloud.volumes(), 2u);
}

TEST(Reattach, AMoveWhilePausedIsSavedAtTheResume) {
  World world = world_of({kSubnetA});
  world.settle();
  world.cloud.write();
  pause(world);
  move_to(world, {kSubnetB});
  resume(world);
  ASSERT_EQ(world.state.status, Status::active) << world.state.error;
  EXPECT_EQ(world.state.data.at(kData).zone, "z2");
  EXPECT_EQ(world.cloud.content_of(world.state.data.at(kData).id), world.cloud.acknowledged[kData]);
  EXPECT_EQ(world.cloud.volumes(), 2u);
}

// Random lives with moves of the subnets: the seed is in the failure's name, and repeats it.
class MovingLives : public ::testing::TestWithParam<int> {};

void live(World& world, int steps) {
  const std::vector<std::vector<SubnetFacts>> homes = {{kSubnetA}, {kSubnetB}, {kSubnetA, kSubnetB}};
  for (int i = 0; i < steps; ++i) {
    uint64_t dice = world.random.below(100);
    world.strike(dice);
    if (dice == 6) move_to(world, homes[world.random.below(3)]);
    if (dice == 7) world.cloud.snapshots_fail = world.random.below(3) == 0;
    if (dice == 8) world.cloud.images_fail = world.random.below(3) == 0;
    ASSERT_NO_FATAL_FAILURE(world.live_on(dice));
  }
}

TEST_P(MovingLives, LoseNothingLeakNothingAndComeBack) {
  for (int life = 0; life < 25; ++life) {
    int seed = GetParam() * 1000 + life;
    SCOPED_TRACE("seed " + std::to_string(seed));
    World world = world_of({kSubnetA}, static_cast<uint64_t>(seed));
    world.cloud.lost_answers = world.cloud.lost_requests = world.cloud.no_capacity = 0.1;
    ASSERT_NO_FATAL_FAILURE(live(world, 1500));
    world.cloud.lost_answers = world.cloud.lost_requests = world.cloud.no_capacity = 0;
    world.cloud.snapshots_fail = world.cloud.images_fail = false;
    world.happen(ResumeAsked{});
    world.restart();
    world.settle(3000);
    world.settle(1000);
    ASSERT_EQ(world.state.status, Status::active) << world.state.error;
    ASSERT_EQ(world.cloud.content_of(world.state.root->id), world.cloud.acknowledged["/dev/xvda"]);
    ASSERT_EQ(world.cloud.content_of(world.state.data.at(kData).id), world.cloud.acknowledged[kData]);
    ASSERT_EQ(world.cloud.volumes(), 2u);
    ASSERT_LE(world.cloud.images(), 2u);
    // Of each of two devices: two final ones, three others, and what an image is made of.
    ASSERT_LE(world.cloud.snapshots(), 12u);
  }
}
INSTANTIATE_TEST_SUITE_P(Seeds, MovingLives, ::testing::Range(1, 7));

}  // namespace
}  // namespace holdfast::core
