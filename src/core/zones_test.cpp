// Another zone takes the next instance: what the data volumes need for that, and when.

#include <gtest/gtest.h>

#include <functional>
#include <optional>

#include "core/small_world_test.h"

namespace holdfast::core {
namespace {

using namespace model;
using testing::position;
using testing::spec_of;
using testing::World;

constexpr char kData[] = "/dev/sdf";

World two_zone_world() {
  Spec spec = spec_of(BlockDevicesMode::reattach);
  spec.persistence.private_ip = false;
  World world(spec);
  world.state.surroundings.subnets.push_back({SubnetId("subnet-b"), "z2", "10.0.16.0/20"});
  world.settle();
  world.cloud.write();
  world.done.clear();
  return world;
}

void lose_zone(World& world) {
  world.cloud.closed_zone = world.state.instance->market.zone;
  world.cloud.vanish(world.state.instance->id);
  world.happen(CloudStirred{kAllKinds});
}

// As World::settle, but that effects for which `refuses` holds are refused with this code, and the cloud stands still
// for as long as `holds`.
struct Life {
  std::function<bool(const Effect&)> refuses = [](const Effect&) { return false; };
  std::function<bool()> stands_still = [] { return false; };
  const char* code = "SnapshotCreationPerVolumeRateExceeded";
};

void live(World& world, const Life& life, int seconds) {
  for (int i = 0; i < seconds; ++i) {
    for (;;) {
      bool refused = !world.effects.empty() && life.refuses(world.effects.front());
      if (refused) {
        std::string key = world.effects.front().key;
        world.effects.pop_front();
        world.happen(EffectEnded{{key, Failure(Error{ErrorKind::throttled, life.code, "no", {}})}});
      } else if (!world.turn()) {
        break;
      }
    }
    if (!life.stands_still()) world.cloud.advance();
    world.now += std::chrono::seconds(1);
    world.ring();
  }
}

bool is_final_of(const Effect& effect, const std::string& device) {
  const auto* create = std::get_if<CreateSnapshot>(&effect.action);
  return create != nullptr && create->final && create->device == device;
}

// Found by the benchmark of downtimes: the launch does not wait for the final snapshot of a data volume, and after it
// nobody asked for one that had been refused. The instance waited for its volume for good.
TEST(AnotherZone, AFinalSnapshotThatWasRefusedBeforeTheLaunchIsAskedForAfterIt) {
  World world = two_zone_world();
  const VolumeId before = world.state.data.at(kData).id;
  lose_zone(world);
  Life life;
  life.refuses = [&](const Effect& effect) { return is_final_of(effect, kData) && !world.state.instance; };
  live(world, life, 120);
  ASSERT_EQ(world.state.status, Status::active) << world.state.error;
  EXPECT_LT(position(world.done, "launch/"), position(world.done, "final/" + before.str()));
  EXPECT_EQ(world.state.data.at(kData).zone, world.state.instance->market.zone);
  EXPECT_EQ(world.cloud.content_of(world.state.data.at(kData).id), world.cloud.acknowledged[kData]);
}

TEST(AnotherZone, AFinalSnapshotThatIsOnItsWayAtTheLaunchIsNotAskedForTwice) {
  World world = two_zone_world();
  lose_zone(world);
  std::optional<Effect> on_its_way;
  int asked = 0;
  for (int i = 0; i < 120; ++i) {
    while (!world.effects.empty() || (world.look && world.look->at <= world.now)) {
      bool final = !world.effects.empty() && is_final_of(world.effects.front(), kData);
      if (!final) {
        world.turn();
        continue;
      }
      ++asked;
      on_its_way = world.effects.front();  // answered long after the launch
      world.effects.pop_front();
    }
    if (i == 30 && on_its_way) world.happen(EffectEnded{world.cloud.perform(*on_its_way, world.spec)});
    world.cloud.advance();
    world.now += std::chrono::seconds(1);
  }
  EXPECT_EQ(asked, 1);
  ASSERT_EQ(world.state.status, Status::active) << world.state.error;
  EXPECT_EQ(world.cloud.content_of(world.state.data.at(kData).id), world.cloud.acknowledged[kData]);
}

TEST(AnotherZone, ItsVolumesAreMadeWhileTheInstanceStarts) {
  World world = two_zone_world();
  lose_zone(world);
  Life life;
  life.stands_still = [&] { return world.state.instance && world.state.instance->state == InstanceState::pending; };
  live(world, life, 60);
  ASSERT_TRUE(world.state.instance);
  ASSERT_EQ(world.state.instance->state, InstanceState::pending);
  EXPECT_LT(position(world.done, "volume/"), world.done.size());
  EXPECT_EQ(position(world.done, "attach/"), world.done.size());
  life.stands_still = [] { return false; };
  live(world, life, 60);
  ASSERT_EQ(world.state.status, Status::active) << world.state.error;
  EXPECT_EQ(world.cloud.content_of(world.state.data.at(kData).id), world.cloud.acknowledged[kData]);
}

TEST(AnotherZone, AVolumeMadeForALaunchThatFailsIsNotLost) {
  World world = two_zone_world();
  const VolumeId before = world.state.data.at(kData).id;
  lose_zone(world);
  Life life;
  life.stands_still = [&] { return world.state.instance && world.state.instance->state == InstanceState::pending; };
  live(world, life, 60);
  const VolumeId made = world.state.data.at(kData).id;
  ASSERT_NE(made, before);
  world.cloud.vanish(world.state.instance->id);
  world.happen(CloudStirred{kAllKinds});
  life.stands_still = [] { return false; };
  live(world, life, 200);
  ASSERT_EQ(world.state.status, Status::active) << world.state.error;
  EXPECT_EQ(world.cloud.content_of(world.state.data.at(kData).id), world.cloud.acknowledged[kData]);
  EXPECT_EQ(world.cloud.volumes(), 2u) << "none is left over";
}

// A periodic one right before the end: the pauses between tries, which double, would pass the moment by seconds.
TEST(FinalSnapshot, RefusedForComingTooSoonIsTriedAgainTheMomentItMayBeMade) {
  World world = two_zone_world();
  world.now += std::chrono::minutes(5);
  world.happen(TimerRang{});
  live(world, {}, 3);
  ASSERT_FALSE(world.state.snapshots.empty());
  Time last{};
  for (const Snapshot& snapshot : world.state.snapshots) last = std::max(last, snapshot.started_at);
  world.cloud.vanish(world.state.instance->id);
  world.happen(CloudStirred{kAllKinds});
  Life life;
  std::vector<Time> refused;
  life.refuses = [&](const Effect& effect) {
    bool too_soon = is_final_of(effect, "/dev/xvda") && world.now < last + std::chrono::seconds(15);
    if (too_soon) refused.push_back(world.now);
    return too_soon;
  };
  live(world, life, 60);
  EXPECT_EQ(refused.size(), 1u);
  ASSERT_EQ(world.state.status, Status::active) << world.state.error;
  Time made{};
  for (const Snapshot& snapshot : world.state.snapshots) {
    if (snapshot.final && snapshot.device == "/dev/xvda") made = std::max(made, snapshot.started_at);
  }
  EXPECT_LE(made, last + std::chrono::seconds(16));
}

}  // namespace
}  // namespace holdfast::core
