// EC2 as typed requests and answers behind one interface. AWS, the local cloud and every wrapper (budget, faults,
// recording) implement the one function `perform`; callers use `call`, which gives each request its own answer type.
//
// Every request struct names its action (kAction), its answer (Response) and whether it changes anything (kMutates).
// Pagination: `next_token` empty asks for the first page; an answer's empty `next_token` was the last.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/check.h"
#include "base/error.h"
#include "ec2/types.h"

namespace holdfast::ec2 {

struct Empty {};

// ---- instances

struct InstanceNetworkInterfaceSpecification {
  int device_index = 0;
  std::optional<InterfaceId> network_interface_id;
  std::optional<SubnetId> subnet_id;
  std::vector<SecurityGroupId> groups;
  std::optional<std::string> private_ip_address;
  std::optional<bool> delete_on_termination;
  std::optional<bool> associate_public_ip_address = {};
  bool operator==(const InstanceNetworkInterfaceSpecification&) const = default;
};

struct SpotMarketOptions {
  std::string max_price;  // empty: up to the on-demand price
  std::string spot_instance_type = "one-time";
  std::string instance_interruption_behavior = "terminate";
  bool operator==(const SpotMarketOptions&) const = default;
};

struct MetadataOptions {
  std::string http_tokens;  // "optional" or "required"; empty: optional
  std::optional<int> http_put_response_hop_limit = {};
  std::string instance_metadata_tags = {};  // "enabled" or "disabled"
  bool operator==(const MetadataOptions&) const = default;
};

struct IamInstanceProfile {  // one of the two
  std::string arn;
  std::string name;
  bool operator==(const IamInstanceProfile&) const = default;
};

struct RunInstancesResponse {
  std::vector<Instance> instances;
};
struct RunInstancesRequest {
  static constexpr std::string_view kAction = "RunInstances";
  static constexpr bool kMutates = true;
  using Response = RunInstancesResponse;
  ImageId image_id;
  std::string instance_type;
  int min_count = 1;
  int max_count = 1;
  std::string client_token;
  std::optional<SubnetId> subnet_id;
  std::vector<SecurityGroupId> security_group_ids;
  std::vector<InstanceNetworkInterfaceSpecification> network_interfaces;
  std::vector<BlockDeviceMapping> block_device_mappings;
  std::string user_data;                          // base64
  std::optional<SpotMarketOptions> spot_options;  // absent: on demand
  std::optional<MetadataOptions> metadata_options;
  std::vector<TagSpecification> tag_specifications;
  bool dry_run = false;
  std::string key_name = {};
  std::string availability_zone = {};  // empty: the subnet's, or any
  std::optional<bool> ebs_optimized = {};
  std::optional<bool> monitoring = {};  // detailed
  std::string tenancy = {};             // default dedicated host
  std::string cpu_credits = {};         // standard unlimited
  std::optional<IamInstanceProfile> iam_instance_profile = {};
  bool operator==(const RunInstancesRequest&) const = default;
};

struct InstanceStateChange {
  InstanceId instance_id;
  std::string previous_state;
  std::string current_state;
};
struct TerminateInstancesResponse {
  std::vector<InstanceStateChange> terminating_instances;
};
struct TerminateInstancesRequest {
  static constexpr std::string_view kAction = "TerminateInstances";
  static constexpr bool kMutates = true;
  using Response = TerminateInstancesResponse;
  std::vector<InstanceId> instance_ids;
};

struct RebootInstancesRequest {
  static constexpr std::string_view kAction = "RebootInstances";
  static constexpr bool kMutates = true;
  using Response = Empty;
  std::vector<InstanceId> instance_ids;
};

struct DescribeInstancesResponse {
  std::vector<Instance> instances;
  std::string next_token;
};
struct DescribeInstancesRequest {
  static constexpr std::string_view kAction = "DescribeInstances";
  static constexpr bool kMutates = false;
  using Response = DescribeInstancesResponse;
  std::vector<InstanceId> instance_ids;
  std::vector<Filter> filters;
  int max_results = 0;
  std::string next_token;
};

struct DescribeInstanceStatusResponse {
  std::vector<InstanceStatus> instance_statuses;
  std::string next_token;
};
struct DescribeInstanceStatusRequest {  // at most 100 ids
  static constexpr std::string_view kAction = "DescribeInstanceStatus";
  static constexpr bool kMutates = false;
  using Response = DescribeInstanceStatusResponse;
  std::vector<InstanceId> instance_ids;
  bool include_all_instances = false;
  std::string next_token;
  std::vector<Filter> filters = {};
  int max_results = 0;
};

struct GetConsoleOutputResponse {
  InstanceId instance_id;
  Time timestamp{};
  std::string output;  // base64 on the wire; plain here
};
struct GetConsoleOutputRequest {
  static constexpr std::string_view kAction = "GetConsoleOutput";
  static constexpr bool kMutates = false;
  using Response = GetConsoleOutputResponse;
  InstanceId instance_id;
};

struct ModifyInstanceAttributeRequest {  // DeleteOnTermination of attached volumes
  static constexpr std::string_view kAction = "ModifyInstanceAttribute";
  static constexpr bool kMutates = true;
  using Response = Empty;
  struct Mapping {
    std::string device_name;
    bool delete_on_termination = false;
  };
  InstanceId instance_id;
  std::vector<Mapping> block_device_mappings;
};

struct DescribeInstanceTypesResponse {
  std::vector<InstanceTypeInfo> instance_types;
  std::string next_token;
};
struct DescribeInstanceTypesRequest {
  static constexpr std::string_view kAction = "DescribeInstanceTypes";
  static constexpr bool kMutates = false;
  using Response = DescribeInstanceTypesResponse;
  std::vector<std::string> instance_types;
  std::string next_token;
  std::vector<Filter> filters = {};
  int max_results = 0;
};

// ---- volumes

struct CreateVolumeResponse {
  Volume volume;
};
struct CreateVolumeRequest {
  static constexpr std::string_view kAction = "CreateVolume";
  static constexpr bool kMutates = true;
  using Response = CreateVolumeResponse;
  std::string availability_zone;
  std::optional<int> size;
  std::optional<SnapshotId> snapshot_id;
  std::string volume_type;
  std::optional<int> iops;
  std::optional<int> throughput;
  std::optional<bool> encrypted;
  std::string client_token;
  std::vector<TagSpecification> tag_specifications;
  std::string kms_key_id = {};
  bool operator==(const CreateVolumeRequest&) const = default;
};

struct DeleteVolumeRequest {
  static constexpr std::string_view kAction = "DeleteVolume";
  static constexpr bool kMutates = true;
  using Response = Empty;
  VolumeId volume_id;
};

struct AttachVolumeResponse {
  VolumeAttachment attachment;
};
struct AttachVolumeRequest {
  static constexpr std::string_view kAction = "AttachVolume";
  static constexpr bool kMutates = true;
  using Response = AttachVolumeResponse;
  VolumeId volume_id;
  InstanceId instance_id;
  std::string device;
};

struct DetachVolumeResponse {
  VolumeAttachment attachment;
};
struct DetachVolumeRequest {
  static constexpr std::string_view kAction = "DetachVolume";
  static constexpr bool kMutates = true;
  using Response = DetachVolumeResponse;
  VolumeId volume_id;
  InstanceId instance_id;
  std::string device;
  bool force = false;
};

struct DescribeVolumesResponse {
  std::vector<Volume> volumes;
  std::string next_token;
};
struct DescribeVolumesRequest {
  static constexpr std::string_view kAction = "DescribeVolumes";
  static constexpr bool kMutates = false;
  using Response = DescribeVolumesResponse;
  std::vector<VolumeId> volume_ids;
  std::vector<Filter> filters;
  int max_results = 0;
  std::string next_token;
};

// ---- snapshots and images

struct CreateSnapshotResponse {
  Snapshot snapshot;
};
struct CreateSnapshotRequest {
  static constexpr std::string_view kAction = "CreateSnapshot";
  static constexpr bool kMutates = true;
  using Response = CreateSnapshotResponse;
  VolumeId volume_id;
  std::string description;
  std::vector<TagSpecification> tag_specifications;
};

struct DeleteSnapshotRequest {
  static constexpr std::string_view kAction = "DeleteSnapshot";
  static constexpr bool kMutates = true;
  using Response = Empty;
  SnapshotId snapshot_id;
};

struct DescribeSnapshotsResponse {
  std::vector<Snapshot> snapshots;
  std::string next_token;
};
struct DescribeSnapshotsRequest {
  static constexpr std::string_view kAction = "DescribeSnapshots";
  static constexpr bool kMutates = false;
  using Response = DescribeSnapshotsResponse;
  std::vector<SnapshotId> snapshot_ids;
  std::vector<Filter> filters;
  int max_results = 0;
  std::string next_token;
  std::vector<std::string> owner_ids = {};
};

struct RegisterImageResponse {
  ImageId image_id;
};
struct RegisterImageRequest {  // Name is unique for account and region: InvalidAMIName.Duplicate
  static constexpr std::string_view kAction = "RegisterImage";
  static constexpr bool kMutates = true;
  using Response = RegisterImageResponse;
  std::string name;
  std::string description;
  std::string architecture;
  std::string root_device_name;
  std::string virtualization_type;
  std::string boot_mode;
  bool ena_support = true;
  std::vector<BlockDeviceMapping> block_device_mappings;
  std::vector<TagSpecification> tag_specifications = {};  // in EC2's newer models only
};

struct DeregisterImageRequest {
  static constexpr std::string_view kAction = "DeregisterImage";
  static constexpr bool kMutates = true;
  using Response = Empty;
  ImageId image_id;
};

struct DescribeImagesResponse {
  std::vector<Image> images;
  std::string next_token;
};
struct DescribeImagesRequest {
  static constexpr std::string_view kAction = "DescribeImages";
  static constexpr bool kMutates = false;
  using Response = DescribeImagesResponse;
  std::vector<ImageId> image_ids;
  std::vector<std::string> owners;
  std::vector<Filter> filters;
  int max_results = 0;
  std::string next_token;
};

// ---- network

struct CreateNetworkInterfaceResponse {
  NetworkInterface network_interface;
};
struct CreateNetworkInterfaceRequest {
  static constexpr std::string_view kAction = "CreateNetworkInterface";
  static constexpr bool kMutates = true;
  using Response = CreateNetworkInterfaceResponse;
  SubnetId subnet_id;
  std::optional<std::string> private_ip_address;
  std::vector<SecurityGroupId> groups;
  std::string description;
  std::string client_token;
  std::vector<TagSpecification> tag_specifications;
  bool operator==(const CreateNetworkInterfaceRequest&) const = default;
};

struct DeleteNetworkInterfaceRequest {
  static constexpr std::string_view kAction = "DeleteNetworkInterface";
  static constexpr bool kMutates = true;
  using Response = Empty;
  InterfaceId network_interface_id;
};

struct DescribeNetworkInterfacesResponse {
  std::vector<NetworkInterface> network_interfaces;
  std::string next_token;
};
struct DescribeNetworkInterfacesRequest {
  static constexpr std::string_view kAction = "DescribeNetworkInterfaces";
  static constexpr bool kMutates = false;
  using Response = DescribeNetworkInterfacesResponse;
  std::vector<InterfaceId> network_interface_ids;
  std::vector<Filter> filters;
  int max_results = 0;
  std::string next_token;
};

struct ModifyNetworkInterfaceAttributeRequest {  // DeleteOnTermination of its attachment
  static constexpr std::string_view kAction = "ModifyNetworkInterfaceAttribute";
  static constexpr bool kMutates = true;
  using Response = Empty;
  InterfaceId network_interface_id;
  std::string attachment_id;
  bool delete_on_termination = false;
};

struct DescribeSubnetsResponse {
  std::vector<Subnet> subnets;
  std::string next_token;
};
struct DescribeSubnetsRequest {
  static constexpr std::string_view kAction = "DescribeSubnets";
  static constexpr bool kMutates = false;
  using Response = DescribeSubnetsResponse;
  std::vector<SubnetId> subnet_ids;
  std::vector<Filter> filters;
  std::string next_token;
  int max_results = 0;
};

struct CreateSubnetResponse {
  Subnet subnet;
};
struct CreateSubnetRequest {
  static constexpr std::string_view kAction = "CreateSubnet";
  static constexpr bool kMutates = true;
  using Response = CreateSubnetResponse;
  VpcId vpc_id;
  std::string cidr_block;
  std::string availability_zone;
  std::vector<TagSpecification> tag_specifications;
};

struct DeleteSubnetRequest {
  static constexpr std::string_view kAction = "DeleteSubnet";
  static constexpr bool kMutates = true;
  using Response = Empty;
  SubnetId subnet_id;
};

struct DescribeVpcsResponse {
  std::vector<Vpc> vpcs;
  std::string next_token;
};
struct DescribeVpcsRequest {
  static constexpr std::string_view kAction = "DescribeVpcs";
  static constexpr bool kMutates = false;
  using Response = DescribeVpcsResponse;
  std::vector<VpcId> vpc_ids;
  std::string next_token;
  std::vector<Filter> filters = {};
  int max_results = 0;
};

struct DescribeSecurityGroupsResponse {
  std::vector<SecurityGroup> security_groups;
  std::string next_token;
};
struct DescribeSecurityGroupsRequest {
  static constexpr std::string_view kAction = "DescribeSecurityGroups";
  static constexpr bool kMutates = false;
  using Response = DescribeSecurityGroupsResponse;
  std::vector<SecurityGroupId> group_ids;
  std::string next_token;
  std::vector<std::string> group_names = {};
  std::vector<Filter> filters = {};
  int max_results = 0;
};

struct CreateSecurityGroupResponse {
  SecurityGroupId group_id;
  std::vector<Tag> tags = {};
};
struct CreateSecurityGroupRequest {
  static constexpr std::string_view kAction = "CreateSecurityGroup";
  static constexpr bool kMutates = true;
  using Response = CreateSecurityGroupResponse;
  std::string group_name;
  std::string description;
  VpcId vpc_id;
  std::vector<TagSpecification> tag_specifications = {};
};

struct DescribeAvailabilityZonesResponse {
  std::vector<AvailabilityZone> availability_zones;
};
struct DescribeAvailabilityZonesRequest {
  static constexpr std::string_view kAction = "DescribeAvailabilityZones";
  static constexpr bool kMutates = false;
  using Response = DescribeAvailabilityZonesResponse;
  std::vector<std::string> zone_names = {};
  std::vector<Filter> filters = {};
};

struct DescribeSpotPriceHistoryResponse {
  std::vector<SpotPrice> spot_price_history;
  std::string next_token;
};
struct DescribeSpotPriceHistoryRequest {
  static constexpr std::string_view kAction = "DescribeSpotPriceHistory";
  static constexpr bool kMutates = false;
  using Response = DescribeSpotPriceHistoryResponse;
  std::vector<std::string> instance_types;
  std::optional<Time> start_time;
  std::string next_token;
  std::string availability_zone = "";
  std::vector<std::string> product_descriptions = {};
  std::optional<Time> end_time = {};
  std::vector<Filter> filters = {};
  int max_results = 0;
};

// ---- tags (resources are named by their plain ids)

struct CreateTagsRequest {
  static constexpr std::string_view kAction = "CreateTags";
  static constexpr bool kMutates = true;
  using Response = Empty;
  std::vector<std::string> resources;
  std::vector<Tag> tags;
};

struct DeleteTagsRequest {
  static constexpr std::string_view kAction = "DeleteTags";
  static constexpr bool kMutates = true;
  using Response = Empty;
  std::vector<std::string> resources;
  std::vector<Tag> tags;
};

using Request =
    std::variant<RunInstancesRequest, TerminateInstancesRequest, RebootInstancesRequest, DescribeInstancesRequest,
                 DescribeInstanceStatusRequest, GetConsoleOutputRequest, ModifyInstanceAttributeRequest,
                 DescribeInstanceTypesRequest, CreateVolumeRequest, DeleteVolumeRequest, AttachVolumeRequest,
                 DetachVolumeRequest, DescribeVolumesRequest, CreateSnapshotRequest, DeleteSnapshotRequest,
                 DescribeSnapshotsRequest, RegisterImageRequest, DeregisterImageRequest, DescribeImagesRequest,
                 CreateNetworkInterfaceRequest, DeleteNetworkInterfaceRequest, DescribeNetworkInterfacesRequest,
                 ModifyNetworkInterfaceAttributeRequest, DescribeSubnetsRequest, CreateSubnetRequest,
                 DeleteSubnetRequest, DescribeVpcsRequest, DescribeSecurityGroupsRequest, CreateSecurityGroupRequest,
                 DescribeAvailabilityZonesRequest, DescribeSpotPriceHistoryRequest, CreateTagsRequest,
                 DeleteTagsRequest>;

using Response =
    std::variant<Empty, RunInstancesResponse, TerminateInstancesResponse, DescribeInstancesResponse,
                 DescribeInstanceStatusResponse, GetConsoleOutputResponse, DescribeInstanceTypesResponse,
                 CreateVolumeResponse, AttachVolumeResponse, DetachVolumeResponse, DescribeVolumesResponse,
                 CreateSnapshotResponse, DescribeSnapshotsResponse, RegisterImageResponse, DescribeImagesResponse,
                 CreateNetworkInterfaceResponse, DescribeNetworkInterfacesResponse, DescribeSubnetsResponse,
                 CreateSubnetResponse, DescribeVpcsResponse, DescribeSecurityGroupsResponse,
                 CreateSecurityGroupResponse, DescribeAvailabilityZonesResponse, DescribeSpotPriceHistoryResponse>;

// Errors carry EC2's code ("InvalidVolume.NotFound") in Error::code and the kind that says what to do about it.
// Thread: implementations may be called from several threads at once.
class Ec2 {
 public:
  virtual ~Ec2() = default;

  // Blocks until answered. An answer holds the request's own Response alternative.
  virtual Result<Response> perform(const Request& request) = 0;

  template <class R>
  Result<typename R::Response> call(const R& request) {
    auto answer = perform(Request(request));
    if (!answer) return Failure(std::move(answer).error());
    auto* response = std::get_if<typename R::Response>(&*answer);
    CHECK(response != nullptr);
    return std::move(*response);
  }
};

std::string_view action_of(const Request& request);
bool mutates(const Request& request);

// The kind an EC2 error code calls for (ec2.md's table); an unknown code that begins with "Internal" or
// "Server" is `unknown_outcome`, any other `invalid`.
ErrorKind kind_of_code(std::string_view code);

// Error with EC2's code and the kind that goes with it.
inline Failure ec2_fail(std::string code, std::string message) {
  ErrorKind kind = kind_of_code(code);
  return fail(kind, std::move(code), std::move(message));
}

// Value of a tag, or nullptr.
const std::string* find_tag(const std::vector<Tag>& tags, std::string_view key);

}  // namespace holdfast::ec2
