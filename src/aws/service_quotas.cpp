#include "aws/service_quotas.h"

#include <boost/json.hpp>

namespace holdfast::aws {

namespace json = boost::json;

namespace {

Result<double> value_in(const std::string& body) {
  boost::system::error_code error;
  const json::value answer = json::parse(body, error);
  const json::object* whole = error ? nullptr : answer.if_object();
  const json::value* quota = whole == nullptr ? nullptr : whole->if_contains("Quota");
  const json::value* value =
      quota == nullptr || !quota->is_object() ? nullptr : quota->get_object().if_contains("Value");
  if (value == nullptr || !value->is_number()) {
    return fail(ErrorKind::unknown_outcome, "MalformedAnswer", "the answer of Service Quotas has no value");
  }
  return value->to_number<double>();
}

}  // namespace

Result<double> ec2_quota(QueryService& quotas, const std::string& code, std::stop_token stop) {
  double value = 0;
  ServiceCall call;
  call.action = "GetServiceQuota";
  call.json_target = "ServiceQuotasV20190624.GetServiceQuota";
  call.body = json::serialize(json::object{{"ServiceCode", "ec2"}, {"QuotaCode", code}});
  call.read = [&](const std::string& body) -> Result<void> {
    HF_TRY(value, value_in(body));
    return {};
  };
  HF_TRY_VOID(quotas.call(call, stop));
  return value;
}

}  // namespace holdfast::aws
