// What the substrate is to be told, as data: rules make orders, the front gives them to the substrate once the
// transaction that made them is committed. An order that waits for an answer is in `Model::flights` under its name,
// until the answer came.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "cloud/substrate.h"
#include "ec2/events.h"

namespace holdfast::cloud {

struct LaunchOrder {
  MachineSpec machine;
};
struct StopOrder {
  InstanceId instance;
  StopHow how = StopHow::shutdown;
};
struct RebootOrder {
  InstanceId instance;
};
struct AttachOrder {
  InstanceId instance;
  AttachedVolume volume;
};
struct DetachOrder {
  InstanceId instance;
  AttachedVolume volume;
  bool force = false;
};
struct CreateVolumeOrder {
  VolumeId volume;
  int size = 0;
  std::optional<SnapshotId> from;
};
struct DeleteVolumeOrder {
  VolumeId volume;
};
struct CreateSnapshotOrder {
  SnapshotId snapshot;
  VolumeId volume;
};
struct DeleteSnapshotOrder {
  SnapshotId snapshot;
};
struct BuildImageOrder {
  std::string name;
  SnapshotId into;
};
struct CreateSubnetOrder {
  SubnetSpec subnet;
};
struct DeleteSubnetOrder {
  SubnetId subnet;
};
struct NoticeOrder {  // not answered
  InstanceId instance;
  InterruptionNotice notice;
};
struct RebalanceOrder {  // not answered
  InstanceId instance;
  Time at;
};

struct CreateSnapshotSetOrder {
  InstanceId instance;
  std::vector<SnapshotOfVolume> snapshots;
};
struct CopySnapshotOrder {
  SnapshotId snapshot;
  SnapshotId from;
};
struct GrowVolumeOrder {
  VolumeId volume;
  int size = 0;
};
struct AttachInterfaceOrder {
  InstanceId instance;
  MachineInterface interface;
  std::string attachment;
};
struct DetachInterfaceOrder {
  InstanceId instance;
  InterfaceId interface;
  std::string attachment;
};
struct MetadataOrder {  // not answered
  InstanceId instance;
  bool tokens_required = false;
};

using Order =
    std::variant<LaunchOrder, StopOrder, RebootOrder, AttachOrder, DetachOrder, CreateVolumeOrder, DeleteVolumeOrder,
                 CreateSnapshotOrder, DeleteSnapshotOrder, BuildImageOrder, CreateSubnetOrder, DeleteSubnetOrder,
                 NoticeOrder, RebalanceOrder, MetadataOrder, CreateSnapshotSetOrder, CopySnapshotOrder, GrowVolumeOrder,
                 AttachInterfaceOrder, DetachInterfaceOrder>;

// What a transaction lets out once it is committed.
struct Outbox {
  std::vector<Order> orders;
  std::vector<ec2::CloudEvent> events;
  std::vector<std::pair<std::string, Time>> wakes;  // look at that resource again, then
};

}  // namespace holdfast::cloud
