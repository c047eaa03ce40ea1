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

// Of a spot market, in USD an hour.
struct MarketPrice {
  std::string instance_type;
  std::string zone;
  double usd = 0;
  bool operator==(const MarketPrice&) const = default;
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
  LaunchOptions options = {};
  std::vector<std::string> no_devices = {};
  bool operator==(const LaunchInstance&) const = default;
};

// Capacity made sure of before a healthy instance is given up for another market: an instance of that market, of the
// user's image, with nothing of the managed instance: no kept volume, no interface, no user data (core/voluntary.h).
struct LaunchScout {
  std::string token;
  Market market;
  ImageId image;
  std::string root_device;
  std::vector<SecurityGroupId> security_group_ids;
  bool operator==(const LaunchScout&) const = default;
};

// Safe: a scout holds nothing. Only ever one that carries our tag of a scout, or that LaunchScout made.
struct EndScout {
  InstanceId instance;
  bool operator==(const EndScout&) const = default;
};

// The elastic address comes to the present instance, from wherever it is: it is this managed instance's alone.
struct AssociateAddress {
  std::string allocation;
  InstanceId instance;
  bool operator==(const AssociateAddress&) const = default;
};

// Taken off, if it is on that interface or on that instance: an address that somebody has taken elsewhere stays there.
struct DisassociateAddress {
  std::string allocation;
  InstanceId instance;  // may be empty
  std::optional<InterfaceId> interface;
  bool operator==(const DisassociateAddress&) const = default;
};

// Tags that an update wants on what runs by then, and the keys that it wants off it.
struct TagChange {
  std::vector<Tag> tags;
  std::vector<std::string> removed;
  bool operator==(const TagChange&) const = default;
};
struct Tagging {
  TagChange instance;
  TagChange volumes;
  TagChange interface;
  bool operator==(const Tagging&) const = default;
};

// The user's tags on what runs now (autoApplyTags). What is gone by then is left out. Safe to repeat.
struct ApplyTags {
  struct Target {
    std::vector<std::string> resources;
    std::vector<Tag> tags;
    std::vector<std::string> removed;  // keys
    bool operator==(const Target&) const = default;
  };
  std::vector<Target> targets;
  bool operator==(const ApplyTags&) const = default;
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
                 DeleteInterface, AdoptInstance, ReleaseInstance, SnapshotInstance, LaunchScout, EndScout,
                 AssociateAddress, DisassociateAddress, ApplyTags>;

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
