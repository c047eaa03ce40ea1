// The wire form of the actions about network. Made by scripts/generate-ec2 from EC2's official model; to change it, change scripts/ec2/members.py.
#include "ec2/generated/shapes.h"

namespace holdfast::ec2::wire {
namespace shape {

struct NetworkInterfaceAttachment {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"AttachmentId", "attachmentId"}, v.attachment_id);
    a.value({"DeviceIndex", "deviceIndex"}, v.device_index);
    a.value({"InstanceId", "instanceId"}, v.instance_id);
    a.value({"Status", "status"}, v.status);
    a.value({"DeleteOnTermination", "deleteOnTermination"}, v.delete_on_termination);
    a.value({"AttachTime", "attachTime"}, v.attach_time);
  }
};

struct NetworkInterfaceAssociation {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"PublicIp", "publicIp"}, v.public_ip);
    a.value({"AllocationId", "allocationId"}, v.allocation_id);
    a.value({"AssociationId", "associationId"}, v.association_id);
    a.value({"IpOwnerId", "ipOwnerId"}, v.ip_owner_id);
  }
};

struct NetworkInterfacePrivateIpAddress {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"PrivateIpAddress", "privateIpAddress"}, v.private_ip_address);
    a.value({"Primary", "primary"}, v.primary);
    a.template object<NetworkInterfaceAssociation>({"Association", "association"}, v.association);
  }
};

struct NetworkInterface {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"NetworkInterfaceId", "networkInterfaceId"}, v.network_interface_id);
    a.value({"Status", "status"}, v.status);
    a.value({"MacAddress", "macAddress"}, v.mac_address);
    a.value({"PrivateIpAddress", "privateIpAddress"}, v.private_ip_address);
    a.value({"SubnetId", "subnetId"}, v.subnet_id);
    a.value({"VpcId", "vpcId"}, v.vpc_id);
    a.value({"AvailabilityZone", "availabilityZone"}, v.availability_zone);
    a.value({"Description", "description"}, v.description, kAlways);
    a.values_within({"GroupSet", "groupSet"}, {"GroupId", "groupId"}, v.groups);
    a.template object<NetworkInterfaceAttachment>({"Attachment", "attachment"}, v.attachment);
    a.template objects<Tag>({"TagSet", "tagSet"}, v.tag_set);
    a.template objects<NetworkInterfacePrivateIpAddress>(
        {"PrivateIpAddressesSet", "privateIpAddressesSet"}, v.private_ip_addresses);
    a.template object<NetworkInterfaceAssociation>({"Association", "association"}, v.association);
  }
};

struct Subnet {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"SubnetId", "subnetId"}, v.subnet_id);
    a.value({"VpcId", "vpcId"}, v.vpc_id);
    a.value({"State", "state"}, v.state);
    a.value({"CidrBlock", "cidrBlock"}, v.cidr_block);
    a.value({"AvailabilityZone", "availabilityZone"}, v.availability_zone);
    a.value({"AvailableIpAddressCount", "availableIpAddressCount"}, v.available_ip_address_count);
    a.value({"DefaultForAz", "defaultForAz"}, v.default_for_az);
    a.template objects<Tag>({"TagSet", "tagSet"}, v.tags);
  }
};

struct Vpc {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"VpcId", "vpcId"}, v.vpc_id);
    a.value({"State", "state"}, v.state);
    a.value({"CidrBlock", "cidrBlock"}, v.cidr_block);
    a.value({"IsDefault", "isDefault"}, v.is_default);
    a.template objects<Tag>({"TagSet", "tagSet"}, v.tags);
  }
};

struct IpRange {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"CidrIp", "cidrIp"}, v.cidr_ip);
    a.value({"Description", "description"}, v.description);
  }
};

struct UserIdGroupPair {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"Description", "description"}, v.description);
    a.value({"GroupId", "groupId"}, v.group_id);
    a.value({"GroupName", "groupName"}, v.group_name);
    a.value({"UserId", "userId"}, v.user_id);
    a.value({"VpcId", "vpcId"}, v.vpc_id);
  }
};

struct IpPermission {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"FromPort", "fromPort"}, v.from_port);
    a.value({"IpProtocol", "ipProtocol"}, v.ip_protocol);
    a.template objects<IpRange>({"IpRanges", "ipRanges"}, v.ip_ranges);
    a.value({"ToPort", "toPort"}, v.to_port);
    a.template objects<UserIdGroupPair>({"Groups", "groups"}, v.user_id_group_pairs);
  }
};

struct SecurityGroup {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"GroupId", "groupId"}, v.group_id);
    a.value({"GroupName", "groupName"}, v.group_name);
    a.value({"GroupDescription", "groupDescription"}, v.description);
    a.value({"VpcId", "vpcId"}, v.vpc_id);
    a.template objects<Tag>({"TagSet", "tagSet"}, v.tags);
    a.template objects<IpPermission>({"IpPermissions", "ipPermissions"}, v.ip_permissions);
  }
};

struct AssignedPrivateIpAddress {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"PrivateIpAddress", "privateIpAddress"}, v.private_ip_address);
  }
};

struct Address {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"InstanceId", "instanceId"}, v.instance_id);
    a.value({"PublicIp", "publicIp"}, v.public_ip);
    a.value({"AllocationId", "allocationId"}, v.allocation_id);
    a.value({"AssociationId", "associationId"}, v.association_id);
    a.value({"Domain", "domain"}, v.domain);
    a.value({"NetworkInterfaceId", "networkInterfaceId"}, v.network_interface_id);
    a.value({"NetworkInterfaceOwnerId", "networkInterfaceOwnerId"}, v.network_interface_owner_id);
    a.value({"PrivateIpAddress", "privateIpAddress"}, v.private_ip_address);
    a.template objects<Tag>({"TagSet", "tagSet"}, v.tags);
    a.value({"PublicIpv4Pool", "publicIpv4Pool"}, v.public_ipv4_pool);
    a.value({"NetworkBorderGroup", "networkBorderGroup"}, v.network_border_group);
  }
};

struct SecurityGroupRule {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"SecurityGroupRuleId", "securityGroupRuleId"}, v.security_group_rule_id);
    a.value({"GroupId", "groupId"}, v.group_id);
    a.value({"GroupOwnerId", "groupOwnerId"}, v.group_owner_id);
    a.value({"IsEgress", "isEgress"}, v.is_egress);
    a.value({"IpProtocol", "ipProtocol"}, v.ip_protocol);
    a.value({"FromPort", "fromPort"}, v.from_port);
    a.value({"ToPort", "toPort"}, v.to_port);
    a.value({"CidrIpv4", "cidrIpv4"}, v.cidr_ipv4);
    a.value({"Description", "description"}, v.description);
    a.template objects<Tag>({"TagSet", "tagSet"}, v.tags);
  }
};

struct CreateNetworkInterfaceIn {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"SubnetId", "subnetId"}, v.subnet_id, kRequired);
    a.value({"PrivateIpAddress", "privateIpAddress"}, v.private_ip_address);
    a.values({"SecurityGroupId", "SecurityGroupId"}, v.groups);
    a.value({"Description", "description"}, v.description);
    a.value({"ClientToken", "ClientToken"}, v.client_token);
    a.template objects<TagSpecification>({"TagSpecification", "TagSpecification"}, v.tag_specifications);
  }
};

struct CreateNetworkInterfaceOut {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.template object<NetworkInterface>({"NetworkInterface", "networkInterface"}, v.network_interface);
  }
};

struct DeleteNetworkInterfaceIn {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"NetworkInterfaceId", "networkInterfaceId"}, v.network_interface_id, kRequired);
  }
};

struct DescribeNetworkInterfacesIn {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.values({"NetworkInterfaceId", "NetworkInterfaceId"}, v.network_interface_ids);
    a.template objects<Filter>({"Filter", "filter"}, v.filters);
    a.value({"MaxResults", "MaxResults"}, v.max_results, kZeroAbsent);
    a.value({"NextToken", "NextToken"}, v.next_token);
  }
};

struct DescribeNetworkInterfacesOut {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.template objects<NetworkInterface>({"NetworkInterfaceSet", "networkInterfaceSet"}, v.network_interfaces);
    a.value({"NextToken", "nextToken"}, v.next_token);
  }
};

struct ModifyNetworkInterfaceAttributeIn {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"NetworkInterfaceId", "networkInterfaceId"}, v.network_interface_id, kRequired);
    a.within({"Attachment", "attachment"}, [&](auto& b) {
      b.value({"AttachmentId", "attachmentId"}, v.attachment_id, kRequired);
      b.value({"DeleteOnTermination", "deleteOnTermination"}, v.delete_on_termination, kRequired);
    });
  }
};

struct DescribeSubnetsIn {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.values({"SubnetId", "SubnetId"}, v.subnet_ids);
    a.template objects<Filter>({"Filter", "Filter"}, v.filters);
    a.value({"NextToken", "NextToken"}, v.next_token);
    a.value({"MaxResults", "MaxResults"}, v.max_results, kZeroAbsent);
  }
};

struct DescribeSubnetsOut {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.template objects<Subnet>({"SubnetSet", "subnetSet"}, v.subnets);
    a.value({"NextToken", "nextToken"}, v.next_token);
  }
};

struct CreateSubnetIn {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"VpcId", "VpcId"}, v.vpc_id, kRequired);
    a.value({"CidrBlock", "CidrBlock"}, v.cidr_block);
    a.value({"AvailabilityZone", "AvailabilityZone"}, v.availability_zone);
    a.template objects<TagSpecification>({"TagSpecification", "TagSpecification"}, v.tag_specifications);
  }
};

struct CreateSubnetOut {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.template object<Subnet>({"Subnet", "subnet"}, v.subnet);
  }
};

struct DeleteSubnetIn {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"SubnetId", "SubnetId"}, v.subnet_id, kRequired);
  }
};

struct DescribeVpcsIn {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.values({"VpcId", "VpcId"}, v.vpc_ids);
    a.value({"NextToken", "NextToken"}, v.next_token);
    a.template objects<Filter>({"Filter", "Filter"}, v.filters);
    a.value({"MaxResults", "MaxResults"}, v.max_results, kZeroAbsent);
  }
};

struct DescribeVpcsOut {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.template objects<Vpc>({"VpcSet", "vpcSet"}, v.vpcs);
    a.value({"NextToken", "nextToken"}, v.next_token);
  }
};

struct DescribeSecurityGroupsIn {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.values({"GroupId", "GroupId"}, v.group_ids);
    a.value({"NextToken", "NextToken"}, v.next_token);
    a.values({"GroupName", "GroupName"}, v.group_names);
    a.template objects<Filter>({"Filter", "Filter"}, v.filters);
    a.value({"MaxResults", "MaxResults"}, v.max_results, kZeroAbsent);
  }
};

struct DescribeSecurityGroupsOut {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.template objects<SecurityGroup>({"SecurityGroupInfo", "securityGroupInfo"}, v.security_groups);
    a.value({"NextToken", "nextToken"}, v.next_token);
  }
};

struct CreateSecurityGroupIn {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"GroupName", "GroupName"}, v.group_name, kRequired);
    a.value({"GroupDescription", "GroupDescription"}, v.description, kRequired);
    a.value({"VpcId", "VpcId"}, v.vpc_id);
    a.template objects<TagSpecification>({"TagSpecification", "TagSpecification"}, v.tag_specifications);
  }
};

struct CreateSecurityGroupOut {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"GroupId", "groupId"}, v.group_id);
    a.template objects<Tag>({"TagSet", "tagSet"}, v.tags);
  }
};

struct AttachNetworkInterfaceIn {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"DeviceIndex", "deviceIndex"}, v.device_index, kRequired);
    a.value({"InstanceId", "instanceId"}, v.instance_id, kRequired);
    a.value({"NetworkInterfaceId", "networkInterfaceId"}, v.network_interface_id, kRequired);
    a.value({"NetworkCardIndex", "NetworkCardIndex"}, v.network_card_index);
  }
};

struct AttachNetworkInterfaceOut {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"AttachmentId", "attachmentId"}, v.attachment_id);
    a.value({"NetworkCardIndex", "networkCardIndex"}, v.network_card_index);
  }
};

struct DetachNetworkInterfaceIn {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"AttachmentId", "attachmentId"}, v.attachment_id, kRequired);
    a.value({"Force", "force"}, v.force);
  }
};

struct AssignPrivateIpAddressesIn {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"AllowReassignment", "allowReassignment"}, v.allow_reassignment);
    a.value({"NetworkInterfaceId", "networkInterfaceId"}, v.network_interface_id, kRequired);
    a.values({"PrivateIpAddress", "privateIpAddress"}, v.private_ip_addresses);
    a.value({"SecondaryPrivateIpAddressCount", "secondaryPrivateIpAddressCount"}, v.secondary_private_ip_address_count);
  }
};

struct AssignPrivateIpAddressesOut {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"NetworkInterfaceId", "networkInterfaceId"}, v.network_interface_id);
    a.template objects<AssignedPrivateIpAddress>(
        {"AssignedPrivateIpAddressesSet", "assignedPrivateIpAddressesSet"}, v.assigned_private_ip_addresses);
  }
};

struct UnassignPrivateIpAddressesIn {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"NetworkInterfaceId", "networkInterfaceId"}, v.network_interface_id, kRequired);
    a.values({"PrivateIpAddress", "privateIpAddress"}, v.private_ip_addresses);
  }
};

struct AllocateAddressIn {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"Domain", "Domain"}, v.domain);
    a.value({"Address", "Address"}, v.address);
    a.value({"PublicIpv4Pool", "PublicIpv4Pool"}, v.public_ipv4_pool);
    a.value({"NetworkBorderGroup", "NetworkBorderGroup"}, v.network_border_group);
    a.template objects<TagSpecification>({"TagSpecification", "TagSpecification"}, v.tag_specifications);
  }
};

struct AllocateAddressOut {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"PublicIp", "publicIp"}, v.public_ip);
    a.value({"AllocationId", "allocationId"}, v.allocation_id);
    a.value({"PublicIpv4Pool", "publicIpv4Pool"}, v.public_ipv4_pool);
    a.value({"NetworkBorderGroup", "networkBorderGroup"}, v.network_border_group);
    a.value({"Domain", "domain"}, v.domain);
  }
};

struct ReleaseAddressIn {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"AllocationId", "AllocationId"}, v.allocation_id);
    a.value({"PublicIp", "PublicIp"}, v.public_ip);
    a.value({"NetworkBorderGroup", "NetworkBorderGroup"}, v.network_border_group);
  }
};

struct AssociateAddressIn {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"AllocationId", "AllocationId"}, v.allocation_id);
    a.value({"InstanceId", "InstanceId"}, v.instance_id);
    a.value({"PublicIp", "PublicIp"}, v.public_ip);
    a.value({"AllowReassociation", "allowReassociation"}, v.allow_reassociation);
    a.value({"NetworkInterfaceId", "networkInterfaceId"}, v.network_interface_id);
    a.value({"PrivateIpAddress", "privateIpAddress"}, v.private_ip_address);
  }
};

struct AssociateAddressOut {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"AssociationId", "associationId"}, v.association_id);
  }
};

struct DisassociateAddressIn {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"AssociationId", "AssociationId"}, v.association_id);
    a.value({"PublicIp", "PublicIp"}, v.public_ip);
  }
};

struct DescribeAddressesIn {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.template objects<Filter>({"Filter", "Filter"}, v.filters);
    a.values({"PublicIp", "PublicIp"}, v.public_ips);
    a.values({"AllocationId", "AllocationId"}, v.allocation_ids);
  }
};

struct DescribeAddressesOut {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.template objects<Address>({"AddressesSet", "addressesSet"}, v.addresses);
  }
};

struct CreateVpcIn {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"CidrBlock", "CidrBlock"}, v.cidr_block);
    a.value({"InstanceTenancy", "instanceTenancy"}, v.instance_tenancy);
    a.template objects<TagSpecification>({"TagSpecification", "TagSpecification"}, v.tag_specifications);
  }
};

struct CreateVpcOut {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.template object<Vpc>({"Vpc", "vpc"}, v.vpc);
  }
};

struct DeleteVpcIn {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"VpcId", "VpcId"}, v.vpc_id, kRequired);
  }
};

struct DeleteSecurityGroupIn {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"GroupId", "GroupId"}, v.group_id);
    a.value({"GroupName", "GroupName"}, v.group_name);
  }
};

struct AuthorizeSecurityGroupIngressIn {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"GroupId", "GroupId"}, v.group_id);
    a.value({"GroupName", "GroupName"}, v.group_name);
    a.template objects<IpPermission>({"IpPermissions", "IpPermissions"}, v.ip_permissions);
    a.value({"CidrIp", "CidrIp"}, v.cidr_ip);
    a.value({"FromPort", "FromPort"}, v.from_port);
    a.value({"IpProtocol", "IpProtocol"}, v.ip_protocol);
    a.value({"ToPort", "ToPort"}, v.to_port);
    a.template objects<TagSpecification>({"TagSpecification", "TagSpecification"}, v.tag_specifications);
  }
};

struct AuthorizeSecurityGroupIngressOut {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"Return", "return"}, v.returned);
    a.template objects<SecurityGroupRule>({"SecurityGroupRuleSet", "securityGroupRuleSet"}, v.security_group_rules);
  }
};

struct RevokeSecurityGroupIngressIn {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"GroupId", "GroupId"}, v.group_id);
    a.value({"GroupName", "GroupName"}, v.group_name);
    a.template objects<IpPermission>({"IpPermissions", "IpPermissions"}, v.ip_permissions);
    a.value({"CidrIp", "CidrIp"}, v.cidr_ip);
    a.value({"FromPort", "FromPort"}, v.from_port);
    a.value({"IpProtocol", "IpProtocol"}, v.ip_protocol);
    a.value({"ToPort", "ToPort"}, v.to_port);
    a.values({"SecurityGroupRuleId", "SecurityGroupRuleId"}, v.security_group_rule_ids);
  }
};

struct RevokeSecurityGroupIngressOut {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"Return", "return"}, v.returned);
    a.template objects<IpPermission>({"UnknownIpPermissionSet", "unknownIpPermissionSet"}, v.unknown_ip_permissions);
  }
};

}  // namespace shape

template <>
struct ShapesOf<CreateNetworkInterfaceRequest> {
  using In = shape::CreateNetworkInterfaceIn;
  using Out = shape::CreateNetworkInterfaceOut;
};
template struct Wire<CreateNetworkInterfaceRequest>;

template <>
struct ShapesOf<DeleteNetworkInterfaceRequest> {
  using In = shape::DeleteNetworkInterfaceIn;
  using Out = ReturnTrue;
};
template struct Wire<DeleteNetworkInterfaceRequest>;

template <>
struct ShapesOf<DescribeNetworkInterfacesRequest> {
  using In = shape::DescribeNetworkInterfacesIn;
  using Out = shape::DescribeNetworkInterfacesOut;
};
template struct Wire<DescribeNetworkInterfacesRequest>;

template <>
struct ShapesOf<ModifyNetworkInterfaceAttributeRequest> {
  using In = shape::ModifyNetworkInterfaceAttributeIn;
  using Out = ReturnTrue;
};
template struct Wire<ModifyNetworkInterfaceAttributeRequest>;

template <>
struct ShapesOf<DescribeSubnetsRequest> {
  using In = shape::DescribeSubnetsIn;
  using Out = shape::DescribeSubnetsOut;
};
template struct Wire<DescribeSubnetsRequest>;

template <>
struct ShapesOf<CreateSubnetRequest> {
  using In = shape::CreateSubnetIn;
  using Out = shape::CreateSubnetOut;
};
template struct Wire<CreateSubnetRequest>;

template <>
struct ShapesOf<DeleteSubnetRequest> {
  using In = shape::DeleteSubnetIn;
  using Out = ReturnTrue;
};
template struct Wire<DeleteSubnetRequest>;

template <>
struct ShapesOf<DescribeVpcsRequest> {
  using In = shape::DescribeVpcsIn;
  using Out = shape::DescribeVpcsOut;
};
template struct Wire<DescribeVpcsRequest>;

template <>
struct ShapesOf<DescribeSecurityGroupsRequest> {
  using In = shape::DescribeSecurityGroupsIn;
  using Out = shape::DescribeSecurityGroupsOut;
};
template struct Wire<DescribeSecurityGroupsRequest>;

template <>
struct ShapesOf<CreateSecurityGroupRequest> {
  using In = shape::CreateSecurityGroupIn;
  using Out = shape::CreateSecurityGroupOut;
};
template struct Wire<CreateSecurityGroupRequest>;

template <>
struct ShapesOf<AttachNetworkInterfaceRequest> {
  using In = shape::AttachNetworkInterfaceIn;
  using Out = shape::AttachNetworkInterfaceOut;
};
template struct Wire<AttachNetworkInterfaceRequest>;

template <>
struct ShapesOf<DetachNetworkInterfaceRequest> {
  using In = shape::DetachNetworkInterfaceIn;
  using Out = ReturnTrue;
};
template struct Wire<DetachNetworkInterfaceRequest>;

template <>
struct ShapesOf<AssignPrivateIpAddressesRequest> {
  using In = shape::AssignPrivateIpAddressesIn;
  using Out = shape::AssignPrivateIpAddressesOut;
};
template struct Wire<AssignPrivateIpAddressesRequest>;

template <>
struct ShapesOf<UnassignPrivateIpAddressesRequest> {
  using In = shape::UnassignPrivateIpAddressesIn;
  using Out = ReturnTrue;
};
template struct Wire<UnassignPrivateIpAddressesRequest>;

template <>
struct ShapesOf<AllocateAddressRequest> {
  using In = shape::AllocateAddressIn;
  using Out = shape::AllocateAddressOut;
};
template struct Wire<AllocateAddressRequest>;

template <>
struct ShapesOf<ReleaseAddressRequest> {
  using In = shape::ReleaseAddressIn;
  using Out = ReturnTrue;
};
template struct Wire<ReleaseAddressRequest>;

template <>
struct ShapesOf<AssociateAddressRequest> {
  using In = shape::AssociateAddressIn;
  using Out = shape::AssociateAddressOut;
};
template struct Wire<AssociateAddressRequest>;

template <>
struct ShapesOf<DisassociateAddressRequest> {
  using In = shape::DisassociateAddressIn;
  using Out = ReturnTrue;
};
template struct Wire<DisassociateAddressRequest>;

template <>
struct ShapesOf<DescribeAddressesRequest> {
  using In = shape::DescribeAddressesIn;
  using Out = shape::DescribeAddressesOut;
};
template struct Wire<DescribeAddressesRequest>;

template <>
struct ShapesOf<CreateVpcRequest> {
  using In = shape::CreateVpcIn;
  using Out = shape::CreateVpcOut;
};
template struct Wire<CreateVpcRequest>;

template <>
struct ShapesOf<DeleteVpcRequest> {
  using In = shape::DeleteVpcIn;
  using Out = ReturnTrue;
};
template struct Wire<DeleteVpcRequest>;

template <>
struct ShapesOf<DeleteSecurityGroupRequest> {
  using In = shape::DeleteSecurityGroupIn;
  using Out = ReturnTrue;
};
template struct Wire<DeleteSecurityGroupRequest>;

template <>
struct ShapesOf<AuthorizeSecurityGroupIngressRequest> {
  using In = shape::AuthorizeSecurityGroupIngressIn;
  using Out = shape::AuthorizeSecurityGroupIngressOut;
};
template struct Wire<AuthorizeSecurityGroupIngressRequest>;

template <>
struct ShapesOf<RevokeSecurityGroupIngressRequest> {
  using In = shape::RevokeSecurityGroupIngressIn;
  using Out = shape::RevokeSecurityGroupIngressOut;
};
template struct Wire<RevokeSecurityGroupIngressRequest>;

}  // namespace holdfast::ec2::wire
