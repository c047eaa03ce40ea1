// Why a managed instance is where it is: the last decision and what it saw, what is waited for and until when, in plain
// words and as data. Called by api.cpp.
#pragma once

#include "api/envelope.h"
#include "engine/engine.h"

namespace holdfast::api {

http::Response answer_why(engine::Engine& engine, const Asked& asked, const engine::View& view);

}  // namespace holdfast::api
