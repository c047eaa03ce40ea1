// Requests, answers and resources about instances beyond ec2.h. Made by scripts/generate-ec2 from EC2's official model; to change it, change scripts/ec2/members.py.
#pragma once

#include "ec2/ec2.h"

namespace holdfast::ec2 {

struct InstanceMetadataOptionsResponse {
  std::string state;
  std::string http_tokens;
  std::optional<int> http_put_response_hop_limit;
  std::string http_endpoint;
  std::string http_protocol_ipv6;
  std::string instance_metadata_tags;
};

struct InstanceTypeOffering {
  std::string instance_type;
  std::string location_type;
  std::string location;
};

struct InstanceMonitoring {
  InstanceId instance_id;
  std::string state;
};

struct StopInstancesResponse {
  std::vector<InstanceStateChange> stopping_instances;
};
struct StopInstancesRequest {
  static constexpr std::string_view kAction = "StopInstances";
  static constexpr bool kMutates = true;
  using Response = StopInstancesResponse;
  std::vector<InstanceId> instance_ids;
  std::optional<bool> hibernate;
  std::optional<bool> force;
  std::optional<bool> skip_os_shutdown;
};

struct StartInstancesResponse {
  std::vector<InstanceStateChange> starting_instances;
};
struct StartInstancesRequest {
  static constexpr std::string_view kAction = "StartInstances";
  static constexpr bool kMutates = true;
  using Response = StartInstancesResponse;
  std::vector<InstanceId> instance_ids;
};

struct DescribeInstanceAttributeResponse {
  InstanceId instance_id;
  std::vector<InstanceBlockDevice> block_device_mappings;
  std::vector<SecurityGroupId> groups;
  std::optional<bool> disable_api_termination;
  std::optional<bool> ebs_optimized;
  std::optional<bool> ena_support;
  std::optional<bool> disable_api_stop;
  std::string instance_initiated_shutdown_behavior;
  std::string instance_type;
  std::string root_device_name;
  std::optional<bool> source_dest_check;
  std::string user_data;
};
struct DescribeInstanceAttributeRequest {
  static constexpr std::string_view kAction = "DescribeInstanceAttribute";
  static constexpr bool kMutates = false;
  using Response = DescribeInstanceAttributeResponse;
  std::string attribute;
  InstanceId instance_id;
};

struct ModifyInstanceMetadataOptionsResponse {
  InstanceId instance_id;
  std::optional<InstanceMetadataOptionsResponse> instance_metadata_options;
};
struct ModifyInstanceMetadataOptionsRequest {
  static constexpr std::string_view kAction = "ModifyInstanceMetadataOptions";
  static constexpr bool kMutates = true;
  using Response = ModifyInstanceMetadataOptionsResponse;
  InstanceId instance_id;
  std::string http_tokens;
  std::optional<int> http_put_response_hop_limit;
  std::string http_endpoint;
  std::string http_protocol_ipv6;
  std::string instance_metadata_tags;
};

struct DescribeInstanceTypeOfferingsResponse {
  std::vector<InstanceTypeOffering> instance_type_offerings;
  std::string next_token;
};
struct DescribeInstanceTypeOfferingsRequest {
  static constexpr std::string_view kAction = "DescribeInstanceTypeOfferings";
  static constexpr bool kMutates = false;
  using Response = DescribeInstanceTypeOfferingsResponse;
  std::string location_type;
  std::vector<Filter> filters;
  int max_results = 0;
  std::string next_token;
};

struct MonitorInstancesResponse {
  std::vector<InstanceMonitoring> instance_monitorings;
};
struct MonitorInstancesRequest {
  static constexpr std::string_view kAction = "MonitorInstances";
  static constexpr bool kMutates = true;
  using Response = MonitorInstancesResponse;
  std::vector<InstanceId> instance_ids;
};
}  // namespace holdfast::ec2
