// CreateVpc and DeleteVpc. A VPC is a block of addresses; the networks themselves are its subnets.
#include <algorithm>

#include "cloud/cidr.h"
#include "cloud/lookup.h"
#include "cloud/rules_further.h"
#include "cloud/views.h"

namespace holdfast::cloud {

FurtherAnswer act(Call& call, const ec2::CreateVpcRequest& request) {
  HF_TRY_VOID(check_tag_specifications(request.tag_specifications, {"vpc"}));
  if (request.cidr_block.empty()) return missing("CidrBlock");
  auto cidr = Cidr::parse(request.cidr_block);
  if (!cidr) return bad_value("'" + request.cidr_block + "' is not a block like 10.40.0.0/16.", "CidrBlock");
  if (cidr->bits < 16 || cidr->bits > 28) {
    return fail(ErrorKind::invalid, "InvalidVpc.Range", "The block must be a /16 to /28.", "CidrBlock");
  }
  if (!request.instance_tenancy.empty() && request.instance_tenancy != "default")
    return bad_value("The local cloud has no dedicated hosts; the tenancy is 'default'.", "InstanceTenancy");
  Vpc vpc{fresh_id(call.model.vpcs, call.random), request.cidr_block, false,
          tags_for(request.tag_specifications, "vpc")};
  call.model.vpcs.put(vpc.id, vpc);
  SecurityGroup group{
      fresh_id(call.model.groups, call.random), vpc.id, "default", "default VPC security group", {}, {}};
  group.ingress.push_back(rule_from_itself(call, group.id));
  call.model.groups.put(group.id, group);
  return ec2::CreateVpcResponse{view(call.model, vpc)};
}

// Safe: only one without subnets, so that nothing of anybody is in it. Its default security group goes with it.
FurtherAnswer act(Call& call, const ec2::DeleteVpcRequest& request) {
  HF_TRY(const Vpc* vpc, need(call.model.vpcs, request.vpc_id, "VpcId"));
  VpcId id = vpc->id;
  auto has = [&](const std::string& what) {
    return fail(ErrorKind::conflict, "DependencyViolation",
                "The VPC '" + id.str() + "' has " + what + "; delete that first.", "VpcId");
  };
  for (const auto& [subnet, row] : call.model.subnets.rows()) {
    if (row.vpc == id && !hidden(row)) return has(subnet.str());
  }
  std::vector<SecurityGroupId> own;
  for (const auto& [group, row] : call.model.groups.rows()) {
    if (row.vpc != id) continue;
    if (row.name != "default") return has(group.str());
    own.push_back(group);
  }
  for (const auto& group : own) call.model.groups.erase(group);
  call.model.vpcs.erase(id);
  return ec2::Empty{};
}

}  // namespace holdfast::cloud
