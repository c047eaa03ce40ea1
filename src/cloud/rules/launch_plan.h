// What one RunInstances request comes to, checked against the model before anything is changed.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cloud/rules.h"

namespace holdfast::cloud {

struct PlannedVolume {
  std::string device;
  std::optional<SnapshotId> snapshot;
  int size = 0;
  ec2::EbsBlockDevice ebs;
  bool delete_on_termination = true;
};

struct PlannedInterface {
  int device_index = 0;
  std::optional<InterfaceId> existing;
  std::optional<std::string> ip;  // wanted, for one that is made
  std::vector<SecurityGroupId> groups;
  bool delete_on_termination = true;
};

struct LaunchPlan {
  const Image* image = nullptr;
  const InstanceType* type = nullptr;
  const Subnet* subnet = nullptr;
  MarketKey market;
  std::vector<PlannedVolume> volumes;
  std::vector<PlannedInterface> interfaces;  // by device index; the first is the primary
  std::string user_data;
  int count = 1;
};

// The subnet that the request names, by itself or through an interface; null if it names none. Decides the zone in
// which a client token counts.
Result<const Subnet*> named_subnet(const Model&, const ec2::RunInstancesRequest&);
Result<LaunchPlan> plan_launch(const Call&, const ec2::RunInstancesRequest&);
// The image's mapping with the request's laid over it.
Result<std::vector<PlannedVolume>> plan_volumes(const Model&, const Image&,
                                                const std::vector<ec2::BlockDeviceMapping>&);
// Size, type and performance of a volume, given what it is made from. Also for CreateVolume.
Result<int> check_volume(const Model&, const std::optional<SnapshotId>& from, std::optional<int> size,
                         const std::string& type, std::optional<int> iops, std::optional<int> throughput,
                         std::optional<bool> encrypted, const std::string& field);

}  // namespace holdfast::cloud
