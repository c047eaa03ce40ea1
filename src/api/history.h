// The replacements of one managed instance, newest first: each with its reason, its phases and how long they took, and
// the market before and after. Made of the records with which handovers end. Called by api.cpp.
#pragma once

#include "api/envelope.h"
#include "engine/engine.h"
#include "http/server.h"

namespace holdfast::api {

// Query: limit, and before (a sequence of an item) for the page after it. The managed instance is known to exist.
http::Response answer_history(engine::Engine& engine, const Asked& asked, const http::Request& request,
                              const ManagedInstanceId& id);

}  // namespace holdfast::api
