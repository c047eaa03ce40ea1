// What a user wants of one managed instance, with every default filled in. The document that the user sent
// (document.h) is kept beside it word for word, so that reading back gives exactly what was sent; this is what the
// service acts on. Field names follow the API's (api.md); lengths of time are Durations here, seconds on the wire.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/time.h"

namespace holdfast::model {

enum class LifeCycle { spot, on_demand };

// reattach: the same data volumes move. on_launch: the next instance's volumes are made from final snapshots.
enum class BlockDevicesMode { reattach, on_launch };

struct Tag {
  std::string key;
  std::string value;
  bool operator==(const Tag&) const = default;
};

// What a launch prefers, and whether a cheaper market is worth a replacement (core/placement.h, core/voluntary.h).
enum class Orientation { balanced, cost_oriented, availability_oriented, cheapest };

// When what runs on demand goes back to spot (strategy.revertToSpot.performAt).
enum class PerformAt { never, time_window, always };

// A part of the week, in minutes since Monday 00:00 UTC. One that ends before it begins goes on over the week's end.
struct WeekWindow {
  int begin = 0;
  int end = 0;  // the first minute after it
  bool operator==(const WeekWindow&) const = default;
};

struct Strategy {
  LifeCycle life_cycle = LifeCycle::spot;
  bool fallback_to_od = true;
  Orientation orientation = Orientation::balanced;
  PerformAt revert_to_spot = PerformAt::never;
  std::vector<WeekWindow> optimization_windows = {};  // none: any time
  Duration minimum_lifetime{};                        // no voluntary replacement before
  bool operator==(const Strategy&) const = default;
};

struct Persistence {
  bool root_device = false;
  bool block_devices = false;
  bool private_ip = false;
  BlockDevicesMode mode = BlockDevicesMode::reattach;
  Duration snapshot_interval = std::chrono::minutes(5);  // persistence.snapshotInterval, seconds
  int root_generations = 2;                              // persistence.rootGenerations
  // persistence.rootFallback: a root that does not come up within its grace gives way to the newest one that did.
  bool root_fallback = false;
  // persistence.retention, seconds: how long a delete keeps what it keeps, and a restore what was before; empty: as the
  // service's settings say.
  std::optional<Duration> retention = {};
  bool operator==(const Persistence&) const = default;
};

struct HealthCheck {
  bool enabled = false;  // a healthCheck was given: status checks are looked at while it runs, too
  Duration grace_period = std::chrono::seconds(120);
  Duration unhealthy_duration = std::chrono::seconds(120);
  bool auto_healing = true;
  bool operator==(const HealthCheck&) const = default;
};

// A data volume, or the root's size and type when device_name is the image's root device.
struct BlockDevice {
  std::string device_name;
  std::optional<int> size_gib;
  std::string volume_type;
  std::optional<int> iops;
  std::optional<int> throughput;
  std::optional<bool> encrypted;
  std::optional<SnapshotId> snapshot_id;
  std::optional<bool> delete_on_termination;  // refused if true on what is persisted
  std::string kms_key_id = {};                // with `encrypted` only; empty: the account's own key
  bool operator==(const BlockDevice&) const = default;
};

struct ResourceTags {  // compute.launchSpecification.resourceTagSpecification: put `tags` on these too
  bool volumes = false;
  bool snapshots = false;
  bool interfaces = false;
  bool images = false;
  bool operator==(const ResourceTags&) const = default;
};

// Options of a launch that go to the cloud as they are; empty: the cloud's default.
struct LaunchOptions {
  std::string key_pair;
  std::optional<bool> ebs_optimized;
  std::optional<bool> monitoring;  // detailed
  std::string tenancy;             // "default" or "dedicated"
  std::string cpu_credits;         // "standard" or "unlimited"; of burstable types only
  std::string profile_name;        // iamRole: of the instance profile, by its name or its ARN
  std::string profile_arn;
  std::optional<int> hop_limit;   // metadataOptions.httpPutResponseHopLimit
  std::string metadata_tags;      // metadataOptions.instanceMetadataTags: "enabled" or "disabled"
  std::optional<bool> public_ip;  // networkInterfaces[0].associatePublicIpAddress
  bool operator==(const LaunchOptions&) const = default;
};

struct Range {
  std::optional<int> minimum;
  std::optional<int> maximum;
  bool operator==(const Range&) const = default;
};

// instanceTypes.resourceRequirements: types by what they have. Which they are is found when the document is taken in.
struct ResourceRequirements {
  std::vector<std::string> excluded_families;     // "m5", or "m" for all of them
  std::vector<std::string> excluded_generations;  // "5" of m5.large
  std::vector<std::string> excluded_types;
  Range gpu;
  Range memory_gib;
  Range vcpu;
  bool operator==(const ResourceRequirements&) const = default;
};

struct Compute {
  std::vector<SubnetId> subnet_ids;
  std::optional<VpcId> vpc_id;
  std::optional<std::string> private_ip;
  ImageId image_id;
  std::string preferred_type;                // empty: the first of types
  std::vector<std::string> preferred_types;  // after preferred_type, before all others
  std::vector<std::string> instance_types;   // in order of preference; at least one, or requirements
  std::optional<ResourceRequirements> requirements;
  std::vector<SecurityGroupId> security_group_ids;
  std::string user_data;  // base64
  std::vector<Tag> tags;
  ResourceTags resource_tags;
  std::vector<BlockDevice> block_devices;
  std::vector<std::string> no_devices;  // devices of the image that are left out (noDevice)
  std::vector<size_t> device_places;    // of block_devices among the document's mappings; empty: the same
  std::string http_tokens;              // metadataOptions.httpTokens: "optional", "required" or empty
  LaunchOptions options;
  std::string elastic_ip;  // allocation id; empty: none
  bool operator==(const Compute&) const = default;
};

enum class TaskType { pause, resume, recycle };

// scheduling.tasks[]: what is done at which times, all UTC. One of cron and frequency.
struct ScheduledTask {
  TaskType type = TaskType::pause;
  bool enabled = true;
  std::string cron;  // five fields
  // "hourly", "daily", "weekly": every so often from start_time on, without one at the full hour, at midnight, at
  // Sunday's midnight. "continuous": every minute, so that what it is put to stays.
  std::string frequency;
  std::optional<Time> start_time = {};  // never before
  bool operator==(const ScheduledTask&) const = default;
};

// The number of a block device in the document's blockDeviceMappings.
inline size_t place_of_device(const Compute& compute, size_t device) {
  return device < compute.device_places.size() ? compute.device_places[device] : device;
}

struct Spec {
  std::string name;
  std::string description;
  std::string region;
  Strategy strategy;
  Persistence persistence;
  HealthCheck health_check;
  Compute compute;
  std::vector<ScheduledTask> tasks;
  std::optional<GroupId> group = {};  // whose pool gives it its private address
  bool operator==(const Spec&) const = default;
};

}  // namespace holdfast::model
