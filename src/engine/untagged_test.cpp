// Tags that a person has taken off: what a state knows is looked for by its id before it counts as gone.

#include <gtest/gtest.h>

#include "engine/observer_fixture_test.h"
#include "engine/translate.h"

namespace holdfast::engine {
namespace {

using model::Kind;

struct Untagged : ObserverTest {
  // Missed by a look before this one.
  std::shared_ptr<View> missed() {
    auto view = std::make_shared<View>(*known[kOne]);
    view->state.instance.emplace();
    view->state.instance->id = InstanceId("i-1");
    view->state.instance->missing_since = clock.time;
    model::Snapshot snapshot;
    snapshot.id = SnapshotId("snap-1");
    snapshot.state = model::SnapshotState::completed;
    snapshot.missing_since = clock.time;
    view->state.snapshots = {snapshot};
    model::RootImage image;
    image.id = ImageId("ami-1");
    image.state = model::ImageState::available;
    image.missing_since = clock.time;
    view->state.images = {image};
    return view;
  }

  // EC2 has them, without a tag: no listing by tag shows them.
  void answer() {
    auto by_tag = [](const auto& request) { return request.filters.at(0).name.starts_with("tag:"); };
    ec2.on<ec2::DescribeInstancesRequest>([=](const auto& request) -> Result<ec2::DescribeInstancesResponse> {
      if (by_tag(request)) return ec2::DescribeInstancesResponse{};
      ec2::Instance instance;
      instance.instance_id = InstanceId(request.filters.at(0).values.at(0));
      instance.state = "running";
      return ec2::DescribeInstancesResponse{{instance}, ""};
    });
    ec2.on<ec2::DescribeSnapshotsRequest>([=](const auto& request) -> Result<ec2::DescribeSnapshotsResponse> {
      if (by_tag(request)) return ec2::DescribeSnapshotsResponse{};
      ec2::Snapshot snapshot;
      snapshot.snapshot_id = SnapshotId(request.filters.at(0).values.at(0));
      snapshot.state = "completed";
      return ec2::DescribeSnapshotsResponse{{snapshot}, ""};
    });
    ec2.on<ec2::DescribeImagesRequest>([=](const auto& request) -> Result<ec2::DescribeImagesResponse> {
      if (by_tag(request)) return ec2::DescribeImagesResponse{};
      ec2::Image image;
      image.image_id = ImageId(request.filters.at(0).values.at(0));
      image.state = "available";
      return ec2::DescribeImagesResponse{{image}, ""};
    });
  }
};

// A pause waited without end for an instance that it never saw; of a snapshot that was there a blank volume, and the
// first image instead of the last one, took the place.
TEST_F(Untagged, InstancesAndCopiesThatAreThereAreNotMissing) {
  known[kOne] = missed();
  answer();
  observer.want(kOne, model::kAllKinds);
  run();
  model::Observation all;
  for (const auto& [id, observation] : seen) {
    EXPECT_EQ(id, kOne);
    all.kinds = all.kinds | observation.kinds;
    all.instances.insert(all.instances.end(), observation.instances.begin(), observation.instances.end());
    all.snapshots.insert(all.snapshots.end(), observation.snapshots.begin(), observation.snapshots.end());
    all.images.insert(all.images.end(), observation.images.begin(), observation.images.end());
  }
  ASSERT_EQ(all.instances.size(), 1u);
  EXPECT_EQ(all.instances[0].id, InstanceId("i-1"));
  EXPECT_EQ(all.instances[0].state, model::InstanceState::running);
  ASSERT_EQ(all.snapshots.size(), 1u);
  EXPECT_EQ(all.snapshots[0].id, SnapshotId("snap-1"));
  ASSERT_EQ(all.images.size(), 1u);
  EXPECT_EQ(all.images[0].id, ImageId("ami-1"));
}

TEST_F(Untagged, WhatWasNotMissedBeforeCostsNoOtherDescribe) {
  auto view = missed();
  view->state.instance->missing_since.reset();
  view->state.snapshots[0].missing_since.reset();
  view->state.images[0].state = model::ImageState::unknown;
  known[kOne] = view;
  answer();
  observer.want(kOne, Kind::instances | Kind::snapshots | Kind::images);
  run();
  EXPECT_EQ(ec2.requests.size(), 3u);
}

// Whoever waits until it is free would wait without end.
TEST(Detached, AnAttachmentThatHasEndedIsNone) {
  ec2::Volume volume;
  volume.volume_id = VolumeId("vol-1");
  volume.state = "available";
  volume.attachments.resize(1);
  volume.attachments[0].instance_id = InstanceId("i-former");
  volume.attachments[0].state = "detached";
  EXPECT_TRUE(observed(volume).attachments.empty());
  volume.attachments[0].state = "busy";
  EXPECT_EQ(observed(volume).attachments.size(), 1u);
  ec2::NetworkInterface interface;
  interface.attachment.emplace();
  interface.attachment->instance_id = InstanceId("i-former");
  interface.attachment->status = "detached";
  EXPECT_TRUE(observed(interface).attached_to.empty());
  interface.attachment->status = "detaching";
  EXPECT_EQ(observed(interface).attached_to, InstanceId("i-former"));
}

}  // namespace
}  // namespace holdfast::engine
