// DescribeInstanceTypeOfferings: every type is offered in every zone.
#include <algorithm>

#include "cloud/filters.h"
#include "cloud/rules_further.h"

namespace holdfast::cloud {

namespace {

const std::vector<FilterField<ec2::InstanceTypeOffering>> kOfferingFields = {
    {"instance-type", [](const auto& x) { return Values{x.instance_type}; }},
    {"location", [](const auto& x) { return Values{x.location}; }},
};

Result<std::vector<std::string>> locations(const std::string& region, const std::string& type) {
  if (type == "region") return std::vector<std::string>{region};
  bool zones = type == "availability-zone";
  if (!zones && type != "availability-zone-id") {
    return bad_value("LocationType is region, availability-zone or availability-zone-id, not '" + type + "'.",
                     "LocationType");
  }
  if (zones) return std::vector<std::string>{region + "a", region + "b", region + "c"};
  return std::vector<std::string>{region + "-az1", region + "-az2", region + "-az3"};
}

}  // namespace

FurtherAnswer act(Call& call, const ec2::DescribeInstanceTypeOfferingsRequest& request) {
  std::string type = request.location_type.empty() ? "region" : request.location_type;
  HF_TRY(auto places, locations(call.model.meta.find(kMetaKey)->region, type));
  HF_TRY_VOID(check_filters(request.filters, kOfferingFields));
  std::vector<ec2::InstanceTypeOffering> all;
  for (const auto& offered : kInstanceTypes) {
    for (const auto& place : places) {
      ec2::InstanceTypeOffering offering{std::string(offered.name), type, place};
      if (matches(offering, {}, request.filters, kOfferingFields)) all.push_back(std::move(offering));
    }
  }
  ec2::DescribeInstanceTypeOfferingsResponse response{{}, request.next_token};
  HF_TRY(response.instance_type_offerings,
         list_page_of(request.kAction, std::move(all), request.max_results, response.next_token));
  return response;
}

}  // namespace holdfast::cloud
