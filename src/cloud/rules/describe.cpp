// The Describe calls over tables: which filters each knows, as EC2 documents them.
#include "base/text.h"
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

std::string port_text(const std::optional<int>& port) {
  return port ? std::to_string(*port) : "";
}

template <class List, class F>
Values each(const List& list, F f) {
  Values values;
  for (const auto& one : list) values.push_back(f(one));
  return values;
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
    {"ip-address", [](const auto& x) { return Values{x.public_ip_address}; }},
    {"reservation-id", [](const auto& x) { return Values{x.reservation_id}; }},
    {"owner-id", [](const auto& x) { return Values{x.owner_id}; }},
    {"launch-time", [](const auto& x) { return Values{to_iso(x.launch_time)}; }},
    {"root-device-name", [](const auto& x) { return Values{x.root_device_name}; }},
    {"root-device-type", [](const auto&) { return Values{"ebs"}; }},
    {"key-name", [](const auto& x) { return x.key_name.empty() ? Values{} : Values{x.key_name}; }},
    {"monitoring-state", [](const auto& x) { return Values{x.monitoring}; }},
    {"spot-instance-request-id",
     [](const auto& x) { return x.spot_instance_request_id.empty() ? Values{} : Values{x.spot_instance_request_id}; }},
    {"state-reason-code", [](const auto& x) { return x.state_reason ? Values{x.state_reason->code} : Values{}; }},
    {"instance.group-id",
     [](const auto& x) { return each(x.security_groups, [](const auto& id) { return id.str(); }); }},
    {"network-interface.network-interface-id",
     [](const auto& x) {
       return each(x.network_interfaces, [](const auto& i) { return i.network_interface_id.str(); });
     }},
    {"network-interface.subnet-id",
     [](const auto& x) { return each(x.network_interfaces, [](const auto& i) { return i.subnet_id.str(); }); }},
    {"network-interface.addresses.private-ip-address",
     [](const auto& x) { return each(x.network_interfaces, [](const auto& i) { return i.private_ip_address; }); }},
    {"block-device-mapping.volume-id",
     [](const auto& x) { return each(x.block_device_mappings, [](const auto& d) { return d.volume_id.str(); }); }},
    {"block-device-mapping.device-name",
     [](const auto& x) { return each(x.block_device_mappings, [](const auto& d) { return d.device_name; }); }},
    {"block-device-mapping.status",
     [](const auto& x) { return each(x.block_device_mappings, [](const auto& d) { return d.status; }); }},
    {"block-device-mapping.delete-on-termination",
     [](const auto& x) {
       return each(x.block_device_mappings, [](const auto& d) { return yes_no(d.delete_on_termination); });
     }},
};

const Fields<ec2::InstanceStatus> kStatusFields = {
    {"availability-zone", [](const auto& x) { return Values{x.availability_zone}; }},
    {"instance-state-name", [](const auto& x) { return Values{x.instance_state}; }},
    {"instance-status.status", [](const auto& x) { return Values{x.instance_status}; }},
    {"system-status.status", [](const auto& x) { return Values{x.system_status}; }},
};

const Fields<ec2::Volume> kVolumeFields = {
    {"volume-id", [](const auto& x) { return Values{x.volume_id.str()}; }},
    {"status", [](const auto& x) { return Values{x.state}; }},
    {"snapshot-id", [](const auto& x) { return x.snapshot_id ? Values{x.snapshot_id->str()} : Values{}; }},
    {"volume-type", [](const auto& x) { return Values{x.volume_type}; }},
    {"size", [](const auto& x) { return Values{std::to_string(x.size)}; }},
    {"availability-zone", [](const auto& x) { return Values{x.availability_zone}; }},
    {"create-time", [](const auto& x) { return Values{to_iso(x.create_time)}; }},
    {"encrypted", [](const auto& x) { return Values{yes_no(x.encrypted)}; }},
    {"attachment.instance-id",
     [](const auto& x) { return each(x.attachments, [](const auto& a) { return a.instance_id.str(); }); }},
    {"attachment.device", [](const auto& x) { return each(x.attachments, [](const auto& a) { return a.device; }); }},
    {"attachment.status", [](const auto& x) { return each(x.attachments, [](const auto& a) { return a.state; }); }},
    {"attachment.delete-on-termination",
     [](const auto& x) { return each(x.attachments, [](const auto& a) { return yes_no(a.delete_on_termination); }); }},
};

const Fields<ec2::Snapshot> kSnapshotFields = {
    {"snapshot-id", [](const auto& x) { return Values{x.snapshot_id.str()}; }},
    {"status", [](const auto& x) { return Values{x.state}; }},
    {"volume-id", [](const auto& x) { return Values{x.volume_id.str()}; }},
    {"volume-size", [](const auto& x) { return Values{std::to_string(x.volume_size)}; }},
    {"progress", [](const auto& x) { return Values{x.progress}; }},
    {"start-time", [](const auto& x) { return Values{to_iso(x.start_time)}; }},
    {"owner-id", [](const auto&) { return Values{kAccount}; }},
    {"description", [](const auto& x) { return Values{x.description}; }},
};

const Fields<ec2::Image> kImageFields = {
    {"image-id", [](const auto& x) { return Values{x.image_id.str()}; }},
    {"name", [](const auto& x) { return Values{x.name}; }},
    {"state", [](const auto& x) { return Values{x.state}; }},
    {"architecture", [](const auto& x) { return Values{x.architecture}; }},
    {"is-public", [](const auto& x) { return Values{yes_no(x.is_public)}; }},
    {"description", [](const auto& x) { return Values{x.description}; }},
    {"image-type", [](const auto&) { return Values{"machine"}; }},
    {"virtualization-type", [](const auto& x) { return Values{x.virtualization_type}; }},
    {"ena-support", [](const auto& x) { return Values{yes_no(x.ena_support)}; }},
    {"creation-date", [](const auto& x) { return Values{to_iso(x.creation_date)}; }},
    {"root-device-name", [](const auto& x) { return Values{x.root_device_name}; }},
    {"root-device-type", [](const auto& x) { return Values{x.root_device_type}; }},
    {"block-device-mapping.device-name",
     [](const auto& x) { return each(x.block_device_mappings, [](const auto& m) { return m.device_name; }); }},
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
    {"addresses.private-ip-address",
     [](const auto& x) { return each(x.private_ip_addresses, [](const auto& a) { return a.private_ip_address; }); }},
    {"association.public-ip",
     [](const auto& x) { return x.association ? Values{x.association->public_ip} : Values{}; }},
    {"association.allocation-id",
     [](const auto& x) { return x.association ? Values{x.association->allocation_id} : Values{}; }},
    {"association.association-id",
     [](const auto& x) { return x.association ? Values{x.association->association_id} : Values{}; }},
    {"group-id", [](const auto& x) { return each(x.groups, [](const auto& id) { return id.str(); }); }},
    {"owner-id", [](const auto&) { return Values{kAccount}; }},
    {"attachment.device-index",
     [](const auto& x) { return x.attachment ? Values{std::to_string(x.attachment->device_index)} : Values{}; }},
    {"attachment.delete-on-termination",
     [](const auto& x) { return x.attachment ? Values{yes_no(x.attachment->delete_on_termination)} : Values{}; }},
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
    {"available-ip-address-count", [](const auto& x) { return Values{std::to_string(x.available_ip_address_count)}; }},
    {"default-for-az", [](const auto& x) { return Values{yes_no(x.default_for_az)}; }},
    {"owner-id", [](const auto&) { return Values{kAccount}; }},
};

const Fields<ec2::Vpc> kVpcFields = {
    {"vpc-id", [](const auto& x) { return Values{x.vpc_id.str()}; }},
    {"cidr", [](const auto& x) { return Values{x.cidr_block}; }},
    {"state", [](const auto& x) { return Values{x.state}; }},
    {"is-default", [](const auto& x) { return Values{yes_no(x.is_default)}; }},
    {"isDefault", [](const auto& x) { return Values{yes_no(x.is_default)}; }},  // EC2's older name for it
    {"owner-id", [](const auto&) { return Values{kAccount}; }},
};

const Fields<ec2::SecurityGroup> kGroupFields = {
    {"group-id", [](const auto& x) { return Values{x.group_id.str()}; }},
    {"group-name", [](const auto& x) { return Values{x.group_name}; }},
    {"description", [](const auto& x) { return Values{x.description}; }},
    {"ip-permission.protocol",
     [](const auto& x) { return each(x.ip_permissions, [](const auto& p) { return p.ip_protocol; }); }},
    {"ip-permission.from-port",
     [](const auto& x) { return each(x.ip_permissions, [](const auto& p) { return port_text(p.from_port); }); }},
    {"ip-permission.to-port",
     [](const auto& x) { return each(x.ip_permissions, [](const auto& p) { return port_text(p.to_port); }); }},
    {"ip-permission.cidr",
     [](const auto& x) {
       Values blocks;
       for (const auto& permission : x.ip_permissions) {
         for (const auto& range : permission.ip_ranges) blocks.push_back(range.cidr_ip);
       }
       return blocks;
     }},
    {"vpc-id", [](const auto& x) { return Values{x.vpc_id.str()}; }},
    {"owner-id", [](const auto&) { return Values{kAccount}; }},
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
  std::optional<std::vector<Key>> among;
  if (ids.empty()) among = tagged_rows(table, filters);
  return list_page<Key, Row, Shown>(action, table, ids, field, max_results, token, accept, among);
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
  if (!request.instance_ids.empty() && request.max_results != 0) {
    return bad_combination("MaxResults cannot be given together with instance ids.", "MaxResults");
  }
  HF_TRY_VOID(check_filters(request.filters, kStatusFields));
  ec2::DescribeInstanceStatusResponse response{{}, request.next_token};
  std::function<std::optional<ec2::InstanceStatus>(const Instance&)> accept =
      [&](const Instance& row) -> std::optional<ec2::InstanceStatus> {
    if (!request.include_all_instances && row.state != "running") return std::nullopt;
    auto shown = view_status(row);
    if (!matches(shown, row.tags, request.filters, kStatusFields)) return std::nullopt;
    return shown;
  };
  HF_TRY(response.instance_statuses, list_page(request.kAction, call.model.instances, request.instance_ids,
                                               "InstanceId", request.max_results, response.next_token, accept));
  return response;
}

Answer act(Call& call, const ec2::DescribeVolumesRequest& request) {
  ec2::DescribeVolumesResponse response{{}, request.next_token};
  HF_TRY(response.volumes, page_of(request.kAction, call.model, call.model.volumes, request.volume_ids, "VolumeId",
                                   request.filters, kVolumeFields, request.max_results, response.next_token));
  return response;
}

namespace {

// Of what is asked by its owner. Other accounts there are none, and so nothing of theirs.
struct Owners {
  bool account = false, cloud = false;
};

Result<Owners> read_owners(const std::vector<std::string>& texts) {
  constexpr size_t kDigitsOfAccount = 12;
  Owners owners;
  for (const auto& text : texts) {
    const bool other = text == "aws-marketplace" || (text.size() == kDigitsOfAccount && parse_int(text));
    if (text == "self" || text == kAccount)
      owners.account = true;
    else if (text == "amazon")
      owners.cloud = true;
    else if (!other)
      return bad_value(
          "An owner is 'self', 'amazon', 'aws-marketplace' or an account of twelve digits, not '" + text + "'.",
          "Owner");
  }
  return owners;
}

}  // namespace

Answer act(Call& call, const ec2::DescribeSnapshotsRequest& request) {
  HF_TRY(const Owners owners, read_owners(request.owner_ids));
  ec2::DescribeSnapshotsResponse response{{}, request.next_token};
  if (!request.owner_ids.empty() && !owners.account) return ec2::DescribeSnapshotsResponse{};  // all are the account's
  HF_TRY(response.snapshots,
         page_of(request.kAction, call.model, call.model.snapshots, request.snapshot_ids, "SnapshotId", request.filters,
                 kSnapshotFields, request.max_results, response.next_token));
  return response;
}

Answer act(Call& call, const ec2::DescribeImagesRequest& request) {
  HF_TRY(const Owners owners, read_owners(request.owners));
  auto filters = request.filters;
  // Public images are the cloud's ("amazon"), all others the one account's ("self").
  if (!request.owners.empty()) {
    if (!owners.account && !owners.cloud) return ec2::DescribeImagesResponse{};
    ec2::Filter owned{"is-public", {}};
    if (owners.account) owned.values.push_back(yes_no(false));
    if (owners.cloud) owned.values.push_back(yes_no(true));
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
                                   request.filters, kSubnetFields, request.max_results, response.next_token));
  return response;
}

Answer act(Call& call, const ec2::DescribeVpcsRequest& request) {
  ec2::DescribeVpcsResponse response{{}, request.next_token};
  HF_TRY(response.vpcs, page_of(request.kAction, call.model, call.model.vpcs, request.vpc_ids, "VpcId", request.filters,
                                kVpcFields, request.max_results, response.next_token));
  return response;
}

Answer act(Call& call, const ec2::DescribeSecurityGroupsRequest& request) {
  auto filters = request.filters;
  for (const auto& name : request.group_names) {
    const auto& groups = call.model.groups.rows();
    if (std::none_of(groups.begin(), groups.end(), [&](const auto& row) { return row.second.name == name; })) {
      return not_found(kind_of(SecurityGroupId()), name, "GroupName");
    }
  }
  if (!request.group_names.empty()) filters.push_back({"group-name", escape_wildcards(request.group_names)});
  ec2::DescribeSecurityGroupsResponse response{{}, request.next_token};
  HF_TRY(response.security_groups, page_of(request.kAction, call.model, call.model.groups, request.group_ids, "GroupId",
                                           filters, kGroupFields, request.max_results, response.next_token));
  return response;
}

}  // namespace holdfast::cloud
