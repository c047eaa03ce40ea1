// What is to be deleted, and is refused: it is asked for less and less often, and told.
#include <gtest/gtest.h>

#include <algorithm>

#include "core/copies_test.h"
#include "core/explain.h"

namespace holdfast::core::testing {
namespace {

// A while with things that the cloud does not let go.
struct RefusedDeletions : ::testing::Test {
  RefusedDeletions() : world(spec_of(BlockDevicesMode::on_launch)) { world.settle(); }

  // Every deletion whose key begins so is refused.
  bool turn(const std::string& prefix, const Error& error) {
    const bool meant = !world.effects.empty() && world.effects.front().key.starts_with(prefix);
    if (!meant) return world.turn();
    const std::string key = world.effects.front().key;
    world.effects.pop_front();
    ++times[key];
    world.happen(EffectEnded{{key, tl::unexpected(error)}});
    return true;
  }
  void live(const std::string& prefix, const Error& error, Duration time) {
    for (const Time end = world.now + time; world.now < end; world.now += std::chrono::seconds(1)) {
      while (turn(prefix, error)) continue;
      world.cloud.advance();
      world.ring();
    }
  }
  void replace_thrice() {
    for (int i = 0; i < 3; ++i) {
      world.happen(InterruptionNoticed{world.state.instance->id, world.now + std::chrono::minutes(2)});
      live(prefix, refusal, std::chrono::minutes(2));
      ASSERT_FALSE(world.state.handover) << world.state.error;
    }
  }

  World world;
  std::string prefix;
  Error refusal;
  std::map<std::string, int> times;
};

// A person has registered an image of it.
TEST_F(RefusedDeletions, ASnapshotThatSomebodyUsesIsAskedForLessAndLessOften) {
  prefix = "delete/snap-";
  refusal = {ErrorKind::conflict, "InvalidSnapshot.InUse", "The snapshot is currently in use by ami-theirs", {}};
  replace_thrice();
  ASSERT_FALSE(times.empty());
  times.clear();
  live(prefix, refusal, std::chrono::hours(3));
  ASSERT_FALSE(times.empty());
  for (const auto& [key, count] : times) {
    EXPECT_GE(count, 2) << key;
    EXPECT_LE(count, 25) << key;
  }
  EXPECT_EQ(world.state.status, Status::active);
  const std::string id = times.begin()->first.substr(std::string("delete/").size());
  const Explanation why = explain(world.spec, world.state, world.now);
  const bool told = std::any_of(why.waits.begin(), why.waits.end(), [&](const Wait& wait) {
    return wait.message.find(id) != std::string::npos && wait.message.find("ami-theirs") != std::string::npos;
  });
  EXPECT_TRUE(told);
  live("none", refusal, std::chrono::hours(2));
  EXPECT_TRUE(world.state.retired.empty()) << "they are let go";
}

}  // namespace
}  // namespace holdfast::core::testing
