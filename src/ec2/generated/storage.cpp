// The wire form of the actions about storage. Made by scripts/generate-ec2 from EC2's official model; to change it, change scripts/ec2/members.py.
#include "ec2/generated/shapes.h"

namespace holdfast::ec2::wire {
namespace shape {

struct VolumeAttachment {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"VolumeId", "volumeId"}, v.volume_id);
    a.value({"InstanceId", "instanceId"}, v.instance_id);
    a.value({"Device", "device"}, v.device);
    a.value({"Status", "status"}, v.state);
    a.value({"DeleteOnTermination", "deleteOnTermination"}, v.delete_on_termination);
    a.value({"AttachTime", "attachTime"}, v.attach_time);
  }
};

struct Volume {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"VolumeId", "volumeId"}, v.volume_id);
    a.value({"Status", "status"}, v.state);
    a.value({"Size", "size"}, v.size);
    a.value({"SnapshotId", "snapshotId"}, v.snapshot_id);
    a.value({"VolumeType", "volumeType"}, v.volume_type);
    a.value({"Iops", "iops"}, v.iops);
    a.value({"Throughput", "throughput"}, v.throughput);
    a.value({"Encrypted", "encrypted"}, v.encrypted);
    a.value({"AvailabilityZone", "availabilityZone"}, v.availability_zone);
    a.value({"CreateTime", "createTime"}, v.create_time);
    a.template objects<VolumeAttachment>({"AttachmentSet", "attachmentSet"}, v.attachments);
    a.template objects<Tag>({"TagSet", "tagSet"}, v.tags);
  }
};

struct Snapshot {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"SnapshotId", "snapshotId"}, v.snapshot_id);
    a.value({"VolumeId", "volumeId"}, v.volume_id);
    a.value({"VolumeSize", "volumeSize"}, v.volume_size);
    a.value({"Status", "status"}, v.state);
    a.value({"Progress", "progress"}, v.progress);
    a.value({"Description", "description"}, v.description, kAlways);
    a.value({"StartTime", "startTime"}, v.start_time);
    a.value({"CompletionTime", "completionTime"}, v.completion_time);
    a.template objects<Tag>({"TagSet", "tagSet"}, v.tags);
  }
};

struct VolumeModification {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"VolumeId", "volumeId"}, v.volume_id);
    a.value({"ModificationState", "modificationState"}, v.modification_state);
    a.value({"StatusMessage", "statusMessage"}, v.status_message);
    a.value({"TargetSize", "targetSize"}, v.target_size);
    a.value({"TargetIops", "targetIops"}, v.target_iops);
    a.value({"TargetVolumeType", "targetVolumeType"}, v.target_volume_type);
    a.value({"TargetThroughput", "targetThroughput"}, v.target_throughput);
    a.value({"OriginalSize", "originalSize"}, v.original_size);
    a.value({"OriginalIops", "originalIops"}, v.original_iops);
    a.value({"OriginalVolumeType", "originalVolumeType"}, v.original_volume_type);
    a.value({"OriginalThroughput", "originalThroughput"}, v.original_throughput);
    a.value({"Progress", "progress"}, v.progress);
    a.value({"StartTime", "startTime"}, v.start_time);
    a.value({"EndTime", "endTime"}, v.end_time);
  }
};

struct InstanceSpecification {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"InstanceId", "InstanceId"}, v.instance_id, kRequired);
    a.value({"ExcludeBootVolume", "ExcludeBootVolume"}, v.exclude_boot_volume);
    a.values({"ExcludeDataVolumeId", "ExcludeDataVolumeId"}, v.exclude_data_volume_ids, kPlain, "VolumeId");
  }
};

struct SnapshotInfo {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"Description", "description"}, v.description, kAlways);
    a.template objects<Tag>({"TagSet", "tagSet"}, v.tags);
    a.value({"Encrypted", "encrypted"}, v.encrypted);
    a.value({"VolumeId", "volumeId"}, v.volume_id);
    a.value({"State", "state"}, v.state);
    a.value({"VolumeSize", "volumeSize"}, v.volume_size);
    a.value({"StartTime", "startTime"}, v.start_time);
    a.value({"Progress", "progress"}, v.progress);
    a.value({"OwnerId", "ownerId"}, v.owner_id);
    a.value({"SnapshotId", "snapshotId"}, v.snapshot_id);
  }
};

struct ReplaceRootVolumeTask {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"ReplaceRootVolumeTaskId", "replaceRootVolumeTaskId"}, v.replace_root_volume_task_id);
    a.value({"InstanceId", "instanceId"}, v.instance_id);
    a.value({"TaskState", "taskState"}, v.task_state);
    a.value({"StartTime", "startTime"}, v.start_time);
    a.value({"CompleteTime", "completeTime"}, v.complete_time);
    a.template objects<Tag>({"TagSet", "tagSet"}, v.tags);
    a.value({"ImageId", "imageId"}, v.image_id);
    a.value({"SnapshotId", "snapshotId"}, v.snapshot_id);
    a.value({"DeleteReplacedRootVolume", "deleteReplacedRootVolume"}, v.delete_replaced_root_volume);
  }
};

struct CreateVolumeIn {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"AvailabilityZone", "AvailabilityZone"}, v.availability_zone, kRequired);
    a.value({"Size", "Size"}, v.size);
    a.value({"SnapshotId", "SnapshotId"}, v.snapshot_id);
    a.value({"VolumeType", "VolumeType"}, v.volume_type);
    a.value({"Iops", "Iops"}, v.iops);
    a.value({"Throughput", "Throughput"}, v.throughput);
    a.value({"Encrypted", "encrypted"}, v.encrypted);
    a.value({"ClientToken", "ClientToken"}, v.client_token);
    a.template objects<TagSpecification>({"TagSpecification", "TagSpecification"}, v.tag_specifications);
    a.value({"KmsKeyId", "KmsKeyId"}, v.kms_key_id);
  }
};

struct CreateVolumeOut {
  template <class A, class T>
  static void visit(A& a, T& v) {
    Volume::visit(a, v.volume);
  }
};

struct DeleteVolumeIn {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"VolumeId", "VolumeId"}, v.volume_id, kRequired);
  }
};

struct AttachVolumeIn {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"VolumeId", "VolumeId"}, v.volume_id, kRequired);
    a.value({"InstanceId", "InstanceId"}, v.instance_id, kRequired);
    a.value({"Device", "Device"}, v.device, kRequired);
  }
};

struct AttachVolumeOut {
  template <class A, class T>
  static void visit(A& a, T& v) {
    VolumeAttachment::visit(a, v.attachment);
  }
};

struct DetachVolumeIn {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"VolumeId", "VolumeId"}, v.volume_id, kRequired);
    a.value({"InstanceId", "InstanceId"}, v.instance_id);
    a.value({"Device", "Device"}, v.device);
    a.value({"Force", "Force"}, v.force);
  }
};

struct DetachVolumeOut {
  template <class A, class T>
  static void visit(A& a, T& v) {
    VolumeAttachment::visit(a, v.attachment);
  }
};

struct DescribeVolumesIn {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.values({"VolumeId", "VolumeId"}, v.volume_ids);
    a.template objects<Filter>({"Filter", "Filter"}, v.filters);
    a.value({"MaxResults", "maxResults"}, v.max_results, kZeroAbsent);
    a.value({"NextToken", "nextToken"}, v.next_token);
  }
};

struct DescribeVolumesOut {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.template objects<Volume>({"VolumeSet", "volumeSet"}, v.volumes);
    a.value({"NextToken", "nextToken"}, v.next_token);
  }
};

struct CreateSnapshotIn {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"VolumeId", "VolumeId"}, v.volume_id, kRequired);
    a.value({"Description", "Description"}, v.description);
    a.template objects<TagSpecification>({"TagSpecification", "TagSpecification"}, v.tag_specifications);
  }
};

struct CreateSnapshotOut {
  template <class A, class T>
  static void visit(A& a, T& v) {
    Snapshot::visit(a, v.snapshot);
  }
};

struct DeleteSnapshotIn {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"SnapshotId", "SnapshotId"}, v.snapshot_id, kRequired);
  }
};

struct DescribeSnapshotsIn {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.values({"SnapshotId", "SnapshotId"}, v.snapshot_ids);
    a.template objects<Filter>({"Filter", "Filter"}, v.filters);
    a.value({"MaxResults", "MaxResults"}, v.max_results, kZeroAbsent);
    a.value({"NextToken", "NextToken"}, v.next_token);
    a.values({"Owner", "Owner"}, v.owner_ids);
  }
};

struct DescribeSnapshotsOut {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.template objects<Snapshot>({"SnapshotSet", "snapshotSet"}, v.snapshots);
    a.value({"NextToken", "nextToken"}, v.next_token);
  }
};

struct ModifyVolumeIn {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"VolumeId", "VolumeId"}, v.volume_id, kRequired);
    a.value({"Size", "Size"}, v.size);
    a.value({"VolumeType", "VolumeType"}, v.volume_type);
    a.value({"Iops", "Iops"}, v.iops);
    a.value({"Throughput", "Throughput"}, v.throughput);
  }
};

struct ModifyVolumeOut {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.template object<VolumeModification>({"VolumeModification", "volumeModification"}, v.volume_modification);
  }
};

struct DescribeVolumesModificationsIn {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.values({"VolumeId", "VolumeId"}, v.volume_ids);
    a.template objects<Filter>({"Filter", "Filter"}, v.filters);
    a.value({"NextToken", "NextToken"}, v.next_token);
    a.value({"MaxResults", "MaxResults"}, v.max_results, kZeroAbsent);
  }
};

struct DescribeVolumesModificationsOut {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.template objects<VolumeModification>({"VolumeModificationSet", "volumeModificationSet"}, v.volumes_modifications);
    a.value({"NextToken", "nextToken"}, v.next_token);
  }
};

struct CreateSnapshotsIn {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"Description", "Description"}, v.description);
    a.template object<InstanceSpecification>(
        {"InstanceSpecification", "InstanceSpecification"}, v.instance_specification, kRequired);
    a.template objects<TagSpecification>({"TagSpecification", "TagSpecification"}, v.tag_specifications);
    a.value({"CopyTagsFromSource", "CopyTagsFromSource"}, v.copy_tags_from_source);
  }
};

struct CreateSnapshotsOut {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.template objects<SnapshotInfo>({"SnapshotSet", "snapshotSet"}, v.snapshots);
  }
};

struct CopySnapshotIn {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"Description", "Description"}, v.description);
    a.value({"DestinationRegion", "destinationRegion"}, v.destination_region);
    a.value({"Encrypted", "encrypted"}, v.encrypted);
    a.value({"KmsKeyId", "kmsKeyId"}, v.kms_key_id);
    a.value({"SourceRegion", "SourceRegion"}, v.source_region, kRequired);
    a.value({"SourceSnapshotId", "SourceSnapshotId"}, v.source_snapshot_id, kRequired);
    a.template objects<TagSpecification>({"TagSpecification", "TagSpecification"}, v.tag_specifications);
    a.value({"PresignedUrl", "presignedUrl"}, v.presigned_url);
  }
};

struct CopySnapshotOut {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"SnapshotId", "snapshotId"}, v.snapshot_id);
    a.template objects<Tag>({"TagSet", "tagSet"}, v.tags);
  }
};

struct CreateReplaceRootVolumeTaskIn {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"InstanceId", "InstanceId"}, v.instance_id, kRequired);
    a.value({"SnapshotId", "SnapshotId"}, v.snapshot_id);
    a.value({"ClientToken", "ClientToken"}, v.client_token);
    a.template objects<TagSpecification>({"TagSpecification", "TagSpecification"}, v.tag_specifications);
    a.value({"ImageId", "ImageId"}, v.image_id);
    a.value({"DeleteReplacedRootVolume", "DeleteReplacedRootVolume"}, v.delete_replaced_root_volume);
  }
};

struct CreateReplaceRootVolumeTaskOut {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.template object<ReplaceRootVolumeTask>(
        {"ReplaceRootVolumeTask", "replaceRootVolumeTask"}, v.replace_root_volume_task);
  }
};

struct DescribeReplaceRootVolumeTasksIn {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.values({"ReplaceRootVolumeTaskId", "ReplaceRootVolumeTaskId"}, v.replace_root_volume_task_ids);
    a.template objects<Filter>({"Filter", "Filter"}, v.filters);
    a.value({"MaxResults", "MaxResults"}, v.max_results, kZeroAbsent);
    a.value({"NextToken", "NextToken"}, v.next_token);
  }
};

struct DescribeReplaceRootVolumeTasksOut {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.template objects<ReplaceRootVolumeTask>(
        {"ReplaceRootVolumeTaskSet", "replaceRootVolumeTaskSet"}, v.replace_root_volume_tasks);
    a.value({"NextToken", "nextToken"}, v.next_token);
  }
};

}  // namespace shape

template <>
struct ShapesOf<CreateVolumeRequest> {
  using In = shape::CreateVolumeIn;
  using Out = shape::CreateVolumeOut;
};
template struct Wire<CreateVolumeRequest>;

template <>
struct ShapesOf<DeleteVolumeRequest> {
  using In = shape::DeleteVolumeIn;
  using Out = ReturnTrue;
};
template struct Wire<DeleteVolumeRequest>;

template <>
struct ShapesOf<AttachVolumeRequest> {
  using In = shape::AttachVolumeIn;
  using Out = shape::AttachVolumeOut;
};
template struct Wire<AttachVolumeRequest>;

template <>
struct ShapesOf<DetachVolumeRequest> {
  using In = shape::DetachVolumeIn;
  using Out = shape::DetachVolumeOut;
};
template struct Wire<DetachVolumeRequest>;

template <>
struct ShapesOf<DescribeVolumesRequest> {
  using In = shape::DescribeVolumesIn;
  using Out = shape::DescribeVolumesOut;
};
template struct Wire<DescribeVolumesRequest>;

template <>
struct ShapesOf<CreateSnapshotRequest> {
  using In = shape::CreateSnapshotIn;
  using Out = shape::CreateSnapshotOut;
};
template struct Wire<CreateSnapshotRequest>;

template <>
struct ShapesOf<DeleteSnapshotRequest> {
  using In = shape::DeleteSnapshotIn;
  using Out = ReturnTrue;
};
template struct Wire<DeleteSnapshotRequest>;

template <>
struct ShapesOf<DescribeSnapshotsRequest> {
  using In = shape::DescribeSnapshotsIn;
  using Out = shape::DescribeSnapshotsOut;
};
template struct Wire<DescribeSnapshotsRequest>;

template <>
struct ShapesOf<ModifyVolumeRequest> {
  using In = shape::ModifyVolumeIn;
  using Out = shape::ModifyVolumeOut;
};
template struct Wire<ModifyVolumeRequest>;

template <>
struct ShapesOf<DescribeVolumesModificationsRequest> {
  using In = shape::DescribeVolumesModificationsIn;
  using Out = shape::DescribeVolumesModificationsOut;
};
template struct Wire<DescribeVolumesModificationsRequest>;

template <>
struct ShapesOf<CreateSnapshotsRequest> {
  using In = shape::CreateSnapshotsIn;
  using Out = shape::CreateSnapshotsOut;
};
template struct Wire<CreateSnapshotsRequest>;

template <>
struct ShapesOf<CopySnapshotRequest> {
  using In = shape::CopySnapshotIn;
  using Out = shape::CopySnapshotOut;
};
template struct Wire<CopySnapshotRequest>;

template <>
struct ShapesOf<CreateReplaceRootVolumeTaskRequest> {
  using In = shape::CreateReplaceRootVolumeTaskIn;
  using Out = shape::CreateReplaceRootVolumeTaskOut;
};
template struct Wire<CreateReplaceRootVolumeTaskRequest>;

template <>
struct ShapesOf<DescribeReplaceRootVolumeTasksRequest> {
  using In = shape::DescribeReplaceRootVolumeTasksIn;
  using Out = shape::DescribeReplaceRootVolumeTasksOut;
};
template struct Wire<DescribeReplaceRootVolumeTasksRequest>;

}  // namespace holdfast::ec2::wire
