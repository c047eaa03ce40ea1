// The Describe calls over tables: which filters each knows, as EC2 documents them.
#include "cloud/filters.h"
#include "cloud/rules.h"
#include "cloud/views.h"

namespace holdfast::cloud {

namespace {

template <class Shown>
using Fields = std::vector<FilterField<Shown>>;

std::string yes_no(bool value) {
  return value ? "true" : "false";
}

const Fields<ec2::Instance> kInstanceFields = {
    {"instance-id", [](const auto& x) { return Values{x.instance_id.str()}; }},
    {"instance-state-name", [](const auto& x) { return Values{x.state}; }},
    {"client-token", [](const auto& x) { return Values{x.client_token}; }},
    {"image-id", [](const auto& x) { return Values{x.image_id.str()}; }},
    {"instance-type", [](const auto& x) { return Values{x.instance_type}; }},
    {"instance-lifecycle",
     [](const auto& x) { return x.instance_lifecycle.empty() ? Values{} : Values{x.instance_lifecycle}; }},
    {"availability-zone", [](const auto& x) { return Values{x.availability_zone}; }},
    {"subnet-id", [](const auto& x) { return Values{x.subnet_id.str()}; }},
    {"vpc-id", [](const auto& x) { return Values{x.vpc_id.str()}; }},
    {"private-ip-address", [](const auto& x) { return Values{x.private_ip_address}; }},
    {"network-interface.network-interface-id",
     [](const auto& x) {
       Values ids;
       for (const auto& interface : x.network_interfaces) ids.push_back(interface.network_interface_id.str());
       return ids;
     }},
    {"block-device-mapping.volume-id",
     [](const auto& x) {
       Values ids;
       for (const auto& device : x.block_device_mappings) ids.push_back(device.volume_id.str());
       return ids;
     }},
};

template <class F>
Values of_attachments(const ec2::Volume& x, F f) {
  Values values;
  for (const auto& attachment : x.attachments) values.push_back(f(attachment));
  return values;
}

const Fields<ec2::Volume> kVolumeFields = {
    {"volume-id", [](const auto& x) { return Values{x.volume_id.str()}; }},
    {"status", [](const auto& x) { return Values{x.state}; }},
    {"snapshot-id", [](const auto& x) { return x.snapshot_id ? Values{x.snapshot_id->str()} : Values{}; }},
    {"volume-type", [](const auto& x) { return Values{x.volume_type}; }},
    {"size", [](const auto& x) { return Values{std::to_string(x.size)}; }},
    {"availability-zone", [](const auto& x) { return Values{x.availability_zone}; }},
    {"attachment.instance-id",
     [](const auto& x) { return of_attachments(x, [](const auto& a) { return a.instance_id.str(); }); }},
    {"attachment.device", [](const auto& x) { return of_attachments(x, [](const auto& a) { return a.device; }); }},
    {"attachment.status", [](const auto& x) { return of_attachments(x, [](const auto& a) { return a.state; }); }},
    {"attachment.delete-on-termination",
     [](const auto& x) { return of_attachments(x, [](const auto& a) { return yes_no(a.delete_on_termination); }); }},
};

const Fields<ec2::Snapshot> kSnapshotFields = {
    {"snapshot-id", [](const auto& x) { return Values{x.snapshot_id.str()}; }},
    {"status", [](const auto& x) { return Values{x.state}; }},
    {"volume-id", [](const auto& x) { return Values{x.volume_id.str()}; }},
    {"volume-size", [](const auto& x) { return Values{std::to_string(x.volume_size)}; }},
    {"description", [](const auto& x) { return Values{x.description}; }},
};

const Fields<ec2::Image> kImageFields = {
    {"image-id", [](const auto& x) { return Values{x.image_id.str()}; }},
    {"name", [](const auto& x) { return Values{x.name}; }},
    {"state", [](const auto& x) { return Values{x.state}; }},
    {"architecture", [](const auto& x) { return Values{x.architecture}; }},
    {"is-public", [](const auto& x) { return Values{yes_no(x.is_public)}; }},
    {"root-device-name", [](const auto& x) { return Values{x.root_device_name}; }},
    {"block-device-mapping.snapshot-id",
     [](const auto& x) {
       Values ids;
       for (const auto& mapping : x.block_device_mappings) {
         if (mapping.ebs && mapping.ebs->snapshot_id) ids.push_back(mapping.ebs->snapshot_id->str());
       }
       return ids;
     }},
};

const Fields<ec2::NetworkInterface> kInterfaceFields = {
    {"network-interface-id", [](const auto& x) { return Values{x.network_interface_id.str()}; }},
    {"status", [](const auto& x) { return Values{x.status}; }},
    {"subnet-id", [](const auto& x) { return Values{x.subnet_id.str()}; }},
    {"vpc-id", [](const auto& x) { return Values{x.vpc_id.str()}; }},
    {"availability-zone", [](const auto& x) { return Values{x.availability_zone}; }},
    {"private-ip-address", [](const auto& x) { return Values{x.private_ip_address}; }},
    {"mac-address", [](const auto& x) { return Values{x.mac_address}; }},
    {"description", [](const auto& x) { return Values{x.description}; }},
    {"attachment.instance-id",
     [](const auto& x) { return x.attachment ? Values{x.attachment->instance_id.str()} : Values{}; }},
    {"attachment.attachment-id",
     [](const auto& x) { return x.attachment ? Values{x.attachment->attachment_id} : Values{}; }},
    {"attachment.status", [](const auto& x) { return x.attachment ? Values{x.attachment->status} : Values{}; }},
};

const Fields<ec2::Subnet> kSubnetFields = {
    {"subnet-id", [](const auto& x) { return Values{x.subnet_id.str()}; }},
    {"vpc-id", [](const auto& x) { return Values{x.vpc_id.str()}; }},
    {"availability-zone", [](const auto& x) { return Values{x.availability_zone}; }},
    {"cidr-block", [](const auto& x) { return Values{x.cidr_block}; }},
    {"state", [](const auto& x) { return Values{x.state}; }},
    {"default-for-az", [](const auto& x) { return Values{yes_no(x.default_for_az)}; }},
};

// A view of a row is only made when its tags, looked at first, do not rule it out: most filters are by tag.
template <class Key, class Row, class Shown>
Result<std::vector<Shown>> page_of(std::string_view action, const Model& model, const Table<Key, Row>& table,
                                   const std::vector<Key>& ids, const std::string& field,
                                   const std::vector<ec2::Filter>& filters, const Fields<Shown>& fields,
                                   int max_results, std::string& token) {
  HF_TRY_VOID(check_filters(filters, fields));
  std::function<std::optional<Shown>(const Row&)> accept = [&](const Row& row) -> std::optional<Shown> {
    for (const auto& filter : filters) {
      if (is_tag_filter(filter.name) && !filter_matches(filter, tag_values(row.tags, filter.name))) return std::nullopt;
    }
    Shown shown = view(model, row);
    if (!matches(shown, row.tags, filters, fields)) return std::nullopt;
    return shown;
  };
  return list_page<Key, Row, Shown>(action, table, ids, field, max_results, token, accept);
}

}  // namespace

Answer act(Call& call, const ec2::DescribeInstancesRequest& request) {
  if (!request.instance_ids.empty() && request.max_results != 0) {
    return bad_combination("MaxResults cannot be given together with instance ids.", "MaxResults");
  }
  ec2::DescribeInstancesResponse response{{}, request.next_token};
  HF_TRY(response.instances,
         page_of(request.kAction, call.model, call.model.instances, request.instance_ids, "InstanceId", request.filters,
                 kInstanceFields, request.max_results, response.next_token));
  return response;
}

Answer act(Call& call, const ec2::DescribeInstanceStatusRequest& request) {
  constexpr size_t kMaxStatusIds = 100;
  if (request.instance_ids.size() > kMaxStatusIds) return bad_value("At most 100 instances a call.", "InstanceId");
  ec2::DescribeInstanceStatusResponse response{{}, request.next_token};
  std::function<std::optional<ec2::InstanceStatus>(const Instance&)> accept =
      [&](const Instance& row) -> std::optional<ec2::InstanceStatus> {
    if (!request.include_all_instances && row.state != "running") return std::nullopt;
    return view_status(row);
  };
  HF_TRY(response.instance_statuses, list_page(request.kAction, call.model.instances, request.instance_ids,
                                               "InstanceId", 0, response.next_token, accept));
  return response;
}

Answer act(Call& call, const ec2::DescribeVolumesRequest& request) {
  ec2::DescribeVolumesResponse response{{}, request.next_token};
  HF_TRY(response.volumes, page_of(request.kAction, call.model, call.model.volumes, request.volume_ids, "VolumeId",
                                   request.filters, kVolumeFields, request.max_results, response.next_token));
  return response;
}

Answer act(Call& call, const ec2::DescribeSnapshotsRequest& request) {
  ec2::DescribeSnapshotsResponse response{{}, request.next_token};
  HF_TRY(response.snapshots,
         page_of(request.kAction, call.model, call.model.snapshots, request.snapshot_ids, "SnapshotId", request.filters,
                 kSnapshotFields, request.max_results, response.next_token));
  return response;
}

Answer act(Call& call, const ec2::DescribeImagesRequest& request) {
  auto filters = request.filters;
  // Public images are the cloud's ("amazon"), all others the one account's ("self").
  if (!request.owners.empty()) {
    ec2::Filter owned{"is-public", {}};
    for (const auto& owner : request.owners) {
      if (owner != "self" && owner != "amazon")
        return bad_value("Owners here are 'self' and 'amazon', not '" + owner + "'.", "Owner");
      owned.values.push_back(yes_no(owner == "amazon"));
    }
    filters.push_back(owned);
  }
  ec2::DescribeImagesResponse response{{}, request.next_token};
  HF_TRY(response.images, page_of(request.kAction, call.model, call.model.images, request.image_ids, "ImageId", filters,
                                  kImageFields, request.max_results, response.next_token));
  return response;
}

Answer act(Call& call, const ec2::DescribeNetworkInterfacesRequest& request) {
  ec2::DescribeNetworkInterfacesResponse response{{}, request.next_token};
  HF_TRY(response.network_interfaces,
         page_of(request.kAction, call.model, call.model.interfaces, request.network_interface_ids,
                 "NetworkInterfaceId", request.filters, kInterfaceFields, request.max_results, response.next_token));
  return response;
}

Answer act(Call& call, const ec2::DescribeSubnetsRequest& request) {
  ec2::DescribeSubnetsResponse response{{}, request.next_token};
  HF_TRY(response.subnets, page_of(request.kAction, call.model, call.model.subnets, request.subnet_ids, "SubnetId",
                                   request.filters, kSubnetFields, 0, response.next_token));
  return response;
}

Answer act(Call& call, const ec2::DescribeVpcsRequest& request) {
  ec2::DescribeVpcsResponse response{{}, request.next_token};
  HF_TRY(response.vpcs, page_of(request.kAction, call.model, call.model.vpcs, request.vpc_ids, "VpcId", {},
                                Fields<ec2::Vpc>{}, 0, response.next_token));
  return response;
}

Answer act(Call& call, const ec2::DescribeSecurityGroupsRequest& request) {
  ec2::DescribeSecurityGroupsResponse response{{}, request.next_token};
  HF_TRY(response.security_groups, page_of(request.kAction, call.model, call.model.groups, request.group_ids, "GroupId",
                                           {}, Fields<ec2::SecurityGroup>{}, 0, response.next_token));
  return response;
}

}  // namespace holdfast::cloud
