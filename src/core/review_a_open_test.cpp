// Suspected, and not mended yet.
#include <gtest/gtest.h>

#include "core/copies_test.h"

namespace holdfast::core::testing {
namespace {

// Somebody has the kept interface on another machine while it rests: the resume waits for that, and says nothing.
TEST(LentInterface, IsToldToWhoeverResumes) {
  World world(spec_of(BlockDevicesMode::reattach));
  world.settle();
  ASSERT_TRUE(world.happen(PauseAsked{}));
  world.settle();
  ASSERT_EQ(world.state.status, Status::paused);
  LaunchInstance theirs;
  theirs.token = "theirs";
  theirs.market = {"t3.medium", SubnetId("subnet-a"), "z1", LifeCycle::on_demand};
  theirs.interface = world.state.interface->id;
  auto made = world.cloud.perform({"theirs", theirs, Urgency::save, {}}, world.spec).made;
  ASSERT_TRUE(made);
  world.cloud.apart = InstanceId(*made);
  ASSERT_TRUE(world.happen(ResumeAsked{}));
  for (int i = 0; i < 3; ++i) world.settle();
  EXPECT_FALSE(world.state.instance);
  EXPECT_EQ(world.state.status, Status::error) << "it waits without end, and without a word";
}

}  // namespace
}  // namespace holdfast::core::testing
