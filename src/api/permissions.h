// Which role a call wants, and whether the audit log tells of it. One place for the API, tokens, the audit log and the
// local cloud's controls, which share the gate. Called by gate.cpp.
#pragma once

#include "access/role.h"
#include "http/server.h"

namespace holdfast::api {

struct Permission {
  access::Role needed = access::Role::admin;
  bool audited = true;  // false: it changes nothing
};

// What is not known here is a change that an operator may ask for, and audited: a new call is never open to viewers nor
// left out of the log by oversight.
Permission permission_for(const http::Request& request);

}  // namespace holdfast::api
