// Requests, answers and resources about storage beyond ec2.h. Made by scripts/generate-ec2 from EC2's official model; to change it, change scripts/ec2/members.py.
#pragma once

#include "ec2/ec2.h"

namespace holdfast::ec2 {

struct VolumeModification {
  VolumeId volume_id;
  std::string modification_state;
  std::string status_message;
  std::optional<int> target_size;
  std::optional<int> target_iops;
  std::string target_volume_type;
  std::optional<int> target_throughput;
  std::optional<int> original_size;
  std::optional<int> original_iops;
  std::string original_volume_type;
  std::optional<int> original_throughput;
  std::optional<int64_t> progress;
  std::optional<Time> start_time;
  std::optional<Time> end_time;
};

struct InstanceSpecification {
  InstanceId instance_id;
  std::optional<bool> exclude_boot_volume;
  std::vector<VolumeId> exclude_data_volume_ids;
};

struct SnapshotInfo {
  std::string description;
  std::vector<Tag> tags;
  std::optional<bool> encrypted;
  VolumeId volume_id;
  std::string state;
  std::optional<int> volume_size;
  std::optional<Time> start_time;
  std::string progress;
  std::string owner_id;
  SnapshotId snapshot_id;
};

struct ReplaceRootVolumeTask {
  std::string replace_root_volume_task_id;
  InstanceId instance_id;
  std::string task_state;
  std::string start_time;
  std::string complete_time;
  std::vector<Tag> tags;
  ImageId image_id;
  SnapshotId snapshot_id;
  std::optional<bool> delete_replaced_root_volume;
};

struct ModifyVolumeResponse {
  std::optional<VolumeModification> volume_modification;
};
struct ModifyVolumeRequest {
  static constexpr std::string_view kAction = "ModifyVolume";
  static constexpr bool kMutates = true;
  using Response = ModifyVolumeResponse;
  VolumeId volume_id;
  std::optional<int> size;
  std::string volume_type;
  std::optional<int> iops;
  std::optional<int> throughput;
};

struct DescribeVolumesModificationsResponse {
  std::vector<VolumeModification> volumes_modifications;
  std::string next_token;
};
struct DescribeVolumesModificationsRequest {
  static constexpr std::string_view kAction = "DescribeVolumesModifications";
  static constexpr bool kMutates = false;
  using Response = DescribeVolumesModificationsResponse;
  std::vector<VolumeId> volume_ids;
  std::vector<Filter> filters;
  std::string next_token;
  int max_results = 0;
};

struct CreateSnapshotsResponse {
  std::vector<SnapshotInfo> snapshots;
};
struct CreateSnapshotsRequest {
  static constexpr std::string_view kAction = "CreateSnapshots";
  static constexpr bool kMutates = true;
  using Response = CreateSnapshotsResponse;
  std::string description;
  InstanceSpecification instance_specification;
  std::vector<TagSpecification> tag_specifications;
  std::string copy_tags_from_source;
};

struct CopySnapshotResponse {
  SnapshotId snapshot_id;
  std::vector<Tag> tags;
};
struct CopySnapshotRequest {
  static constexpr std::string_view kAction = "CopySnapshot";
  static constexpr bool kMutates = true;
  using Response = CopySnapshotResponse;
  std::string description;
  std::string destination_region;
  std::optional<bool> encrypted;
  std::string kms_key_id;
  std::string source_region;
  SnapshotId source_snapshot_id;
  std::vector<TagSpecification> tag_specifications;
  std::string presigned_url;
};

struct CreateReplaceRootVolumeTaskResponse {
  std::optional<ReplaceRootVolumeTask> replace_root_volume_task;
};
struct CreateReplaceRootVolumeTaskRequest {
  static constexpr std::string_view kAction = "CreateReplaceRootVolumeTask";
  static constexpr bool kMutates = true;
  using Response = CreateReplaceRootVolumeTaskResponse;
  InstanceId instance_id;
  SnapshotId snapshot_id;
  std::string client_token;
  std::vector<TagSpecification> tag_specifications;
  ImageId image_id;
  std::optional<bool> delete_replaced_root_volume;
};

struct DescribeReplaceRootVolumeTasksResponse {
  std::vector<ReplaceRootVolumeTask> replace_root_volume_tasks;
  std::string next_token;
};
struct DescribeReplaceRootVolumeTasksRequest {
  static constexpr std::string_view kAction = "DescribeReplaceRootVolumeTasks";
  static constexpr bool kMutates = false;
  using Response = DescribeReplaceRootVolumeTasksResponse;
  std::vector<std::string> replace_root_volume_task_ids;
  std::vector<Filter> filters;
  int max_results = 0;
  std::string next_token;
};
}  // namespace holdfast::ec2
