// EC2's resources as its answers show them. Members carry the official model's names in snake_case, and enumerations
// its own words ("running", "in-use"), so that a reader of EC2's documentation is at home and the wire form follows.
// Only members in use are here. Sizes are GiB, as in EC2.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/time.h"

namespace holdfast::ec2 {

struct Tag {
  std::string key;
  std::string value;
  bool operator==(const Tag&) const = default;
};

struct TagSpecification {
  std::string resource_type;  // "instance", "volume", "snapshot", "image", "network-interface"
  std::vector<Tag> tags;
  bool operator==(const TagSpecification&) const = default;
};

// name: as EC2 documents for the action, "tag:KEY" among them. Values are alternatives; * and ? are wildcards.
struct Filter {
  std::string name;
  std::vector<std::string> values;
};

struct EbsBlockDevice {
  std::optional<SnapshotId> snapshot_id;
  std::optional<int> volume_size;
  std::string volume_type;  // empty: gp3
  std::optional<int> iops;
  std::optional<int> throughput;
  std::optional<bool> encrypted;
  std::optional<bool> delete_on_termination;  // EC2's default is true: always said explicitly for what is persisted
  std::string kms_key_id = {};
  bool operator==(const EbsBlockDevice&) const = default;
};

struct BlockDeviceMapping {
  std::string device_name;
  std::optional<EbsBlockDevice> ebs;
  bool no_device = false;
  bool operator==(const BlockDeviceMapping&) const = default;
};

struct InstanceBlockDevice {
  std::string device_name;
  VolumeId volume_id;
  std::string status;  // attaching attached detaching detached
  bool delete_on_termination = true;
  Time attach_time{};
};

struct InterfaceAttachment {
  std::string attachment_id;
  int device_index = 0;
  InstanceId instance_id;
  std::string status;  // attaching attached detaching detached
  bool delete_on_termination = true;
  Time attach_time{};
};

// The public address of a private one.
struct NetworkInterfaceAssociation {
  std::string public_ip;
  std::string allocation_id;   // not shown within an instance
  std::string association_id;  // not shown within an instance
  std::string ip_owner_id;
};

struct NetworkInterfacePrivateIpAddress {
  std::string private_ip_address;
  bool primary = false;
  std::optional<NetworkInterfaceAssociation> association;
};

struct NetworkInterface {
  InterfaceId network_interface_id;
  std::string status;  // available associated attaching in-use detaching
  std::string mac_address;
  std::string private_ip_address;
  SubnetId subnet_id;
  VpcId vpc_id;
  std::string availability_zone;
  std::string description;
  std::vector<SecurityGroupId> groups;
  std::optional<InterfaceAttachment> attachment;
  std::vector<Tag> tag_set;
  std::vector<NetworkInterfacePrivateIpAddress> private_ip_addresses = {};  // the primary one first
  std::optional<NetworkInterfaceAssociation> association = {};              // of the primary address
};

struct StateReason {
  std::string code;  // e.g. Server.SpotInstanceTermination, Client.InstanceInitiatedShutdown
  std::string message;
};

struct Instance {
  InstanceId instance_id;
  ImageId image_id;
  std::string state;  // pending running shutting-down terminated stopping stopped
  std::optional<StateReason> state_reason;
  std::string instance_type;
  std::string instance_lifecycle;  // "spot", empty for on demand
  std::string availability_zone;
  SubnetId subnet_id;
  VpcId vpc_id;
  std::string private_ip_address;
  std::string public_ip_address;
  std::string root_device_name;
  std::vector<InstanceBlockDevice> block_device_mappings;
  std::vector<NetworkInterface> network_interfaces;
  std::vector<SecurityGroupId> security_groups;
  std::string client_token;
  Time launch_time{};
  std::vector<Tag> tags;
  std::string reservation_id = {};  // of the launch it came from
  std::string owner_id = {};        // the account
  std::string monitoring = {};      // enabled disabled
  std::string key_name = {};
  std::string spot_instance_request_id = {};
  std::optional<bool> ebs_optimized = {};
  std::string tenancy = {};  // default dedicated host
  std::string iam_instance_profile_arn = {};
  std::string http_tokens = {};
  std::optional<int> http_put_response_hop_limit = {};
  std::string instance_metadata_tags = {};
};

struct VolumeAttachment {
  InstanceId instance_id;
  std::string device;
  std::string state;  // attaching attached detaching detached busy
  bool delete_on_termination = false;
  Time attach_time{};
  VolumeId volume_id = {};
};

struct Volume {
  VolumeId volume_id;
  std::string state;  // creating available in-use deleting deleted error
  int size = 0;
  std::optional<SnapshotId> snapshot_id;
  std::string volume_type;
  std::optional<int> iops;
  std::optional<int> throughput;
  bool encrypted = false;
  std::string availability_zone;
  Time create_time{};
  std::vector<VolumeAttachment> attachments;
  std::vector<Tag> tags;
};

struct Snapshot {
  SnapshotId snapshot_id;
  VolumeId volume_id;
  int volume_size = 0;
  std::string state;     // pending completed error recoverable recovering
  std::string progress;  // "100%"
  std::string description;
  Time start_time{};
  std::optional<Time> completion_time;
  std::vector<Tag> tags;
};

struct Image {
  ImageId image_id;
  std::string name;
  std::string description;
  std::string state;  // pending available invalid deregistered transient failed error disabled
  std::string architecture;
  std::string root_device_name;
  std::string root_device_type;     // "ebs"
  std::string virtualization_type;  // "hvm"
  std::string boot_mode;
  std::string platform_details;
  bool ena_support = true;
  bool is_public = false;
  std::vector<BlockDeviceMapping> block_device_mappings;
  Time creation_date{};
  std::vector<Tag> tags;
};

struct Subnet {
  SubnetId subnet_id;
  VpcId vpc_id;
  std::string state;
  std::string cidr_block;
  std::string availability_zone;
  int available_ip_address_count = 0;
  bool default_for_az = false;
  std::vector<Tag> tags;
};

struct Vpc {
  VpcId vpc_id;
  std::string state;
  std::string cidr_block;
  bool is_default = false;
  std::vector<Tag> tags;
};

struct IpRange {
  std::string cidr_ip;
  std::string description;
};

struct UserIdGroupPair {
  std::string description;
  SecurityGroupId group_id;
  std::string group_name;
  std::string user_id;
  VpcId vpc_id;
};

struct IpPermission {
  std::optional<int> from_port;
  std::string ip_protocol;
  std::vector<IpRange> ip_ranges;
  std::optional<int> to_port;
  std::vector<UserIdGroupPair> user_id_group_pairs;
};

struct SecurityGroup {
  SecurityGroupId group_id;
  std::string group_name;
  std::string description;
  VpcId vpc_id;
  std::vector<Tag> tags;
  std::vector<IpPermission> ip_permissions = {};  // what may come in
};

struct AvailabilityZone {
  std::string zone_name;
  std::string zone_id;
  std::string region_name;
  std::string state;
};

struct GpuInfo {
  std::vector<int> counts;  // of each kind of GPU that it has
};

struct InstanceTypeInfo {
  std::string instance_type;
  int default_v_cpus = 0;
  int size_in_mi_b = 0;
  std::string architecture;
  std::string encryption_support = {};     // of its volumes: supported unsupported
  std::string ebs_optimized_support = {};  // default supported unsupported
  std::optional<GpuInfo> gpu_info = {};
  std::optional<bool> burstable_performance_supported = {};
};

struct SpotPrice {
  std::string instance_type;
  std::string availability_zone;
  std::string product_description;
  double spot_price = 0;  // USD an hour
  Time timestamp{};
};

struct InstanceStatus {
  InstanceId instance_id;
  std::string availability_zone;
  std::string instance_state;
  std::string instance_status;  // ok impaired insufficient-data not-applicable initializing
  std::string system_status;
};

}  // namespace holdfast::ec2
