// What the cloud denies to show: it is told, and nothing is made of it.
#include <gtest/gtest.h>

#include "core/copies_test.h"

namespace holdfast::core::testing {
namespace {

Observation denied(const World& world, Kinds kinds) {
  Observation observation;
  observation.as_of = world.now;
  observation.denied = kinds;
  observation.why_denied = "UnauthorizedOperation: not authorized to perform ec2:DescribeVolumes";
  return observation;
}

TEST(DeniedLooks, AreToldUntilTheCloudShowsThemAgain) {
  World world(spec_of(BlockDevicesMode::reattach));
  world.settle();
  ASSERT_EQ(world.state.status, Status::active);
  world.happen(Observed{denied(world, static_cast<Kinds>(Kind::volumes))});
  EXPECT_EQ(world.state.status, Status::error);
  EXPECT_NE(world.state.error.find("ec2:DescribeVolumes"), std::string::npos) << world.state.error;
  EXPECT_EQ(position(world.history, "volume_lost"), world.history.size());
  world.happen(Observed{world.cloud.observe(static_cast<Kinds>(Kind::instances), world.now)});
  EXPECT_EQ(world.state.status, Status::error) << "the volumes are still not shown";
  const size_t told = static_cast<size_t>(std::count(world.history.begin(), world.history.end(), "error"));
  world.happen(Observed{denied(world, static_cast<Kinds>(Kind::volumes))});
  EXPECT_EQ(static_cast<size_t>(std::count(world.history.begin(), world.history.end(), "error")), told);
  world.happen(Observed{world.cloud.observe(static_cast<Kinds>(Kind::volumes), world.now)});
  EXPECT_EQ(world.state.status, Status::active) << world.state.error;
}

// Without the status checks it would be said not to have become healthy, and that its console be looked at.
TEST(DeniedLooks, AreTheCauseOfWhatDoesNotComeUp) {
  World world(spec_of(BlockDevicesMode::reattach));
  world.cloud.set_health(StatusCheck::initializing);
  world.settle();
  world.now += std::chrono::hours(1);
  world.happen(TimerRang{});
  ASSERT_NE(world.state.error.find("console"), std::string::npos) << world.state.error;
  world.happen(Observed{denied(world, static_cast<Kinds>(Kind::status))});
  EXPECT_NE(world.state.error.find("status checks"), std::string::npos) << world.state.error;
  EXPECT_EQ(world.state.error.find("console"), std::string::npos) << world.state.error;
}

// Nobody looks at the checks of one that has no instance: it would be told for as long as it rests.
TEST(DeniedLooks, OfStatusChecksMatterOnlyWhereThereIsAnInstance) {
  World world(spec_of(BlockDevicesMode::reattach));
  world.settle();
  world.happen(Observed{denied(world, static_cast<Kinds>(Kind::status))});
  ASSERT_EQ(world.state.status, Status::error);
  ASSERT_TRUE(world.happen(PauseAsked{}));
  world.settle();
  EXPECT_EQ(world.state.status, Status::paused) << world.state.error;
}

}  // namespace
}  // namespace holdfast::core::testing
