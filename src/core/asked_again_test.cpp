// What is wanted only where a look shows that it is needed, and what a person is told of what waits.

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <string>

#include "core/small_world_test.h"

namespace holdfast::core {
namespace {

using namespace model;
using testing::spec_of;
using testing::World;

struct Life {
  std::function<bool(const Effect&)> refuses = [](const Effect&) { return false; };
  std::function<void(Observation&)> shows = [](Observation&) {};
  ErrorKind kind = ErrorKind::denied;
  std::string code = "UnauthorizedOperation";
};

// What was to be looked at soon stays so, as in the engine.
void happen(World& world, const Event& event) {
  const std::optional<Look> before = world.look;
  world.happen(event);
  if (!before) return;
  const Look after = world.look.value_or(*before);
  world.look = Look{std::min(before->at, after.at), static_cast<Kinds>(before->kinds | after.kinds)};
}

// As World::turn, but that some effects are refused, and looks show something else.
bool turn(World& world, const Life& life) {
  if (!world.effects.empty() && life.refuses(world.effects.front())) {
    const std::string key = world.effects.front().key;
    world.effects.pop_front();
    world.done.push_back(key);
    happen(world, EffectEnded{{key, Failure(Error{life.kind, life.code, "no", {}})}});
    return true;
  }
  if (world.effects.empty() && world.look && world.look->at <= world.now) {
    Observation seen = world.cloud.observe(world.look->kinds, world.now);
    world.look.reset();
    life.shows(seen);
    happen(world, Observed{std::move(seen)});
    return true;
  }
  return world.turn();
}

// In steps of a tenth of a second.
void live(World& world, const Life& life, Duration length) {
  const Time until = world.now + length;
  for (int step = 0; world.now < until; ++step) {
    int turns = 0;
    while (turn(world, life)) ASSERT_LE(++turns, 1000) << "it acts without end";
    if (step % 10 == 0) world.cloud.advance();
    world.now += std::chrono::milliseconds(100);
    if (world.wake && *world.wake <= world.now) {
      world.wake.reset();
      happen(world, TimerRang{});
    }
  }
}

int64_t count(const World& world, const std::string& prefix) {
  return std::count_if(world.done.begin(), world.done.end(),
                       [&](const std::string& key) { return key.starts_with(prefix); });
}

// Somebody has set DeleteOnTermination, and the service may not take it off again.
Life with_a_root_that_would_go() {
  Life life;
  life.refuses = [](const Effect& effect) { return std::holds_alternative<KeepOnTermination>(effect.action); };
  life.shows = [](Observation& seen) {
    for (ObservedInstance& instance : seen.instances) {
      for (ObservedDevice& device : instance.devices) device.delete_on_termination = true;
    }
  };
  return life;
}

// It was asked for again at every look, some ten times a second and more, and nobody was told why a pause waits.
TEST(ByLook, WhatIsRefusedKeepsItsPauseAndIsTold) {
  World world(spec_of(BlockDevicesMode::reattach));
  world.settle();
  world.done.clear();
  const Life life = with_a_root_that_would_go();
  world.happen(CloudStirred{kAllKinds});
  live(world, life, std::chrono::seconds(20));
  world.happen(PauseAsked{});
  live(world, life, std::chrono::minutes(5));
  ASSERT_TRUE(world.state.instance) << "it would take its root along";
  EXPECT_NE(world.state.error.find("KeepOnTermination is refused"), std::string::npos) << world.state.error;
  EXPECT_LE(count(world, "keep/"), 12);
  // Mended by hand, it goes on, and nothing is asked for any more.
  live(world, {}, std::chrono::minutes(1));
  EXPECT_EQ(world.state.status, Status::paused) << world.state.error;
  EXPECT_TRUE(world.state.asked.empty());
}

TEST(ByLook, WhatIsThrottledIsAskedForLessAndLessOften) {
  World world(spec_of(BlockDevicesMode::reattach));
  world.settle();
  world.done.clear();
  Life life = with_a_root_that_would_go();
  life.kind = ErrorKind::throttled;
  life.code = "RequestLimitExceeded";
  world.happen(CloudStirred{kAllKinds});
  live(world, life, std::chrono::seconds(20));
  world.happen(PauseAsked{});
  live(world, life, std::chrono::minutes(5));
  ASSERT_TRUE(world.state.instance) << "it would take its root along";
  EXPECT_LE(count(world, "keep/"), 25);
  live(world, {}, std::chrono::minutes(2));
  EXPECT_EQ(world.state.status, Status::paused) << world.state.error;
}

// EC2 answers that it is done, and shows it as before: its listings lag behind, or it does not take it.
TEST(ByLook, WhatIsDoneAndNotShownYetIsNotAskedForAllTheTime) {
  World world(spec_of(BlockDevicesMode::reattach));
  world.settle();
  world.done.clear();
  Life life = with_a_root_that_would_go();
  life.refuses = [](const Effect&) { return false; };
  world.happen(CloudStirred{kAllKinds});
  live(world, life, std::chrono::minutes(1));
  EXPECT_LE(count(world, "keep/"), 15);
}

TEST(Forgetting, DoesNotWakeEachSecondForWhatIsKeptForLonger) {
  World world(spec_of(BlockDevicesMode::reattach));
  world.settle();
  world.state.retired.push_back(
      {Retired::What::volume, "vol-given-up", "given up", world.now + std::chrono::hours(96)});
  world.happen(DeleteAsked{{false, false, false, false, std::chrono::hours(1)}});
  world.settle();
  ASSERT_EQ(world.state.status, Status::deallocated);
  world.now += std::chrono::hours(2);
  world.happen(TimerRang{});
  live(world, {}, std::chrono::minutes(1));
  ASSERT_FALSE(world.forgotten);
  ASSERT_TRUE(world.wake);
  EXPECT_GE(*world.wake, world.now + std::chrono::hours(1));
  world.now += std::chrono::hours(100);
  world.happen(TimerRang{});
  live(world, {}, std::chrono::seconds(10));
  EXPECT_TRUE(world.forgotten);
}

// One that was launched though nobody knew, and that somebody has protected.
TEST(ByLook, AScoutWhoseEndIsRefusedIsNotAskedForAtEveryLook) {
  World world(spec_of(BlockDevicesMode::reattach));
  world.settle();
  world.done.clear();
  Life life;
  life.refuses = [](const Effect& effect) { return std::holds_alternative<EndScout>(effect.action); };
  life.shows = [](Observation& seen) {
    if (!has(seen.kinds, Kind::instances)) return;
    ObservedInstance scout;
    scout.id = InstanceId("i-scout");
    scout.state = InstanceState::running;
    scout.tags = {0, "scout/7", {}, kPurposeScout};
    seen.instances.push_back(scout);
  };
  world.happen(CloudStirred{kAllKinds});
  live(world, life, std::chrono::minutes(5));
  EXPECT_GE(count(world, "end-scout/"), 2);
  EXPECT_LE(count(world, "end-scout/"), 12);
}

// Listings lag behind: the volume is shown free for a while though it has been attached.
TEST(ByLook, AnAttachmentThatIsNotShownYetIsNotAskedForAllTheTime) {
  World world(spec_of(BlockDevicesMode::reattach));
  world.settle();
  const VolumeId data = world.state.data.at("/dev/sdf").id;
  world.done.clear();
  Life life;
  life.shows = [&](Observation& seen) {
    for (ObservedVolume& volume : seen.volumes) {
      if (volume.id != data || count(world, "attach/") == 0) continue;
      volume.state = VolumeState::available;
      volume.attachments.clear();
    }
    for (ObservedInstance& instance : seen.instances) {
      std::erase_if(instance.devices, [&](const ObservedDevice& device) { return device.volume == data; });
    }
  };
  world.happen(RecycleAsked{});
  live(world, life, std::chrono::seconds(30));
  EXPECT_GE(count(world, "attach/"), 1);
  EXPECT_LE(count(world, "attach/"), 8);
  live(world, {}, std::chrono::minutes(1));
  EXPECT_EQ(world.state.status, Status::active) << world.state.error;
}

// Somebody has protected the instance from termination: EC2 says so, and says it as often as it is asked.
TEST(Conflict, OneThatDoesNotPassIsTold) {
  World world(spec_of(BlockDevicesMode::reattach));
  world.settle();
  Life life;
  life.refuses = [](const Effect& effect) { return std::holds_alternative<TerminateInstance>(effect.action); };
  life.kind = ErrorKind::conflict;
  life.code = "OperationNotPermitted";
  world.happen(PauseAsked{});
  live(world, life, std::chrono::seconds(30));
  EXPECT_EQ(world.state.error, "") << "most pass by themselves";
  live(world, life, std::chrono::minutes(10));
  EXPECT_NE(world.state.error.find(life.code), std::string::npos) << "nobody is told";
  live(world, {}, std::chrono::minutes(1));
  EXPECT_EQ(world.state.status, Status::paused) << world.state.error;
}

// Its image is registered, and may not be tagged (perform.cpp); or EC2 answers with internal errors for an hour.
TEST(NoOutcome, OneThatStaysUnknownIsAskedForLessAndLessOftenAndTold) {
  for (bool image : {true, false}) {
    World world(spec_of(BlockDevicesMode::reattach));
    world.settle();
    world.done.clear();
    Life life;
    life.refuses = [=](const Effect& effect) {
      return image ? std::holds_alternative<RegisterImage>(effect.action)
                   : std::holds_alternative<TerminateInstance>(effect.action);
    };
    life.kind = ErrorKind::unknown_outcome;
    world.happen(RecycleAsked{});
    live(world, life, std::chrono::minutes(10));
    EXPECT_GE(count(world, image ? "image/" : "terminate/"), 10);
    EXPECT_LE(count(world, image ? "image/" : "terminate/"), 35);
    EXPECT_NE(world.state.error.find(life.code), std::string::npos) << "nobody is told: " << world.state.error;
    live(world, {}, std::chrono::minutes(2));
    EXPECT_EQ(world.state.status, Status::active) << world.state.error;
  }
}

// EC2 has trouble with one kind of instance only: nothing but internal errors, for as long as one likes.
TEST(NoOutcome, ALaunchThatStaysUnansweredIsFollowedByOneElsewhere) {
  World world(spec_of(BlockDevicesMode::reattach));
  world.settle();
  const std::string troubled = world.state.instance->market.instance_type;
  world.done.clear();
  Life life;
  life.refuses = [&](const Effect& effect) {
    const auto* launch = std::get_if<LaunchInstance>(&effect.action);
    return launch != nullptr && launch->market.instance_type == troubled;
  };
  life.kind = ErrorKind::unknown_outcome;
  life.code = "InternalError";
  world.happen(RecycleAsked{});
  live(world, life, std::chrono::minutes(5));
  EXPECT_EQ(world.state.status, Status::active) << world.state.error;
  ASSERT_TRUE(world.state.instance);
  EXPECT_NE(world.state.instance->market.instance_type, troubled);
  EXPECT_EQ(world.cloud.launches(), 2u);
}

// Its fifth try, of which nobody heard either, has made it after all.
TEST(NoOutcome, ALaunchThatIsGivenUpIsTakenInIfItComesToBe) {
  World world(spec_of(BlockDevicesMode::reattach));
  world.settle();
  const Market market = world.state.instance->market;
  std::optional<Effect> last;
  Life life;
  life.refuses = [&](const Effect& effect) {
    if (!std::holds_alternative<LaunchInstance>(effect.action)) return false;
    last = effect;
    return true;
  };
  life.kind = ErrorKind::unknown_outcome;
  world.happen(RecycleAsked{});
  live(world, life, std::chrono::seconds(40));
  ASSERT_TRUE(last);
  world.cloud.perform(*last, world.spec);
  live(world, {}, std::chrono::minutes(3));
  EXPECT_EQ(world.state.status, Status::active) << world.state.error;
  EXPECT_EQ(world.state.instance->market, market);
  EXPECT_EQ(world.cloud.launches(), 2u);
}

// An answer that has not all its fields: of a device no volume, of the instance no root device, of the interface
// nothing but its id.
TEST(Blank, WhatALookLeavesOutSaysNothing) {
  World world(spec_of(BlockDevicesMode::reattach));
  world.settle();
  world.cloud.write();
  const VolumeId data = world.state.data.at("/dev/sdf").id;
  const VolumeId root = world.state.root->id;
  const Interface kept = *world.state.interface;
  Life life;
  life.shows = [](Observation& seen) {
    for (ObservedInstance& instance : seen.instances) {
      for (ObservedDevice& device : instance.devices) device.volume = VolumeId();
    }
    for (ObservedInterface& interface : seen.interfaces) {
      interface.ip.clear();
      interface.mac.clear();
      interface.subnet = SubnetId();
      interface.zone.clear();
    }
  };
  world.happen(CloudStirred{kAllKinds});
  live(world, life, std::chrono::seconds(10));
  ASSERT_EQ(world.state.data.at("/dev/sdf").id, data);
  ASSERT_TRUE(world.state.root);
  EXPECT_EQ(world.state.root->id, root);
  EXPECT_EQ(world.state.interface->subnet, kept.subnet);
  EXPECT_EQ(world.state.interface->ip, kept.ip);
  life.shows = [](Observation& seen) {
    for (ObservedInstance& instance : seen.instances) instance.root_device.clear();
  };
  world.happen(CloudStirred{kAllKinds});
  live(world, life, std::chrono::seconds(10));
  EXPECT_FALSE(world.state.data.contains("/dev/xvda")) << "the root was taken for a data volume";
  world.happen(RecycleAsked{});
  live(world, {}, std::chrono::minutes(2));
  EXPECT_EQ(world.state.status, Status::active) << world.state.error;
  EXPECT_EQ(world.state.data.at("/dev/sdf").id, data);
  EXPECT_EQ(world.state.interface->id, kept.id);
}

// A process that was frozen takes in what was asked for meanwhile before its timer rings.
TEST(ScheduleAndPeople, WhatAPersonAskedForAfterItWasDueStays) {
  World world(spec_of(BlockDevicesMode::reattach));
  world.now = *from_iso("2026-11-30T12:00:00Z");
  ScheduledTask resume;
  resume.type = TaskType::resume;
  resume.cron = "0 13 * * *";
  ScheduledTask pause;
  pause.type = TaskType::pause;
  pause.cron = "0 14 * * *";
  world.spec.tasks = {resume, pause};
  world.happen(SpecChanged{world.state.surroundings});
  world.settle();
  ASSERT_TRUE(world.happen(PauseAsked{}));
  world.settle();
  ASSERT_TRUE(world.happen(ResumeAsked{}));
  world.settle();
  world.now = *from_iso("2026-11-30T13:05:00Z");
  ASSERT_TRUE(world.happen(PauseAsked{}));
  world.happen(TimerRang{});
  EXPECT_EQ(world.state.goal, Goal::paused) << "the resume was due five minutes before";
  world.settle();
  world.now = *from_iso("2026-11-30T14:05:00Z");
  ASSERT_TRUE(world.happen(ResumeAsked{}));
  world.happen(TimerRang{});
  EXPECT_EQ(world.state.goal, Goal::running) << "the pause was due five minutes before";
}

// While it rested somebody put the kept interface on another machine.
Life with_a_lent_interface(World& world) {
  world.settle();
  world.happen(PauseAsked{});
  world.settle();
  EXPECT_EQ(world.state.status, Status::paused);
  Life life;
  life.shows = [kept = world.state.interface->id](Observation& seen) {
    for (ObservedInterface& interface : seen.interfaces) {
      if (interface.id != kept) continue;
      interface.state = InterfaceState::in_use;
      interface.attached_to = InstanceId("i-another");
    }
  };
  world.happen(CloudStirred{kAllKinds});
  live(world, life, std::chrono::seconds(20));
  return life;
}

TEST(LentInterface, IsToldWhereAResumeWaitsForIt) {
  World world(spec_of(BlockDevicesMode::reattach));
  const Life life = with_a_lent_interface(world);
  const InterfaceId kept = world.state.interface->id;
  world.happen(ResumeAsked{});
  live(world, life, std::chrono::minutes(10));
  EXPECT_FALSE(world.state.instance);
  EXPECT_NE(world.state.error.find(kept.str()), std::string::npos) << "nobody is told: " << world.state.error;
  EXPECT_NE(world.state.error.find("i-another"), std::string::npos) << world.state.error;
  live(world, {}, std::chrono::minutes(1));
  EXPECT_EQ(world.state.status, Status::active) << world.state.error;
}

TEST(LentInterface, IsToldWhereADeletionWaitsForIt) {
  World world(spec_of(BlockDevicesMode::reattach));
  const Life life = with_a_lent_interface(world);
  world.happen(DeleteAsked{});
  live(world, life, std::chrono::minutes(10));
  EXPECT_EQ(world.state.status, Status::deallocating);
  EXPECT_NE(world.state.error.find("the deletion waits for that"), std::string::npos) << world.state.error;
  live(world, {}, std::chrono::minutes(1));
  EXPECT_EQ(world.state.status, Status::deallocated);
  EXPECT_EQ(world.state.error, "");
}

// Somebody took a free data volume for another machine before the next instance had it.
TEST(LentVolume, IsToldWhereAReplacementWaitsForIt) {
  World world(spec_of(BlockDevicesMode::reattach));
  world.settle();
  const VolumeId data = world.state.data.at("/dev/sdf").id;
  Life life;
  life.shows = [&](Observation& seen) {
    for (ObservedVolume& volume : seen.volumes) {
      if (volume.id != data || !volume.attachments.empty()) continue;
      volume.state = VolumeState::in_use;
      volume.attachments = {{InstanceId("i-another"), "/dev/sdz", AttachmentState::attached}};
    }
  };
  world.happen(RecycleAsked{});
  live(world, life, std::chrono::minutes(3));
  EXPECT_NE(world.state.error.find(data.str()), std::string::npos) << world.state.error;
  EXPECT_NE(world.state.error.find("i-another"), std::string::npos) << world.state.error;
  live(world, {}, std::chrono::minutes(1));
  EXPECT_EQ(world.state.status, Status::active) << world.state.error;
}

// The first launch as far as its call.
Effect first_launch(World& world) {
  auto launches = [&] {
    return !world.effects.empty() && std::holds_alternative<LaunchInstance>(world.effects.front().action);
  };
  EXPECT_TRUE(world.turn_until(launches));
  Effect launch = world.effects.front();
  world.effects.clear();
  return launch;
}

// A request may arrive this late after its caller has given up.
constexpr Duration kLate = std::chrono::seconds(39);

void end_with(World& world, const Effect& effect, ErrorKind kind, const std::string& code) {
  world.happen(EffectEnded{{effect.key, Failure(Error{kind, code, "said the test", {}})}});
}

// Two ran, and nobody knew of one of them.
TEST(LateLaunch, OneWhoseRepeatWasRefusedIsFoundHoweverLate) {
  for (bool keeps_address : {false, true}) {
    Spec spec = spec_of(BlockDevicesMode::on_launch);
    spec.persistence.private_ip = keeps_address;
    World world(spec);
    const Effect launch = first_launch(world);
    end_with(world, launch, ErrorKind::unknown_outcome, "Timeout");
    const Time given_up = world.now;
    ASSERT_TRUE(world.turn_until([&] { return !world.effects.empty(); }));
    ASSERT_EQ(world.effects.front().key, launch.key);
    world.effects.clear();
    end_with(world, launch, ErrorKind::no_capacity, "InsufficientInstanceCapacity");
    live(world, {}, given_up + kLate - world.now);
    world.cloud.perform(launch, world.spec);
    live(world, {}, std::chrono::minutes(2));
    EXPECT_EQ(world.cloud.running(), 1);
    EXPECT_EQ(world.state.status, Status::active) << world.state.error;
    EXPECT_EQ(world.cloud.launches(), 1u);
  }
}

// It held the address that every later one was to be launched with.
TEST(LateLaunch, IsTakenInWhereNothingElseHadRoomMeanwhile) {
  World world(spec_of(BlockDevicesMode::on_launch));
  const Effect launch = first_launch(world);
  end_with(world, launch, ErrorKind::unknown_outcome, "Timeout");
  const Time given_up = world.now;
  ASSERT_TRUE(world.turn_until([&] { return !world.effects.empty(); }));
  world.effects.clear();
  end_with(world, launch, ErrorKind::no_capacity, "InsufficientInstanceCapacity");
  Life full;
  full.refuses = [](const Effect& effect) { return std::holds_alternative<LaunchInstance>(effect.action); };
  full.kind = ErrorKind::no_capacity;
  full.code = "InsufficientInstanceCapacity";
  live(world, full, given_up + kLate - world.now);
  world.cloud.perform(launch, world.spec);
  live(world, {}, std::chrono::minutes(5));
  EXPECT_EQ(world.cloud.running(), 1);
  EXPECT_EQ(world.state.status, Status::active) << world.state.error;
}

TEST(LateLaunch, DoesNotOutliveADelete) {
  Spec spec = spec_of(BlockDevicesMode::reattach);
  spec.persistence.private_ip = false;
  World world(spec);
  const Effect launch = first_launch(world);
  end_with(world, launch, ErrorKind::unknown_outcome, "Timeout");
  const Time given_up = world.now;
  ASSERT_TRUE(world.turn_until([&] { return !world.effects.empty(); }));
  world.effects.clear();
  end_with(world, launch, ErrorKind::throttled, "RequestLimitExceeded");
  DeleteAsked everything;
  everything.deallocation = {true, true, true, true, std::chrono::hours(1)};
  world.happen(everything);
  live(world, {}, given_up + kLate - world.now);
  world.cloud.perform(launch, world.spec);
  live(world, {}, std::chrono::minutes(2));
  EXPECT_EQ(world.cloud.running(), 0);
  EXPECT_EQ(world.cloud.volumes(), 0u);
  EXPECT_EQ(world.state.status, Status::deallocated);
}

}  // namespace
}  // namespace holdfast::core
