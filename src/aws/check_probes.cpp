#include "aws/check_probes.h"

#include <functional>
#include <map>

#include "aws/policy.h"

namespace holdfast::aws {
namespace {

const InstanceId kNoInstance("i-00000000000000000");
const VolumeId kNoVolume("vol-00000000000000000");
const SnapshotId kNoSnapshot("snap-00000000000000000");
const ImageId kNoImage("ami-00000000000000000");
const InterfaceId kNoInterface("eni-00000000000000000");
const SubnetId kNoSubnet("subnet-00000000000000000");
constexpr char kNobody[] = "smi-00000000";  // an owner like ours, whom nobody looks for

std::vector<ec2::Tag> as_ours() {
  return {{kOwnerTag, kNobody}};
}

std::vector<ec2::TagSpecification> made_as_ours(std::initializer_list<const char*> kinds) {
  std::vector<ec2::TagSpecification> all;
  for (const char* kind : kinds) all.push_back({kind, as_ours()});
  return all;
}

std::string owner_in(const std::vector<ec2::Tag>& tags) {
  const std::string* owner = ec2::find_tag(tags, kOwnerTag);
  return owner != nullptr ? *owner : kNobody;
}

// ---- what makes something: carries our tag, so that the policy allows it

ec2::RunInstancesRequest run_instances(const Facts& facts) {
  ec2::RunInstancesRequest request;
  request.image_id = facts.image.value_or(kNoImage);
  request.instance_type = "t3.nano";
  request.subnet_id = facts.subnet ? facts.subnet->subnet_id : kNoSubnet;
  request.spot_options = ec2::SpotMarketOptions{};
  request.tag_specifications = made_as_ours({"instance", "volume", "network-interface"});
  request.dry_run = true;
  return request;
}

ec2::CreateVolumeRequest create_volume(const Facts& facts) {
  ec2::CreateVolumeRequest request;
  request.availability_zone = facts.subnet ? facts.subnet->availability_zone : "unknown";
  request.size = 1;
  request.volume_type = "gp3";
  request.tag_specifications = made_as_ours({"volume"});
  return request;
}

ec2::CreateNetworkInterfaceRequest create_interface(const Facts& facts) {
  ec2::CreateNetworkInterfaceRequest request;
  request.subnet_id = facts.subnet ? facts.subnet->subnet_id : kNoSubnet;
  request.tag_specifications = made_as_ours({"network-interface"});
  return request;
}

ec2::CreateSnapshotRequest create_snapshot(const Facts& facts) {
  return {facts.attached ? facts.attached->volume_id : kNoVolume, "", made_as_ours({"snapshot"})};
}

ec2::CreateSnapshotsRequest create_snapshots(const Facts& facts) {
  ec2::CreateSnapshotsRequest request;
  request.instance_specification.instance_id = facts.running ? facts.running->instance_id : kNoInstance;
  request.tag_specifications = made_as_ours({"snapshot"});
  return request;
}

ec2::RegisterImageRequest register_image(const Facts& facts) {
  ec2::RegisterImageRequest request;
  request.name = "holdfast-check";
  request.architecture = "x86_64";
  request.root_device_name = "/dev/xvda";
  request.virtualization_type = "hvm";
  ec2::EbsBlockDevice root;
  root.snapshot_id = facts.held.value_or(kNoSnapshot);
  request.block_device_mappings = {{request.root_device_name, root, false}};
  return request;
}

// ---- what changes something: as it is already

ec2::CreateTagsRequest create_tags(const Facts& facts) {
  if (!facts.attached) return {{kNoVolume.str()}, as_ours()};
  return {{facts.attached->volume_id.str()}, {{kOwnerTag, owner_in(facts.attached->tags)}}};
}

// A key that no tag of ours has, so none goes.
ec2::DeleteTagsRequest delete_tags(const Facts& facts) {
  const std::string thing = facts.running ? facts.running->instance_id.str() : kNoInstance.str();
  return {{thing}, {{"holdfast:never-set", ""}}};
}

ec2::ModifyInstanceAttributeRequest modify_instance(const Facts& facts) {
  if (!facts.running || facts.running->block_device_mappings.empty()) return {kNoInstance, {{"/dev/xvda", false}}};
  const ec2::InstanceBlockDevice& device = facts.running->block_device_mappings.front();
  return {facts.running->instance_id, {{device.device_name, device.delete_on_termination}}};
}

ec2::ModifyNetworkInterfaceAttributeRequest modify_interface(const Facts& facts) {
  if (!facts.interface) return {kNoInterface, "eni-attach-00000000000000000", false};
  const ec2::InterfaceAttachment& attachment = *facts.interface->attachment;
  return {facts.interface->network_interface_id, attachment.attachment_id, attachment.delete_on_termination};
}

// Attached already, so it is refused.
ec2::AttachVolumeRequest attach_volume(const Facts& facts) {
  if (!facts.attached) return {kNoVolume, kNoInstance, "/dev/sdf"};
  const ec2::VolumeAttachment& attachment = facts.attached->attachments.front();
  return {facts.attached->volume_id, attachment.instance_id, attachment.device};
}

// ---- what ends or deletes something: gone already, in use, or not there

ec2::TerminateInstancesRequest terminate(const Facts& facts) {
  return {{facts.terminated.value_or(kNoInstance)}};
}
ec2::DeleteVolumeRequest delete_volume(const Facts& facts) {
  return {facts.attached ? facts.attached->volume_id : kNoVolume};
}
ec2::DeleteNetworkInterfaceRequest delete_interface(const Facts& facts) {
  return {facts.interface ? facts.interface->network_interface_id : kNoInterface};
}
ec2::DeleteSnapshotRequest delete_snapshot(const Facts& facts) {
  return {facts.held.value_or(kNoSnapshot)};
}
// Nothing keeps an image from being deregistered: none that there is.
ec2::DeregisterImageRequest deregister_image(const Facts&) {
  return {kNoImage};
}

ec2::DescribeInstanceAttributeRequest describe_attribute(const Facts& facts) {
  return {"disableApiTermination", facts.running ? facts.running->instance_id : kNoInstance};
}

// No address is there by that name, so nothing is moved.
constexpr char kNoAllocation[] = "eipalloc-00000000000000000";

ec2::AssociateAddressRequest associate_address(const Facts& facts) {
  ec2::AssociateAddressRequest request;
  request.allocation_id = kNoAllocation;
  request.instance_id = facts.running ? facts.running->instance_id : kNoInstance;
  return request;
}
ec2::DisassociateAddressRequest disassociate_address(const Facts&) {
  ec2::DisassociateAddressRequest request;
  request.association_id = "eipassoc-00000000000000000";
  return request;
}

struct Maker {
  std::function<Probe(const Facts&)> make;
  std::function<bool(const Facts&)> has_ours;  // absent: the rights do not depend on it
  bool spares_ours = false;
};

template <class R>
Probe probe_of(const R& request) {
  Probe probe;
  probe.action = "ec2:" + std::string(R::kAction);
  if constexpr (std::is_constructible_v<ec2::Request, R>)
    probe.request = ec2::Request(request);
  else
    probe.request = ec2::FurtherRequest(request);
  return probe;
}

template <class R>
Maker of(R (*make)(const Facts&), std::function<bool(const Facts&)> has_ours = {}, bool spares_ours = false) {
  return {[make](const Facts& facts) { return probe_of(make(facts)); }, std::move(has_ours), spares_ours};
}
template <class R>
Maker reading() {
  return {[](const Facts&) { return probe_of(R()); }, {}, false};
}

const std::map<std::string, Maker>& makers() {
  const auto attached = [](const Facts& facts) { return facts.attached.has_value(); };
  const auto interface = [](const Facts& facts) { return facts.interface.has_value(); };
  const auto running = [](const Facts& facts) { return facts.running.has_value(); };
  const auto terminated = [](const Facts& facts) { return facts.terminated.has_value(); };
  const auto held = [](const Facts& facts) { return facts.held.has_value(); };
  static const std::map<std::string, Maker> all = {
      {"ec2:AssociateAddress", of(associate_address, {}, true)},
      {"ec2:AttachVolume", of(attach_volume, attached)},
      {"ec2:CreateNetworkInterface", of(create_interface)},
      {"ec2:CreateSnapshot", of(create_snapshot, attached)},
      {"ec2:CreateSnapshots", of(create_snapshots)},
      {"ec2:CreateTags", of(create_tags)},
      {"ec2:CreateVolume", of(create_volume)},
      {"ec2:DeleteNetworkInterface", of(delete_interface, interface)},
      {"ec2:DeleteSnapshot", of(delete_snapshot, held)},
      {"ec2:DeleteTags", of(delete_tags, running)},
      {"ec2:DeleteVolume", of(delete_volume, attached)},
      {"ec2:DeregisterImage", of(deregister_image, {}, true)},
      {"ec2:DescribeAddresses", reading<ec2::DescribeAddressesRequest>()},
      {"ec2:DescribeKeyPairs", reading<ec2::DescribeKeyPairsRequest>()},
      {"ec2:DescribeSpotPriceHistory", reading<ec2::DescribeSpotPriceHistoryRequest>()},
      {"ec2:DisassociateAddress", of(disassociate_address, {}, true)},
      {"ec2:DescribeAccountAttributes", reading<ec2::DescribeAccountAttributesRequest>()},
      {"ec2:DescribeImages", reading<ec2::DescribeImagesRequest>()},
      {"ec2:DescribeInstanceAttribute", of(describe_attribute)},
      {"ec2:DescribeInstanceStatus", reading<ec2::DescribeInstanceStatusRequest>()},
      {"ec2:DescribeInstanceTypes", reading<ec2::DescribeInstanceTypesRequest>()},
      {"ec2:DescribeInstances", reading<ec2::DescribeInstancesRequest>()},
      {"ec2:DescribeNetworkInterfaces", reading<ec2::DescribeNetworkInterfacesRequest>()},
      {"ec2:DescribeSecurityGroups", reading<ec2::DescribeSecurityGroupsRequest>()},
      {"ec2:DescribeSnapshots", reading<ec2::DescribeSnapshotsRequest>()},
      {"ec2:DescribeSpotInstanceRequests", reading<ec2::DescribeSpotInstanceRequestsRequest>()},
      {"ec2:DescribeSubnets", reading<ec2::DescribeSubnetsRequest>()},
      {"ec2:DescribeVolumes", reading<ec2::DescribeVolumesRequest>()},
      {"ec2:ModifyInstanceAttribute", of(modify_instance, running)},
      {"ec2:ModifyNetworkInterfaceAttribute", of(modify_interface, interface)},
      {"ec2:RegisterImage", of(register_image, held)},
      {"ec2:RunInstances", of(run_instances)},
      {"ec2:TerminateInstances", of(terminate, terminated)},
  };
  return all;
}

}  // namespace

bool Probe::mutates() const {
  return std::visit([](const auto& r) { return ec2::mutates(r); }, request);
}

std::vector<Probe> probes_for(const std::vector<std::string>& actions, const Facts& facts) {
  std::vector<Probe> probes;
  for (const std::string& action : actions) {
    auto found = makers().find(action);
    if (found == makers().end()) continue;
    probes.push_back(found->second.make(facts));
    const Maker& maker = found->second;
    probes.back().lacks_ours = maker.spares_ours || (maker.has_ours && !maker.has_ours(facts));
    probes.back().spares_ours = maker.spares_ours;
  }
  return probes;
}

}  // namespace holdfast::aws
