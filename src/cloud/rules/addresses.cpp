// Secondary private addresses and Elastic IP addresses. A secondary address belongs to its interface and is reserved in
// the subnet; configuring it is the machine's own business, as on EC2. An Elastic IP address is data: it is shown where
// EC2 shows it, and reaches nobody.
#include <algorithm>

#include "cloud/addresses.h"
#include "cloud/cidr.h"
#include "cloud/filters.h"
#include "cloud/rules_further.h"

namespace holdfast::cloud {

namespace {

constexpr size_t kMaxSecondary = 14;              // beside the primary: what EC2's larger types take
constexpr char kPublicBlock[] = "198.18.0.0/15";  // for measurements: nobody's, and never routed

// ---- secondary addresses

Result<std::vector<std::string>> plan_assignment(const Call& call, const Interface& row,
                                                 const ec2::AssignPrivateIpAddressesRequest& request) {
  bool counted = request.secondary_private_ip_address_count.has_value();
  if (counted == !request.private_ip_addresses.empty())
    return bad_combination("Give addresses or how many, one of the two.", "SecondaryPrivateIpAddressCount");
  if (counted && *request.secondary_private_ip_address_count < 1)
    return bad_value("At least one address is assigned.", "SecondaryPrivateIpAddressCount");
  size_t count =
      counted ? static_cast<size_t>(*request.secondary_private_ip_address_count) : request.private_ip_addresses.size();
  if (count > kMaxSecondary || row.secondary_ips.size() + count > kMaxSecondary) {
    return ec2::ec2_fail("PrivateIpAddressLimitExceeded", "A network interface takes at most 14 secondary addresses.");
  }
  const Subnet& subnet = *call.model.subnets.find(row.subnet);
  std::vector<std::string> ips;
  for (size_t i = 0; i < count; ++i) {
    std::optional<std::string> wanted;
    if (!counted) wanted = request.private_ip_addresses[i];
    const InterfaceId* holder = wanted ? call.model.addresses.find(address_name(subnet.id, *wanted)) : nullptr;
    bool own = holder != nullptr && *holder == row.id && *wanted != row.ip;
    bool movable = holder != nullptr && *holder != row.id && request.allow_reassignment.value_or(false) &&
                   call.model.interfaces.find(*holder)->ip != *wanted;
    if (own || movable) {
      ips.push_back(*wanted);
      continue;
    }
    HF_TRY(ips.emplace_back(), pick_address(call.model, subnet, wanted, ips, "PrivateIpAddress"));
  }
  return ips;
}

void take_address(Call& call, const InterfaceId& from, const std::string& ip) {
  disassociate(call, from, ip);
  Interface& row = call.model.interfaces.edit(from);
  std::erase(row.secondary_ips, ip);
  free_address(call.model, row.subnet, ip);
}

// ---- Elastic IP addresses

ec2::Address view_address(const Model& model, const Allocation& row, const std::string& region) {
  ec2::Address shown;
  shown.public_ip = row.public_ip, shown.allocation_id = row.id.str(), shown.domain = "vpc", shown.tags = row.tags;
  shown.public_ipv4_pool = "amazon", shown.network_border_group = region;
  if (row.association.empty()) return shown;
  shown.association_id = row.association, shown.network_interface_id = row.interface;
  shown.network_interface_owner_id = kAccount, shown.private_ip_address = row.private_ip;
  const Interface* interface = model.interfaces.find(row.interface);
  if (interface != nullptr && interface->attachment) shown.instance_id = interface->attachment->instance_id;
  return shown;
}

Result<const Allocation*> find_allocation(const Model& model, const std::string& id, const std::string& public_ip) {
  if (!id.empty()) return need(model.allocations, AllocationId(id), "AllocationId");
  if (public_ip.empty()) return missing("AllocationId");
  for (const auto& [key, row] : model.allocations.rows()) {
    if (row.public_ip == public_ip) return &row;
  }
  return ec2::ec2_fail("InvalidAddress.NotFound", "The address '" + public_ip + "' is not allocated.");
}

Result<const Interface*> target(const Model& model, const ec2::AssociateAddressRequest& request) {
  if (!request.network_interface_id.empty() && !request.instance_id.empty())
    return bad_combination("Name an instance or a network interface, not both.", "NetworkInterfaceId");
  if (!request.network_interface_id.empty())
    return need(model.interfaces, request.network_interface_id, "NetworkInterfaceId");
  HF_TRY(const Instance* instance, need(model.instances, request.instance_id, "InstanceId"));
  if (instance->state != "running" && instance->state != "stopped" && instance->state != "stopping") {
    return ec2::ec2_fail("IncorrectInstanceState",
                         "The instance '" + instance->id.str() + "' is " + instance->state + ".");
  }
  if (instance->interfaces.size() > 1) {
    return ec2::ec2_fail("InvalidInstanceID", "The instance '" + instance->id.str() +
                                                  "' has several network interfaces; name one of them instead.");
  }
  return model.interfaces.find(instance->interfaces.at(0));
}

std::string free_public_ip(const Model& model) {
  auto block = *Cidr::parse(kPublicBlock);
  auto used = [&](const std::string& ip) {
    return std::any_of(model.allocations.rows().begin(), model.allocations.rows().end(),
                       [&](const auto& entry) { return entry.second.public_ip == ip; });
  };
  uint32_t ip = block.base + 4;  // there are more of them than an account may have
  while (used(ip_text(ip))) ++ip;
  return ip_text(ip);
}

const std::vector<FilterField<ec2::Address>> kFields = {
    {"allocation-id", [](const auto& x) { return Values{x.allocation_id}; }},
    {"association-id", [](const auto& x) { return x.association_id.empty() ? Values{} : Values{x.association_id}; }},
    {"domain", [](const auto& x) { return Values{x.domain}; }},
    {"instance-id", [](const auto& x) { return x.instance_id.empty() ? Values{} : Values{x.instance_id.str()}; }},
    {"network-interface-id",
     [](const auto& x) { return x.network_interface_id.empty() ? Values{} : Values{x.network_interface_id.str()}; }},
    {"private-ip-address",
     [](const auto& x) { return x.private_ip_address.empty() ? Values{} : Values{x.private_ip_address}; }},
    {"public-ip", [](const auto& x) { return Values{x.public_ip}; }},
};

}  // namespace

const Allocation* public_address_of(const Model& model, const InterfaceId& interface, const std::string& ip) {
  for (const auto& [id, row] : model.allocations.rows()) {
    if (!row.association.empty() && row.interface == interface && row.private_ip == ip) return &row;
  }
  return nullptr;
}

void disassociate(Call& call, const InterfaceId& interface, const std::string& ip) {
  const Allocation* row = public_address_of(call.model, interface, ip);
  if (row == nullptr) return;
  Allocation& edit = call.model.allocations.edit(row->id);
  edit.association.clear(), edit.interface = InterfaceId(), edit.private_ip.clear();
}

FurtherAnswer act(Call& call, const ec2::AssignPrivateIpAddressesRequest& request) {
  HF_TRY(const Interface* interface, need(call.model.interfaces, request.network_interface_id, "NetworkInterfaceId"));
  HF_TRY(auto ips, plan_assignment(call, *interface, request));
  ec2::AssignPrivateIpAddressesResponse response{interface->id, {}};
  for (const auto& ip : ips) {
    const InterfaceId* holder = call.model.addresses.find(address_name(interface->subnet, ip));
    response.assigned_private_ip_addresses.push_back({ip});
    if (holder != nullptr && *holder == interface->id) continue;
    if (holder != nullptr) take_address(call, InterfaceId(*holder), ip);
    call.model.addresses.put(address_name(interface->subnet, ip), interface->id);
    call.model.interfaces.edit(interface->id).secondary_ips.push_back(ip);
  }
  return response;
}

FurtherAnswer act(Call& call, const ec2::UnassignPrivateIpAddressesRequest& request) {
  HF_TRY(const Interface* interface, need(call.model.interfaces, request.network_interface_id, "NetworkInterfaceId"));
  if (request.private_ip_addresses.empty()) return missing("PrivateIpAddress");
  for (const auto& ip : request.private_ip_addresses) {
    const auto& have = interface->secondary_ips;
    if (std::find(have.begin(), have.end(), ip) != have.end()) continue;
    return bad_value("'" + ip + "' is not a secondary address of " + interface->id.str() +
                         " (the primary one stays with its interface).",
                     "PrivateIpAddress");
  }
  for (const auto& ip : request.private_ip_addresses) take_address(call, interface->id, ip);
  return ec2::Empty{};
}

FurtherAnswer act(Call& call, const ec2::AllocateAddressRequest& request) {
  HF_TRY_VOID(check_tag_specifications(request.tag_specifications, {"elastic-ip"}));
  if (!request.domain.empty() && request.domain != "vpc")
    return bad_value("The domain is 'vpc'; EC2-Classic is no more.", "Domain");
  if (!request.address.empty())
    return ec2::ec2_fail("InvalidAddress.NotFound", "No address is kept for you here; leave Address out.");
  if (!request.public_ipv4_pool.empty() && request.public_ipv4_pool != "amazon")
    return bad_value("The one pool of addresses here is 'amazon'.", "PublicIpv4Pool");
  const std::string& region = call.settings.region;
  if (!request.network_border_group.empty() && request.network_border_group != region)
    return bad_value("The one network border group here is '" + region + "'.", "NetworkBorderGroup");
  if (call.model.allocations.rows().size() >= kMaxAddresses) {
    return ec2::ec2_fail("AddressLimitExceeded",
                         "An account has at most " + std::to_string(kMaxAddresses) + " addresses here; release some.");
  }
  Allocation row;
  row.id = fresh_id(call.model.allocations, call.random), row.public_ip = free_public_ip(call.model);
  row.tags = tags_for(request.tag_specifications, "elastic-ip");
  call.model.allocations.put(row.id, row);
  return ec2::AllocateAddressResponse{row.public_ip, row.id.str(), "amazon", region, "vpc"};
}

// Safe: the caller's own decision, and only of an address that nobody has.
FurtherAnswer act(Call& call, const ec2::ReleaseAddressRequest& request) {
  HF_TRY(const Allocation* row, find_allocation(call.model, request.allocation_id, request.public_ip));
  if (!row->association.empty()) {
    return ec2::ec2_fail("InvalidIPAddress.InUse", "The address " + row->public_ip + " is associated with " +
                                                       row->interface.str() + "; disassociate it first.");
  }
  call.model.allocations.erase(AllocationId(row->id));
  return ec2::Empty{};
}

FurtherAnswer act(Call& call, const ec2::AssociateAddressRequest& request) {
  HF_TRY(const Allocation* row, find_allocation(call.model, request.allocation_id, request.public_ip));
  HF_TRY(const Interface* interface, target(call.model, request));
  std::string ip = request.private_ip_address.empty() ? interface->ip : request.private_ip_address;
  const auto& more = interface->secondary_ips;
  if (ip != interface->ip && std::find(more.begin(), more.end(), ip) == more.end()) {
    return bad_value("'" + ip + "' is not an address of " + interface->id.str() + ".", "PrivateIpAddress");
  }
  bool there = !row->association.empty() && row->interface == interface->id && row->private_ip == ip;
  if (there) return ec2::AssociateAddressResponse{row->association};
  if (!row->association.empty() && !request.allow_reassociation.value_or(true)) {
    return ec2::ec2_fail("Resource.AlreadyAssociated", "The address " + row->public_ip + " is associated with " +
                                                           row->interface.str() +
                                                           "; disassociate it, or allow the reassociation.");
  }
  disassociate(call, interface->id, ip);  // as EC2: the address it had stays allocated
  Allocation& edit = call.model.allocations.edit(row->id);
  edit.association = "eipassoc-" + call.random.hex(17), edit.interface = interface->id, edit.private_ip = ip;
  return ec2::AssociateAddressResponse{edit.association};
}

FurtherAnswer act(Call& call, const ec2::DisassociateAddressRequest& request) {
  if (request.association_id.empty() && request.public_ip.empty()) return missing("AssociationId");
  for (const auto& [id, row] : call.model.allocations.rows()) {
    bool named =
        request.association_id.empty() ? row.public_ip == request.public_ip : row.association == request.association_id;
    if (!named || row.association.empty()) continue;
    disassociate(call, InterfaceId(row.interface), std::string(row.private_ip));
    return ec2::Empty{};
  }
  return ec2::ec2_fail("InvalidAssociationID.NotFound",
                       "There is no association '" + request.association_id + request.public_ip + "'.");
}

FurtherAnswer act(Call& call, const ec2::DescribeAddressesRequest& request) {
  HF_TRY_VOID(check_filters(request.filters, kFields));
  for (const auto& id : request.allocation_ids) HF_TRY_VOID(find_allocation(call.model, id, ""));
  for (const auto& ip : request.public_ips) HF_TRY_VOID(find_allocation(call.model, "", ip));
  auto named = [](const std::vector<std::string>& names, const std::string& name) {
    return names.empty() || std::find(names.begin(), names.end(), name) != names.end();
  };
  ec2::DescribeAddressesResponse response;
  for (const auto& [id, row] : call.model.allocations.rows()) {
    if (!named(request.allocation_ids, id.str()) || !named(request.public_ips, row.public_ip)) continue;
    auto shown = view_address(call.model, row, call.settings.region);
    if (matches(shown, row.tags, request.filters, kFields)) response.addresses.push_back(std::move(shown));
  }
  return response;
}

}  // namespace holdfast::cloud
