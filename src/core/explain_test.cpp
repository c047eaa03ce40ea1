// What a managed instance waits for is told in each phase, as the same state makes the decision.
#include "core/explain.h"

#include <gmock/gmock.h>

#include "core/small_world_test.h"

namespace holdfast::core {
namespace {

using namespace model;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::spec_of;
using testing::World;

Explanation told_of(const World& world) {
  return explain(world.spec, world.state, world.now);
}

auto waits_on(Wait::On on, const std::string& text) {
  return Contains(AllOf(Field(&Wait::on, on), Field(&Wait::message, HasSubstr(text))));
}

// Every different thing that was said to be waited for until it is at rest, in its order.
std::vector<Wait> waits_on_the_way(World& world) {
  std::vector<Wait> all;
  auto note = [&] {
    for (const Wait& wait : told_of(world).waits) {
      bool known =
          std::any_of(all.begin(), all.end(), [&](const Wait& other) { return other.message == wait.message; });
      if (!known) all.push_back(wait);
    }
  };
  for (int round = 0; round < 400; ++round) {
    note();
    while (world.turn()) note();
    world.cloud.advance();
    world.now += std::chrono::seconds(1);
    world.ring();
    if (world.effects.empty() && !world.look && world.state.asked.empty() && !world.state.handover) break;
  }
  return all;
}

TEST(Explain, TellsWhereAVolumeIsCopiedLessOftenThanIsWanted) {
  World world(spec_of(BlockDevicesMode::on_launch));
  world.settle();
  auto copied = [&](Duration before) {
    Snapshot snapshot;
    snapshot.id = SnapshotId("snap-" + std::to_string(before.count()));
    snapshot.volume = world.state.root->id;
    snapshot.device = world.state.root->device;
    snapshot.state = SnapshotState::completed;
    snapshot.started_at = world.now - before;
    world.state.snapshots.push_back(snapshot);
  };
  copied(std::chrono::minutes(6));
  copied(std::chrono::minutes(1));
  EXPECT_EQ(told_of(world).summary.find("is copied every"), std::string::npos);
  world.state.snapshots.clear();
  copied(std::chrono::minutes(20));
  copied(std::chrono::minutes(2));
  EXPECT_THAT(told_of(world).summary, AllOf(HasSubstr("/dev/xvda is copied every 18 m"), HasSubstr("of every 5 m")));
}

TEST(Explain, WhatIsHealthyWaitsForNothingAndTellsWhatComes) {
  World world(spec_of(BlockDevicesMode::on_launch));
  world.settle();
  Explanation told = told_of(world);
  EXPECT_THAT(told.summary, AllOf(HasSubstr(world.state.instance->id.str()), HasSubstr("generation 1"),
                                  HasSubstr("t3.medium in z1 (spot)"), HasSubstr("is healthy since")));
  EXPECT_THAT(told.waits, IsEmpty());
  ASSERT_FALSE(told.next.empty());
  EXPECT_THAT(told.next.front().message, HasSubstr("next snapshots"));
  EXPECT_GT(told.next.front().at, world.now);
}

TEST(Explain, TellsEachThingThatAReplacementWaitsFor) {
  World world(spec_of(BlockDevicesMode::on_launch));
  world.settle();
  const std::string first = world.state.instance->id.str();
  world.happen(InterruptionNoticed{world.state.instance->id, world.now + std::chrono::minutes(2)});
  EXPECT_THAT(told_of(world).summary, AllOf(HasSubstr("generation 1 (interruption)"), HasSubstr("phase terminating")));
  std::vector<Wait> waits = waits_on_the_way(world);
  EXPECT_THAT(waits, waits_on(Wait::On::answer, "TerminateInstance was asked"));
  EXPECT_THAT(waits, waits_on(Wait::On::sight, "instance " + first + " is going"));
  EXPECT_THAT(waits, waits_on(Wait::On::sight, "the final snapshot"));
  EXPECT_THAT(waits, waits_on(Wait::On::answer, "LaunchInstance was asked"));
  EXPECT_THAT(waits, waits_on(Wait::On::sight, "must be seen running"));
  EXPECT_EQ(world.state.status, Status::active);
  EXPECT_THAT(told_of(world).waits, IsEmpty());
}

TEST(Explain, TellsThatTheChecksAreWaitedForAndUntilWhen) {
  World world(spec_of(BlockDevicesMode::reattach));
  world.cloud.set_health(StatusCheck::initializing);
  world.settle(20);
  Explanation told = told_of(world);
  EXPECT_THAT(told.waits, waits_on(Wait::On::sight, "status checks"));
  EXPECT_THAT(told.next, Contains(Field(&Coming::message, HasSubstr("grace period"))));
}

TEST(Explain, TellsTheMarketsThatRefusedAndUntilWhen) {
  World world(spec_of(BlockDevicesMode::reattach));
  world.state.asked.clear();
  for (const char* type : {"t3.medium", "t3.large"}) {
    for (LifeCycle life_cycle : {LifeCycle::spot, LifeCycle::on_demand}) {
      world.state.cooling.push_back({{type, SubnetId("subnet-a"), "z1", life_cycle},
                                     world.now + std::chrono::seconds(15),
                                     true,
                                     false,
                                     "InsufficientInstanceCapacity"});
    }
  }
  Explanation told = told_of(world);
  EXPECT_THAT(told.waits, waits_on(Wait::On::market, "t3.large in z1 (on demand) refused a launch: Insufficient"));
  EXPECT_EQ(told.waits.front().until, world.now + std::chrono::seconds(15));
}

TEST(Explain, TellsARefusalWithItsErrorAndTheTimeOfTheNextTry) {
  World world(spec_of(BlockDevicesMode::reattach));
  ASSERT_FALSE(world.effects.empty());
  const std::string key = world.effects.front().key;
  world.effects.clear();
  world.happen(EffectEnded{{key, fail(ErrorKind::throttled, "RequestLimitExceeded", "slowly")}});
  std::vector<Wait> waits = told_of(world).waits;
  EXPECT_THAT(waits, waits_on(Wait::On::pause, "RequestLimitExceeded"));
  EXPECT_THAT(waits, Contains(Field(&Wait::until, ::testing::Optional(::testing::Gt(world.now)))));
}

TEST(Explain, TellsThatAPauseIsHeldWhileSnapshotsFail) {
  World world(spec_of(BlockDevicesMode::on_launch));
  world.settle();
  Snapshot failed;
  failed.id = SnapshotId("snap-x");
  failed.volume = world.state.root->id;
  failed.device = world.state.root->device;
  failed.state = SnapshotState::error;
  failed.failed_at = world.now;
  failed.failures = 1;
  world.state.snapshots.push_back(failed);
  world.happen(PauseAsked{});
  EXPECT_THAT(told_of(world).waits, waits_on(Wait::On::hold, "the pause waits"));
}

TEST(Explain, TellsWhatIsPausedAndWhatIsDeleted) {
  World world(spec_of(BlockDevicesMode::reattach));
  world.settle();
  world.happen(PauseAsked{});
  EXPECT_THAT(told_of(world).summary, HasSubstr("(pause)"));
  world.settle();
  EXPECT_THAT(told_of(world).summary, HasSubstr("it is paused"));
  EXPECT_THAT(told_of(world).waits, IsEmpty());
  world.happen(DeleteAsked{});
  world.settle();
  EXPECT_THAT(told_of(world).summary, HasSubstr("it was deleted"));
  EXPECT_THAT(told_of(world).next, Contains(Field(&Coming::message, "it is forgotten")));
}

}  // namespace
}  // namespace holdfast::core
