// CreateVolume, DeleteVolume, AttachVolume, DetachVolume. What holds: a volume has at most one attachment, and it ends
// only when the substrate has seen the device gone or the machine dead.
#include <algorithm>

#include "cloud/lookup.h"
#include "cloud/rules.h"
#include "cloud/rules/launch_plan.h"
#include "cloud/tokens.h"
#include "cloud/views.h"

namespace holdfast::cloud {

namespace {

bool zone_exists(const Model& model, const std::string& zone) {
  const auto& meta = *model.meta.find(kMetaKey);
  return zone == meta.region + "a" || zone == meta.region + "b" || zone == meta.region + "c";
}

// /dev/sdf and /dev/xvdf are one place: the guest's kernel shows the first as the second.
std::string place_of(std::string device) {
  if (size_t at = device.find("/xvd"); at != std::string::npos) device.replace(at, 4, "/sd");
  return device;
}

}  // namespace

Answer act(Call& call, const ec2::CreateVolumeRequest& request) {
  HF_TRY(const std::vector<std::string>* made, find_token(call, "", request));
  if (made != nullptr) {
    const Volume* volume = call.model.volumes.find(VolumeId(made->front()));
    if (volume == nullptr) return not_found(kind_of(VolumeId()), made->front(), "ClientToken");
    return ec2::CreateVolumeResponse{view(call.model, *volume)};
  }
  if (request.availability_zone.empty()) return missing("AvailabilityZone");
  if (!zone_exists(call.model, request.availability_zone)) {
    return fail(ErrorKind::invalid, "InvalidZone.NotFound",
                "The zone '" + request.availability_zone + "' does not exist; DescribeAvailabilityZones lists them.",
                "AvailabilityZone");
  }
  HF_TRY_VOID(check_tag_specifications(request.tag_specifications, {"volume"}));
  if (!request.kms_key_id.empty())
    return bad_value("The local cloud does not encrypt volumes; leave the key out.", "KmsKeyId");
  HF_TRY(int size, check_volume(call.model, request.snapshot_id, request.size, request.volume_type, request.iops,
                                request.throughput, request.encrypted, ""));
  if (call.settings.free_bytes <= 0) {
    return ec2::ec2_fail("InsufficientVolumeCapacity", "The pool of volumes is full; delete volumes or snapshots.");
  }
  Volume volume;
  volume.id = fresh_id(call.model.volumes, call.random);
  volume.size = size, volume.snapshot = request.snapshot_id, volume.zone = request.availability_zone;
  if (!request.volume_type.empty()) volume.type = request.volume_type;
  volume.iops = request.iops, volume.throughput = request.throughput, volume.created_at = call.now;
  volume.tags = tags_for(request.tag_specifications, "volume");
  call.model.volumes.put(volume.id, volume);
  keep_token(call, "", request, {volume.id.str()});
  return ec2::CreateVolumeResponse{view(call.model, volume)};
}

// Safe: the caller's own decision, and only of a volume that no instance has.
Answer act(Call& call, const ec2::DeleteVolumeRequest& request) {
  HF_TRY(const Volume* volume, need(call.model.volumes, request.volume_id, "VolumeId"));
  if (volume->attachment) {
    return ec2::ec2_fail("VolumeInUse", "The volume '" + volume->id.str() + "' is attached to " +
                                            volume->attachment->instance.str() + "; detach it first.");
  }
  if (volume->state == "creating") return ec2::ec2_fail("IncorrectState", "The volume is still being made.");
  if (volume->state != "deleting") delete_volume(call, volume->id);
  return ec2::Empty{};
}

Answer act(Call& call, const ec2::AttachVolumeRequest& request) {
  HF_TRY(const Volume* volume, need(call.model.volumes, request.volume_id, "VolumeId"));
  HF_TRY(const Instance* instance, need(call.model.instances, request.instance_id, "InstanceId"));
  if (request.device.empty()) return missing("Device");
  if (!request.device.starts_with("/dev/") || request.device.size() < 8) {
    return bad_value("'" + request.device + "' is not a device name; one looks like /dev/sdf.", "Device");
  }
  if (volume->attachment) {
    return ec2::ec2_fail("VolumeInUse", "The volume '" + volume->id.str() + "' is attached to " +
                                            volume->attachment->instance.str() + ".");
  }
  if (volume->state != "available") {
    return ec2::ec2_fail("IncorrectState",
                         "The volume '" + volume->id.str() + "' is " + volume->state + ", not available.");
  }
  if (volume->zone != instance->zone) {
    return fail(ErrorKind::invalid, "InvalidVolume.ZoneMismatch",
                "The volume is in " + volume->zone + ", the instance in " + instance->zone + ".", "VolumeId");
  }
  if (instance->state != "running" && instance->state != "stopped") {
    return ec2::ec2_fail("IncorrectState", "The instance '" + instance->id.str() + "' is " + instance->state +
                                               ", neither running nor stopped.");
  }
  HF_TRY_VOID(check_errand(*instance));
  for (const auto& other : instance->volumes) {
    const Volume* attached = call.model.volumes.find(other);
    if (attached != nullptr && attached->attachment &&
        place_of(attached->attachment->device) == place_of(request.device)) {
      return bad_value("The device '" + request.device + "' is in use by " + other.str() + ".", "Device");
    }
  }
  Volume& row = call.model.volumes.edit(request.volume_id);
  row.state = "in-use";
  row.attachment = VolumeAttachment{request.instance_id, request.device, "attaching", false, false, call.now};
  row.attachments_made += 1;
  call.model.instances.edit(request.instance_id).volumes.push_back(request.volume_id);
  return ec2::AttachVolumeResponse{view_attachment(row.id, *row.attachment)};
}

Answer act(Call& call, const ec2::DetachVolumeRequest& request) {
  HF_TRY(const Volume* volume, need(call.model.volumes, request.volume_id, "VolumeId"));
  if (!request.instance_id.empty()) HF_TRY_VOID(need(call.model.instances, request.instance_id, "InstanceId"));
  if (!volume->attachment) {
    return ec2::ec2_fail("IncorrectState",
                         "The volume '" + volume->id.str() + "' is " + volume->state + ", not attached.");
  }
  const auto& attachment = *volume->attachment;
  bool other = (!request.instance_id.empty() && attachment.instance != request.instance_id) ||
               (!request.device.empty() && attachment.device != request.device);
  if (other) {
    return fail(ErrorKind::not_found, "InvalidAttachment.NotFound",
                "The volume is attached to " + attachment.instance.str() + " at " + attachment.device + ".",
                "VolumeId");
  }
  const Instance* instance = call.model.instances.find(attachment.instance);
  CHECK(instance != nullptr);
  if (attachment.device == instance->root_device && instance->state != "stopped") {
    return fail(ErrorKind::invalid, "OperationNotPermitted",
                "The root volume comes free only when its instance is stopped or terminated.", "VolumeId");
  }
  if (attachment.state == "attaching" || instance->state == "pending") {
    return ec2::ec2_fail("IncorrectState", "The volume is still being attached.");
  }
  Volume& row = call.model.volumes.edit(request.volume_id);
  if (row.attachment->state == "attached") row.attachment->state = "detaching";
  row.attachment->force = row.attachment->force || request.force;
  return ec2::DetachVolumeResponse{view_attachment(row.id, *row.attachment)};
}

}  // namespace holdfast::cloud
