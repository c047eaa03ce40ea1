// Pause, resume and recycle of many managed instances with one request (PUT …/state). Called by api.cpp.
//
// Everything of the body is checked before anything is done: a fault of any entry, also an id that nobody has, refuses
// the whole request. Then each is asked on its own: what one is refused with (a conflict) is told with that one, and
// does not stop the others. Only where all are refused the answer is an error as a whole.
#pragma once

#include "api/envelope.h"
#include "engine/engine.h"
#include "http/server.h"

namespace holdfast::api {

// Each is stored before the next is asked: a request stays within what a client waits for.
inline constexpr size_t kMostAtOnce = 500;

http::Response answer_bulk_state(engine::Engine& engine, const Asked& asked, const http::Request& request);

}  // namespace holdfast::api
