// The history of one managed instance, or of all: page by page, or as a stream of server-sent events that begins after
// a sequence number and goes on as things happen. Called by api.cpp.
#pragma once

#include <optional>

#include "api/envelope.h"
#include "engine/engine.h"
#include "http/server.h"

namespace holdfast::api {

// `id` empty: of all. The managed instance is known to exist.
http::Response answer_events(engine::Engine& engine, const Asked& asked, const http::Request& request,
                             const std::optional<ManagedInstanceId>& id);

}  // namespace holdfast::api
