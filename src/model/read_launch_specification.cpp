// compute.launchSpecification: what every instance of a managed instance is launched with.

#include <regex>

#include "model/field_tables.h"
#include "model/read_instance_types.h"
#include "model/read_launch_options.h"
#include "model/read_launch_specification.h"
#include "model/spec_rules.h"

namespace holdfast::model {
namespace {

constexpr size_t kMaxUserDataBytes = 16 << 10;  // EC2's, decoded
constexpr size_t kMaxSecurityGroups = 16;       // EC2's, an interface
constexpr size_t kMaxBlockDevices = 40;
constexpr char kAmi[] = "ami-";
constexpr char kGroup[] = "sg-";
constexpr char kSnap[] = "snap-";

void user_data(FieldReader& reader, const json::value& value, Compute& into) {
  if (auto encoded = reader.base64(value, kMaxUserDataBytes)) into.user_data = *encoded;
}

constexpr Field<Tag> kTag[] = {{"tagKey", text<&Tag::key, 128, false>}, {"tagValue", text<&Tag::value, 256, true>}};

void tags(FieldReader& reader, const json::value& value, Compute& into) {
  const json::array* list = reader.list(value, kMaxUserTags);
  if (list == nullptr) return;
  for (size_t i = 0; i < list->size(); ++i) {
    FieldReader::Step step(reader, i);
    read_object(reader, (*list)[i], kTag, into.tags.emplace_back());
    FieldReader::Step key(reader, "tagKey");
    bool told = reader.faulted(reader.path());
    if (into.tags.back().key.empty() && !told) reader.fault("MissingField", "is missing: a tag needs a key");
  }
}

template <auto Member>
void should_tag(FieldReader& reader, const json::value& value, ResourceTags& into) {
  static constexpr Field<ResourceTags> kShouldTag[] = {{"shouldTag", boolean<Member>}};
  read_object(reader, value, kShouldTag, into);
}

constexpr Field<ResourceTags> kResourceTags[] = {
    {"volumes", should_tag<&ResourceTags::volumes>},
    {"snapshots", should_tag<&ResourceTags::snapshots>},
    {"enis", should_tag<&ResourceTags::interfaces>},
    {"amis", should_tag<&ResourceTags::images>},
};

void resource_tags(FieldReader& r, const json::value& v, Compute& into) {
  read_object(r, v, kResourceTags, into.resource_tags);
}

constexpr int kAnyNumber = 1'000'000'000;  // the bounds that depend on the type are in spec_rules.cpp

constexpr Field<BlockDevice> kEbs[] = {
    {"deleteOnTermination", boolean<&BlockDevice::delete_on_termination>},
    {"volumeType", text<&BlockDevice::volume_type, 32, false>},
    {"volumeSize", whole<&BlockDevice::size_gib, 1, kAnyNumber>},
    {"iops", whole<&BlockDevice::iops, 1, kAnyNumber>},
    {"throughput", whole<&BlockDevice::throughput, 1, kAnyNumber>},
    {"encrypted", boolean<&BlockDevice::encrypted>},
    {"snapshotId", id<&BlockDevice::snapshot_id, kSnap>},
    {"kmsKeyId", text<&BlockDevice::kms_key_id, 2048, false>},
};

void device_name(FieldReader& reader, const json::value& value, BlockDevice& into) {
  static const std::regex kForm("/dev/(sd[a-z]([1-9]|1[0-5])?|xvd([a-z]|[b-d][a-z])[0-9]{0,2})");
  std::optional<std::string> name = reader.text(value, 32);
  if (!name) return;
  if (std::regex_match(*name, kForm)) {
    into.device_name = *name;
  } else {
    reader.fault("InvalidValue", fmt::format("'{}' is no device name: write e.g. /dev/sdf or /dev/xvdf", *name));
  }
}

void ebs(FieldReader& r, const json::value& v, BlockDevice& into) {
  read_object(r, v, kEbs, into);
}

// A mapping of the list: a volume, or that the image's device of that name is left out.
struct Mapping {
  BlockDevice device;
  bool no_device = false;
};

void mapping_device_name(FieldReader& r, const json::value& v, Mapping& into) {
  device_name(r, v, into.device);
}
void mapping_ebs(FieldReader& r, const json::value& v, Mapping& into) {
  ebs(r, v, into.device);
}

// EC2's own word for it is the empty text.
void no_device(FieldReader& reader, const json::value& value, Mapping& into) {
  bool said = value.is_string() && value.get_string().empty();
  if (said) {
    into.no_device = true;
  } else if (auto flag = reader.boolean(value)) {
    into.no_device = *flag;
  }
}

void virtual_name(FieldReader& reader, const json::value&, Mapping&) {
  reader.fault("Impossible",
               "an instance store is lost with each instance, so it is not mapped; leave it out (types with NVMe "
               "stores show them without a mapping)");
}

constexpr Field<Mapping> kMapping[] = {
    {"deviceName", mapping_device_name}, {"ebs", mapping_ebs}, {"noDevice", no_device}, {"virtualName", virtual_name}};

void left_out_device(FieldReader& reader, const Mapping& mapping, bool has_ebs, Compute& into) {
  if (has_ebs) reader.fault("Impossible", "has ebs and noDevice: leave one of the two out");
  FieldReader::Step step(reader, "deviceName");
  bool told = reader.faulted(reader.path());
  if (mapping.device.device_name.empty() && !told) reader.fault("MissingField", "is missing: name the device");
  into.no_devices.push_back(mapping.device.device_name);
}

void block_device_mappings(FieldReader& reader, const json::value& value, Compute& into) {
  const json::array* list = reader.list(value, kMaxBlockDevices);
  if (list == nullptr) return;
  for (size_t i = 0; i < list->size(); ++i) {
    FieldReader::Step step(reader, i);
    Mapping mapping;
    read_object(reader, (*list)[i], kMapping, mapping);
    const json::object* object = (*list)[i].if_object();
    const json::value* given = object == nullptr ? nullptr : object->if_contains("ebs");
    bool has_ebs = given != nullptr && !given->is_null();
    if (mapping.no_device) {
      left_out_device(reader, mapping, has_ebs, into);
      continue;
    }
    into.block_devices.push_back(mapping.device);
    into.device_places.push_back(i);
    if (object == nullptr || has_ebs) continue;
    FieldReader::Step at(reader, "ebs");
    reader.fault("MissingField", "is missing: describe the volume, e.g. {\"volumeSize\": 8}");
  }
  if (into.no_devices.empty()) into.device_places.clear();
}

constexpr Field<Compute> kLaunchSpecification[] = {
    {"imageId", id<&Compute::image_id, kAmi>},
    {"instanceTypes", read_instance_types},
    {"securityGroupIds", ids<&Compute::security_group_ids, kGroup, kMaxSecurityGroups>},
    {"userData", user_data},
    {"tags", tags},
    {"resourceTagSpecification", resource_tags},
    {"blockDeviceMappings", block_device_mappings},
    {"metadataOptions", read_metadata_options},
    {"keyPair", read_key_pair},
    {"shutdownScript"},
    {"iamRole", read_iam_role},
    {"ebsOptimized", read_ebs_optimized},
    {"monitoring", read_monitoring},
    {"tenancy", read_tenancy},
    {"creditSpecification", read_credit_specification},
    {"networkInterfaces", read_network_interfaces},
};

}  // namespace

void read_launch_specification(FieldReader& reader, const json::value& value, Compute& into) {
  read_object(reader, value, kLaunchSpecification, into);
}

}  // namespace holdfast::model
