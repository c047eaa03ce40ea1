// compute.launchSpecification: what every instance of a managed instance is launched with.

#include <regex>

#include "model/field_tables.h"
#include "model/read_launch_specification.h"
#include "model/spec_rules.h"

namespace holdfast::model {
namespace {

constexpr size_t kMaxUserDataBytes = 16 << 10;  // EC2's, decoded
constexpr size_t kMaxTypes = 100;
constexpr size_t kMaxSecurityGroups = 16;  // EC2's, an interface
constexpr size_t kMaxBlockDevices = 40;
constexpr char kAmi[] = "ami-";
constexpr char kGroup[] = "sg-";
constexpr char kSnap[] = "snap-";

void instance_type(FieldReader& reader, const json::value& value, std::string& into) {
  static const std::regex kForm("[a-z0-9-]+\\.[a-z0-9-]+");
  std::optional<std::string> word = reader.text(value, 64);
  if (!word) return;
  if (std::regex_match(*word, kForm)) {
    into = *word;
  } else {
    reader.fault("InvalidValue", fmt::format("'{}' is no instance type: write it as EC2 does, e.g. m5.large", *word));
  }
}

void preferred_type(FieldReader& reader, const json::value& value, Compute& into) {
  instance_type(reader, value, into.preferred_type);
}

void types(FieldReader& reader, const json::value& value, Compute& into) {
  const json::array* list = reader.list(value, kMaxTypes);
  if (list == nullptr) return;
  for (size_t i = 0; i < list->size(); ++i) {
    FieldReader::Step step(reader, i);
    instance_type(reader, (*list)[i], into.instance_types.emplace_back());
  }
}

constexpr Field<Compute> kInstanceTypes[] = {
    {"preferredType", preferred_type}, {"types", types}, {"preferredTypes"}, {"resourceRequirements"}};

void instance_types(FieldReader& r, const json::value& v, Compute& into) {
  read_object(r, v, kInstanceTypes, into);
}

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
    {"kmsKeyId"},
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

constexpr Field<BlockDevice> kMapping[] = {{"deviceName", device_name}, {"ebs", ebs}, {"noDevice"}, {"virtualName"}};

void block_device_mappings(FieldReader& reader, const json::value& value, Compute& into) {
  const json::array* list = reader.list(value, kMaxBlockDevices);
  if (list == nullptr) return;
  for (size_t i = 0; i < list->size(); ++i) {
    FieldReader::Step step(reader, i);
    read_object(reader, (*list)[i], kMapping, into.block_devices.emplace_back());
    const json::object* mapping = (*list)[i].if_object();
    const json::value* given = mapping == nullptr ? nullptr : mapping->if_contains("ebs");
    if (mapping == nullptr || (given != nullptr && !given->is_null())) continue;
    FieldReader::Step at(reader, "ebs");
    reader.fault("MissingField", "is missing: describe the volume, e.g. {\"volumeSize\": 8}");
  }
}

void http_tokens(FieldReader& reader, const json::value& value, Compute& into) {
  if (is_honoured(reader, value, {"optional", "required"}, {})) into.http_tokens = std::string(value.get_string());
}

constexpr Field<Compute> kMetadataOptions[] = {
    {"httpTokens", http_tokens}, {"httpPutResponseHopLimit"}, {"instanceMetadataTags"}};

void metadata_options(FieldReader& r, const json::value& v, Compute& into) {
  read_object(r, v, kMetadataOptions, into);
}

constexpr Field<Compute> kLaunchSpecification[] = {
    {"imageId", id<&Compute::image_id, kAmi>},
    {"instanceTypes", instance_types},
    {"securityGroupIds", ids<&Compute::security_group_ids, kGroup, kMaxSecurityGroups>},
    {"userData", user_data},
    {"tags", tags},
    {"resourceTagSpecification", resource_tags},
    {"blockDeviceMappings", block_device_mappings},
    {"metadataOptions", metadata_options},
    {"keyPair"},
    {"shutdownScript"},
    {"iamRole"},
    {"ebsOptimized"},
    {"monitoring"},
    {"tenancy"},
    {"creditSpecification"},
    {"networkInterfaces"},
};

}  // namespace

void read_launch_specification(FieldReader& reader, const json::value& value, Compute& into) {
  read_object(reader, value, kLaunchSpecification, into);
}

}  // namespace holdfast::model
