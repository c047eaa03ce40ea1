// Images that cannot be deregistered, are deregistered by hand, or fail, while something depends on them.
#include <gtest/gtest.h>

#include <algorithm>

#include "core/copies_test.h"

namespace holdfast::core::testing {
namespace {

// Whatever begins so is refused, with this.
void settle_refusing(World& world, const std::string& prefix, const Error& error, int seconds = 100) {
  for (int second = 0; second < seconds; ++second) {
    for (int turns = 0; turns < 1000; ++turns) {
      if (!world.effects.empty() && world.effects.front().key.starts_with(prefix)) {
        const std::string key = world.effects.front().key;
        world.effects.pop_front();
        world.happen(EffectEnded{{key, Failure(error)}});
      } else if (!world.turn()) {
        break;
      }
    }
    world.cloud.advance();
    world.now += std::chrono::seconds(1);
    if (world.wake && *world.wake <= world.now) {
      world.wake.reset();
      world.happen(TimerRang{});
    }
  }
}

const Error kDenied{ErrorKind::denied, "UnauthorizedOperation", "said the test", {}};
const Error kProtected{ErrorKind::conflict, "OperationNotPermitted", "said the test", {}};

// The image itself, and the snapshot that it is made of, stay. Nothing else does.
TEST(ImagesByHand, OneThatCannotBeDeregisteredHoldsUpNoOtherSnapshot) {
  for (const Error& error : {kDenied, kProtected}) {
    World world(spec_of(BlockDevicesMode::on_launch));
    world.settle();
    for (int i = 0; i < 3; ++i) {
      ASSERT_TRUE(world.happen(RecycleAsked{}));
      settle_refusing(world, "delete/ami-", error);
    }
    settle_refusing(world, "delete/ami-", error, 300);
    ASSERT_EQ(world.state.generation, 4);
    const auto snapshots = std::count_if(world.state.retired.begin(), world.state.retired.end(),
                                         [](const Retired& entry) { return entry.what == Retired::What::snapshot; });
    EXPECT_EQ(snapshots, 1) << error.code;
    EXPECT_EQ(world.cloud.images(), 3u);
  }
}

}  // namespace
}  // namespace holdfast::core::testing
