#include "core/address.h"

#include <gtest/gtest.h>

#include "core/small_world_test.h"

namespace holdfast::core::testing {
namespace {

constexpr char kAllocation[] = "eipalloc-00000001";

World with_address() {
  Spec spec = spec_of(BlockDevicesMode::reattach);
  spec.compute.elastic_ip = kAllocation;
  World world(spec);
  world.state.surroundings.elastic_ip = world.cloud.public_ip;
  world.settle();
  return world;
}

TEST(ElasticAddress, IsOnEachInstanceBeforeThatIsHealthy) {
  World world = with_address();
  EXPECT_EQ(world.state.status, Status::active);
  EXPECT_EQ(world.cloud.address_on, world.state.instance->id);
  EXPECT_EQ(world.state.instance->public_ip, world.cloud.public_ip);
  EXPECT_LT(position(world.history, "address_associated"), world.history.size());
  world.cloud.vanish(world.state.instance->id);
  world.happen(CloudStirred{});
  world.settle();
  EXPECT_EQ(world.state.status, Status::active);
  EXPECT_EQ(world.state.generation, 2);
  EXPECT_EQ(world.cloud.address_on, world.state.instance->id) << "the same after a replacement";
}

TEST(ElasticAddress, NoInstanceIsActiveWithoutIt) {
  Spec spec = spec_of(BlockDevicesMode::reattach);
  spec.compute.elastic_ip = kAllocation;
  World world(spec);
  world.state.surroundings.elastic_ip = "198.18.0.99";  // never shown
  world.settle(60);
  EXPECT_NE(world.state.status, Status::active);
  EXPECT_FALSE(world.state.instance->healthy_at);
}

TEST(ElasticAddress, ComesBackWhenSomebodyHasTakenIt) {
  World world = with_address();
  world.cloud.address_on = InstanceId();
  world.now += std::chrono::seconds(10);
  world.happen(CloudStirred{});
  world.settle();
  EXPECT_EQ(world.cloud.address_on, world.state.instance->id);
}

TEST(ElasticAddress, IsTakenOffWhenTheDocumentGivesItUp) {
  World world = with_address();
  world.spec.compute.elastic_ip.clear();
  Surroundings facts = surroundings();
  world.happen(SpecChanged{facts});
  world.settle();
  EXPECT_TRUE(world.cloud.address_on.empty());
  EXPECT_FALSE(world.state.address);
}

TEST(ElasticAddress, IsAddedToWhatRuns) {
  World world(spec_of(BlockDevicesMode::reattach));
  world.settle();
  world.spec.compute.elastic_ip = kAllocation;
  Surroundings facts = surroundings();
  facts.elastic_ip = world.cloud.public_ip;
  world.happen(SpecChanged{facts});
  world.settle();
  EXPECT_EQ(world.cloud.address_on, world.state.instance->id);
  EXPECT_EQ(world.state.generation, 1);
}

TEST(ElasticAddress, ADeleteLetsGoOfIt) {
  World world = with_address();
  world.happen(DeleteAsked{{true, true, true, true, std::chrono::hours(1)}});
  world.settle();
  EXPECT_FALSE(world.state.address);
}

}  // namespace
}  // namespace holdfast::core::testing
