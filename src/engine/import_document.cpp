// The managed instance's document as an instance that exists calls for it: what GET answers afterwards, and what a
// person could have written by hand.

#include <algorithm>
#include <boost/json.hpp>

#include "base/text.h"
#include "engine/import_original.h"

namespace holdfast::engine {
namespace json = boost::json;
namespace {

template <class Id>
json::array texts(const std::vector<Id>& ids) {
  json::array list;
  for (const Id& id : ids) list.emplace_back(id.str());
  return list;
}

std::string name_of(const ImportRequest& request, const ec2::Instance& instance) {
  if (!request.name.empty()) return request.name;
  const std::string* tag = ec2::find_tag(instance.tags, "Name");
  std::string name(tag == nullptr ? std::string_view() : trim(*tag));
  return name.empty() ? instance.instance_id.str() : name;
}

// EC2 shows iops and throughput also where they follow from the size, and where none may be asked for.
json::object ebs_of(const ec2::Volume& volume) {
  json::object ebs{{"volumeSize", volume.size}};
  if (!volume.volume_type.empty()) ebs["volumeType"] = volume.volume_type;
  const std::string& type = volume.volume_type;
  if (volume.iops && (type == "gp3" || type == "io1" || type == "io2")) ebs["iops"] = *volume.iops;
  if (volume.throughput && type == "gp3") ebs["throughput"] = *volume.throughput;
  if (volume.encrypted) ebs["encrypted"] = true;
  return ebs;
}

json::array devices_of(const FoundOriginal& found) {
  json::array devices;
  for (const ec2::InstanceBlockDevice& device : found.instance.block_device_mappings) {
    auto volume = found.volumes.find(device.volume_id);
    if (volume == found.volumes.end()) continue;  // a fault already
    devices.push_back({{"deviceName", device.device_name}, {"ebs", ebs_of(volume->second)}});
  }
  return devices;
}

// The user's: those of AWS and ours are not for copying.
json::array tags_of_user(const ec2::Instance& instance) {
  json::array tags;
  for (const ec2::Tag& tag : instance.tags) {
    if (tag.key.starts_with("aws:") || tag.key.starts_with("holdfast:")) continue;
    tags.push_back({{"tagKey", tag.key}, {"tagValue", tag.value}});
  }
  return tags;
}

json::array subnets_of(const ImportRequest& request, const ec2::Instance& instance) {
  std::vector<SubnetId> ids = {instance.subnet_id};
  for (const ImportZone& zone : request.zones) {
    for (const SubnetId& id : zone.subnet_ids) {
      if (std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(id);
    }
  }
  return texts(ids);
}

json::object persistence_of(const ImportRequest& request, const ec2::Instance& instance) {
  json::object persistence{{"persistRootDevice", true}};
  if (instance.block_device_mappings.size() > 1) {
    persistence["persistBlockDevices"] = true;
    persistence["blockDevicesMode"] = request.block_devices_mode.empty() ? "reattach" : request.block_devices_mode;
  }
  persistence["persistPrivateIp"] = request.keep_private_ip;
  return persistence;
}

json::object launch_specification(const ImportRequest& request, const FoundOriginal& found) {
  const ec2::Instance& instance = found.instance;
  json::array types;
  for (const std::string& type : request.instance_types) types.emplace_back(type);
  if (types.empty()) types.emplace_back(instance.instance_type);
  json::object launch{{"imageId", request.image_id.empty() ? instance.image_id.str() : request.image_id},
                      {"instanceTypes", {{"types", std::move(types)}}},
                      {"blockDeviceMappings", devices_of(found)}};
  std::vector<SecurityGroupId> groups = instance.security_groups;
  if (const ec2::NetworkInterface* primary = primary_of(instance); groups.empty() && primary != nullptr) {
    groups = primary->groups;
  }
  if (!groups.empty()) launch["securityGroupIds"] = texts(groups);
  if (found.user_data && !found.user_data->empty()) launch["userData"] = *found.user_data;
  if (json::array tags = tags_of_user(instance); !tags.empty()) launch["tags"] = std::move(tags);
  return launch;
}

}  // namespace

std::string document_of(const ImportRequest& request, const FoundOriginal& found) {
  const ec2::Instance& instance = found.instance;
  json::object compute{{"product", request.product.empty() ? "Linux/UNIX" : request.product},
                       {"subnetIds", subnets_of(request, instance)}};
  if (!instance.vpc_id.empty()) compute["vpcId"] = instance.vpc_id.str();
  if (request.keep_private_ip) compute["privateIp"] = instance.private_ip_address;
  compute["launchSpecification"] = launch_specification(request, found);
  json::object document{{"name", name_of(request, instance)}};
  if (!request.region.empty()) document["region"] = request.region;
  document["persistence"] = persistence_of(request, instance);
  document["compute"] = std::move(compute);
  return json::serialize(document);
}

}  // namespace holdfast::engine
