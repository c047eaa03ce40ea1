// The least rights that the service needs at AWS, as an IAM policy. What is made must carry our tag, and what is
// changed or deleted must carry it already, wherever EC2 lets a policy say so: whoever has the keys of the service
// cannot touch other machines with them. Called by `holdfast aws policy` and `holdfast aws check`.
//
// What holds always: an action is in it because the service calls it (tests/inprocess/policy_test lives whole lives
// under exactly this policy), or because `reason_beyond_the_service` says why.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace holdfast::aws {

// The tag that the service puts on everything of a managed instance, and how its values look.
inline constexpr char kOwnerTag[] = "holdfast:managed-instance";
inline constexpr char kOwnerValues[] = "smi-*";

// Beyond the lives of managed instances that were made here.
enum class Feature {
  import,            // running EC2 instances become managed ones: what is not ours yet is tagged and changed
  first_spot,        // the first spot request of an account makes its service-linked role
  elastic_ip,        // compute.elasticIp: addresses are the user's, and carry no tag of ours
  instance_profile,  // launchSpecification.iamRole: a role is handed on to the machines
};
// "import", "first-spot", "elastic-ip", "instance-profile".
Result<Feature> read_feature(std::string_view name);
const std::vector<std::string>& feature_names();

struct PolicyOptions {
  std::set<Feature> features;
  std::string region = "*";
  std::string account = "*";
  std::string queue;  // of SQS: its name, URL or ARN; empty: none
};

// The document, as JSON for people. Errors: what is not a region, an account or a queue, by the option's name.
Result<std::string> policy(const PolicyOptions& options);

// As IAM counts it against its limits: without white space.
size_t policy_size(std::string_view text);
// IAM's quotas: of one managed policy, and of all inline policies of a role together.
inline constexpr size_t kMostOfAManagedPolicy = 6144;
inline constexpr size_t kMostOfAnInlinePolicy = 10240;

// "ec2:RunInstances", …: sorted, each once.
std::vector<std::string> policy_actions(const PolicyOptions& options);

// Why an action is in the policy although a managed instance's life does not call it; empty: it does.
std::string_view reason_beyond_the_service(std::string_view action);

}  // namespace holdfast::aws
