// The Describe calls over what the cloud offers: instance types, zones, spot prices.
#include <algorithm>

#include "cloud/filters.h"
#include "cloud/rules.h"
#include "cloud/rules/launch_options.h"

namespace holdfast::cloud {

namespace {

Result<std::vector<const InstanceType*>> types_named(const std::vector<std::string>& names) {
  std::vector<const InstanceType*> types;
  for (const auto& name : names) {
    const InstanceType* type = find_instance_type(name);
    if (type == nullptr)
      return fail(ErrorKind::invalid, "InvalidInstanceType", unknown_instance_type(name), "InstanceType");
    types.push_back(type);
  }
  for (const auto& type : kInstanceTypes) {
    if (names.empty()) types.push_back(&type);
  }
  return types;
}

template <class Shown>
Result<std::vector<Shown>> filtered(std::vector<Shown> all, const std::vector<ec2::Filter>& filters,
                                    const std::vector<FilterField<Shown>>& fields) {
  HF_TRY_VOID(check_filters(filters, fields));
  std::erase_if(all, [&](const Shown& shown) { return !matches(shown, {}, filters, fields); });
  return all;
}

const std::vector<FilterField<ec2::InstanceTypeInfo>> kTypeFields = {
    {"instance-type", [](const auto& x) { return Values{x.instance_type}; }},
    {"processor-info.supported-architecture", [](const auto& x) { return Values{x.architecture}; }},
    {"vcpu-info.default-vcpus", [](const auto& x) { return Values{std::to_string(x.default_v_cpus)}; }},
    {"ebs-info.encryption-support", [](const auto& x) { return Values{x.encryption_support}; }},
    {"memory-info.size-in-mib", [](const auto& x) { return Values{std::to_string(x.size_in_mi_b)}; }},
    {"supported-usage-class",
     [](const auto&) {
       return Values{"on-demand", "spot"};
     }},
};

const std::vector<FilterField<ec2::AvailabilityZone>> kZoneFields = {
    {"zone-name", [](const auto& x) { return Values{x.zone_name}; }},
    {"zone-id", [](const auto& x) { return Values{x.zone_id}; }},
    {"region-name", [](const auto& x) { return Values{x.region_name}; }},
    {"state", [](const auto& x) { return Values{x.state}; }},
    {"zone-type", [](const auto&) { return Values{"availability-zone"}; }},
};

const std::vector<FilterField<ec2::SpotPrice>> kPriceFields = {
    {"instance-type", [](const auto& x) { return Values{x.instance_type}; }},
    {"availability-zone", [](const auto& x) { return Values{x.availability_zone}; }},
    {"product-description",
     [](const auto& x) {
       return Values{x.product_description, x.product_description + " (Amazon VPC)"};
     }},
    {"timestamp", [](const auto& x) { return Values{to_iso(x.timestamp)}; }},
};

}  // namespace

Answer act(Call&, const ec2::DescribeInstanceTypesRequest& request) {
  HF_TRY(auto types, types_named(request.instance_types));
  std::vector<ec2::InstanceTypeInfo> all;
  for (const auto* type : types) {
    all.push_back({std::string(type->name), type->vcpus, type->memory_mib, "x86_64", "unsupported"});
    all.back().ebs_optimized_support = "default";
    all.back().burstable_performance_supported = is_burstable(type->name);
  }
  HF_TRY(all, filtered(std::move(all), request.filters, kTypeFields));
  ec2::DescribeInstanceTypesResponse response{{}, request.next_token};
  HF_TRY(response.instance_types,
         list_page_of(request.kAction, std::move(all), request.max_results, response.next_token));
  return response;
}

Answer act(Call& call, const ec2::DescribeAvailabilityZonesRequest& request) {
  const std::string& region = call.model.meta.find(kMetaKey)->region;
  std::vector<ec2::AvailabilityZone> all;
  for (auto [letter, number] : {std::pair("a", "1"), std::pair("b", "2"), std::pair("c", "3")}) {
    all.push_back({region + letter, region + "-az" + number, region, "available"});
  }
  const auto& names = request.zone_names;
  for (const std::string& name : names) {
    if (std::none_of(all.begin(), all.end(), [&](const auto& zone) { return zone.zone_name == name; })) {
      return fail(ErrorKind::invalid, "InvalidParameterValue", "Invalid availability zone: [" + name + "]", "ZoneName");
    }
  }
  std::erase_if(all, [&](const auto& zone) {
    return !names.empty() && std::find(names.begin(), names.end(), zone.zone_name) == names.end();
  });
  ec2::DescribeAvailabilityZonesResponse response;
  HF_TRY(response.availability_zones, filtered(std::move(all), request.filters, kZoneFields));
  return response;
}

// Today's prices: the local cloud keeps no older ones, so each market has one entry, since when it holds. As on EC2 the
// price that held at StartTime is shown, however old it is; EndTime leaves out what came later.
Answer act(Call& call, const ec2::DescribeSpotPriceHistoryRequest& request) {
  HF_TRY(auto types, types_named(request.instance_types));
  const Meta& meta = *call.model.meta.find(kMetaKey);
  std::vector<ec2::SpotPrice> all;
  for (const auto* type : types) {
    for (const char* letter : {"a", "b", "c"}) {
      MarketKey key{std::string(type->name), meta.region + letter, true};
      const Market* market = call.model.markets.find(market_name(key));
      Time since = market != nullptr && market->price ? market->priced_at : meta.created_at;
      all.push_back({key.instance_type, key.availability_zone, "Linux/UNIX", price_of(call.model, key), since});
    }
  }
  auto filters = request.filters;
  if (!request.availability_zone.empty()) filters.push_back({"availability-zone", {request.availability_zone}});
  if (!request.product_descriptions.empty()) filters.push_back({"product-description", request.product_descriptions});
  HF_TRY(all, filtered(std::move(all), filters, kPriceFields));
  std::erase_if(all,
                [&](const ec2::SpotPrice& price) { return request.end_time && price.timestamp > *request.end_time; });
  ec2::DescribeSpotPriceHistoryResponse response{{}, request.next_token};
  HF_TRY(response.spot_price_history,
         list_page_of(request.kAction, std::move(all), request.max_results, response.next_token));
  return response;
}

}  // namespace holdfast::cloud
