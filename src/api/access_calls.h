// The calls about tokens and the audit log; the gate lets admins in only. Called by api.cpp.
#pragma once

#include <string>
#include <vector>

#include "access/role.h"
#include "api/envelope.h"
#include "api/gate.h"
#include "api/routes.h"
#include "http/server.h"

namespace holdfast::api {

struct AccessCall {
  Operation operation = Operation::tokens;  // or another one of tokens or of the audit log
  const std::vector<std::string>& parts;    // of the path: the token's name, where the operation has one
  const access::Caller& caller;
};

// GET  /token            all, without their secrets
// POST /token            {"token":{"name","role","expiresInSeconds"}}: the only answer that has the secret
// DELETE /token/{name}
// GET  /audit            entries, newest first: limit, and before (a sequence) for the page after it
// GET  /audit/verify     the whole log looked through; end=SEQUENCE:HASH: an end that was noted elsewhere
http::Response answer_access(Gate& gate, const Asked& asked, const http::Request& request, const AccessCall& call);

}  // namespace holdfast::api
