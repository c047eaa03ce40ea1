#include "core/restore.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/replacement.h"
#include "core/small_world_test.h"

namespace holdfast::core {
namespace {

using namespace model;
using testing::spec_of;
using testing::World;

constexpr char kRoot[] = "/dev/xvda";
constexpr char kData[] = "/dev/sdf";

struct Copies : ::testing::TestWithParam<BlockDevicesMode> {
  Copies() : world(spec_of(GetParam())) { world.settle(); }

  // The snapshot taken by hand of that device.
  const Snapshot* taken(const std::string& device) const {
    for (const Snapshot& snapshot : world.state.snapshots) {
      if (snapshot.manual && snapshot.device == device) return &snapshot;
    }
    return nullptr;
  }
  void take() {
    ASSERT_TRUE(world.happen(SnapshotAsked{}));
    world.settle();
    ASSERT_NE(taken(kRoot), nullptr);
    ASSERT_EQ(taken(kRoot)->state, SnapshotState::completed);
  }
  // The next instance runs, and its root is known.
  bool up() const {
    const State& state = world.state;
    return state.instance && state.instance->running_at && !is_outgoing(state) && state.root &&
           state.root->generation == state.generation;
  }
  // Written to, then restored to what was before; up with that, and not healthy yet. What the root holds then.
  void restore_root_until_up(int64_t& old) {
    world.cloud.write();
    take();
    world.cloud.write();
    old = root_content() - 1;
    ASSERT_TRUE(world.happen(RestoreAsked{{{kRoot, taken(kRoot)->id}}}));
    ASSERT_TRUE(world.turn_until([&] { return up() && world.state.restore; })) << "it is not healthy yet";
    ASSERT_EQ(root_content(), old);
  }
  int64_t root_content() const { return world.cloud.content_of(world.state.root->id); }
  int64_t data_content() const { return world.cloud.content_of(world.state.data.at(kData).id); }
  bool told(const std::string& kind) const {
    return std::find(world.history.begin(), world.history.end(), kind) != world.history.end();
  }
  World world;
};

TEST_P(Copies, TakenByHandHoldWhatWasThereAndStay) {
  world.cloud.write();
  take();
  ASSERT_NE(taken(kData), nullptr);
  const SnapshotId id = taken(kRoot)->id;
  for (int i = 0; i < 6; ++i) {
    world.happen(RecycleAsked{});
    world.settle();
  }
  ASSERT_NE(taken(kRoot), nullptr) << "not among those that the service deletes by itself";
  EXPECT_EQ(taken(kRoot)->id, id);
}

TEST_P(Copies, ARestoreBringsBackTheOlderStateAndKeepsTheNewer) {
  world.cloud.write();
  take();
  const int64_t old_root = root_content();
  const int64_t old_data = data_content();
  world.cloud.write();
  world.cloud.write();
  const int64_t new_root = root_content();
  const VolumeId new_data = world.state.data.at(kData).id;
  ASSERT_GT(new_root, old_root);
  ASSERT_TRUE(world.happen(RestoreAsked{{{kRoot, taken(kRoot)->id}, {kData, taken(kData)->id}}}));
  world.settle();
  EXPECT_EQ(world.state.status, Status::active) << world.state.error;
  EXPECT_EQ(root_content(), old_root);
  EXPECT_EQ(data_content(), old_data);
  EXPECT_FALSE(world.state.restore);
  EXPECT_TRUE(told("restored"));
  // What was there before can be gone back to.
  auto newer = std::find_if(world.state.snapshots.begin(), world.state.snapshots.end(), [](const Snapshot& snapshot) {
    return snapshot.final && snapshot.device == kRoot && snapshot.keep_until;
  });
  ASSERT_NE(newer, world.state.snapshots.end());
  if (GetParam() == BlockDevicesMode::reattach) {
    EXPECT_TRUE(world.cloud.exists(new_data));
  }
  ASSERT_TRUE(world.happen(RestoreAsked{{{kRoot, newer->id}}}));
  world.settle();
  EXPECT_EQ(root_content(), new_root);
}

// Asked for while a launch is under way: that instance comes up as it was, and the next one with the older copies.
TEST_P(Copies, ARestoreDuringALaunchIsOfTheNextInstance) {
  world.cloud.write();
  take();
  const int64_t old_root = root_content();
  const int64_t old_data = data_content();
  world.cloud.write();
  const VolumeId newer = world.state.data.at(kData).id;
  ASSERT_TRUE(world.happen(RecycleAsked{}));
  ASSERT_TRUE(world.turn_until([&] { return launch_may_be_done(world.state); }));
  ASSERT_TRUE(world.happen(RestoreAsked{{{kRoot, taken(kRoot)->id}, {kData, taken(kData)->id}}}));
  world.settle();
  EXPECT_EQ(world.state.status, Status::active) << world.state.error;
  EXPECT_EQ(root_content(), old_root);
  EXPECT_EQ(data_content(), old_data);
  EXPECT_FALSE(world.state.restore);
  if (GetParam() == BlockDevicesMode::reattach) {
    EXPECT_TRUE(world.cloud.exists(newer)) << "kept beside";
  }
}

// The launch under way is refused after all: the one after it is made of the older copies, and what it writes stays.
TEST_P(Copies, ARestoreDuringALaunchThatIsRefusedIsOfTheNextOne) {
  world.cloud.write();
  take();
  const int64_t old = root_content();
  world.cloud.write();
  const int generation = world.state.generation;
  ASSERT_TRUE(world.happen(RecycleAsked{}));
  ASSERT_TRUE(world.turn_until([&] { return launch_may_be_done(world.state); }));
  ASSERT_TRUE(world.happen(RestoreAsked{{{kRoot, taken(kRoot)->id}}}));
  world.cloud.no_capacity = 1;
  ASSERT_TRUE(world.turn_until([&] { return !launch_may_be_done(world.state); }));
  world.cloud.no_capacity = 0;
  world.settle();
  ASSERT_EQ(world.state.status, Status::active) << world.state.error;
  EXPECT_EQ(world.state.generation, generation + 1) << "restored once";
  EXPECT_EQ(root_content(), old);
  EXPECT_FALSE(world.state.restore);
}

TEST_P(Copies, WhatFollowsARestoreIsMadeOfWhatWasRestored) {
  take();
  const int64_t old = root_content();
  world.cloud.write();
  ASSERT_TRUE(world.happen(RestoreAsked{{{kRoot, taken(kRoot)->id}}}));
  world.settle();
  ASSERT_EQ(root_content(), old);
  // Its root is lost before anything newer was saved: the copy that was left behind is no copy of it.
  world.cloud.lose(world.state.root->id);
  world.cloud.vanish(world.state.instance->id);
  world.happen(CloudStirred{});
  for (int i = 0; i < 5; ++i) world.settle();
  ASSERT_EQ(world.state.status, Status::active) << world.state.error;
  EXPECT_EQ(root_content(), old);
}

TEST_P(Copies, ARestoreOutlivesACrashAndAnInterruptionAtAnyMoment) {
  for (int strike = 0; strike < 40; ++strike) {
    World life(spec_of(GetParam()));
    life.settle();
    life.cloud.write();
    life.happen(SnapshotAsked{});
    life.settle();
    std::map<std::string, SnapshotId> sources;
    std::map<std::string, int64_t> contents = {{kRoot, life.cloud.content_of(life.state.root->id)},
                                               {kData, life.cloud.content_of(life.state.data.at(kData).id)}};
    for (const Snapshot& snapshot : life.state.snapshots) {
      if (snapshot.manual) sources[snapshot.device] = snapshot.id;
    }
    life.cloud.write();
    ASSERT_TRUE(life.happen(RestoreAsked{sources}));
    for (int i = 0; i < strike; ++i) {
      if (!life.turn()) life.cloud.advance(), life.now += std::chrono::seconds(1);
    }
    if (strike % 2 == 0 && life.state.instance) life.cloud.vanish(life.state.instance->id);
    life.restart();  // which looks
    for (int i = 0; i < 3; ++i) life.settle();
    ASSERT_EQ(life.state.status, Status::active) << strike << ": " << life.state.error;
    EXPECT_EQ(life.cloud.content_of(life.state.root->id), contents[kRoot]) << strike;
    EXPECT_EQ(life.cloud.content_of(life.state.data.at(kData).id), contents[kData]) << strike;
  }
}

TEST_P(Copies, APausedOneIsRestoredWhenItIsResumed) {
  take();
  const int64_t old = root_content();
  world.cloud.write();
  world.happen(PauseAsked{});
  world.settle();
  ASSERT_TRUE(world.happen(RestoreAsked{{{kRoot, taken(kRoot)->id}}}));
  world.settle();
  EXPECT_EQ(world.state.status, Status::paused);
  world.happen(ResumeAsked{});
  world.settle();
  EXPECT_EQ(root_content(), old);
}

TEST_P(Copies, ARestoreThatHasNotBegunIsTakenBack) {
  take();
  world.cloud.write();
  const int64_t newest = root_content();
  world.happen(PauseAsked{});
  world.settle();
  ASSERT_TRUE(world.happen(RestoreAsked{{{kRoot, taken(kRoot)->id}}}));
  ASSERT_TRUE(world.happen(RestoreAsked{}));
  world.happen(ResumeAsked{});
  world.settle();
  EXPECT_EQ(root_content(), newest);
}

TEST_P(Copies, AreDroppedOnlyIfAPersonWantedThemAndNothingNeedsThem) {
  take();
  const SnapshotId id = taken(kData)->id;
  EXPECT_EQ(world.happen(SnapshotDropped{SnapshotId("snap-none")}).error().kind, ErrorKind::not_found);
  world.happen(RecycleAsked{});
  world.settle();
  auto own = std::find_if(world.state.snapshots.begin(), world.state.snapshots.end(),
                          [](const Snapshot& snapshot) { return snapshot.final; });
  ASSERT_NE(own, world.state.snapshots.end());
  EXPECT_EQ(world.happen(SnapshotDropped{own->id}).error().kind, ErrorKind::conflict);
  const size_t before = world.cloud.snapshots();
  ASSERT_TRUE(world.happen(SnapshotDropped{id}));
  ASSERT_TRUE(world.happen(SnapshotDropped{id})) << "asked again";
  world.settle();
  EXPECT_EQ(taken(kData), nullptr);
  EXPECT_EQ(world.cloud.snapshots(), before - 1);
}

TEST_P(Copies, RestoresOfSeveralDevicesAddUp) {
  world.cloud.write();
  take();
  const int64_t old_root = root_content();
  const int64_t old_data = data_content();
  world.cloud.write();
  world.happen(PauseAsked{});
  world.settle();
  ASSERT_TRUE(world.happen(RestoreAsked{{{kData, taken(kData)->id}}}));
  ASSERT_TRUE(world.happen(RestoreAsked{{{kRoot, taken(kRoot)->id}}}));
  EXPECT_EQ(world.happen(VolumeDropped{world.state.data.at(kData).id}).error().kind, ErrorKind::conflict);
  world.happen(ResumeAsked{});
  world.settle();
  EXPECT_EQ(root_content(), old_root);
  EXPECT_EQ(data_content(), old_data);
}

TEST_P(Copies, ARestoreAskedForAgainKeepsWhatGivesWayForTheLongerTime) {
  take();
  world.cloud.write();
  const std::map<std::string, SnapshotId> sources{{kRoot, taken(kRoot)->id}};
  ASSERT_TRUE(world.happen(RestoreAsked{sources, std::chrono::hours(1)}));
  ASSERT_TRUE(world.happen(RestoreAsked{sources, std::chrono::hours(50)}));
  ASSERT_TRUE(world.happen(RestoreAsked{sources, std::chrono::hours(2)}));
  world.settle();
  ASSERT_EQ(world.state.status, Status::active) << world.state.error;
  EXPECT_TRUE(std::any_of(world.state.snapshots.begin(), world.state.snapshots.end(), [&](const Snapshot& snapshot) {
    return snapshot.keep_until && *snapshot.keep_until > world.now + std::chrono::hours(40);
  }));
}

// Which copies the instance that comes up is made of is not known yet: another restore waits for it.
TEST_P(Copies, ARestoreIsNotChangedWhileItIsLaunched) {
  world.cloud.write();
  take();
  const std::map<std::string, SnapshotId> sources{{kRoot, taken(kRoot)->id}};
  ASSERT_TRUE(world.happen(RestoreAsked{sources, std::chrono::hours(1)}));
  ASSERT_TRUE(world.turn_until([&] { return launch_may_be_done(world.state); }));
  EXPECT_TRUE(world.happen(RestoreAsked{sources, std::chrono::hours(50)})) << "the same again";
  EXPECT_EQ(world.state.restore->retention, std::chrono::hours(50));
  auto refused = world.happen(RestoreAsked{{{kData, taken(kData)->id}}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::conflict);
  world.settle();
  EXPECT_TRUE(world.happen(RestoreAsked{{{kData, taken(kData)->id}}}));
}

// The first is under way already when the second is asked for: what the instance has written since stays.
TEST_P(Copies, ASecondRestoreDoesNotRepeatTheFirst) {
  int64_t old = 0;
  ASSERT_NO_FATAL_FAILURE(restore_root_until_up(old));
  world.cloud.write_by_hand(world.state.root->id, kRoot);  // its application, before it is healthy
  ASSERT_TRUE(world.happen(RestoreAsked{{{kData, taken(kData)->id}}}));
  world.settle();
  ASSERT_EQ(world.state.status, Status::active) << world.state.error;
  EXPECT_EQ(root_content(), old + 1);
}

// An instance was up with what was restored, and the launch after it came to nothing: what it left is what counts.
TEST_P(Copies, ARestoreIsNotRepeatedAfterALaunchThatCameToNothing) {
  int64_t old = 0;
  ASSERT_NO_FATAL_FAILURE(restore_root_until_up(old));
  world.cloud.write_by_hand(world.state.root->id, kRoot);  // its application, before it is healthy
  world.cloud.vanish(world.state.instance->id);
  const int generation = world.state.generation;
  world.happen(CloudStirred{kAllKinds});
  ASSERT_TRUE(world.turn_until([&] { return world.state.instance && world.state.generation > generation; }));
  const InstanceId failed = world.state.instance->id;
  std::vector<VolumeId> made;
  for (const auto& device : world.cloud.instance(failed).devices) made.push_back(device.volume);
  for (const VolumeId& volume : made) {
    bool of_the_launch = !world.state.data.contains(kData) || world.state.data.at(kData).id != volume;
    if (of_the_launch) world.cloud.lose(volume);
  }
  world.cloud.vanish(failed);
  world.happen(CloudStirred{kAllKinds});
  world.settle();
  ASSERT_EQ(world.state.status, Status::active) << world.state.error;
  EXPECT_EQ(root_content(), old + 1);
}

// What was restored stays, and what gave way to it is kept; only the rest is given up.
TEST_P(Copies, ARestoreWhoseOtherSourceIsGoneIsSeenThroughWhereItHasBegun) {
  int64_t old = 0;
  ASSERT_NO_FATAL_FAILURE(restore_root_until_up(old));
  const SnapshotId other = taken(kData)->id;
  ASSERT_TRUE(world.happen(RestoreAsked{{{kData, other}}}));
  std::erase_if(world.state.snapshots, [&](const Snapshot& snapshot) { return snapshot.id == other; });
  world.settle();
  ASSERT_EQ(world.state.status, Status::active) << world.state.error;
  EXPECT_TRUE(told("restore_failed"));
  EXPECT_EQ(root_content(), old);
  EXPECT_TRUE(std::any_of(world.state.snapshots.begin(), world.state.snapshots.end(), [](const Snapshot& snapshot) {
    return snapshot.device == kRoot && snapshot.final && snapshot.keep_until;
  }));
}

TEST_P(Copies, ARestoreOfWhatIsNotPersistedAnyMoreIsGivenUpLoudly) {
  take();
  world.happen(PauseAsked{});
  world.settle();
  ASSERT_TRUE(world.happen(RestoreAsked{{{kData, taken(kData)->id}}}));
  world.spec.persistence.block_devices = false;
  world.happen(SpecChanged{world.state.surroundings});
  EXPECT_FALSE(world.state.restore);
  EXPECT_TRUE(told("restore_failed"));
}

TEST_P(Copies, ADataVolumeIsGivenUpOnlyWhilePausedAndWhatTheDocumentMapsComesInItsPlace) {
  take();
  world.cloud.write();
  const VolumeId data = world.state.data.at(kData).id;
  EXPECT_EQ(world.happen(VolumeDropped{data}).error().kind, ErrorKind::conflict) << "it runs";
  world.happen(PauseAsked{});
  world.settle();
  ASSERT_EQ(world.state.status, Status::paused);
  EXPECT_EQ(world.happen(VolumeDropped{world.state.root->id}).error().kind, ErrorKind::conflict);
  EXPECT_EQ(world.happen(VolumeDropped{VolumeId("vol-none")}).error().kind, ErrorKind::not_found);
  ASSERT_TRUE(world.happen(VolumeDropped{data}));
  ASSERT_TRUE(world.happen(VolumeDropped{data})) << "asked again";
  world.restart();
  world.happen(ResumeAsked{});
  world.settle();
  ASSERT_EQ(world.state.status, Status::active) << world.state.error;
  EXPECT_NE(world.state.data.at(kData).id, data);
  EXPECT_EQ(data_content(), 0) << "blank, and not from a copy of the one that was given up";
  EXPECT_TRUE(world.cloud.exists(data));
  world.now += std::chrono::hours(97);
  world.happen(TimerRang{});
  world.settle();
  EXPECT_FALSE(world.cloud.exists(data));
}

TEST_P(Copies, TheNewestCopyOfALostVolumeIsNotDropped) {
  take();
  world.happen(PauseAsked{});
  world.settle();
  std::erase_if(world.state.snapshots, [](const Snapshot& snapshot) { return !snapshot.manual; });
  world.state.images.clear();
  world.state.root.reset();
  EXPECT_EQ(world.happen(SnapshotDropped{taken(kRoot)->id}).error().kind, ErrorKind::conflict);
}

TEST_P(Copies, OnlyCompletedOnesOfItsOwnAreRestored) {
  take();
  auto refused = [&](const std::map<std::string, SnapshotId>& sources) {
    auto asked = world.happen(RestoreAsked{sources});
    return asked ? std::nullopt : std::optional(asked.error().kind);
  };
  EXPECT_EQ(refused({{kRoot, SnapshotId("snap-none")}}), ErrorKind::not_found);
  EXPECT_EQ(refused({{kData, taken(kRoot)->id}}), ErrorKind::not_found);
  world.spec.persistence.block_devices = false;
  EXPECT_EQ(refused({{kData, taken(kData)->id}}), ErrorKind::conflict);
  EXPECT_FALSE(world.state.restore);
}

INSTANTIATE_TEST_SUITE_P(Modes, Copies, ::testing::Values(BlockDevicesMode::reattach, BlockDevicesMode::on_launch),
                         [](const auto& info) {
                           return info.param == BlockDevicesMode::reattach ? "reattach" : "onLaunch";
                         });

// ---- a root that does not come up

struct Broken {
  Broken() : world(spec()) {
    world.settle();
    world.happen(RecycleAsked{});  // from here on there is a root that came up
    world.settle();
  }
  static Spec spec() {
    Spec spec = spec_of(BlockDevicesMode::reattach);
    spec.persistence.root_fallback = true;
    return spec;
  }
  // The next instance does not come up, for as long as the grace lasts.
  void break_root() {
    world.cloud.write();
    world.happen(RecycleAsked{});
    const int generation = world.state.generation + 1;
    world.cloud.set_health(StatusCheck::impaired);
    auto stuck = [&] { return world.state.instance && world.state.instance->generation == generation; };
    for (int i = 0; i < 600 && !(stuck() && out_of_grace_soon()); ++i) step();
    ASSERT_TRUE(stuck());
  }
  bool out_of_grace_soon() const {
    const std::optional<Instance>& instance = world.state.instance;
    constexpr Duration kUntilWatched = std::chrono::seconds(2);
    const Duration grace = world.spec.health_check.grace_period;
    return instance->running_at && world.now >= *instance->running_at + grace + kUntilWatched;
  }
  void step() {
    while (world.turn()) {
    }
    world.cloud.advance();
    world.now += std::chrono::seconds(1);
    world.ring();
  }
  World world;
};
struct Fallback : Broken, ::testing::Test {};

TEST_F(Fallback, GoesToTheNewestRootThatCameUp) {
  const int64_t good = world.cloud.content_of(world.state.root->id);
  break_root();
  const VolumeId broken = world.state.root->id;
  step();
  world.cloud.set_health(StatusCheck::ok);
  for (int i = 0; i < 3; ++i) world.settle();
  ASSERT_EQ(world.state.status, Status::active) << world.state.error;
  EXPECT_NE(std::find(world.history.begin(), world.history.end(), "root_fallback"), world.history.end());
  EXPECT_LE(world.cloud.content_of(world.state.root->id), good);
  bool kept = std::any_of(world.state.snapshots.begin(), world.state.snapshots.end(), [&](const Snapshot& snapshot) {
    return snapshot.final && snapshot.volume == broken && snapshot.keep_until;
  });
  EXPECT_TRUE(kept) << "what was on the root that did not come up is kept";
}

// Found by the simulator: the service was away, and the instance had come up and ended by the time it was back.
TEST_F(Fallback, IsNotByTheClockAlone) {
  world.cloud.write();
  world.happen(RecycleAsked{});
  world.cloud.set_health(StatusCheck::initializing);
  const int generation = world.state.generation + 1;
  ASSERT_TRUE(world.turn_until([&] {
    const std::optional<Instance>& instance = world.state.instance;
    return instance && instance->generation == generation && instance->running_at && instance->check != StatusCheck::ok;
  }));
  world.cloud.set_health(StatusCheck::ok);
  world.cloud.vanish(world.state.instance->id);
  world.now += std::chrono::minutes(10);
  world.restart();
  for (int i = 0; i < 3; ++i) world.settle();
  ASSERT_EQ(world.state.status, Status::active) << world.state.error;
  EXPECT_EQ(std::find(world.history.begin(), world.history.end(), "root_fallback"), world.history.end());
  EXPECT_GE(world.cloud.content_of(world.state.root->id), world.cloud.acknowledged.at("/dev/xvda"));
}

// It may have come up while the service was away, and be ill by now: it is watched for a grace of its own.
TEST_F(Fallback, IsNotOfAGraceThatNobodyWatched) {
  world.happen(RecycleAsked{});
  world.cloud.set_health(StatusCheck::impaired);
  const int generation = world.state.generation + 1;
  ASSERT_TRUE(world.turn_until([&] {
    const std::optional<Instance>& instance = world.state.instance;
    return instance && instance->generation == generation && instance->check == StatusCheck::impaired;
  }));
  world.now += world.spec.health_check.grace_period + std::chrono::minutes(5);
  world.restart();
  auto fell_back = [&] { return testing::position(world.history, "root_fallback") < world.history.size(); };
  const Time back = world.now;
  while (world.now < back + world.spec.health_check.grace_period - std::chrono::seconds(2)) step();
  EXPECT_FALSE(fell_back());
  while (world.now < back + world.spec.health_check.grace_period + std::chrono::seconds(30) && !fell_back()) step();
  EXPECT_TRUE(fell_back());
}

// Deleted by hand, or by a deletion that was taken back.
TEST_F(Fallback, DoesNotGoToOneWhoseCopyIsGone) {
  for (bool known : {true, false}) {
    Broken it;
    auto is_former = [](const Snapshot& copy) { return copy.device == "/dev/xvda" && copy.generation == 1; };
    for (Snapshot& copy : it.world.state.snapshots) {
      if (!is_former(copy)) continue;
      it.world.cloud.lose(copy.id);
      copy.state = SnapshotState::unknown;
      copy.missing_since = it.world.now;
    }
    if (!known) std::erase_if(it.world.state.snapshots, is_former);
    it.break_root();
    it.step();
    EXPECT_EQ(testing::position(it.world.history, "root_fallback"), it.world.history.size());
    EXPECT_EQ(it.world.state.status, Status::error);
  }
}

TEST_F(Fallback, IsNotWithoutTheUsersWord) {
  world.spec.persistence.root_fallback = false;
  break_root();
  step();
  EXPECT_EQ(world.state.status, Status::error);
  EXPECT_FALSE(world.state.restore);
}

}  // namespace
}  // namespace holdfast::core
