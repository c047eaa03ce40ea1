// What listings show of snapshots: made twice, failed, from before.

#include "core/fold_copies.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/fold.h"
#include "core/small_world_test.h"

namespace holdfast::core {
namespace {

using namespace model;
using testing::spec_of;
using testing::World;

// Found by the simulator: it was deleted once more, and the history said of it that it was never used.
TEST(FoldCopies, ALookFromBeforeTheLastChangeDoesNotShowWhatWasMadeTwice) {
  World world(spec_of(BlockDevicesMode::reattach));
  world.settle();
  ASSERT_EQ(world.state.status, Status::active);
  ObservedSnapshot shown;
  shown.id = SnapshotId("snap-deleted");
  shown.volume = world.state.root->id;
  shown.state = SnapshotState::completed;
  shown.tags = {1, "periodic/" + shown.volume.str() + "/1", "/dev/xvda", "periodic"};
  auto taken_in_by_a_look = [&](Time as_of) {
    Observation observation;
    observation.as_of = as_of;
    observation.kinds = static_cast<Kinds>(Kind::snapshots);
    observation.snapshots = {shown};
    world.happen(Observed{observation});
    return !world.state.snapshots.empty();
  };
  EXPECT_FALSE(taken_in_by_a_look(world.state.updated_at + kListingLag - std::chrono::milliseconds(1)));
  EXPECT_TRUE(world.look && world.look->at > world.now) << "it is looked at once more";
  EXPECT_TRUE(taken_in_by_a_look(world.state.updated_at + kListingLag));
}

// Found by the simulator: the newest copy there was went, since another had been asked for in its place.
TEST(FoldCopies, ASecondOneIsKeptWhereTheFirstFails) {
  for (SnapshotState other : {SnapshotState::error, SnapshotState::completed}) {
    World world(spec_of(BlockDevicesMode::reattach));
    world.settle();
    ASSERT_EQ(world.state.status, Status::active);
    const Volume root = *world.state.root;
    auto shown = [&](const std::string& id, SnapshotState state, Duration later) {
      ObservedSnapshot snapshot;
      snapshot.id = SnapshotId(id);
      snapshot.volume = root.id;
      snapshot.state = state;
      snapshot.started_at = world.now + later;
      snapshot.tags = {root.generation, "periodic/" + root.id.str() + "/1", root.device, "periodic"};
      return snapshot;
    };
    const ObservedSnapshot twin = shown("snap-twin", SnapshotState::completed, Duration(0));
    ObservedSnapshot first = shown("snap-first", SnapshotState::pending, Duration(1));
    auto look = [&] {
      Observation observation;
      observation.as_of = world.state.updated_at + kListingLag;
      observation.kinds = static_cast<Kinds>(Kind::snapshots);
      observation.snapshots = {twin, first};
      world.happen(Observed{observation});
    };
    world.state.snapshots.push_back({first.id, root.id, root.device, false, root.generation, SnapshotState::pending, 0,
                                     first.started_at});
    auto known = [&] {
      return std::any_of(world.state.snapshots.begin(), world.state.snapshots.end(),
                         [&](const Snapshot& snapshot) { return snapshot.id == twin.id; });
    };
    look();
    EXPECT_TRUE(world.state.retired.empty()) << "it is not known yet which of the two will do";
    EXPECT_FALSE(known());
    first.state = other;
    look();
    EXPECT_EQ(known(), other == SnapshotState::error);
    EXPECT_EQ(world.state.retired.empty(), other == SnapshotState::error);
  }
}

// Found by the simulator: a look from before counted it as failed twice, and gave it up while it was still the note of
// how that volume's snapshots go.
TEST(FoldCopies, OneThatHasFailedHasFailedOnce) {
  World world(spec_of(BlockDevicesMode::reattach));
  world.settle();
  const Volume root = *world.state.root;
  world.state.snapshots.push_back(
      {SnapshotId("snap-1"), root.id, root.device, true, root.generation, SnapshotState::pending, 0, world.now});
  for (SnapshotState shown : {SnapshotState::error, SnapshotState::pending, SnapshotState::error}) {
    Observation observation;
    observation.as_of = world.now;
    observation.kinds = static_cast<Kinds>(Kind::snapshots);
    observation.snapshots.emplace_back();
    observation.snapshots.back().id = SnapshotId("snap-1");
    observation.snapshots.back().volume = root.id;
    observation.snapshots.back().state = shown;
    world.happen(Observed{observation});
  }
  EXPECT_EQ(std::count(world.history.begin(), world.history.end(), "snapshot_failed"), 1);
  ASSERT_EQ(world.state.snapshots.size(), 1u);
  EXPECT_EQ(world.state.snapshots.front().state, SnapshotState::error);
  EXPECT_EQ(world.state.snapshots.front().failures, 1);
}

// It was asked for while the last instance had the volume, and made when the next one had written to it.
TEST(FoldCopies, ALateOneOfAVolumeThatMovedOnIsTheNewest) {
  World world(spec_of(BlockDevicesMode::reattach));
  world.settle();
  world.happen(RecycleAsked{});
  world.settle();
  const Volume data = world.state.data.at("/dev/sdf");
  ASSERT_EQ(data.generation, 2);
  Observation observation;
  observation.as_of = world.state.updated_at + kListingLag;
  observation.kinds = static_cast<Kinds>(Kind::snapshots);
  ObservedSnapshot& late = observation.snapshots.emplace_back();
  late.id = SnapshotId("snap-late");
  late.volume = data.id;
  late.state = SnapshotState::completed;
  late.started_at = world.now;
  late.tags = {1, "periodic/" + data.id.str() + "/1", data.device, "periodic"};
  world.happen(Observed{observation});
  ASSERT_NE(find_by_id(world.state.snapshots, late.id), nullptr);
  EXPECT_FALSE(find_by_id(world.state.snapshots, late.id)->final);
}

// Found by the simulator: it stood in the state twice, and was waited for without end.
TEST(FoldCopies, OneThatWasFoundAndIsThenAnsweredIsOne) {
  World world(spec_of(BlockDevicesMode::reattach));
  world.settle();
  world.happen(SnapshotAsked{});
  auto asked = std::find_if(world.effects.begin(), world.effects.end(),
                            [](const Effect& effect) { return std::holds_alternative<CreateSnapshot>(effect.action); });
  ASSERT_NE(asked, world.effects.end());
  const auto create = std::get<CreateSnapshot>(asked->action);
  const std::string key = asked->key;
  world.state.snapshots.push_back({SnapshotId("snap-1"), create.volume, create.device, false, create.generation,
                                   SnapshotState::completed, 0, world.now});
  world.happen(EffectEnded{{key, "snap-1"}});
  ASSERT_EQ(world.state.snapshots.size(), 1u);
  EXPECT_EQ(world.state.snapshots.front().state, SnapshotState::completed);
  EXPECT_TRUE(world.state.snapshots.front().manual);
}

// Found by the simulator: it was retired while its managed instance was deleted, and found by the repeat after an
// undelete.
TEST(FoldCopies, OneThatIsRetiredAndFoundAgainByItsRepeatCountsAgain) {
  for (bool goes : {false, true}) {
    World world(spec_of(BlockDevicesMode::reattach));
    world.settle();
    world.happen(SnapshotAsked{});
    auto asked = std::find_if(world.effects.begin(), world.effects.end(), [](const Effect& effect) {
      return std::holds_alternative<CreateSnapshot>(effect.action);
    });
    ASSERT_NE(asked, world.effects.end());
    const std::string key = asked->key;
    world.state.retired.push_back({Retired::What::snapshot, "snap-1", "of a volume that is not in use any more",
                                   goes ? world.now : world.now + std::chrono::hours(9)});
    const std::string deletion = "delete/snap-1";
    if (goes) world.state.asked[deletion].effect = {deletion, DeleteSnapshot{SnapshotId("snap-1")}, {}, {}};
    world.happen(EffectEnded{{key, "snap-1"}});
    const bool known = find_by_id(world.state.snapshots, SnapshotId("snap-1")) != nullptr;
    EXPECT_EQ(known, !goes);
    EXPECT_EQ(world.state.retired.empty(), !goes);
  }
}

// Found by the simulator: a periodic copy from before was completed after the final one had failed, the failure was
// forgotten, and the next try of the final one had the name of the first.
TEST(FoldCopies, ACopyBegunEarlierDoesNotMakeAFailureForgotten) {
  World world(spec_of(BlockDevicesMode::reattach));
  world.settle();
  const Volume root = *world.state.root;
  auto show = [&](std::initializer_list<std::pair<const char*, SnapshotState>> shown) {
    Observation observation;
    observation.as_of = world.now;
    observation.kinds = static_cast<Kinds>(Kind::snapshots);
    for (const auto& [id, state] : shown) {
      ObservedSnapshot& snapshot = observation.snapshots.emplace_back();
      snapshot.id = SnapshotId(id);
      snapshot.volume = root.id;
      snapshot.state = state;
    }
    world.happen(Observed{observation});
  };
  auto begun = [&](const char* id, Duration later) {
    world.state.snapshots.push_back({SnapshotId(id), root.id, root.device, false, root.generation,
                                     SnapshotState::pending, 0, world.now + later});
  };
  begun("snap-early", Duration(0));
  begun("snap-fails", Duration(1000));
  show({{"snap-early", SnapshotState::pending}, {"snap-fails", SnapshotState::error}});
  show({{"snap-early", SnapshotState::completed}, {"snap-fails", SnapshotState::error}});
  EXPECT_EQ(world.state.snapshots.size(), 2u) << "the failure is still known";
  begun("snap-later", Duration(2000));
  show({{"snap-early", SnapshotState::completed},
        {"snap-fails", SnapshotState::error},
        {"snap-later", SnapshotState::completed}});
  ASSERT_EQ(world.state.snapshots.size(), 2u);
  EXPECT_EQ(world.state.snapshots.back().id.str(), "snap-later");
}

}  // namespace
}  // namespace holdfast::core
