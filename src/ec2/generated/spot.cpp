// The wire form of the actions about spot. Made by scripts/generate-ec2 from EC2's official model; to change it, change scripts/ec2/members.py.
#include "ec2/generated/shapes.h"

namespace holdfast::ec2::wire {
namespace shape {

struct RequestSpotLaunchSpecification {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"ImageId", "imageId"}, v.image_id);
    a.value({"InstanceType", "instanceType"}, v.instance_type);
    a.value({"SubnetId", "subnetId"}, v.subnet_id);
    a.values({"SecurityGroupId", "SecurityGroupId"}, v.security_group_ids);
    a.template objects<InstanceNetworkInterfaceSpecification>(
        {"NetworkInterface", "NetworkInterface"}, v.network_interfaces);
    a.template objects<BlockDeviceMapping>({"BlockDeviceMapping", "blockDeviceMapping"}, v.block_device_mappings);
    a.value({"UserData", "userData"}, v.user_data);
    a.within({"Placement", "placement"}, [&](auto& b) {
      b.value({"AvailabilityZone", "availabilityZone"}, v.availability_zone);
    });
  }
};

struct SpotInstanceStateFault {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"Code", "code"}, v.code);
    a.value({"Message", "message"}, v.message);
  }
};

struct LaunchSpecification {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"ImageId", "imageId"}, v.image_id);
    a.value({"InstanceType", "instanceType"}, v.instance_type);
    a.value({"SubnetId", "subnetId"}, v.subnet_id);
    a.values_within({"GroupSet", "groupSet"}, {"GroupId", "groupId"}, v.security_groups);
    a.template objects<InstanceNetworkInterfaceSpecification>(
        {"NetworkInterfaceSet", "networkInterfaceSet"}, v.network_interfaces);
    a.template objects<BlockDeviceMapping>({"BlockDeviceMapping", "blockDeviceMapping"}, v.block_device_mappings);
    a.value({"UserData", "userData"}, v.user_data);
    a.within({"Placement", "placement"}, [&](auto& b) {
      b.value({"AvailabilityZone", "availabilityZone"}, v.availability_zone);
    });
  }
};

struct SpotInstanceStatus {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"Code", "code"}, v.code);
    a.value({"Message", "message"}, v.message);
    a.value({"UpdateTime", "updateTime"}, v.update_time);
  }
};

struct SpotInstanceRequest {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"CreateTime", "createTime"}, v.create_time);
    a.template object<SpotInstanceStateFault>({"Fault", "fault"}, v.fault);
    a.value({"InstanceId", "instanceId"}, v.instance_id);
    a.template object<LaunchSpecification>({"LaunchSpecification", "launchSpecification"}, v.launch_specification);
    a.value({"LaunchedAvailabilityZone", "launchedAvailabilityZone"}, v.launched_availability_zone);
    a.value({"ProductDescription", "productDescription"}, v.product_description);
    a.value({"SpotInstanceRequestId", "spotInstanceRequestId"}, v.spot_instance_request_id);
    a.value({"SpotPrice", "spotPrice"}, v.spot_price);
    a.value({"State", "state"}, v.state);
    a.template object<SpotInstanceStatus>({"Status", "status"}, v.status);
    a.template objects<Tag>({"TagSet", "tagSet"}, v.tags);
    a.value({"Type", "type"}, v.type);
    a.value({"ValidFrom", "validFrom"}, v.valid_from);
    a.value({"ValidUntil", "validUntil"}, v.valid_until);
    a.value({"InstanceInterruptionBehavior", "instanceInterruptionBehavior"}, v.instance_interruption_behavior);
  }
};

struct CancelledSpotInstanceRequest {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"SpotInstanceRequestId", "spotInstanceRequestId"}, v.spot_instance_request_id);
    a.value({"State", "state"}, v.state);
  }
};

struct SpotPlacementScore {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"Region", "region"}, v.region);
    a.value({"AvailabilityZoneId", "availabilityZoneId"}, v.availability_zone_id);
    a.value({"Score", "score"}, v.score);
  }
};

struct RequestSpotInstancesIn {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"ClientToken", "clientToken"}, v.client_token);
    a.value({"InstanceCount", "instanceCount"}, v.instance_count);
    a.template object<RequestSpotLaunchSpecification>(
        {"LaunchSpecification", "LaunchSpecification"}, v.launch_specification);
    a.value({"SpotPrice", "spotPrice"}, v.spot_price);
    a.value({"Type", "type"}, v.type);
    a.value({"ValidFrom", "validFrom"}, v.valid_from);
    a.value({"ValidUntil", "validUntil"}, v.valid_until);
    a.template objects<TagSpecification>({"TagSpecification", "TagSpecification"}, v.tag_specifications);
    a.value({"InstanceInterruptionBehavior", "InstanceInterruptionBehavior"}, v.instance_interruption_behavior);
  }
};

struct RequestSpotInstancesOut {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.template objects<SpotInstanceRequest>(
        {"SpotInstanceRequestSet", "spotInstanceRequestSet"}, v.spot_instance_requests);
  }
};

struct CancelSpotInstanceRequestsIn {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.values({"SpotInstanceRequestId", "SpotInstanceRequestId"}, v.spot_instance_request_ids, kRequired);
  }
};

struct CancelSpotInstanceRequestsOut {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.template objects<CancelledSpotInstanceRequest>(
        {"SpotInstanceRequestSet", "spotInstanceRequestSet"}, v.cancelled_spot_instance_requests);
  }
};

struct DescribeSpotInstanceRequestsIn {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.template objects<Filter>({"Filter", "Filter"}, v.filters);
    a.values({"SpotInstanceRequestId", "SpotInstanceRequestId"}, v.spot_instance_request_ids);
    a.value({"NextToken", "NextToken"}, v.next_token);
    a.value({"MaxResults", "MaxResults"}, v.max_results, kZeroAbsent);
  }
};

struct DescribeSpotInstanceRequestsOut {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.template objects<SpotInstanceRequest>(
        {"SpotInstanceRequestSet", "spotInstanceRequestSet"}, v.spot_instance_requests);
    a.value({"NextToken", "nextToken"}, v.next_token);
  }
};

struct GetSpotPlacementScoresIn {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.values({"InstanceType", "InstanceType"}, v.instance_types);
    a.value({"TargetCapacity", "TargetCapacity"}, v.target_capacity, kRequired);
    a.value({"TargetCapacityUnitType", "TargetCapacityUnitType"}, v.target_capacity_unit_type);
    a.value({"SingleAvailabilityZone", "SingleAvailabilityZone"}, v.single_availability_zone);
    a.values({"RegionName", "RegionName"}, v.region_names);
    a.value({"MaxResults", "MaxResults"}, v.max_results, kZeroAbsent);
    a.value({"NextToken", "NextToken"}, v.next_token);
  }
};

struct GetSpotPlacementScoresOut {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.template objects<SpotPlacementScore>({"SpotPlacementScoreSet", "spotPlacementScoreSet"}, v.spot_placement_scores);
    a.value({"NextToken", "nextToken"}, v.next_token);
  }
};

}  // namespace shape

template <>
struct ShapesOf<RequestSpotInstancesRequest> {
  using In = shape::RequestSpotInstancesIn;
  using Out = shape::RequestSpotInstancesOut;
};
template struct Wire<RequestSpotInstancesRequest>;

template <>
struct ShapesOf<CancelSpotInstanceRequestsRequest> {
  using In = shape::CancelSpotInstanceRequestsIn;
  using Out = shape::CancelSpotInstanceRequestsOut;
};
template struct Wire<CancelSpotInstanceRequestsRequest>;

template <>
struct ShapesOf<DescribeSpotInstanceRequestsRequest> {
  using In = shape::DescribeSpotInstanceRequestsIn;
  using Out = shape::DescribeSpotInstanceRequestsOut;
};
template struct Wire<DescribeSpotInstanceRequestsRequest>;

template <>
struct ShapesOf<GetSpotPlacementScoresRequest> {
  using In = shape::GetSpotPlacementScoresIn;
  using Out = shape::GetSpotPlacementScoresOut;
};
template struct Wire<GetSpotPlacementScoresRequest>;

}  // namespace holdfast::ec2::wire
