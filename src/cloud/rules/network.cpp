// Subnets, security groups (as data: nothing is filtered), and what a new data directory comes with.
#include <algorithm>

#include "cloud/cidr.h"
#include "cloud/lookup.h"
#include "cloud/rules.h"
#include "cloud/views.h"

namespace holdfast::cloud {

Answer act(Call& call, const ec2::CreateSubnetRequest& request) {
  HF_TRY(const Vpc* vpc, need(call.model.vpcs, request.vpc_id, "VpcId"));
  HF_TRY_VOID(check_tag_specifications(request.tag_specifications, {"subnet"}));
  auto cidr = Cidr::parse(request.cidr_block);
  auto whole = Cidr::parse(vpc->cidr);
  if (!cidr || cidr->bits < 16 || cidr->bits > 28) {
    return bad_value("'" + request.cidr_block + "' is not a block of /16 to /28, like 10.31.64.0/20.", "CidrBlock");
  }
  if (!whole || !whole->contains(*cidr)) {
    return fail(ErrorKind::invalid, "InvalidSubnet.Range", "The block is not within the VPC's, " + vpc->cidr + ".",
                "CidrBlock");
  }
  for (const auto& [id, subnet] : call.model.subnets.rows()) {
    if (Cidr::parse(subnet.cidr)->overlaps(*cidr)) {
      return fail(ErrorKind::invalid, "InvalidSubnet.Conflict",
                  "The block overlaps that of " + id.str() + ", " + subnet.cidr + ".", "CidrBlock");
    }
  }
  const std::string& region = call.model.meta.find(kMetaKey)->region;
  std::string zone = request.availability_zone.empty() ? region + "a" : request.availability_zone;
  if (zone != region + "a" && zone != region + "b" && zone != region + "c") {
    return fail(ErrorKind::invalid, "InvalidZone.NotFound", "The zone '" + zone + "' does not exist.",
                "AvailabilityZone");
  }
  Subnet subnet;
  subnet.id = fresh_id(call.model.subnets, call.random);
  subnet.vpc = vpc->id, subnet.cidr = request.cidr_block, subnet.zone = zone, subnet.state = "pending";
  subnet.outside = call.model.subnets.rows().empty() ? false : call.model.subnets.rows().begin()->second.outside;
  subnet.tags = tags_for(request.tag_specifications, "subnet");
  call.model.subnets.put(subnet.id, subnet);
  return ec2::CreateSubnetResponse{view(call.model, subnet)};
}

// Safe: only one without interfaces, so that nothing of anybody is in it.
Answer act(Call& call, const ec2::DeleteSubnetRequest& request) {
  HF_TRY(const Subnet* subnet, need(call.model.subnets, request.subnet_id, "SubnetId"));
  if (any_below(call.model.addresses, subnet->id.str() + "/")) {
    return fail(ErrorKind::conflict, "DependencyViolation",
                "The subnet '" + subnet->id.str() + "' has network interfaces; delete them first.", "SubnetId");
  }
  call.model.subnets.edit(subnet->id).state = "deleting";
  return ec2::Empty{};
}

void progress_subnet(Call& call, const SubnetId& id) {
  const Subnet* subnet = call.model.subnets.find(id);
  std::string flight = "subnet/" + id.str();
  if (subnet == nullptr || call.model.flights.contains(flight)) return;
  if (subnet->state == "pending")
    call.out.orders.push_back(CreateSubnetOrder{{id, subnet->cidr, subnet->outside}});
  else if (subnet->state == "deleting")
    call.out.orders.push_back(DeleteSubnetOrder{id});
  else
    return;
  call.model.flights.put(flight, "");
}

void finished(Call& call, const CreateSubnetOrder& order, const Result<void>& outcome) {
  std::string flight = "subnet/" + order.subnet.id.str();
  if (!outcome) return retry_later(call, flight, order.subnet.id.str());
  call.model.flights.erase(flight);
  const Subnet* subnet = call.model.subnets.find(order.subnet.id);
  if (subnet == nullptr) return;
  if (subnet->state == "pending")
    call.model.subnets.edit(order.subnet.id).state = "available";
  else
    progress_subnet(call, order.subnet.id);
}

void finished(Call& call, const DeleteSubnetOrder& order, const Result<void>& outcome) {
  std::string flight = "subnet/" + order.subnet.str();
  if (!outcome) return retry_later(call, flight, order.subnet.str());
  call.model.flights.erase(flight);
  call.model.subnets.erase(order.subnet);
}

Answer act(Call& call, const ec2::CreateSecurityGroupRequest& request) {
  VpcId vpc = request.vpc_id.empty() ? VpcId(kDefaultVpc) : request.vpc_id;
  HF_TRY_VOID(need(call.model.vpcs, vpc, "VpcId"));
  if (request.group_name.empty() || request.group_name.size() > 255) {
    return bad_value("A security group's name has 1 to 255 characters.", "GroupName");
  }
  if (request.description.empty()) return missing("GroupDescription");
  HF_TRY_VOID(check_tag_specifications(request.tag_specifications, {"security-group"}));
  for (const auto& [id, group] : call.model.groups.rows()) {
    if (group.vpc == vpc && group.name == request.group_name) {
      return fail(ErrorKind::conflict, "InvalidGroup.Duplicate",
                  "The name '" + group.name + "' is in use by " + id.str() + ".", "GroupName");
    }
  }
  SecurityGroup group{fresh_id(call.model.groups, call.random),
                      vpc,
                      request.group_name,
                      request.description,
                      tags_for(request.tag_specifications, "security-group"),
                      {}};
  call.model.groups.put(group.id, group);
  return ec2::CreateSecurityGroupResponse{group.id, group.tags};
}

Result<void> found(Call& call, const CloudOptions& options) {
  auto cidr = Cidr::parse(options.cidr_block);
  constexpr int kSubnetBits = 20;
  if (!cidr || cidr->bits > 18 || cidr->bits < 16) {
    return bad_value("The address block must be a /16 to /18, like 10.31.0.0/16; '" + options.cidr_block + "' is not.",
                     "cidr_block");
  }
  if (options.region.empty()) return missing("region");
  Meta meta{options.region, options.cidr_block, call.now, 0};
  call.model.meta.put(kMetaKey, meta);
  VpcId vpc(kDefaultVpc);
  call.model.vpcs.put(vpc, Vpc{vpc, options.cidr_block, true, {}});
  SecurityGroupId group(kDefaultSecurityGroup);
  call.model.groups.put(
      group, SecurityGroup{group, vpc, "default", "default VPC security group", {}, {rule_from_itself(call, group)}});
  uint32_t base = cidr->base;
  for (auto [id, zone] : {std::pair(kSubnetA, "a"), std::pair(kSubnetB, "b"), std::pair(kSubnetC, "c")}) {
    Subnet subnet;
    subnet.id = SubnetId(id), subnet.vpc = vpc, subnet.cidr = Cidr{base, kSubnetBits}.text();
    subnet.zone = options.region + zone, subnet.outside = options.outside, subnet.is_default = true;
    call.model.subnets.put(subnet.id, subnet);
    base += 1u << (32 - kSubnetBits);
  }
  return {};
}

}  // namespace holdfast::cloud
