#include "core/tagging.h"

#include <gtest/gtest.h>

#include "core/small_world_test.h"

namespace holdfast::core::testing {
namespace {

using Tags = std::map<std::string, std::string>;

Tagging wanted() {
  Tagging tagging;
  tagging.instance = {{{"team", "blue"}}, {"old"}};
  tagging.volumes = {{{"team", "blue"}}, {}};
  return tagging;
}

void update(World& world, const Tagging& tagging) {
  world.happen(SpecChanged{surroundings(), tagging});
}

TEST(Tagging, GoesOnWhatRunsAndOnWhatIsKept) {
  World world(spec_of(BlockDevicesMode::reattach));
  world.settle();
  const std::string instance = world.state.instance->id.str();
  world.cloud.user_tags[instance]["old"] = "1";
  update(world, wanted());
  world.settle();
  EXPECT_EQ(world.cloud.user_tags[instance], (Tags{{"team", "blue"}}));
  EXPECT_EQ(world.cloud.user_tags[world.state.root->id.str()], (Tags{{"team", "blue"}}));
  EXPECT_EQ(world.cloud.user_tags[world.state.data.at("/dev/sdf").id.str()], (Tags{{"team", "blue"}}));
  EXPECT_FALSE(world.cloud.user_tags.contains(world.state.interface->id.str()));
  EXPECT_FALSE(world.state.tagging);
}

TEST(Tagging, ADeathInBetweenChangesNothing) {
  World world(spec_of(BlockDevicesMode::reattach));
  world.settle();
  update(world, wanted());
  ASSERT_EQ(world.effects.size(), 1u);
  world.restart();
  world.settle();
  EXPECT_EQ(world.cloud.user_tags[world.state.instance->id.str()], (Tags{{"team", "blue"}}));
}

TEST(Tagging, WaitsForAReplacementAndGoesOnTheNextInstance) {
  World world(spec_of(BlockDevicesMode::reattach));
  world.settle();
  world.cloud.vanish(world.state.instance->id);
  world.happen(CloudStirred{});
  for (int i = 0; i < 100 && world.state.instance; ++i) world.turn();
  ASSERT_FALSE(world.state.instance);
  update(world, wanted());
  world.settle();
  EXPECT_EQ(world.state.generation, 2);
  EXPECT_EQ(world.cloud.user_tags[world.state.instance->id.str()], (Tags{{"team", "blue"}}));
}

TEST(Tagging, TheLaterOfTwoWishesWinsAndNoRemovalIsForgotten) {
  World world(spec_of(BlockDevicesMode::reattach));
  world.settle();
  const std::string instance = world.state.instance->id.str();
  world.cloud.user_tags[instance] = {{"old", "1"}, {"older", "1"}};
  update(world, wanted());
  Tagging second;
  second.instance = {{{"team", "red"}}, {"older"}};
  update(world, second);
  world.settle();
  EXPECT_EQ(world.cloud.user_tags[instance], (Tags{{"team", "red"}}));
  EXPECT_FALSE(world.state.tagging);
}

}  // namespace
}  // namespace holdfast::core::testing
