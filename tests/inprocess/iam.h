// IAM's judgement over the service's calls: what a policy allows of EC2, by the resources that each call touches and
// the tags that they have at that moment or get by it (AWS's "Actions, resources, and condition keys for Amazon EC2").
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "cloud/cloud.h"

namespace holdfast::inprocess {

using Tags = std::map<std::string, std::string>;

// One resource that a call touches.
struct Touched {
  std::string kind;  // "volume"
  Tags has;          // the tags of what exists
  Tags gets;         // the tags that the request puts on it
};

// What one call needs: an action on each of its resources; none: on "*".
struct Needed {
  std::string action;  // "ec2:CreateVolume"
  std::vector<Touched> resources;
  std::string create_action;  // of a CreateTags that comes with another call
};

class Iam {
 public:
  // The policy as JSON; the cloud is asked for the tags of what exists.
  Iam(const std::string& policy, cloud::Cloud& cloud);

  // UnauthorizedOperation, naming what is missing.
  Result<void> judge(const ec2::Request& request);
  Result<void> judge(const ec2::FurtherRequest& request);
  // Every action that was asked for, and what was refused.
  const std::set<std::string>& asked() const { return asked_; }
  const std::vector<std::string>& refused() const { return refused_; }

 private:
  struct Condition {
    std::string how, key;
    std::vector<std::string> values;
  };
  struct Statement {
    std::vector<std::string> actions, resources;
    std::vector<Condition> conditions;
  };
  struct Reader;

  static bool holds(const Condition& condition, const Touched& resource, const std::string& create_action);
  bool allows(const std::string& action, const std::optional<Touched>& resource,
              const std::string& create_action) const;
  Result<void> judge(const std::vector<Needed>& needed);
  Touched existing(const std::string& id, Tags gets = {}) const;

  std::vector<Statement> statements_;
  cloud::Cloud& cloud_;
  std::set<std::string> asked_;
  std::vector<std::string> refused_;
};

}  // namespace holdfast::inprocess
