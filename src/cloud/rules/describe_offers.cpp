// The Describe calls over what the cloud offers: instance types, zones, spot prices.
#include <algorithm>

#include "cloud/filters.h"
#include "cloud/rules.h"

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

}  // namespace

// All types fit one page, so a token is never given and none is right.
Answer act(Call&, const ec2::DescribeInstanceTypesRequest& request) {
  HF_TRY_VOID(read_page_token(request.kAction, request.next_token));
  HF_TRY(auto types, types_named(request.instance_types));
  ec2::DescribeInstanceTypesResponse response;
  for (const auto* type : types) {
    response.instance_types.push_back({std::string(type->name), type->vcpus, type->memory_mib, "x86_64"});
  }
  return response;
}

Answer act(Call& call, const ec2::DescribeAvailabilityZonesRequest&) {
  const std::string& region = call.model.meta.find(kMetaKey)->region;
  ec2::DescribeAvailabilityZonesResponse response;
  for (auto [letter, number] : {std::pair("a", "1"), std::pair("b", "2"), std::pair("c", "3")}) {
    response.availability_zones.push_back({region + letter, region + "-az" + number, region, "available"});
  }
  return response;
}

// Today's prices: the local cloud keeps no older ones, so each market has one entry, since when it holds.
Answer act(Call& call, const ec2::DescribeSpotPriceHistoryRequest& request) {
  HF_TRY_VOID(read_page_token(request.kAction, request.next_token));
  HF_TRY(auto types, types_named(request.instance_types));
  const Meta& meta = *call.model.meta.find(kMetaKey);
  ec2::DescribeSpotPriceHistoryResponse response;
  for (const auto* type : types) {
    for (const char* letter : {"a", "b", "c"}) {
      MarketKey key{std::string(type->name), meta.region + letter, true};
      const Market* market = call.model.markets.find(market_name(key));
      Time since = market != nullptr && market->price ? market->priced_at : meta.created_at;
      response.spot_price_history.push_back(
          {key.instance_type, key.availability_zone, "Linux/UNIX", price_of(call.model, key), since});
    }
  }
  return response;
}

}  // namespace holdfast::cloud
