// Instances that are stopped and started, and their attributes, on the null substrate.
#include <gmock/gmock.h>

#include "cloud/test_cloud.h"

namespace holdfast::cloud {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class StopStart : public TestCloud {
 protected:
  InstanceId on_demand() {
    auto request = launch_request();
    request.spot_options.reset();
    auto id = ok(request).instances.at(0).instance_id;
    settle();
    return id;
  }
  InstanceId stopped() {
    auto id = on_demand();
    stop(id);
    settle();
    return id;
  }
  void stop(const InstanceId& id) { ok(ec2::StopInstancesRequest{{id}, {}, {}, {}}); }
  std::string stop_code(const InstanceId& id) { return code(ec2::StopInstancesRequest{{id}, {}, {}, {}}); }
  void start(const InstanceId& id) { ok(ec2::StartInstancesRequest{{id}}); }
};

TEST_F(StopStart, AStoppedInstanceKeepsWhatItHasAndStartsWithIt) {
  auto id = on_demand();
  auto before = instance(id);
  auto answer = ok(ec2::StopInstancesRequest{{id}, {}, {}, {}}).stopping_instances.at(0);
  EXPECT_EQ(answer.previous_state, "running");
  EXPECT_EQ(answer.current_state, "stopping");
  EXPECT_EQ(instance(id).state, "stopping");
  EXPECT_EQ(code(ec2::StartInstancesRequest{{id}}), "IncorrectInstanceState");
  settle();
  auto after = instance(id);
  EXPECT_EQ(after.state, "stopped");
  EXPECT_EQ(after.state_reason->code, "Client.UserInitiatedShutdown");
  EXPECT_EQ(after.private_ip_address, before.private_ip_address);
  EXPECT_EQ(after.block_device_mappings.at(0).volume_id, before.block_device_mappings.at(0).volume_id);
  EXPECT_EQ(volume(root_of(id)).state, "in-use");
  EXPECT_EQ(interface(after.network_interfaces.at(0).network_interface_id).status, "in-use");
  EXPECT_THAT(substrate_->machines(), IsEmpty());
  EXPECT_THAT(ok(ec2::DescribeInstanceStatusRequest{{}, false, ""}).instance_statuses, IsEmpty());
  EXPECT_EQ(ok(ec2::StopInstancesRequest{{id}, {}, {}, {}}).stopping_instances.at(0).current_state, "stopped");
  runtime_.advance(std::chrono::hours(2));
  auto started = ok(ec2::StartInstancesRequest{{id}}).starting_instances.at(0);
  EXPECT_EQ(started.previous_state, "stopped");
  EXPECT_EQ(started.current_state, "pending");
  settle();
  EXPECT_EQ(instance(id).state, "running");
  EXPECT_FALSE(instance(id).state_reason.has_value());
  EXPECT_GT(instance(id).launch_time, before.launch_time);
  EXPECT_THAT(substrate_->machines(), ElementsAre(id));
  EXPECT_EQ(ok(ec2::StartInstancesRequest{{id}}).starting_instances.at(0).current_state, "running");
  EXPECT_THAT(states_told(id.str()), ElementsAre("pending", "running", "stopping", "stopped", "pending", "running"));
}

TEST_F(StopStart, WhatCannotBeStoppedIsRefused) {
  EXPECT_EQ(stop_code(launch()), "UnsupportedOperation");  // one-time spot
  EXPECT_EQ(stop_code(InstanceId("i-0000000000000abcd")), "InvalidInstanceID.NotFound");
  EXPECT_EQ(code(ec2::StopInstancesRequest{}), "MissingParameter");
  auto id = on_demand();
  EXPECT_EQ(code(ec2::StopInstancesRequest{{id}, true, {}, {}}), "UnsupportedHibernationConfiguration");
  EXPECT_EQ(code(ec2::StopInstancesRequest{{id, launch()}, {}, {}, {}}), "UnsupportedOperation");
  EXPECT_EQ(instance(id).state, "running");  // all or none
  auto request = launch_request();
  request.spot_options.reset();
  EXPECT_EQ(stop_code(ok(request).instances.at(0).instance_id), "IncorrectInstanceState");  // pending
  terminate(id);
  EXPECT_EQ(stop_code(id), "IncorrectInstanceState");
  EXPECT_EQ(code(ec2::StartInstancesRequest{{id}}), "IncorrectInstanceState");
}

TEST_F(StopStart, AStopUnderWayCanBeForcedAndATerminationOvertakesIt) {
  auto id = on_demand();
  slow(std::chrono::seconds(5));
  stop(id);
  EXPECT_EQ(code(ec2::StopInstancesRequest{{id}, {}, true, {}}), "");
  terminate(id);
  EXPECT_EQ(instance(id).state, "shutting-down");
  runtime_.advance(std::chrono::seconds(6));
  EXPECT_EQ(instance(id).state, "terminated");
  runtime_.advance(std::chrono::seconds(6));
  EXPECT_THAT(ok(ec2::DescribeVolumesRequest{}).volumes, IsEmpty());
}

TEST_F(StopStart, AStoppedInstanceIsTerminatedAtOnceAndGivesBackWhatItHas) {
  auto id = stopped();
  terminate(id);
  settle();
  EXPECT_EQ(instance(id).state, "terminated");
  EXPECT_THAT(ok(ec2::DescribeVolumesRequest{}).volumes, IsEmpty());
  EXPECT_THAT(ok(ec2::DescribeNetworkInterfacesRequest{}).network_interfaces, IsEmpty());
}

TEST_F(StopStart, VolumesComeAndGoWhileItIsStoppedTheRootToo) {
  auto id = stopped();
  auto root = root_of(id), disk = make_volume();
  EXPECT_EQ(code(ec2::RebootInstancesRequest{{id}}), "IncorrectInstanceState");
  ok(ec2::AttachVolumeRequest{disk, id, "/dev/sdf"});
  EXPECT_EQ(volume(disk).attachments.at(0).state, "attached");
  EXPECT_THAT(substrate_->attachments(), IsEmpty());
  ok(ec2::DetachVolumeRequest{root, id, "", false});
  EXPECT_EQ(volume(root).state, "available");
  EXPECT_EQ(code(ec2::StartInstancesRequest{{id}}), "IncorrectState");  // no root
  ok(ec2::AttachVolumeRequest{root, id, "/dev/xvda"});
  start(id);
  settle();
  EXPECT_EQ(instance(id).state, "running");
  EXPECT_EQ(substrate_->attachments().at(disk), id);
  EXPECT_EQ(substrate_->attachments().at(root), id);
}

TEST_F(StopStart, ADetachmentUnderWayEndsWithTheMachine) {
  auto id = on_demand();
  auto disk = make_volume();
  ok(ec2::AttachVolumeRequest{disk, id, "/dev/sdf"});
  settle();
  slow(std::chrono::seconds(2));
  ok(ec2::DetachVolumeRequest{disk, id, "", false});
  stop(id);
  runtime_.advance(std::chrono::seconds(5));
  EXPECT_EQ(instance(id).state, "stopped");
  EXPECT_EQ(volume(disk).state, "available");
  EXPECT_THAT(instance(id).block_device_mappings, SizeIs(1));
}

TEST_F(StopStart, AStoppedInstanceTakesNoCapacityAndAStartNeedsSome) {
  auto id = stopped();
  MarketKey market{"t3.micro", "local-1a", false};
  ASSERT_TRUE(cloud_->set_capacity(market, 1));
  auto other = on_demand();
  EXPECT_EQ(code(ec2::StartInstancesRequest{{id}}), "InsufficientInstanceCapacity");
  EXPECT_EQ(instance(id).state, "stopped");
  stop(other);
  settle();
  EXPECT_EQ(code(ec2::StartInstancesRequest{{id, other}}), "InsufficientInstanceCapacity");
  start(id);
}

TEST_F(StopStart, AStartThatFailsEndsStoppedAndLosesNothing) {
  auto id = stopped();
  auto root = root_of(id);
  ASSERT_TRUE(substrate_->tear_down(true));  // the volume's file is gone: no machine can start from it
  start(id);
  settle();
  EXPECT_EQ(instance(id).state, "stopped");
  EXPECT_EQ(instance(id).state_reason->code, "Server.InternalError");
  EXPECT_EQ(volume(root).state, "in-use");
}

TEST_F(StopStart, ARestartOfTheServiceFinishesAStopAndAStart) {
  for (bool kept : {true, false}) {
    auto id = on_demand();
    slow(std::chrono::milliseconds(200));
    stop(id);
    crash(kept);
    slow(Duration(0));
    reopen();
    EXPECT_EQ(instance(id).state, "stopped");
    EXPECT_THAT(substrate_->machines(), IsEmpty());
    slow(std::chrono::milliseconds(200));
    start(id);
    crash(kept);
    slow(Duration(0));
    reopen();
    EXPECT_EQ(instance(id).state, "running");
    EXPECT_THAT(substrate_->machines(), ElementsAre(id));
    terminate(id);
    settle();
  }
}

TEST_F(StopStart, FaultsAreInjectedIntoTheseActionsToo) {
  auto id = on_demand();
  ASSERT_TRUE(cloud_->fail_next("StopInstances", "InternalError", 1));
  EXPECT_EQ(stop_code(id), "InternalError");
  EXPECT_EQ(instance(id).state, "running");
  EXPECT_EQ(stop_code(id), "");
  EXPECT_EQ(cloud_->fail_next("StopInstance", "X", 1).error().field, "action");
}

TEST_F(StopStart, AttributesAreDescribed) {
  auto request = launch_request();
  request.user_data = base64_encode("#!/bin/sh\n");
  auto id = ok(request).instances.at(0).instance_id;
  settle();
  auto about = [&](const std::string& name) { return ok(ec2::DescribeInstanceAttributeRequest{name, id}); };
  EXPECT_EQ(about("instanceType").instance_type, "t3.micro");
  EXPECT_EQ(about("instanceType").root_device_name, "");  // only what was asked for
  EXPECT_EQ(about("userData").user_data, request.user_data);
  EXPECT_EQ(about("rootDeviceName").root_device_name, "/dev/xvda");
  EXPECT_EQ(about("blockDeviceMapping").block_device_mappings.at(0).volume_id, root_of(id));
  EXPECT_EQ(about("groupSet").groups.at(0).str(), kDefaultSecurityGroup);
  EXPECT_EQ(about("disableApiTermination").disable_api_termination, false);
  EXPECT_EQ(about("kernel").instance_id, id);
  EXPECT_EQ(code(ec2::DescribeInstanceAttributeRequest{"colour", id}), "InvalidParameterValue");
  EXPECT_EQ(code(ec2::DescribeInstanceAttributeRequest{"", id}), "MissingParameter");
}

TEST_F(StopStart, MetadataOptionsReachTheMachineAndItsNextStart) {
  auto id = on_demand();
  ec2::ModifyInstanceMetadataOptionsRequest request;
  request.instance_id = id, request.http_tokens = "required", request.http_put_response_hop_limit = 2;
  auto options = *ok(request).instance_metadata_options;
  EXPECT_EQ(options.state, "pending");
  EXPECT_EQ(options.http_tokens, "required");
  EXPECT_EQ(options.http_put_response_hop_limit, 2);
  EXPECT_TRUE(substrate_->machine(id)->imds_tokens_required);
  stop(id);
  settle();
  start(id);
  settle();
  EXPECT_TRUE(substrate_->machine(id)->imds_tokens_required);
  request.http_tokens = "perhaps";
  EXPECT_EQ(code(request), "InvalidParameterValue");
  request.http_tokens = "", request.http_put_response_hop_limit = 65;
  EXPECT_EQ(code(request), "InvalidParameterValue");
  request.http_put_response_hop_limit.reset(), request.http_endpoint = "disabled";
  EXPECT_EQ(code(request), "UnsupportedOperation");
  terminate(id);
  request.http_endpoint = "";
  EXPECT_EQ(code(request), "IncorrectInstanceState");
}

TEST_F(StopStart, MonitoringIsRemembered) {
  auto id = launch();
  EXPECT_EQ(ok(ec2::MonitorInstancesRequest{{id}}).instance_monitorings.at(0).state, "pending");
  crash(true);
  reopen();
  EXPECT_EQ(ok(ec2::MonitorInstancesRequest{{id}}).instance_monitorings.at(0).state, "enabled");
}

TEST_F(StopStart, OfferingsAreListedByPlaceAndInPages) {
  ec2::DescribeInstanceTypeOfferingsRequest request;
  request.filters = {{"instance-type", {"t3.m*"}}};
  EXPECT_THAT(ok(request).instance_type_offerings, SizeIs(2));
  EXPECT_EQ(ok(request).instance_type_offerings.at(0).location, "local-1");
  request.location_type = "availability-zone";
  EXPECT_THAT(ok(request).instance_type_offerings, SizeIs(6));
  request.max_results = 5;
  auto first = ok(request);
  EXPECT_THAT(first.instance_type_offerings, SizeIs(5));
  request.next_token = first.next_token;
  auto second = ok(request);
  EXPECT_THAT(second.instance_type_offerings, SizeIs(1));
  EXPECT_EQ(second.next_token, "");
  request.location_type = "moon";
  EXPECT_EQ(code(request), "InvalidParameterValue");
  request.location_type = "", request.next_token = "rubbish";
  EXPECT_EQ(code(request), "InvalidNextToken");
}

}  // namespace
}  // namespace holdfast::cloud
