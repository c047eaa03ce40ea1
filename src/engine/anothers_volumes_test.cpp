// What a person attaches to one managed instance, and is another's.
#include <gtest/gtest.h>

#include "engine/fakes_test.h"
#include "engine/observer.h"

namespace holdfast::engine {
namespace {

using model::Kind;

const ManagedInstanceId kOne("smi-00000001");
const ManagedInstanceId kTwo("smi-00000002");

struct AnothersVolumes : testing::Test {
  AnothersVolumes() {
    for (const auto& id : {kOne, kTwo}) {
      auto view = std::make_shared<View>();
      view->id = id;
      known[id] = view;
    }
    ec2.on<ec2::DescribeInstancesRequest>([](const auto&) -> Result<ec2::DescribeInstancesResponse> {
      ec2::Instance instance;
      instance.instance_id = InstanceId("i-1");
      instance.state = "running";
      instance.tags = {{model::kTagManagedInstance, kOne.str()}};
      ec2::InstanceBlockDevice device;
      device.device_name = "/dev/sdh";
      device.volume_id = VolumeId("vol-of-two");
      instance.block_device_mappings = {device};
      return ec2::DescribeInstancesResponse{{instance}, ""};
    });
    ec2.on<ec2::DescribeVolumesRequest>([](const auto& request) -> Result<ec2::DescribeVolumesResponse> {
      ec2::Volume made;
      made.volume_id = VolumeId("vol-of-two");
      made.state = "in-use";
      made.tags = {{model::kTagManagedInstance, kTwo.str()}};
      bool asked = !request.volume_ids.empty();
      for (const auto& filter : request.filters) {
        asked = asked || std::count(filter.values.begin(), filter.values.end(), kTwo.str()) > 0;
      }
      return asked ? ec2::DescribeVolumesResponse{{made}, ""} : ec2::DescribeVolumesResponse{{}, ""};
    });
  }
  void look(std::vector<ManagedInstanceId> who) {
    for (const auto& id : who) observer.want(id, Kind::volumes | Kind::instances);
    observer.pump();
    workers.run_all();
  }
  const model::Observation& of(const ManagedInstanceId& id) {
    for (const auto& [whose, what] : seen) {
      if (whose == id) return what;
    }
    return seen.at(0).second;
  }

  ScriptedEc2 ec2;
  QueuedWorkers workers;
  SetClock clock;
  Counters counters;
  std::map<ManagedInstanceId, SharedView> known;
  std::vector<std::pair<ManagedInstanceId, model::Observation>> seen;
  Observer observer{{ec2, workers, workers.post(), clock,
                     [this](const ManagedInstanceId& id) { return known.contains(id) ? known[id] : nullptr; },
                     [this](const ManagedInstanceId& id, model::Observation observation) {
                       seen.emplace_back(id, std::move(observation));
                     },
                     counters}};
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

}  // namespace
}  // namespace holdfast::engine
