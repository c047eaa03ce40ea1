// CreateReplaceRootVolumeTask: a running instance gets another root volume (the launch state again, a snapshot, an
// image) and keeps its id, interfaces and data volumes. The machine is shut down for it once the new volume is made,
// and started again.
#include <algorithm>

#include "base/text.h"
#include "cloud/filters.h"
#include "cloud/rules/launch_plan.h"
#include "cloud/rules_further.h"
#include "cloud/tokens.h"

namespace holdfast::cloud {

namespace {

ec2::ReplaceRootVolumeTask view(const RootTask& row) {
  ec2::ReplaceRootVolumeTask shown;
  shown.replace_root_volume_task_id = row.id.str(), shown.instance_id = row.instance, shown.task_state = row.state;
  shown.start_time = to_iso(row.started_at), shown.tags = row.tags, shown.image_id = row.image;
  if (row.completed_at) shown.complete_time = to_iso(*row.completed_at);
  if (row.snapshot) shown.snapshot_id = *row.snapshot;
  shown.delete_replaced_root_volume = row.delete_replaced;
  return shown;
}

const Volume* root_of(const Model& model, const Instance& instance) {
  for (const auto& id : instance.volumes) {
    const Volume* volume = model.volumes.find(id);
    if (volume != nullptr && volume->attachment && volume->attachment->device == instance.root_device) return volume;
  }
  return nullptr;
}

// What the new root is made of.
Result<SnapshotId> source(const Model& model, const Volume& root,
                          const ec2::CreateReplaceRootVolumeTaskRequest& request) {
  if (!request.snapshot_id.empty() && !request.image_id.empty())
    return bad_combination("Name a snapshot or an image, not both.", "ImageId");
  if (!request.image_id.empty()) {
    HF_TRY(const Image* image, need(model.images, request.image_id, "ImageId"));
    for (const auto& mapping : image->mappings) {
      if (mapping.device_name == image->root_device_name && mapping.ebs && mapping.ebs->snapshot_id)
        return *mapping.ebs->snapshot_id;
    }
    return ec2::ec2_fail("InvalidAMIID.Unavailable", "The image '" + image->id.str() + "' is " + image->state + ".");
  }
  if (!request.snapshot_id.empty()) {
    HF_TRY(const Snapshot* snapshot, need(model.snapshots, request.snapshot_id, "SnapshotId"));
    bool own = snapshot->volume == root.id || root.snapshot == snapshot->id;
    if (own) return snapshot->id;
    return bad_value("The snapshot '" + snapshot->id.str() + "' is not one of the root volume " + root.id.str() +
                         "; register an image of it and name that.",
                     "SnapshotId");
  }
  if (root.snapshot) return *root.snapshot;
  return bad_value("The root volume was made of no snapshot; name an image.", "SnapshotId");
}

const std::vector<FilterField<ec2::ReplaceRootVolumeTask>> kFields = {
    {"instance-id", [](const auto& x) { return Values{x.instance_id.str()}; }},
    {"task-state", [](const auto& x) { return Values{x.task_state}; }},
};

FurtherAnswer answer_again(const Call& call, const std::string& made) {
  const RootTask* row = call.model.root_tasks.find(RootTaskId(made));
  if (row == nullptr) return not_found(kind_of(RootTaskId()), made, "ClientToken");
  return ec2::CreateReplaceRootVolumeTaskResponse{view(*row)};
}

}  // namespace

FurtherAnswer act(Call& call, const ec2::CreateReplaceRootVolumeTaskRequest& request) {
  HF_TRY(const std::vector<std::string>* made, find_token(call, "", request));
  if (made != nullptr) return answer_again(call, made->front());
  HF_TRY(const Instance* instance, need(call.model.instances, request.instance_id, "InstanceId"));
  HF_TRY_VOID(check_tag_specifications(request.tag_specifications, {"replace-root-volume-task", "volume"}));
  if (instance->state != "running") {
    return ec2::ec2_fail("IncorrectInstanceState",
                         "The instance '" + instance->id.str() + "' is " + instance->state + ", not running.");
  }
  HF_TRY_VOID(check_errand(*instance));
  const Volume* root = root_of(call.model, *instance);
  CHECK(root != nullptr);  // a root is detached only while its instance is stopped
  HF_TRY(SnapshotId from, source(call.model, *root, request));
  int least = call.model.snapshots.contains(from) ? call.model.snapshots.find(from)->size : 0;
  HF_TRY(int size, check_volume(call.model, from, std::max(root->size, least), root->type, root->iops, root->throughput,
                                std::nullopt, ""));
  if (call.settings.free_bytes <= 0)
    return ec2::ec2_fail("InsufficientVolumeCapacity", "The pool of volumes is full; delete volumes or snapshots.");
  Volume volume;
  volume.id = fresh_id(call.model.volumes, call.random);
  volume.size = size, volume.snapshot = from, volume.zone = root->zone, volume.type = root->type;
  volume.iops = root->iops, volume.throughput = root->throughput, volume.created_at = call.now;
  volume.tags = tags_for(request.tag_specifications, "volume");
  call.model.volumes.put(volume.id, volume);
  RootTask task;
  task.id = fresh_id(call.model.root_tasks, call.random), task.instance = instance->id, task.volume = volume.id;
  if (!request.snapshot_id.empty()) task.snapshot = request.snapshot_id;
  task.image = request.image_id, task.delete_replaced = request.delete_replaced_root_volume.value_or(false);
  task.started_at = call.now, task.tags = tags_for(request.tag_specifications, "replace-root-volume-task");
  call.model.root_tasks.put(task.id, task);
  begin_errand(call, instance->id, task.id.str());
  keep_token(call, "", request, {task.id.str()});
  return ec2::CreateReplaceRootVolumeTaskResponse{view(task)};
}

FurtherAnswer act(Call& call, const ec2::DescribeReplaceRootVolumeTasksRequest& request) {
  HF_TRY_VOID(check_filters(request.filters, kFields));
  std::vector<RootTaskId> ids(request.replace_root_volume_task_ids.begin(), request.replace_root_volume_task_ids.end());
  ec2::DescribeReplaceRootVolumeTasksResponse response{{}, request.next_token};
  std::function<std::optional<ec2::ReplaceRootVolumeTask>(const RootTask&)> accept =
      [&](const RootTask& row) -> std::optional<ec2::ReplaceRootVolumeTask> {
    if (!matches(view(row), row.tags, request.filters, kFields)) return std::nullopt;
    return view(row);
  };
  HF_TRY(response.replace_root_volume_tasks,
         list_page(request.kAction, call.model.root_tasks, ids, "ReplaceRootVolumeTaskId", request.max_results,
                   response.next_token, accept));
  return response;
}

Making root_volume_of(const Model& model, const RootTaskId& id) {
  const RootTask& task = *model.root_tasks.find(id);
  const Volume* fresh = model.volumes.find(task.volume);
  if (fresh == nullptr || fresh->state == "error" || fresh->state == "deleting") return Making::failed;
  if (fresh->attachment && fresh->attachment->instance != task.instance) return Making::failed;
  return fresh->state == "creating" ? Making::under_way : Making::done;
}

void volume_made(Call& call, const VolumeId& id) {
  for (const auto& [task_id, task] : call.model.root_tasks.rows()) {
    if (task.volume == id && task.state == "pending") return progress_instance(call, task.instance);
  }
}

// Repeatable: after a crash the new volume may be in its place already. A volume that could not be made, or that
// somebody has taken, leaves the instance as it was.
void swap_root(Call& call, const RootTaskId& id) {
  if (root_volume_of(call.model, id) == Making::failed) return end_root_task(call, id, false);
  const RootTask& task = *call.model.root_tasks.find(id);
  if (call.model.volumes.find(task.volume)->attachment) return;
  const Instance& instance = *call.model.instances.find(task.instance);
  const Volume* old = root_of(call.model, instance);
  CHECK(old != nullptr);
  VolumeId replaced = old->id;
  VolumeAttachment attachment{
      instance.id, instance.root_device, "attached", old->attachment->delete_on_termination, false, call.now};
  Volume& row = call.model.volumes.edit(task.volume);
  row.state = "in-use", row.attachment = attachment, row.attachments_made += 1;
  auto& volumes = call.model.instances.edit(task.instance).volumes;
  std::replace(volumes.begin(), volumes.end(), replaced, task.volume);
  Volume& gone = call.model.volumes.edit(replaced);
  gone.attachment.reset(), gone.state = "available";
  call.model.root_tasks.edit(id).replaced = replaced;
  tell(call, ec2::kVolumeNotification, replaced.str(), "available");
}

void sweep_root_tasks(Call& call) {
  std::vector<RootTaskId> old;
  for (const auto& [id, row] : call.model.root_tasks.rows()) {
    if (row.completed_at && call.now - *row.completed_at > kTokensKept) old.push_back(id);
  }
  for (const auto& id : old) call.model.root_tasks.erase(id);
}

void end_root_task(Call& call, const RootTaskId& id, bool succeeded) {
  if (call.model.root_tasks.find(id)->state != "pending") return;
  RootTask& row = call.model.root_tasks.edit(id);
  const Volume* fresh = call.model.volumes.find(row.volume);
  bool swapped = fresh != nullptr && fresh->attachment;
  row.state = succeeded && swapped ? "succeeded" : "failed", row.completed_at = call.now;
  if (!succeeded || !swapped) {
    // Safe: it was made for this task, and nobody has ever written to it.
    if (fresh != nullptr && !fresh->attachment && fresh->state != "deleting") delete_volume(call, row.volume);
    return;
  }
  if (!row.delete_replaced) return;
  if (const Volume* old = call.model.volumes.find(row.replaced); old != nullptr && old->state == "available") {
    delete_volume(call, row.replaced);  // safe: its owner said so, and the instance runs without it
  }
}

}  // namespace holdfast::cloud
