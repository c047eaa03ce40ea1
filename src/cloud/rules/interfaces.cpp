// Network interfaces and their addresses. An interface keeps its address and MAC for its whole life.
#include <algorithm>

#include "cloud/addresses.h"
#include "cloud/cidr.h"
#include "cloud/lookup.h"
#include "cloud/rules.h"
#include "cloud/tokens.h"
#include "cloud/views.h"

namespace holdfast::cloud {

Result<std::string> pick_address(const Model& model, const Subnet& subnet, const std::optional<std::string>& wanted,
                                 const std::vector<std::string>& taken, const std::string& field) {
  auto cidr = Cidr::parse(subnet.cidr);
  CHECK(cidr.has_value());
  auto free = [&](const std::string& ip) {
    return !model.addresses.contains(address_name(subnet.id, ip)) &&
           std::find(taken.begin(), taken.end(), ip) == taken.end();
  };
  if (wanted) {
    auto ip = parse_ip(*wanted);
    if (!ip || !cidr->usable(*ip)) {
      return bad_value("The address '" + *wanted + "' is not a usable one of the subnet " + subnet.cidr +
                           " (the first four and the last are reserved).",
                       field);
    }
    if (!free(*wanted)) {
      return fail(ErrorKind::conflict, "InvalidIPAddress.InUse", "The address " + *wanted + " is in use.", field);
    }
    return *wanted;
  }
  const uint32_t* begin = model.first_free.find(subnet.id);
  for (uint32_t ip = begin != nullptr ? *begin : cidr->base + 4; cidr->usable(ip); ++ip) {
    if (free(ip_text(ip))) return ip_text(ip);
  }
  return ec2::ec2_fail("InsufficientFreeAddressesInSubnet",
                       "The subnet '" + subnet.id.str() + "' has no free address.");
}

namespace {

void move_first_free(Model& model, const Subnet& subnet) {
  const uint32_t* begin = model.first_free.find(subnet.id);
  uint32_t ip = begin != nullptr ? *begin : Cidr::parse(subnet.cidr)->base + 4;
  while (model.addresses.contains(address_name(subnet.id, ip_text(ip)))) ++ip;
  model.first_free.put(subnet.id, ip);
}

}  // namespace

void free_address(Model& model, const SubnetId& subnet, const std::string& ip) {
  model.addresses.erase(address_name(subnet, ip));
  const uint32_t* begin = model.first_free.find(subnet);
  const auto number = parse_ip(ip);
  if (begin != nullptr && number && *number < *begin) model.first_free.put(subnet, *number);
}

InterfaceId make_interface(Call& call, const Subnet& subnet, const std::string& ip, std::vector<SecurityGroupId> groups,
                           std::string description, std::vector<ec2::Tag> tags) {
  Interface interface;
  interface.id = fresh_id(call.model.interfaces, call.random);
  do {
    std::string digits = call.random.hex(10);
    interface.mac = "02";
    for (size_t i = 0; i < digits.size(); i += 2) interface.mac += ":" + digits.substr(i, 2);
  } while (call.model.addresses.contains(mac_name(interface.mac)));
  interface.ip = ip, interface.subnet = subnet.id, interface.description = std::move(description);
  interface.groups = std::move(groups), interface.tags = std::move(tags);
  call.model.addresses.put(address_name(subnet.id, ip), interface.id);
  move_first_free(call.model, subnet);
  call.model.addresses.put(mac_name(interface.mac), interface.id);
  call.model.interfaces.put(interface.id, interface);
  return interface.id;
}

void erase_interface(Call& call, const InterfaceId& id) {
  const Interface* interface = call.model.interfaces.find(id);
  CHECK(interface != nullptr && !interface->attachment);
  auto ips = interface->secondary_ips;
  ips.push_back(interface->ip);
  for (const auto& ip : ips) {
    disassociate(call, id, ip);
    free_address(call.model, interface->subnet, ip);
  }
  call.model.addresses.erase(mac_name(interface->mac));
  call.model.interfaces.erase(id);
}

Answer act(Call& call, const ec2::CreateNetworkInterfaceRequest& request) {
  HF_TRY(const std::vector<std::string>* made, find_token(call, "", request));
  if (made != nullptr) {
    const Interface* interface = call.model.interfaces.find(InterfaceId(made->front()));
    if (interface == nullptr) return not_found(kind_of(InterfaceId()), made->front(), "ClientToken");
    return ec2::CreateNetworkInterfaceResponse{view(call.model, *interface)};
  }
  HF_TRY(const Subnet* subnet, need(call.model.subnets, request.subnet_id, "SubnetId"));
  HF_TRY_VOID(check_tag_specifications(request.tag_specifications, {"network-interface"}));
  auto groups = request.groups;
  for (const auto& id : groups) {
    HF_TRY(const SecurityGroup* group, need(call.model.groups, id, "SecurityGroupId"));
    if (group->vpc != subnet->vpc) return not_found(kind_of(id), id.str(), "SecurityGroupId");
  }
  for (const auto& [id, group] : call.model.groups.rows()) {
    if (groups.empty() && group.vpc == subnet->vpc && group.name == "default") groups.push_back(id);
  }
  HF_TRY(std::string ip, pick_address(call.model, *subnet, request.private_ip_address, {}, "PrivateIpAddress"));
  InterfaceId id = make_interface(call, *subnet, ip, std::move(groups), request.description,
                                  tags_for(request.tag_specifications, "network-interface"));
  keep_token(call, "", request, {id.str()});
  return ec2::CreateNetworkInterfaceResponse{view(call.model, *call.model.interfaces.find(id))};
}

// Safe: the caller's own decision, and only of an interface that no instance has.
Answer act(Call& call, const ec2::DeleteNetworkInterfaceRequest& request) {
  HF_TRY(const Interface* interface, need(call.model.interfaces, request.network_interface_id, "NetworkInterfaceId"));
  if (interface->attachment) {
    return ec2::ec2_fail("InvalidNetworkInterface.InUse", "The network interface '" + interface->id.str() +
                                                              "' is attached to " +
                                                              interface->attachment->instance_id.str() + ".");
  }
  erase_interface(call, interface->id);
  return ec2::Empty{};
}

Answer act(Call& call, const ec2::ModifyNetworkInterfaceAttributeRequest& request) {
  HF_TRY(const Interface* interface, need(call.model.interfaces, request.network_interface_id, "NetworkInterfaceId"));
  if (request.attachment_id.empty()) return missing("Attachment.AttachmentId");
  if (!interface->attachment || interface->attachment->attachment_id != request.attachment_id) {
    return ec2::ec2_fail("InvalidAttachmentID.NotFound",
                         "The network interface has no attachment '" + request.attachment_id + "'.");
  }
  call.model.interfaces.edit(interface->id).attachment->delete_on_termination = request.delete_on_termination;
  return ec2::Empty{};
}

}  // namespace holdfast::cloud
