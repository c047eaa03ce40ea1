// A document that changes while something is under way: what was asked for by the former one, and what is kept.
#include <gtest/gtest.h>

#include <algorithm>

#include "core/copies_test.h"

namespace holdfast::core::testing {
namespace {

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

}  // namespace
}  // namespace holdfast::core::testing
