// Keys as JSON: how credential_process, a container's endpoint and the instance metadata say them.
#pragma once

#include <string>
#include <string_view>

#include "aws/credentials.h"
#include "base/error.h"

namespace holdfast::aws {

enum class CredentialsForm {
  process,   // Version 1, SessionToken and Expiration may be missing
  endpoint,  // Token, Expiration; "Code" other than "Success" is a refusal
};

// Errors (unavailable, "MalformedCredentials") name the member that is missing or wrong, and no value.
Result<Credentials> read_credentials_json(std::string_view text, CredentialsForm form, std::string source);

// ISO 8601, with Z or an offset.
std::optional<Time> read_expiration(std::string_view text);

}  // namespace holdfast::aws
