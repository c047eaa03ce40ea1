#include "cloud/rules/launch_plan.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <set>

#include "base/text.h"
#include "cloud/lookup.h"
#include "cloud/rules/launch_options.h"

namespace holdfast::cloud {

namespace {

Result<void> check_options(const ec2::RunInstancesRequest& request) {
  if (request.min_count < 1 || request.max_count < request.min_count || request.max_count > kMaxInstancesACall) {
    return bad_value("MinCount and MaxCount must be 1 to 100, and MinCount not above MaxCount.", "MaxCount");
  }
  if (request.spot_options) {
    const auto& spot = *request.spot_options;
    if (spot.spot_instance_type != "one-time") {
      return bad_value("Only 'one-time' spot requests are offered here.",
                       "InstanceMarketOptions.SpotOptions.SpotInstanceType");
    }
    if (spot.instance_interruption_behavior != "terminate") {
      return bad_value("A one-time spot instance can only be interrupted by 'terminate'.",
                       "InstanceMarketOptions.SpotOptions.InstanceInterruptionBehavior");
    }
  }
  HF_TRY_VOID(check_launch_options(request));
  return check_tag_specifications(request.tag_specifications,
                                  {"instance", "volume", "network-interface", "spot-instances-request"});
}

Result<std::string> decode_user_data(const std::string& text) {
  auto bytes = base64_decode(text);
  if (!bytes) {
    return fail(ErrorKind::invalid, "InvalidParameterValue", "User data must be base64.", "UserData");
  }
  if (bytes->size() > kMaxUserDataBytes) return bad_value("User data is limited to 16384 bytes.", "UserData");
  return *bytes;
}

Result<void> check_groups(const Model& model, const std::vector<SecurityGroupId>& groups, const VpcId& vpc) {
  for (const auto& id : groups) {
    HF_TRY(const SecurityGroup* group, need(model.groups, id, "SecurityGroupId"));
    if (group->vpc != vpc) {
      return fail(ErrorKind::invalid, "InvalidGroup.NotFound",
                  "The security group '" + id.str() + "' is not in " + vpc.str() + ".", "SecurityGroupId");
    }
  }
  return {};
}

std::vector<SecurityGroupId> groups_or_default(const Model& model, const std::vector<SecurityGroupId>& given,
                                               const VpcId& vpc) {
  if (!given.empty()) return given;
  for (const auto& [id, group] : model.groups.rows()) {
    if (group.vpc == vpc && group.name == "default") return {id};
  }
  return {};
}

// In the zone, if one is named.
Result<const Subnet*> default_subnet(const Model& model, const std::string& type, bool spot, const std::string& zone) {
  const Subnet* any = nullptr;
  for (const auto& [id, subnet] : model.subnets.rows()) {
    if (!subnet.is_default || hidden(subnet) || (!zone.empty() && subnet.zone != zone)) continue;
    if (any == nullptr) any = &subnet;
    if (check_capacity(model, MarketKey{type, subnet.zone, spot}, 1)) return &subnet;
  }
  if (any != nullptr) return any;
  if (!zone.empty())
    return bad_value("The zone '" + zone + "' does not exist or has no default subnet; name a subnet.",
                     "Placement.AvailabilityZone");
  return fail(ErrorKind::invalid, "MissingInput", "There is no default subnet; name one.", "SubnetId");
}

Result<PlannedInterface> plan_existing(const Model& model, const ec2::InstanceNetworkInterfaceSpecification& wanted,
                                       const Subnet& subnet) {
  HF_TRY(const Interface* row,
         need(model.interfaces, *wanted.network_interface_id, "NetworkInterface.NetworkInterfaceId"));
  if (wanted.subnet_id || wanted.private_ip_address || !wanted.groups.empty()) {
    return bad_combination("An existing network interface keeps its own subnet, address and groups; leave them out.",
                           "NetworkInterface.NetworkInterfaceId");
  }
  const Subnet* own = model.subnets.find(row->subnet);
  CHECK(own != nullptr);
  if (own->zone != subnet.zone) {
    return bad_combination("All network interfaces of an instance must be in one zone.",
                           "NetworkInterface.NetworkInterfaceId");
  }
  if (row->attachment) {
    return fail(ErrorKind::conflict, "InvalidNetworkInterface.InUse",
                "The network interface '" + row->id.str() + "' is attached to " + row->attachment->instance_id.str() +
                    "; it comes free when that instance is terminated.",
                "NetworkInterface.NetworkInterfaceId");
  }
  PlannedInterface planned;
  planned.device_index = wanted.device_index;
  planned.existing = wanted.network_interface_id;
  planned.delete_on_termination = wanted.delete_on_termination.value_or(false);  // EC2's default for existing ones
  return planned;
}

Result<std::vector<PlannedInterface>> plan_interfaces(const Model& model, const ec2::RunInstancesRequest& request,
                                                      const Subnet& subnet) {
  std::vector<PlannedInterface> plans;
  std::set<int> indexes;
  std::set<InterfaceId> used;
  for (const auto& wanted : request.network_interfaces) {
    constexpr int kMaxIndex = 7;
    if (wanted.device_index < 0 || wanted.device_index > kMaxIndex || !indexes.insert(wanted.device_index).second) {
      return bad_value("Device indexes are 0 to 7, each once.", "NetworkInterface.DeviceIndex");
    }
    if (wanted.network_interface_id) {
      if (request.max_count > 1) {
        return bad_combination("With an existing network interface one request launches one instance.", "MaxCount");
      }
      HF_TRY(plans.emplace_back(), plan_existing(model, wanted, subnet));
      if (!used.insert(*wanted.network_interface_id).second) {
        return bad_value("The network interface is named twice.", "NetworkInterface.NetworkInterfaceId");
      }
      continue;
    }
    if (wanted.subnet_id && *wanted.subnet_id != subnet.id) {
      return bad_combination("New network interfaces of an instance must be in one subnet.",
                             "NetworkInterface.SubnetId");
    }
    if (wanted.private_ip_address && request.max_count > 1) {
      return bad_combination("With a private address one request launches one instance.", "MaxCount");
    }
    HF_TRY_VOID(check_groups(model, wanted.groups, subnet.vpc));
    plans.push_back({wanted.device_index, std::nullopt, wanted.private_ip_address,
                     groups_or_default(model, wanted.groups, subnet.vpc), wanted.delete_on_termination.value_or(true)});
  }
  if (plans.empty()) {
    HF_TRY_VOID(check_groups(model, request.security_group_ids, subnet.vpc));
    plans.push_back(
        {0, std::nullopt, std::nullopt, groups_or_default(model, request.security_group_ids, subnet.vpc), true});
  }
  std::sort(plans.begin(), plans.end(), [](const auto& a, const auto& b) { return a.device_index < b.device_index; });
  if (plans.front().device_index != 0) {
    return bad_combination("The primary network interface (device index 0) is missing.",
                           "NetworkInterface.DeviceIndex");
  }
  return plans;
}

// Every address must be there before anything is made.
Result<void> check_addresses(const Model& model, const LaunchPlan& plan) {
  std::vector<std::string> taken;
  for (int i = 0; i < plan.count; ++i) {
    for (const auto& interface : plan.interfaces) {
      if (interface.existing) continue;
      HF_TRY(taken.emplace_back(),
             pick_address(model, *plan.subnet, interface.ip, taken, "NetworkInterface.PrivateIpAddress"));
    }
  }
  return {};
}

Result<void> check_price(const Model& model, const ec2::RunInstancesRequest& request, const MarketKey& market) {
  if (!request.spot_options || request.spot_options->max_price.empty()) return {};
  const char* text = request.spot_options->max_price.c_str();
  char* end = nullptr;
  double limit = std::strtod(text, &end);
  if (end == text || *end != '\0' || !std::isfinite(limit) || limit <= 0) {
    return bad_value("The maximum price must be a number above 0.", "InstanceMarketOptions.SpotOptions.MaxPrice");
  }
  double price = price_of(model, market);
  if (limit >= price) return {};
  return fail(ErrorKind::no_capacity, "SpotMaxPriceTooLow",
              "The maximum price " + std::string(text) + " is below the spot price " + std::to_string(price) + ".",
              "InstanceMarketOptions.SpotOptions.MaxPrice");
}

}  // namespace

Result<const Subnet*> named_subnet(const Model& model, const ec2::RunInstancesRequest& request) {
  if (!request.network_interfaces.empty() && (request.subnet_id || !request.security_group_ids.empty())) {
    return bad_combination(
        "Network interfaces and an instance-level subnet or security groups may not be given together.",
        "NetworkInterface");
  }
  if (request.subnet_id) return need(model.subnets, *request.subnet_id, "SubnetId");
  auto primary = std::min_element(request.network_interfaces.begin(), request.network_interfaces.end(),
                                  [](const auto& a, const auto& b) { return a.device_index < b.device_index; });
  if (primary == request.network_interfaces.end()) return nullptr;
  if (primary->network_interface_id) {
    HF_TRY(const Interface* row,
           need(model.interfaces, *primary->network_interface_id, "NetworkInterface.NetworkInterfaceId"));
    return need(model.subnets, row->subnet, "NetworkInterface.SubnetId");
  }
  if (primary->subnet_id) return need(model.subnets, *primary->subnet_id, "NetworkInterface.SubnetId");
  return nullptr;
}

Result<LaunchPlan> plan_launch(const Call& call, const ec2::RunInstancesRequest& request) {
  LaunchPlan plan;
  HF_TRY_VOID(check_options(request));
  HF_TRY(plan.user_data, decode_user_data(request.user_data));
  HF_TRY_VOID(check_key(call.model, request.key_name));
  if (request.instance_type.empty()) return missing("InstanceType");
  plan.type = find_instance_type(request.instance_type);
  if (plan.type == nullptr) return bad_value(unknown_instance_type(request.instance_type), "InstanceType");
  HF_TRY(plan.image, need(call.model.images, request.image_id, "ImageId"));
  if (plan.image->state != "available") {
    return fail(ErrorKind::conflict, "InvalidAMIID.Unavailable",
                "The image '" + plan.image->id.str() + "' is " + plan.image->state + ", not available.", "ImageId");
  }
  HF_TRY(plan.volumes, plan_volumes(call.model, *plan.image, request.block_device_mappings));
  bool spot = request.spot_options.has_value();
  HF_TRY(plan.subnet, named_subnet(call.model, request));
  if (plan.subnet == nullptr) {
    HF_TRY(plan.subnet, default_subnet(call.model, request.instance_type, spot, request.availability_zone));
  }
  if (!request.availability_zone.empty() && plan.subnet->zone != request.availability_zone) {
    return bad_value("The zone '" + request.availability_zone + "' is not that of the subnet '" +
                         plan.subnet->id.str() + "', which is in " + plan.subnet->zone + ".",
                     "Placement.AvailabilityZone");
  }
  if (plan.subnet->state != "available") {
    return ec2::ec2_fail("IncorrectState",
                         "The subnet '" + plan.subnet->id.str() + "' is " + plan.subnet->state + ", not available.");
  }
  plan.market = {request.instance_type, plan.subnet->zone, spot};
  HF_TRY(plan.interfaces, plan_interfaces(call.model, request, *plan.subnet));
  HF_TRY_VOID(check_price(call.model, request, plan.market));
  HF_TRY_VOID(check_capacity(call.model, plan.market, request.min_count));
  plan.count = request.max_count;
  while (plan.count > request.min_count && !check_capacity(call.model, plan.market, plan.count)) --plan.count;
  HF_TRY_VOID(check_addresses(call.model, plan));
  return plan;
}

Result<int> check_volume(const Model& model, const std::optional<SnapshotId>& from, std::optional<int> size,
                         const std::string& type, std::optional<int> iops, std::optional<int> throughput,
                         std::optional<bool> encrypted, const std::string& field) {
  static const std::vector<std::string> kTypes = {"gp2", "gp3", "io1", "io2", "sc1", "st1", "standard"};
  if (!type.empty() && std::find(kTypes.begin(), kTypes.end(), type) == kTypes.end()) {
    return bad_value("The volume type '" + type + "' does not exist; there are " + join(kTypes, ", ") + ".",
                     field + "VolumeType");
  }
  bool has_iops = type.empty() || type == "gp3" || type == "io1" || type == "io2";
  if (iops && (!has_iops || *iops < 100 || *iops > 64000)) {
    return bad_value("Iops is 100 to 64000, for gp3, io1 and io2.", field + "Iops");
  }
  if (throughput && ((!type.empty() && type != "gp3") || *throughput < 125 || *throughput > 1000)) {
    return bad_value("Throughput is 125 to 1000 MiB/s, for gp3.", field + "Throughput");
  }
  // Nothing is encrypted here, and a promise that is not kept would be worse than none.
  if (encrypted.value_or(false))
    return bad_value("The local cloud does not encrypt volumes; leave it out.", field + "Encrypted");
  int least = 1;
  if (from) {
    HF_TRY(const Snapshot* snapshot, need(model.snapshots, *from, field + "SnapshotId"));
    if (snapshot->state != "completed") {
      return fail(ErrorKind::conflict, "IncorrectState",
                  "The snapshot '" + from->str() + "' is " + snapshot->state + ", not completed.",
                  field + "SnapshotId");
    }
    least = snapshot->size;
  }
  if (!size && !from) return missing(field + "Size");
  int result = size.value_or(least);
  if (result < least || result > kMaxVolumeGib) {
    return bad_value("The size must be " + std::to_string(least) + " to " + std::to_string(kMaxVolumeGib) +
                         " GiB (no smaller than the snapshot); " + std::to_string(result) + " was given.",
                     field + "Size");
  }
  return result;
}

Result<std::vector<PlannedVolume>> plan_volumes(const Model& model, const Image& image,
                                                const std::vector<ec2::BlockDeviceMapping>& given) {
  std::map<std::string, ec2::EbsBlockDevice> devices;
  for (const auto& mapping : image.mappings) {
    if (mapping.ebs) devices[mapping.device_name] = *mapping.ebs;
  }
  std::set<std::string> seen;
  for (const auto& mapping : given) {
    const std::string& name = mapping.device_name;
    if (!name.starts_with("/dev/") || name.size() < 8 || !seen.insert(name).second) {
      return fail(ErrorKind::invalid, "InvalidBlockDeviceMapping",
                  "Device names look like /dev/sdf, each once; '" + name + "' does not.",
                  "BlockDeviceMapping.DeviceName");
    }
    if (mapping.no_device) {
      if (name == image.root_device_name)
        return bad_combination("The root device cannot be left out.", "BlockDeviceMapping.NoDevice");
      devices.erase(name);
      continue;
    }
    if (!mapping.ebs) return missing("BlockDeviceMapping.Ebs");
    auto& device = devices[name];
    const auto& ebs = *mapping.ebs;
    bool other_root = name == image.root_device_name && ebs.snapshot_id && ebs.snapshot_id != device.snapshot_id;
    if (other_root) {
      return fail(ErrorKind::invalid, "InvalidBlockDeviceMapping",
                  "The root device's snapshot is the image's; register an image to launch from another.",
                  "BlockDeviceMapping.Ebs.SnapshotId");
    }
    if (ebs.snapshot_id) device.snapshot_id = ebs.snapshot_id;
    if (ebs.volume_size) device.volume_size = ebs.volume_size;
    if (!ebs.volume_type.empty()) device.volume_type = ebs.volume_type;
    if (ebs.iops) device.iops = ebs.iops;
    if (ebs.throughput) device.throughput = ebs.throughput;
    if (ebs.encrypted) device.encrypted = ebs.encrypted;
    if (ebs.delete_on_termination) device.delete_on_termination = ebs.delete_on_termination;
  }
  std::vector<PlannedVolume> volumes;
  for (const auto& [name, ebs] : devices) {
    HF_TRY(int size, check_volume(model, ebs.snapshot_id, ebs.volume_size, ebs.volume_type, ebs.iops, ebs.throughput,
                                  ebs.encrypted, "BlockDeviceMapping.Ebs."));
    volumes.push_back({name, ebs.snapshot_id, size, ebs, ebs.delete_on_termination.value_or(true)});
  }
  return volumes;
}

}  // namespace holdfast::cloud
