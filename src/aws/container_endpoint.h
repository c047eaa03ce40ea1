// Keys from a container's agent: ECS (a relative URI at a fixed host) and EKS Pod Identity, Greengrass and others (a
// full URI).
#pragma once

#include <optional>
#include <stop_token>
#include <string>

#include "aws/credentials.h"
#include "aws/environment.h"
#include "aws/http_client.h"

namespace holdfast::aws {

// Nothing if neither AWS_CONTAINER_CREDENTIALS_RELATIVE_URI nor _FULL_URI is set. A full URI must be https, or lead to
// this machine or the agents' fixed addresses: the authorization token must not go elsewhere in the clear. The token
// comes from AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE (read each time: it is renewed) or
// AWS_CONTAINER_AUTHORIZATION_TOKEN.
Result<std::optional<Credentials>> container_credentials(HttpClient& http, const Environment& environment,
                                                         const std::string& relative_host, std::stop_token stop);

}  // namespace holdfast::aws
