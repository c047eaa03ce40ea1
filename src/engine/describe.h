// Listings of EC2, read to their last page: what belongs to some managed instances, or to any. Blocking; called by the
// observer's jobs. A listing that could not be read to its end is an error: half a listing would look like absence.
#pragma once

#include <vector>

#include "base/error.h"
#include "base/ids.h"
#include "ec2/ec2.h"
#include "model/observed.h"

namespace holdfast::engine {

inline constexpr size_t kMostFilterValues = 200;  // EC2's limit
inline constexpr size_t kMostStatusIds = 100;     // of DescribeInstanceStatus

// One kind's listing, as EC2 gave it; only the vector of its kind is filled.
struct Listing {
  std::vector<ec2::Instance> instances;
  std::vector<ec2::Volume> volumes;
  std::vector<ec2::Snapshot> snapshots;
  std::vector<ec2::Image> images;
  std::vector<ec2::NetworkInterface> interfaces;
  std::vector<ec2::InstanceStatus> statuses;
};

// Things that carry the tag of one of `owners` (at most kMostFilterValues); none named: of any managed instance.
Result<Listing> list_tagged(ec2::Ec2& ec2, model::Kind kind, const std::vector<ManagedInstanceId>& owners);

// Status checks by id. Ids that EC2 does not know (yet, or any more) are left out instead of failing the rest.
Result<Listing> list_statuses(ec2::Ec2& ec2, const std::vector<InstanceId>& instances);

// Volumes by id, tagged or not; unknown ids are left out.
Result<Listing> list_volumes(ec2::Ec2& ec2, const std::vector<VolumeId>& volumes);

// The same of network interfaces.
Result<Listing> list_interfaces(ec2::Ec2& ec2, const std::vector<InterfaceId>& interfaces);

// By id all the same, but asked for by a filter, so that unknown ids are left out by EC2.
Result<Listing> list_instances(ec2::Ec2& ec2, const std::vector<InstanceId>& instances);
Result<Listing> list_snapshots(ec2::Ec2& ec2, const std::vector<SnapshotId>& snapshots);
Result<Listing> list_images(ec2::Ec2& ec2, const std::vector<ImageId>& images);

}  // namespace holdfast::engine
