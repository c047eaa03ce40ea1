// What the cloud showed at one moment of the things that belong to one managed instance (found by its tag). A listing
// is complete for each kind named in `kinds`; even so, absence proves nothing by itself (ec2.md, eventual consistency).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/time.h"
#include "model/spec.h"

namespace holdfast::model {

// Tags that Holdfast puts on everything it makes.
inline constexpr char kTagManagedInstance[] = "holdfast:managed-instance";  // smi-…
inline constexpr char kTagGeneration[] = "holdfast:generation";             // the launch it belongs to
inline constexpr char kTagEffect[] = "holdfast:effect";                     // key of the effect that made it
inline constexpr char kTagDevice[] = "holdfast:device";                     // device name of the volume (or its source)
inline constexpr char kTagPurpose[] = "holdfast:purpose";                   // snapshots: "periodic", "final", "manual"
inline constexpr char kPurposeScout[] = "scout";                            // of an instance: effect.h, LaunchScout

// Our tags as read back; empty or 0 where missing.
struct OwnTags {
  int generation = 0;
  std::string effect;
  std::string device;
  std::string purpose;
  bool operator==(const OwnTags&) const = default;
};

enum class Kind : uint8_t {
  instances = 1,
  volumes = 2,
  snapshots = 4,
  images = 8,
  interfaces = 16,
  status = 32,  // status checks of the current instance
};
using Kinds = uint8_t;
constexpr Kinds operator|(Kind a, Kind b) {
  return static_cast<Kinds>(a) | static_cast<Kinds>(b);
}
constexpr Kinds operator|(Kinds a, Kind b) {
  return a | static_cast<Kinds>(b);
}
constexpr bool has(Kinds kinds, Kind kind) {
  return (kinds & static_cast<Kinds>(kind)) != 0;
}
inline constexpr Kinds kAllKinds = 63;

enum class InstanceState { unknown, pending, running, stopping, stopped, shutting_down, terminated };
enum class VolumeState { unknown, creating, available, in_use, deleting, deleted, error };
enum class SnapshotState { unknown, pending, completed, error };
enum class ImageState { unknown, pending, available, failed };
enum class InterfaceState { unknown, available, in_use, pending };  // pending: attaching or detaching
enum class AttachmentState { unknown, attaching, attached, detaching, detached };
enum class StatusCheck { unknown, initializing, ok, impaired };

struct ObservedDevice {
  std::string device;
  VolumeId volume;
  AttachmentState state = AttachmentState::unknown;
  bool delete_on_termination = false;
};

struct ObservedInstance {
  InstanceId id;
  InstanceState state = InstanceState::unknown;
  std::string state_reason;  // "code: message"
  std::string instance_type;
  LifeCycle life_cycle = LifeCycle::on_demand;
  std::string zone;
  SubnetId subnet;
  ImageId image;
  std::string private_ip;
  std::string public_ip;
  std::string root_device;
  std::string client_token;
  Time launched_at{};
  std::vector<ObservedDevice> devices;
  std::vector<InterfaceId> interfaces;           // index 0 is the primary
  bool interface_delete_on_termination = false;  // of the primary
  std::string interface_attachment_id;           // of the primary
  OwnTags tags;
};

struct ObservedAttachment {
  InstanceId instance;
  std::string device;
  AttachmentState state = AttachmentState::unknown;
};

struct ObservedVolume {
  VolumeId id;
  VolumeState state = VolumeState::unknown;
  int size_gib = 0;
  std::string zone;
  std::optional<SnapshotId> from_snapshot;
  std::vector<ObservedAttachment> attachments;
  Time created_at{};
  OwnTags tags;
};

struct ObservedSnapshot {
  SnapshotId id;
  VolumeId volume;
  SnapshotState state = SnapshotState::unknown;
  int size_gib = 0;
  Time started_at{};
  OwnTags tags;
};

struct ObservedImage {
  ImageId id;
  std::string name;
  ImageState state = ImageState::unknown;
  SnapshotId root_snapshot;
  OwnTags tags;
};

struct ObservedInterface {
  InterfaceId id;
  InterfaceState state = InterfaceState::unknown;
  std::string ip;
  std::string mac;
  SubnetId subnet;
  std::string zone;
  InstanceId attached_to;  // empty: none
  OwnTags tags;
};

struct ObservedStatus {
  InstanceId instance;
  StatusCheck check = StatusCheck::unknown;
};

struct Observation {
  Time as_of{};     // when the first request of it was sent
  Kinds kinds = 0;  // which kinds were listed to the end
  // Which the cloud has denied to show, time and again, and its words for that. Nothing else is said of these.
  Kinds denied = 0;
  std::string why_denied;
  std::vector<ObservedInstance> instances;
  std::vector<ObservedVolume> volumes;
  std::vector<ObservedSnapshot> snapshots;
  std::vector<ObservedImage> images;
  std::vector<ObservedInterface> interfaces;
  std::vector<ObservedStatus> statuses;
};

}  // namespace holdfast::model
