// Requests, answers and resources about network beyond ec2.h. Made by scripts/generate-ec2 from EC2's official model; to change it, change scripts/ec2/members.py.
#pragma once

#include "ec2/ec2.h"

namespace holdfast::ec2 {

struct AssignedPrivateIpAddress {
  std::string private_ip_address;
};

struct Address {
  InstanceId instance_id;
  std::string public_ip;
  std::string allocation_id;
  std::string association_id;
  std::string domain;
  InterfaceId network_interface_id;
  std::string network_interface_owner_id;
  std::string private_ip_address;
  std::vector<Tag> tags;
  std::string public_ipv4_pool;
  std::string network_border_group;
};

struct SecurityGroupRule {
  std::string security_group_rule_id;
  SecurityGroupId group_id;
  std::string group_owner_id;
  std::optional<bool> is_egress;
  std::string ip_protocol;
  std::optional<int> from_port;
  std::optional<int> to_port;
  std::string cidr_ipv4;
  std::string description;
  std::vector<Tag> tags;
};

struct AttachNetworkInterfaceResponse {
  std::string attachment_id;
  std::optional<int> network_card_index;
};
struct AttachNetworkInterfaceRequest {
  static constexpr std::string_view kAction = "AttachNetworkInterface";
  static constexpr bool kMutates = true;
  using Response = AttachNetworkInterfaceResponse;
  int device_index = 0;
  InstanceId instance_id;
  InterfaceId network_interface_id;
  std::optional<int> network_card_index;
};

struct DetachNetworkInterfaceRequest {
  static constexpr std::string_view kAction = "DetachNetworkInterface";
  static constexpr bool kMutates = true;
  using Response = Empty;
  std::string attachment_id;
  std::optional<bool> force;
};

struct AssignPrivateIpAddressesResponse {
  InterfaceId network_interface_id;
  std::vector<AssignedPrivateIpAddress> assigned_private_ip_addresses;
};
struct AssignPrivateIpAddressesRequest {
  static constexpr std::string_view kAction = "AssignPrivateIpAddresses";
  static constexpr bool kMutates = true;
  using Response = AssignPrivateIpAddressesResponse;
  std::optional<bool> allow_reassignment;
  InterfaceId network_interface_id;
  std::vector<std::string> private_ip_addresses;
  std::optional<int> secondary_private_ip_address_count;
};

struct UnassignPrivateIpAddressesRequest {
  static constexpr std::string_view kAction = "UnassignPrivateIpAddresses";
  static constexpr bool kMutates = true;
  using Response = Empty;
  InterfaceId network_interface_id;
  std::vector<std::string> private_ip_addresses;
};

struct AllocateAddressResponse {
  std::string public_ip;
  std::string allocation_id;
  std::string public_ipv4_pool;
  std::string network_border_group;
  std::string domain;
};
struct AllocateAddressRequest {
  static constexpr std::string_view kAction = "AllocateAddress";
  static constexpr bool kMutates = true;
  using Response = AllocateAddressResponse;
  std::string domain;
  std::string address;
  std::string public_ipv4_pool;
  std::string network_border_group;
  std::vector<TagSpecification> tag_specifications;
};

struct ReleaseAddressRequest {
  static constexpr std::string_view kAction = "ReleaseAddress";
  static constexpr bool kMutates = true;
  using Response = Empty;
  std::string allocation_id;
  std::string public_ip;
  std::string network_border_group;
};

struct AssociateAddressResponse {
  std::string association_id;
};
struct AssociateAddressRequest {
  static constexpr std::string_view kAction = "AssociateAddress";
  static constexpr bool kMutates = true;
  using Response = AssociateAddressResponse;
  std::string allocation_id;
  InstanceId instance_id;
  std::string public_ip;
  std::optional<bool> allow_reassociation;
  InterfaceId network_interface_id;
  std::string private_ip_address;
};

struct DisassociateAddressRequest {
  static constexpr std::string_view kAction = "DisassociateAddress";
  static constexpr bool kMutates = true;
  using Response = Empty;
  std::string association_id;
  std::string public_ip;
};

struct DescribeAddressesResponse {
  std::vector<Address> addresses;
};
struct DescribeAddressesRequest {
  static constexpr std::string_view kAction = "DescribeAddresses";
  static constexpr bool kMutates = false;
  using Response = DescribeAddressesResponse;
  std::vector<Filter> filters;
  std::vector<std::string> public_ips;
  std::vector<std::string> allocation_ids;
};

struct CreateVpcResponse {
  std::optional<Vpc> vpc;
};
struct CreateVpcRequest {
  static constexpr std::string_view kAction = "CreateVpc";
  static constexpr bool kMutates = true;
  using Response = CreateVpcResponse;
  std::string cidr_block;
  std::string instance_tenancy;
  std::vector<TagSpecification> tag_specifications;
};

struct DeleteVpcRequest {
  static constexpr std::string_view kAction = "DeleteVpc";
  static constexpr bool kMutates = true;
  using Response = Empty;
  VpcId vpc_id;
};

struct DeleteSecurityGroupRequest {
  static constexpr std::string_view kAction = "DeleteSecurityGroup";
  static constexpr bool kMutates = true;
  using Response = Empty;
  SecurityGroupId group_id;
  std::string group_name;
};

struct AuthorizeSecurityGroupIngressResponse {
  std::optional<bool> returned;
  std::vector<SecurityGroupRule> security_group_rules;
};
struct AuthorizeSecurityGroupIngressRequest {
  static constexpr std::string_view kAction = "AuthorizeSecurityGroupIngress";
  static constexpr bool kMutates = true;
  using Response = AuthorizeSecurityGroupIngressResponse;
  SecurityGroupId group_id;
  std::string group_name;
  std::vector<IpPermission> ip_permissions;
  std::string cidr_ip;
  std::optional<int> from_port;
  std::string ip_protocol;
  std::optional<int> to_port;
  std::vector<TagSpecification> tag_specifications;
};

struct RevokeSecurityGroupIngressResponse {
  std::optional<bool> returned;
  std::vector<IpPermission> unknown_ip_permissions;
};
struct RevokeSecurityGroupIngressRequest {
  static constexpr std::string_view kAction = "RevokeSecurityGroupIngress";
  static constexpr bool kMutates = true;
  using Response = RevokeSecurityGroupIngressResponse;
  SecurityGroupId group_id;
  std::string group_name;
  std::vector<IpPermission> ip_permissions;
  std::string cidr_ip;
  std::optional<int> from_port;
  std::string ip_protocol;
  std::optional<int> to_port;
  std::vector<std::string> security_group_rule_ids;
};
}  // namespace holdfast::ec2
