// The local cloud's resources as remembered: one row each, written whole to the store. The truth about an attachment
// is in the volume's or the interface's row; an instance only lists their ids. Enumerations are EC2's own words, as in
// ec2/types.h. Rules (rules.h) change rows within a transaction; views.h makes EC2's answers of them.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/time.h"
#include "cloud/cloud.h"
#include "cloud/substrate.h"
#include "cloud/table.h"
#include "ec2/types.h"

namespace holdfast::cloud {

using AllocationId = Id<struct AllocationTag>;    // eipalloc-…
using KeyPairId = Id<struct KeyPairTag>;          // key-…
using SpotRequestId = Id<struct SpotRequestTag>;  // sir-…
using RootTaskId = Id<struct RootTaskTag>;        // replacevol-…

// pending ──launched──▶ running ──terminate, notice's end, disappearance──▶ shutting-down ──seen dead──▶ terminated
//    └──a launch that failed or was terminated──────────────────────────────────▲        (visible for an hour, then
//    gone)
// running ──stop──▶ stopping ──seen dead──▶ stopped ──start──▶ pending ; a start that fails ──▶ stopping. A stopped one
// keeps its volumes, interfaces and addresses, and is terminated at once.
struct Instance {
  InstanceId id;
  ImageId image;
  std::string state = "pending";
  std::optional<ec2::StateReason> reason;
  std::string type;
  bool spot = false;
  std::string max_price;
  std::string zone;
  SubnetId subnet;
  VpcId vpc;
  std::string private_ip;
  std::string root_device;
  std::vector<SecurityGroupId> groups;
  std::vector<VolumeId> volumes;        // attached ones, also those on their way in or out
  std::vector<InterfaceId> interfaces;  // by device index
  std::string client_token;
  std::string reservation;  // shared by the instances of one launch
  std::string user_data;    // decoded
  bool imds_tokens_required = false;
  Time launched_at{};
  std::vector<ec2::Tag> tags;
  bool launch_sent = false;  // the substrate may have seen it: written before it is told
  UserDataOutcome user_data_outcome = UserDataOutcome::running;
  std::optional<Time> interruption_at;
  std::optional<Time> rebalance_at;
  bool reboot_due = false;               // asked for, not known to be done
  StopHow stop_how = StopHow::shutdown;  // while stopping or shutting-down
  std::optional<Time> terminated_at;
  bool has_run = false;  // a start that fails then ends in `stopped`: what its volumes hold is somebody's
  bool monitoring = false;
  int metadata_hop_limit = 1;
  bool metadata_tags = true;  // tags in the metadata service
  bool ebs_optimized = false;
  std::string key_name;
  SpotRequestId spot_request;
  // While it is `running`: what its machine is stopped for and then started again (an image that is made of it, a root
  // volume that is replaced). EC2 shows no other state meanwhile.
  std::string errand;
};

struct VolumeAttachment {
  InstanceId instance;
  std::string device;
  std::string state;  // attaching attached detaching busy
  bool delete_on_termination = false;
  bool force = false;  // detaching: asked with force
  Time at{};
};

// creating ──made──▶ available ◀──▶ in-use ; available ──▶ deleting ──▶ gone ; creating ──▶ error
struct Volume {
  VolumeId id;
  std::string state = "creating";
  int size = 0;
  std::optional<SnapshotId> snapshot;
  std::string type = "gp3";
  std::optional<int> iops;
  std::optional<int> throughput;
  bool encrypted = false;
  std::string zone;
  Time created_at{};
  std::optional<VolumeAttachment> attachment;
  int64_t attachments_made = 0;  // tells a snapshot whether anybody can have written since
  std::vector<ec2::Tag> tags;
};

// pending ──held──▶ completed ; pending ──▶ error ; any ──▶ deleted (hidden, until the substrate has let go of it)
struct Snapshot {
  SnapshotId id;
  VolumeId volume;
  int size = 0;
  std::string state = "pending";
  std::string description;
  Time started_at{};
  std::optional<Time> completed_at;
  bool quiet = false;            // the volume was not attached at the call
  int64_t attachments_then = 0;  // Volume::attachments_made at the call
  std::string built;             // name of the public image it is built for, else empty
  std::vector<ec2::Tag> tags;
  std::optional<SnapshotId> copied_from;  // its content is that snapshot's, not a volume's
  // Taken in one moment with the others of that name, while the instance's machine stands still. The name is the
  // image's that is made of them, if there is one.
  std::string set;
  InstanceId set_of;
};

// A volume's last modification: modifying ──seen done──▶ completed | failed
struct Modification {
  VolumeId volume;
  std::string state = "modifying";
  std::string message;
  int size = 0, old_size = 0;
  std::string type, old_type;
  std::optional<int> iops, old_iops;
  std::optional<int> throughput, old_throughput;
  Time started_at{};
  std::optional<Time> ended_at;
};

// pending ──root volume made, machine stopped, swapped, started again──▶ succeeded | failed
struct RootTask {
  RootTaskId id;
  InstanceId instance;
  std::string state = "pending";
  VolumeId volume;    // the new one
  VolumeId replaced;  // the old one, once it was swapped
  std::optional<SnapshotId> snapshot;
  ImageId image;  // asked for, else empty
  bool delete_replaced = false;
  Time started_at{};
  std::optional<Time> completed_at;
  std::vector<ec2::Tag> tags;
};

struct Image {
  ImageId id;
  std::string name;
  std::string description;
  std::string state = "available";  // public ones: pending available failed
  std::string architecture = "x86_64";
  std::string root_device_name;
  std::string virtualization_type = "hvm";
  std::string boot_mode;
  bool ena_support = true;
  bool is_public = false;
  std::vector<ec2::BlockDeviceMapping> mappings;
  SnapshotId building;        // public ones: the snapshot being built, empty when none is
  std::string build_problem;  // why the last build failed
  Time created_at{};
  std::vector<ec2::Tag> tags;
};

// available ◀──▶ in-use
struct Interface {
  InterfaceId id;
  std::string mac;
  std::string ip;
  SubnetId subnet;
  std::string description;
  std::vector<SecurityGroupId> groups;
  std::optional<ec2::InterfaceAttachment> attachment;
  std::vector<ec2::Tag> tags;
  std::vector<std::string> secondary_ips;
};

// An Elastic IP address: data only, no packet is sent to it.
struct Allocation {
  AllocationId id;
  std::string public_ip;
  std::string association;  // eipassoc-…, empty if it belongs to no interface
  InterfaceId interface;
  std::string private_ip;
  std::vector<ec2::Tag> tags;
};

struct KeyPair {
  KeyPairId id;
  std::string name;
  std::string type;  // rsa ed25519
  std::string fingerprint;
  std::string public_key;  // "ssh-rsa AAAA…"
  Time created_at{};
  std::vector<ec2::Tag> tags;
};

// open ──capacity at that price──▶ active ──its instance ends──▶ closed ; open or active ──▶ cancelled ; open ──▶
// failed
struct SpotRequest {
  SpotRequestId id;
  std::string state = "open";
  std::string status = "pending-evaluation";
  std::string status_message;
  Time status_at{};
  std::string launch;  // the RunInstances request it stands for, as JSON
  std::string max_price;
  InstanceId instance;
  std::string zone;  // where it was launched
  Time created_at{};
  std::optional<Time> valid_from, valid_until;
  std::vector<ec2::Tag> tags;
};

struct Subnet {
  SubnetId id;
  VpcId vpc;
  std::string cidr;
  std::string zone;
  bool outside = false;
  bool is_default = false;
  std::string state = "available";  // "deleting" is hidden
  std::vector<ec2::Tag> tags;
};

struct Vpc {
  VpcId id;
  std::string cidr;
  bool is_default = false;
  std::vector<ec2::Tag> tags;
};

// One rule of what may come in: from a block or from the members of a group. Data only: nothing is filtered.
struct GroupRule {
  std::string id;  // sgr-…
  std::string protocol;
  std::optional<int> from_port, to_port;
  std::string cidr;
  SecurityGroupId group;
  std::string description;
  std::vector<ec2::Tag> tags;
};

struct SecurityGroup {
  SecurityGroupId id;
  VpcId vpc;
  std::string name;
  std::string description;
  std::vector<ec2::Tag> tags;
  std::vector<GroupRule> ingress;
};

// What was changed from a market's published terms.
struct Market {
  MarketKey key;
  std::optional<int> capacity;
  std::optional<double> price;
  Time priced_at{};
};

// A client token: the exact request it came with, and what was made of it.
struct Token {
  std::string key;      // action, zone (RunInstances only), token
  std::string request;  // as JSON
  std::vector<std::string> made;
  Time at{};
};

struct Meta {
  std::string region;
  std::string cidr;
  Time created_at{};
  int64_t opens = 0;  // how often the directory was opened: a fixed seed must not draw the same ids again
};

inline constexpr char kMetaKey[] = "cloud";

// Persistent tables first; the rest is derived at `open` and part of transactions like everything else.
struct Model {
  Table<InstanceId, Instance> instances;
  Table<VolumeId, Volume> volumes;
  Table<SnapshotId, Snapshot> snapshots;
  Table<ImageId, Image> images;
  Table<InterfaceId, Interface> interfaces;
  Table<SubnetId, Subnet> subnets;
  Table<VpcId, Vpc> vpcs;
  Table<SecurityGroupId, SecurityGroup> groups;
  Table<std::string, Market> markets;  // by market_name
  Table<std::string, Token> tokens;
  Table<std::string, Meta> meta;
  Table<VolumeId, Modification> modifications;
  Table<RootTaskId, RootTask> root_tasks;
  Table<AllocationId, Allocation> allocations;
  Table<KeyPairId, KeyPair> key_pairs;
  Table<SpotRequestId, SpotRequest> spot_requests;

  // Address and MAC in use: "subnet-…/10.31.0.10", "mac/02:…" to the interface.
  Table<std::string, InterfaceId> addresses;
  // Every address of the subnet below it is in use: where the search for a free one begins.
  Table<SubnetId, uint32_t> first_free;
  Table<std::string, ImageId> image_names;
  Table<std::string, ImageId> snapshot_images;           // "snap-…/ami-…"
  Table<std::string, SpotRequestId> open_spot_requests;  // by their ids
  // Orders the substrate has not answered, "launch/i-…" to a detail (orders.h). Empty after a restart: whatever is not
  // in flight and still due is ordered again.
  Table<std::string, std::string> flights;
  Table<std::string, Time> wakes;  // resources that asked to be looked at again, and when

  template <class F>
  void each_persistent(F&& f) {
    f("instance", instances), f("volume", volumes), f("snapshot", snapshots), f("image", images);
    f("interface", interfaces), f("subnet", subnets), f("vpc", vpcs), f("security-group", groups);
    f("market", markets), f("token", tokens), f("meta", meta), f("modification", modifications);
    f("root-task", root_tasks), f("allocation", allocations), f("key-pair", key_pairs);
    f("spot-request", spot_requests);
  }
  template <class F>
  void each(F&& f) {
    each_persistent(f);
    f("", addresses), f("", first_free), f("", image_names), f("", snapshot_images), f("", open_spot_requests),
        f("", flights), f("", wakes);
  }
  void commit() {
    each([](const char*, auto& table) { table.commit(); });
  }
  void rollback() {
    each([](const char*, auto& table) { table.rollback(); });
  }
  // Fills the derived tables from the persistent ones.
  void derive();
};

std::string market_name(const MarketKey& key);  // "spot/c5.large/local-1a"
std::string address_name(const SubnetId& subnet, const std::string& ip);
std::string mac_name(const std::string& mac);
// Whether any key of the table begins with the prefix.
template <class Row>
bool any_below(const Table<std::string, Row>& table, const std::string& prefix) {
  auto at = table.rows().lower_bound(prefix);
  return at != table.rows().end() && at->first.starts_with(prefix);
}

}  // namespace holdfast::cloud
