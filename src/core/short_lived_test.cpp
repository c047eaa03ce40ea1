// Instances that end by themselves before they are healthy, and volumes that the document gives up.

#include "core/short_lived.h"

#include <gtest/gtest.h>

#include "core/small_world_test.h"

namespace holdfast::core {
namespace {

using namespace model;
using testing::position;
using testing::spec_of;
using testing::World;

// Each instance ends as soon as it was seen, for so long.
void die_at_once(World& world, Duration time) {
  const Time end = world.now + time;
  while (world.now < end) {
    if (world.state.instance && !world.state.instance->healthy_at) world.cloud.vanish(world.state.instance->id);
    if (world.turn()) continue;
    world.cloud.advance();
    world.now += std::chrono::seconds(1);
    world.ring();
  }
}

TEST(ShortLived, AreLaunchedAfterGrowingPausesAndAPersonIsTold) {
  World world(spec_of(BlockDevicesMode::reattach));
  world.cloud.set_health(StatusCheck::initializing);
  die_at_once(world, std::chrono::minutes(60));
  EXPECT_EQ(world.state.status, Status::error);
  EXPECT_NE(world.state.error.find("in a row ended by themselves"), std::string::npos) << world.state.error;
  EXPECT_LT(world.cloud.launches(), 30u);
  EXPECT_GT(world.cloud.launches(), 10u);
  world.cloud.set_health(StatusCheck::ok);
  world.settle();
  EXPECT_EQ(world.state.status, Status::active) << world.state.error;
  EXPECT_EQ(world.state.short_lived, 0);
}

TEST(ShortLived, AFewAreFollowedAtOnce) {
  EXPECT_EQ(pause_after_ends(0), Duration(0));
  EXPECT_EQ(pause_after_ends(2), Duration(0));
  EXPECT_EQ(pause_after_ends(3), std::chrono::seconds(5));
  EXPECT_EQ(pause_after_ends(1000), std::chrono::minutes(5));
}

// The document is as the world's spec has it by now; the instance goes without notice, and the next one comes.
void change_and_replace(World& world) {
  world.happen(SpecChanged{world.state.surroundings});
  world.cloud.vanish(world.state.instance->id);
  world.happen(CloudStirred{kAllKinds});
  world.settle();
}

TEST(GivenUp, AVolumeThatIsNotPersistedAnyMoreStaysForAsLongAsWhatADeleteKeeps) {
  World world(spec_of(BlockDevicesMode::reattach));
  world.settle();
  world.cloud.write();
  const VolumeId data = world.state.data.at("/dev/sdf").id;
  world.spec.persistence.block_devices = false;
  change_and_replace(world);
  ASSERT_EQ(world.state.status, Status::active) << world.state.error;
  EXPECT_TRUE(world.cloud.exists(data));
  EXPECT_LT(position(world.history, "volume_given_up"), world.history.size());
  world.now += std::chrono::hours(97);
  world.happen(TimerRang{});
  world.settle();
  EXPECT_FALSE(world.cloud.exists(data));
}

TEST(GivenUp, AVolumeGoesAtOnceWithADeletionOfTheVolumes) {
  for (bool volumes : {true, false}) {
    World world(spec_of(BlockDevicesMode::reattach));
    world.settle();
    const VolumeId data = world.state.data.at("/dev/sdf").id;
    world.spec.persistence.block_devices = false;
    change_and_replace(world);
    ASSERT_TRUE(world.cloud.exists(data));
    DeleteAsked deletion;
    deletion.deallocation.delete_volumes = volumes;
    world.happen(deletion);
    world.settle();
    EXPECT_EQ(world.cloud.exists(data), !volumes);
  }
}

// Found by the simulator: its instance was never seen to run, and the document did not persist its root any more when
// the next one was launched.
TEST(GivenUp, ARootThatALaunchLeftUnseenIsKeptForAWhileToo) {
  World world(spec_of(BlockDevicesMode::reattach));
  world.settle();
  world.happen(RecycleAsked{});
  ASSERT_TRUE(world.turn_until([&] { return world.state.generation == 2 && world.state.root; }));
  ASSERT_TRUE(world.state.instance);
  ASSERT_FALSE(world.state.instance->running_at);
  const VolumeId root = world.state.root->id;
  world.spec.persistence.root_device = false;
  change_and_replace(world);
  ASSERT_EQ(world.state.status, Status::active) << world.state.error;
  EXPECT_EQ(world.state.generation, 3);
  EXPECT_TRUE(world.cloud.exists(root));
  EXPECT_TRUE(std::any_of(world.state.retired.begin(), world.state.retired.end(),
                          [&](const Retired& entry) { return entry.id == root.str(); }))
      << "it is somebody's";
}

// As one attached by hand: nothing says what a mapping for it would be.
TEST(GivenUp, OneThatTheDocumentDoesNotNameIsNotAskedForAtALaunch) {
  World world(spec_of(BlockDevicesMode::reattach));
  world.settle();
  const VolumeId data = world.state.data.at("/dev/sdf").id;
  world.spec.persistence.block_devices = false;
  world.spec.compute.block_devices.clear();
  change_and_replace(world);
  ASSERT_EQ(world.state.status, Status::active) << world.state.error;
  EXPECT_EQ(world.cloud.instance(world.state.instance->id).devices.size(), 1u) << "its root";
  EXPECT_TRUE(world.cloud.exists(data));
}

}  // namespace
}  // namespace holdfast::core
