#include "cloud/rules/launch_options.h"

#include "cloud/lookup.h"

namespace holdfast::cloud {

namespace {

constexpr int kMostHops = 64;

Result<void> check_metadata(const ec2::MetadataOptions& options) {
  const auto& tokens = options.http_tokens;
  if (!tokens.empty() && tokens != "optional" && tokens != "required") {
    return bad_value("HttpTokens is 'optional' or 'required', not '" + tokens + "'.", "MetadataOptions.HttpTokens");
  }
  int hops = options.http_put_response_hop_limit.value_or(1);
  if (hops < 1 || hops > kMostHops) {
    return bad_value("HttpPutResponseHopLimit is 1 to 64.", "MetadataOptions.HttpPutResponseHopLimit");
  }
  const auto& tags = options.instance_metadata_tags;
  if (!tags.empty() && tags != "enabled" && tags != "disabled") {
    return bad_value("InstanceMetadataTags is 'enabled' or 'disabled', not '" + tags + "'.",
                     "MetadataOptions.InstanceMetadataTags");
  }
  return {};
}

Result<void> check_tenancy(const std::string& tenancy) {
  if (tenancy.empty() || tenancy == "default") return {};
  if (tenancy != "dedicated" && tenancy != "host") {
    return bad_value("Invalid value '" + tenancy + "' for InstanceTenancy.", "Placement.Tenancy");
  }
  return bad_value("The local cloud is one machine, which no tenancy makes yours alone; leave it out.",
                   "Placement.Tenancy");
}

Result<void> check_credits(const ec2::RunInstancesRequest& request) {
  const std::string& credits = request.cpu_credits;
  if (credits.empty()) return {};
  if (credits != "standard" && credits != "unlimited") {
    return bad_value("CpuCredits is 'standard' or 'unlimited', not '" + credits + "'.",
                     "CreditSpecification.CpuCredits");
  }
  if (is_burstable(request.instance_type)) return {};
  return bad_combination("The instance type " + request.instance_type + " has no CPU credits.",
                         "CreditSpecification.CpuCredits");
}

}  // namespace

bool is_burstable(std::string_view instance_type) {
  return instance_type.size() > 1 && instance_type[0] == 't' && instance_type[1] >= '1' && instance_type[1] <= '9';
}

Result<void> check_launch_options(const ec2::RunInstancesRequest& request) {
  if (request.metadata_options) HF_TRY_VOID(check_metadata(*request.metadata_options));
  HF_TRY_VOID(check_tenancy(request.tenancy));
  HF_TRY_VOID(check_credits(request));
  if (request.iam_instance_profile) {
    const auto& profile = *request.iam_instance_profile;
    return bad_value("Value (" + (profile.arn.empty() ? profile.name : profile.arn) +
                         ") for parameter iamInstanceProfile is invalid: the local cloud has no IAM, and no profile.",
                     "IamInstanceProfile");
  }
  for (const auto& interface : request.network_interfaces) {
    if (!interface.associate_public_ip_address.value_or(false)) continue;
    return bad_value("The local cloud gives no public address to a launch; associate an Elastic IP address.",
                     "NetworkInterface.AssociatePublicIpAddress");
  }
  for (const auto& mapping : request.block_device_mappings) {
    if (!mapping.ebs || mapping.ebs->kms_key_id.empty()) continue;
    return bad_value("The local cloud does not encrypt volumes; leave the key out.", "BlockDeviceMapping.Ebs.KmsKeyId");
  }
  return {};
}

void set_launch_options(const ec2::RunInstancesRequest& request, Instance& instance) {
  if (request.metadata_options) {
    const auto& options = *request.metadata_options;
    instance.imds_tokens_required = options.http_tokens == "required";
    instance.metadata_hop_limit = options.http_put_response_hop_limit.value_or(1);
    instance.metadata_tags = options.instance_metadata_tags != "disabled";
  }
  instance.key_name = request.key_name;
  instance.monitoring = request.monitoring.value_or(false);
  instance.ebs_optimized = request.ebs_optimized.value_or(false);
}

}  // namespace holdfast::cloud
