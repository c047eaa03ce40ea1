// A look at an account before the service is let loose on it: who we are there, what we may do, where the limits are,
// what is missing and how to get it. Called by `holdfast aws check`.
//
// What holds always: nothing is changed. What has effects is asked as a dry run (check_probes.h), and no more of that
// kind once an endpoint was seen not to know dry runs.
#pragma once

#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "aws/policy.h"
#include "aws/session.h"

namespace holdfast::aws {

enum class Verdict {
  ok,
  missing,  // the service cannot work as it is
  unsure,   // cannot be seen from here; `detail` says why
};
std::string_view to_string(Verdict verdict);

struct Finding {
  std::string about;  // "keys", "ec2:RunInstances"
  Verdict verdict = Verdict::ok;
  std::string detail;
  std::string remedy;  // of what is missing
};

struct CheckOptions {
  std::set<Feature> features;
  std::string queue;  // of SQS, by name or URL; empty: none is used
  std::vector<SubnetId> subnets;
  std::vector<ImageId> images;
};

struct Examination {
  std::string region, endpoint;  // of EC2
  std::string account, who;      // by STS; empty: it was not to be learned
  bool reached = true;           // somebody answered
  std::vector<Finding> findings;

  bool complete() const;  // nothing is missing
};

// Blocks; ends early where the keys are no good or nobody answers.
Examination examine(Session& session, const CheckOptions& options, std::stop_token stop = {});

}  // namespace holdfast::aws
