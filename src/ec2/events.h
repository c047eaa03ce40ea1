// What the cloud tells unasked: EventBridge's events, as they come by SQS from AWS and in process from the local cloud.
// They are wake-ups, never proofs.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/ids.h"
#include "base/time.h"

namespace holdfast::ec2 {

// EventBridge's detail types.
inline constexpr char kInterruptionWarning[] = "EC2 Spot Instance Interruption Warning";
inline constexpr char kRebalanceRecommendation[] = "EC2 Instance Rebalance Recommendation";
inline constexpr char kInstanceStateChange[] = "EC2 Instance State-change Notification";
inline constexpr char kSnapshotNotification[] = "EBS Snapshot Notification";
inline constexpr char kVolumeNotification[] = "EBS Volume Notification";
inline constexpr char kMultiVolumeSnapshots[] = "EBS Multi-Volume Snapshots Completion Status";
inline constexpr char kHealthEvent[] = "AWS Health Event";

struct CloudEvent {
  std::string detail_type;
  Time time{};
  std::string resource;  // the id it is about: instance, snapshot or volume
  // instance state change: the new state; notifications: the result; interruption warning: what will be done
  // ("terminate"); health event: its type code ("AWS_EC2_INSTANCE_RETIREMENT_SCHEDULED")
  std::string state;
  // interruption warning: when the instance will be taken; health event: when it begins
  std::optional<Time> deadline;
};

// Called by the source on a thread of its own; must not block.
using CloudEventListener = std::function<void(const CloudEvent&)>;

}  // namespace holdfast::ec2
