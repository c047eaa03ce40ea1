#include "core/address.h"

#include <gtest/gtest.h>

#include "core/small_world_test.h"

namespace holdfast::core::testing {
namespace {

constexpr char kAllocation[] = "eipalloc-00000001";

World new_with_address() {
  Spec spec = spec_of(BlockDevicesMode::reattach);
  spec.compute.elastic_ip = kAllocation;
  World world(spec);
  world.state.surroundings.elastic_ip = world.cloud.public_ip;
  return world;
}

World with_address() {
  World world = new_with_address();
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

TEST(ElasticAddress, ADeleteTakesItOffTheKeptInterfaceAlsoWhereTheFirstTryIsThrottled) {
  World world = with_address();
  world.happen(PauseAsked{});
  world.settle();
  const InterfaceId kept = world.state.interface->id;
  world.happen(DeleteAsked{});
  std::vector<DisassociateAddress> asked;
  bool throttled = false;
  for (int i = 0; i < 400; ++i) {
    if (!world.effects.empty() && world.effects.front().key.starts_with("address-off/")) {
      const Effect effect = world.effects.front();
      world.effects.pop_front();
      asked.push_back(std::get<DisassociateAddress>(effect.action));
      const Failure slow(Error{ErrorKind::throttled, "RequestLimitExceeded", "said the test", {}});
      if (!throttled) {
        throttled = true;
        world.happen(EffectEnded{{effect.key, slow}});
      } else {
        world.happen(EffectEnded{{effect.key, std::string()}});
      }
      continue;
    }
    if (world.turn()) continue;
    world.cloud.advance();
    world.now += std::chrono::seconds(1);
    world.ring();
  }
  ASSERT_EQ(asked.size(), 2u);
  EXPECT_EQ(asked.front().interface, kept);
  EXPECT_EQ(asked.back().interface, kept) << "the repeat looks nowhere, and 'is not on it any more' is recorded";
}

TEST(ElasticAddress, AnAssociationThatIsNotWantedAnyMoreIsNotRepeated) {
  World world = new_with_address();
  ASSERT_TRUE(world.turn_until(
      [&] { return !world.effects.empty() && world.effects.front().key.starts_with("address/"); }));
  world.restart();  // its outcome is not known
  world.spec.compute.elastic_ip.clear();
  world.happen(SpecChanged{surroundings()});
  world.cloud.address_on = InstanceId("i-of-another");  // whose document has it now
  world.settle();
  EXPECT_EQ(world.cloud.address_on, InstanceId("i-of-another")) << "taken from the one that it was given to";
}

TEST(ElasticAddress, OneThatWasAssociatedAndNotYetSeenIsTakenOffWhenItIsGivenUp) {
  World world = new_with_address();
  ASSERT_TRUE(world.turn_until([&] { return !world.cloud.address_on.empty(); }));
  world.spec.compute.elastic_ip.clear();
  world.happen(SpecChanged{surroundings()});
  world.settle();
  EXPECT_TRUE(world.cloud.address_on.empty());
}

}  // namespace
}  // namespace holdfast::core::testing
