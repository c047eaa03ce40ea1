#include "cloud/codec.h"

#include "cloud/archive.h"

// The members of each type, once for both directions. `fields` of EC2's types must be found by argument-dependent
// lookup, so each stands in its type's namespace. User data may be any bytes: base64.
namespace holdfast::ec2 {

// A text that is not written where it is empty: tokens compare what is written with what older versions wrote.
template <class A>
void maybe(A& a, const char* name, std::string& text) {
  if (!text.empty() || A::kReads) a(name, text);
}

template <class A>
void fields(A& a, Tag& x) {
  a("key", x.key), a("value", x.value);
}
template <class A>
void fields(A& a, TagSpecification& x) {
  a("resourceType", x.resource_type), a("tags", x.tags);
}
template <class A>
void fields(A& a, EbsBlockDevice& x) {
  a("snapshotId", x.snapshot_id), a("volumeSize", x.volume_size), a("volumeType", x.volume_type), a("iops", x.iops);
  a("throughput", x.throughput), a("encrypted", x.encrypted), a("deleteOnTermination", x.delete_on_termination);
  maybe(a, "kmsKeyId", x.kms_key_id);
}
template <class A>
void fields(A& a, BlockDeviceMapping& x) {
  a("deviceName", x.device_name), a("ebs", x.ebs), a("noDevice", x.no_device);
}
template <class A>
void fields(A& a, InterfaceAttachment& x) {
  a("attachmentId", x.attachment_id), a("deviceIndex", x.device_index), a("instanceId", x.instance_id);
  a("status", x.status), a("deleteOnTermination", x.delete_on_termination), a("attachTime", x.attach_time);
}
template <class A>
void fields(A& a, StateReason& x) {
  a("code", x.code), a("message", x.message);
}
template <class A>
void fields(A& a, InstanceNetworkInterfaceSpecification& x) {
  a("deviceIndex", x.device_index), a("networkInterfaceId", x.network_interface_id), a("subnetId", x.subnet_id);
  a("groups", x.groups), a("privateIpAddress", x.private_ip_address);
  a("deleteOnTermination", x.delete_on_termination), a("associatePublicIpAddress", x.associate_public_ip_address);
}
template <class A>
void fields(A& a, SpotMarketOptions& x) {
  a("maxPrice", x.max_price), a("spotInstanceType", x.spot_instance_type);
  a("instanceInterruptionBehavior", x.instance_interruption_behavior);
}
template <class A>
void fields(A& a, MetadataOptions& x) {
  a("httpTokens", x.http_tokens), a("httpPutResponseHopLimit", x.http_put_response_hop_limit);
  maybe(a, "instanceMetadataTags", x.instance_metadata_tags);
}
template <class A>
void fields(A& a, IamInstanceProfile& x) {
  a("arn", x.arn), a("name", x.name);
}
template <class A>
void fields(A& a, RunInstancesRequest& x) {
  a("imageId", x.image_id), a("instanceType", x.instance_type), a("minCount", x.min_count);
  a("maxCount", x.max_count), a("clientToken", x.client_token), a("subnetId", x.subnet_id);
  a("securityGroupIds", x.security_group_ids), a("networkInterfaces", x.network_interfaces);
  a("blockDeviceMappings", x.block_device_mappings), a("userData", x.user_data), a("spotOptions", x.spot_options);
  a("metadataOptions", x.metadata_options), a("tagSpecifications", x.tag_specifications);
  maybe(a, "keyName", x.key_name), maybe(a, "availabilityZone", x.availability_zone);
  a("ebsOptimized", x.ebs_optimized), a("monitoring", x.monitoring), maybe(a, "tenancy", x.tenancy);
  maybe(a, "cpuCredits", x.cpu_credits), a("iamInstanceProfile", x.iam_instance_profile);
}
template <class A>
void fields(A& a, CreateVolumeRequest& x) {
  a("availabilityZone", x.availability_zone), a("size", x.size), a("snapshotId", x.snapshot_id);
  a("volumeType", x.volume_type), a("iops", x.iops), a("throughput", x.throughput), a("encrypted", x.encrypted);
  a("clientToken", x.client_token), a("tagSpecifications", x.tag_specifications);
  maybe(a, "kmsKeyId", x.kms_key_id);
}
template <class A>
void fields(A& a, CreateNetworkInterfaceRequest& x) {
  a("subnetId", x.subnet_id), a("privateIpAddress", x.private_ip_address), a("groups", x.groups);
  a("description", x.description), a("clientToken", x.client_token), a("tagSpecifications", x.tag_specifications);
}
template <class A>
void fields(A& a, RequestSpotLaunchSpecification& x) {
  a("imageId", x.image_id), a("instanceType", x.instance_type), a("subnetId", x.subnet_id);
  a("securityGroupIds", x.security_group_ids), a("networkInterfaces", x.network_interfaces);
  a("blockDeviceMappings", x.block_device_mappings), a("userData", x.user_data);
  a("availabilityZone", x.availability_zone);
}
template <class A>
void fields(A& a, RequestSpotInstancesRequest& x) {
  a("clientToken", x.client_token), a("instanceCount", x.instance_count);
  a("launchSpecification", x.launch_specification), a("spotPrice", x.spot_price), a("type", x.type);
  a("validFrom", x.valid_from), a("validUntil", x.valid_until), a("tagSpecifications", x.tag_specifications);
  a("instanceInterruptionBehavior", x.instance_interruption_behavior);
}
template <class A>
void fields(A& a, CreateReplaceRootVolumeTaskRequest& x) {
  a("instanceId", x.instance_id), a("snapshotId", x.snapshot_id), a("clientToken", x.client_token);
  a("tagSpecifications", x.tag_specifications), a("imageId", x.image_id);
  a("deleteReplacedRootVolume", x.delete_replaced_root_volume);
}

}  // namespace holdfast::ec2

namespace holdfast::cloud {

// Bytes that need not be UTF-8 are base64 in the row.
template <class A>
void bytes_field(A& a, const char* name, std::string& bytes) {
  std::string text = base64_encode(bytes);
  a(name, text);
  bytes = base64_decode(text).value_or("");
}

template <class A>
void fields(A& a, Instance& x) {
  a("id", x.id), a("image", x.image), a("state", x.state), a("reason", x.reason), a("type", x.type);
  a("spot", x.spot), a("maxPrice", x.max_price), a("zone", x.zone), a("subnet", x.subnet), a("vpc", x.vpc);
  a("privateIp", x.private_ip), a("rootDevice", x.root_device), a("groups", x.groups), a("volumes", x.volumes);
  a("interfaces", x.interfaces), a("clientToken", x.client_token), a("reservation", x.reservation),
      bytes_field(a, "userData", x.user_data);
  a("imdsTokensRequired", x.imds_tokens_required), a("launchedAt", x.launched_at), a("tags", x.tags);
  a("launchSent", x.launch_sent), a("userDataOutcome", x.user_data_outcome);
  a("interruptionAt", x.interruption_at), a("rebalanceAt", x.rebalance_at), a("rebootDue", x.reboot_due);
  a("stopHow", x.stop_how);
  a("terminatedAt", x.terminated_at), a("hasRun", x.has_run), a("monitoring", x.monitoring);
  a("metadataHopLimit", x.metadata_hop_limit), a("metadataTags", x.metadata_tags);
  a("keyName", x.key_name), a("spotRequest", x.spot_request), a("errand", x.errand);
  a("ebsOptimized", x.ebs_optimized);
}
template <class A>
void fields(A& a, VolumeAttachment& x) {
  a("instance", x.instance), a("device", x.device), a("state", x.state);
  a("deleteOnTermination", x.delete_on_termination), a("force", x.force), a("at", x.at);
}
template <class A>
void fields(A& a, Volume& x) {
  a("id", x.id), a("state", x.state), a("size", x.size), a("snapshot", x.snapshot), a("type", x.type);
  a("iops", x.iops), a("throughput", x.throughput), a("encrypted", x.encrypted), a("zone", x.zone);
  a("createdAt", x.created_at), a("attachment", x.attachment), a("attachmentsMade", x.attachments_made);
  a("tags", x.tags);
}
template <class A>
void fields(A& a, Snapshot& x) {
  a("id", x.id), a("volume", x.volume), a("size", x.size), a("state", x.state), a("description", x.description);
  a("startedAt", x.started_at), a("completedAt", x.completed_at), a("quiet", x.quiet);
  a("attachmentsThen", x.attachments_then), a("built", x.built), a("tags", x.tags);
  a("copiedFrom", x.copied_from), a("set", x.set), a("setOf", x.set_of);
}
template <class A>
void fields(A& a, Modification& x) {
  a("volume", x.volume), a("state", x.state), a("message", x.message), a("size", x.size), a("oldSize", x.old_size);
  a("type", x.type), a("oldType", x.old_type), a("iops", x.iops), a("oldIops", x.old_iops);
  a("throughput", x.throughput), a("oldThroughput", x.old_throughput), a("startedAt", x.started_at);
  a("endedAt", x.ended_at);
}
template <class A>
void fields(A& a, RootTask& x) {
  a("id", x.id), a("instance", x.instance), a("state", x.state), a("volume", x.volume), a("snapshot", x.snapshot);
  a("replaced", x.replaced), a("image", x.image), a("deleteReplaced", x.delete_replaced), a("startedAt", x.started_at);
  a("completedAt", x.completed_at), a("tags", x.tags);
}
template <class A>
void fields(A& a, Allocation& x) {
  a("id", x.id), a("publicIp", x.public_ip), a("association", x.association), a("interface", x.interface);
  a("privateIp", x.private_ip), a("tags", x.tags);
}
template <class A>
void fields(A& a, KeyPair& x) {
  a("id", x.id), a("name", x.name), a("type", x.type), a("fingerprint", x.fingerprint);
  a("publicKey", x.public_key), a("createdAt", x.created_at), a("tags", x.tags);
}
template <class A>
void fields(A& a, SpotRequest& x) {
  a("id", x.id), a("state", x.state), a("status", x.status), a("statusMessage", x.status_message);
  a("statusAt", x.status_at), a("launch", x.launch), a("maxPrice", x.max_price), a("instance", x.instance);
  a("zone", x.zone), a("createdAt", x.created_at), a("validFrom", x.valid_from), a("validUntil", x.valid_until);
  a("tags", x.tags);
}
template <class A>
void fields(A& a, Image& x) {
  a("id", x.id), a("name", x.name), a("description", x.description), a("state", x.state);
  a("architecture", x.architecture), a("rootDeviceName", x.root_device_name);
  a("virtualizationType", x.virtualization_type), a("bootMode", x.boot_mode), a("enaSupport", x.ena_support);
  a("isPublic", x.is_public), a("mappings", x.mappings), a("building", x.building), a("buildProblem", x.build_problem),
      a("createdAt", x.created_at);
  a("tags", x.tags);
}
template <class A>
void fields(A& a, Interface& x) {
  a("id", x.id), a("mac", x.mac), a("ip", x.ip), a("subnet", x.subnet), a("description", x.description);
  a("groups", x.groups), a("attachment", x.attachment), a("tags", x.tags), a("secondaryIps", x.secondary_ips);
}
template <class A>
void fields(A& a, Subnet& x) {
  a("id", x.id), a("vpc", x.vpc), a("cidr", x.cidr), a("zone", x.zone), a("outside", x.outside);
  a("isDefault", x.is_default), a("state", x.state), a("tags", x.tags);
}
template <class A>
void fields(A& a, Vpc& x) {
  a("id", x.id), a("cidr", x.cidr), a("isDefault", x.is_default), a("tags", x.tags);
}
template <class A>
void fields(A& a, GroupRule& x) {
  a("id", x.id), a("protocol", x.protocol), a("fromPort", x.from_port), a("toPort", x.to_port), a("cidr", x.cidr);
  a("group", x.group), a("description", x.description), a("tags", x.tags);
}
template <class A>
void fields(A& a, SecurityGroup& x) {
  a("id", x.id), a("vpc", x.vpc), a("name", x.name), a("description", x.description), a("tags", x.tags);
  a("ingress", x.ingress);
}
template <class A>
void fields(A& a, MarketKey& x) {
  a("instanceType", x.instance_type), a("availabilityZone", x.availability_zone), a("spot", x.spot);
}
template <class A>
void fields(A& a, Market& x) {
  a("key", x.key), a("capacity", x.capacity), a("price", x.price), a("pricedAt", x.priced_at);
}
template <class A>
void fields(A& a, Token& x) {
  a("key", x.key), a("request", x.request), a("made", x.made), a("at", x.at);
}
template <class A>
void fields(A& a, Meta& x) {
  a("region", x.region), a("cidr", x.cidr), a("createdAt", x.created_at), a("opens", x.opens);
}

namespace {

template <class T>
std::string encode_any(const T& row) {
  return boost::json::serialize(archive::Writer::write(row));
}

template <class T>
Result<void> decode_any(std::string_view text, T& row) {
  try {
    auto value = boost::json::parse(boost::json::string_view(text.data(), text.size()));
    archive::Reader::read(value, row);
    return {};
  } catch (const std::exception& problem) {
    return fail(ErrorKind::invalid, "BrokenRow",
                std::string("A row of the local cloud's store cannot be read: ") + problem.what());
  }
}

}  // namespace

#define HF_ROW_CODEC(Type)                                \
  std::string encode(const Type& row) {                   \
    return encode_any(row);                               \
  }                                                       \
  Result<void> decode(std::string_view json, Type& row) { \
    return decode_any(json, row);                         \
  }

HF_ROW_CODEC(Instance)
HF_ROW_CODEC(Volume)
HF_ROW_CODEC(Snapshot)
HF_ROW_CODEC(Image)
HF_ROW_CODEC(Interface)
HF_ROW_CODEC(Subnet)
HF_ROW_CODEC(Vpc)
HF_ROW_CODEC(SecurityGroup)
HF_ROW_CODEC(Market)
HF_ROW_CODEC(Token)
HF_ROW_CODEC(Meta)
HF_ROW_CODEC(Modification)
HF_ROW_CODEC(RootTask)
HF_ROW_CODEC(Allocation)
HF_ROW_CODEC(KeyPair)
HF_ROW_CODEC(SpotRequest)
#undef HF_ROW_CODEC

std::string encode(const ec2::RunInstancesRequest& request) {
  return encode_any(request);
}
std::string encode(const ec2::CreateVolumeRequest& request) {
  return encode_any(request);
}
std::string encode(const ec2::CreateNetworkInterfaceRequest& request) {
  return encode_any(request);
}
std::string encode(const ec2::RequestSpotInstancesRequest& request) {
  return encode_any(request);
}
std::string encode(const ec2::CreateReplaceRootVolumeTaskRequest& request) {
  return encode_any(request);
}
Result<void> decode(std::string_view json, ec2::RunInstancesRequest& request) {
  return decode_any(json, request);
}

}  // namespace holdfast::cloud
