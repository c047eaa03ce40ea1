// What is refused of an update because of what the managed instance holds, field by field.
#include "engine/changes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::engine {
namespace {

using model::BlockDevicesMode;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr char kSdf[] = "compute.launchSpecification.blockDeviceMappings[0].ebs.";

// Generation 3 runs: its root (10 GiB), a data volume (20 GiB) and its interface are kept.
struct Changes : testing::Test {
  Changes() {
    before.persistence = {true, true, true, BlockDevicesMode::reattach, std::chrono::minutes(5), 2};
    before.compute.image_id = ImageId("ami-1");
    before.compute.subnet_ids = {SubnetId("subnet-a"), SubnetId("subnet-b")};
    before.compute.private_ip = "10.0.0.5";
    before.compute.security_group_ids = {SecurityGroupId("sg-1")};
    model::BlockDevice data;
    data.device_name = "/dev/sdf";
    data.size_gib = 20;
    data.volume_type = "gp3";
    model::BlockDevice root;
    root.device_name = "/dev/xvda";
    root.size_gib = 10;
    before.compute.block_devices = {data, root};
    after = before;
    state.surroundings.image.id = ImageId("ami-1");
    state.surroundings.image.root_device = "/dev/xvda";
    state.surroundings.image.root_size_gib = 8;
    state.generation = 3;
    state.instance.emplace().image = ImageId("ami-9");
    state.instance->running_at = Time{};
    model::Volume volume;
    volume.device = "/dev/xvda";
    volume.id = VolumeId("vol-root");
    volume.size_gib = 10;
    state.root = volume;
    volume.device = "/dev/sdf";
    volume.id = VolumeId("vol-data");
    volume.size_gib = 20;
    state.data["/dev/sdf"] = volume;
    model::Interface interface;
    interface.id = InterfaceId("eni-1");
    interface.ip = "10.0.0.5";
    interface.subnet = SubnetId("subnet-a");
    state.interface = interface;
  }
  model::BlockDevice& data() { return after.compute.block_devices[0]; }
  model::BlockDevice& root() { return after.compute.block_devices[1]; }
  std::vector<std::string> fields() const {
    std::vector<std::string> named;
    for (const Error& error : futile_changes({before, after}, state).errors) {
      EXPECT_EQ(error.kind, ErrorKind::invalid);
      named.push_back(error.field);
    }
    return named;
  }
  std::string message() const {
    auto errors = futile_changes({before, after}, state).errors;
    return errors.empty() ? "" : errors.front().message;
  }
  static model::Asked asked(model::EffectAction action) {
    model::Asked asked;
    asked.effect.action = std::move(action);
    return asked;
  }

  model::Spec before, after;
  model::State state;
};

TEST_F(Changes, LetsEverythingPassThatTakesEffect) {
  EXPECT_THAT(fields(), IsEmpty());
  after.name = "other";
  after.compute.instance_types = {"m5.large"};
  after.compute.user_data = "eA==";
  root().size_gib = 30;
  root().volume_type = "gp3";
  model::BlockDevice more;
  more.device_name = "/dev/sdg";
  more.size_gib = 1;
  after.compute.block_devices.push_back(more);
  EXPECT_THAT(fields(), IsEmpty());
}

TEST_F(Changes, AVolumeThatMovesAsItIsNeitherGrowsNorShrinks) {
  data().size_gib = 30;
  EXPECT_THAT(fields(), ElementsAre(std::string(kSdf) + "volumeSize"));
  EXPECT_THAT(message(), HasSubstr("onLaunch"));
  data().size_gib = 10;
  EXPECT_THAT(fields(), ElementsAre(std::string(kSdf) + "volumeSize"));
  // As large as it was grown by hand: so it is.
  state.data["/dev/sdf"].size_gib = 30;
  data().size_gib = 30;
  EXPECT_THAT(fields(), IsEmpty());
}

TEST_F(Changes, AVolumeThatMovesAsItIsKeepsWhatItWasMadeWith) {
  data().volume_type = "io2";
  data().iops = 4000;
  data().throughput = 200;
  data().snapshot_id = SnapshotId("snap-1");
  data().encrypted = true;
  EXPECT_THAT(fields(), ElementsAre(std::string(kSdf) + "volumeType", std::string(kSdf) + "iops",
                                    std::string(kSdf) + "throughput", std::string(kSdf) + "snapshotId",
                                    std::string(kSdf) + "encrypted"));
  data() = {};
  data().device_name = "/dev/sdf";
  EXPECT_THAT(fields(), IsEmpty()) << "what is not said is as it is";
}

TEST_F(Changes, WithOnLaunchAVolumeOnlyGrows) {
  before.persistence.mode = after.persistence.mode = BlockDevicesMode::on_launch;
  data().size_gib = 30;
  data().volume_type = "io2";
  EXPECT_THAT(fields(), IsEmpty());
  data().size_gib = 19;
  data().snapshot_id = SnapshotId("snap-1");
  EXPECT_THAT(fields(), ElementsAre(std::string(kSdf) + "volumeSize", std::string(kSdf) + "snapshotId"));
  // Between its launch and the first look at it, its copy says how large it is.
  state.data.clear();
  state.instance->running_at.reset();
  model::Snapshot copy;
  copy.device = "/dev/sdf";
  copy.state = model::SnapshotState::completed;
  copy.size_gib = 25;
  state.snapshots = {copy};
  data().snapshot_id.reset();
  data().size_gib = 24;
  EXPECT_THAT(fields(), ElementsAre(std::string(kSdf) + "volumeSize"));
}

TEST_F(Changes, AGrowthThatWaitsIsNotCarriedIntoReattach) {
  before.persistence.mode = BlockDevicesMode::on_launch;
  before.compute.block_devices[0].size_gib = data().size_gib = 30;
  EXPECT_THAT(fields(), ElementsAre(std::string(kSdf) + "volumeSize"));
  state.data["/dev/sdf"].size_gib = 30;
  EXPECT_THAT(fields(), IsEmpty());
}

TEST_F(Changes, AVolumeThatIsKeptIsNotLeftOut) {
  after.compute.block_devices.erase(after.compute.block_devices.begin());
  for (auto mode : {BlockDevicesMode::reattach, BlockDevicesMode::on_launch}) {
    before.persistence.mode = after.persistence.mode = mode;
    EXPECT_THAT(fields(), ElementsAre("compute.launchSpecification.blockDeviceMappings"));
    EXPECT_THAT(message(), HasSubstr("/dev/sdf, whose volume vol-data is kept"));
  }
  after.persistence.block_devices = false;
  EXPECT_THAT(fields(), ElementsAre("compute.launchSpecification.blockDeviceMappings")) << "it is still held";
  state.data.clear();
  EXPECT_THAT(fields(), IsEmpty());
}

TEST_F(Changes, AVolumeOfAFirstLaunchUnderWayIsNotLeftOutEither) {
  state = {};
  state.surroundings.image.root_device = "/dev/xvda";
  after.compute.block_devices.erase(after.compute.block_devices.begin());
  EXPECT_THAT(fields(), IsEmpty());
  state.asked["launch/1/0"] = asked(model::LaunchInstance{});
  EXPECT_THAT(fields(), ElementsAre("compute.launchSpecification.blockDeviceMappings"));
  state.asked["launch/1/0"].standing = model::Asked::Standing::waiting;
  EXPECT_THAT(fields(), IsEmpty()) << "it was refused";
}

// Found by the simulator: they outlived the instance, and were nobody's.
TEST_F(Changes, WhatALaunchUnderWayMakesIsNotGivenUp) {
  after.persistence.root_device = after.persistence.block_devices = false;
  EXPECT_THAT(fields(), IsEmpty()) << "its volumes are known";
  state.instance->running_at.reset();
  state.root.reset();
  EXPECT_THAT(fields(), ElementsAre("persistence.persistRootDevice")) << "the data volumes move as they are";
  state.data.clear();
  EXPECT_THAT(fields(), ElementsAre("persistence.persistRootDevice", "persistence.persistBlockDevices"));
  state.instance->running_at = Time{};
  EXPECT_THAT(fields(), ElementsAre("persistence.persistRootDevice", "persistence.persistBlockDevices"))
      << "it was not seen with its volumes";
  state.root.emplace().id = VolumeId("vol-root");
  EXPECT_THAT(fields(), IsEmpty()) << "it was seen with what it has";
}

TEST_F(Changes, NorIfThoseBeforeThemAreKnown) {
  after.persistence.root_device = after.persistence.block_devices = false;
  state.instance.reset();
  model::LaunchInstance launch;
  launch.devices.emplace_back().device.device_name = "/dev/xvda";
  model::Asked asked;
  asked.effect.action = launch;
  state.asked["launch/4/0"] = asked;
  EXPECT_THAT(fields(), ElementsAre("persistence.persistRootDevice")) << "the data volumes move as they are";
  launch.devices.emplace_back().device.device_name = "/dev/sdf";
  state.asked["launch/4/0"].effect.action = launch;
  EXPECT_THAT(fields(), ElementsAre("persistence.persistRootDevice", "persistence.persistBlockDevices"));
  state.asked["launch/4/0"].standing = model::Asked::Standing::waiting;
  EXPECT_THAT(fields(), IsEmpty()) << "it was refused, and is asked for as it is wanted then";
  state.asked["launch/4/0"].in_doubt = true;
  EXPECT_THAT(fields(), ElementsAre("persistence.persistRootDevice", "persistence.persistBlockDevices"));
}

TEST_F(Changes, TheRootNeverGetsSmaller) {
  root().size_gib = 9;
  EXPECT_THAT(fields(), ElementsAre("compute.launchSpecification.blockDeviceMappings[1].ebs.volumeSize"));
  EXPECT_THAT(message(), HasSubstr("10 GiB"));
  after.persistence.root_device = false;
  EXPECT_THAT(fields(), IsEmpty());
}

TEST_F(Changes, AnotherImageIsRefusedOnceTheRootIsKept) {
  after.compute.image_id = ImageId("ami-2");
  EXPECT_THAT(fields(), ElementsAre("compute.launchSpecification.imageId"));
  EXPECT_THAT(message(), HasSubstr("new managed instance"));
  after.persistence.root_device = false;
  EXPECT_THAT(fields(), IsEmpty());
  after.persistence.root_device = true;
  state.generation = 0;
  state.instance.reset();
  EXPECT_THAT(fields(), IsEmpty()) << "nothing was launched yet";
  state.asked["launch/1/0"] = asked(model::LaunchInstance{});
  EXPECT_THAT(fields(), ElementsAre("compute.launchSpecification.imageId"));
}

TEST_F(Changes, ARootIsNotKeptFromNowOnWhileAnotherImageWaits) {
  before.persistence.root_device = false;
  EXPECT_THAT(fields(), ElementsAre("persistence.persistRootDevice"));
  state.instance->image = ImageId("ami-1");
  EXPECT_THAT(fields(), IsEmpty());
}

// Not persisted by mistake: a recycle would give the root up.
TEST_F(Changes, ARootThatIsOfTheImageIsKeptAgain) {
  before.persistence.root_device = false;
  state.images.push_back({ImageId("ami-9"), "", SnapshotId("snap-1"), 2, model::ImageState::available});
  EXPECT_THAT(fields(), IsEmpty());
}

TEST_F(Changes, AKeptInterfaceKeepsItsSubnetAndGroups) {
  after.compute.subnet_ids = {SubnetId("subnet-b")};
  after.compute.security_group_ids = {SecurityGroupId("sg-2")};
  EXPECT_THAT(fields(), ElementsAre("compute.subnetIds", "compute.launchSpecification.securityGroupIds"));
  EXPECT_THAT(message(), HasSubstr("eni-1 lives in subnet-a"));
  after.compute.private_ip.reset();
  EXPECT_EQ(fields().size(), 2u) << "any address is as it is";
  after.persistence.private_ip = false;
  EXPECT_THAT(fields(), IsEmpty());
}

TEST_F(Changes, AnotherAddressComesWithAnotherInterface) {
  after.compute.private_ip = "10.0.1.6";
  after.compute.subnet_ids = {SubnetId("subnet-b")};
  after.compute.security_group_ids = {SecurityGroupId("sg-2")};
  EXPECT_THAT(fields(), IsEmpty());
}

TEST_F(Changes, WhatWasAcceptedBeforeStandsInTheWayOfNothing) {
  before.compute.private_ip = after.compute.private_ip = "10.0.0.9";
  before.compute.subnet_ids = after.compute.subnet_ids = {SubnetId("subnet-c")};
  before.compute.block_devices[0].size_gib = data().size_gib = 99;
  before.compute.block_devices[1].size_gib = root().size_gib = 1;
  after.name = "other";
  EXPECT_THAT(fields(), IsEmpty());
}

TEST_F(Changes, WhatIsItsOwnIsNamed) {
  state.id = ManagedInstanceId("smi-00000001");
  Own own = own_of({before, after}, state);
  EXPECT_EQ(own.id, state.id);
  EXPECT_EQ(own.interface, InterfaceId("eni-1"));
  EXPECT_EQ(own.image->id, ImageId("ami-1"));
  EXPECT_THAT(own.devices, ElementsAre("/dev/sdf"));
  after.persistence = {};
  own = own_of({before, after}, state);
  EXPECT_FALSE(own.image);
  EXPECT_THAT(own.devices, IsEmpty());
}

// It runs, and its mapping is not filled in yet: whoever keeps nothing of it now would never know of the volume.
TEST_F(Changes, WhatAnInstanceHasIsNotGivenUpBeforeItsMappingWasSeen) {
  after.persistence.block_devices = false;
  state.data.clear();
  EXPECT_THAT(fields(), IsEmpty()) << "mapped for the next one, and its mapping was seen with the root";
  state.root.reset();
  EXPECT_THAT(fields(), ElementsAre("persistence.persistBlockDevices"));
}

TEST_F(Changes, NorWhereItsRootIsNoSignOfThat) {
  before.persistence.root_device = after.persistence.root_device = false;
  after.persistence.block_devices = false;
  state.root.reset();
  state.data.clear();
  EXPECT_THAT(fields(), ElementsAre("persistence.persistBlockDevices"));
  state.instance->kept = true;
  EXPECT_THAT(fields(), IsEmpty());
}

}  // namespace
}  // namespace holdfast::engine
