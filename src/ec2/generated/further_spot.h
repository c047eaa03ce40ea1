// Requests, answers and resources about spot beyond ec2.h. Made by scripts/generate-ec2 from EC2's official model; to change it, change scripts/ec2/members.py.
#pragma once

#include "ec2/ec2.h"

namespace holdfast::ec2 {

struct RequestSpotLaunchSpecification {
  ImageId image_id;
  std::string instance_type;
  SubnetId subnet_id;
  std::vector<SecurityGroupId> security_group_ids;
  std::vector<InstanceNetworkInterfaceSpecification> network_interfaces;
  std::vector<BlockDeviceMapping> block_device_mappings;
  std::string user_data;
  std::string availability_zone;
};

struct SpotInstanceStateFault {
  std::string code;
  std::string message;
};

struct LaunchSpecification {
  ImageId image_id;
  std::string instance_type;
  SubnetId subnet_id;
  std::vector<SecurityGroupId> security_groups;
  std::vector<InstanceNetworkInterfaceSpecification> network_interfaces;
  std::vector<BlockDeviceMapping> block_device_mappings;
  std::string user_data;
  std::string availability_zone;
};

struct SpotInstanceStatus {
  std::string code;
  std::string message;
  std::optional<Time> update_time;
};

struct SpotInstanceRequest {
  std::optional<Time> create_time;
  std::optional<SpotInstanceStateFault> fault;
  InstanceId instance_id;
  std::optional<LaunchSpecification> launch_specification;
  std::string launched_availability_zone;
  std::string product_description;
  std::string spot_instance_request_id;
  std::string spot_price;
  std::string state;
  std::optional<SpotInstanceStatus> status;
  std::vector<Tag> tags;
  std::string type;
  std::optional<Time> valid_from;
  std::optional<Time> valid_until;
  std::string instance_interruption_behavior;
};

struct CancelledSpotInstanceRequest {
  std::string spot_instance_request_id;
  std::string state;
};

struct SpotPlacementScore {
  std::string region;
  std::string availability_zone_id;
  std::optional<int> score;
};

struct RequestSpotInstancesResponse {
  std::vector<SpotInstanceRequest> spot_instance_requests;
};
struct RequestSpotInstancesRequest {
  static constexpr std::string_view kAction = "RequestSpotInstances";
  static constexpr bool kMutates = true;
  using Response = RequestSpotInstancesResponse;
  std::string client_token;
  std::optional<int> instance_count;
  std::optional<RequestSpotLaunchSpecification> launch_specification;
  std::string spot_price;
  std::string type;
  std::optional<Time> valid_from;
  std::optional<Time> valid_until;
  std::vector<TagSpecification> tag_specifications;
  std::string instance_interruption_behavior;
};

struct CancelSpotInstanceRequestsResponse {
  std::vector<CancelledSpotInstanceRequest> cancelled_spot_instance_requests;
};
struct CancelSpotInstanceRequestsRequest {
  static constexpr std::string_view kAction = "CancelSpotInstanceRequests";
  static constexpr bool kMutates = true;
  using Response = CancelSpotInstanceRequestsResponse;
  std::vector<std::string> spot_instance_request_ids;
};

struct DescribeSpotInstanceRequestsResponse {
  std::vector<SpotInstanceRequest> spot_instance_requests;
  std::string next_token;
};
struct DescribeSpotInstanceRequestsRequest {
  static constexpr std::string_view kAction = "DescribeSpotInstanceRequests";
  static constexpr bool kMutates = false;
  using Response = DescribeSpotInstanceRequestsResponse;
  std::vector<Filter> filters;
  std::vector<std::string> spot_instance_request_ids;
  std::string next_token;
  int max_results = 0;
};

struct GetSpotPlacementScoresResponse {
  std::vector<SpotPlacementScore> spot_placement_scores;
  std::string next_token;
};
struct GetSpotPlacementScoresRequest {
  static constexpr std::string_view kAction = "GetSpotPlacementScores";
  static constexpr bool kMutates = false;
  using Response = GetSpotPlacementScoresResponse;
  std::vector<std::string> instance_types;
  int target_capacity = 0;
  std::string target_capacity_unit_type;
  std::optional<bool> single_availability_zone;
  std::vector<std::string> region_names;
  int max_results = 0;
  std::string next_token;
};
}  // namespace holdfast::ec2
