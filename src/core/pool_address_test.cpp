// The address that a group's pool gives.
#include <gtest/gtest.h>

#include "core/interfaces.h"
#include "core/small_world_test.h"

namespace holdfast::core::testing {
namespace {

State given(const std::optional<GroupId>& group) {
  Spec spec = spec_of(BlockDevicesMode::reattach);
  spec.group = group;
  State state = initial_state(ManagedInstanceId("smi-00000001"), surroundings(), from_millis(1'000'000));
  auto step = decide(spec, state, AddressGiven{"10.0.0.20", SubnetId("subnet-a")}, from_millis(1'000'000));
  return step->state;
}

TEST(PoolAddress, IsTheMembersFromThenOn) {
  const State state = given(GroupId("smg-00000001"));
  EXPECT_EQ(state.pool_address, "10.0.0.20");
  EXPECT_TRUE(state.surroundings.subnets.front().holds_address);
}

// It left its group while the pool was changed: the address would be nobody else's, for as long as it lives.
TEST(PoolAddress, IsNotTakenByOneThatHasLeftItsGroup) {
  const State state = given(std::nullopt);
  EXPECT_EQ(state.pool_address, "");
  EXPECT_FALSE(state.surroundings.subnets.front().holds_address);
}

}  // namespace
}  // namespace holdfast::core::testing
