// Imports: an instance that exists becomes a managed one, with requests and answers lost and crashes between any two
// steps.

#include "core/import.h"

#include <gtest/gtest.h>

#include "core/small_world_test.h"

namespace holdfast::core {
namespace {

using namespace model;
using testing::MiniCloud;
using testing::position;
using testing::spec_of;
using testing::World;

struct Imported {
  explicit Imported(BlockDevicesMode mode, bool adopted, bool keep_private_ip = true, uint64_t seed = 1)
      : world(make(mode, adopted, keep_private_ip, seed)), original(world.state.import->original) {
    if (!adopted) world.cloud.apart = original.instance;
  }
  static World make(BlockDevicesMode mode, bool adopted, bool keep_private_ip, uint64_t seed) {
    Spec spec = spec_of(mode);
    spec.persistence.private_ip = keep_private_ip;
    MiniCloud cloud(seed);
    Import import;
    import.original = cloud.make_foreign();
    import.adopted = adopted;
    import.keep_private_ip = adopted && keep_private_ip;
    cloud.write();
    return World(spec, std::move(cloud), import);
  }
  World world;
  Original original;
};

class Adopted : public ::testing::TestWithParam<BlockDevicesMode> {};
INSTANTIATE_TEST_SUITE_P(BothModes, Adopted,
                         ::testing::Values(BlockDevicesMode::reattach, BlockDevicesMode::on_launch));

TEST_P(Adopted, BecomesAManagedInstanceWithEverythingThatItHad) {
  Imported it(GetParam(), true);
  World& world = it.world;
  EXPECT_EQ(world.state.status, Status::migrating);
  world.settle();
  EXPECT_EQ(world.state.status, Status::active);
  EXPECT_EQ(world.state.generation, 2);
  EXPECT_NE(world.state.instance->id, it.original.instance);
  EXPECT_EQ(world.state.interface->id, it.original.interface);
  EXPECT_EQ(world.state.interface->mac, it.original.mac);
  const Volume& data = world.state.data.at("/dev/sdf");
  EXPECT_EQ(data.id == it.original.data[0].id, GetParam() == BlockDevicesMode::reattach);
  EXPECT_EQ(world.cloud.content_of(data.id), world.cloud.acknowledged["/dev/sdf"]);
  EXPECT_EQ(world.cloud.content_of(world.state.root->id), world.cloud.acknowledged["/dev/xvda"]);
  EXPECT_EQ(world.cloud.volumes(), 2u);
  EXPECT_EQ(world.cloud.interfaces(), 1u);
  EXPECT_TRUE(world.state.import->done_at);
  const std::vector<std::string> order = {"adopt/i-", "keep/i-", "terminate/i-", "final/", "image/", "launch/2"};
  for (size_t i = 1; i < order.size(); ++i) {
    EXPECT_LT(position(world.done, order[i - 1]), position(world.done, order[i])) << order[i];
  }
  EXPECT_LT(position(world.history, "import_secured"), position(world.history, "handover"));
  EXPECT_LT(position(world.history, "handover"), position(world.history, "imported"));
  EXPECT_EQ(position(world.history, "error"), world.history.size())
      << "a person was told of trouble that there was not";
}

TEST_P(Adopted, DeletesNothingOfTheOriginalBeforeTheNewInstanceIsHealthy) {
  Imported it(GetParam(), true);
  World& world = it.world;
  world.cloud.set_health(StatusCheck::initializing);
  world.settle(60);
  ASSERT_TRUE(world.state.instance);
  EXPECT_EQ(world.state.generation, 2);
  EXPECT_EQ(world.state.status, Status::migrating);
  EXPECT_TRUE(world.cloud.exists(it.original.root.id));
  EXPECT_TRUE(world.cloud.exists(it.original.data[0].id));
  world.cloud.set_health(StatusCheck::ok);
  world.settle();
  EXPECT_EQ(world.state.status, Status::active);
  EXPECT_FALSE(world.cloud.exists(it.original.root.id));
}

TEST_P(Adopted, WithoutItsAddressTheInterfaceGoesWithIt) {
  Imported it(GetParam(), true, false);
  it.world.settle();
  EXPECT_EQ(it.world.state.status, Status::active);
  EXPECT_EQ(it.world.cloud.interfaces(), 0u);
  EXPECT_EQ(it.world.cloud.volumes(), 2u);
}

TEST(Import, WhatIsRefusedForGoodIsNotLookedAtAllTheTime) {
  Imported it(BlockDevicesMode::reattach, true);
  World& world = it.world;
  const Failure denied(Error{ErrorKind::denied, "UnauthorizedOperation", "said the test", {}});
  int looks = 0;
  for (int seconds = 0; seconds < 120; ++seconds) {
    for (;;) {
      if (!world.effects.empty() && world.effects.front().key.starts_with("adopt/")) {
        const std::string key = world.effects.front().key;
        world.effects.pop_front();
        world.happen(EffectEnded{{key, denied}});
        continue;
      }
      if (world.effects.empty() && world.look && world.look->at <= world.now) ++looks;
      if (!world.turn()) break;
    }
    world.cloud.advance();
    world.now += std::chrono::seconds(1);
    world.ring();
  }
  EXPECT_LT(looks, 30);
}

// Whatever is asked for meanwhile, and whatever the cloud does.
TEST(Import, NothingEndsTheOriginalByOurHandBeforeItIsSecured) {
  Imported it(BlockDevicesMode::reattach, true);
  World& world = it.world;
  ASSERT_TRUE(world.happen(RecycleAsked{}));
  EXPECT_FALSE(world.state.recycle_wanted) << "it is on its way to another instance already";
  ASSERT_TRUE(world.happen(PauseAsked{}));
  while (!world.state.import->secured_at) {
    EXPECT_EQ(position(world.done, "terminate/"), world.done.size());
    if (!world.turn()) {
      world.cloud.advance();
      world.now += std::chrono::seconds(1);
    }
  }
  world.settle();
  EXPECT_EQ(world.state.status, Status::paused);
  ASSERT_TRUE(world.happen(ResumeAsked{}));
  world.settle();
  EXPECT_EQ(world.state.status, Status::active);
  EXPECT_TRUE(world.state.import->done_at);
  EXPECT_EQ(world.cloud.content_of(world.state.root->id), world.cloud.acknowledged["/dev/xvda"]);
}

TEST(Import, TurnsIntoAReplacementWhereTheCloudTakesTheOriginal) {
  Imported it(BlockDevicesMode::reattach, true);
  World& world = it.world;
  world.happen(InterruptionNoticed{it.original.instance, world.now + std::chrono::minutes(2)});
  world.settle();
  EXPECT_EQ(world.state.status, Status::active);
  EXPECT_EQ(world.cloud.content_of(world.state.root->id), world.cloud.acknowledged["/dev/xvda"]);
  EXPECT_TRUE(world.state.import->done_at);
}

// Whether there is a copy of its data volume or not. (Found by the simulator: with one it waited without end or word.)
TEST_P(Adopted, AnOriginalLostWithItsRootIsAnErrorAndNoEmptyMachine) {
  const bool data_was_saved = GetParam() == BlockDevicesMode::on_launch;
  Imported it(GetParam(), true);
  World& world = it.world;
  if (data_was_saved) {
    world.state.snapshots.push_back(
        {SnapshotId("snap-data"), it.original.data[0].id, "/dev/sdf", true, 1, SnapshotState::completed, 0, world.now});
  }
  world.cloud.vanish(it.original.instance);
  world.cloud.advance();  // its volumes go with it
  world.settle(200);
  EXPECT_EQ(world.state.status, Status::error);
  EXPECT_NE(world.state.error.find("ended before the import had secured it"), std::string::npos) << world.state.error;
  EXPECT_EQ(world.cloud.launches(), 0u);
  ASSERT_TRUE(world.happen(DeleteAsked{}));
  world.settle(200);
  EXPECT_EQ(world.state.status, Status::deallocated);
}

TEST(Import, ADeleteBeforeTheHandoverLetsTheOriginalGo) {
  for (int turns = 0; turns < 4; ++turns) {
    Imported it(BlockDevicesMode::reattach, true);
    World& world = it.world;
    for (int i = 0; i < turns; ++i) world.turn();
    ASSERT_TRUE(may_give_up(world.state)) << turns;
    ASSERT_TRUE(world.happen(DeleteAsked{Deallocation{true, true, true, true, std::chrono::hours(96)}}));
    world.settle(50);
    EXPECT_EQ(world.state.status, Status::deallocated);
    EXPECT_EQ(world.cloud.instance(it.original.instance).state, InstanceState::running);
    EXPECT_FALSE(world.cloud.is_ours(it.original.instance.str()));
    EXPECT_FALSE(world.cloud.is_ours(it.original.root.id.str()));
    EXPECT_EQ(world.cloud.volumes(), 2u);
    EXPECT_EQ(world.cloud.interfaces(), 1u);
    // Nothing of it is ours: what came back would be another machine, in the way of this one's address.
    auto back = world.happen(UndeleteAsked{});
    ASSERT_FALSE(back);
    EXPECT_NE(back.error().message.find("import that again"), std::string::npos) << back.error().message;
  }
}

class Copied : public ::testing::TestWithParam<BlockDevicesMode> {};
INSTANTIATE_TEST_SUITE_P(BothModes, Copied, ::testing::Values(BlockDevicesMode::reattach, BlockDevicesMode::on_launch));

TEST_P(Copied, IsMadeOfCopiesAndTheOriginalIsLeftAlone) {
  Imported it(GetParam(), false, false);
  World& world = it.world;
  std::map<std::string, int64_t> before = world.cloud.acknowledged;
  EXPECT_EQ(world.state.status, Status::migrating);
  world.settle();
  EXPECT_EQ(world.state.status, Status::active);
  EXPECT_EQ(world.state.generation, 1);
  EXPECT_TRUE(world.state.import->done_at);
  EXPECT_EQ(world.cloud.content_of(world.state.root->id), before["/dev/xvda"]);
  EXPECT_EQ(world.cloud.content_of(world.state.data.at("/dev/sdf").id), before["/dev/sdf"]);
  EXPECT_EQ(world.cloud.instance(it.original.instance).state, InstanceState::running);
  EXPECT_FALSE(world.cloud.is_ours(it.original.instance.str()));
  EXPECT_TRUE(world.cloud.instance(it.original.instance).devices[0].delete_on_termination);
  EXPECT_EQ(world.cloud.volumes(), 4u);
  // The root's stays for its image. The data volume's goes where it is not snapshotted any further.
  EXPECT_EQ(world.cloud.snapshots(), GetParam() == BlockDevicesMode::reattach ? 1u : 2u);
  EXPECT_EQ(position(world.done, "terminate/"), world.done.size());
}

TEST(Import, CopiesAreOfOneMomentOrMadeAnew) {
  Imported it(BlockDevicesMode::reattach, false, false);
  World& world = it.world;
  while (world.state.snapshots.size() < 2) ASSERT_TRUE(world.turn());
  Observation failed;
  failed.as_of = world.now;
  failed.kinds = static_cast<Kinds>(Kind::snapshots);
  failed.snapshots.push_back({world.state.snapshots[0].id, it.original.root.id, SnapshotState::error, 8, {}, {}});
  world.happen(Observed{failed});
  EXPECT_TRUE(world.state.snapshots.empty());
  world.settle();
  EXPECT_EQ(world.state.status, Status::active);
  EXPECT_EQ(
      std::count_if(world.done.begin(), world.done.end(), [](const auto& key) { return key.starts_with("copies/"); }),
      2);
  EXPECT_EQ(world.cloud.snapshots(), 1u);
}

// Random lives: the seed is in the failure's name, and repeats it.
class ImportLives : public ::testing::TestWithParam<int> {};

void live(World& world, int steps) {
  for (int i = 0; i < steps; ++i) {
    uint64_t dice = world.random.below(100);
    std::optional<Instance> instance = world.state.instance;
    bool secured = !is_original(world.state) || world.state.import->secured_at;
    if (dice < 4) world.restart();
    if (dice == 4 && instance) world.happen(InterruptionNoticed{instance->id, world.now + std::chrono::minutes(2)});
    // Before it is secured the cloud may lose it with all it has, and then there is nothing to prove.
    if (dice == 5 && instance && secured) world.cloud.vanish(instance->id);
    if (dice == 6) world.happen(world.random.below(2) == 0 ? Event(PauseAsked{}) : Event(ResumeAsked{}));
    if (dice == 7) world.happen(RecycleAsked{});
    ASSERT_NO_FATAL_FAILURE(world.live_on(dice));
  }
}

TEST_P(ImportLives, LoseNothingAndComeBack) {
  for (int life = 0; life < 20; ++life) {
    int seed = GetParam() * 1000 + life;
    SCOPED_TRACE("seed " + std::to_string(seed));
    bool adopted = life % 4 != 3;
    auto mode = life % 2 == 1 ? BlockDevicesMode::on_launch : BlockDevicesMode::reattach;
    Imported it(mode, adopted, adopted, static_cast<uint64_t>(seed));
    World& world = it.world;
    world.random = Random(static_cast<uint64_t>(seed));
    if (!adopted) world.cloud.acknowledged.clear();
    world.cloud.lost_answers = world.cloud.lost_requests = world.cloud.no_capacity = 0.1;
    ASSERT_NO_FATAL_FAILURE(live(world, 600));
    world.cloud.lost_answers = world.cloud.lost_requests = world.cloud.no_capacity = 0;
    world.happen(ResumeAsked{});
    world.restart();
    world.settle(2000);
    world.settle(200);
    ASSERT_EQ(world.state.status, Status::active) << world.state.error;
    ASSERT_TRUE(world.state.import->done_at);
    ASSERT_EQ(world.cloud.content_of(world.state.data.at("/dev/sdf").id), world.cloud.acknowledged["/dev/sdf"]);
    ASSERT_EQ(world.cloud.content_of(world.state.root->id), world.cloud.acknowledged["/dev/xvda"]);
    ASSERT_EQ(world.cloud.volumes(), adopted ? 2u : 4u);
    ASSERT_EQ(world.cloud.interfaces(), 1u);
    ASSERT_LE(world.cloud.images(), 2u);
  }
}
INSTANTIATE_TEST_SUITE_P(Seeds, ImportLives, ::testing::Range(1, 7));

void gives_up_meanwhile(bool Persistence::*what) {
  Imported it(BlockDevicesMode::reattach, true);
  World& world = it.world;
  world.spec.persistence.*what = false;
  world.happen(SpecChanged{world.state.surroundings});
  world.settle(600);
  EXPECT_EQ(world.state.status, Status::active) << world.state.error;
}

TEST(Import, ADocumentThatGivesUpTheAddressMeanwhileDoesNotHoldItUp) {
  gives_up_meanwhile(&Persistence::private_ip);
}

TEST(Import, ADocumentThatGivesUpTheDataMeanwhileDoesNotHoldItUp) {
  gives_up_meanwhile(&Persistence::block_devices);
}

TEST(Import, ADeleteBeforeAnythingWasTakenDownLetsTheOriginalGoAlsoWhilePausing) {
  Imported it(BlockDevicesMode::reattach, true);
  World& world = it.world;
  world.happen(PauseAsked{});
  ASSERT_FALSE(world.state.import->secured_at);
  ASSERT_TRUE(world.happen(DeleteAsked{Deallocation{true, true, true, true, std::chrono::hours(96)}}));
  world.settle(200);
  EXPECT_EQ(position(world.done, "terminate/"), world.done.size());
  EXPECT_EQ(world.cloud.instance(it.original.instance).state, InstanceState::running);
  EXPECT_TRUE(world.cloud.exists(it.original.root.id));
  EXPECT_TRUE(world.cloud.exists(it.original.data[0].id));
}

TEST(CopiedImport, ACopyThatIsDeletedByHandIsMadeAnew) {
  Imported it(BlockDevicesMode::reattach, false, false);
  World& world = it.world;
  while (world.state.snapshots.size() < 2) ASSERT_TRUE(world.turn());
  for (const Snapshot& snapshot : world.state.snapshots) {
    if (snapshot.device == "/dev/sdf") world.cloud.lose(snapshot.id);
  }
  world.settle(1200);
  EXPECT_EQ(world.state.status, Status::active) << "waits without end; error: '" << world.state.error << "'";
}

}  // namespace
}  // namespace holdfast::core
