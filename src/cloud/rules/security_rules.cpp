// Ingress rules of security groups: kept and shown, but nothing is filtered by them here.
#include <algorithm>

#include "cloud/cidr.h"
#include "cloud/lookup.h"
#include "cloud/rules_further.h"

namespace holdfast::cloud {

namespace {

constexpr size_t kMaxRules = 60;

bool same(const GroupRule& a, const GroupRule& b) {
  return a.protocol == b.protocol && a.from_port == b.from_port && a.to_port == b.to_port && a.cidr == b.cidr &&
         a.group == b.group;
}

Result<std::string> read_protocol(const std::string& text) {
  if (text.empty()) return missing("IpPermissions.IpProtocol");
  if (text == "tcp" || text == "udp" || text == "icmp" || text == "icmpv6" || text == "-1") return text;
  if (text == "6") return std::string("tcp");
  if (text == "17") return std::string("udp");
  if (text == "1") return std::string("icmp");
  bool number = text.size() <= 3 && text.find_first_not_of("0123456789") == std::string::npos;
  if (number && std::stoi(text) <= 255) return text;
  return bad_value("The protocol is tcp, udp, icmp, icmpv6, -1 (all) or a number up to 255, not '" + text + "'.",
                   "IpPermissions.IpProtocol");
}

// Ports count for TCP and UDP, type and code for ICMP; other protocols have none.
Result<void> check_ports(GroupRule& rule) {
  bool ports = rule.protocol == "tcp" || rule.protocol == "udp";
  bool types = rule.protocol.starts_with("icmp");
  if (!ports && !types) {
    rule.from_port.reset(), rule.to_port.reset();
    return {};
  }
  if (!rule.from_port || !rule.to_port) return missing("IpPermissions.FromPort and ToPort");
  int least = ports ? 0 : -1, most = ports ? 65535 : 255;
  bool within = *rule.from_port >= least && *rule.from_port <= most && *rule.to_port >= least && *rule.to_port <= most;
  if (within && (types || *rule.from_port <= *rule.to_port)) return {};
  return bad_value(
      "Ports are " + std::to_string(least) + " to " + std::to_string(most) + ", the first not above the last.",
      "IpPermissions.FromPort");
}

Result<SecurityGroupId> find_group(const Model& model, const SecurityGroupId& id, const std::string& name) {
  if (!id.empty()) {
    HF_TRY_VOID(need(model.groups, id, "GroupId"));
    return id;
  }
  if (name.empty()) return missing("GroupId");
  for (const auto& [key, row] : model.groups.rows()) {
    if (row.vpc == VpcId(kDefaultVpc) && row.name == name) return key;  // names are for the default VPC only
  }
  return ec2::ec2_fail("InvalidGroup.NotFound", "The security group '" + name + "' does not exist in the default VPC.");
}

Result<void> add_sources(const Model& model, const ec2::IpPermission& given, const GroupRule& like,
                         std::vector<GroupRule>& rules) {
  for (const auto& range : given.ip_ranges) {
    if (range.cidr_ip != "0.0.0.0/0" && !Cidr::parse(range.cidr_ip))  // everywhere is no block of a subnet
      return bad_value("'" + range.cidr_ip + "' is not a block like 10.0.0.0/8.", "IpPermissions.IpRanges.CidrIp");
    GroupRule rule = like;
    rule.cidr = range.cidr_ip, rule.description = range.description;
    rules.push_back(rule);
  }
  for (const auto& pair : given.user_id_group_pairs) {
    GroupRule rule = like;
    HF_TRY(rule.group, find_group(model, pair.group_id, pair.group_name));
    rule.description = pair.description;
    rules.push_back(rule);
  }
  if (given.ip_ranges.empty() && given.user_id_group_pairs.empty()) return missing("IpPermissions.IpRanges");
  return {};
}

// The rules that a request names, by IpPermissions or by its plain parameters.
template <class R>
Result<std::vector<GroupRule>> read_rules(const Model& model, const R& request) {
  auto permissions = request.ip_permissions;
  bool plain = !request.ip_protocol.empty() || !request.cidr_ip.empty() || request.from_port || request.to_port;
  if (plain && !permissions.empty())
    return bad_combination("Give IpPermissions or the plain parameters, not both.", "IpPermissions");
  if (plain) {
    permissions.push_back({request.from_port, request.ip_protocol, {{request.cidr_ip, ""}}, request.to_port, {}});
  }
  if (permissions.empty()) return missing("IpPermissions");
  std::vector<GroupRule> rules;
  for (const auto& given : permissions) {
    GroupRule like;
    HF_TRY(like.protocol, read_protocol(given.ip_protocol));
    like.from_port = given.from_port, like.to_port = given.to_port;
    HF_TRY_VOID(check_ports(like));
    HF_TRY_VOID(add_sources(model, given, like, rules));
  }
  return rules;
}

ec2::SecurityGroupRule view_rule(const SecurityGroupId& group, const GroupRule& rule) {
  ec2::SecurityGroupRule shown;
  shown.security_group_rule_id = rule.id, shown.group_id = group, shown.group_owner_id = kAccount;
  shown.is_egress = false, shown.ip_protocol = rule.protocol, shown.description = rule.description;
  shown.from_port = rule.from_port.value_or(-1), shown.to_port = rule.to_port.value_or(-1);
  shown.cidr_ipv4 = rule.cidr, shown.tags = rule.tags;
  return shown;
}

ec2::IpPermission as_permission(const GroupRule& rule) {
  ec2::IpPermission shown{rule.from_port, rule.protocol, {}, rule.to_port, {}};
  if (rule.group.empty())
    shown.ip_ranges.push_back({rule.cidr, rule.description});
  else
    shown.user_id_group_pairs.push_back({rule.description, rule.group, "", kAccount, VpcId()});
  return shown;
}

FurtherAnswer revoke_by_id(Call& call, const SecurityGroupId& group, const std::vector<std::string>& ids) {
  const auto& have = call.model.groups.find(group)->ingress;
  for (const auto& id : ids) {
    bool there = std::any_of(have.begin(), have.end(), [&](const GroupRule& rule) { return rule.id == id; });
    if (there) continue;
    return ec2::ec2_fail("InvalidSecurityGroupRuleId.NotFound", "The group has no rule '" + id + "'.");
  }
  std::erase_if(call.model.groups.edit(group).ingress,
                [&](const GroupRule& rule) { return std::find(ids.begin(), ids.end(), rule.id) != ids.end(); });
  return ec2::RevokeSecurityGroupIngressResponse{true, {}};
}

}  // namespace

GroupRule rule_from_itself(Call& call, const SecurityGroupId& group) {
  GroupRule rule;
  rule.id = "sgr-" + call.random.hex(17), rule.protocol = "-1", rule.group = group;
  return rule;
}

FurtherAnswer act(Call& call, const ec2::AuthorizeSecurityGroupIngressRequest& request) {
  HF_TRY(SecurityGroupId id, find_group(call.model, request.group_id, request.group_name));
  HF_TRY_VOID(check_tag_specifications(request.tag_specifications, {"security-group-rule"}));
  HF_TRY(auto rules, read_rules(call.model, request));
  const auto& have = call.model.groups.find(id)->ingress;
  for (auto rule = rules.begin(); rule != rules.end(); ++rule) {
    auto is_same = [&](const GroupRule& other) { return same(other, *rule); };
    if (std::none_of(have.begin(), have.end(), is_same) && std::none_of(rules.begin(), rule, is_same)) continue;
    return ec2::ec2_fail("InvalidPermission.Duplicate", "The rule for " + rule->protocol + " from " + rule->cidr +
                                                            rule->group.str() + " exists already.");
  }
  if (have.size() + rules.size() > kMaxRules) {
    return ec2::ec2_fail("RulesPerSecurityGroupLimitExceeded", "A security group takes at most 60 rules.");
  }
  ec2::AuthorizeSecurityGroupIngressResponse response{true, {}};
  for (auto& rule : rules) {
    rule.id = "sgr-" + call.random.hex(17), rule.tags = tags_for(request.tag_specifications, "security-group-rule");
    response.security_group_rules.push_back(view_rule(id, rule));
    call.model.groups.edit(id).ingress.push_back(rule);
  }
  return response;
}

// What is not there: told in the default VPC, refused elsewhere, as on EC2.
FurtherAnswer act(Call& call, const ec2::RevokeSecurityGroupIngressRequest& request) {
  HF_TRY(SecurityGroupId id, find_group(call.model, request.group_id, request.group_name));
  if (!request.security_group_rule_ids.empty()) return revoke_by_id(call, id, request.security_group_rule_ids);
  HF_TRY(auto rules, read_rules(call.model, request));
  ec2::RevokeSecurityGroupIngressResponse response{true, {}};
  const SecurityGroup& group = *call.model.groups.find(id);
  for (const auto& rule : rules) {
    auto is_same = [&](const GroupRule& other) { return same(other, rule); };
    if (std::any_of(group.ingress.begin(), group.ingress.end(), is_same)) continue;
    if (group.vpc != VpcId(kDefaultVpc)) {
      return ec2::ec2_fail("InvalidPermission.NotFound", "There is no rule for " + rule.protocol + " from " +
                                                             rule.cidr + rule.group.str() + " in this group.");
    }
    response.unknown_ip_permissions.push_back(as_permission(rule));
  }
  std::erase_if(call.model.groups.edit(id).ingress, [&](const GroupRule& have) {
    return std::any_of(rules.begin(), rules.end(), [&](const GroupRule& rule) { return same(have, rule); });
  });
  return response;
}

FurtherAnswer act(Call& call, const ec2::DeleteSecurityGroupRequest& request) {
  HF_TRY(SecurityGroupId id, find_group(call.model, request.group_id, request.group_name));
  const SecurityGroup& group = *call.model.groups.find(id);
  if (group.name == "default") {
    return ec2::ec2_fail("CannotDelete", "The security group '" + id.str() + "' is its VPC's default and stays.");
  }
  auto in_use = [&](const std::string& by) {
    return fail(ErrorKind::conflict, "DependencyViolation",
                "The security group '" + id.str() + "' is in use by " + by + ".", "GroupId");
  };
  for (const auto& [interface, row] : call.model.interfaces.rows()) {
    if (std::find(row.groups.begin(), row.groups.end(), id) != row.groups.end()) return in_use(interface.str());
  }
  for (const auto& [other, row] : call.model.groups.rows()) {
    bool named =
        std::any_of(row.ingress.begin(), row.ingress.end(), [&](const auto& rule) { return rule.group == id; });
    if (named && other != id) return in_use(other.str());
  }
  call.model.groups.erase(id);
  return ec2::Empty{};
}

}  // namespace holdfast::cloud
