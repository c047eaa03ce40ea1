// A document that changes while something is under way: what was asked for by the former one, and what is kept.
#include <gtest/gtest.h>

#include <algorithm>

#include "core/copies_test.h"

namespace holdfast::core::testing {
namespace {

constexpr char kAllocation[] = "eipalloc-00000001";

// The cloud refuses all effects whose key begins so, for as long as it is set.
struct Refusal {
  std::string prefix;
  Error error;
  int times = 0;
};

Error error_of(ErrorKind kind, const std::string& code) {
  return {kind, code, "refused by the test", {}};
}

bool turn_with(World& world, Refusal& refusal) {
  const bool meant = !world.effects.empty() && world.effects.front().key.starts_with(refusal.prefix);
  if (!meant) return world.turn();
  const std::string key = world.effects.front().key;
  world.effects.pop_front();
  ++refusal.times;
  world.happen(EffectEnded{{key, tl::unexpected(refusal.error)}});
  return true;
}

// So many seconds go by, and everything that can happen does.
void live_with(World& world, Refusal& refusal, int seconds) {
  for (int i = 0; i < seconds; ++i) {
    for (int turns = 0; turns < 1000 && turn_with(world, refusal);) ++turns;
    world.cloud.advance();
    world.now += std::chrono::seconds(1);
    world.ring();
  }
}

void change(World& world) {
  ASSERT_TRUE(world.happen(SpecChanged{world.state.surroundings}));
}

void interrupt(World& world) {
  world.happen(InterruptionNoticed{world.state.instance->id, world.now + std::chrono::minutes(2)});
}

std::string address(const World& world) {
  return world.cloud.instance(world.state.instance->id).private_ip;
}

// ---- the private address

// Its former address is wanted again while the instance with the new one is on its way.
TEST(ChangedAddress, OneThatIsWantedAgainIsNotGivenAwayOnceTheOtherIsUp) {
  World world(spec_of(BlockDevicesMode::reattach));
  world.settle();
  const InterfaceId first = world.state.interface->id;
  const std::string ip = world.state.interface->ip;
  world.cloud.set_health(StatusCheck::initializing);
  world.spec.compute.private_ip = "10.0.0.99";
  change(world);
  interrupt(world);
  world.settle(60);
  ASSERT_EQ(address(world), "10.0.0.99");
  world.spec.compute.private_ip = ip;
  change(world);
  world.cloud.set_health(StatusCheck::ok);
  world.settle();
  ASSERT_EQ(world.state.status, Status::active);
  EXPECT_TRUE(world.cloud.exists(first)) << "anybody may take the address now";
  ASSERT_TRUE(world.happen(RecycleAsked{}));
  world.settle();
  EXPECT_EQ(world.state.interface->id, first) << "the MAC is another";
  EXPECT_EQ(address(world), ip);
  EXPECT_EQ(world.cloud.interfaces(), 1u);
}

// The interface that holds it waits to be deleted, and nothing is deleted during a handover.
TEST(ChangedAddress, OneWhoseInterfaceIsYetToGoIsNotWaitedForWithoutEnd) {
  World world(spec_of(BlockDevicesMode::reattach));
  world.settle();
  const std::string ip = world.state.interface->ip;
  world.spec.compute.private_ip = "10.0.0.99";
  change(world);
  Refusal throttled{"delete/eni", error_of(ErrorKind::throttled, "RequestLimitExceeded")};
  interrupt(world);
  live_with(world, throttled, 60);
  ASSERT_EQ(world.state.status, Status::active);
  ASSERT_GT(throttled.times, 0);
  world.spec.compute.private_ip = ip;
  change(world);
  ASSERT_TRUE(world.happen(RecycleAsked{}));
  world.settle();
  ASSERT_EQ(world.state.status, Status::active) << "it waits for " << ip << ": " << world.state.error;
  EXPECT_EQ(address(world), ip);
  EXPECT_EQ(world.cloud.interfaces(), 1u);
}

// It is made in a subnet, or with groups, that the document no longer names.
TEST(ChangedAddress, AnInterfaceThatWasAskedForByTheFormerDocumentIsNotTheKeptOne) {
  for (const bool subnet : {true, false}) {
    World world(spec_of(BlockDevicesMode::reattach));
    world.spec.compute.security_group_ids = {SecurityGroupId("sg-1")};
    ASSERT_TRUE(world.turn_until([&] {
      return !world.effects.empty() && std::holds_alternative<CreateInterface>(world.effects.front().action);
    }));
    Surroundings facts = world.state.surroundings;
    if (subnet) facts.subnets = {{SubnetId("subnet-b"), "z2", "10.1.0.0/20"}};
    if (!subnet) world.spec.compute.security_group_ids = {SecurityGroupId("sg-2")};
    world.spec.compute.subnet_ids = {facts.subnets.front().id};
    ASSERT_TRUE(world.happen(SpecChanged{facts}));
    world.settle();
    ASSERT_EQ(world.state.status, Status::active) << world.state.error;
    EXPECT_EQ(world.state.interface->subnet, facts.subnets.front().id);
    EXPECT_EQ(world.state.interfaces_made, 2);
    EXPECT_EQ(world.cloud.interfaces(), 1u) << "the former one goes";
  }
}

// Somebody else's interface has it.
TEST(ChangedAddress, OneThatSomebodyHasIsTold) {
  World world(spec_of(BlockDevicesMode::reattach));
  world.settle();
  CreateInterface theirs;
  theirs.subnet = SubnetId("subnet-a");
  theirs.ip = "10.0.0.99";
  ASSERT_TRUE(world.cloud.perform({"theirs", theirs, Urgency::save, {}}, world.spec).made);
  world.spec.compute.private_ip = "10.0.0.99";
  change(world);
  interrupt(world);
  world.settle();
  EXPECT_EQ(world.state.status, Status::error);
  EXPECT_NE(world.state.error.find("InvalidIPAddress.InUse"), std::string::npos) << world.state.error;
}

// Turned off while an interface was asked for, and on again once an instance runs without it.
TEST(ChangedAddress, OneMadeForNobodyDoesNotStandInForTheRunningInstances) {
  World world(spec_of(BlockDevicesMode::reattach));
  ASSERT_TRUE(!world.effects.empty() && world.effects.front().key.starts_with("interface/"));
  const Effect late = world.effects.front();
  world.effects.pop_front();
  world.spec.persistence.private_ip = false;
  change(world);
  ASSERT_TRUE(world.turn_until([&] { return world.state.instance && world.state.instance->running_at; }));
  world.happen(EffectEnded{world.cloud.perform(late, world.spec)});
  world.settle();
  ASSERT_EQ(world.state.status, Status::active);
  world.spec.persistence.private_ip = true;
  change(world);
  world.settle();
  const std::string ip = address(world);
  interrupt(world);
  world.settle();
  EXPECT_EQ(address(world), ip) << "the address that it had when it was to be kept";
  EXPECT_EQ(world.cloud.interfaces(), 1u);
}

// ---- what was refused, and is mended by the document

TEST(MendedDocument, AnInterfaceRefusedForItsGroupsIsAskedForWithTheOnesOfTheDocument) {
  Spec spec = spec_of(BlockDevicesMode::reattach);
  spec.compute.security_group_ids = {SecurityGroupId("sg-gone")};
  World world(spec);
  Refusal refusal{"interface/", error_of(ErrorKind::not_found, "InvalidGroup.NotFound")};
  live_with(world, refusal, 120);
  ASSERT_EQ(world.state.status, Status::error);
  world.spec.compute.security_group_ids = {SecurityGroupId("sg-there")};
  change(world);
  std::string groups;
  for (int i = 0; i < 120 && groups.empty(); ++i) {
    world.now += std::chrono::seconds(1);
    world.happen(TimerRang{});
    for (const Effect& effect : world.effects) {
      const auto* create = std::get_if<CreateInterface>(&effect.action);
      if (create != nullptr) groups = create->security_group_ids.front().str();
    }
  }
  EXPECT_EQ(groups, "sg-there");
}

// The data volume is to come to another zone, and its key is refused.
TEST(MendedDocument, AVolumeRefusedForItsMappingIsAskedForAsTheDocumentHasIt) {
  Spec spec = spec_of(BlockDevicesMode::reattach);
  spec.persistence.private_ip = false;
  spec.compute.block_devices[0].kms_key_id = "key-gone";
  World world(spec);
  world.settle();
  ASSERT_EQ(world.state.status, Status::active);
  world.state.surroundings.subnets = {{SubnetId("subnet-b"), "z2", "10.0.16.0/20"}};
  change(world);
  Refusal refusal{"volume/", error_of(ErrorKind::invalid, "InvalidParameterCombination")};
  interrupt(world);
  live_with(world, refusal, 100);
  ASSERT_GT(refusal.times, 0);
  world.effects.clear();
  world.spec.compute.block_devices[0].kms_key_id.clear();
  change(world);
  std::optional<CreateVolume> asked;
  for (int i = 0; i < 120 && !asked; ++i) {
    world.now += std::chrono::seconds(1);
    world.happen(TimerRang{});
    for (const Effect& effect : world.effects) {
      if (const auto* create = std::get_if<CreateVolume>(&effect.action)) asked = *create;
    }
  }
  ASSERT_TRUE(asked);
  EXPECT_EQ(asked->device.kms_key_id, "");
}

// ---- health checks turned off and on

World failing_check() {
  Spec spec = spec_of(BlockDevicesMode::reattach);
  spec.health_check.enabled = true;
  spec.health_check.unhealthy_duration = std::chrono::seconds(300);
  World world(spec);
  world.settle(60);
  EXPECT_EQ(world.state.status, Status::active);
  world.cloud.set_health(StatusCheck::impaired);
  Refusal none{"none", {}};
  live_with(world, none, 120);
  EXPECT_TRUE(world.state.instance->unhealthy_since);
  world.spec.health_check.enabled = false;
  change(world);
  world.cloud.set_health(StatusCheck::ok);
  live_with(world, none, 60);
  return world;
}

TEST(ChangedHealthCheck, WhatFailedBeforeItWasTurnedOffEndsNothingOnceItIsOn) {
  World world = failing_check();
  world.now += std::chrono::hours(24);
  world.spec.health_check = {true, std::chrono::seconds(120), std::chrono::seconds(60), true};
  change(world);
  Refusal none{"none", {}};
  live_with(world, none, 120);
  EXPECT_EQ(world.state.generation, 1) << "it has been well for a day";
}

TEST(ChangedHealthCheck, WhatFailedBeforeItWasTurnedOffHoldsNoMoveBack) {
  World world = failing_check();
  world.now += std::chrono::hours(24);
  world.state.instance->market.life_cycle = LifeCycle::on_demand;
  world.spec.strategy.revert_to_spot = PerformAt::always;
  change(world);
  Refusal none{"none", {}};
  live_with(world, none, 120);
  EXPECT_EQ(world.state.generation, 2) << "nobody looks at what failed, so that it would stay on demand without end";
}

// ---- the elastic address

// Given up while its association is on its way: that comes last.
TEST(ChangedElasticAddress, OneThatIsGivenUpWhileItIsAssociatedDoesNotStay) {
  Spec spec = spec_of(BlockDevicesMode::reattach);
  spec.compute.elastic_ip = kAllocation;
  World world(spec);
  world.state.surroundings.elastic_ip = world.cloud.public_ip;
  auto associating = [&] { return !world.effects.empty() && world.effects.front().key.starts_with("address/"); };
  ASSERT_TRUE(world.turn_until(associating));
  const Effect late = world.effects.front();
  world.effects.pop_front();
  world.spec.compute.elastic_ip.clear();
  world.state.surroundings.elastic_ip.clear();
  change(world);
  Refusal none{"none", {}};
  live_with(world, none, 20);
  world.happen(EffectEnded{world.cloud.perform(late, world.spec)});
  world.settle();
  ASSERT_EQ(world.state.status, Status::active);
  EXPECT_TRUE(world.cloud.address_on.empty()) << "it is on an instance whose document does not name it";
}

// ---- what is refused for good

// Persisted from now on, and the service may not set that.
TEST(RefusedKeeping, IsToldAndNotAskedForWithoutAPause) {
  Spec spec = spec_of(BlockDevicesMode::reattach);
  const Persistence persisted = spec.persistence;
  spec.persistence = {};
  World world(spec);
  world.settle();
  ASSERT_EQ(world.state.status, Status::active);
  world.spec.persistence = persisted;
  change(world);
  Refusal refusal{"keep/", error_of(ErrorKind::denied, "UnauthorizedOperation")};
  live_with(world, refusal, 60);
  EXPECT_LE(refusal.times, 4) << "calls in a minute";
  EXPECT_EQ(world.state.status, Status::error);
  EXPECT_NE(world.state.error.find("KeepOnTermination is refused"), std::string::npos) << world.state.error;
  EXPECT_EQ(std::count(world.history.begin(), world.history.end(), "error"), 1);
  refusal.prefix = "none";
  live_with(world, refusal, 60);
  EXPECT_EQ(world.state.status, Status::active) << world.state.error;
  EXPECT_TRUE(world.state.instance->kept);
}

TEST(RefusedTagging, OfAVolumeAttachedByHandIsToldOnce) {
  World world(spec_of(BlockDevicesMode::reattach));
  world.settle();
  Refusal refusal{"adopt/", error_of(ErrorKind::denied, "UnauthorizedOperation")};
  CreateVolume create;
  create.zone = "z1";
  create.device.device_name = kHand;
  const VolumeId made(world.cloud.perform({"hand/1", create, Urgency::save, {}}, world.spec).made.value());
  world.cloud.advance();
  world.cloud.tag(made, "");
  const AttachVolume attach{made, world.state.instance->id, kHand};
  ASSERT_TRUE(world.cloud.perform({"hand/2", attach, Urgency::save, {}}, world.spec).made);
  world.cloud.advance();
  world.happen(CloudStirred{kAllKinds});
  for (int i = 0; i < 10; ++i) {
    live_with(world, refusal, 30);
    world.happen(CloudStirred{kAllKinds});
  }
  ASSERT_GT(refusal.times, 0);
  EXPECT_LE(std::count(world.history.begin(), world.history.end(), "error"), 1);
}

// Its snapshots are refused, which is tried again now and then; something else happens while a try is under way.
TEST(HeldRecycle, IsNotLetGoWhileARefusedSnapshotIsTriedOnceMore) {
  World world(spec_of(BlockDevicesMode::on_launch));
  world.settle();
  Refusal refusal{"periodic/", error_of(ErrorKind::denied, "UnauthorizedOperation")};
  world.now += std::chrono::minutes(6);
  world.happen(TimerRang{});
  live_with(world, refusal, 30);
  ASSERT_GT(refusal.times, 0);
  ASSERT_TRUE(world.happen(RecycleAsked{}));
  ASSERT_FALSE(world.state.handover) << "it is held";
  for (int i = 0; i < 400 && world.effects.empty(); ++i) {
    world.now += std::chrono::seconds(1);
    world.happen(TimerRang{});
  }
  ASSERT_TRUE(!world.effects.empty() && world.effects.front().key.starts_with("periodic/"));
  world.happen(CloudStirred{});
  EXPECT_FALSE(world.state.handover) << "an instance is ended of which no final copy can be made";
  EXPECT_NE(world.state.error.find("the recycle waits"), std::string::npos) << world.state.error;
}

// ---- what a document gives up

// Its mapping names a copy of it from before: what is on the volume since is nowhere else.
TEST(GivenUpByDocument, AVolumeWhoseMappingNamesAnOlderCopyOfItIsKeptForAWhileToo) {
  World world(spec_of(BlockDevicesMode::reattach));
  world.settle();
  const VolumeId data = world.state.data.at(kData).id;
  const SnapshotId old = take(world, kData);
  world.cloud.write();
  world.spec.persistence.block_devices = false;
  world.spec.compute.block_devices[0].snapshot_id = old;
  change(world);
  ASSERT_TRUE(world.happen(RecycleAsked{}));
  world.settle();
  ASSERT_EQ(world.state.status, Status::active);
  EXPECT_TRUE(world.cloud.exists(data)) << "what was written since is lost";
}

// ---- what is told

TEST(ToldInTime, TheRefusalThatHoldsAnInstanceUpIsToldAfterItsGracePeriodToo) {
  Spec spec = spec_of(BlockDevicesMode::reattach);
  spec.compute.elastic_ip = kAllocation;
  World world(spec);
  world.state.surroundings.elastic_ip = world.cloud.public_ip;
  Refusal refusal{"address/", error_of(ErrorKind::denied, "UnauthorizedOperation")};
  live_with(world, refusal, 600);
  ASSERT_EQ(world.state.status, Status::error);
  EXPECT_NE(world.state.error.find("AssociateAddress is refused"), std::string::npos) << world.state.error;
}

// The volume comes by its final copy to the zone where the instance is, and that copy fails.
TEST(ToldInTime, ACopyThatHoldsAnInstanceUpIsToldAfterItsGracePeriodToo) {
  Spec spec = spec_of(BlockDevicesMode::reattach);
  spec.persistence.private_ip = false;
  spec.persistence.root_device = false;
  World world(spec);
  world.settle();
  ASSERT_EQ(world.state.status, Status::active);
  world.state.surroundings.subnets.push_back({SubnetId("subnet-b"), "z2", "10.0.16.0/20"});
  change(world);
  world.cloud.closed_zone = "z1";
  world.cloud.snapshots_fail = true;
  interrupt(world);
  Refusal none{"none", {}};
  live_with(world, none, 600);
  ASSERT_EQ(world.state.status, Status::error);
  EXPECT_NE(world.state.error.find("the final snapshot of volume"), std::string::npos) << world.state.error;
}

// The root is not persisted while the next launch is asked for, and is again when that comes to be.
TEST(LeftByLaunch, ARootThatIsPersistedAgainDuringTheNextLaunchIsNotForgotten) {
  World world(spec_of(BlockDevicesMode::reattach));
  world.settle();
  ASSERT_TRUE(world.happen(RecycleAsked{}));
  auto pending_with_root = [&] {
    return world.state.generation == 2 && world.state.instance && !world.state.instance->running_at &&
           world.state.root && world.state.root->generation == 2;
  };
  ASSERT_TRUE(world.turn_until(pending_with_root));
  const VolumeId left = world.state.root->id;
  world.spec.persistence.root_device = false;
  change(world);
  world.cloud.vanish(world.state.instance->id);
  world.happen(CloudStirred{});
  auto launching = [&] { return !world.effects.empty() && world.effects.front().key.starts_with("launch/3"); };
  ASSERT_TRUE(world.turn_until(launching));
  world.spec.persistence.root_device = true;
  change(world);
  world.settle();
  ASSERT_EQ(world.state.status, Status::active);
  ASSERT_TRUE(world.cloud.exists(left));
  later(world, std::chrono::hours(97));
  EXPECT_FALSE(world.cloud.exists(left)) << "nobody knows of it";
}

// It ended unseen while the document did not persist its volume, and the document does again once it rests.
TEST(LeftByLaunch, AVolumeThatIsPersistedAgainAfterItsEndIsThePresentOne) {
  World world(spec_of(BlockDevicesMode::on_launch));
  world.settle();
  ASSERT_TRUE(world.happen(RecycleAsked{}));
  auto pending_with_volume = [&] {
    return world.state.generation == 2 && world.state.instance && !world.state.instance->running_at &&
           world.state.data.contains(kData) && world.state.data.at(kData).generation == 2;
  };
  ASSERT_TRUE(world.turn_until(pending_with_volume));
  const VolumeId newest = world.state.data.at(kData).id;
  world.spec.persistence.block_devices = false;
  change(world);
  ASSERT_TRUE(world.happen(PauseAsked{}));
  world.cloud.vanish(world.state.instance->id);
  world.happen(CloudStirred{});
  world.settle();
  ASSERT_EQ(world.state.status, Status::paused);
  world.now += std::chrono::seconds(30);
  world.happen(Observed{world.cloud.observe(kAllKinds, world.now)});
  world.spec.persistence.block_devices = true;
  change(world);
  world.settle(30);
  ASSERT_TRUE(world.happen(ResumeAsked{}));
  ASSERT_TRUE(world.turn_until([&] { return world.state.data.contains(kData); }));
  EXPECT_EQ(world.state.data.at(kData).id, newest) << "what it may have written is lost";
}

// Whoever changes the document and recycles wants what is in it, though an instance of the former one is on its way.
TEST(ChangedMeanwhile, ARecycleOfOneThatComesUpAsTheDocumentWasIsDone) {
  for (const bool runs : {false, true}) {
    SCOPED_TRACE(runs);
    World world(spec_of(BlockDevicesMode::reattach));
    world.settle();
    world.happen(InterruptionNoticed{world.state.instance->id, world.now + std::chrono::minutes(2)});
    const auto launched = [](const Effect& effect) { return std::holds_alternative<LaunchInstance>(effect.action); };
    ASSERT_TRUE(world.turn_until([&] {
      if (runs) return world.state.generation == 2 && world.state.instance.has_value();
      return std::any_of(world.effects.begin(), world.effects.end(), launched);
    }));
    world.spec.compute.instance_types = {"t3.large"};
    Surroundings facts = world.state.surroundings;
    facts.types = world.spec.compute.instance_types;
    world.happen(SpecChanged{facts});
    ASSERT_TRUE(world.happen(RecycleAsked{}));
    world.settle();
    ASSERT_EQ(world.state.status, Status::active) << world.state.error;
    EXPECT_EQ(world.state.instance->market.instance_type, "t3.large");
    EXPECT_EQ(world.state.generation, 3);
    EXPECT_FALSE(world.state.recycle_wanted);
  }
}

}  // namespace
}  // namespace holdfast::core::testing
