// Groups of managed instances (/aws/ec2/group), with the same envelope and merge rules as managed instances.
#pragma once

#include <string>
#include <vector>

#include "api/envelope.h"
#include "api/routes.h"
#include "engine/engine.h"
#include "http/server.h"

namespace holdfast::api {

struct GroupCall {
  Operation operation = Operation::groups;  // or one of those of a group
  const std::vector<std::string>& parts;    // of the path: the group's id, where the operation has one
};

// An item is the group as its user wrote it, with id, createdAt, updatedAt, and the members with their addresses.
// Removing one is a conflict while it has members.
http::Response answer_group(engine::Engine& engine, const Asked& asked, const http::Request& request,
                            const GroupCall& call);

}  // namespace holdfast::api
