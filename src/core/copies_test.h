// For tests of copies and volumes by hand: short ways to take, tell and look for them.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "core/small_world_test.h"

namespace holdfast::core::testing {

inline constexpr char kRoot[] = "/dev/xvda";
inline constexpr char kData[] = "/dev/sdf";
inline constexpr char kHand[] = "/dev/sdz";

inline int64_t content(const World& world, const std::string& device) {
  return world.cloud.content_of(device == kRoot ? world.state.root->id : world.state.data.at(device).id);
}
inline std::string message_of(const World& world, const std::string& kind) {
  std::string message;
  for (const Record& record : world.records) {
    if (record.kind == kind) message = record.message;
  }
  return message;
}
inline bool told(const World& world, const std::string& kind) {
  return position(world.history, kind) < world.history.size();
}
// The newest manual one.
inline SnapshotId take(World& world, const std::string& device) {
  EXPECT_TRUE(world.happen(model::SnapshotAsked{}));
  world.settle();
  const model::Snapshot* newest = nullptr;
  for (const model::Snapshot& snapshot : world.state.snapshots) {
    if (!snapshot.manual || snapshot.device != device || snapshot.state != model::SnapshotState::completed) continue;
    if (newest == nullptr || snapshot.started_at > newest->started_at) newest = &snapshot;
  }
  EXPECT_NE(newest, nullptr);
  return newest->id;
}
inline void later(World& world, Duration by) {
  world.now += by;
  world.happen(model::TimerRang{});
  world.settle();
}
inline VolumeId attach_by_hand(World& world) {
  model::CreateVolume create;
  create.zone = "z1";
  create.device.device_name = kHand;
  const VolumeId made(world.cloud.perform({"hand/1", create, model::Urgency::save, {}}, world.spec).made.value());
  world.cloud.advance();
  const model::AttachVolume attach{made, world.state.instance->id, kHand};
  EXPECT_TRUE(world.cloud.perform({"hand/2", attach, model::Urgency::save, {}}, world.spec).made);
  world.cloud.advance();
  world.happen(model::CloudStirred{model::kAllKinds});
  world.settle();
  return made;
}
inline model::Snapshot* any_of(World& world, const std::string& device, auto which) {
  for (model::Snapshot& snapshot : world.state.snapshots) {
    if (snapshot.device == device && which(snapshot)) return &snapshot;
  }
  return nullptr;
}

struct BothModes : ::testing::TestWithParam<model::BlockDevicesMode> {
  BothModes() : world(spec_of(GetParam())) { world.settle(); }
  void deallocate(const model::Deallocation& what = {}) {
    ASSERT_TRUE(world.happen(model::DeleteAsked{what}));
    world.settle(60);
    ASSERT_EQ(world.state.status, model::Status::deallocated);
  }
  World world;
};

inline auto both_modes() {
  return ::testing::Values(model::BlockDevicesMode::reattach, model::BlockDevicesMode::on_launch);
}

inline std::string mode_name(const ::testing::TestParamInfo<model::BlockDevicesMode>& info) {
  return info.param == model::BlockDevicesMode::reattach ? "reattach" : "onLaunch";
}

}  // namespace holdfast::core::testing
