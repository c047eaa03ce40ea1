// What an account has: tags of everything, the region, attributes, and key pairs (as data: images here take their keys
// from user data, as the minimal one has no SSH).
#include <algorithm>

#include "base/text.h"
#include "cloud/addresses.h"
#include "cloud/filters.h"
#include "cloud/key_pairs.h"
#include "cloud/rules_further.h"

namespace holdfast::cloud {

namespace {

const std::vector<FilterField<ec2::TagDescription>> kTagFields = {
    {"key", [](const auto& x) { return Values{x.key}; }},
    {"resource-id", [](const auto& x) { return Values{x.resource_id}; }},
    {"resource-type", [](const auto& x) { return Values{x.resource_type}; }},
    {"value", [](const auto& x) { return Values{x.value}; }},
};

const std::vector<FilterField<ec2::Region>> kRegionFields = {
    {"region-name", [](const auto& x) { return Values{x.region_name}; }},
    {"endpoint", [](const auto& x) { return Values{x.endpoint}; }},
    {"opt-in-status", [](const auto& x) { return Values{x.opt_in_status}; }},
};

const std::vector<FilterField<ec2::KeyPairInfo>> kKeyFields = {
    {"key-pair-id", [](const auto& x) { return Values{x.key_pair_id}; }},
    {"key-name", [](const auto& x) { return Values{x.key_name}; }},
    {"fingerprint", [](const auto& x) { return Values{x.key_fingerprint}; }},
};

template <class Key, class Row>
void collect_tags(const Table<Key, Row>& table, std::vector<ec2::TagDescription>& to) {
  for (const auto& [id, row] : table.rows()) {
    if (hidden(row)) continue;
    for (const auto& tag : row.tags)
      to.push_back({tag.key, id.str(), std::string(kind_of(id).resource_type), tag.value});
  }
}

const KeyPair* key_named(const Model& model, const std::string& name) {
  for (const auto& [id, row] : model.key_pairs.rows()) {
    if (row.name == name) return &row;
  }
  return nullptr;
}

Failure no_such_key(const std::string& name) {
  return ec2::ec2_fail("InvalidKeyPair.NotFound", "The key pair '" + name + "' does not exist.");
}

Result<void> check_key_name(const Model& model, const std::string& name) {
  constexpr size_t kMaxName = 255;
  if (name.empty()) return missing("KeyName");
  if (name.size() > kMaxName) return bad_value("A key pair's name has at most 255 characters.", "KeyName");
  if (key_named(model, name) == nullptr) return {};
  return ec2::ec2_fail("InvalidKeyPair.Duplicate", "The key pair '" + name + "' exists already.");
}

KeyPair put_key(Call& call, const std::string& name, const KeyMaterial& material, std::vector<ec2::Tag> tags) {
  KeyPair row{fresh_id(call.model.key_pairs, call.random),
              name,
              material.type,
              material.fingerprint,
              material.public_key,
              call.now,
              std::move(tags)};
  call.model.key_pairs.put(row.id, row);
  return row;
}

}  // namespace

FurtherAnswer act(Call& call, const ec2::DescribeTagsRequest& request) {
  HF_TRY_VOID(check_filters(request.filters, kTagFields));
  std::vector<ec2::TagDescription> all;
  const Model& model = call.model;
  collect_tags(model.instances, all), collect_tags(model.volumes, all), collect_tags(model.snapshots, all);
  collect_tags(model.images, all), collect_tags(model.interfaces, all), collect_tags(model.subnets, all);
  collect_tags(model.vpcs, all), collect_tags(model.groups, all), collect_tags(model.allocations, all);
  collect_tags(model.key_pairs, all), collect_tags(model.spot_requests, all), collect_tags(model.root_tasks, all);
  std::erase_if(all, [&](const ec2::TagDescription& x) {
    return !matches(x, {{x.key, x.value}}, request.filters, kTagFields);
  });
  ec2::DescribeTagsResponse response{{}, request.next_token};
  HF_TRY(response.tags, list_page_of(request.kAction, std::move(all), request.max_results, response.next_token));
  return response;
}

FurtherAnswer act(Call& call, const ec2::DescribeRegionsRequest& request) {
  HF_TRY_VOID(check_filters(request.filters, kRegionFields));
  const std::string& name = call.settings.region;
  for (const auto& wanted : request.region_names) {
    if (wanted != name)
      return bad_value("There is one region here, '" + name + "', no '" + wanted + "'.", "RegionName");
  }
  ec2::Region region{"ec2." + name + ".amazonaws.com", name, "opt-in-not-required"};
  ec2::DescribeRegionsResponse response;
  if (matches(region, {}, request.filters, kRegionFields)) response.regions.push_back(region);
  return response;
}

FurtherAnswer act(Call& call, const ec2::DescribeAccountAttributesRequest& request) {
  bool has_default = call.model.vpcs.contains(VpcId(kDefaultVpc));
  std::vector<ec2::AccountAttribute> all = {
      {"supported-platforms", {"VPC"}},
      {"default-vpc", {has_default ? kDefaultVpc : "none"}},
      {"max-instances", {"1000"}},
      {"vpc-max-security-groups-per-interface", {"5"}},
      {"max-elastic-ips", {std::to_string(kMaxAddresses)}},
      {"vpc-max-elastic-ips", {std::to_string(kMaxAddresses)}},
  };
  ec2::DescribeAccountAttributesResponse response;
  for (const auto& name : request.attribute_names) {
    auto found = std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.attribute_name == name; });
    if (found == all.end()) return bad_value("The attribute '" + name + "' is unknown.", "AttributeName");
    response.account_attributes.push_back(*found);
  }
  if (request.attribute_names.empty()) response.account_attributes = std::move(all);
  return response;
}

// The key itself is made by the front, before the transaction: rules draw no secrets.
FurtherAnswer act(Call& call, const ec2::CreateKeyPairRequest& request) {
  HF_TRY_VOID(check_key_name(call.model, request.key_name));
  HF_TRY_VOID(check_tag_specifications(request.tag_specifications, {"key-pair"}));
  if (!request.key_format.empty() && request.key_format != "pem")
    return bad_value("Keys are given in the format 'pem'.", "KeyFormat");
  const KeyMaterial& material = call.settings.fresh_key;
  CHECK(!material.private_key.empty());
  KeyPair row = put_key(call, request.key_name, material, tags_for(request.tag_specifications, "key-pair"));
  return ec2::CreateKeyPairResponse{row.fingerprint, material.private_key, row.name, row.id.str(), row.tags};
}

FurtherAnswer act(Call& call, const ec2::ImportKeyPairRequest& request) {
  HF_TRY_VOID(check_key_name(call.model, request.key_name));
  HF_TRY_VOID(check_tag_specifications(request.tag_specifications, {"key-pair"}));
  HF_TRY(KeyMaterial material, read_public_key(request.public_key_material));
  KeyPair row = put_key(call, request.key_name, material, tags_for(request.tag_specifications, "key-pair"));
  return ec2::ImportKeyPairResponse{row.fingerprint, row.name, row.id.str(), row.tags};
}

// As on EC2, a name that does not exist is no error.
FurtherAnswer act(Call& call, const ec2::DeleteKeyPairRequest& request) {
  if (!request.key_pair_id.empty()) {
    HF_TRY(const KeyPair* row, need(call.model.key_pairs, KeyPairId(request.key_pair_id), "KeyPairId"));
    call.model.key_pairs.erase(KeyPairId(row->id));
    return ec2::Empty{};
  }
  if (request.key_name.empty()) return missing("KeyName");
  if (const KeyPair* row = key_named(call.model, request.key_name)) call.model.key_pairs.erase(KeyPairId(row->id));
  return ec2::Empty{};
}

FurtherAnswer act(Call& call, const ec2::DescribeKeyPairsRequest& request) {
  HF_TRY_VOID(check_filters(request.filters, kKeyFields));
  for (const auto& name : request.key_names) {
    if (key_named(call.model, name) == nullptr) return no_such_key(name);
  }
  for (const auto& id : request.key_pair_ids) HF_TRY_VOID(need(call.model.key_pairs, KeyPairId(id), "KeyPairId"));
  auto named = [](const std::vector<std::string>& names, const std::string& name) {
    return names.empty() || std::find(names.begin(), names.end(), name) != names.end();
  };
  ec2::DescribeKeyPairsResponse response;
  for (const auto& [id, row] : call.model.key_pairs.rows()) {
    if (!named(request.key_names, row.name) || !named(request.key_pair_ids, id.str())) continue;
    ec2::KeyPairInfo shown{id.str(), row.fingerprint, row.name, row.type, row.tags, "", row.created_at};
    if (request.include_public_key.value_or(false)) shown.public_key = row.public_key;
    if (matches(shown, row.tags, request.filters, kKeyFields)) response.key_pairs.push_back(std::move(shown));
  }
  return response;
}

Result<void> check_key(const Model& model, const std::string& name) {
  if (name.empty() || key_named(model, name) != nullptr) return {};
  return no_such_key(name);
}

}  // namespace holdfast::cloud
