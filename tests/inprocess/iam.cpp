#include "inprocess/iam.h"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <boost/json.hpp>

#include "base/check.h"
#include "ec2/codec.h"

namespace holdfast::inprocess {

namespace {

std::vector<std::string> texts_of(const boost::json::value& value) {
  std::vector<std::string> texts;
  if (value.is_string()) return {std::string(value.as_string())};
  for (const auto& one : value.as_array()) texts.emplace_back(one.as_string());
  return texts;
}

bool like(const std::string& pattern, const std::string& text) {
  return fnmatch(pattern.c_str(), text.c_str(), 0) == 0;
}

bool is_any(const std::vector<std::string>& patterns, const std::string& text) {
  return std::any_of(patterns.begin(), patterns.end(), [&](const auto& pattern) { return like(pattern, text); });
}

Tags tags_of(const std::vector<ec2::Tag>& tags) {
  Tags all;
  for (const ec2::Tag& tag : tags) all[tag.key] = tag.value;
  return all;
}

Tags tags_for(const std::vector<ec2::TagSpecification>& specifications, const std::string& kind) {
  for (const auto& one : specifications) {
    if (one.resource_type == kind) return tags_of(one.tags);
  }
  return {};
}

std::string kind_of(const std::string& id) {
  const std::string prefix = id.substr(0, id.find('-'));
  static const std::map<std::string, std::string> kinds = {{"i", "instance"},
                                                           {"vol", "volume"},
                                                           {"snap", "snapshot"},
                                                           {"ami", "image"},
                                                           {"eni", "network-interface"},
                                                           {"subnet", "subnet"},
                                                           {"eipalloc", "elastic-ip"},
                                                           {"sg", "security-group"}};
  return kinds.at(prefix);
}

}  // namespace

Iam::Iam(const std::string& policy, cloud::Cloud& cloud) : cloud_(cloud) {
  const boost::json::value document = boost::json::parse(policy);
  for (const auto& one : document.at("Statement").as_array()) {
    Statement statement{texts_of(one.at("Action")), texts_of(one.at("Resource")), {}};
    if (const auto* conditions = one.as_object().if_contains("Condition")) {
      for (const auto& [how, keys] : conditions->as_object()) {
        for (const auto& [key, values] : keys.as_object())
          statement.conditions.push_back({std::string(how), std::string(key), texts_of(values)});
      }
    }
    statements_.push_back(std::move(statement));
  }
}

bool Iam::holds(const Condition& condition, const Touched& resource, const std::string& create_action) {
  const auto tag_like = [&](const Tags& tags) {
    auto found = tags.find(condition.key.substr(condition.key.find('/') + 1));
    return found != tags.end() && is_any(condition.values, found->second);
  };
  if (condition.key.starts_with("aws:RequestTag/")) return tag_like(resource.gets);
  if (condition.key.starts_with("aws:ResourceTag/")) return tag_like(resource.has);
  if (condition.key == "ec2:CreateAction") return is_any(condition.values, create_action);
  CHECK(condition.key == "aws:TagKeys" && condition.how == "ForAllValues:StringLike");
  return std::all_of(resource.gets.begin(), resource.gets.end(),
                     [&](const auto& tag) { return is_any(condition.values, tag.first); });
}

bool Iam::allows(const std::string& action, const std::optional<Touched>& resource,
                 const std::string& create_action) const {
  const std::string arn = resource ? fmt::format("arn:aws:ec2:local-1:000000000000:{}/id", resource->kind) : "*";
  const std::string unowned = resource ? fmt::format("arn:aws:ec2:local-1::{}/id", resource->kind) : "*";
  return std::any_of(statements_.begin(), statements_.end(), [&](const Statement& one) {
    if (std::count(one.actions.begin(), one.actions.end(), action) == 0) return false;
    const bool meant = resource ? is_any(one.resources, arn) || is_any(one.resources, unowned)
                                : std::count(one.resources.begin(), one.resources.end(), "*") > 0;
    return meant && std::all_of(one.conditions.begin(), one.conditions.end(), [&](const Condition& condition) {
             return resource && holds(condition, *resource, create_action);
           });
  });
}

Result<void> Iam::judge(const std::vector<Needed>& needed) {
  for (const Needed& one : needed) {
    asked_.insert(one.action);
    std::vector<std::optional<Touched>> resources(one.resources.begin(), one.resources.end());
    if (resources.empty()) resources.push_back(std::nullopt);
    for (const auto& resource : resources) {
      if (allows(one.action, resource, one.create_action)) continue;
      std::string what = fmt::format("{} on {}", one.action, resource ? resource->kind : "*");
      for (const auto& [key, value] : resource ? resource->has : Tags()) what += fmt::format(" has {}={}", key, value);
      for (const auto& [key, value] : resource ? resource->gets : Tags())
        what += fmt::format(" gets {}={}", key, value);
      refused_.push_back(what);
      return ec2::ec2_fail("UnauthorizedOperation", what);
    }
  }
  return {};
}

Touched Iam::existing(const std::string& id, Tags gets) const {
  ec2::DescribeTagsRequest request;
  request.filters = {{"resource-id", {id}}};
  auto answer = cloud_.perform_further(ec2::FurtherRequest(request));
  CHECK(answer);
  Touched it{kind_of(id), {}, std::move(gets)};
  for (const auto& tag : std::get<ec2::DescribeTagsResponse>(*answer).tags) it.has[tag.key] = tag.value;
  return it;
}

// Which resources each request touches.
struct Iam::Reader {
  const Iam& iam;
  using All = std::vector<Needed>;

  template <class R>
  static std::string name() {
    return "ec2:" + std::string(R::kAction);
  }
  // Made things with their tags, for which CreateTags is asked too.
  template <class R>
  static All making(const R& request, std::vector<Touched> resources) {
    All all = {{name<R>(), std::move(resources), {}}};
    for (const auto& one : request.tag_specifications)
      all.push_back({"ec2:CreateTags", {{one.resource_type, {}, tags_of(one.tags)}}, std::string(R::kAction)});
    return all;
  }
  template <class R, class Id>
  All on(const Id& id) const {
    return {{name<R>(), {iam.existing(id.str())}, {}}};
  }

  All operator()(const ec2::RunInstancesRequest& r) const {
    std::vector<Touched> touched = {{"instance", {}, tags_for(r.tag_specifications, "instance")},
                                    {"volume", {}, tags_for(r.tag_specifications, "volume")},
                                    iam.existing(r.image_id.str())};
    if (r.subnet_id) touched.push_back(iam.existing(r.subnet_id->str()));
    for (const auto& group : r.security_group_ids) touched.push_back(iam.existing(group.str()));
    if (!r.key_name.empty()) touched.push_back({"key-pair", {}, {}});
    bool kept = false;
    for (const auto& one : r.network_interfaces) {
      kept = kept || one.network_interface_id;
      if (one.network_interface_id) touched.push_back(iam.existing(one.network_interface_id->str()));
      if (one.subnet_id) touched.push_back(iam.existing(one.subnet_id->str()));
    }
    if (!kept) touched.push_back({"network-interface", {}, tags_for(r.tag_specifications, "network-interface")});
    for (const auto& device : r.block_device_mappings) {
      if (device.ebs && device.ebs->snapshot_id) touched.push_back(iam.existing(device.ebs->snapshot_id->str()));
    }
    return making(r, std::move(touched));
  }
  All operator()(const ec2::CreateVolumeRequest& r) const {
    std::vector<Touched> touched = {{"volume", {}, tags_for(r.tag_specifications, "volume")}};
    if (r.snapshot_id) touched.push_back(iam.existing(r.snapshot_id->str()));
    return making(r, std::move(touched));
  }
  All operator()(const ec2::CreateNetworkInterfaceRequest& r) const {
    std::vector<Touched> touched = {{"network-interface", {}, tags_for(r.tag_specifications, "network-interface")},
                                    iam.existing(r.subnet_id.str())};
    for (const auto& group : r.groups) touched.push_back(iam.existing(group.str()));
    return making(r, std::move(touched));
  }
  All operator()(const ec2::CreateSnapshotRequest& r) const {
    return making(r, {{"snapshot", {}, tags_for(r.tag_specifications, "snapshot")}, iam.existing(r.volume_id.str())});
  }
  All operator()(const ec2::CreateSnapshotsRequest& r) const {
    const InstanceId& instance = r.instance_specification.instance_id;
    std::vector<Touched> touched = {{"snapshot", {}, tags_for(r.tag_specifications, "snapshot")},
                                    iam.existing(instance.str())};
    ec2::DescribeInstancesRequest describe;
    describe.instance_ids = {instance};
    auto seen = iam.cloud_.call(describe);
    CHECK(seen);
    for (const auto& device : seen->instances.at(0).block_device_mappings)
      touched.push_back(iam.existing(device.volume_id.str()));
    return making(r, std::move(touched));
  }
  All operator()(const ec2::RegisterImageRequest& r) const {
    std::vector<Touched> touched = {{"image", {}, {}}};
    for (const auto& device : r.block_device_mappings) {
      if (device.ebs && device.ebs->snapshot_id) touched.push_back(iam.existing(device.ebs->snapshot_id->str()));
    }
    return {{name<ec2::RegisterImageRequest>(), std::move(touched), {}}};
  }
  template <class R>
  All tagging(const R& r) const {
    All all;
    for (const auto& id : r.resources) all.push_back({name<R>(), {iam.existing(id, tags_of(r.tags))}, {}});
    return all;
  }
  All operator()(const ec2::CreateTagsRequest& r) const { return tagging(r); }
  All operator()(const ec2::DeleteTagsRequest& r) const { return tagging(r); }
  All operator()(const ec2::TerminateInstancesRequest& r) const {
    All all;
    for (const auto& id : r.instance_ids)
      all.push_back({name<ec2::TerminateInstancesRequest>(), {iam.existing(id.str())}, {}});
    return all;
  }
  All operator()(const ec2::AttachVolumeRequest& r) const {
    return {
        {name<ec2::AttachVolumeRequest>(), {iam.existing(r.instance_id.str()), iam.existing(r.volume_id.str())}, {}}};
  }
  All operator()(const ec2::ModifyInstanceAttributeRequest& r) const {
    return on<ec2::ModifyInstanceAttributeRequest>(r.instance_id);
  }
  All operator()(const ec2::ModifyNetworkInterfaceAttributeRequest& r) const {
    return on<ec2::ModifyNetworkInterfaceAttributeRequest>(r.network_interface_id);
  }
  All operator()(const ec2::DeleteVolumeRequest& r) const { return on<ec2::DeleteVolumeRequest>(r.volume_id); }
  All operator()(const ec2::DeleteSnapshotRequest& r) const { return on<ec2::DeleteSnapshotRequest>(r.snapshot_id); }
  All operator()(const ec2::DeregisterImageRequest& r) const { return on<ec2::DeregisterImageRequest>(r.image_id); }
  All operator()(const ec2::DeleteNetworkInterfaceRequest& r) const {
    return on<ec2::DeleteNetworkInterfaceRequest>(r.network_interface_id);
  }
  All operator()(const ec2::AssociateAddressRequest& r) const {
    return {{name<ec2::AssociateAddressRequest>(),
             {iam.existing(r.allocation_id), iam.existing(r.network_interface_id.str())},
             {}}};
  }
  // Whose it is.
  All operator()(const ec2::DisassociateAddressRequest& r) const {
    ec2::DescribeAddressesRequest look;
    look.filters = {{"association-id", {r.association_id}}};
    auto answer = iam.cloud_.perform_further(ec2::FurtherRequest(look));
    CHECK(answer);
    const auto& address = std::get<ec2::DescribeAddressesResponse>(*answer).addresses.at(0);
    return {{name<ec2::DisassociateAddressRequest>(),
             {iam.existing(address.allocation_id), iam.existing(address.network_interface_id.str())},
             {}}};
  }
  // What only reads; anything else that changes something is of an action that no policy of ours has.
  template <class R>
  All operator()(const R&) const {
    return {{name<R>(), {}, {}}};
  }
};

Result<void> Iam::judge(const ec2::Request& request) {
  return judge(std::visit(Reader{*this}, request));
}
Result<void> Iam::judge(const ec2::FurtherRequest& request) {
  return judge(std::visit(Reader{*this}, request));
}

}  // namespace holdfast::inprocess
