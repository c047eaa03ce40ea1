#include "engine/inspect.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "engine/address.h"
#include "engine/inspect_options.h"
#include "engine/inspect_types.h"
#include "engine/inspection.h"
#include "engine/tags.h"

namespace holdfast::engine {

namespace {

constexpr int kMostPages = 1000;
constexpr const char* kLaunch = kLaunchSpecification;

// "us-east-1a" and the local zone "us-east-1-bos-1a" are in us-east-1.
bool is_zone_of(const std::string& zone, const std::string& region) {
  if (!zone.starts_with(region)) return false;
  std::string_view rest = std::string_view(zone).substr(region.size());
  auto letter = [](char c) { return c >= 'a' && c <= 'z'; };
  return rest.size() == 1 ? letter(rest[0]) : rest.size() > 1 && rest[0] == '-' && letter(rest[1]);
}

class Inspection {
 public:
  Inspection(ec2::Ec2& ec2, const model::Spec& spec, const Own& own) : spec_(spec), own_(own), inquiry_{ec2, faults_} {}

  model::Checked<model::Surroundings> run() {
    auto asked = look();
    if (!asked) return tl::unexpected(model::Faults{{asked.error()}});
    if (!faults_.errors.empty()) return tl::unexpected(std::move(faults_));
    return std::move(facts_);
  }

 private:
  Result<void> look() {
    HF_TRY_VOID(look_at_image());
    HF_TRY_VOID(look_at_subnets());
    HF_TRY_VOID(look_at_types());
    HF_TRY_VOID(look_at_groups());
    HF_TRY_VOID(look_at_devices());
    HF_TRY_VOID(look_at_address());
    HF_TRY(facts_.elastic_ip, look_at_elastic_ip(inquiry_, spec_, own_));
    return look_at_options(inquiry_, spec_, own_, facts_);
  }

  void fault(std::string field, std::string message) { inquiry_.fault(std::move(field), std::move(message)); }
  template <class R>
  Result<std::optional<typename R::Response>> ask(const R& request) {
    return inquiry_.ask(request);
  }

  Result<void> look_at_image() {
    const std::string field = fmt::format("{}.imageId", kLaunch);
    const ImageId& id = spec_.compute.image_id;
    if (own_.image && own_.image->id == id) {
      facts_.image = *own_.image;
      return {};
    }
    ec2::DescribeImagesRequest request;
    request.image_ids = {id};
    HF_TRY(auto answer, ask(request));
    if (!answer || answer->images.empty()) {
      fault(field, fmt::format("there is no image {} in this region; name one that DescribeImages lists (on the local "
                               "cloud `holdfast cloud image list` shows them, and one that is not built yet is made by "
                               "e.g. `holdfast cloud image build debian-12-postgresql`)",
                               id.str()));
      return {};
    }
    const ec2::Image& image = answer->images.front();
    if (image.state == "pending") {
      fault(field, fmt::format("image {} is still being made; apply again once it is available (`holdfast cloud image "
                               "build {}` builds it and waits)",
                               id.str(), image.name));
    } else if (image.state != "available") {
      fault(field, fmt::format("image {} is {}; name one that is available", id.str(), image.state));
    }
    if (image.root_device_type != "ebs" && !image.root_device_type.empty()) {
      fault(field,
            fmt::format("the root of image {} is not a volume ({}): it cannot be kept; name an image with an EBS "
                        "root",
                        id.str(), image.root_device_type));
    }
    facts_.image = {
        id, image.root_device_name, image.architecture, image.boot_mode, image.virtualization_type, image.ena_support,
        0};
    for (const ec2::BlockDeviceMapping& mapping : image.block_device_mappings) {
      if (mapping.device_name != image.root_device_name || !mapping.ebs) continue;
      facts_.image.root_size_gib = mapping.ebs->volume_size.value_or(0);
    }
    return {};
  }

  Result<void> look_at_subnets() {
    const auto& ids = spec_.compute.subnet_ids;
    for (size_t i = 0; i < ids.size(); ++i) {
      const std::string field = fmt::format("compute.subnetIds[{}]", i);
      ec2::DescribeSubnetsRequest request;
      request.subnet_ids = {ids[i]};
      HF_TRY(auto answer, ask(request));
      if (!answer || answer->subnets.empty()) {
        fault(field, fmt::format("there is no subnet {}; name one that DescribeSubnets lists", ids[i].str()));
        continue;
      }
      const ec2::Subnet& subnet = answer->subnets.front();
      if (spec_.compute.vpc_id && *spec_.compute.vpc_id != subnet.vpc_id) {
        fault(field, fmt::format("subnet {} is in {}, not in compute.vpcId {}", ids[i].str(), subnet.vpc_id.str(),
                                 spec_.compute.vpc_id->str()));
      }
      if (vpc_.empty()) vpc_ = subnet.vpc_id;
      if (vpc_ != subnet.vpc_id) {
        fault(field, fmt::format("subnet {} is in {}, the others in {}; name subnets of one VPC", ids[i].str(),
                                 subnet.vpc_id.str(), vpc_.str()));
      }
      facts_.subnets.push_back({ids[i], subnet.availability_zone, subnet.cidr_block});
      look_at_region(subnet);
    }
    return {};
  }

  // There is nothing of a region but its name, and the one that the service works in is where its subnets are.
  void look_at_region(const ec2::Subnet& subnet) {
    if (spec_.region.empty() || region_told_ || is_zone_of(subnet.availability_zone, spec_.region)) return;
    region_told_ = true;
    fault("region", fmt::format("subnet {} is in zone {}, which is not in {}: name the region that this service works "
                                "in, or leave it out",
                                subnet.subnet_id.str(), subnet.availability_zone, spec_.region));
  }

  Result<void> look_at_types() {
    HF_TRY(Types types, engine::look_at_types(inquiry_, spec_.compute, facts_.image));
    facts_.types = std::move(types.resolved);
    encrypts_not_ = std::move(types.encrypts_not);
    return {};
  }

  Result<void> look_at_groups() {
    const auto& ids = spec_.compute.security_group_ids;
    for (size_t i = 0; i < ids.size(); ++i) {
      const std::string field = fmt::format("{}.securityGroupIds[{}]", kLaunch, i);
      ec2::DescribeSecurityGroupsRequest request;
      request.group_ids = {ids[i]};
      HF_TRY(auto answer, ask(request));
      if (!answer || answer->security_groups.empty()) {
        fault(field,
              fmt::format("there is no security group {}; name one that DescribeSecurityGroups lists", ids[i].str()));
      } else if (const VpcId& vpc = answer->security_groups.front().vpc_id; !vpc_.empty() && vpc != vpc_) {
        fault(field, fmt::format("security group {} is in {}, the subnets in {}; name a group of the subnets' VPC",
                                 ids[i].str(), vpc.str(), vpc_.str()));
      }
    }
    return {};
  }

  Result<void> look_at_devices() {
    const auto& devices = spec_.compute.block_devices;
    for (size_t i = 0; i < devices.size(); ++i) {
      const std::string field =
          fmt::format("{}.blockDeviceMappings[{}].ebs", kLaunch, model::place_of_device(spec_.compute, i));
      const model::BlockDevice& device = devices[i];
      bool is_root = device.device_name == facts_.image.root_device;
      if (is_root && device.size_gib && *device.size_gib < facts_.image.root_size_gib) {
        fault(field + ".volumeSize",
              fmt::format("the image's root has {} GiB; give at least as many", facts_.image.root_size_gib));
      }
      if (device.encrypted.value_or(false) && !encrypts_not_.empty()) {
        fault(field + ".encrypted",
              fmt::format("the cloud encrypts no volume of instance type {} (the local cloud none "
                          "at all); leave it out",
                          encrypts_not_));
      }
      if (!device.snapshot_id) continue;
      if (is_root) {
        fault(field + ".snapshotId", "the root is made of the image, never of this snapshot; leave it out");
      } else if (!own_.devices.contains(device.device_name)) {
        HF_TRY_VOID(look_at_snapshot(device, field));
      }
    }
    return {};
  }

  Result<void> look_at_snapshot(const model::BlockDevice& device, const std::string& field) {
    const std::string& id = device.snapshot_id->str();
    ec2::DescribeSnapshotsRequest request;
    request.snapshot_ids = {*device.snapshot_id};
    HF_TRY(auto answer, ask(request));
    if (!answer || answer->snapshots.empty()) {
      fault(field + ".snapshotId", fmt::format("there is no snapshot {}; name one that DescribeSnapshots lists", id));
      return {};
    }
    const ec2::Snapshot& snapshot = answer->snapshots.front();
    if (snapshot.state != "completed") {
      fault(field + ".snapshotId",
            fmt::format("snapshot {} is {}; a volume can be made of it once it is completed", id, snapshot.state));
    }
    if (device.size_gib && *device.size_gib < snapshot.volume_size) {
      fault(field + ".volumeSize",
            fmt::format("snapshot {} has {} GiB; give at least as many", id, snapshot.volume_size));
    }
    return {};
  }

  // The one subnet whose block holds the wanted address; a fault, and nothing, if there is none.
  model::SubnetFacts* subnet_of(uint32_t ip) {
    std::vector<std::string> blocks;
    for (model::SubnetFacts& subnet : facts_.subnets) {
      auto block = Block::parse(subnet.cidr);
      if (block && block->contains(ip)) {
        if (!block->reserved(ip)) return &subnet;
        fault("compute.privateIp", fmt::format("EC2 keeps the first four addresses and the last one of {} ({}) to "
                                               "itself; name another one of it",
                                               subnet.cidr, subnet.id.str()));
        return nullptr;
      }
      blocks.push_back(fmt::format("{} ({})", subnet.cidr, subnet.id.str()));
    }
    fault("compute.privateIp", fmt::format("{} is in none of the subnets; name an address of {}",
                                           *spec_.compute.private_ip, join(blocks, " or ")));
    return nullptr;
  }

  Result<void> look_at_address() {
    // Subnets that are not known are faults by themselves; the address cannot be judged without them.
    if (!spec_.compute.private_ip || facts_.subnets.size() != spec_.compute.subnet_ids.size()) return {};
    auto ip = parse_ipv4(*spec_.compute.private_ip);
    if (!ip) {
      fault("compute.privateIp",
            fmt::format("{} is not an IPv4 address, such as 10.0.0.10", *spec_.compute.private_ip));
      return {};
    }
    model::SubnetFacts* subnet = subnet_of(*ip);
    if (subnet == nullptr) return {};
    subnet->holds_address = true;
    return look_for_holder(*subnet);
  }

  bool is_own(const ec2::NetworkInterface& interface) const {
    auto owner = owner_of(interface.tag_set);
    return (owner && owner == own_.id) || interface.network_interface_id == own_.interface;
  }

  Result<void> look_for_holder(const model::SubnetFacts& subnet) {
    ec2::DescribeNetworkInterfacesRequest request;
    request.filters = {{"subnet-id", {subnet.id.str()}}};
    for (int page = 0; page < kMostPages; ++page) {
      HF_TRY(auto answer, ask(request));
      if (!answer) return {};
      for (const ec2::NetworkInterface& interface : answer->network_interfaces) {
        if (interface.private_ip_address != *spec_.compute.private_ip || is_own(interface)) continue;
        fault("compute.privateIp",
              fmt::format("{} is taken by {}; name a free address of {}, or delete that interface",
                          *spec_.compute.private_ip, interface.network_interface_id.str(), subnet.cidr));
      }
      if (answer->next_token.empty()) return {};
      request.next_token = answer->next_token;
    }
    return fail(ErrorKind::unavailable, "EndlessListing", "DescribeNetworkInterfaces does not come to an end");
  }

  const model::Spec& spec_;
  const Own& own_;
  VpcId vpc_;
  bool region_told_ = false;
  std::string encrypts_not_;  // an instance type whose volumes are never encrypted
  model::Surroundings facts_;
  model::Faults faults_;
  Inquiry inquiry_;
};

}  // namespace

model::Checked<model::Surroundings> inspect(ec2::Ec2& ec2, const model::Spec& spec, const Own& own) {
  return Inspection(ec2, spec, own).run();
}

}  // namespace holdfast::engine
