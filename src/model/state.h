// What is remembered of one managed instance, durably. Everything that a decision needs after a crash is here.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/time.h"
#include "model/effect.h"
#include "model/event.h"
#include "model/observed.h"
#include "model/spec.h"

namespace holdfast::model {

enum class Status { paused, resuming, active, pausing, recycling, deallocating, deallocated, error };

enum class Goal { running, paused, deleted };

// The inner phase of a take-down or bring-up. Order of a handover: left to right.
enum class Phase { none, terminating, saving, launching, attaching, checking };

// Why a handover began; kept with the event.
enum class Reason { none, created, interruption, disappeared, unhealthy, recycle, pause, resume, deletion };

// The image that a launch uses and the facts that RegisterImage must carry over.
struct ImageFacts {
  ImageId id;
  std::string root_device;
  std::string architecture;
  std::string boot_mode;
  std::string virtualization_type;
  bool ena_support = true;
  int root_size_gib = 0;
  bool operator==(const ImageFacts&) const = default;
};

struct SubnetFacts {
  SubnetId id;
  std::string zone;
  std::string cidr;
  bool operator==(const SubnetFacts&) const = default;
};

// Facts about the user's image and subnets, looked up when the spec was accepted.
struct Surroundings {
  ImageFacts image;
  std::vector<SubnetFacts> subnets;
  bool operator==(const Surroundings&) const = default;
};

// The one instance that may hold this managed instance's volumes and address.
struct Instance {
  InstanceId id;
  int generation = 0;
  Market market;
  ImageId image;
  InstanceState state = InstanceState::pending;
  StatusCheck check = StatusCheck::unknown;
  std::string private_ip;
  std::string public_ip;
  Time launched_at{};
  std::optional<Time> running_at;
  std::optional<Time> healthy_at;
  std::optional<Time> unhealthy_since;
  std::optional<Time> notice_deadline;  // it will be taken then
  bool operator==(const Instance&) const = default;
};

struct Interface {
  InterfaceId id;
  std::string ip;
  std::string mac;
  SubnetId subnet;
  std::string zone;
  InterfaceState state = InterfaceState::unknown;
  InstanceId attached_to;
  bool operator==(const Interface&) const = default;
};

// A volume that holds state: the root's or a data volume's present copy.
struct Volume {
  std::string device;
  VolumeId id;
  std::string zone;
  int size_gib = 0;
  VolumeState state = VolumeState::unknown;
  InstanceId attached_to;  // empty: observed free
  AttachmentState attachment = AttachmentState::unknown;
  int generation = 0;             // of the instance that last wrote to it
  bool by_hand = false;           // attached by an operator, adopted
  std::optional<Time> missing_since;  // not listed since then
  int missing_looks = 0;
  bool operator==(const Volume&) const = default;
};

struct Snapshot {
  SnapshotId id;
  VolumeId volume;
  std::string device;
  bool final = false;
  int generation = 0;
  SnapshotState state = SnapshotState::pending;
  int size_gib = 0;
  Time started_at{};
  bool operator==(const Snapshot&) const = default;
};

// An image of the root as generation `generation` left it.
struct RootImage {
  ImageId id;
  std::string name;
  SnapshotId snapshot;
  int generation = 0;
  ImageState state = ImageState::pending;
  bool operator==(const RootImage&) const = default;
};

// Something that is no longer the newest copy, or was kept by a delete; gone when due. Kind tells which id it is.
struct Retired {
  enum class What { image, snapshot, volume, interface };  // the order of deletion: an image before its snapshot
  What what = What::volume;
  std::string id;
  std::string why;
  Time due{};
  bool operator==(const Retired&) const = default;
};

struct PhaseBegan {
  Phase phase = Phase::none;
  Time at{};
  bool operator==(const PhaseBegan&) const = default;
};

// A take-down and bring-up under way.
struct Handover {
  Reason reason = Reason::none;
  int from_generation = 0;
  Time began_at{};
  std::optional<Time> deadline;
  std::vector<PhaseBegan> phases;
  bool operator==(const Handover&) const = default;
};

// An effect that was let out and whose end is not known yet.
struct Asked {
  enum class Standing { asked, unknown, waiting };  // waiting: refused for now, again at `again_at`
  Effect effect;
  Standing standing = Standing::asked;
  Time since{};
  int tries = 1;
  Time again_at{};
  std::string last_error;
  bool operator==(const Asked&) const = default;
};

struct CoolingMarket {
  Market market;
  Time until{};
  bool operator==(const CoolingMarket&) const = default;
};

struct State {
  ManagedInstanceId id;
  Time created_at{};
  Time updated_at{};
  Goal goal = Goal::running;
  Status status = Status::resuming;
  std::string error;  // why the status is ERROR and what the service is doing about it
  Surroundings surroundings;
  int generation = 0;  // of the newest launch asked for
  int attempt = 0;     // refused launches within the generation
  bool recycle_wanted = false;
  std::optional<Instance> instance;
  std::optional<Interface> interface;
  std::optional<Volume> root;
  std::map<std::string, Volume> data;  // by device
  std::vector<Snapshot> snapshots;
  std::vector<RootImage> images;
  std::optional<Handover> handover;
  std::map<std::string, Asked> asked;  // by key
  std::vector<CoolingMarket> cooling;
  std::vector<Retired> retired;
  std::optional<Deallocation> deallocation;
  std::optional<Time> periodic_due;  // next periodic snapshots
  int looks_in_vain = 0;             // looks since something last changed: stretches the pause between looks
  std::optional<Time> looked_at;     // as_of of the last full observation
  std::optional<Time> forget_at;     // deallocated, nothing left: drop the row then
  bool operator==(const State&) const = default;
};

std::string_view to_string(Status status);  // "ACTIVE"
std::string_view to_string(Phase phase);    // "terminating"
std::string_view to_string(Reason reason);  // "interruption"

}  // namespace holdfast::model
