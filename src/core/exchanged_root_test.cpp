// Roots that a person exchanges, takes off or lends, and volumes that come back to where they were given up.
#include <gtest/gtest.h>

#include <algorithm>

#include "core/copies_test.h"

namespace holdfast::core::testing {
namespace {

constexpr char kWorkbench[] = "i-workbench";

void look(World& world, int seconds = 10) {
  world.now += std::chrono::seconds(seconds);
  world.happen(CloudStirred{kAllKinds});
  world.settle(60);
}

// EC2's CreateReplaceRootVolumeTask. The volume carries no tag of ours.
void exchange_root(World& world, const InstanceId& instance, const VolumeId& former, const VolumeId& next) {
  world.cloud.detach(former);
  Effect effect{"by-hand", AttachVolume{next, instance, kRoot}, Urgency::recover, {}};
  ASSERT_TRUE(world.cloud.perform(effect, world.spec).made);
  world.cloud.advance();
}

VolumeId untagged_volume(World& world) {
  CreateVolume create;
  create.token = "by-hand";
  create.zone = "z1";
  create.device.size_gib = 8;
  const VolumeId made(world.cloud.perform({"by-hand", create, Urgency::recover, {}}, world.spec).made.value());
  world.cloud.advance();
  return made;
}

TEST(ExchangedRoot, OneThatWasGivenUpAndIsTheRootAgainIsKept) {
  World world(spec_of(BlockDevicesMode::reattach));
  world.settle();
  const VolumeId first = world.state.root->id;
  world.spec.persistence.root_device = false;
  world.happen(SpecChanged{world.state.surroundings});
  world.happen(RecycleAsked{});
  world.settle();
  ASSERT_TRUE(told(world, "volume_given_up"));
  world.spec.persistence.root_device = true;
  world.happen(SpecChanged{world.state.surroundings});
  world.settle();
  ASSERT_TRUE(world.state.root);
  exchange_root(world, world.state.instance->id, world.state.root->id, first);
  look(world);
  ASSERT_EQ(world.state.root->id, first);
  later(world, std::chrono::hours(100));
  world.happen(DeleteAsked{});
  world.settle(60);
  ASSERT_EQ(world.state.status, Status::deallocated);
  EXPECT_TRUE(world.cloud.exists(first)) << "a delete that keeps volumes for four days";
}

TEST(ExchangedRoot, CarriesOurTags) {
  World world(spec_of(BlockDevicesMode::reattach));
  world.settle();
  const VolumeId next = untagged_volume(world);
  exchange_root(world, world.state.instance->id, world.state.root->id, next);
  look(world);
  ASSERT_EQ(world.state.root->id, next);
  EXPECT_LT(position(world.done, "adopt/" + next.str()), world.done.size());
}

// It is looked into as a data volume meanwhile.
TEST(ExchangedRoot, OneThatIsExchangedAndComesBackIsKeptOnce) {
  World world(spec_of(BlockDevicesMode::reattach));
  world.settle();
  world.cloud.write();
  const VolumeId first = world.state.root->id;
  const VolumeId next = untagged_volume(world);
  exchange_root(world, world.state.instance->id, first, next);
  const AttachVolume attach{first, world.state.instance->id, kHand};
  ASSERT_TRUE(world.cloud.perform({"hand/2", attach, Urgency::save, {}}, world.spec).made);
  look(world);
  ASSERT_TRUE(world.state.data.contains(kHand));
  world.cloud.detach(first);
  exchange_root(world, world.state.instance->id, next, first);
  look(world);
  ASSERT_EQ(world.state.root->id, first);
  EXPECT_FALSE(world.state.data.contains(kHand));
  world.happen(RecycleAsked{});
  world.settle();
  EXPECT_EQ(world.state.status, Status::active) << world.state.error;
  EXPECT_EQ(content(world, kRoot), world.cloud.acknowledged[kRoot]);
}

// The instance as it is, but stopped.
Observation seen_stopped(World& world) {
  Observation seen = world.cloud.observe(kAllKinds, world.now);
  for (ObservedInstance& instance : seen.instances) instance.state = InstanceState::stopped;
  return seen;
}

void expect_replaced_without_its_root(bool persisted) {
  Spec spec = spec_of(BlockDevicesMode::reattach);
  spec.persistence.root_device = persisted;
  World world(spec);
  world.settle();
  world.cloud.write();
  const InstanceId stopped = world.state.instance->id;
  world.cloud.detach(world.cloud.instance(stopped).devices.front().volume);
  for (int i = 0; i < 3; ++i) {
    world.now += std::chrono::seconds(1);
    world.happen(Observed{seen_stopped(world)});
  }
  const bool ends = std::any_of(world.effects.begin(), world.effects.end(),
                                [&](const Effect& effect) { return effect.key == "terminate/" + stopped.str(); });
  ASSERT_TRUE(ends) << "waits without end, and without a word";
  world.settle();
  ASSERT_EQ(world.state.status, Status::active) << world.state.error;
  EXPECT_TRUE(!persisted || content(world, kRoot) == world.cloud.acknowledged[kRoot]);
}

TEST(TakenOffRoot, AnInstanceThatWasStoppedForThatIsReplaced) {
  expect_replaced_without_its_root(true);
}

TEST(TakenOffRoot, AlsoWhereItIsNotPersisted) {
  expect_replaced_without_its_root(false);
}

TEST(TakenOffRoot, IsSavedOnceItIsFree) {
  World world(spec_of(BlockDevicesMode::reattach));
  world.settle();
  world.cloud.write();
  const VolumeId root = world.state.root->id;
  world.happen(Observed{seen_stopped(world)});  // and it cannot be terminated: it is protected
  world.effects.clear();
  world.cloud.detach(root);
  world.cloud.lend(root, InstanceId(kWorkbench));
  for (int i = 0; i < 3; ++i) {
    world.now += std::chrono::seconds(1);
    world.happen(Observed{seen_stopped(world)});
  }
  world.cloud.vanish(world.state.instance->id);
  world.happen(CloudStirred{kAllKinds});
  world.settle(90);
  EXPECT_NE(world.state.status, Status::active);
  EXPECT_NE(world.state.error.find(kWorkbench), std::string::npos) << world.state.error;
  world.cloud.write_by_hand(root, kRoot);
  world.cloud.detach(root);
  world.settle();
  ASSERT_EQ(world.state.status, Status::active) << world.state.error;
  EXPECT_EQ(content(world, kRoot), world.cloud.acknowledged[kRoot]);
}

// It is put to a machine between the instance's end and the next look, and its final snapshot is yet to be made.
TEST(TakenOffVolume, OneThatWasNeverSeenFreeIsSavedOnceItIs) {
  World world(spec_of(BlockDevicesMode::on_launch));
  world.settle();
  world.cloud.write();
  const VolumeId id = world.state.data.at(kData).id;
  world.cloud.vanish(world.state.instance->id);
  world.happen(CloudStirred{kAllKinds});
  const std::string key = take_final(world, id).key;
  ASSERT_FALSE(world.state.data.at(kData).attached_to.empty());
  world.cloud.lend(id, InstanceId(kWorkbench));
  look(world);
  world.happen(EffectEnded{{key, Failure(Error{ErrorKind::throttled, "RequestLimitExceeded", "later", {}})}});
  world.settle(90);
  EXPECT_NE(world.state.status, Status::active);
  world.cloud.write_by_hand(id, kData);
  world.cloud.detach(id);
  world.settle();
  ASSERT_EQ(world.state.status, Status::active) << world.state.error;
  EXPECT_EQ(content(world, kData), world.cloud.acknowledged[kData]);
}

}  // namespace
}  // namespace holdfast::core::testing
