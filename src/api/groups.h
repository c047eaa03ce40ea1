// Groups of managed instances (/aws/ec2/group), with the same envelope and merge rules as managed instances.
#pragma once

#include <string>

#include "api/envelope.h"
#include "engine/engine.h"
#include "http/server.h"

namespace holdfast::api {

inline constexpr char kGroupRoot[] = "/aws/ec2/group";

// `path` is kGroupRoot or below it. POST {"group": {…}} creates; PUT merges; DELETE is a conflict while it has members.
// An item is the group as its user wrote it, with id, createdAt, updatedAt, and the members with their addresses.
http::Response answer_group(engine::Engine& engine, const Asked& asked, const http::Request& request);

}  // namespace holdfast::api
