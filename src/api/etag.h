// The version of a managed instance as clients see it: the ETag of what they read, and the If-Match of an update that
// is meant for just that version. Called by api.cpp.
#pragma once

#include <string>

#include "base/error.h"
#include "engine/engine.h"
#include "http/server.h"

namespace holdfast::api {

// Strong, the same after a restart; another one after every change of the document.
std::string etag_of(const engine::View& view);

// Of the request's If-Match: whether an update may be merged into this version. Always, where there is none. An error
// where the header is not well formed.
Result<engine::Precondition> precondition_in(const http::Request& request);

}  // namespace holdfast::api
