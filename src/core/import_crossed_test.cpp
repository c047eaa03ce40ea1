// Imports, and what people do to the original and to what is made of it while they are under way.
#include <gtest/gtest.h>

#include <algorithm>

#include "core/copies_test.h"
#include "core/import.h"

namespace holdfast::core::testing {
namespace {

struct Crossed {
  explicit Crossed(bool adopted) : world(make(adopted)), original(world.state.import->original) {
    if (!adopted) world.cloud.apart = original.instance;
  }
  static World make(bool adopted) {
    Spec spec = spec_of(BlockDevicesMode::reattach);
    spec.persistence.private_ip = adopted;
    MiniCloud cloud(1);
    Import import;
    import.original = cloud.make_foreign();
    import.adopted = import.keep_private_ip = adopted;
    cloud.write();
    return World(spec, std::move(cloud), import);
  }
  bool tag_it() {
    return world.turn_until([&] { return world.state.import->tagged_at.has_value(); });
  }
  // Takes it from what is to be done.
  Effect take(const std::string& prefix) {
    auto asked = [&] {
      return std::find_if(world.effects.begin(), world.effects.end(),
                          [&](const Effect& effect) { return effect.key.starts_with(prefix); });
    };
    if (!world.turn_until([&] { return asked() != world.effects.end(); })) throw std::runtime_error(prefix);
    Effect taken = *asked();
    world.effects.erase(asked());
    return taken;
  }
  // Its first try is not answered, and done late; the repeat is refused.
  Effect refuse_in_doubt(const std::string& prefix) {
    Effect late = take(prefix);
    world.happen(EffectEnded{{late.key, Failure(Error{ErrorKind::unknown_outcome, "Timeout", "said the test", {}})}});
    const Effect repeat = take(prefix);
    const Error denied{ErrorKind::denied, "UnauthorizedOperation", "said the test", {}};
    world.happen(EffectEnded{{repeat.key, Failure(denied)}});
    return late;
  }
  // By hand: a blank one takes the place of the original's root.
  VolumeId exchange_root() {
    CreateVolume create;
    create.zone = "z1";
    const VolumeId next(world.cloud.perform({"hand/1", create, Urgency::save, {}}, world.spec).made.value());
    world.cloud.advance();
    world.cloud.detach(original.root.id);
    Effect attach{"hand/2", AttachVolume{next, original.instance, kRoot}, Urgency::recover, {}};
    EXPECT_TRUE(world.cloud.perform(attach, world.spec).made);
    return next;
  }
  World world;
  Original original;
};

const Deallocation kAtOnce{true, true, true, true, Duration::zero()};

TEST(ImportCrossed, TagsThatAPersonTakesOffArePutOnAgain) {
  Crossed it(true);
  World& world = it.world;
  ASSERT_TRUE(it.tag_it());
  world.cloud.tag(it.original.data[0].id, "");
  world.settle(600);
  EXPECT_EQ(world.state.status, Status::active) << world.state.error;
}

TEST(ImportCrossed, TagsThatDoNotStayAreNotPutOnAllTheTime) {
  Crossed it(true);
  World& world = it.world;
  for (int seconds = 0; seconds < 120; ++seconds) {
    for (int turns = 0; world.turn() && turns < 1000; ++turns) world.cloud.tag(it.original.data[0].id, "");
    world.cloud.advance();
    world.now += std::chrono::seconds(1);
  }
  const auto adoptions =
      std::count_if(world.done.begin(), world.done.end(), [](const auto& key) { return key.starts_with("adopt/"); });
  EXPECT_GT(adoptions, 1);
  EXPECT_LT(adoptions, 20);
}

TEST(ImportCrossed, ADataVolumeThatAPersonDeletesDoesNotHoldItUp) {
  for (bool tagged : {true, false}) {
    Crossed it(true);
    World& world = it.world;
    ASSERT_TRUE(!tagged || it.tag_it());
    world.cloud.lose(it.original.data[0].id);
    world.settle(600);
    EXPECT_EQ(world.state.status, Status::active) << world.state.error;
    EXPECT_TRUE(told(world, "volume_lost"));
  }
}

TEST(ImportCrossed, ARootThatAPersonExchangesIsTheOneThatIsImported) {
  Crossed it(true);
  World& world = it.world;
  ASSERT_TRUE(it.tag_it());
  it.exchange_root();
  world.cloud.acknowledged[kRoot] = 0;
  world.cloud.write();
  world.settle(600);
  ASSERT_EQ(world.state.status, Status::active) << world.state.error;
  EXPECT_EQ(content(world, kRoot), world.cloud.acknowledged[kRoot]);
}

TEST(ImportCrossed, ARootThatWasExchangedIsLetGoOfToo) {
  Crossed it(true);
  World& world = it.world;
  const VolumeId next = it.exchange_root();
  ASSERT_TRUE(world.turn_until([&] { return world.state.root->id == next; }));
  ASSERT_TRUE(world.happen(DeleteAsked{kAtOnce}));
  world.settle(100);
  EXPECT_TRUE(world.cloud.exists(next));
  EXPECT_FALSE(world.cloud.is_ours(next.str())) << "our tags are left on it";
}

// The tags are seen, though no answer ever said that they were put on.
TEST(ImportCrossed, AVolumeThatIsLostAfterAnAdoptionThatWasNeverAnsweredIsNotWaitedFor) {
  Crossed it(true);
  World& world = it.world;
  const Effect done = it.refuse_in_doubt("adopt/");
  world.cloud.perform(done, world.spec);
  ASSERT_TRUE(world.turn_until([&] { return world.state.import->secured_at.has_value(); }));
  world.cloud.lose(it.original.data[0].id);
  world.settle(600);
  EXPECT_EQ(world.state.status, Status::active) << world.state.error;
}

// It is stopped, and its root is taken off it.
TEST(ImportCrossed, AnOriginalThatCannotBeSecuredIsTold) {
  Crossed it(true);
  World& world = it.world;
  ASSERT_TRUE(it.tag_it());
  world.cloud.detach(it.original.root.id);
  world.settle(1200);
  EXPECT_EQ(world.state.status, Status::error);
  EXPECT_NE(world.state.error.find(it.original.root.id.str()), std::string::npos) << world.state.error;
}

TEST(ImportCrossed, AnAdoptionThatIsLateIsTakenBack) {
  Crossed it(true);
  World& world = it.world;
  const Effect late = it.refuse_in_doubt("adopt/");
  ASSERT_TRUE(world.happen(DeleteAsked{kAtOnce}));
  world.settle(30);
  world.cloud.perform(late, world.spec);
  for (int i = 0; i < 3; ++i) world.settle(100);
  EXPECT_FALSE(world.cloud.is_ours(it.original.instance.str())) << "our tags are left on it";
  EXPECT_TRUE(world.forgotten);
}

TEST(CopiedImportCrossed, CopiesThatAreLateAreDeletedWithIt) {
  Crossed it(false);
  World& world = it.world;
  const Effect late = it.refuse_in_doubt("copies/");
  ASSERT_TRUE(world.happen(DeleteAsked{kAtOnce}));
  world.settle(30);
  EXPECT_FALSE(world.forgotten);
  world.cloud.perform(late, world.spec);
  for (int i = 0; i < 3; ++i) world.settle(100);
  EXPECT_EQ(world.cloud.snapshots(), 0u);
  EXPECT_TRUE(world.forgotten);
}

// An import brings what there was, whatever image the document names meanwhile.
TEST(CopiedImportCrossed, ADocumentThatNamesAnotherImageMeanwhileDoesNotHoldItUp) {
  Crossed it(false);
  World& world = it.world;
  ASSERT_TRUE(world.turn_until([&] { return !world.state.snapshots.empty(); }));
  world.spec.persistence.root_device = false;
  Surroundings facts = world.state.surroundings;
  facts.image.id = ImageId("ami-next");
  world.happen(SpecChanged{facts});
  world.settle(600);
  EXPECT_EQ(world.state.status, Status::active) << world.state.error;
  EXPECT_NE(world.state.instance->image, facts.image.id);
}

// A copy was deleted by hand while the image of the root's was being registered.
TEST(CopiedImportCrossed, TheImageOfCopiesThatAreMadeAnewGoesWithThemHoweverLateItIs) {
  Crossed it(false);
  World& world = it.world;
  const Effect image = it.take("image/");
  for (const Snapshot& snapshot : world.state.snapshots) {
    if (snapshot.device == kData) world.cloud.lose(snapshot.id);
  }
  ASSERT_TRUE(world.turn_until([&] { return world.state.import->attempt > 0; }));
  for (int i = 0; i < 3; ++i) world.turn();
  world.happen(EffectEnded{world.cloud.perform(image, world.spec)});
  world.settle(1200);
  ASSERT_EQ(world.state.status, Status::active) << world.state.error;
  EXPECT_EQ(world.cloud.images(), 1u);
  EXPECT_EQ(world.cloud.snapshots(), 1u);
}

// EC2's refusal of the launch tells that one was deleted by hand: the other alone is of another moment than a new one.
TEST(CopiedImportCrossed, WhereOneIsGoneAtTheLaunchAllAreMadeAnew) {
  Crossed it(false);
  World& world = it.world;
  world.cloud.no_capacity = 1;
  world.settle(60);
  ASSERT_EQ(world.state.images.size(), 1u);
  const ImageId former = world.state.images.front().id;
  for (const Snapshot& snapshot : world.state.snapshots) {
    if (snapshot.device == kData) world.cloud.lose(snapshot.id);
  }
  world.cloud.no_capacity = 0;
  world.settle(1200);
  ASSERT_EQ(world.state.status, Status::active) << world.state.error;
  EXPECT_EQ(world.state.import->attempt, 1);
  EXPECT_NE(world.state.instance->image, former);
  EXPECT_EQ(world.cloud.images(), 1u);
  EXPECT_EQ(world.cloud.snapshots(), 1u);
}

}  // namespace
}  // namespace holdfast::core::testing
