#include "cloud/behaviour/consistency.h"

#include "cloud/lookup.h"

namespace holdfast::cloud {
namespace {

struct Made {
  std::vector<std::string> ids;
  void operator()(const ec2::RunInstancesResponse& r) {
    for (const auto& instance : r.instances) {
      ids.push_back(instance.instance_id.str());
      for (const auto& device : instance.block_device_mappings) ids.push_back(device.volume_id.str());
    }
  }
  void operator()(const ec2::CreateVolumeResponse& r) { ids.push_back(r.volume.volume_id.str()); }
  void operator()(const ec2::CreateSnapshotResponse& r) { ids.push_back(r.snapshot.snapshot_id.str()); }
  void operator()(const ec2::RegisterImageResponse& r) { ids.push_back(r.image_id.str()); }
  void operator()(const ec2::CreateNetworkInterfaceResponse& r) {
    ids.push_back(r.network_interface.network_interface_id.str());
  }
  void operator()(const ec2::CreateSubnetResponse& r) { ids.push_back(r.subnet.subnet_id.str()); }
  void operator()(const ec2::CreateSecurityGroupResponse& r) { ids.push_back(r.group_id.str()); }
  template <class Other>
  void operator()(const Other&) {}
};

struct Hide {
  ec2::Response& response;
  const Visible& visible;

  template <class Response, class Key, class Shown>
  Result<void> from(const std::vector<Key>& asked, std::vector<Shown> Response::*list, Key Shown::*id,
                    const char* field) {
    for (const Key& one : asked) {
      if (!visible(one.str())) return not_found(kind_of(one), one.str(), field);
    }
    std::erase_if(std::get<Response>(response).*list, [&](const Shown& shown) { return !visible((shown.*id).str()); });
    return {};
  }

  Result<void> operator()(const ec2::DescribeInstancesRequest& r) {
    return from(r.instance_ids, &ec2::DescribeInstancesResponse::instances, &ec2::Instance::instance_id, "InstanceId");
  }
  Result<void> operator()(const ec2::DescribeInstanceStatusRequest& r) {
    return from(r.instance_ids, &ec2::DescribeInstanceStatusResponse::instance_statuses,
                &ec2::InstanceStatus::instance_id, "InstanceId");
  }
  Result<void> operator()(const ec2::DescribeVolumesRequest& r) {
    return from(r.volume_ids, &ec2::DescribeVolumesResponse::volumes, &ec2::Volume::volume_id, "VolumeId");
  }
  Result<void> operator()(const ec2::DescribeSnapshotsRequest& r) {
    return from(r.snapshot_ids, &ec2::DescribeSnapshotsResponse::snapshots, &ec2::Snapshot::snapshot_id, "SnapshotId");
  }
  Result<void> operator()(const ec2::DescribeImagesRequest& r) {
    return from(r.image_ids, &ec2::DescribeImagesResponse::images, &ec2::Image::image_id, "ImageId");
  }
  Result<void> operator()(const ec2::DescribeNetworkInterfacesRequest& r) {
    return from(r.network_interface_ids, &ec2::DescribeNetworkInterfacesResponse::network_interfaces,
                &ec2::NetworkInterface::network_interface_id, "NetworkInterfaceId");
  }
  Result<void> operator()(const ec2::DescribeSubnetsRequest& r) {
    return from(r.subnet_ids, &ec2::DescribeSubnetsResponse::subnets, &ec2::Subnet::subnet_id, "SubnetId");
  }
  Result<void> operator()(const ec2::DescribeSecurityGroupsRequest& r) {
    return from(r.group_ids, &ec2::DescribeSecurityGroupsResponse::security_groups, &ec2::SecurityGroup::group_id,
                "GroupId");
  }
  template <class Other>
  Result<void> operator()(const Other&) {
    return {};
  }
};

}  // namespace

std::vector<std::string> made_by(const ec2::Response& response) {
  Made made;
  std::visit(made, response);
  return std::move(made.ids);
}

Result<ec2::Response> as_seen(const ec2::Request& request, ec2::Response response, const Visible& visible) {
  HF_TRY_VOID(std::visit(Hide{response, visible}, request));
  return response;
}

}  // namespace holdfast::cloud
