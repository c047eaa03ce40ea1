// What a person attaches to one managed instance, and is another's.
#include <gtest/gtest.h>

#include <algorithm>

#include "engine/observer_fixture_test.h"

namespace holdfast::engine {
namespace {

using model::Kind;

struct AnothersVolumes : ObserverTest {
  AnothersVolumes() {
    know(kTwo);
    ec2.on<ec2::DescribeInstancesRequest>([](const auto&) -> Result<ec2::DescribeInstancesResponse> {
      ec2::Instance instance;
      instance.instance_id = InstanceId("i-1");
      instance.state = "running";
      instance.tags = tags_for(kOne);
      ec2::InstanceBlockDevice device;
      device.device_name = "/dev/sdh";
      device.volume_id = VolumeId("vol-of-two");
      instance.block_device_mappings = {device};
      return ec2::DescribeInstancesResponse{{instance}, ""};
    });
    ec2.on<ec2::DescribeVolumesRequest>([](const auto& request) -> Result<ec2::DescribeVolumesResponse> {
      bool asked = !request.volume_ids.empty();
      for (const auto& filter : request.filters) {
        asked = asked || std::count(filter.values.begin(), filter.values.end(), kTwo.str()) > 0;
      }
      ec2::DescribeVolumesResponse answer;
      if (asked) answer.volumes = {volume("vol-of-two", tags_for(kTwo))};
      return answer;
    });
  }
  void look(std::vector<ManagedInstanceId> who) {
    for (const auto& id : who) observer.want(id, Kind::volumes | Kind::instances);
    run();
  }
  const model::Observation& of(const ManagedInstanceId& id) {
    for (const auto& [whose, what] : seen) {
      if (whose == id) return what;
    }
    return seen.at(0).second;
  }
};

TEST_F(AnothersVolumes, AVolumeOfAnotherIsNotShownAsOneAttachedByHand) {
  look({kOne});
  ASSERT_FALSE(seen.empty());
  EXPECT_TRUE(of(kOne).volumes.empty());
  EXPECT_TRUE(of(kOne).instances.at(0).devices.empty()) << "core keeps whatever is on its instance";
}
TEST_F(AnothersVolumes, NorIfBothAreLookedAtTogether) {
  look({kOne, kTwo});
  EXPECT_TRUE(of(kOne).instances.at(0).devices.empty());
}

TEST_F(AnothersVolumes, NorIfOnlyTheInstanceIsLookedAt) {
  observer.want(kOne, static_cast<model::Kinds>(Kind::instances));
  run();
  ASSERT_FALSE(seen.empty());
  EXPECT_TRUE(of(kOne).instances.at(0).devices.empty());
}
TEST_F(AnothersVolumes, NorIfWhoseItIsCannotBeAsked) {
  ec2.on<ec2::DescribeVolumesRequest>([](const auto& request) -> Result<ec2::DescribeVolumesResponse> {
    if (request.volume_ids.empty()) return ec2::DescribeVolumesResponse{};
    return Failure(Error{ErrorKind::throttled, "RequestLimitExceeded", "later", {}});
  });
  look({kOne});
  ASSERT_FALSE(seen.empty());
  EXPECT_TRUE(of(kOne).instances.at(0).devices.empty());
}
TEST_F(AnothersVolumes, OneOfNobodysIsShown) {
  ec2.on<ec2::DescribeVolumesRequest>([](const auto& request) -> Result<ec2::DescribeVolumesResponse> {
    ec2::DescribeVolumesResponse answer;
    if (!request.volume_ids.empty()) answer.volumes = {volume("vol-of-two", {})};
    return answer;
  });
  observer.want(kOne, static_cast<model::Kinds>(Kind::instances));
  run();
  ASSERT_FALSE(seen.empty());
  EXPECT_EQ(of(kOne).instances.at(0).devices.size(), 1u);
}

}  // namespace
}  // namespace holdfast::engine
