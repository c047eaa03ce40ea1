#include "cloud/lookup.h"

#include <algorithm>

#include "ec2/ec2.h"

namespace holdfast::cloud {

namespace {

constexpr IdKind kInstance{"i", "instance", "InvalidInstanceID.NotFound", "InvalidInstanceID.Malformed", "instance"};
constexpr IdKind kVolume{"vol", "volume", "InvalidVolume.NotFound", "InvalidVolumeID.Malformed", "volume"};
constexpr IdKind kSnapshot{"snap", "snapshot", "InvalidSnapshot.NotFound", "InvalidSnapshotID.Malformed", "snapshot"};
constexpr IdKind kImage{"ami", "image", "InvalidAMIID.NotFound", "InvalidAMIID.Malformed", "image"};
constexpr IdKind kInterface{"eni", "network interface", "InvalidNetworkInterfaceID.NotFound",
                            "InvalidNetworkInterfaceId.Malformed", "network-interface"};
constexpr IdKind kSubnet{"subnet", "subnet", "InvalidSubnetID.NotFound", "InvalidSubnetID.Malformed", "subnet"};
constexpr IdKind kVpc{"vpc", "VPC", "InvalidVpcID.NotFound", "InvalidVpcID.Malformed", "vpc"};
constexpr IdKind kGroup{"sg", "security group", "InvalidGroup.NotFound", "InvalidGroupId.Malformed", "security-group"};
constexpr IdKind kAllocation{"eipalloc", "Elastic IP address", "InvalidAllocationID.NotFound",
                             "InvalidAllocationID.Malformed", "elastic-ip"};
constexpr IdKind kKeyPair{"key", "key pair", "InvalidKeyPair.NotFound", "InvalidKeyPair.Format", "key-pair"};
constexpr IdKind kSpotRequest{"sir", "spot instance request", "InvalidSpotInstanceRequestID.NotFound",
                              "InvalidSpotInstanceRequestID.Malformed", "spot-instances-request"};
constexpr IdKind kRootTask{"replacevol", "root volume replacement", "InvalidReplaceRootVolumeTaskId.NotFound",
                           "InvalidReplaceRootVolumeTaskId.Malformed", "replace-root-volume-task"};

constexpr size_t kMaxTags = 50, kMaxTagKey = 128, kMaxTagValue = 256;

std::string with_article(std::string_view noun) {
  return (noun.find_first_of("aeiou") == 0 ? "an " : "a ") + std::string(noun);
}

}  // namespace

const IdKind& kind_of(const InstanceId&) {
  return kInstance;
}
const IdKind& kind_of(const VolumeId&) {
  return kVolume;
}
const IdKind& kind_of(const SnapshotId&) {
  return kSnapshot;
}
const IdKind& kind_of(const ImageId&) {
  return kImage;
}
const IdKind& kind_of(const InterfaceId&) {
  return kInterface;
}
const IdKind& kind_of(const SubnetId&) {
  return kSubnet;
}
const IdKind& kind_of(const VpcId&) {
  return kVpc;
}
const IdKind& kind_of(const SecurityGroupId&) {
  return kGroup;
}
const IdKind& kind_of(const AllocationId&) {
  return kAllocation;
}
const IdKind& kind_of(const KeyPairId&) {
  return kKeyPair;
}
const IdKind& kind_of(const SpotRequestId&) {
  return kSpotRequest;
}
const IdKind& kind_of(const RootTaskId&) {
  return kRootTask;
}

Result<void> check_id(const IdKind& kind, const std::string& id, const std::string& field) {
  if (id.empty()) return missing(field);
  std::string prefix = std::string(kind.prefix) + "-";
  size_t digits = id.size() - std::min(id.size(), prefix.size());
  bool well_formed = id.starts_with(prefix) && (digits == 17 || digits == 8) &&
                     id.find_first_not_of("0123456789abcdef", prefix.size()) == std::string::npos;
  if (well_formed) return {};
  auto failure =
      ec2::ec2_fail(std::string(kind.malformed), "'" + id + "' is not the id of " + with_article(kind.noun) +
                                                     "; expected '" + prefix + "' and 17 hexadecimal digits.");
  failure.value().field = field;
  return failure;
}

Failure not_found(const IdKind& kind, const std::string& id, const std::string& field) {
  auto failure =
      ec2::ec2_fail(std::string(kind.not_found), "The " + std::string(kind.noun) + " '" + id + "' does not exist.");
  failure.value().field = field;
  return failure;
}

Failure bad_value(std::string message, std::string field) {
  return fail(ErrorKind::invalid, "InvalidParameterValue", std::move(message), std::move(field));
}

Failure missing(std::string field) {
  std::string message = "The request must contain the parameter " + field + ".";
  return fail(ErrorKind::invalid, "MissingParameter", std::move(message), std::move(field));
}

Failure bad_combination(std::string message, std::string field) {
  return fail(ErrorKind::invalid, "InvalidParameterCombination", std::move(message), std::move(field));
}

Result<void> check_tags(const std::vector<ec2::Tag>& tags, const std::string& field) {
  if (tags.size() > kMaxTags) {
    return fail(ErrorKind::invalid, "TagLimitExceeded", "A resource takes at most 50 tags.", field);
  }
  for (const auto& tag : tags) {
    if (tag.key.empty() || tag.key.size() > kMaxTagKey) {
      return bad_value("A tag's key has 1 to 128 characters, '" + tag.key + "' has not.", field);
    }
    if (tag.value.size() > kMaxTagValue)
      return bad_value("The value of tag '" + tag.key + "' is over 256 bytes.", field);
    if (tag.key.starts_with("aws:")) return bad_value("Tags that begin with 'aws:' are reserved.", field);
    auto same = [&](const ec2::Tag& other) { return other.key == tag.key; };
    if (std::count_if(tags.begin(), tags.end(), same) > 1) {
      return bad_value("The tag '" + tag.key + "' is given twice.", field);
    }
  }
  return {};
}

Result<void> check_tag_specifications(const std::vector<ec2::TagSpecification>& specifications,
                                      const std::vector<std::string_view>& allowed) {
  for (const auto& specification : specifications) {
    if (std::find(allowed.begin(), allowed.end(), specification.resource_type) == allowed.end()) {
      return bad_value("'" + specification.resource_type + "' is not a resource type that this call makes.",
                       "TagSpecification.ResourceType");
    }
    HF_TRY_VOID(check_tags(tags_for(specifications, specification.resource_type), "TagSpecification.Tag"));
  }
  return {};
}

std::vector<ec2::Tag> tags_for(const std::vector<ec2::TagSpecification>& specifications, std::string_view type) {
  std::vector<ec2::Tag> tags;
  for (const auto& specification : specifications) {
    if (specification.resource_type == type) {
      tags.insert(tags.end(), specification.tags.begin(), specification.tags.end());
    }
  }
  std::sort(tags.begin(), tags.end(), [](const auto& a, const auto& b) { return a.key < b.key; });
  return tags;
}

void merge_tags(std::vector<ec2::Tag>& into, const std::vector<ec2::Tag>& tags) {
  for (const auto& tag : tags) {
    auto found = std::find_if(into.begin(), into.end(), [&](const auto& other) { return other.key == tag.key; });
    if (found == into.end())
      into.push_back(tag);
    else
      found->value = tag.value;
  }
  std::sort(into.begin(), into.end(), [](const auto& a, const auto& b) { return a.key < b.key; });
}

}  // namespace holdfast::cloud
