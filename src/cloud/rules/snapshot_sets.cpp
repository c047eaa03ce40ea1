// CreateSnapshots (all volumes of an instance in one moment) and CopySnapshot.
#include <algorithm>

#include "cloud/lookup.h"
#include "cloud/rules/snapshot_sets.h"
#include "cloud/rules_further.h"
#include "cloud/views.h"

namespace holdfast::cloud {

namespace {

constexpr size_t kMaxDescription = 255;

bool holds(const std::vector<VolumeId>& ids, const VolumeId& id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

Result<std::vector<VolumeId>> volumes_of(const Model& model, const Instance& instance,
                                         const ec2::InstanceSpecification& wanted) {
  for (const auto& id : wanted.exclude_data_volume_ids) {
    HF_TRY(const Volume* volume, need(model.volumes, id, "InstanceSpecification.ExcludeDataVolumeId"));
    bool data = volume->attachment && volume->attachment->instance == instance.id &&
                volume->attachment->device != instance.root_device;
    if (!data) {
      return bad_value("The volume '" + id.str() + "' is not a data volume of " + instance.id.str() + ".",
                       "InstanceSpecification.ExcludeDataVolumeId");
    }
  }
  std::vector<VolumeId> ids;
  for (const auto& id : instance.volumes) {
    const Volume& volume = *model.volumes.find(id);
    bool root = volume.attachment->device == instance.root_device;
    if (root && wanted.exclude_boot_volume.value_or(false)) continue;
    if (holds(wanted.exclude_data_volume_ids, id) || volume.state != "in-use") continue;
    ids.push_back(id);
  }
  if (ids.empty()) {
    return bad_value("No volume of " + instance.id.str() + " is left to be taken; exclude fewer.",
                     "InstanceSpecification");
  }
  return ids;
}

ec2::SnapshotInfo info(const Snapshot& row) {
  ec2::SnapshotInfo shown;
  shown.snapshot_id = row.id, shown.volume_id = row.volume, shown.volume_size = row.size, shown.state = row.state;
  shown.description = row.description, shown.start_time = row.started_at, shown.progress = "0%";
  shown.owner_id = kAccount, shown.encrypted = false, shown.tags = row.tags;
  return shown;
}

}  // namespace

SnapshotId put_snapshot(Call& call, const VolumeId& from, const SnapshotSet& set) {
  const Volume& volume = *call.model.volumes.find(from);
  Snapshot snapshot;
  snapshot.id = fresh_id(call.model.snapshots, call.random);
  snapshot.volume = from, snapshot.size = volume.size, snapshot.description = set.description;
  snapshot.started_at = call.now, snapshot.attachments_then = volume.attachments_made;
  snapshot.set = set.name, snapshot.set_of = set.instance, snapshot.tags = set.tags;
  call.model.snapshots.put(snapshot.id, snapshot);
  return snapshot.id;
}

FurtherAnswer act(Call& call, const ec2::CreateSnapshotsRequest& request) {
  const auto& wanted = request.instance_specification;
  HF_TRY(const Instance* instance, need(call.model.instances, wanted.instance_id, "InstanceSpecification.InstanceId"));
  HF_TRY_VOID(check_tag_specifications(request.tag_specifications, {"snapshot"}));
  if (request.description.size() > kMaxDescription)
    return bad_value("A description has at most 255 characters.", "Description");
  bool copy_tags = request.copy_tags_from_source == "volume";
  if (!copy_tags && !request.copy_tags_from_source.empty())
    return bad_value("CopyTagsFromSource is 'volume' or left out.", "CopyTagsFromSource");
  if (instance->state != "running" && instance->state != "stopped" && instance->state != "stopping") {
    return ec2::ec2_fail("IncorrectInstanceState",
                         "The instance '" + instance->id.str() + "' is " + instance->state + ".");
  }
  HF_TRY(auto volumes, volumes_of(call.model, *instance, wanted));
  for (const auto& id : volumes) HF_TRY_VOID(check_rate(call, id));
  SnapshotSet set{"set-" + call.random.hex(17), wanted.instance_id, request.description, {}};
  ec2::CreateSnapshotsResponse response;
  for (const auto& id : volumes) {
    set.tags = copy_tags ? call.model.volumes.find(id)->tags : std::vector<ec2::Tag>();
    merge_tags(set.tags, tags_for(request.tag_specifications, "snapshot"));
    HF_TRY_VOID(check_tags(set.tags, "TagSpecification.Tag"));
    response.snapshots.push_back(info(*call.model.snapshots.find(put_snapshot(call, id, set))));
  }
  return response;
}

FurtherAnswer act(Call& call, const ec2::CopySnapshotRequest& request) {
  HF_TRY(const Snapshot* source, need(call.model.snapshots, request.source_snapshot_id, "SourceSnapshotId"));
  HF_TRY_VOID(check_tag_specifications(request.tag_specifications, {"snapshot"}));
  const std::string& region = call.settings.region;
  if (request.source_region.empty()) return missing("SourceRegion");
  if (request.source_region != region) return bad_value("There is one region here, '" + region + "'.", "SourceRegion");
  if (!request.destination_region.empty() && request.destination_region != region)
    return bad_value("There is one region here, '" + region + "'.", "DestinationRegion");
  if (request.encrypted.value_or(false) || !request.kms_key_id.empty())
    return bad_value("The local cloud does not encrypt snapshots; leave it out.", "Encrypted");
  if (request.description.size() > kMaxDescription)
    return bad_value("A description has at most 255 characters.", "Description");
  if (source->state != "completed") {
    return ec2::ec2_fail("IncorrectState",
                         "The snapshot '" + source->id.str() + "' is " + source->state + ", not completed.");
  }
  if (call.settings.free_bytes <= 0) {
    return ec2::ec2_fail("InsufficientVolumeCapacity", "The pool of volumes is full; delete volumes or snapshots.");
  }
  Snapshot copy;
  copy.id = fresh_id(call.model.snapshots, call.random);
  copy.volume = VolumeId("vol-ffffffff");  // EC2's own for copies: none that exists
  copy.size = source->size, copy.copied_from = source->id, copy.started_at = call.now;
  copy.description =
      request.description.empty() ? "[Copied " + source->id.str() + " from " + region + "]" : request.description;
  copy.tags = tags_for(request.tag_specifications, "snapshot");
  call.model.snapshots.put(copy.id, copy);
  return ec2::CopySnapshotResponse{copy.id, copy.tags};
}

}  // namespace holdfast::cloud
