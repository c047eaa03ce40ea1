#include "core/periodic.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace holdfast::core::testing
