// Who asks, and which of the endpoint's services: the signature says both. Nothing of a request is looked at before it
// has been verified. Called by endpoint.cpp.
#pragma once

#include "base/error.h"
#include "cloud/endpoint/answers.h"
#include "ec2/sigv4.h"
#include "http/server.h"

namespace holdfast::cloud::endpoint {

// The service that a request means, by the scope of its credential; without a readable one it is EC2's to refuse.
Service service_of(const http::Request& request);

struct Account {
  ec2::sigv4::Key key;  // the one key that there is
  std::string region;   // requests are signed for it; STS, a global service, takes any
};

// Refusals are `denied`, with the codes of the service: EC2 says AuthFailure for an unknown key and for a signature
// that does not match, the others InvalidClientTokenId and SignatureDoesNotMatch.
Result<void> authenticate(const http::Request& request, Service service, const Account& account, Time now);

}  // namespace holdfast::cloud::endpoint
