// Snapshots that the cloud has, and that neither an answer nor a listing has shown yet.
#include "core/small_world_test.h"

namespace holdfast::core {
namespace {

using namespace model;
using testing::spec_of;
using testing::World;

constexpr char kData[] = "/dev/sdf";

// EC2 makes no two snapshots of one volume within 15 s: that it refuses one as too soon says that there is one, made
// by a request that was late. The volume is deleted by hand before any listing shows that snapshot.
TEST(UnseenSnapshot, OneThatARefusalTellsOfIsWaitedForWhenItsVolumeIsLost) {
  World world(spec_of(BlockDevicesMode::on_launch));
  world.settle();
  world.cloud.write();
  const VolumeId data = world.state.data.at(kData).id;
  world.cloud.vanish(world.state.instance->id);
  world.happen(CloudStirred{kAllKinds});
  const Effect asked = testing::take_final(world, data);
  ASSERT_TRUE(world.cloud.perform(asked, world.spec).made);
  const Error too_soon{ErrorKind::throttled, "SnapshotCreationPerVolumeRateExceeded", "one every 15 seconds", {}};
  world.happen(EffectEnded{{asked.key, Failure(too_soon)}});
  world.cloud.lose(data);
  world.now += std::chrono::seconds(1);
  Observation seen = world.cloud.observe(kAllKinds, world.now);
  std::erase_if(seen.snapshots, [&](const ObservedSnapshot& copy) { return copy.volume == data; });
  ObservedVolume going;
  going.id = data;
  going.state = VolumeState::deleting;
  going.tags.generation = world.state.generation;
  going.tags.device = kData;
  seen.volumes.push_back(going);
  world.happen(Observed{seen});
  world.settle();
  ASSERT_EQ(world.state.status, Status::active) << world.state.error;
  EXPECT_EQ(world.cloud.content_of(world.state.data.at(kData).id), world.cloud.acknowledged[kData]);
}

}  // namespace
}  // namespace holdfast::core
