// What an undelete makes of copies: which of them count, and what it says of what comes back.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "core/copies_test.h"
#include "core/replacement.h"
#include "core/restore.h"

namespace holdfast::core::testing {
namespace {

struct UndeleteCopies : BothModes {};
INSTANTIATE_TEST_SUITE_P(Modes, UndeleteCopies, both_modes(), mode_name);

TEST_P(UndeleteCopies, AnUndeleteTellsOfTheCopyThatItComesFrom) {
  world.cloud.write();
  const SnapshotId old = take(world, kRoot);
  world.cloud.write();
  ASSERT_TRUE(world.happen(RestoreAsked{{{kRoot, old}}}));
  world.settle();
  ASSERT_EQ(world.state.status, Status::active) << world.state.error;
  Deallocation what;
  what.delete_volumes = true;
  deallocate(what);
  ASSERT_TRUE(world.happen(UndeleteAsked{}));
  const Snapshot* comes = newest_completed(world.state, kRoot);
  ASSERT_NE(comes, nullptr);
  EXPECT_NE(message_of(world, "undeleted").find(std::string(kRoot) + " comes from its newest snapshot, of " +
                                                to_iso(comes->started_at)),
            std::string::npos)
      << message_of(world, "undeleted") << "\n but " << comes->id.str() << " of " << to_iso(comes->started_at);
}

TEST(UndeleteCopiesReattach, AnUndeleteCountsOnNoCopyThatARestoreLeftBehind) {
  World world(spec_of(BlockDevicesMode::reattach));
  world.settle();
  world.cloud.write();
  const SnapshotId first = take(world, kData);
  world.cloud.write();
  const SnapshotId second = take(world, kData);
  ASSERT_NE(first, second);
  ASSERT_TRUE(world.happen(RestoreAsked{{{kData, first}}}));
  world.settle();
  ASSERT_TRUE(world.happen(SnapshotDropped{first}));
  Deallocation what;
  what.delete_volumes = true;
  ASSERT_TRUE(world.happen(DeleteAsked{what}));
  world.settle(60);
  ASSERT_EQ(world.state.status, Status::deallocated);
  auto back = world.happen(UndeleteAsked{});
  if (!back) return;  // also right: no copy of what was there
  ASSERT_TRUE(world.happen(ResumeAsked{}));
  world.settle();
  ASSERT_EQ(world.state.status, Status::active) << world.state.error;
  EXPECT_GT(content(world, kData), 0) << "blank, though: " << message_of(world, "undeleted");
}

// The snapshots take their time: until it is deallocated no listing shows them completed.
void until_deallocated_unseen(World& world) {
  const Kinds others = Kind::instances | Kind::volumes | Kind::interfaces;
  for (int i = 0; i < 100 && world.state.status != Status::deallocated; ++i) {
    while (!world.effects.empty()) world.turn();
    world.cloud.advance();
    world.now += std::chrono::seconds(1);
    world.happen(Observed{world.cloud.observe(others, world.now)});
  }
  ASSERT_EQ(world.state.status, Status::deallocated);
}

void without_the_cloud(World& world, int turns) {
  for (int i = 0; i < turns; ++i) {
    if (!world.turn()) world.now += std::chrono::milliseconds(500);
  }
}

// Of a final snapshot that is still being made, and older copies that are completed.
TEST(UndeleteCopiesOnLaunch, TheCopyThatIsBeingMadeIsWaitedFor) {
  for (const std::string device : {kData, kRoot}) {
    SCOPED_TRACE(device);
    World world(spec_of(BlockDevicesMode::on_launch));
    world.settle();
    world.cloud.write();
    world.happen(RecycleAsked{});
    world.settle();
    world.cloud.write();
    const int64_t written = content(world, device);
    const VolumeId volume = device == kRoot ? world.state.root->id : world.state.data.at(device).id;
    world.cloud.vanish(world.state.instance->id);
    world.happen(CloudStirred{kAllKinds});
    ASSERT_TRUE(world.turn_until([&] { return final_asked(world, volume) != world.effects.end(); }));
    for (int i = 0; i < 5; ++i) world.cloud.advance();  // the volumes are free
    while (!world.effects.empty()) world.turn();
    ASSERT_TRUE(any_of(world, device, [](const Snapshot& s) { return s.state == SnapshotState::pending; }));
    Deallocation what;
    what.delete_volumes = true;
    ASSERT_TRUE(world.happen(DeleteAsked{what}));
    without_the_cloud(world, 200);
    ASSERT_EQ(world.state.status, Status::deallocated);
    ASSERT_TRUE(world.happen(UndeleteAsked{}));
    ASSERT_TRUE(world.happen(ResumeAsked{}));
    without_the_cloud(world, 200);
    world.settle();
    ASSERT_EQ(world.state.status, Status::active) << world.state.error;
    EXPECT_EQ(content(world, device), written);
  }
}

TEST(UndeleteCopiesReattach, ACopyThatWasNotCompletedYetWhenItWasDeletedCounts) {
  World world(spec_of(BlockDevicesMode::reattach));
  world.settle();
  world.cloud.write();
  const int64_t written = content(world, kData);
  ASSERT_TRUE(world.happen(SnapshotAsked{}));
  while (!world.effects.empty()) world.turn();
  ASSERT_TRUE(any_of(world, kData, [](const Snapshot& s) { return s.state == SnapshotState::pending; }));
  Deallocation what;
  what.delete_volumes = true;
  ASSERT_TRUE(world.happen(DeleteAsked{what}));
  until_deallocated_unseen(world);
  later(world, std::chrono::minutes(10));
  world.happen(Observed{world.cloud.observe(kAllKinds, world.now)});
  auto back = world.happen(UndeleteAsked{});
  ASSERT_TRUE(back) << describe(back.error());
  ASSERT_TRUE(world.happen(ResumeAsked{}));
  world.settle();
  ASSERT_EQ(world.state.status, Status::active) << world.state.error;
  EXPECT_EQ(content(world, kData), written);
}

TEST(UndeleteCopiesOnLaunch, ALostVolumeWhoseLastCopyGoesWithADeletionIsMissed) {
  World world(spec_of(BlockDevicesMode::on_launch));
  world.settle();
  world.cloud.write();
  take(world, kData);
  ASSERT_TRUE(world.happen(PauseAsked{}));
  world.settle();
  world.cloud.lose(world.state.data.at(kData).id);
  world.cloud.no_capacity = 1;
  ASSERT_TRUE(world.happen(ResumeAsked{}));
  world.settle(200);
  ASSERT_FALSE(world.state.data.contains(kData));
  ASSERT_TRUE(told(world, "volume_restored"));
  Deallocation what;
  what.delete_snapshots = true;
  ASSERT_TRUE(world.happen(DeleteAsked{what}));
  world.settle(60);
  ASSERT_EQ(world.state.status, Status::deallocated);
  world.cloud.no_capacity = 0;
  auto back = world.happen(UndeleteAsked{});
  EXPECT_FALSE(back) << message_of(world, "undeleted");
  world.happen(ResumeAsked{});
  world.settle();
  if (world.state.instance) {
    EXPECT_GT(content(world, kData), 0) << "blank";
  }
}

// The deletions of the former volumes wait for room in the API's bucket: only the last one goes.
TEST_P(UndeleteCopies, AFormerVolumeIsNotEverythingItHad) {
  if (GetParam() == BlockDevicesMode::reattach) {
    world.spec.persistence.block_devices = false;
    world.happen(SpecChanged{world.state.surroundings});
    world.settle();
  }
  world.cloud.write();
  ASSERT_TRUE(world.happen(RecycleAsked{}));
  world.cloud.set_health(StatusCheck::initializing);
  ASSERT_TRUE(world.turn_until([&] {
    return world.state.generation == 2 && world.state.instance && world.state.instance->running_at && world.state.root;
  }));
  world.cloud.write();
  const int64_t written = content(world, kRoot);
  const VolumeId last = world.state.root->id;
  std::set<std::string> former;
  for (const Volume& volume : world.state.superseded) former.insert("delete/" + volume.id.str());
  ASSERT_FALSE(former.empty());
  auto throttle = [&] {
    if (world.effects.empty() || !former.contains(world.effects.front().key)) return false;
    const Effect effect = world.effects.front();
    world.effects.pop_front();
    const Failure slow(Error{ErrorKind::throttled, "RequestLimitExceeded", "said the test", {}});
    world.happen(EffectEnded{{effect.key, slow}});
    return true;
  };
  Deallocation what;
  what.delete_volumes = what.delete_snapshots = what.delete_images = true;
  ASSERT_TRUE(world.happen(DeleteAsked{what}));
  for (int i = 0; i < 400 && (world.cloud.exists(last) || !world.effects.empty()); ++i) {
    if (throttle() || world.turn()) continue;
    world.cloud.advance();
    world.now += std::chrono::seconds(1);
  }
  ASSERT_FALSE(world.cloud.exists(last));
  auto back = world.happen(UndeleteAsked{});
  ASSERT_TRUE(back) << describe(back.error());
  EXPECT_EQ(message_of(world, "undeleted").find("with everything it had"), std::string::npos)
      << "root holds " << content(world, kRoot) << " of " << written;
}

TEST_P(UndeleteCopies, AnUndeleteDoesNotMissWhatIsNotPersistedAnyMore) {
  world.cloud.write();
  ASSERT_TRUE(world.happen(RecycleAsked{}));
  world.settle();
  world.spec.persistence.root_device = false;
  ASSERT_TRUE(world.happen(SpecChanged{world.state.surroundings}));
  world.settle();
  ASSERT_TRUE(world.happen(RecycleAsked{}));
  world.settle();
  ASSERT_EQ(world.state.status, Status::active) << world.state.error;
  Deallocation what;
  what.delete_snapshots = what.delete_images = true;
  deallocate(what);
  auto back = world.happen(UndeleteAsked{});
  ASSERT_TRUE(back) << describe(back.error());
}

TEST(UndeleteCopiesOnLaunch, AnImageThatIsGoingIsNotTakenForAnotherOne) {
  World world(spec_of(BlockDevicesMode::on_launch));
  world.settle();
  world.cloud.write();
  ASSERT_TRUE(world.happen(RecycleAsked{}));
  world.settle();
  ASSERT_EQ(world.state.images.size(), 1u);
  const std::string image = "delete/" + world.state.images.front().id.str();
  Deallocation what;
  what.delete_volumes = what.delete_images = true;
  ASSERT_TRUE(world.happen(DeleteAsked{what}));
  // The deregistration is on its way.
  std::optional<Effect> late;
  for (int i = 0; i < 200 && world.state.status != Status::deallocated; ++i) {
    if (!world.effects.empty() && world.effects.front().key == image) {
      late = world.effects.front();
      world.effects.pop_front();
      continue;
    }
    if (!world.turn()) world.cloud.advance(), world.now += std::chrono::seconds(1);
    if (late && world.effects.empty()) break;
  }
  ASSERT_TRUE(late);
  auto back = world.happen(UndeleteAsked{});
  ASSERT_TRUE(back) << describe(back.error());
  ASSERT_TRUE(world.happen(ResumeAsked{}));
  world.settle(20);
  world.happen(EffectEnded{world.cloud.perform(*late, world.spec)});
  world.settle();
  EXPECT_EQ(world.state.status, Status::active) << world.state.error;
}

TEST(UndeleteCopiesReattach, AnUndeleteDoesNotPutOffWhatIsMadeAfterAFailure) {
  World world(spec_of(BlockDevicesMode::reattach));
  world.settle();
  auto lose_and_fail_once = [&] {
    const int generation = world.state.generation;
    ASSERT_TRUE(world.turn_until([&] { return world.state.instance && world.state.generation > generation; }));
    world.cloud.lose(world.state.data.at(kData).id);
    world.cloud.volumes_fail = true;
    auto fails = [&] {
      auto data = world.state.data.find(kData);
      return data != world.state.data.end() && data->second.state == VolumeState::error;
    };
    ASSERT_TRUE(world.turn_until(fails));
    world.cloud.volumes_fail = false;
    for (int i = 0; i < 3; ++i) world.settle();
  };
  ASSERT_TRUE(world.happen(RecycleAsked{}));
  ASSERT_NO_FATAL_FAILURE(lose_and_fail_once());
  ASSERT_EQ(world.state.status, Status::active) << world.state.error;
  ASSERT_TRUE(world.happen(DeleteAsked{}));
  world.settle(60);
  ASSERT_TRUE(world.happen(UndeleteAsked{}));
  ASSERT_TRUE(world.happen(ResumeAsked{}));
  ASSERT_NO_FATAL_FAILURE(lose_and_fail_once());
  EXPECT_EQ(world.state.status, Status::active) << world.state.error;
}

}  // namespace
}  // namespace holdfast::core::testing
