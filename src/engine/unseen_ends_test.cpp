// Documents that give something up while not all of what the last instance left is known.
#include <gtest/gtest.h>

#include "engine/changes.h"

namespace holdfast::engine {
namespace {

struct UnseenEnds : testing::Test {
  UnseenEnds() {
    before.persistence = {true, true, true, model::BlockDevicesMode::reattach, std::chrono::minutes(5), 2};
    before.compute.image_id = ImageId("ami-1");
    for (const char* name : {"/dev/sdf", "/dev/sdg"}) {
      model::BlockDevice data;
      data.device_name = name;
      data.size_gib = 20;
      before.compute.block_devices.push_back(data);
    }
    after = before;
    state.surroundings.image.root_device = "/dev/xvda";
    state.surroundings.image.id = ImageId("ami-1");
    state.generation = 1;
    state.gone_at = from_millis(1'000'000);  // ended before it was seen with its volumes
    state.handover.emplace();
  }
  model::Spec before, after;
  model::State state;
};
TEST_F(UnseenEnds, WhatIsNotListedYetAfterAnUnseenEndIsNotGivenUp) {
  after.persistence.block_devices = false;
  EXPECT_FALSE(futile_changes({before, after}, state).errors.empty());
}
TEST_F(UnseenEnds, DevicesOfVolumesThatAPersonMustTellAreNotLeftOut) {
  for (const char* id : {"vol-1", "vol-2"}) {
    model::Volume left;
    left.id = VolumeId(id);
    state.left_by_launch.push_back(left);
  }
  after.compute.block_devices.clear();
  EXPECT_FALSE(futile_changes({before, after}, state).errors.empty());
}

}  // namespace
}  // namespace holdfast::engine
