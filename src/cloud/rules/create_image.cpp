// CreateImage: an image of an instance and all its volumes, taken in one moment. Unless the caller says NoReboot, the
// machine is shut down for it and started again, so that its filesystems are whole; EC2 shows it running meanwhile.
#include <algorithm>

#include "cloud/lookup.h"
#include "cloud/rules/launch_plan.h"
#include "cloud/rules/snapshot_sets.h"
#include "cloud/rules_further.h"

namespace holdfast::cloud {

namespace {

// By device.
std::map<std::string, const Volume*> attached_volumes(const Model& model, const Instance& instance) {
  std::map<std::string, const Volume*> volumes;
  for (const auto& id : instance.volumes) {
    const Volume* volume = model.volumes.find(id);
    if (volume != nullptr && volume->attachment && volume->state == "in-use")
      volumes[volume->attachment->device] = volume;
  }
  return volumes;
}

// The instance as an image would map it, without snapshots yet.
Image mapped(const Instance& instance, const std::map<std::string, const Volume*>& volumes) {
  Image image;
  image.root_device_name = instance.root_device;
  for (const auto& [device, volume] : volumes) {
    ec2::EbsBlockDevice ebs;
    ebs.volume_size = volume->size, ebs.volume_type = volume->type, ebs.iops = volume->iops;
    ebs.throughput = volume->throughput, ebs.delete_on_termination = volume->attachment->delete_on_termination;
    image.mappings.push_back({device, ebs, false});
  }
  return image;
}

Result<std::vector<PlannedVolume>> plan(const Model& model, const ec2::CreateImageRequest& request,
                                        const std::map<std::string, const Volume*>& volumes, const Image& image) {
  if (volumes.count(image.root_device_name) == 0) {
    return ec2::ec2_fail("IncorrectState", "The instance has no volume attached at root (" + image.root_device_name +
                                               "); attach one there first.");
  }
  for (const auto& mapping : request.block_device_mappings) {
    auto found = volumes.find(mapping.device_name);
    if (found == volumes.end() || !mapping.ebs) continue;
    if (mapping.ebs->snapshot_id) {
      return fail(ErrorKind::invalid, "InvalidBlockDeviceMapping",
                  "A volume is attached at '" + mapping.device_name + "'; its own snapshot is taken, no other.",
                  "BlockDeviceMapping.Ebs.SnapshotId");
    }
    if (mapping.ebs->volume_size && *mapping.ebs->volume_size < found->second->size) {
      return bad_value("The size at '" + mapping.device_name + "' is below the volume's.",
                       "BlockDeviceMapping.Ebs.VolumeSize");
    }
  }
  return plan_volumes(model, image, request.block_device_mappings);
}

Result<void> check_instance(const Instance& instance) {
  if (instance.state != "running" && instance.state != "stopped") {
    return ec2::ec2_fail("IncorrectInstanceState", "The instance '" + instance.id.str() + "' is " + instance.state +
                                                       ", neither running nor stopped.");
  }
  return check_errand(instance);
}

}  // namespace

FurtherAnswer act(Call& call, const ec2::CreateImageRequest& request) {
  HF_TRY(const Instance* instance, need(call.model.instances, request.instance_id, "InstanceId"));
  HF_TRY_VOID(check_image_name(call.model, request.name));
  HF_TRY_VOID(check_tag_specifications(request.tag_specifications, {"image", "snapshot"}));
  HF_TRY_VOID(check_instance(*instance));
  auto volumes = attached_volumes(call.model, *instance);
  Image image = mapped(*instance, volumes);
  HF_TRY(auto planned, plan(call.model, request, volumes, image));
  for (const auto& volume : planned) {
    if (volumes.count(volume.device) != 0) HF_TRY_VOID(check_rate(call, volumes.at(volume.device)->id));
  }
  image.id = fresh_id(call.model.images, call.random), image.name = request.name, image.state = "pending";
  image.description = request.description, image.created_at = call.now;
  image.tags = tags_for(request.tag_specifications, "image");
  const Image* origin = call.model.images.find(instance->image);
  if (origin != nullptr) image.boot_mode = origin->boot_mode, image.ena_support = origin->ena_support;
  SnapshotSet set{image.id.str(), instance->id,
                  "Created by CreateImage(" + instance->id.str() + ") for " + image.id.str(),
                  tags_for(request.tag_specifications, "snapshot")};
  std::vector<ec2::BlockDeviceMapping> mappings;
  for (auto& volume : planned) {
    auto attached = volumes.find(volume.device);
    if (attached != volumes.end()) volume.ebs.snapshot_id = put_snapshot(call, attached->second->id, set);
    volume.ebs.volume_size = volume.size, volume.ebs.delete_on_termination = volume.delete_on_termination;
    mappings.push_back({volume.device, volume.ebs, false});
  }
  image.mappings.clear();
  put_mapping(call, image, std::move(mappings));
  call.model.images.put(image.id, image);
  call.model.image_names.put(image.name, image.id);
  bool reboot = !request.no_reboot.value_or(false) && instance->state == "running";
  if (reboot) begin_errand(call, instance->id, image.id.str());
  return ec2::CreateImageResponse{image.id};
}

void set_changed(Call& call, const std::string& set, const InstanceId& instance) {
  if (set_under_way(call.model, set)) return;
  const Image* image = call.model.images.find(ImageId(set));
  if (image != nullptr && image->state == "pending") {
    bool whole = std::all_of(image->mappings.begin(), image->mappings.end(), [&](const auto& mapping) {
      if (!mapping.ebs || !mapping.ebs->snapshot_id) return true;
      const Snapshot* snapshot = call.model.snapshots.find(*mapping.ebs->snapshot_id);
      return snapshot != nullptr && snapshot->state == "completed";
    });
    call.model.images.edit(image->id).state = whole ? "available" : "failed";
  }
  progress_instance(call, instance);
}

}  // namespace holdfast::cloud
