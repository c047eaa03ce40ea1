// What `decide` wants done outside. Effects are data: the engine performs them, and their outcomes come back as
// events. Each is known by a key that is the same however often it is decided, and that is put on what it makes (tag
// holdfast:effect), so that after a crash the thing made is found again instead of made twice.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/error.h"
#include "base/ids.h"
#include "base/time.h"
#include "model/spec.h"

namespace holdfast::model {

// Where and how an instance can be had.
struct Market {
  std::string instance_type;
  SubnetId subnet;
  std::string zone;
  LifeCycle life_cycle = LifeCycle::spot;
  bool operator==(const Market&) const = default;
};

struct LaunchDevice {
  BlockDevice device;  // snapshot_id set: made from it
  bool delete_on_termination = false;
  bool operator==(const LaunchDevice&) const = default;
};

// The exact request is remembered with the effect: repeated, it is word for word the same, with the same token.
struct LaunchInstance {
  int generation = 0;
  std::string token;
  Market market;
  ImageId image;
  std::optional<InterfaceId> interface;   // as primary, kept on termination
  std::optional<std::string> private_ip;  // without an interface of its own
  std::vector<SecurityGroupId> security_group_ids;
  std::string user_data;
  std::string http_tokens;
  std::vector<LaunchDevice> devices;
  std::vector<Tag> tags;
  ResourceTags resource_tags;
  bool operator==(const LaunchInstance&) const = default;
};

// Safe: only ever the instance that a handover, a pause or a delete has decided to take down (or one that the cloud is
// taking anyway); everything persisted on it has DeleteOnTermination false, looked at before.
struct TerminateInstance {
  InstanceId instance;
  bool operator==(const TerminateInstance&) const = default;
};

struct CreateSnapshot {
  VolumeId volume;
  std::string device;
  bool final = false;
  int generation = 0;
  std::vector<Tag> tags;  // the user's, if wanted on snapshots
  bool manual = false;    // a person asked for it: kept until a person deletes it
  bool operator==(const CreateSnapshot&) const = default;
};

struct RegisterImage {
  std::string name;  // unique: made of managed instance and generation
  SnapshotId snapshot;
  int generation = 0;
  std::string root_device;
  std::string architecture;
  std::string boot_mode;
  std::string virtualization_type;
  bool ena_support = true;
  std::string volume_type;
  int size_gib = 0;
  std::vector<Tag> tags;
  bool operator==(const RegisterImage&) const = default;
};

struct CreateInterface {
  std::string token;
  SubnetId subnet;
  std::optional<std::string> ip;
  std::vector<SecurityGroupId> security_group_ids;
  std::vector<Tag> tags;
  bool operator==(const CreateInterface&) const = default;
};

struct CreateVolume {
  std::string token;
  std::string zone;
  BlockDevice device;  // without a snapshot_id it is blank
  int generation = 0;
  std::vector<Tag> tags;
  VolumeId in_place_of;  // the data volume that it is to replace
  bool lost = false;     // that one is gone from the cloud
  bool operator==(const CreateVolume&) const = default;
};

struct AttachVolume {
  VolumeId volume;
  InstanceId instance;
  std::string device;
  bool operator==(const AttachVolume&) const = default;
};

// Sets DeleteOnTermination to false on what is persisted (invariant 3).
struct KeepOnTermination {
  InstanceId instance;
  std::vector<std::string> devices;
  std::optional<InterfaceId> interface;
  std::string interface_attachment_id;
  bool operator==(const KeepOnTermination&) const = default;
};

struct TagVolume {  // a volume attached by hand is adopted
  VolumeId volume;
  std::string device;
  int generation = 0;
  bool operator==(const TagVolume&) const = default;
};

// An instance that exists becomes ours: our tags on it, on its volumes and on its interface. Safe to repeat. The user's
// tags stay.
struct AdoptInstance {
  struct Volume {
    VolumeId id;
    std::string device;
    bool operator==(const Volume&) const = default;
  };
  InstanceId instance;
  int generation = 0;
  std::vector<Volume> volumes;
  std::optional<InterfaceId> interface;
  bool operator==(const AdoptInstance&) const = default;
};

// The same taken back: only our tags go, everything else stays as it is.
struct ReleaseInstance {
  InstanceId instance;
  std::vector<VolumeId> volumes;
  std::optional<InterfaceId> interface;
  bool operator==(const ReleaseInstance&) const = default;
};

// Snapshots of several volumes of a running instance, as of one moment where the cloud can (CreateSnapshots).
// Makes "vol-…=snap-… vol-…=snap-…": each volume's snapshot.
struct SnapshotInstance {
  InstanceId instance;
  std::vector<AdoptInstance::Volume> volumes;
  int generation = 0;
  std::vector<Tag> tags;  // the user's, if wanted on snapshots
  bool operator==(const SnapshotInstance&) const = default;
};

// Deletions: decided only by core/retention, which proves that it is not the newest copy.
struct DeleteVolume {
  VolumeId volume;
  bool operator==(const DeleteVolume&) const = default;
};
struct DeleteSnapshot {
  SnapshotId snapshot;
  bool operator==(const DeleteSnapshot&) const = default;
};
struct DeregisterImage {
  ImageId image;
  bool operator==(const DeregisterImage&) const = default;
};
struct DeleteInterface {
  InterfaceId interface;
  bool operator==(const DeleteInterface&) const = default;
};

using EffectAction =
    std::variant<LaunchInstance, TerminateInstance, CreateSnapshot, RegisterImage, CreateInterface, CreateVolume,
                 AttachVolume, KeepOnTermination, TagVolume, DeleteVolume, DeleteSnapshot, DeregisterImage,
                 DeleteInterface, AdoptInstance, ReleaseInstance, SnapshotInstance>;

// The executor serves the most urgent first (handover.md, Deadlines).
enum class Urgency { save, recover, voluntary, periodic, cleanup };

struct Effect {
  std::string key;
  EffectAction action;
  Urgency urgency = Urgency::recover;
  std::optional<Time> deadline;
  bool operator==(const Effect&) const = default;
};

// The name of the action, for logs and history: "LaunchInstance".
std::string_view name_of(const EffectAction& action);

// What came of one. `made` is the id of the thing made, where something was.
struct Outcome {
  std::string key;
  Result<std::string> made;
};

}  // namespace holdfast::model
