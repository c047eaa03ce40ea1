#include "engine/import_original.h"

#include <fmt/format.h>

#include <algorithm>

#include "ec2/further_ec2.h"
#include "engine/describe.h"
#include "engine/tags.h"

namespace holdfast::engine {

namespace {

constexpr char kOriginal[] = "originalInstanceId";
constexpr char kAutoScalingGroup[] = "aws:autoscaling:groupName";

Failure not_asked(Error error, std::string_view action) {
  error.message =
      fmt::format("the cloud could not be asked, so nothing was changed; ask again ({}: {})", action, error.message);
  error.kind = ErrorKind::unavailable;
  error.field.clear();
  return Failure(std::move(error));
}

class Search {
 public:
  Search(ec2::Ec2& ec2, const ImportRequest& request, model::Faults& faults)
      : ec2_(ec2), request_(request), faults_(faults) {}

  Result<std::optional<FoundOriginal>> run() {
    HF_TRY(bool known, look_at_instance());
    if (!known) return std::nullopt;
    check_belonging();
    check_state();
    check_network();
    HF_TRY_VOID(look_at_volumes());
    HF_TRY_VOID(look_at_user_data());
    if (request_.terminate) HF_TRY_VOID(look_at_protection());
    HF_TRY_VOID(look_at_spot_request());
    return std::move(found_);
  }

 private:
  const ec2::Instance& instance() const { return found_.instance; }

  void fault(std::string message, std::string field = kOriginal) {
    faults_.errors.push_back({ErrorKind::invalid, "INVALID_FIELD", std::move(message), std::move(field)});
  }

  Result<bool> look_at_instance() {
    ec2::DescribeInstancesRequest request;
    request.instance_ids = {request_.original};
    auto answer = ec2_.call(request);
    if (!answer && !says_unknown(answer.error())) return not_asked(answer.error(), request.kAction);
    if (!answer || answer->instances.empty()) {
      fault(fmt::format("there is no instance {} in this region; name one that DescribeInstances lists",
                        request_.original.str()));
      return false;
    }
    found_.instance = std::move(answer->instances.front());
    return true;
  }

  void check_belonging() {
    if (auto owner = owner_of(instance().tags)) {
      fault(fmt::format("instance {} belongs to managed instance {} already (tag {}); nothing is to be imported",
                        request_.original.str(), owner->str(), model::kTagManagedInstance));
    }
    if (const std::string* group = ec2::find_tag(instance().tags, kAutoScalingGroup)) {
      fault(
          fmt::format("instance {} belongs to the auto scaling group {}, which would replace it by itself; detach it "
                      "from the group first (autoscaling detach-instances)",
                      request_.original.str(), *group));
    }
  }

  void check_state() {
    if (instance().state == "running") return;
    const char* remedy = instance().state == "stopped"   ? "start it first"
                         : instance().state == "pending" ? "ask again once it runs"
                                                         : "name one that runs";
    fault(fmt::format("instance {} is {}: only a running one can be imported; {}", request_.original.str(),
                      instance().state, remedy));
  }

  void check_network() {
    if (primary_of(instance()) == nullptr && instance().state == "running") {
      fault(fmt::format("instance {} has no primary network interface (device index 0); name one in a VPC",
                        request_.original.str()));
    }
    if (instance().network_interfaces.size() > 1) {
      fault(
          fmt::format("instance {} has {} network interfaces, and only the primary one could be kept; detach the "
                      "others first",
                      request_.original.str(), instance().network_interfaces.size()));
    }
    if (request_.keep_private_ip && !request_.terminate) {
      fault(fmt::format("the address {} stays in use by the original, which is not terminated; leave this out, or set "
                        "shouldTerminateInstance to true",
                        instance().private_ip_address),
            "shouldKeepPrivateIp");
    }
  }

  Result<void> look_at_volumes() {
    std::vector<VolumeId> ids;
    bool root = false;
    for (const ec2::InstanceBlockDevice& device : instance().block_device_mappings) {
      ids.push_back(device.volume_id);
      root = root || device.device_name == instance().root_device_name;
    }
    if (!root && instance().state == "running") {
      fault(
          fmt::format("the root of instance {} is not a volume (instance store), so it cannot be kept; name one with "
                      "an EBS root",
                      request_.original.str()));
    }
    auto listing = list_volumes(ec2_, ids);
    if (!listing) return not_asked(listing.error(), ec2::DescribeVolumesRequest::kAction);
    for (ec2::Volume& volume : listing->volumes) {
      if (volume.attachments.size() > 1) {
        fault(
            fmt::format("volume {} is attached to {} instances (Multi-Attach); its other writers would be left "
                        "behind; detach it from all but one",
                        volume.volume_id.str(), volume.attachments.size()));
      }
      if (auto owner = owner_of(volume.tags)) {
        fault(fmt::format("volume {} belongs to managed instance {} already; detach it first", volume.volume_id.str(),
                          owner->str()));
      }
      found_.volumes[volume.volume_id] = std::move(volume);
    }
    for (const VolumeId& id : ids) {
      if (!found_.volumes.contains(id))
        fault(fmt::format("volume {} of it is not listed by the cloud; ask again", id.str()));
    }
    return {};
  }

  // Nothing: this cloud cannot tell.
  Result<std::optional<ec2::DescribeInstanceAttributeResponse>> attribute(const std::string& name) {
    ec2::DescribeInstanceAttributeRequest request{name, request_.original};
    auto answer = ec2::call_further(ec2_, request);
    if (answer) return std::optional(std::move(*answer));
    bool cannot =
        ec2::is_unsupported(answer.error()) || answer.error().kind == ErrorKind::denied || says_unknown(answer.error());
    if (cannot) return std::nullopt;
    return not_asked(answer.error(), request.kAction);
  }

  Result<void> look_at_user_data() {
    HF_TRY(auto answer, attribute("userData"));
    if (answer) found_.user_data = answer->user_data;
    return {};
  }

  Result<void> look_at_protection() {
    HF_TRY(auto answer, attribute("disableApiTermination"));
    if (!answer || !answer->disable_api_termination.value_or(false)) return {};
    fault(
        fmt::format("instance {} is protected against termination (disableApiTermination); lift the protection, or "
                    "set shouldTerminateInstance to false",
                    request_.original.str()));
    return {};
  }

  // A persistent request launches by itself again: two of one.
  Result<void> look_at_spot_request() {
    if (!request_.terminate || instance().instance_lifecycle != "spot") return {};
    ec2::DescribeSpotInstanceRequestsRequest request;
    request.filters = {{"instance-id", {request_.original.str()}}};
    auto answer = ec2::call_further(ec2_, request);
    if (!answer && ec2::is_unsupported(answer.error())) return {};  // a cloud without them has one-time ones only
    if (!answer) return not_asked(answer.error(), request.kAction);
    for (const ec2::SpotInstanceRequest& spot : answer->spot_instance_requests) {
      if (spot.type != "persistent" || spot.state == "cancelled" || spot.state == "closed") continue;
      fault(
          fmt::format("instance {} is of the persistent spot request {}, which would launch another one when it is "
                      "terminated; cancel the request first (the instance goes on)",
                      request_.original.str(), spot.spot_instance_request_id));
    }
    return {};
  }

  ec2::Ec2& ec2_;
  const ImportRequest& request_;
  model::Faults& faults_;
  FoundOriginal found_;
};

model::OriginalVolume volume_of(const ec2::InstanceBlockDevice& device, const FoundOriginal& found) {
  auto volume = found.volumes.find(device.volume_id);
  return {device.device_name, device.volume_id, volume == found.volumes.end() ? 0 : volume->second.size};
}

}  // namespace

const ec2::NetworkInterface* primary_of(const ec2::Instance& instance) {
  for (const ec2::NetworkInterface& interface : instance.network_interfaces) {
    if (interface.attachment && interface.attachment->device_index == 0) return &interface;
  }
  return nullptr;
}

Result<std::optional<FoundOriginal>> find_original(ec2::Ec2& ec2, const ImportRequest& request, model::Faults& faults) {
  return Search(ec2, request, faults).run();
}

model::Import import_of(const ImportRequest& request, const FoundOriginal& found) {
  const ec2::Instance& instance = found.instance;
  model::Import import;
  import.adopted = request.terminate;
  import.keep_private_ip = request.keep_private_ip;
  model::Original& original = import.original;
  original.instance = instance.instance_id;
  original.market = {instance.instance_type, instance.subnet_id, instance.availability_zone,
                     instance.instance_lifecycle == "spot" ? model::LifeCycle::spot : model::LifeCycle::on_demand};
  original.image = instance.image_id;
  original.launched_at = instance.launch_time;
  original.private_ip = instance.private_ip_address;
  original.public_ip = instance.public_ip_address;
  if (const ec2::NetworkInterface* primary = primary_of(instance)) {
    original.interface = primary->network_interface_id;
    original.mac = primary->mac_address;
  }
  for (const ec2::InstanceBlockDevice& device : instance.block_device_mappings) {
    if (device.device_name == instance.root_device_name) {
      original.root = volume_of(device, found);
    } else {
      original.data.push_back(volume_of(device, found));
    }
  }
  return import;
}

}  // namespace holdfast::engine
