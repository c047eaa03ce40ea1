// Every action of the local cloud on the null substrate: what it does, and each error code.
#include <gmock/gmock.h>

#include "cloud/test_cloud.h"

namespace holdfast::cloud {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class Actions : public TestCloud {};

TEST_F(Actions, ANewDirectoryHasANetworkInThreeZonesAndTheMinimalImage) {
  auto subnets = ok(ec2::DescribeSubnetsRequest{}).subnets;
  ASSERT_THAT(subnets, SizeIs(3));
  EXPECT_EQ(subnets[0].subnet_id.str(), kSubnetA);
  EXPECT_EQ(subnets[0].cidr_block, "10.31.0.0/20");
  EXPECT_EQ(subnets[0].available_ip_address_count, 4091);
  EXPECT_EQ(subnets[2].availability_zone, "local-1c");
  EXPECT_EQ(ok(ec2::DescribeVpcsRequest{}).vpcs.at(0).vpc_id.str(), kDefaultVpc);
  EXPECT_EQ(ok(ec2::DescribeSecurityGroupsRequest{}).security_groups.at(0).group_id.str(), kDefaultSecurityGroup);
  EXPECT_EQ(ok(ec2::DescribeAvailabilityZonesRequest{}).availability_zones.size(), 3u);
  auto images = ok(ec2::DescribeImagesRequest{}).images;
  ASSERT_THAT(images, SizeIs(1));
  EXPECT_EQ(images[0].image_id.str(), kMinimalImage);
  EXPECT_EQ(images[0].state, "available");
}

TEST_F(Actions, AnInstanceGoesFromPendingToRunningToTerminatedAndIsForgottenAfterAnHour) {
  auto made = ok(launch_request()).instances.at(0);
  EXPECT_EQ(made.state, "pending");
  EXPECT_EQ(made.instance_lifecycle, "spot");
  settle();
  auto running = instance(made.instance_id);
  EXPECT_EQ(running.state, "running");
  EXPECT_EQ(running.private_ip_address, "10.31.0.4");
  ASSERT_THAT(running.block_device_mappings, SizeIs(1));
  EXPECT_EQ(running.block_device_mappings[0].status, "attached");
  EXPECT_EQ(running.network_interfaces.at(0).attachment->status, "attached");
  auto answer = ok(ec2::TerminateInstancesRequest{{made.instance_id}});
  EXPECT_EQ(answer.terminating_instances.at(0).previous_state, "running");
  EXPECT_EQ(answer.terminating_instances.at(0).current_state, "shutting-down");
  settle();
  EXPECT_EQ(instance(made.instance_id).state, "terminated");
  EXPECT_EQ(instance(made.instance_id).state_reason->code, "Client.UserInitiatedShutdown");
  EXPECT_THAT(ok(ec2::DescribeVolumesRequest{}).volumes, IsEmpty());
  EXPECT_THAT(ok(ec2::DescribeNetworkInterfacesRequest{}).network_interfaces, IsEmpty());
  EXPECT_THAT(substrate_->volumes(), IsEmpty());
  EXPECT_THAT(states_told(made.instance_id.str()), ElementsAre("pending", "running", "shutting-down", "terminated"));
  runtime_.advance(std::chrono::minutes(61));
  EXPECT_EQ(code(ec2::DescribeInstancesRequest{{made.instance_id}, {}, 0, ""}), "InvalidInstanceID.NotFound");
}

TEST_F(Actions, WhatIsNotDeletedOnTerminationComesFreeOnlyWhenTheMachineIsSeenDead) {
  InterfaceId eni = make_interface();
  auto request = launch_with(eni);
  ec2::BlockDeviceMapping root{"/dev/xvda", ec2::EbsBlockDevice{}, false};
  root.ebs->delete_on_termination = false;
  request.block_device_mappings = {root};
  auto id = ok(request).instances.at(0).instance_id;
  settle();
  VolumeId disk = root_of(id);
  EXPECT_EQ(code(launch_with(eni)), "InvalidNetworkInterface.InUse");
  slow(std::chrono::seconds(5));
  terminate(id);
  runtime_.advance(std::chrono::seconds(4));
  EXPECT_EQ(instance(id).state, "shutting-down");
  EXPECT_EQ(volume(disk).state, "in-use");
  EXPECT_EQ(interface(eni).status, "in-use");
  EXPECT_EQ(code(launch_with(eni)), "InvalidNetworkInterface.InUse");
  runtime_.advance(std::chrono::seconds(2));
  EXPECT_EQ(instance(id).state, "terminated");
  EXPECT_EQ(volume(disk).state, "available");
  EXPECT_EQ(interface(eni).status, "available");
  auto next = ok(launch_with(eni)).instances.at(0);
  EXPECT_EQ(next.private_ip_address, interface(eni).private_ip_address);
}

TEST_F(Actions, RunInstancesRefusesWhatCannotBe) {
  auto with = [&](auto change) {
    auto request = launch_request();
    change(request);
    return code(request);
  };
  EXPECT_EQ(with([](auto& r) { r.image_id = ImageId("ami-0000000000000abcd"); }), "InvalidAMIID.NotFound");
  EXPECT_EQ(with([](auto& r) { r.image_id = ImageId("nonsense"); }), "InvalidAMIID.Malformed");
  EXPECT_EQ(with([](auto& r) { r.image_id = ImageId(); }), "MissingParameter");
  EXPECT_EQ(with([](auto& r) { r.instance_type = "t3.mcro"; }), "InvalidParameterValue");
  EXPECT_EQ(with([](auto& r) { r.subnet_id = SubnetId("subnet-00000000000000abc"); }), "InvalidSubnetID.NotFound");
  EXPECT_EQ(with([](auto& r) { r.min_count = 0; }), "InvalidParameterValue");
  EXPECT_EQ(with([](auto& r) { r.user_data = "***"; }), "InvalidParameterValue");
  EXPECT_EQ(with([](auto& r) { r.user_data = base64_encode(std::string(17000, 'x')); }), "InvalidParameterValue");
  EXPECT_EQ(with([](auto& r) { r.spot_options->spot_instance_type = "persistent"; }), "InvalidParameterValue");
  EXPECT_EQ(with([](auto& r) { r.spot_options->instance_interruption_behavior = "stop"; }), "InvalidParameterValue");
  EXPECT_EQ(with([](auto& r) { r.spot_options->max_price = "0.0001"; }), "SpotMaxPriceTooLow");
  EXPECT_EQ(with([](auto& r) { r.spot_options->max_price = "cheap"; }), "InvalidParameterValue");
  EXPECT_EQ(with([](auto& r) { r.security_group_ids = {SecurityGroupId("sg-00000000000000abc")}; }),
            "InvalidGroup.NotFound");
  EXPECT_EQ(with([](auto& r) { r.network_interfaces.emplace_back(); }), "InvalidParameterCombination");
  EXPECT_EQ(with([](auto& r) { r.tag_specifications = {{"bucket", {}}}; }), "InvalidParameterValue");
  EXPECT_EQ(with([](auto& r) { r.tag_specifications = {{"instance", {{"aws:x", "y"}}}}; }), "InvalidParameterValue");
  EXPECT_EQ(with([](auto& r) { r.metadata_options = ec2::MetadataOptions{"maybe"}; }), "InvalidParameterValue");
  EXPECT_EQ(with([](auto& r) {
              r.block_device_mappings = {{"sdf", ec2::EbsBlockDevice{}, false}};
            }),
            "InvalidBlockDeviceMapping");
  EXPECT_EQ(with([](auto& r) {
              r.block_device_mappings = {{"/dev/sdf", ec2::EbsBlockDevice{}, false}};
            }),
            "MissingParameter");
  EXPECT_EQ(with([](auto& r) {
              ec2::EbsBlockDevice ebs;
              ebs.snapshot_id = SnapshotId("snap-0000000000000abcd");
              r.block_device_mappings = {{"/dev/sdf", ebs, false}};
            }),
            "InvalidSnapshot.NotFound");
  EXPECT_EQ(with([](auto& r) { r.dry_run = true; }), "DryRunOperation");
  EXPECT_THAT(ok(ec2::DescribeInstancesRequest{}).instances, IsEmpty());
}

TEST_F(Actions, CapacityPricesAndFaultsOfAMarketAreObeyed) {
  MarketKey market{"t3.micro", "local-1a", true};
  ASSERT_TRUE(cloud_->set_capacity(market, 1));
  launch();
  EXPECT_EQ(code(launch_request()), "InsufficientInstanceCapacity");
  auto on_demand = launch_request();
  on_demand.spot_options.reset();
  ok(on_demand);
  ASSERT_TRUE(cloud_->set_capacity(market, std::nullopt));
  auto limited = launch_request();
  limited.spot_options->max_price = "0.05";
  auto id = ok(limited).instances.at(0).instance_id;
  settle();
  ASSERT_TRUE(cloud_->set_spot_price(market, 0.06));
  EXPECT_EQ(code(limited), "SpotMaxPriceTooLow");
  settle();
  EXPECT_TRUE(substrate_->notice(id).has_value());
  auto prices = ok(ec2::DescribeSpotPriceHistoryRequest{{"t3.micro"}, {}, ""}).spot_price_history;
  EXPECT_DOUBLE_EQ(prices.at(0).spot_price, 0.06);
  ASSERT_TRUE(cloud_->fail_next("RunInstances", "InsufficientInstanceCapacity", 2));
  EXPECT_EQ(code(launch_request()), "InsufficientInstanceCapacity");
  EXPECT_EQ(code(launch_request()), "InsufficientInstanceCapacity");
  EXPECT_EQ(code(launch_request()), "");
  EXPECT_EQ(cloud_->fail_next("RunInstance", "X", 1).error().field, "action");
  EXPECT_EQ(cloud_->set_capacity({"t3.micro", "mars-1a", true}, 1).error().field, "availabilityZone");
}

TEST_F(Actions, ATokenAnswersAgainAndRefusesAnotherRequest) {
  auto request = launch_request();
  request.client_token = "token-1";
  auto first = ok(request).instances.at(0).instance_id;
  EXPECT_EQ(ok(request).instances.at(0).instance_id, first);
  auto other = request;
  other.instance_type = "t3.small";
  EXPECT_EQ(code(other), "IdempotentParameterMismatch");
  auto zone = request;
  zone.subnet_id = SubnetId(kSubnetB);
  EXPECT_NE(ok(zone).instances.at(0).instance_id, first);  // a token counts in its zone
  crash(true);
  reopen();
  EXPECT_EQ(ok(request).instances.at(0).instance_id, first);
  terminate(first);
  runtime_.advance(std::chrono::hours(2));
  EXPECT_EQ(code(request), "IdempotentInstanceTerminated");
  ec2::CreateVolumeRequest disk;
  disk.availability_zone = "local-1a", disk.size = 1, disk.client_token = "v";
  auto made = ok(disk).volume.volume_id;
  EXPECT_EQ(ok(disk).volume.volume_id, made);
  disk.size = 2;
  EXPECT_EQ(code(disk), "IdempotentParameterMismatch");
  ec2::CreateNetworkInterfaceRequest eni;
  eni.subnet_id = SubnetId(kSubnetA), eni.client_token = "e";
  auto interface = ok(eni).network_interface.network_interface_id;
  EXPECT_EQ(ok(eni).network_interface.network_interface_id, interface);
  eni.description = "other";
  EXPECT_EQ(code(eni), "IdempotentParameterMismatch");
}

TEST_F(Actions, AVolumeIsAttachedAndDetachedByItsStates) {
  auto id = launch();
  auto disk = make_volume();
  EXPECT_EQ(volume(disk).state, "available");
  EXPECT_EQ(code(ec2::AttachVolumeRequest{make_volume("local-1b"), id, "/dev/sdg"}), "InvalidVolume.ZoneMismatch");
  EXPECT_EQ(code(ec2::AttachVolumeRequest{disk, id, "sdf"}), "InvalidParameterValue");
  EXPECT_EQ(code(ec2::AttachVolumeRequest{disk, id, "/dev/xvda"}), "InvalidParameterValue");
  EXPECT_EQ(code(ec2::DetachVolumeRequest{disk, id, "", false}), "IncorrectState");
  EXPECT_EQ(ok(ec2::AttachVolumeRequest{disk, id, "/dev/sdf"}).attachment.state, "attaching");
  EXPECT_EQ(code(ec2::AttachVolumeRequest{disk, id, "/dev/sdh"}), "VolumeInUse");
  EXPECT_EQ(code(ec2::DeleteVolumeRequest{disk}), "VolumeInUse");
  EXPECT_EQ(code(ec2::AttachVolumeRequest{make_volume(), id, "/dev/sdf"}), "InvalidParameterValue");
  settle();
  EXPECT_EQ(volume(disk).attachments.at(0).state, "attached");
  EXPECT_EQ(code(ec2::DetachVolumeRequest{root_of(id), id, "", false}), "OperationNotPermitted");
  EXPECT_EQ(code(ec2::DetachVolumeRequest{disk, id, "/dev/sdx", false}), "InvalidAttachment.NotFound");
  EXPECT_EQ(ok(ec2::DetachVolumeRequest{disk, id, "", false}).attachment.state, "detaching");
  settle();
  EXPECT_EQ(volume(disk).state, "available");
  EXPECT_THAT(states_told(disk.str()), ElementsAre("available", "attached", "available"));
  ok(ec2::DeleteVolumeRequest{disk});
  settle();
  EXPECT_EQ(code(ec2::DescribeVolumesRequest{{disk}, {}, 0, ""}), "InvalidVolume.NotFound");
  terminate(id);
  settle();
  EXPECT_EQ(code(ec2::AttachVolumeRequest{make_volume(), id, "/dev/sdf"}), "IncorrectState");
}

TEST_F(Actions, CreateVolumeRefusesWhatCannotBe) {
  auto with = [&](auto change) {
    ec2::CreateVolumeRequest request;
    request.availability_zone = "local-1a", request.size = 1;
    change(request);
    return code(request);
  };
  EXPECT_EQ(with([](auto& r) { r.availability_zone = ""; }), "MissingParameter");
  EXPECT_EQ(with([](auto& r) { r.availability_zone = "mars"; }), "InvalidZone.NotFound");
  EXPECT_EQ(with([](auto& r) { r.size.reset(); }), "MissingParameter");
  EXPECT_EQ(with([](auto& r) { r.size = 0; }), "InvalidParameterValue");
  EXPECT_EQ(with([](auto& r) { r.volume_type = "gp9"; }), "InvalidParameterValue");
  EXPECT_EQ(with([](auto& r) { r.encrypted = true; }), "InvalidParameterValue");
  EXPECT_EQ(with([](auto& r) { r.iops = 5; }), "InvalidParameterValue");
  EXPECT_EQ(with([](auto& r) { r.volume_type = "gp2", r.throughput = 200; }), "InvalidParameterValue");
  EXPECT_EQ(with([](auto& r) { r.client_token = std::string(65, 'x'); }), "InvalidParameterValue");
  EXPECT_EQ(with([](auto& r) { r.tag_specifications = {{"instance", {}}}; }), "InvalidParameterValue");
  EXPECT_EQ(code(ec2::DeleteVolumeRequest{VolumeId("vol-1")}), "InvalidVolumeID.Malformed");
}

TEST_F(Actions, SnapshotsAndImagesFollowEachOther) {
  auto id = launch();
  auto made = snap(root_of(id));
  EXPECT_EQ(snapshot(made).state, "completed");
  EXPECT_EQ(snapshot(made).progress, "100%");
  ec2::RegisterImageRequest image;
  image.name = "mine", image.root_device_name = "/dev/xvda";
  EXPECT_EQ(code(image), "InvalidParameterValue");
  ec2::EbsBlockDevice ebs;
  ebs.snapshot_id = made;
  image.block_device_mappings = {{"/dev/xvda", ebs, false}};
  image.tag_specifications = {{"snapshot", {{"of", "one"}}}};
  EXPECT_EQ(code(image), "InvalidParameterValue") << "it makes an image alone";
  image.tag_specifications = {{"image", {{"of", "one"}}}};
  auto registered = ok(image).image_id;
  ec2::DescribeImagesRequest tagged;
  tagged.filters = {{"tag:of", {"one"}}};
  EXPECT_EQ(ok(tagged).images.at(0).image_id, registered);
  EXPECT_EQ(code(image), "InvalidAMIName.Duplicate");
  EXPECT_EQ(code(ec2::DeleteSnapshotRequest{made}), "InvalidSnapshot.InUse");
  auto request = launch_request();
  request.image_id = registered;
  ebs.volume_size = 5, ebs.snapshot_id.reset();
  request.block_device_mappings = {{"/dev/xvda", ebs, false}};
  auto next = ok(request).instances.at(0).instance_id;
  settle();
  EXPECT_EQ(volume(root_of(next)).size, 5);
  EXPECT_EQ(volume(root_of(next)).snapshot_id, made);
  ok(ec2::DeregisterImageRequest{registered});
  EXPECT_EQ(code(ec2::DeregisterImageRequest{registered}), "InvalidAMIID.NotFound");
  EXPECT_EQ(code(ec2::DeregisterImageRequest{ImageId(kMinimalImage)}), "AuthFailure");
  ok(ec2::DeleteSnapshotRequest{made});
  EXPECT_EQ(code(ec2::DeleteSnapshotRequest{made}), "InvalidSnapshot.NotFound");
  settle();
  EXPECT_EQ(substrate_->snapshots().count(made), 0u);
  image.architecture = "arm64";
  EXPECT_EQ(code(image), "InvalidParameterValue");
  image.architecture = "", image.name = "x";
  EXPECT_EQ(code(image), "InvalidAMIName.Malformed");
}

TEST_F(Actions, AVolumeIsMadeOnlyFromACompletedSnapshotAndNoSmaller) {
  ec2::CreateVolumeRequest big;
  big.availability_zone = "local-1a", big.size = 4;
  auto disk = ok(big).volume.volume_id;
  settle();
  slow(std::chrono::seconds(2));
  auto made = ok(ec2::CreateSnapshotRequest{disk, "", {}}).snapshot.snapshot_id;
  ec2::CreateVolumeRequest from;
  from.availability_zone = "local-1a", from.snapshot_id = made;
  EXPECT_EQ(code(from), "IncorrectState");
  runtime_.advance(std::chrono::seconds(3));
  from.size = 3;
  EXPECT_EQ(code(from), "InvalidParameterValue");
  from.size.reset();
  EXPECT_EQ(ok(from).volume.size, 4);
}

TEST_F(Actions, ASnapshotThatIsBeingReadIsLetGoOnlyAfterwards) {
  auto disk = make_volume();
  auto made = snap(disk);
  slow(std::chrono::seconds(2));
  ec2::CreateVolumeRequest from;
  from.availability_zone = "local-1a", from.snapshot_id = made;
  auto copy = ok(from).volume.volume_id;
  ok(ec2::DeleteSnapshotRequest{made});
  auto late = ok(ec2::CreateSnapshotRequest{disk, "", {}}).snapshot.snapshot_id;
  ok(ec2::DeleteVolumeRequest{disk});
  runtime_.advance(std::chrono::seconds(10));
  EXPECT_EQ(volume(copy).state, "available");
  EXPECT_EQ(snapshot(late).state, "completed");
  EXPECT_EQ(substrate_->snapshots().count(made), 0u);
  EXPECT_EQ(substrate_->volumes().count(disk), 0u);
}

TEST_F(Actions, SnapshotRatesAreLimitedWhenAskedFor) {
  options_.snapshot_rate_rule = true;
  crash(true);
  reopen();
  auto disk = make_volume();
  snap(disk);
  EXPECT_EQ(code(ec2::CreateSnapshotRequest{disk, "", {}}), "SnapshotCreationPerVolumeRateExceeded");
  runtime_.advance(std::chrono::seconds(15));
  EXPECT_EQ(code(ec2::CreateSnapshotRequest{disk, "", {}}), "");
}

TEST_F(Actions, InterfacesKeepAddressAndMac) {
  ec2::CreateNetworkInterfaceRequest request;
  request.subnet_id = SubnetId(kSubnetA), request.private_ip_address = "10.31.0.77";
  auto made = ok(request).network_interface;
  EXPECT_EQ(made.private_ip_address, "10.31.0.77");
  EXPECT_TRUE(made.mac_address.starts_with("02:"));
  EXPECT_EQ(code(request), "InvalidIPAddress.InUse");
  for (const char* address : {"10.31.0.3", "10.31.15.255", "10.31.16.9", "x"}) {
    request.private_ip_address = address;
    EXPECT_EQ(code(request), "InvalidParameterValue") << address;
  }
  auto id = ok(launch_with(made.network_interface_id)).instances.at(0).instance_id;
  settle();
  auto attached = interface(made.network_interface_id);
  EXPECT_EQ(code(ec2::DeleteNetworkInterfaceRequest{made.network_interface_id}), "InvalidNetworkInterface.InUse");
  EXPECT_EQ(code(ec2::ModifyNetworkInterfaceAttributeRequest{made.network_interface_id, "eni-attach-1", true}),
            "InvalidAttachmentID.NotFound");
  ok(ec2::ModifyNetworkInterfaceAttributeRequest{made.network_interface_id, attached.attachment->attachment_id, true});
  terminate(id);
  settle();
  EXPECT_EQ(code(ec2::DeleteNetworkInterfaceRequest{made.network_interface_id}), "InvalidNetworkInterfaceID.NotFound");
}

TEST_F(Actions, DeleteOnTerminationCanBeChanged) {
  auto id = launch();
  auto disk = root_of(id);
  EXPECT_EQ(code(ec2::ModifyInstanceAttributeRequest{id, {{"/dev/sdz", false}}}), "InvalidInstanceAttributeValue");
  ok(ec2::ModifyInstanceAttributeRequest{id, {{"/dev/xvda", false}}});
  terminate(id);
  settle();
  EXPECT_EQ(volume(disk).state, "available");
}

TEST_F(Actions, SubnetsAndGroupsAreMadeAndChecked) {
  ec2::CreateSubnetRequest request{VpcId(kDefaultVpc), "10.31.48.0/20", "local-1b", {}};
  auto made = ok(request).subnet.subnet_id;
  settle();
  EXPECT_EQ(ok(ec2::DescribeSubnetsRequest{{made}, {}, ""}).subnets.at(0).state, "available");
  EXPECT_EQ(code(request), "InvalidSubnet.Conflict");
  EXPECT_EQ(code(ec2::CreateSubnetRequest{VpcId(kDefaultVpc), "10.99.0.0/20", "", {}}), "InvalidSubnet.Range");
  EXPECT_EQ(code(ec2::CreateSubnetRequest{VpcId(kDefaultVpc), "10.31.64.1/20", "", {}}), "InvalidParameterValue");
  EXPECT_EQ(code(ec2::CreateSubnetRequest{VpcId("vpc-0000000000000ffff"), "10.31.64.0/20", "", {}}),
            "InvalidVpcID.NotFound");
  make_interface();
  EXPECT_EQ(code(ec2::DeleteSubnetRequest{SubnetId(kSubnetA)}), "DependencyViolation");
  ok(ec2::DeleteSubnetRequest{made});
  EXPECT_EQ(code(ec2::DeleteSubnetRequest{made}), "InvalidSubnetID.NotFound");
  ok(ec2::CreateSecurityGroupRequest{"web", "for the web", VpcId()});
  EXPECT_EQ(code(ec2::CreateSecurityGroupRequest{"web", "for the web", VpcId()}), "InvalidGroup.Duplicate");
  EXPECT_EQ(code(ec2::CreateSecurityGroupRequest{"", "x", VpcId()}), "InvalidParameterValue");
}

TEST_F(Actions, TagsAreMergedAndDeleted) {
  auto disk = make_volume();
  ok(ec2::CreateTagsRequest{{disk.str(), kSubnetA}, {{"a", "1"}, {"b", "2"}}});
  ok(ec2::CreateTagsRequest{{disk.str()}, {{"a", "3"}}});
  ok(ec2::DeleteTagsRequest{{disk.str()}, {{"b", "other"}}});
  EXPECT_THAT(volume(disk).tags, ElementsAre(ec2::Tag{"a", "3"}, ec2::Tag{"b", "2"}));
  ok(ec2::DeleteTagsRequest{{disk.str()}, {{"b", ""}}});
  EXPECT_THAT(volume(disk).tags, ElementsAre(ec2::Tag{"a", "3"}));
  EXPECT_EQ(code(ec2::CreateTagsRequest{{disk.str(), "vol-0000000000000abcd"}, {{"c", "1"}}}),
            "InvalidVolume.NotFound");
  EXPECT_THAT(volume(disk).tags, SizeIs(1));  // all or nothing
  EXPECT_EQ(code(ec2::CreateTagsRequest{{"lamp-1"}, {{"c", "1"}}}), "InvalidID");
  std::vector<ec2::Tag> many;
  for (int i = 0; i < 50; ++i) many.push_back({"k" + std::to_string(i), ""});
  EXPECT_EQ(code(ec2::CreateTagsRequest{{disk.str()}, many}), "TagLimitExceeded");
}

TEST_F(Actions, StatusFollowsUserData) {
  NullOptions options;
  options.user_data_delay = std::chrono::seconds(5);
  options.user_data = UserDataOutcome::failed;
  substrate_->set_options(options);
  auto id = launch();
  auto status = [&] { return ok(ec2::DescribeInstanceStatusRequest{{id}, true, ""}).instance_statuses.at(0); };
  EXPECT_EQ(status().instance_status, "initializing");
  EXPECT_EQ(status().system_status, "ok");
  runtime_.advance(std::chrono::seconds(6));
  EXPECT_EQ(status().instance_status, "impaired");
  EXPECT_EQ(code(ec2::DescribeInstanceStatusRequest{std::vector<InstanceId>(101, id), true, ""}),
            "InvalidParameterValue");
}

TEST_F(Actions, FiltersSelectAndUnknownOnesAreRefused) {
  auto request = launch_request();
  request.tag_specifications = {{"instance", {{"role", "database"}}}, {"volume", {{"role", "disk"}}}};
  auto id = ok(request).instances.at(0).instance_id;
  launch();
  auto count = [&](const std::string& name, std::vector<std::string> values) {
    return ok(ec2::DescribeInstancesRequest{{}, {{name, values}}, 0, ""}).instances.size();
  };
  EXPECT_EQ(count("tag:role", {"data*"}), 1u);
  EXPECT_EQ(count("tag:role", {"data"}), 0u);
  EXPECT_EQ(count("tag-key", {"role"}), 1u);
  EXPECT_EQ(count("instance-state-name", {"pending", "running"}), 2u);
  EXPECT_EQ(count("instance-state-name", {"r?nning"}), 2u);
  EXPECT_EQ(code(ec2::DescribeInstancesRequest{{}, {{"colour", {"red"}}}, 0, ""}), "InvalidParameterValue");
  EXPECT_EQ(code(ec2::DescribeInstancesRequest{{}, {{"image-id", {}}}, 0, ""}), "InvalidParameterValue");
  auto disks =
      ok(ec2::DescribeVolumesRequest{{}, {{"attachment.instance-id", {id.str()}}, {"tag:role", {"disk"}}}, 0, ""});
  EXPECT_THAT(disks.volumes, SizeIs(1));
}

TEST_F(Actions, PagesCoverEverythingOnce) {
  for (int i = 0; i < 7; ++i) make_interface();
  std::set<InterfaceId> seen;
  ec2::DescribeNetworkInterfacesRequest request;
  request.max_results = 3;
  int pages = 0;
  do {
    auto page = ok(request);
    for (const auto& one : page.network_interfaces) EXPECT_TRUE(seen.insert(one.network_interface_id).second);
    request.next_token = page.next_token;
    ++pages;
  } while (!request.next_token.empty() && pages < 10);
  EXPECT_EQ(seen.size(), 7u);
  EXPECT_EQ(pages, 3);
  request.next_token = "rubbish";
  EXPECT_EQ(code(request), "InvalidNextToken");
  EXPECT_EQ(code(ec2::DescribeVolumesRequest{{}, {}, 1001, ""}), "InvalidParameterValue");
}

TEST_F(Actions, TypesAreEc2s) {
  auto types = ok(ec2::DescribeInstanceTypesRequest{}).instance_types;
  EXPECT_GE(types.size(), 20u);
  auto one = ok(ec2::DescribeInstanceTypesRequest{{"m5.2xlarge"}, ""}).instance_types.at(0);
  EXPECT_EQ(one.default_v_cpus, 8);
  EXPECT_EQ(one.size_in_mi_b, 32768);
  EXPECT_EQ(one.encryption_support, "unsupported") << "as launches and CreateVolume say";
  EXPECT_EQ(code(ec2::DescribeInstanceTypesRequest{{"m5.huge"}, ""}), "InvalidInstanceType");
}

}  // namespace
}  // namespace holdfast::cloud
