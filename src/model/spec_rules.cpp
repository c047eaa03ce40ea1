#include "model/spec_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <set>

#include "base/text.h"

namespace holdfast::model {
namespace {

constexpr char kDevices[] = "compute.launchSpecification.blockDeviceMappings";
constexpr char kTypes[] = "compute.launchSpecification.instanceTypes";

// EC2's limits of a volume type. `most_iops` 0: the type takes no iops.
struct VolumeType {
  std::string_view name;
  int least_gib;
  int most_gib;
  int least_iops = 0;
  int most_iops = 0;
  int iops_a_gib = 0;
  bool needs_iops = false;
};
constexpr VolumeType kVolumeTypes[] = {
    {"gp3", 1, 16384, 3000, 16000, 500},
    {"gp2", 1, 16384},
    {"io1", 4, 16384, 100, 64000, 50, true},
    {"io2", 4, 65536, 100, 256000, 1000, true},
    {"st1", 125, 16384},
    {"sc1", 125, 16384},
    {"standard", 1, 1024},
};
constexpr int kFreeIops = 3000;      // of gp3: allowed at any size
constexpr int kIopsAThroughput = 4;  // gp3: MiB/s at most a quarter of the iops

const VolumeType* volume_type(std::string_view name) {
  for (const VolumeType& type : kVolumeTypes) {
    if (type.name == (name.empty() ? "gp3" : name)) return &type;
  }
  return nullptr;
}

// /dev/sdf and /dev/xvdf are one place: the guest's kernel shows the first as the second.
std::string place_of(std::string device) {
  if (size_t x = device.find("/xvd"); x != std::string::npos) device.replace(x, 4, "/sd");
  return device;
}

class Rules {
 public:
  Rules(FieldReader& reader, const Spec& spec, const Given& given) : reader_(reader), spec_(spec), given_(given) {}

  void apply() {
    presence();
    persistence();
    strategy();
    placement();
    launch_options();
    tags();
    devices();
    schedule();
    group();
  }

 private:
  void fault(const std::string& field, std::string code, std::string message) {
    if (!reader_.faulted(field)) reader_.fault_at(field, std::move(code), std::move(message));
  }
  void require(bool present, const std::string& field, std::string remedy) {
    if (!present) fault(field, "MissingField", std::move(remedy));
  }

  void presence() {
    const Compute& compute = spec_.compute;
    require(!spec_.name.empty(), "name", "is missing: give the managed instance a name");
    require(!compute.subnet_ids.empty(), "compute.subnetIds", "is missing: name at least one subnet");
    require(!compute.image_id.empty(), "compute.launchSpecification.imageId",
            "is missing: name the image to launch from");
    require(!compute.instance_types.empty() || compute.requirements, fmt::format("{}.types", kTypes),
            "is missing: name at least one instance type, or say what one must have in resourceRequirements");
  }

  void persistence() {
    const Persistence& p = spec_.persistence;
    bool kept = p.root_device || p.block_devices || p.private_ip;
    for (const char* field : {"persistRootDevice", "persistBlockDevices", "persistPrivateIp"}) {
      kept = kept || reader_.faulted(fmt::format("persistence.{}", field));
    }
    if (!kept) {
      reader_.fault_at(
          "persistence", "MissingField",
          "nothing is kept: set at least one of persistRootDevice, persistBlockDevices and persistPrivateIp to true");
    }
    if (given_.mode && !p.block_devices) {
      fault("persistence.blockDevicesMode", "Impossible", "only has a meaning with persistBlockDevices: true");
    }
    if (given_.root_generations && !p.root_device) {
      fault("persistence.rootGenerations", "Impossible", "only has a meaning with persistRootDevice: true");
    }
    if (given_.snapshot_interval && !p.root_device && !p.block_devices) {
      fault("persistence.snapshotInterval", "Impossible",
            "only has a meaning with persistRootDevice or persistBlockDevices: true");
    }
    if (p.root_fallback && !p.root_device) {
      fault("persistence.rootFallback", "Impossible", "only has a meaning with persistRootDevice: true");
    }
    if (p.root_fallback && p.root_generations < 2) {
      fault("persistence.rootFallback", "Impossible", "needs an older root: keep rootGenerations of 2 or more");
    }
    if (spec_.compute.private_ip && !p.private_ip) {
      fault("compute.privateIp", "Impossible", "only has a meaning with persistence.persistPrivateIp: true");
    }
  }

  void strategy() {
    const Strategy& strategy = spec_.strategy;
    if (strategy.revert_to_spot == PerformAt::time_window && strategy.optimization_windows.empty()) {
      fault("strategy.revertToSpot.performAt", "Impossible",
            "timeWindow needs strategy.optimizationWindows: say when, or use always");
    }
    if (strategy.revert_to_spot != PerformAt::never && strategy.life_cycle == LifeCycle::on_demand) {
      fault("strategy.revertToSpot.performAt", "Impossible",
            "with strategy.lifeCycle on_demand there is no spot to go back to: leave it out");
    }
  }

  void launch_options() {
    const LaunchOptions& options = spec_.compute.options;
    if (options.public_ip.value_or(false) && spec_.persistence.private_ip) {
      fault("compute.launchSpecification.networkInterfaces[0].associatePublicIpAddress", "Impossible",
            "EC2 gives no public address to an interface that is kept (persistPrivateIp): name an elastic address in "
            "compute.elasticIp");
    }
    if (options.public_ip.value_or(false) && !spec_.compute.elastic_ip.empty()) {
      fault("compute.launchSpecification.networkInterfaces[0].associatePublicIpAddress", "Impossible",
            "the elastic address takes its place: leave one of the two out");
    }
  }

  void preferred_types() {
    const Compute& compute = spec_.compute;
    unique(compute.preferred_types, fmt::format("{}.preferredTypes", kTypes));
    if (compute.requirements || reader_.faulted(fmt::format("{}.types", kTypes))) return;
    for (size_t i = 0; i < compute.preferred_types.size(); ++i) {
      const std::string& type = compute.preferred_types[i];
      bool known = std::count(compute.instance_types.begin(), compute.instance_types.end(), type) > 0;
      if (known || type.empty()) continue;
      fault(fmt::format("{}.preferredTypes[{}]", kTypes, i), "InvalidValue",
            fmt::format("'{}' is not among instanceTypes.types: add it there", type));
    }
  }

  void placement() {
    const Compute& compute = spec_.compute;
    preferred_types();
    unique(compute.subnet_ids, "compute.subnetIds");
    unique(compute.instance_types, fmt::format("{}.types", kTypes));
    unique(compute.security_group_ids, "compute.launchSpecification.securityGroupIds");
    const std::vector<std::string>& types = compute.instance_types;
    bool known = compute.requirements || std::find(types.begin(), types.end(), compute.preferred_type) != types.end();
    if (!compute.preferred_type.empty() && !known && !reader_.faulted(fmt::format("{}.types", kTypes))) {
      fault(fmt::format("{}.preferredType", kTypes), "InvalidValue",
            fmt::format("'{}' is not among instanceTypes.types: add it there", compute.preferred_type));
    }
  }

  template <class T>
  void unique(const std::vector<T>& list, const std::string& field) {
    for (size_t i = 0; i < list.size(); ++i) {
      auto end = list.begin() + static_cast<ptrdiff_t>(i);
      if (list[i] == T{} || std::find(list.begin(), end, list[i]) == end) continue;
      fault(fmt::format("{}[{}]", field, i), "InvalidValue", "is given twice: leave one of the two out");
    }
  }

  void tags() {
    std::set<std::string> keys;
    const std::vector<Tag>& tags = spec_.compute.tags;
    for (size_t i = 0; i < tags.size(); ++i) {
      std::string field = fmt::format("compute.launchSpecification.tags[{}].tagKey", i);
      std::string lower = tags[i].key;
      std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
      for (std::string_view prefix : {"aws:", "holdfast:"}) {
        if (lower.substr(0, prefix.size()) != prefix) continue;
        fault(field, "InvalidValue",
              fmt::format("'{}' begins with the reserved '{}': choose another key", tags[i].key, prefix));
      }
      if (!tags[i].key.empty() && !keys.insert(tags[i].key).second) {
        fault(field, "InvalidValue", fmt::format("'{}' is given twice: leave one of the two out", tags[i].key));
      }
    }
  }

  void devices() {
    std::set<std::string> names;
    for (const std::string& device : spec_.compute.no_devices) names.insert(place_of(device));
    const std::vector<BlockDevice>& devices = spec_.compute.block_devices;
    for (size_t i = 0; i < devices.size(); ++i) {
      std::string at = fmt::format("{}[{}]", kDevices, place_of_device(spec_.compute, i));
      device(devices[i], at);
      std::string place = place_of(devices[i].device_name);
      if (!place.empty() && !names.insert(place).second) {
        fault(at + ".deviceName", "InvalidValue",
              fmt::format("'{}' is used by two mappings (sd and xvd are one place): choose another letter",
                          devices[i].device_name));
      }
    }
  }

  void schedule() {
    for (size_t i = 0; i < spec_.tasks.size(); ++i) {
      const ScheduledTask& task = spec_.tasks[i];
      const std::string at = fmt::format("scheduling.tasks[{}]", i);
      bool told = reader_.faulted(at + ".cronExpression") || reader_.faulted(at + ".frequency");
      if (task.cron.empty() && task.frequency.empty() && !told) {
        fault(at + ".cronExpression", "MissingField", "is missing: give it, or a frequency");
      }
      if (!task.cron.empty() && !task.frequency.empty()) {
        fault(at + ".frequency", "Impossible", "stands beside a cronExpression: leave one of the two out");
      }
      if (task.frequency == "continuous" && task.type == TaskType::recycle) {
        fault(at + ".frequency", "Impossible", "would recycle it without end: choose hourly, daily or weekly");
      }
    }
  }

  void group() {
    if (!spec_.group) return;
    if (!spec_.persistence.private_ip) {
      fault(
          "groupId", "Impossible",
          "only has a meaning with persistence.persistPrivateIp: true: the group gives a private address that is kept");
    }
    if (spec_.compute.private_ip) {
      fault("compute.privateIp", "Impossible", "stands beside a groupId, whose pool gives the address: leave one out");
    }
  }

  // The root's name is the image's secret until the cloud was asked; these two are the names that images use. What is
  // really persisted is launched with DeleteOnTermination false whatever stands here: this rule is there to tell the
  // user, not to protect the volume.
  bool persisted(const BlockDevice& device) const {
    bool root = device.device_name == "/dev/sda1" || device.device_name == "/dev/xvda";
    return root ? spec_.persistence.root_device : spec_.persistence.block_devices;
  }

  void device(const BlockDevice& device, const std::string& at) {
    const std::string ebs = at + ".ebs";
    require(!device.device_name.empty(), at + ".deviceName", "is missing: name the device, e.g. /dev/sdf");
    if (device.delete_on_termination == true && persisted(device)) {
      fault(ebs + ".deleteOnTermination", "Impossible",
            "must not be true on a volume that is to be persisted: leave it out, or set its persist… field to false");
    }
    if (!device.kms_key_id.empty() && device.encrypted != true) {
      fault(ebs + ".kmsKeyId", "Impossible", "only has a meaning with encrypted: true");
    }
    bool names_a_root = device.device_name == "/dev/sda1" || device.device_name == "/dev/sda" ||
                        device.device_name == "/dev/xvda";  // whose size the image gives
    require(names_a_root || device.size_gib || device.snapshot_id, ebs + ".volumeSize",
            "is missing: give the size in GiB, or a snapshotId");
    const VolumeType* type = volume_type(device.volume_type);
    if (type == nullptr) {
      std::vector<std::string> names;
      for (const VolumeType& t : kVolumeTypes) names.emplace_back(t.name);
      return fault(ebs + ".volumeType", "InvalidValue", fmt::format("must be one of {}", join(names, ", ")));
    }
    size_of(device, *type, ebs);
    iops_of(device, *type, ebs);
    throughput_of(device, *type, ebs);
  }

  void size_of(const BlockDevice& device, const VolumeType& type, const std::string& ebs) {
    if (!device.size_gib || (*device.size_gib >= type.least_gib && *device.size_gib <= type.most_gib)) return;
    fault(ebs + ".volumeSize", "InvalidValue",
          fmt::format("must be from {} to {} GiB for {}", type.least_gib, type.most_gib, type.name));
  }

  void iops_of(const BlockDevice& device, const VolumeType& type, const std::string& ebs) {
    const std::string field = ebs + ".iops";
    if (!device.iops) return require(!type.needs_iops, field, fmt::format("is missing: {} needs it", type.name));
    if (type.most_iops == 0)
      return fault(field, "Impossible", fmt::format("{} takes no iops: leave it out", type.name));
    int most = type.most_iops;
    if (device.size_gib)
      most = std::min(most, std::max(type.needs_iops ? 100 : kFreeIops, *device.size_gib * type.iops_a_gib));
    if (*device.iops >= type.least_iops && *device.iops <= most) return;
    fault(field, "InvalidValue",
          fmt::format("must be from {} to {} for {} of this size", type.least_iops, most, type.name));
  }

  void throughput_of(const BlockDevice& device, const VolumeType& type, const std::string& ebs) {
    const std::string field = ebs + ".throughput";
    if (!device.throughput) return;
    if (type.name != "gp3")
      return fault(field, "Impossible", fmt::format("{} takes no throughput: leave it out", type.name));
    int most = std::min(1000, device.iops.value_or(kFreeIops) / kIopsAThroughput);
    if (*device.throughput >= 125 && *device.throughput <= most) return;
    fault(field, "InvalidValue", fmt::format("must be from 125 to {} MiB/s (a quarter of the iops)", most));
  }

  FieldReader& reader_;
  const Spec& spec_;
  const Given& given_;
};

}  // namespace

void apply_rules(FieldReader& reader, const Spec& spec, const Given& given) {
  Rules(reader, spec, given).apply();
}

}  // namespace holdfast::model
