// Interfaces that come and go, secondary and Elastic IP addresses, VPCs and the rules of security groups: on the null
// substrate.
#include <gmock/gmock.h>

#include "cloud/test_cloud.h"

namespace holdfast::cloud {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class NetworkActions : public TestCloud {
 protected:
  std::string attach(const InterfaceId& eni, const InstanceId& id, int index = 1) {
    return ok(ec2::AttachNetworkInterfaceRequest{index, id, eni, {}}).attachment_id;
  }
  std::string attach_code(const InterfaceId& eni, const InstanceId& id, int index = 1) {
    return code(ec2::AttachNetworkInterfaceRequest{index, id, eni, {}});
  }
  InstanceId on_demand() {
    auto request = launch_request();
    request.spot_options.reset();
    auto id = ok(request).instances.at(0).instance_id;
    settle();
    return id;
  }
  ec2::AssociateAddressRequest associate(const std::string& allocation, const InterfaceId& eni) {
    ec2::AssociateAddressRequest request;
    request.allocation_id = allocation, request.network_interface_id = eni;
    return request;
  }
  std::string allocate() { return ok(ec2::AllocateAddressRequest{}).allocation_id; }
  ec2::Address address(const std::string& allocation) {
    return ok(ec2::DescribeAddressesRequest{{}, {}, {allocation}}).addresses.at(0);
  }
  ec2::SecurityGroup group(const SecurityGroupId& id) {
    ec2::DescribeSecurityGroupsRequest request;
    request.group_ids = {id};
    return ok(request).security_groups.at(0);
  }
  SecurityGroupId make_group(const std::string& name, const VpcId& vpc = VpcId()) {
    return ok(ec2::CreateSecurityGroupRequest{name, "for tests", vpc}).group_id;
  }
  static ec2::AuthorizeSecurityGroupIngressRequest allow(const SecurityGroupId& id, int port,
                                                         const std::string& cidr = "10.0.0.0/8") {
    ec2::AuthorizeSecurityGroupIngressRequest request;
    request.group_id = id, request.ip_permissions = {{port, "tcp", {{cidr, "why"}}, port, {}}};
    return request;
  }
};

TEST_F(NetworkActions, AnInterfaceIsAttachedToARunningInstanceAndDetached) {
  auto id = launch();
  auto eni = make_interface();
  slow(std::chrono::seconds(1));
  auto attachment = attach(eni, id);
  EXPECT_EQ(interface(eni).attachment->status, "attaching");
  EXPECT_EQ(attach_code(eni, id, 2), "InvalidNetworkInterface.InUse");
  EXPECT_EQ(code(ec2::DetachNetworkInterfaceRequest{attachment, {}}), "IncorrectState");
  runtime_.advance(std::chrono::milliseconds(1500));
  EXPECT_EQ(interface(eni).attachment->status, "attached");
  EXPECT_THAT(substrate_->machine(id)->interfaces, SizeIs(2));
  EXPECT_THAT(instance(id).network_interfaces, SizeIs(2));
  EXPECT_EQ(attach_code(make_interface(), id), "InvalidParameterValue");     // the index is taken
  EXPECT_EQ(attach_code(make_interface(), id, 0), "InvalidParameterValue");  // so is the primary's
  EXPECT_EQ(attach_code(make_interface(), id, 99), "InvalidParameterValue");
  ec2::CreateNetworkInterfaceRequest far;
  far.subnet_id = SubnetId(kSubnetB);
  EXPECT_EQ(attach_code(ok(far).network_interface.network_interface_id, id, 2), "InvalidParameterCombination");
  ok(ec2::DetachNetworkInterfaceRequest{attachment, {}});
  EXPECT_EQ(interface(eni).attachment->status, "detaching");
  runtime_.advance(std::chrono::milliseconds(1500));
  EXPECT_EQ(interface(eni).status, "available");
  EXPECT_THAT(substrate_->machine(id)->interfaces, SizeIs(1));
  EXPECT_EQ(code(ec2::DetachNetworkInterfaceRequest{attachment, {}}), "InvalidAttachmentID.NotFound");
  auto primary = instance(id).network_interfaces.at(0).attachment->attachment_id;
  EXPECT_EQ(code(ec2::DetachNetworkInterfaceRequest{primary, {}}), "OperationNotPermitted");
  terminate(id);
  EXPECT_EQ(attach_code(eni, id), "IncorrectState");
}

TEST_F(NetworkActions, AnAttachmentIsFinishedAfterACrashAndEndsWithTheInstance) {
  auto id = launch();
  auto eni = make_interface();
  slow(std::chrono::seconds(1));
  attach(eni, id);
  crash(false);
  slow(Duration(0));
  reopen();
  EXPECT_EQ(interface(eni).attachment->status, "attached");
  EXPECT_THAT(substrate_->machine(id)->interfaces, SizeIs(2));
  terminate(id);
  settle();
  EXPECT_EQ(interface(eni).status, "available");
}

TEST_F(NetworkActions, AStoppedInstanceTakesAnInterfaceAtOnce) {
  auto id = on_demand();
  ok(ec2::StopInstancesRequest{{id}, {}, {}, {}});
  settle();
  auto eni = make_interface();
  attach(eni, id);
  EXPECT_EQ(interface(eni).attachment->status, "attached");
  ok(ec2::StartInstancesRequest{{id}});
  settle();
  EXPECT_THAT(substrate_->machine(id)->interfaces, SizeIs(2));
}

TEST_F(NetworkActions, SecondaryAddressesAreReservedAndGivenBack) {
  auto eni = make_interface(), other = make_interface();
  ec2::AssignPrivateIpAddressesRequest request;
  request.network_interface_id = eni, request.private_ip_addresses = {"10.31.0.50"};
  EXPECT_EQ(ok(request).assigned_private_ip_addresses.at(0).private_ip_address, "10.31.0.50");
  ok(request);  // it has it already
  EXPECT_THAT(interface(eni).private_ip_addresses, SizeIs(2));
  EXPECT_TRUE(interface(eni).private_ip_addresses.at(0).primary);
  request.network_interface_id = other;
  EXPECT_EQ(code(request), "InvalidIPAddress.InUse");
  request.allow_reassignment = true;
  ok(request);
  EXPECT_THAT(interface(eni).private_ip_addresses, SizeIs(1));
  request.private_ip_addresses = {interface(eni).private_ip_address};
  EXPECT_EQ(code(request), "InvalidIPAddress.InUse");  // a primary one does not move
  request.private_ip_addresses.clear(), request.secondary_private_ip_address_count = 3;
  EXPECT_THAT(ok(request).assigned_private_ip_addresses, SizeIs(3));
  request.secondary_private_ip_address_count = 14;
  EXPECT_EQ(code(request), "PrivateIpAddressLimitExceeded");
  request.private_ip_addresses = {"10.31.0.60"};
  EXPECT_EQ(code(request), "InvalidParameterCombination");
  crash(true);
  reopen();
  EXPECT_THAT(interface(other).private_ip_addresses, SizeIs(5));
  EXPECT_EQ(code(ec2::UnassignPrivateIpAddressesRequest{other, {interface(other).private_ip_address}}),
            "InvalidParameterValue");
  ok(ec2::UnassignPrivateIpAddressesRequest{other, {"10.31.0.50"}});
  request.network_interface_id = eni, request.secondary_private_ip_address_count.reset();
  request.private_ip_addresses = {"10.31.0.50"}, request.allow_reassignment.reset();
  ok(request);
  ok(ec2::DeleteNetworkInterfaceRequest{eni});
  request.network_interface_id = other;
  ok(request);  // free again with its interface
}

TEST_F(NetworkActions, AnElasticAddressIsShownWhereItBelongs) {
  auto id = launch();
  auto eni = instance(id).network_interfaces.at(0).network_interface_id;
  auto made = ok(ec2::AllocateAddressRequest{"vpc", "", "", "", {{"elastic-ip", {{"a", "b"}}}}});
  EXPECT_EQ(made.domain, "vpc");
  ec2::AssociateAddressRequest request;
  request.allocation_id = made.allocation_id, request.instance_id = id;
  auto association = ok(request).association_id;
  EXPECT_EQ(ok(request).association_id, association);  // it is there already
  EXPECT_EQ(instance(id).public_ip_address, made.public_ip);
  EXPECT_EQ(interface(eni).association->association_id, association);
  EXPECT_EQ(address(made.allocation_id).instance_id, id);
  EXPECT_EQ(ok(ec2::DescribeAddressesRequest{{{"instance-id", {id.str()}}, {"tag:a", {"b"}}}, {}, {}}).addresses.size(),
            1u);
  EXPECT_EQ(code(ec2::ReleaseAddressRequest{made.allocation_id, "", ""}), "InvalidIPAddress.InUse");
  ec2::DescribeNetworkInterfacesRequest by_address;
  by_address.filters = {{"association.public-ip", {made.public_ip}}};
  EXPECT_THAT(ok(by_address).network_interfaces, SizeIs(1));
  crash(true);
  reopen();
  EXPECT_EQ(instance(id).public_ip_address, made.public_ip);
  ok(ec2::DisassociateAddressRequest{association, ""});
  EXPECT_EQ(code(ec2::DisassociateAddressRequest{association, ""}), "InvalidAssociationID.NotFound");
  EXPECT_EQ(instance(id).public_ip_address, "");
  ok(ec2::ReleaseAddressRequest{made.allocation_id, "", ""});
  EXPECT_EQ(code(ec2::ReleaseAddressRequest{made.allocation_id, "", ""}), "InvalidAllocationID.NotFound");
  EXPECT_EQ(code(ec2::ReleaseAddressRequest{"", "198.18.9.9", ""}), "InvalidAddress.NotFound");
  EXPECT_EQ(code(ec2::ReleaseAddressRequest{}), "MissingParameter");
}

TEST_F(NetworkActions, AnElasticAddressMovesOnlyIfThatIsAllowed) {
  auto first = make_interface(), second = make_interface();
  auto one = allocate(), two = allocate();
  ok(associate(one, first));
  auto move = associate(one, second);
  move.allow_reassociation = false;
  EXPECT_EQ(code(move), "Resource.AlreadyAssociated");
  ok(associate(two, second));
  move.allow_reassociation = true;
  ok(move);
  EXPECT_EQ(address(one).network_interface_id, second);
  EXPECT_EQ(address(two).association_id, "");  // the one it had stays allocated
  move.private_ip_address = "10.31.0.99";
  EXPECT_EQ(code(move), "InvalidParameterValue");
  ok(ec2::DeleteNetworkInterfaceRequest{second});
  EXPECT_EQ(address(one).association_id, "");
  EXPECT_EQ(code(associate(one, second)), "InvalidNetworkInterfaceID.NotFound");
  EXPECT_EQ(code(ec2::AllocateAddressRequest{"standard", "", "", "", {}}), "InvalidParameterValue");
  EXPECT_EQ(code(ec2::AllocateAddressRequest{"", "1.2.3.4", "", "", {}}), "InvalidAddress.NotFound");
  for (int i = 2; i < 100; ++i) allocate();
  EXPECT_EQ(code(ec2::AllocateAddressRequest{}), "AddressLimitExceeded");
}

TEST_F(NetworkActions, AVpcGoesOnlyWhenNothingIsInIt) {
  auto vpc = ok(ec2::CreateVpcRequest{"10.40.0.0/16", "", {{"vpc", {{"a", "b"}}}}}).vpc->vpc_id;
  EXPECT_EQ(code(ec2::CreateVpcRequest{"10.40.0.0/8", "", {}}), "InvalidParameterValue");  // not its first address
  EXPECT_EQ(code(ec2::CreateVpcRequest{"10.0.0.0/8", "", {}}), "InvalidVpc.Range");
  EXPECT_EQ(code(ec2::CreateVpcRequest{"", "", {}}), "MissingParameter");
  EXPECT_EQ(code(ec2::CreateVpcRequest{"10.50.0.0/16", "dedicated", {}}), "InvalidParameterValue");
  auto subnet = ok(ec2::CreateSubnetRequest{vpc, "10.40.0.0/20", "", {}}).subnet.subnet_id;
  settle();
  EXPECT_EQ(code(ec2::DeleteVpcRequest{vpc}), "DependencyViolation");
  ok(ec2::DeleteSubnetRequest{subnet});
  auto web = make_group("web", vpc);
  EXPECT_EQ(code(ec2::DeleteVpcRequest{vpc}), "DependencyViolation");
  ok(ec2::DeleteSecurityGroupRequest{web, ""});
  ok(ec2::DeleteVpcRequest{vpc});
  EXPECT_EQ(code(ec2::DeleteVpcRequest{vpc}), "InvalidVpcID.NotFound");
  EXPECT_THAT(ok(ec2::DescribeSecurityGroupsRequest{}).security_groups, SizeIs(1));  // its default went with it
}

TEST_F(NetworkActions, RulesOfSecurityGroupsAreKeptAndShown) {
  auto web = make_group("web");
  auto made = ok(allow(web, 443)).security_group_rules.at(0);
  EXPECT_TRUE(made.security_group_rule_id.starts_with("sgr-"));
  EXPECT_EQ(made.from_port, 443);
  EXPECT_EQ(code(allow(web, 443)), "InvalidPermission.Duplicate");
  ok(allow(web, 443, "192.168.0.0/16"));
  ec2::AuthorizeSecurityGroupIngressRequest plain;
  plain.group_id = web, plain.ip_protocol = "icmp", plain.from_port = -1, plain.to_port = -1,
  plain.cidr_ip = "0.0.0.0/0";
  ok(plain);
  crash(true);
  reopen();
  auto shown = group(web).ip_permissions;
  ASSERT_THAT(shown, SizeIs(2));
  EXPECT_THAT(shown[0].ip_ranges, SizeIs(2));
  EXPECT_EQ(shown[0].ip_ranges[0].description, "why");
  ec2::DescribeSecurityGroupsRequest look;
  look.filters = {{"ip-permission.cidr", {"192.168.*"}}, {"ip-permission.from-port", {"443"}}};
  EXPECT_THAT(ok(look).security_groups, SizeIs(1));
  ec2::RevokeSecurityGroupIngressRequest revoke;
  revoke.group_id = web, revoke.ip_permissions = allow(web, 443).ip_permissions;
  EXPECT_THAT(ok(revoke).unknown_ip_permissions, IsEmpty());
  EXPECT_THAT(ok(revoke).unknown_ip_permissions, SizeIs(1));  // the default VPC tells
  revoke.ip_permissions.clear(), revoke.security_group_rule_ids = {made.security_group_rule_id};
  EXPECT_EQ(code(revoke), "InvalidSecurityGroupRuleId.NotFound");
  auto vpc = ok(ec2::CreateVpcRequest{"10.40.0.0/16", "", {}}).vpc->vpc_id;
  revoke.group_id = make_group("there", vpc), revoke.security_group_rule_ids.clear();
  revoke.ip_permissions = allow(web, 443).ip_permissions;
  EXPECT_EQ(code(revoke), "InvalidPermission.NotFound");
}

TEST_F(NetworkActions, RulesThatCannotBeAreRefused) {
  auto web = make_group("web");
  auto with = [&](auto change) {
    auto request = allow(web, 443);
    change(request);
    return code(request);
  };
  EXPECT_EQ(with([](auto& r) { r.ip_permissions.clear(); }), "MissingParameter");
  EXPECT_EQ(with([](auto& r) { r.cidr_ip = "0.0.0.0/0"; }), "InvalidParameterCombination");
  EXPECT_EQ(with([](auto& r) { r.ip_permissions[0].ip_protocol = "carrier-pigeon"; }), "InvalidParameterValue");
  EXPECT_EQ(with([](auto& r) { r.ip_permissions[0].to_port = 70000; }), "InvalidParameterValue");
  EXPECT_EQ(with([](auto& r) { r.ip_permissions[0].from_port.reset(); }), "MissingParameter");
  EXPECT_EQ(with([](auto& r) { r.ip_permissions[0].ip_ranges[0].cidr_ip = "10.0.0.1/8"; }), "InvalidParameterValue");
  EXPECT_EQ(with([](auto& r) { r.ip_permissions[0].ip_ranges.clear(); }), "MissingParameter");
  EXPECT_EQ(
      with([](auto& r) {
        r.ip_permissions[0].user_id_group_pairs = {{"", SecurityGroupId("sg-0000000000000abcd"), "", "", VpcId()}};
      }),
      "InvalidGroup.NotFound");
  EXPECT_EQ(with([](auto& r) { r.group_id = SecurityGroupId(), r.group_name = "nobody"; }), "InvalidGroup.NotFound");
  EXPECT_THAT(group(web).ip_permissions, IsEmpty());
}

TEST_F(NetworkActions, AGroupInUseStays) {
  auto web = make_group("web"), db = make_group("db");
  EXPECT_EQ(code(ec2::DeleteSecurityGroupRequest{SecurityGroupId(kDefaultSecurityGroup), ""}), "CannotDelete");
  ec2::CreateNetworkInterfaceRequest request;
  request.subnet_id = SubnetId(kSubnetA), request.groups = {web};
  auto eni = ok(request).network_interface.network_interface_id;
  EXPECT_EQ(code(ec2::DeleteSecurityGroupRequest{web, ""}), "DependencyViolation");
  ok(ec2::DeleteNetworkInterfaceRequest{eni});
  ec2::AuthorizeSecurityGroupIngressRequest from_web;
  from_web.group_id = db, from_web.ip_permissions = {{5432, "tcp", {}, 5432, {{"", web, "", "", VpcId()}}}};
  ok(from_web);
  EXPECT_EQ(code(ec2::DeleteSecurityGroupRequest{SecurityGroupId(), "web"}), "DependencyViolation");
  ok(ec2::DeleteSecurityGroupRequest{db, ""});
  ok(ec2::DeleteSecurityGroupRequest{SecurityGroupId(), "web"});
  EXPECT_EQ(code(ec2::DeleteSecurityGroupRequest{web, ""}), "InvalidGroup.NotFound");
}

}  // namespace
}  // namespace holdfast::cloud
