// The kept interface: made, adopted from a running instance, exchanged for another address, given up.

#include "core/interfaces.h"

#include <gtest/gtest.h>

#include "core/small_world_test.h"

namespace holdfast::core {
namespace {

using namespace model;
using testing::position;
using testing::spec_of;
using testing::World;

Spec without_address(BlockDevicesMode mode = BlockDevicesMode::reattach) {
  Spec spec = spec_of(mode);
  spec.persistence.private_ip = false;
  return spec;
}

void interrupt(World& world) {
  world.happen(InterruptionNoticed{world.state.instance->id, world.now + std::chrono::minutes(2)});
}

struct TurnedOn : ::testing::Test {
  TurnedOn() : world(without_address()) {
    world.settle();
    first = world.state.instance->id;
    own = world.cloud.instance(first).interfaces.front();
    ip = world.cloud.interface(own).ip;
    world.done.clear();
  }
  void turn_on(const std::optional<std::string>& wish = std::nullopt) {
    world.spec.persistence.private_ip = true;
    world.spec.compute.private_ip = wish;
    world.happen(SpecChanged{world.state.surroundings});
  }
  std::string address() { return world.cloud.instance(world.state.instance->id).private_ip; }
  World world;
  InstanceId first;
  InterfaceId own;
  std::string ip;
};

TEST_F(TurnedOn, TheRunningInstancesInterfaceIsTheKeptOne) {
  turn_on();
  world.settle();
  ASSERT_TRUE(world.state.interface);
  EXPECT_EQ(world.state.interface->id, own);
  EXPECT_FALSE(world.cloud.instance(first).interface_delete_on_termination);
  interrupt(world);
  world.settle();
  EXPECT_EQ(world.state.status, Status::active);
  EXPECT_NE(world.state.instance->id, first);
  EXPECT_EQ(address(), ip);
  EXPECT_EQ(world.cloud.interfaces(), 1u);
  EXPECT_EQ(position(world.done, "interface/"), world.done.size()) << "no second one is made";
}

TEST_F(TurnedOn, NothingOfOursEndsTheInstanceBeforeItsInterfaceOutlivesIt) {
  turn_on();
  world.happen(RecycleAsked{});
  world.settle();
  EXPECT_LT(position(world.done, "keep/"), position(world.done, "terminate/"));
  EXPECT_EQ(address(), ip);
  EXPECT_EQ(world.cloud.interfaces(), 1u);
}

TEST_F(TurnedOn, AnInterfaceThatOutlivedItsInstanceUnseenIsFoundByItsTags) {
  // Set to stay by somebody, and the instance ends before it is looked at.
  world.cloud.perform({"by hand", KeepOnTermination{first, {}, own, "attach-1"}, Urgency::save, {}}, world.spec);
  world.cloud.vanish(first);
  world.cloud.advance();
  turn_on();
  world.settle();
  EXPECT_EQ(world.state.status, Status::active);
  EXPECT_EQ(address(), ip);
  EXPECT_EQ(world.cloud.interfaces(), 1u);
  EXPECT_LT(position(world.history, "interface_found"), world.history.size());
}

TEST_F(TurnedOn, AnInterfaceThatWentWithItsInstanceIsMadeAnew) {
  turn_on();
  while (!world.state.interface) ASSERT_TRUE(world.turn());
  // Taken before DeleteOnTermination could be set.
  world.effects.clear();
  world.cloud.vanish(first);
  world.cloud.advance();
  world.restart();
  world.settle();
  EXPECT_EQ(world.state.status, Status::active);
  EXPECT_NE(world.state.interface->id, own);
  EXPECT_EQ(world.cloud.interfaces(), 1u);
  EXPECT_LT(position(world.history, "interface_lost"), world.history.size());
}

TEST_F(TurnedOn, AnotherAddressComesWithTheNextInstanceAndTheFormerGoesOnceThatIsWell) {
  turn_on("10.0.0.99");
  world.settle();
  EXPECT_EQ(address(), ip) << "it waits for the next instance";
  world.cloud.set_health(StatusCheck::initializing);
  interrupt(world);
  world.settle(60);
  ASSERT_TRUE(world.state.instance);
  EXPECT_EQ(address(), "10.0.0.99");
  EXPECT_TRUE(world.cloud.exists(own));
  world.cloud.set_health(StatusCheck::ok);
  world.settle();
  EXPECT_EQ(world.state.status, Status::active);
  EXPECT_FALSE(world.cloud.exists(own));
  EXPECT_EQ(world.cloud.interfaces(), 1u);
}

TEST_F(TurnedOn, ItsPresentAddressMayBeTheOneThatIsWanted) {
  turn_on(ip);
  world.settle();
  interrupt(world);
  world.settle();
  EXPECT_EQ(world.state.interface->id, own);
  EXPECT_EQ(address(), ip);
}

TEST(KeptInterface, AChangedAddressTakesEffectAndCanBeTakenBack) {
  World world(spec_of(BlockDevicesMode::reattach));
  world.settle();
  InterfaceId first = world.state.interface->id;
  std::string ip = world.state.interface->ip;
  world.cloud.set_health(StatusCheck::initializing);
  world.spec.compute.private_ip = "10.0.0.99";
  world.happen(SpecChanged{world.state.surroundings});
  interrupt(world);
  world.settle(60);
  ASSERT_TRUE(world.state.interface);
  EXPECT_EQ(world.state.interface->ip, "10.0.0.99");
  // Before the new one is well the former address is wanted again: its interface is there still.
  world.spec.compute.private_ip = ip;
  world.happen(SpecChanged{world.state.surroundings});
  world.cloud.vanish(world.state.instance->id);
  world.cloud.set_health(StatusCheck::ok);
  world.happen(CloudStirred{kAllKinds});
  world.settle();
  EXPECT_EQ(world.state.status, Status::active);
  EXPECT_EQ(world.state.interface->id, first);
  EXPECT_EQ(world.cloud.interfaces(), 1u);
}

TEST(KeptInterface, GoesOnceAnInstanceWithoutItIsWellWhenItsPersistenceIsTurnedOff) {
  World world(spec_of(BlockDevicesMode::reattach));
  world.settle();
  InterfaceId kept = world.state.interface->id;
  world.spec.persistence.private_ip = false;
  world.happen(SpecChanged{world.state.surroundings});
  world.settle();
  EXPECT_TRUE(world.cloud.exists(kept)) << "the running instance has it";
  world.cloud.set_health(StatusCheck::initializing);
  interrupt(world);
  world.settle(60);
  EXPECT_TRUE(world.cloud.exists(kept));
  world.cloud.set_health(StatusCheck::ok);
  world.settle();
  EXPECT_EQ(world.state.status, Status::active);
  EXPECT_FALSE(world.cloud.exists(kept));
  EXPECT_FALSE(world.state.interface);
  EXPECT_EQ(world.cloud.interfaces(), 0u);
}

TEST(KeptInterface, DeletedByHandIsMadeAnewWithATokenOfItsOwn) {
  World world(spec_of(BlockDevicesMode::reattach));
  world.settle();
  InterfaceId kept = world.state.interface->id;
  ASSERT_TRUE(world.happen(PauseAsked{}));
  world.settle();
  ASSERT_EQ(world.state.status, Status::paused);
  world.cloud.lose(kept);
  ASSERT_TRUE(world.happen(ResumeAsked{}));
  world.settle();
  EXPECT_EQ(world.state.status, Status::active);
  EXPECT_NE(world.state.interface->id, kept);
  EXPECT_EQ(world.cloud.interfaces(), 1u);
}

// Random lives in which the address is kept, not kept and exchanged: the seed is in the failure's name, and repeats it.
void live(World& world, int steps) {
  for (int i = 0; i < steps; ++i) {
    uint64_t dice = world.random.below(100);
    world.strike(dice);
    if (dice == 6) {
      world.spec.persistence.private_ip = world.random.below(3) != 0;
      world.spec.compute.private_ip.reset();
      bool wish = world.spec.persistence.private_ip && world.random.below(2) == 0;
      if (wish) world.spec.compute.private_ip = world.random.below(2) == 0 ? "10.0.0.201" : "10.0.0.202";
      world.happen(SpecChanged{world.state.surroundings});
    }
    ASSERT_NO_FATAL_FAILURE(world.live_on(dice));
  }
}

class AddressLives : public ::testing::TestWithParam<int> {};

TEST_P(AddressLives, LeakNoInterfaceAndComeBackWithTheWantedAddress) {
  for (int life = 0; life < 25; ++life) {
    int seed = GetParam() * 1000 + life;
    SCOPED_TRACE("seed " + std::to_string(seed));
    World world(spec_of(life % 2 == 0 ? BlockDevicesMode::reattach : BlockDevicesMode::on_launch), seed);
    world.cloud.lost_answers = world.cloud.lost_requests = world.cloud.no_capacity = 0.1;
    ASSERT_NO_FATAL_FAILURE(live(world, 1500));
    world.cloud.lost_answers = world.cloud.lost_requests = world.cloud.no_capacity = 0;
    world.happen(ResumeAsked{});
    world.restart();
    world.settle(2000);
    // What was changed last waits for the next instance.
    world.happen(RecycleAsked{});
    world.settle(2000);
    world.settle(200);
    ASSERT_EQ(world.state.status, Status::active) << world.state.error;
    ASSERT_EQ(world.cloud.interfaces(), world.spec.persistence.private_ip ? 1u : 0u);
    const std::string& ip = world.cloud.instance(world.state.instance->id).private_ip;
    ASSERT_EQ(ip, world.spec.compute.private_ip.value_or(ip));
    ASSERT_EQ(world.cloud.content_of(world.state.root->id), world.cloud.acknowledged["/dev/xvda"]);
    ASSERT_EQ(world.cloud.content_of(world.state.data.at("/dev/sdf").id), world.cloud.acknowledged["/dev/sdf"]);
    ASSERT_EQ(world.cloud.volumes(), 2u);
  }
}
INSTANTIATE_TEST_SUITE_P(Seeds, AddressLives, ::testing::Range(1, 7));

}  // namespace
}  // namespace holdfast::core
