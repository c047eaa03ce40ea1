// The one call of AWS's Service Quotas that is in use: how much of something the account may have. For people who ask
// (`holdfast aws check`); the service itself never calls it.
#pragma once

#include <stop_token>
#include <string>

#include "aws/query_service.h"

namespace holdfast::aws {

// vCPUs of running instances of the standard families (A, C, D, H, I, M, R, T, Z): AWS's own codes.
inline constexpr char kSpotQuota[] = "L-34B43A08";
inline constexpr char kOnDemandQuota[] = "L-1216C47A";

// The quota of EC2 with this code. `quotas` signs as "servicequotas". Errors: denied, without the right
// servicequotas:GetServiceQuota; unknown_outcome, if the answer is none.
Result<double> ec2_quota(QueryService& quotas, const std::string& code, std::stop_token stop);

}  // namespace holdfast::aws
