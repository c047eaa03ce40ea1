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
    world.ring();
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

Surroundings with_image(const World& world, const char* image) {
  Surroundings facts = world.state.surroundings;
  facts.image.id = ImageId(image);
  facts.image.architecture = image;
  return facts;
}

// The document does not persist the root for a while, and names another image meanwhile: with the former root it would
// be registered as one of another architecture, say, and not start.
TEST(ChangedImage, ARootOfTheFormerOneIsNotTheRootOfTheNext) {
  for (bool paused_before : {true, false}) {
    for (int recycled : {0, 1}) {
      World world(spec_of(BlockDevicesMode::reattach));
      world.settle();
      for (int i = 0; i < recycled; ++i) {
        ASSERT_TRUE(world.happen(RecycleAsked{}));
        world.settle();
      }
      world.cloud.write();
      const VolumeId former = world.state.root->id;
      if (paused_before) world.happen(PauseAsked{});
      world.settle();
      world.spec.persistence.root_device = false;
      world.happen(SpecChanged{with_image(world, "ami-next")});
      if (!paused_before) world.happen(PauseAsked{});
      world.settle();
      ASSERT_EQ(world.state.status, Status::paused);
      world.spec.persistence.root_device = true;
      world.happen(SpecChanged{world.state.surroundings});
      ASSERT_TRUE(world.happen(ResumeAsked{}));
      world.settle();
      ASSERT_EQ(world.state.status, Status::active) << world.state.error;
      EXPECT_EQ(world.state.instance->image, ImageId("ami-next"));
      later(world, std::chrono::hours(95));
      EXPECT_TRUE(world.cloud.exists(former)) << "it is kept for a while";
      later(world, std::chrono::hours(2));
      EXPECT_FALSE(world.cloud.exists(former));
    }
  }
}

// Without another image it is the root again.
TEST(ChangedImage, ARootThatIsPersistedAgainIsTheRoot) {
  World world(spec_of(BlockDevicesMode::reattach));
  world.settle();
  ASSERT_TRUE(world.happen(RecycleAsked{}));
  world.settle();
  world.cloud.write();
  world.spec.persistence.root_device = false;
  world.happen(SpecChanged{world.state.surroundings});
  world.happen(PauseAsked{});
  world.settle();
  world.spec.persistence.root_device = true;
  world.happen(SpecChanged{world.state.surroundings});
  ASSERT_TRUE(world.happen(ResumeAsked{}));
  world.settle();
  ASSERT_EQ(world.state.status, Status::active) << world.state.error;
  EXPECT_EQ(content(world, kRoot), world.cloud.acknowledged[kRoot]);
}

// What was given up with the root is no copy of the root that is persisted from then on.
TEST(ChangedImage, CopiesOfARootThatWasGivenUpAreNoneOfTheNext) {
  World world(spec_of(BlockDevicesMode::reattach));
  world.settle();
  world.cloud.write();
  ASSERT_TRUE(world.happen(RecycleAsked{}));
  world.settle();
  ASSERT_FALSE(world.state.images.empty());
  world.spec.persistence.root_device = false;
  world.happen(SpecChanged{with_image(world, "ami-next")});
  ASSERT_TRUE(world.happen(RecycleAsked{}));
  world.settle();
  ASSERT_TRUE(told(world, "volume_given_up"));
  world.spec.persistence.root_device = true;
  world.happen(SpecChanged{world.state.surroundings});
  world.settle();
  ASSERT_TRUE(world.state.root);
  world.cloud.vanish(world.state.instance->id);
  world.cloud.lose(world.state.root->id);
  for (int i = 0; i < 3; ++i) world.settle();
  ASSERT_EQ(world.state.status, Status::active) << world.state.error;
  EXPECT_EQ(world.state.instance->image, ImageId("ami-next"));
}

}  // namespace
}  // namespace holdfast::core::testing
