// Sets of snapshots, copies, images of instances, volumes that are modified, roots that are replaced: on the null
// substrate.
#include <gmock/gmock.h>

#include "cloud/test_cloud.h"

namespace holdfast::cloud {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class StorageActions : public TestCloud {
 protected:
  // An instance with a data volume at /dev/sdf.
  InstanceId launch_with_disk() {
    auto id = launch();
    disk_ = make_volume();
    ok(ec2::AttachVolumeRequest{disk_, id, "/dev/sdf"});
    settle();
    return id;
  }
  static ec2::CreateSnapshotsRequest of(const InstanceId& id) {
    ec2::CreateSnapshotsRequest request;
    request.instance_specification.instance_id = id;
    return request;
  }
  static ec2::CreateImageRequest image_of(const InstanceId& id, const std::string& name = "mine") {
    ec2::CreateImageRequest request;
    request.instance_id = id, request.name = name;
    return request;
  }
  ec2::Image image(const ImageId& id) { return ok(ec2::DescribeImagesRequest{{id}, {}, {}, 0, ""}).images.at(0); }
  ec2::ReplaceRootVolumeTask task(const std::string& id) {
    ec2::DescribeReplaceRootVolumeTasksRequest request;
    request.replace_root_volume_task_ids = {id};
    return ok(request).replace_root_volume_tasks.at(0);
  }
  VolumeId disk_;
};

TEST_F(StorageActions, AllVolumesOfAnInstanceAreTakenTogether) {
  auto id = launch_with_disk();
  ok(ec2::CreateTagsRequest{{disk_.str()}, {{"role", "data"}}});
  auto request = of(id);
  request.description = "both", request.copy_tags_from_source = "volume";
  request.tag_specifications = {{"snapshot", {{"set", "1"}}}};
  auto made = ok(request).snapshots;
  ASSERT_THAT(made, SizeIs(2));
  EXPECT_EQ(made[0].state, "pending");
  EXPECT_EQ(made[0].volume_id, root_of(id));
  EXPECT_THAT(made[1].tags, ElementsAre(ec2::Tag{"role", "data"}, ec2::Tag{"set", "1"}));
  settle();
  for (const auto& one : made) EXPECT_EQ(snapshot(one.snapshot_id).state, "completed");
  request.instance_specification.exclude_boot_volume = true;
  auto data = ok(request).snapshots;
  ASSERT_THAT(data, SizeIs(1));
  EXPECT_EQ(data[0].volume_id, disk_);
  settle();
  request.instance_specification.exclude_boot_volume = false;
  request.instance_specification.exclude_data_volume_ids = {disk_};
  EXPECT_EQ(ok(request).snapshots.at(0).volume_id, root_of(id));
}

TEST_F(StorageActions, ASetFailsAsAWhole) {
  auto id = launch_with_disk();
  ASSERT_TRUE(substrate_->tear_down(true));
  auto made = ok(of(id)).snapshots;
  settle();
  for (const auto& one : made) EXPECT_EQ(snapshot(one.snapshot_id).state, "error");
}

TEST_F(StorageActions, SetsThatCannotBeAreRefused) {
  auto id = launch_with_disk();
  auto with = [&](auto change) {
    auto request = of(id);
    change(request);
    return code(request);
  };
  EXPECT_EQ(with([](auto& r) { r.instance_specification.instance_id = InstanceId(); }), "MissingParameter");
  EXPECT_EQ(with([](auto& r) { r.copy_tags_from_source = "instance"; }), "InvalidParameterValue");
  EXPECT_EQ(with([&](auto& r) {
              r.instance_specification.exclude_boot_volume = true;
              r.instance_specification.exclude_data_volume_ids = {disk_};
            }),
            "InvalidParameterValue");
  EXPECT_EQ(with([&](auto& r) { r.instance_specification.exclude_data_volume_ids = {root_of(id)}; }),
            "InvalidParameterValue");
  slow(std::chrono::seconds(5));
  for (int i = 0; i < 5; ++i) ok(of(id));
  EXPECT_EQ(code(of(id)), "ConcurrentSnapshotLimitExceeded");
  terminate(id);
  EXPECT_EQ(code(of(id)), "IncorrectInstanceState");
}

TEST_F(StorageActions, ASnapshotIsCopiedAndItsSourceWaitsForThat) {
  auto source = snap(make_volume());
  ec2::CopySnapshotRequest request;
  request.source_snapshot_id = source, request.source_region = "local-1";
  request.tag_specifications = {{"snapshot", {{"a", "b"}}}};
  slow(std::chrono::seconds(2));
  auto copy = ok(request);
  EXPECT_EQ(snapshot(copy.snapshot_id).state, "pending");
  EXPECT_EQ(snapshot(copy.snapshot_id).description, "[Copied " + source.str() + " from local-1]");
  EXPECT_THAT(copy.tags, ElementsAre(ec2::Tag{"a", "b"}));
  ok(ec2::DeleteSnapshotRequest{source});
  runtime_.advance(std::chrono::seconds(3));
  EXPECT_EQ(snapshot(copy.snapshot_id).state, "completed");
  EXPECT_EQ(substrate_->snapshots().count(copy.snapshot_id), 1u);
  runtime_.advance(std::chrono::seconds(3));
  EXPECT_EQ(substrate_->snapshots().count(source), 0u);
  EXPECT_EQ(code(request), "InvalidSnapshot.NotFound");
  request.source_snapshot_id = copy.snapshot_id, request.source_region = "eu-west-1";
  EXPECT_EQ(code(request), "InvalidParameterValue");
  request.source_region = "local-1", request.encrypted = true;
  EXPECT_EQ(code(request), "InvalidParameterValue");
  request.encrypted.reset();
  auto second = ok(request).snapshot_id;
  request.source_snapshot_id = second;
  EXPECT_EQ(code(request), "IncorrectState");
  crash(false);
  slow(Duration(0));
  reopen();
  EXPECT_EQ(snapshot(second).state, "completed");  // copied again: its source cannot have changed
}

TEST_F(StorageActions, AVolumeOnlyGrows) {
  auto disk = make_volume();
  ec2::ModifyVolumeRequest request;
  request.volume_id = disk;
  EXPECT_EQ(code(request), "MissingParameter");
  request.size = 3, request.iops = 4000;
  slow(std::chrono::seconds(1));
  auto made = *ok(request).volume_modification;
  EXPECT_EQ(made.modification_state, "modifying");
  EXPECT_EQ(made.original_size, 1);
  EXPECT_EQ(made.target_size, 3);
  EXPECT_EQ(volume(disk).size, 1);
  EXPECT_EQ(code(request), "IncorrectModificationState");
  crash(false);
  slow(Duration(0));
  reopen();
  EXPECT_EQ(volume(disk).size, 3);
  EXPECT_EQ(volume(disk).iops, 4000);
  ec2::DescribeVolumesModificationsRequest look;
  look.volume_ids = {disk};
  auto seen = ok(look).volumes_modifications.at(0);
  EXPECT_EQ(seen.modification_state, "completed");
  EXPECT_EQ(seen.progress, 100);
  request.size = 2;
  EXPECT_EQ(code(request), "InvalidParameterValue");
  request.size.reset(), request.iops.reset(), request.volume_type = "gp2";
  ok(request);
  EXPECT_EQ(volume(disk).volume_type, "gp2");  // data alone: at once
  EXPECT_FALSE(volume(disk).iops.has_value());
  request.volume_type = "gp9";
  EXPECT_EQ(code(request), "InvalidParameterValue");
  look.volume_ids = {make_volume()};
  EXPECT_EQ(code(look), "InvalidVolumeModification.NotFound");
  look.volume_ids.clear(), look.filters = {{"target-volume-type", {"gp2"}}};
  EXPECT_THAT(ok(look).volumes_modifications, SizeIs(1));
  ok(ec2::DeleteVolumeRequest{disk});
  settle();
  EXPECT_THAT(ok(look).volumes_modifications, IsEmpty());
}

TEST_F(StorageActions, AnImageOfARunningInstanceIsTakenWhileItsMachineIsDown) {
  auto id = launch_with_disk();
  slow(std::chrono::seconds(1));
  auto request = image_of(id);
  request.tag_specifications = {{"image", {{"a", "i"}}}, {"snapshot", {{"a", "s"}}}};
  auto made = ok(request).image_id;
  EXPECT_EQ(image(made).state, "pending");
  EXPECT_EQ(code(image_of(id, "other")), "IncorrectState");  // one at a time
  EXPECT_EQ(code(ec2::AttachVolumeRequest{make_volume(), id, "/dev/sdg"}), "IncorrectState");
  EXPECT_THAT(substrate_->snapshots(), SizeIs(1));  // the public image's: nothing is taken before the machine is down
  runtime_.advance(std::chrono::milliseconds(1500));
  EXPECT_THAT(substrate_->machines(), IsEmpty());
  EXPECT_EQ(instance(id).state, "running");
  runtime_.advance(std::chrono::seconds(2));
  EXPECT_THAT(substrate_->machines(), ElementsAre(id));
  EXPECT_EQ(instance(id).state, "running");
  auto done = image(made);
  EXPECT_EQ(done.state, "available");
  EXPECT_THAT(done.tags, ElementsAre(ec2::Tag{"a", "i"}));
  ASSERT_THAT(done.block_device_mappings, SizeIs(2));
  EXPECT_EQ(snapshot(*done.block_device_mappings[0].ebs->snapshot_id).state, "completed");
  EXPECT_EQ(code(ec2::DeleteSnapshotRequest{*done.block_device_mappings[0].ebs->snapshot_id}), "InvalidSnapshot.InUse");
  EXPECT_EQ(code(image_of(id)), "InvalidAMIName.Duplicate");
  EXPECT_THAT(states_told(id.str()), ElementsAre("pending", "running"));
  slow(Duration(0));
  auto next = launch_request();
  next.image_id = made;
  auto copy = ok(next).instances.at(0).instance_id;
  settle();
  EXPECT_THAT(instance(copy).block_device_mappings, SizeIs(2));
}

TEST_F(StorageActions, AnImageWithoutARebootLeavesTheMachineAlone) {
  auto id = launch_with_disk();
  auto request = image_of(id);
  request.no_reboot = true;
  request.block_device_mappings = {{"/dev/sdf", std::nullopt, true}};
  slow(std::chrono::seconds(1));
  auto made = ok(request).image_id;
  runtime_.advance(std::chrono::milliseconds(1500));
  EXPECT_EQ(image(made).state, "available");
  EXPECT_THAT(image(made).block_device_mappings, SizeIs(1));
  EXPECT_THAT(substrate_->machines(), ElementsAre(id));
  request.name = "x";
  EXPECT_EQ(code(request), "InvalidAMIName.Malformed");
  request.name = "another";
  ec2::EbsBlockDevice small;
  small.snapshot_id = SnapshotId("snap-0000000000000abcd");
  request.block_device_mappings = {{"/dev/sdf", small, false}};
  EXPECT_EQ(code(request), "InvalidBlockDeviceMapping");
  terminate(id);
  request.block_device_mappings.clear();
  EXPECT_EQ(code(request), "IncorrectInstanceState");
}

TEST_F(StorageActions, AnInstanceIsTerminatedWhileItsImageIsMade) {
  auto id = launch();
  slow(std::chrono::seconds(1));
  auto made = ok(image_of(id)).image_id;
  runtime_.advance(std::chrono::milliseconds(1500));
  terminate(id);
  runtime_.advance(std::chrono::seconds(10));
  EXPECT_EQ(instance(id).state, "terminated");
  EXPECT_EQ(image(made).state, "available");
  EXPECT_THAT(ok(ec2::DescribeVolumesRequest{}).volumes, IsEmpty());
}

TEST_F(StorageActions, AfterACrashTheMachineIsUpAgainAndAnImageThatMayBeTornHasFailed) {
  for (bool kept : {true, false}) {
    auto id = launch();
    slow(std::chrono::milliseconds(300));
    auto made = ok(image_of(id, kept ? "kept" : "lost")).image_id;
    runtime_.advance(std::chrono::milliseconds(400));
    crash(kept);
    slow(Duration(0));
    reopen();
    EXPECT_EQ(instance(id).state, "running");
    EXPECT_THAT(substrate_->machines(), ElementsAre(id));
    EXPECT_EQ(image(made).state, "failed");
    terminate(id);
    settle();
  }
}

TEST_F(StorageActions, ARootVolumeIsReplaced) {
  auto id = launch();
  auto before = instance(id);
  VolumeId old = root_of(id);
  ec2::CreateReplaceRootVolumeTaskRequest request;
  request.instance_id = id, request.client_token = "t";
  slow(std::chrono::seconds(1));
  auto made = *ok(request).replace_root_volume_task;
  EXPECT_EQ(made.task_state, "pending");
  EXPECT_EQ(ok(request).replace_root_volume_task->replace_root_volume_task_id, made.replace_root_volume_task_id);
  runtime_.advance(std::chrono::seconds(5));
  EXPECT_EQ(task(made.replace_root_volume_task_id).task_state, "succeeded");
  VolumeId fresh = root_of(id);
  EXPECT_NE(fresh, old);
  EXPECT_EQ(volume(old).state, "available");
  EXPECT_EQ(volume(fresh).state, "in-use");
  EXPECT_EQ(substrate_->attachments().at(fresh), id);
  EXPECT_EQ(instance(id).private_ip_address, before.private_ip_address);
  auto taken = ok(ec2::CreateSnapshotRequest{fresh, "", {}}).snapshot.snapshot_id;
  runtime_.advance(std::chrono::seconds(2));
  request.client_token = "", request.snapshot_id = taken, request.delete_replaced_root_volume = true;
  ok(request);
  runtime_.advance(std::chrono::seconds(6));
  EXPECT_EQ(volume(root_of(id)).snapshot_id, taken);
  EXPECT_EQ(code(ec2::DescribeVolumesRequest{{fresh}, {}, 0, ""}), "InvalidVolume.NotFound");
  slow(Duration(0));
  request.snapshot_id = snap(make_volume());
  EXPECT_EQ(code(request), "InvalidParameterValue");
  request.image_id = ImageId(kMinimalImage);
  EXPECT_EQ(code(request), "InvalidParameterCombination");
  terminate(id);
  EXPECT_EQ(code(request), "IncorrectInstanceState");
}

TEST_F(StorageActions, ARootThatCannotBeMadeLeavesTheInstanceAlone) {
  auto id = launch();
  VolumeId old = root_of(id);
  NullOptions full;
  full.free_bytes = 0;
  ec2::CreateReplaceRootVolumeTaskRequest request;
  request.instance_id = id;
  slow(std::chrono::milliseconds(100));
  auto made = ok(request).replace_root_volume_task->replace_root_volume_task_id;
  substrate_->set_options(full);
  runtime_.advance(std::chrono::seconds(1));
  EXPECT_EQ(task(made).task_state, "failed");
  EXPECT_EQ(root_of(id), old);
  EXPECT_THAT(substrate_->machines(), ElementsAre(id));
  EXPECT_THAT(ok(ec2::DescribeVolumesRequest{}).volumes, SizeIs(1));
  EXPECT_EQ(code(request), "InsufficientVolumeCapacity");
}

TEST_F(StorageActions, AReplacementOutlivesACrash) {
  for (int milliseconds : {50, 150, 250, 350}) {
    auto id = launch();
    ec2::CreateReplaceRootVolumeTaskRequest request;
    request.instance_id = id;
    slow(std::chrono::milliseconds(100));
    auto made = ok(request).replace_root_volume_task->replace_root_volume_task_id;
    runtime_.advance(std::chrono::milliseconds(milliseconds));
    crash(true);
    slow(Duration(0));
    reopen();
    EXPECT_EQ(task(made).task_state, "succeeded") << milliseconds;
    EXPECT_THAT(substrate_->machines(), ElementsAre(id)) << milliseconds;
    EXPECT_EQ(substrate_->attachments().at(root_of(id)), id);
    terminate(id);
    settle();
  }
}

}  // namespace
}  // namespace holdfast::cloud
