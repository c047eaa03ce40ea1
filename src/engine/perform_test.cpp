// Each effect as the calls that EC2 gets, and EC2's answers as outcomes.
#include "engine/perform.h"

#include <gtest/gtest.h>

#include "engine/fakes_test.h"
#include "model/observed.h"

namespace holdfast::engine {
namespace {

const ManagedInstanceId kId("smi-00000001");

model::Effect effect(model::EffectAction action) {
  return {"smi-00000001/key", std::move(action), {}, {}};
}

std::string tag(const std::vector<ec2::TagSpecification>& specifications, const std::string& type,
                const std::string& key) {
  for (const auto& specification : specifications) {
    if (specification.resource_type != type) continue;
    const std::string* value = ec2::find_tag(specification.tags, key);
    return value == nullptr ? "no tag" : *value;
  }
  return "no specification";
}

model::LaunchDevice a_device(const std::string& name, bool delete_on_termination) {
  model::LaunchDevice device;
  device.device.device_name = name;
  device.delete_on_termination = delete_on_termination;
  return device;
}

model::LaunchInstance a_launch() {
  model::LaunchInstance launch;
  launch.generation = 3;
  launch.token = "token-3";
  launch.market = {"m5.large", SubnetId("subnet-a"), "local-1a", model::LifeCycle::spot};
  launch.image = ImageId("ami-1");
  launch.security_group_ids = {SecurityGroupId("sg-1")};
  launch.user_data = "dXNlcg==";
  launch.http_tokens = "required";
  launch.devices = {a_device("/dev/xvda", false), a_device("/dev/sdf", true)};
  launch.devices[1].device.snapshot_id = SnapshotId("snap-1");
  launch.tags = {{"team", "db"}, {"holdfast:generation", "99"}};
  return launch;
}

TEST(Perform, LaunchesSpotOnceWithItsTokenAndKeepsTheInterface) {
  model::LaunchInstance launch = a_launch();
  launch.interface = InterfaceId("eni-1");
  auto request = launch_request(kId, "key", launch);
  EXPECT_EQ(request.client_token, "token-3");
  EXPECT_EQ(request.max_count, 1);
  ASSERT_TRUE(request.spot_options);
  EXPECT_EQ(request.spot_options->spot_instance_type, "one-time");
  EXPECT_EQ(request.spot_options->instance_interruption_behavior, "terminate");
  ASSERT_EQ(request.network_interfaces.size(), 1u);
  EXPECT_EQ(request.network_interfaces[0].network_interface_id, InterfaceId("eni-1"));
  EXPECT_EQ(request.network_interfaces[0].delete_on_termination, false);
  EXPECT_FALSE(request.subnet_id);
  EXPECT_TRUE(request.security_group_ids.empty());
  EXPECT_EQ(request.metadata_options->http_tokens, "required");
  EXPECT_EQ(tag(request.tag_specifications, "network-interface", "team"), "no specification");
}

TEST(Perform, SaysDeleteOnTerminationOfEveryDeviceAtLaunch) {
  auto request = launch_request(kId, "key", a_launch());
  ASSERT_EQ(request.block_device_mappings.size(), 2u);
  EXPECT_EQ(request.block_device_mappings[0].ebs->delete_on_termination, false);
  EXPECT_EQ(request.block_device_mappings[1].ebs->delete_on_termination, true);
  EXPECT_EQ(request.block_device_mappings[1].ebs->snapshot_id, SnapshotId("snap-1"));
}

TEST(Perform, TagsWhatALaunchMakesAndLetsNoUserTagTakeThePlaceOfOurs) {
  auto request = launch_request(kId, "key", a_launch());
  for (const char* type : {"instance", "volume", "network-interface"}) {
    EXPECT_EQ(tag(request.tag_specifications, type, model::kTagManagedInstance), kId.str());
    EXPECT_EQ(tag(request.tag_specifications, type, model::kTagGeneration), "3");
    EXPECT_EQ(tag(request.tag_specifications, type, model::kTagEffect), "key");
  }
  EXPECT_EQ(tag(request.tag_specifications, "instance", "team"), "db");
  EXPECT_EQ(tag(request.tag_specifications, "volume", "team"), "no tag");
  EXPECT_EQ(request.tag_specifications[0].tags.size(), 4u);
}

TEST(Perform, LaunchesOnDemandInASubnetWithAWantedAddress) {
  model::LaunchInstance launch = a_launch();
  launch.market.life_cycle = model::LifeCycle::on_demand;
  EXPECT_EQ(launch_request(kId, "key", launch).subnet_id, SubnetId("subnet-a"));
  launch.private_ip = "10.0.0.9";
  auto request = launch_request(kId, "key", launch);
  EXPECT_FALSE(request.spot_options);
  ASSERT_EQ(request.network_interfaces.size(), 1u);
  EXPECT_EQ(request.network_interfaces[0].private_ip_address, "10.0.0.9");
  EXPECT_EQ(request.network_interfaces[0].groups.size(), 1u);
}

TEST(Perform, LooksForASnapshotOfTheSameEffectBeforeMakingASecond) {
  ScriptedEc2 ec2;
  ec2.on<ec2::DescribeSnapshotsRequest>([](const auto&) -> Result<ec2::DescribeSnapshotsResponse> {
    ec2::Snapshot made;
    made.snapshot_id = SnapshotId("snap-7");
    made.state = "pending";
    return ec2::DescribeSnapshotsResponse{{made}, ""};
  });
  auto outcome = perform(ec2, kId, effect(model::CreateSnapshot{VolumeId("vol-1"), "/dev/sdf", true, 2, {}}), true);
  EXPECT_EQ(outcome.value(), "snap-7");
  EXPECT_EQ(ec2.actions(), std::vector<std::string>{"DescribeSnapshots"});
}

TEST(Perform, MakesNoSnapshotIfItCannotTellWhetherOneWasMade) {
  ScriptedEc2 ec2;
  ec2.fail_with<ec2::DescribeSnapshotsRequest>("RequestLimitExceeded");
  auto outcome = perform(ec2, kId, effect(model::CreateSnapshot{VolumeId("vol-1"), "/dev/sdf", true, 2, {}}), true);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().kind, ErrorKind::throttled);
  EXPECT_TRUE(ec2.asked<ec2::CreateSnapshotRequest>().empty());
}

TEST(Perform, TagsASnapshotWithItsDeviceAndPurpose) {
  ScriptedEc2 ec2;
  ASSERT_TRUE(perform(ec2, kId, effect(model::CreateSnapshot{VolumeId("vol-1"), "/dev/sdf", true, 2, {}}), false));
  auto asked = ec2.asked<ec2::CreateSnapshotRequest>();
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_EQ(ec2.requests.size(), 1u);
  EXPECT_EQ(tag(asked[0].tag_specifications, "snapshot", model::kTagDevice), "/dev/sdf");
  EXPECT_EQ(tag(asked[0].tag_specifications, "snapshot", model::kTagPurpose), "final");
}

model::RegisterImage an_image() {
  model::RegisterImage image;
  image.name = "holdfast-smi-00000001-2";
  image.snapshot = SnapshotId("snap-1");
  image.generation = 2;
  image.root_device = "/dev/xvda";
  return image;
}

void duplicate_of(ScriptedEc2& ec2, const std::string& snapshot) {
  ec2.fail_with<ec2::RegisterImageRequest>("InvalidAMIName.Duplicate");
  ec2.on<ec2::DescribeImagesRequest>([snapshot](const auto& request) -> Result<ec2::DescribeImagesResponse> {
    EXPECT_EQ(request.owners, std::vector<std::string>{"self"});
    ec2::Image image;
    image.image_id = ImageId("ami-9");
    ec2::EbsBlockDevice root;
    root.snapshot_id = SnapshotId(snapshot);
    image.block_device_mappings = {{"/dev/xvda", root, false}};
    return ec2::DescribeImagesResponse{{image}, ""};
  });
}

TEST(Perform, AdoptsTheImageOfTheSameNameAndSnapshot) {
  ScriptedEc2 ec2;
  duplicate_of(ec2, "snap-1");
  EXPECT_EQ(perform(ec2, kId, effect(an_image()), false).value(), "ami-9");
  ASSERT_EQ(ec2.asked<ec2::CreateTagsRequest>().size(), 1u);
  EXPECT_EQ(ec2.asked<ec2::CreateTagsRequest>()[0].resources, std::vector<std::string>{"ami-9"});
}

TEST(Perform, NeverAdoptsAnImageOfAnotherSnapshot) {
  ScriptedEc2 ec2;
  duplicate_of(ec2, "snap-0");
  auto outcome = perform(ec2, kId, effect(an_image()), false);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().kind, ErrorKind::conflict);
  EXPECT_TRUE(ec2.asked<ec2::CreateTagsRequest>().empty());
}

TEST(Perform, AsksAgainForAnImageThatCouldNotBeTagged) {
  ScriptedEc2 ec2;
  ec2.fail_with<ec2::CreateTagsRequest>("UnauthorizedOperation");
  auto outcome = perform(ec2, kId, effect(an_image()), false);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().kind, ErrorKind::unknown_outcome);
}

Result<std::string> attach_in_use_by(const std::string& instance, const std::string& device) {
  ScriptedEc2 ec2;
  ec2.fail_with<ec2::AttachVolumeRequest>("VolumeInUse");
  ec2.on<ec2::DescribeVolumesRequest>([&](const auto&) -> Result<ec2::DescribeVolumesResponse> {
    ec2::Volume volume;
    volume.attachments = {{InstanceId(instance), device, "attached", false, {}}};
    return ec2::DescribeVolumesResponse{{volume}, ""};
  });
  return perform(ec2, kId, effect(model::AttachVolume{VolumeId("vol-1"), InstanceId("i-2"), "/dev/sdf"}), false);
}

TEST(Perform, TakesAVolumeInUseForAttachedOnlyIfItIsOnTheSameInstanceAndDevice) {
  EXPECT_TRUE(attach_in_use_by("i-2", "/dev/sdf"));
  EXPECT_EQ(attach_in_use_by("i-1", "/dev/sdf").error().kind, ErrorKind::conflict);
  EXPECT_EQ(attach_in_use_by("i-2", "/dev/sdg").error().kind, ErrorKind::conflict);
}

TEST(Perform, TakesWhatIsGoneForDeletedButAnUnknownInstanceNotForTerminated) {
  ScriptedEc2 ec2;
  ec2.fail_with<ec2::DeleteVolumeRequest>("InvalidVolume.NotFound");
  ec2.fail_with<ec2::DeleteSnapshotRequest>("InvalidSnapshot.NotFound");
  ec2.fail_with<ec2::DeregisterImageRequest>("InvalidAMIID.Unavailable");
  ec2.fail_with<ec2::DeleteNetworkInterfaceRequest>("InvalidNetworkInterfaceID.NotFound");
  ec2.fail_with<ec2::TerminateInstancesRequest>("InvalidInstanceID.NotFound");
  EXPECT_TRUE(perform(ec2, kId, effect(model::DeleteVolume{VolumeId("vol-1")}), false));
  EXPECT_TRUE(perform(ec2, kId, effect(model::DeleteSnapshot{SnapshotId("snap-1")}), false));
  EXPECT_TRUE(perform(ec2, kId, effect(model::DeregisterImage{ImageId("ami-1")}), false));
  EXPECT_TRUE(perform(ec2, kId, effect(model::DeleteInterface{InterfaceId("eni-1")}), false));
  auto terminated = perform(ec2, kId, effect(model::TerminateInstance{InstanceId("i-1")}), false);
  ASSERT_FALSE(terminated);
  EXPECT_EQ(terminated.error().kind, ErrorKind::not_found);
}

// Found by the simulator: the snapshot was asked to be deleted without end, since an image that nobody knew of was made
// of it.
TEST(Perform, AnImageOfASnapshotThatGoesAndThatNobodyKnowsOfIsDeregistered) {
  ScriptedEc2 ec2;
  ec2.fail_with<ec2::DeleteSnapshotRequest>("InvalidSnapshot.InUse");
  ec2.on<ec2::DescribeImagesRequest>([](const auto&) -> Result<ec2::DescribeImagesResponse> {
    ec2::DescribeImagesResponse answer;
    auto image = [&](const std::string& id, const std::string& name, const std::string& owner) {
      ec2::Image& one = answer.images.emplace_back();
      one.image_id = ImageId(id);
      one.name = name;
      if (!owner.empty()) one.tags = {{model::kTagManagedInstance, owner}};
    };
    image("ami-late", "holdfast-smi-00000001-3-snap-1", "");
    image("ami-tagged-before", "holdfast-smi-00000001-4-snap-1", "smi-00000001");
    answer.images.back().tags.push_back({model::kTagEffect, "smi-00000001/key"});
    image("ami-known", "holdfast-smi-00000001-2-snap-1", "smi-00000001");
    image("ami-of-another", "holdfast-smi-00000002-1-snap-1", "");
    image("ami-of-a-person", "before the upgrade", "");
    return answer;
  });
  EXPECT_FALSE(perform(ec2, kId, effect(model::DeleteSnapshot{SnapshotId("snap-1")}), false)) << "it is asked again";
  auto deregistered = ec2.asked<ec2::DeregisterImageRequest>();
  ASSERT_EQ(deregistered.size(), 2u);
  EXPECT_EQ(deregistered.front().image_id.str(), "ami-late");
  EXPECT_EQ(deregistered.back().image_id.str(), "ami-tagged-before") << "tried before";
}

TEST(Perform, ReportsADeletionThatIsRefused) {
  ScriptedEc2 ec2;
  ec2.fail_with<ec2::DeleteVolumeRequest>("VolumeInUse");
  EXPECT_FALSE(perform(ec2, kId, effect(model::DeleteVolume{VolumeId("vol-1")}), false));
}

TEST(Perform, KeepsDevicesAndInterfaceOnTermination) {
  ScriptedEc2 ec2;
  model::KeepOnTermination keep{InstanceId("i-1"), {"/dev/xvda", "/dev/sdf"}, InterfaceId("eni-1"), "eni-attach-1"};
  ASSERT_TRUE(perform(ec2, kId, effect(keep), false));
  auto instances = ec2.asked<ec2::ModifyInstanceAttributeRequest>();
  auto interfaces = ec2.asked<ec2::ModifyNetworkInterfaceAttributeRequest>();
  ASSERT_EQ(instances.size(), 1u);
  ASSERT_EQ(instances[0].block_device_mappings.size(), 2u);
  EXPECT_FALSE(instances[0].block_device_mappings[1].delete_on_termination);
  ASSERT_EQ(interfaces.size(), 1u);
  EXPECT_EQ(interfaces[0].attachment_id, "eni-attach-1");
  EXPECT_FALSE(interfaces[0].delete_on_termination);
}

}  // namespace
}  // namespace holdfast::engine
