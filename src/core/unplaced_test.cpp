// Two blank volumes of one size, and an instance that ended before it was seen running: neither takes the other's
// place.

#include "core/unplaced.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/small_world_test.h"

namespace holdfast::core {
namespace {

using namespace model;
using testing::position;
using testing::spec_of;
using testing::World;

Spec two_alike(BlockDevicesMode mode) {
  Spec spec = spec_of(mode);
  BlockDevice second = spec.compute.block_devices.front();
  second.device_name = "/dev/sdg";
  spec.compute.block_devices.push_back(second);
  return spec;
}

// Which volume is which by the cloud's own record of the instance.
std::map<std::string, VolumeId> devices_of(const World& world, const InstanceId& id) {
  std::map<std::string, VolumeId> devices;
  for (const ObservedDevice& device : world.cloud.instance(id).devices) {
    if (device.device != "/dev/xvda") devices[device.device] = device.volume;
  }
  return devices;
}

class Alike : public ::testing::TestWithParam<BlockDevicesMode> {
 protected:
  Alike() : world_(two_alike(GetParam())) {}

  // Turns until the first launch was done in the cloud. Its answer is on its way to a service that dies.
  InstanceId launch_unseen() {
    while (world_.cloud.launches() == 0) EXPECT_TRUE(world_.turn());
    const InstanceId id = world_.state.instance->id;
    world_.restart();
    world_.look.reset();
    return id;
  }
  // It writes, and is gone, before anybody looks.
  void run_and_end(const InstanceId& id) {
    devices_ = devices_of(world_, id);
    world_.cloud.advance();
    world_.cloud.write();
    world_.cloud.vanish(id);
    world_.cloud.advance();
  }
  // On in vain for a while: what it needs is not there.
  void wait_in_vain() {
    world_.happen(CloudStirred{kAllKinds});
    world_.settle(120);
  }
  void expect_each_in_its_place() {
    ASSERT_EQ(world_.state.status, Status::active) << world_.state.error;
    if (GetParam() == BlockDevicesMode::on_launch) return;  // made from copies: said by the copies' own device
    for (const auto& [device, volume] : devices_) EXPECT_EQ(world_.state.data.at(device).id, volume) << device;
  }

  World world_;
  std::map<std::string, VolumeId> devices_;
};
INSTANTIATE_TEST_SUITE_P(BothModes, Alike, ::testing::Values(BlockDevicesMode::reattach, BlockDevicesMode::on_launch));

TEST_P(Alike, WhatThePendingInstanceShowedIsRemembered) {
  while (world_.state.data.size() < 2) ASSERT_TRUE(world_.turn());
  ASSERT_FALSE(world_.state.instance->running_at);
  run_and_end(world_.state.instance->id);
  world_.restart();
  world_.settle();
  expect_each_in_its_place();
  EXPECT_EQ(position(world_.history, "volume_unplaced"), world_.history.size());
}

TEST_P(Alike, WhereNobodyCanTellAPersonIsAskedAndNothingIsLaunched) {
  run_and_end(launch_unseen());
  wait_in_vain();
  EXPECT_EQ(world_.state.status, Status::error);
  EXPECT_NE(world_.state.error.find("holdfast:device"), std::string::npos) << world_.state.error;
  EXPECT_NE(world_.state.error.find("/dev/sdf, /dev/sdg"), std::string::npos) << world_.state.error;
  EXPECT_EQ(world_.cloud.launches(), 1u);
  // Each is said, the other way round than they are listed.
  for (const auto& [device, volume] : devices_) {
    EXPECT_EQ(world_.cloud.launches(), 1u);
    world_.cloud.tag(volume, device);
    wait_in_vain();
  }
  expect_each_in_its_place();
}

TEST_P(Alike, ASlipOfThePenIsNotTakenAndMayBeMended) {
  run_and_end(launch_unseen());
  wait_in_vain();
  const VolumeId f = devices_.at("/dev/sdf");
  const VolumeId g = devices_.at("/dev/sdg");
  world_.cloud.tag(f, "/dev/sdh");
  world_.cloud.tag(g, "sdg");
  wait_in_vain();
  EXPECT_EQ(world_.state.status, Status::error);
  EXPECT_EQ(world_.cloud.launches(), 1u) << "with blank volumes in their places";
  world_.cloud.tag(f, "/dev/xvdf");  // the same place as /dev/sdf
  world_.cloud.tag(g, "/dev/sdf");   // taken by then
  wait_in_vain();
  EXPECT_EQ(world_.cloud.launches(), 1u);
  world_.cloud.tag(g, "/dev/sdg");
  wait_in_vain();
  expect_each_in_its_place();
}

TEST_P(Alike, OneThatAPersonDeletesIsNotWaitedFor) {
  run_and_end(launch_unseen());
  wait_in_vain();
  ASSERT_EQ(world_.state.status, Status::error);
  world_.cloud.tag(devices_.at("/dev/sdf"), "/dev/sdf");
  world_.cloud.lose(devices_.at("/dev/sdg"));
  wait_in_vain();
  EXPECT_EQ(world_.state.status, Status::active) << world_.state.error;
  EXPECT_EQ(world_.state.data.size(), 2u);
}

TEST_P(Alike, AnUndeleteAsksAPersonAsBefore) {
  run_and_end(launch_unseen());
  wait_in_vain();
  ASSERT_TRUE(any_unplaced(world_.state));
  ASSERT_TRUE(world_.happen(DeleteAsked{}));
  world_.settle(60);
  ASSERT_EQ(world_.state.status, Status::deallocated);
  ASSERT_TRUE(world_.happen(UndeleteAsked{}));
  ASSERT_TRUE(world_.happen(ResumeAsked{}));
  wait_in_vain();
  EXPECT_NE(world_.state.status, Status::active);
  EXPECT_NE(world_.state.error.find("Look into each"), std::string::npos) << world_.state.error;
  for (const auto& [device, volume] : devices_) EXPECT_TRUE(world_.cloud.exists(volume)) << device;
}

TEST_P(Alike, ADeletionTakesThemToo) {
  run_and_end(launch_unseen());
  wait_in_vain();
  ASSERT_EQ(world_.state.status, Status::error);
  ASSERT_TRUE(world_.happen(DeleteAsked{Deallocation{true, true, true, true, std::chrono::hours(96)}}));
  world_.settle(200);
  EXPECT_EQ(world_.state.status, Status::deallocated);
  EXPECT_EQ(world_.cloud.volumes(), 0u);
}

// The engine refuses a document that leaves them out; core forgets nothing all the same.
TEST_P(Alike, DevicesLeftOutOfTheDocumentDoNotMakeThemNobodys) {
  run_and_end(launch_unseen());
  wait_in_vain();
  ASSERT_LT(position(world_.history, "volume_unplaced"), world_.history.size());
  ASSERT_FALSE(world_.state.instance);
  ASSERT_EQ(world_.state.left_by_launch.size(), 2u);
  world_.spec.compute.block_devices.clear();
  ASSERT_TRUE(world_.happen(SpecChanged{world_.state.surroundings}));
  world_.settle();
  ASSERT_EQ(world_.state.status, Status::active) << world_.state.error;
  for (const auto& [device, volume] : devices_) {
    bool known = is_retired(world_.state, volume.str()) ||
                 std::any_of(world_.state.left_by_launch.begin(), world_.state.left_by_launch.end(),
                             [&, id = volume](const Volume& left) { return left.id == id; });
    EXPECT_TRUE(known) << volume.str() << " with data on it is nobody's";
  }
  Deallocation what;
  what.delete_volumes = what.delete_snapshots = what.delete_images = what.delete_interfaces = true;
  ASSERT_TRUE(world_.happen(DeleteAsked{what}));
  world_.settle(60);
  world_.now += std::chrono::hours(200);
  world_.happen(TimerRang{});
  world_.settle();
  EXPECT_TRUE(world_.forgotten);
  EXPECT_EQ(world_.cloud.volumes(), 0u);
}

}  // namespace
}  // namespace holdfast::core
