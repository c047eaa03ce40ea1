// Snapshots that are taken together, for CreateSnapshots and CreateImage.
#pragma once

#include <string>
#include <vector>

#include "cloud/rules.h"

namespace holdfast::cloud {

struct SnapshotSet {
  std::string name;  // the image's, if one is made of them
  InstanceId instance;
  std::string description;
  std::vector<ec2::Tag> tags;
};

// The row of one snapshot of the set, pending; the volume must exist.
SnapshotId put_snapshot(Call&, const VolumeId& from, const SnapshotSet&);

}  // namespace holdfast::cloud
