#include "cloud/views.h"

#include <algorithm>

#include "cloud/addresses.h"
#include "cloud/cidr.h"

namespace holdfast::cloud {

namespace {

std::optional<ec2::NetworkInterfaceAssociation> association_of(const Model& model, const InterfaceId& id,
                                                               const std::string& ip) {
  const Allocation* row = public_address_of(model, id, ip);
  if (row == nullptr) return std::nullopt;
  return ec2::NetworkInterfaceAssociation{row->public_ip, row->id.str(), row->association, kAccount};
}

std::vector<ec2::IpPermission> permissions(const SecurityGroup& group) {
  std::vector<ec2::IpPermission> shown;
  for (const auto& rule : group.ingress) {
    auto same = [&](const ec2::IpPermission& other) {
      return other.ip_protocol == rule.protocol && other.from_port == rule.from_port && other.to_port == rule.to_port;
    };
    auto found = std::find_if(shown.begin(), shown.end(), same);
    if (found == shown.end()) {
      found = shown.insert(shown.end(), ec2::IpPermission{rule.from_port, rule.protocol, {}, rule.to_port, {}});
    }
    if (rule.group.empty()) {
      found->ip_ranges.push_back({rule.cidr, rule.description});
    } else {
      found->user_id_group_pairs.push_back({rule.description, rule.group, "", kAccount, VpcId()});
    }
  }
  return shown;
}

}  // namespace

ec2::VolumeAttachment view_attachment(const VolumeId& volume, const VolumeAttachment& row) {
  return {row.instance, row.device, row.state, row.delete_on_termination, row.at, volume};
}

ec2::Instance view(const Model& model, const Instance& row) {
  ec2::Instance shown;
  shown.reservation_id = row.reservation, shown.owner_id = kAccount;
  shown.instance_id = row.id, shown.image_id = row.image, shown.state = row.state, shown.state_reason = row.reason;
  shown.instance_type = row.type, shown.instance_lifecycle = row.spot ? "spot" : "";
  shown.availability_zone = row.zone, shown.subnet_id = row.subnet, shown.vpc_id = row.vpc;
  shown.private_ip_address = row.private_ip, shown.root_device_name = row.root_device;
  shown.security_groups = row.groups, shown.client_token = row.client_token;
  shown.launch_time = row.launched_at, shown.tags = row.tags;
  if (row.state == "terminated") shown.subnet_id = SubnetId(), shown.vpc_id = VpcId();
  for (const auto& id : row.volumes) {
    const Volume* volume = model.volumes.find(id);
    if (volume == nullptr || !volume->attachment) continue;
    const auto& attachment = *volume->attachment;
    shown.block_device_mappings.push_back({attachment.device, id,
                                           attachment.state == "busy" ? "detaching" : attachment.state,
                                           attachment.delete_on_termination, attachment.at});
  }
  for (const auto& id : row.interfaces) {
    if (const Interface* interface = model.interfaces.find(id))
      shown.network_interfaces.push_back(view(model, *interface));
  }
  const auto& interfaces = shown.network_interfaces;
  if (!interfaces.empty() && interfaces[0].association) shown.public_ip_address = interfaces[0].association->public_ip;
  shown.monitoring = row.monitoring ? "enabled" : "disabled", shown.key_name = row.key_name;
  shown.spot_instance_request_id = row.spot_request.str();
  shown.ebs_optimized = row.ebs_optimized, shown.tenancy = "default";
  shown.http_tokens = row.imds_tokens_required ? "required" : "optional";
  shown.http_put_response_hop_limit = row.metadata_hop_limit;
  shown.instance_metadata_tags = row.metadata_tags ? "enabled" : "disabled";
  return shown;
}

ec2::Volume view(const Model&, const Volume& row) {
  ec2::Volume shown;
  shown.volume_id = row.id, shown.state = row.state, shown.size = row.size, shown.snapshot_id = row.snapshot;
  shown.volume_type = row.type, shown.iops = row.iops, shown.throughput = row.throughput;
  shown.encrypted = row.encrypted, shown.availability_zone = row.zone, shown.create_time = row.created_at;
  if (row.attachment) shown.attachments.push_back(view_attachment(row.id, *row.attachment));
  shown.tags = row.tags;
  return shown;
}

ec2::Snapshot view(const Model&, const Snapshot& row) {
  ec2::Snapshot shown;
  shown.snapshot_id = row.id, shown.volume_id = row.volume, shown.volume_size = row.size, shown.state = row.state;
  shown.progress = row.state == "completed" ? "100%" : "0%", shown.description = row.description;
  shown.start_time = row.started_at, shown.completion_time = row.completed_at, shown.tags = row.tags;
  return shown;
}

ec2::Image view(const Model&, const Image& row) {
  ec2::Image shown;
  shown.image_id = row.id, shown.name = row.name, shown.description = row.description, shown.state = row.state;
  shown.architecture = row.architecture, shown.root_device_name = row.root_device_name;
  shown.root_device_type = "ebs", shown.virtualization_type = row.virtualization_type;
  shown.boot_mode = row.boot_mode, shown.platform_details = "Linux/UNIX", shown.ena_support = row.ena_support;
  shown.is_public = row.is_public, shown.block_device_mappings = row.mappings;
  shown.creation_date = row.created_at, shown.tags = row.tags;
  return shown;
}

ec2::NetworkInterface view(const Model& model, const Interface& row) {
  ec2::NetworkInterface shown;
  shown.network_interface_id = row.id, shown.status = row.attachment ? "in-use" : "available";
  shown.mac_address = row.mac, shown.private_ip_address = row.ip, shown.subnet_id = row.subnet;
  if (const Subnet* subnet = model.subnets.find(row.subnet)) {
    shown.vpc_id = subnet->vpc, shown.availability_zone = subnet->zone;
  }
  shown.description = row.description, shown.groups = row.groups, shown.attachment = row.attachment;
  shown.tag_set = row.tags;
  shown.association = association_of(model, row.id, row.ip);
  shown.private_ip_addresses.push_back({row.ip, true, shown.association});
  for (const auto& ip : row.secondary_ips)
    shown.private_ip_addresses.push_back({ip, false, association_of(model, row.id, ip)});
  return shown;
}

ec2::Subnet view(const Model& model, const Subnet& row) {
  ec2::Subnet shown;
  shown.subnet_id = row.id, shown.vpc_id = row.vpc, shown.state = row.state, shown.cidr_block = row.cidr;
  shown.availability_zone = row.zone, shown.default_for_az = row.is_default, shown.tags = row.tags;
  auto cidr = Cidr::parse(row.cidr);
  int used = 0;
  std::string prefix = row.id.str() + "/";
  auto at = model.addresses.rows().lower_bound(prefix);
  for (; at != model.addresses.rows().end() && at->first.starts_with(prefix); ++at) ++used;
  shown.available_ip_address_count = cidr ? cidr->usable_count() - used : 0;
  return shown;
}

ec2::Vpc view(const Model&, const Vpc& row) {
  return {row.id, "available", row.cidr, row.is_default, row.tags};
}

ec2::SecurityGroup view(const Model&, const SecurityGroup& row) {
  return {row.id, row.name, row.description, row.vpc, row.tags, permissions(row)};
}

ec2::InstanceStatus view_status(const Instance& row) {
  ec2::InstanceStatus shown{row.id, row.zone, row.state, "not-applicable", "not-applicable"};
  if (row.state == "pending") shown.instance_status = shown.system_status = "initializing";
  if (row.state != "running") return shown;
  shown.system_status = "ok";
  shown.instance_status = row.user_data_outcome == UserDataOutcome::succeeded ? "ok"
                          : row.user_data_outcome == UserDataOutcome::failed  ? "impaired"
                                                                              : "initializing";
  return shown;
}

}  // namespace holdfast::cloud
