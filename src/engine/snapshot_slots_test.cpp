// Places for snapshots under way: all of them for recovery, three in four for periodic ones.
#include "engine/snapshot_slots.h"

#include <gtest/gtest.h>

namespace holdfast::engine {
namespace {

const ManagedInstanceId kOne("smi-00000001"), kTwo("smi-00000002");

model::Effect snapshot(model::Urgency urgency) {
  return {"s", model::CreateSnapshot{VolumeId("vol-1"), "/dev/sdf", false, 1, {}}, urgency, {}};
}

model::State with_snapshots(int pending, int completed) {
  model::State state;
  state.snapshots.resize(pending + completed);
  for (int i = 0; i < pending + completed; ++i) {
    state.snapshots[i].state = i < pending ? model::SnapshotState::pending : model::SnapshotState::completed;
  }
  return state;
}

TEST(SnapshotSlots, GiveEveryPlaceToRecoveryAndThreeInFourToPeriodicOnes) {
  SnapshotSlots slots(8);
  slots.update(kOne, with_snapshots(3, 5));
  slots.update(kTwo, with_snapshots(2, 0));
  EXPECT_EQ(slots.pending(), 5);
  EXPECT_TRUE(slots.has_room(snapshot(model::Urgency::periodic), 0));
  EXPECT_FALSE(slots.has_room(snapshot(model::Urgency::periodic), 1));
  EXPECT_TRUE(slots.has_room(snapshot(model::Urgency::recover), 2));
  EXPECT_FALSE(slots.has_room(snapshot(model::Urgency::recover), 3));
}

TEST(SnapshotSlots, ComeBackWhenSnapshotsEndOrTheirOwnerIsForgotten) {
  SnapshotSlots slots(4);
  slots.update(kOne, with_snapshots(2, 0));
  slots.update(kTwo, with_snapshots(2, 0));
  EXPECT_FALSE(slots.has_room(snapshot(model::Urgency::recover), 0));
  slots.update(kOne, with_snapshots(1, 1));
  EXPECT_TRUE(slots.has_room(snapshot(model::Urgency::recover), 0));
  slots.forget(kTwo);
  EXPECT_EQ(slots.pending(), 1);
}

TEST(SnapshotSlots, HoldNothingElseAndNothingWithoutALimit) {
  SnapshotSlots full(1), unlimited(0);
  full.update(kOne, with_snapshots(1, 0));
  unlimited.update(kOne, with_snapshots(1000, 0));
  EXPECT_TRUE(full.has_room({"d", model::DeleteVolume{VolumeId("vol-1")}, model::Urgency::recover, {}}, 9));
  EXPECT_FALSE(full.has_room(snapshot(model::Urgency::recover), 0));
  EXPECT_TRUE(unlimited.has_room(snapshot(model::Urgency::periodic), 1000));
}

TEST(SnapshotSlots, CountEachVolumeOfASetAndNeverHoldASetForEver) {
  model::SnapshotInstance set{InstanceId("i-1"), {}, 1, {}};
  set.volumes.resize(3);
  const model::Effect effect{"set", set, model::Urgency::recover, {}};
  SnapshotSlots slots(4), few(2);
  slots.update(kOne, with_snapshots(1, 0));
  EXPECT_TRUE(slots.has_room(effect, 0));
  EXPECT_FALSE(slots.has_room(effect, 1));
  EXPECT_TRUE(few.has_room(effect, 0));
}

}  // namespace
}  // namespace holdfast::engine
