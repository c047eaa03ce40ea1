#include "core/periodic.h"

#include <gtest/gtest.h>

#include <map>

#include "core/small_world_test.h"

namespace holdfast::core::testing {
namespace {

// As World::turn, but that no answer to a periodic snapshot ever comes.
bool turn_without_answers(World& world) {
  if (world.effects.empty() || !world.effects.front().key.starts_with("periodic/")) return world.turn();
  std::string key = world.effects.front().key;
  world.effects.pop_front();
  world.happen(EffectEnded{{key, Failure(Error{ErrorKind::unknown_outcome, "Timeout", "no answer", {}})}});
  return false;
}

// Found by random lives: one whose outcome did not become known before a replacement had given up its volume, and that
// was deleted, was then asked for for good, and the managed instance stood in ERROR.
TEST(Periodic, ASnapshotOfAVolumeThatWasReplacedIsWantedNoMore) {
  World world(spec_of(BlockDevicesMode::on_launch));
  world.settle();
  const VolumeId former = world.state.root->id;
  world.now += std::chrono::minutes(6);
  world.happen(TimerRang{});
  ASSERT_TRUE(world.effects.front().key.starts_with("periodic/"));
  while (turn_without_answers(world)) {
  }
  world.cloud.vanish(world.state.instance->id);
  world.happen(CloudStirred{});
  for (int i = 0; i < 200 && world.cloud.exists(former); ++i) {
    while (turn_without_answers(world)) {
    }
    world.cloud.advance();
    world.now += std::chrono::seconds(1);
    world.happen(i % 10 == 0 ? Event(CloudStirred{}) : Event(TimerRang{}));
  }
  ASSERT_FALSE(world.cloud.exists(former));
  ASSERT_EQ(world.state.generation, 2);
  for (int i = 0; i < 20; ++i) {
    world.happen(CloudStirred{});
    world.settle(30);
    world.now += std::chrono::seconds(10);
  }
  EXPECT_EQ(world.state.status, Status::active) << world.state.error;
  for (const auto& [key, asked] : world.state.asked) {
    EXPECT_FALSE(key.starts_with("periodic/" + former.str())) << key << ": " << asked.last_error;
  }
}

// When the periodic snapshots of each volume were asked for, over so long. `slow`: of this volume none is completed.
std::map<VolumeId, std::vector<Time>> asked_over(World& world, Duration over, const VolumeId& slow = {}) {
  std::map<VolumeId, std::vector<Time>> asked;
  for (Time end = world.now + over; world.now < end; world.now += std::chrono::seconds(5)) {
    world.ring();
    if (world.look && world.look->at <= world.now) {
      Kinds kinds = world.look->kinds;
      world.look.reset();
      Observation observation = world.cloud.observe(kinds, world.now);
      for (ObservedSnapshot& seen : observation.snapshots) {
        if (seen.volume == slow) seen.state = SnapshotState::pending;
      }
      world.happen(Observed{observation});
    }
    while (!world.effects.empty()) {
      Effect effect = world.effects.front();
      world.effects.pop_front();
      if (const auto* create = std::get_if<CreateSnapshot>(&effect.action)) asked[create->volume].push_back(world.now);
      world.happen(EffectEnded{world.cloud.perform(effect, world.spec)});
    }
    world.cloud.advance();
  }
  return asked;
}

TEST(Periodic, EachVolumeHasItsOwnTime) {
  World world(spec_of(BlockDevicesMode::on_launch));
  world.settle();
  const VolumeId root = world.state.root->id, data = world.state.data.at("/dev/sdf").id;
  auto asked = asked_over(world, std::chrono::minutes(31), data);
  EXPECT_EQ(asked[root].size(), 6u);
  EXPECT_EQ(asked[data].size(), 1u) << "never one on another that is not through";
  const Time again = world.now;
  asked = asked_over(world, std::chrono::minutes(6));
  ASSERT_FALSE(asked[data].empty());
  EXPECT_LE(asked[data].front(), again + std::chrono::minutes(1)) << "overdue: not only at the next of the others";
  EXPECT_EQ(asked[data].size(), 2u);
}

}  // namespace
}  // namespace holdfast::core::testing
