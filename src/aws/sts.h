// The calls of AWS's Security Token Service that are in use: the two that bring keys (for a role, asked for with other
// keys or with a token of a web identity provider), and the one that says whose keys they are.
#pragma once

#include <stop_token>
#include <string>

#include "aws/credentials.h"
#include "aws/query_service.h"

namespace holdfast::aws {

struct RoleToAssume {
  std::string role_arn;
  std::string session_name;
  std::string external_id;         // empty: none
  std::string web_identity_token;  // empty: asked for with the service's keys
  int duration_seconds = 0;        // 0: as the role has it
};

// `sts` signs with the keys that ask; not at all for a web identity. Errors: the service's (denied, …).
Result<Credentials> assume_role(QueryService& sts, const RoleToAssume& role, std::stop_token stop);

struct Caller {
  std::string account;
  std::string arn;
};

// Who signs; needs no right. Errors: denied, if the keys are not good.
Result<Caller> caller_identity(QueryService& sts, std::stop_token stop);

}  // namespace holdfast::aws
