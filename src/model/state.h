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
#include "model/import.h"
#include "model/observed.h"
#include "model/spec.h"
#include "model/surroundings.h"

namespace holdfast::model {

enum class Status { paused, resuming, active, pausing, recycling, deallocating, deallocated, error, migrating };

enum class Goal { running, paused, deleted };

// The inner phase of a take-down or bring-up. Order of a handover: left to right.
enum class Phase { none, terminating, saving, launching, attaching, checking };

// Why a handover began; kept with the event.
enum class Reason {
  none,
  created,
  interruption,
  disappeared,
  unhealthy,
  recycle,
  pause,
  resume,
  deletion,
  imported,
  restore,
  rebalance,
  revert_to_spot,
  preferred_type,
  cheaper_market,
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
  std::optional<Time> missing_since;    // not listed since then
  int missing_looks = 0;
  // Everything that the spec persists was on it, known, and set to outlive it, when it was last observed. False from a
  // change of the spec until the next observation, and in states stored before this was noted: looked at again then.
  bool kept = false;
  std::optional<Time> rebalance_at;  // the cloud recommended to leave it
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
  std::optional<Time> missing_since;  // not listed since then
  int missing_looks = 0;
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
  int generation = 0;                 // of the instance that last wrote to it
  bool by_hand = false;               // attached by an operator, adopted
  bool taken_off = false;             // by hand, from its instance while that ran: it may be on any other since
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
  std::optional<Time> failed_at = {};  // it holds nothing; stays as a note until another one of its volume is completed
  int failures = 0;                    // of this volume in a row, with this one: stretches the pause before the next
  bool manual = false;                 // a person asked for it: kept until a person deletes it
  std::optional<Time> keep_until = {};  // what was before a restore: kept at least so long
  // Not listed since then. Once that is confirmed its state is unknown: nothing is made from it any more, and nothing
  // waits for it; but it is not given up either, and counts again if it is seen.
  std::optional<Time> missing_since = {};
  int missing_looks = 0;
  bool operator==(const Snapshot&) const = default;
};

// An image of the root as generation `generation` left it.
struct RootImage {
  ImageId id;
  std::string name;
  SnapshotId snapshot;
  int generation = 0;
  ImageState state = ImageState::pending;
  std::optional<Time> failed_at = {};
  int failures = 0;                        // of this snapshot's images in a row, with this one
  std::optional<Time> missing_since = {};  // as of a snapshot
  int missing_looks = 0;
  bool came_up = false;  // an instance launched from it became healthy
  bool operator==(const RootImage&) const = default;
};

// Something that is no longer the newest copy, or was kept by a delete; gone when due. Kind tells which id it is.
struct Retired {
  enum class What { image, snapshot, volume, interface };  // the order of deletion: an image before its snapshot
  What what = What::volume;
  std::string id;
  std::string why;
  Time due{};
  bool free = false;  // a snapshot that no image is known to be made of
  bool operator==(const Retired&) const = default;
};

// The next instance is made from older copies.
struct Restore {
  std::map<std::string, SnapshotId> sources;  // by device
  int generation = 0;                         // of the instance whose volumes give way
  std::map<std::string, int> earlier = {};    // the same, of devices that were asked for before others
  Duration retention{};  // how long what was before is kept
  bool operator==(const Restore&) const = default;
};

// What a deleted one held, as it was: to come back from.
struct Remains {
  std::optional<Interface> interface;
  std::optional<Volume> root;
  std::map<std::string, Volume> data;
  std::vector<Snapshot> snapshots;
  std::vector<RootImage> images;
  std::vector<Volume> superseded;
  std::vector<Volume> left_by_launch;
  std::vector<Interface> superseded_interfaces;
  bool operator==(const Remains&) const = default;
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
  std::optional<Market> from_market;  // of the instance of that generation; none: nothing ran when it began
  Time began_at{};
  std::optional<Time> deadline;
  std::vector<PhaseBegan> phases;
  bool scheduled = false;  // by the document's scheduling
  bool from_rest = false;  // it began as a resume, whatever struck it since
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
  bool definite = false;  // the refusal is one that more tries cannot mend by themselves: a person must look
  std::string last_error;
  // Asked again after an outcome that never became known, or refused because there is one already (a snapshot): an
  // earlier try may still be done, or be done.
  bool in_doubt = false;
  bool operator==(const Asked&) const = default;
};

struct CoolingMarket {
  Market market;
  Time until{};
  bool refused = false;   // it refused a launch: not asked until then. Otherwise it took an instance: asked last
  bool definite = false;  // the refusal was none of capacity: shown as the error
  std::string why;
  bool operator==(const CoolingMarket&) const = default;
};

// An instance that holds capacity for a replacement that nothing forces (effect.h: LaunchScout). Never the managed
// instance's own: it has none of its volumes, nor its address.
struct Scout {
  InstanceId id;
  Market market;
  Reason reason = Reason::none;  // of the replacement
  Time launched_at{};
  InstanceState state = InstanceState::pending;
  int missing_looks = 0;
  bool operator==(const Scout&) const = default;
};

// Tries of replacements that nothing forces.
struct Voluntary {
  int scouts = 0;                  // asked for so far: each has a token of its own
  int fruitless = 0;               // rounds in a row without capacity
  std::optional<Time> rest_until;  // no scout before
  bool operator==(const Voluntary&) const = default;
};

// The elastic address that is on an instance of ours, or was asked for.
struct HeldAddress {
  std::string allocation;
  std::string public_ip;
  bool only_asked = false;  // for, and not seen there yet
  bool operator==(const HeldAddress&) const = default;
};

// Pace of looking. Not stored, and not a change worth storing: lost in a crash without harm.
struct Looking {
  int in_vain = 0;                        // looks since something last changed: stretches the pause between them
  std::optional<Time> volumes_listed;     // as_of of the last complete listing of the volumes
  std::optional<Time> interfaces_listed;  // the same of the interfaces
  std::optional<Time> statuses_listed;    // the same of the status checks
  std::optional<Time> status_asked;       // when the answer to that was there
  std::optional<Time> seen_unwell;        // when they last were seen not to be ok
  std::optional<Time> unwell_since;       // seen so from then on, without a longer time that nobody looked
  std::vector<MarketPrice> prices;        // newest of the spot markets in question
  std::optional<Time> address_asked;      // when the elastic address was last associated
  std::optional<Time> cheaper_since;      // a market was seen much cheaper than the present one since then
  std::map<Kind, std::string> denied;     // what the cloud denies to show, and its words for that
  bool operator==(const Looking&) const { return true; }
};

struct State {
  ManagedInstanceId id;
  std::string creation_key;  // of the request that made it: repeated with it, the request makes nothing
  Time created_at{};
  Time updated_at{};
  Goal goal = Goal::running;
  Status status = Status::resuming;
  std::string error;  // why the status is ERROR and what the service is doing about it
  Surroundings surroundings;
  int generation = 0;    // of the newest instance that came to be; a launch under way is for the one after it
  int attempt = 0;       // refused launches since
  int short_lived = 0;   // instances in a row that ended by themselves before they were healthy
  std::string last_end;  // what the cloud said of the last of them
  bool recycle_wanted = false;
  bool comes_as_before = false;  // the document was changed since the launch was asked that is to come up
  std::optional<Instance> instance;
  std::optional<Interface> interface;            // the kept one
  std::vector<Interface> superseded_interfaces;  // kept before, until the next instance is seen healthy
  int interfaces_made = 0;                       // each is asked for with a token of its own
  std::optional<Time> gone_at;                   // when the last instance was known to be terminated
  std::optional<Volume> root;
  std::map<std::string, Volume> data;  // by device
  std::vector<Volume> superseded;      // former copies, kept until the next instance is seen healthy
  // Of a launch that was never seen to run: what it showed at which device before it ended, and, without a device, what
  // was found of it that could be at several. Until each has its device there is no next launch.
  std::vector<Volume> left_by_launch;
  std::vector<Snapshot> snapshots;
  std::vector<RootImage> images;
  std::optional<Handover> handover;
  std::map<std::string, Asked> asked;  // by key
  std::vector<CoolingMarket> cooling;
  std::vector<Retired> retired;
  std::optional<Deallocation> deallocation;
  std::optional<Remains> remains;    // with `deallocation`, until they are gone
  std::optional<Import> import;      // it was made of an instance that existed
  std::optional<Restore> restore;    // until an instance made from it is healthy
  std::optional<Time> schedule_due;  // when the next scheduled task is due
  bool by_schedule = false;          // what is wanted was wanted by the schedule last
  std::string pool_address;          // of its group's pool, this one's for good
  std::optional<Time> periodic_due;  // next periodic snapshots
  std::optional<Scout> scout;
  Voluntary voluntary;
  std::optional<HeldAddress> address;
  std::optional<Tagging> tagging;  // still to be done
  int taggings = 0;                // wanted so far: each is an effect of its own
  std::optional<Time> forget_at;   // deallocated: drop the row then, if nothing is left
  Looking looking;
  bool operator==(const State&) const = default;
};

std::string_view to_string(Status status);  // "ACTIVE"
std::string_view to_string(Phase phase);    // "terminating"
std::string_view to_string(Reason reason);  // "interruption"

}  // namespace holdfast::model
