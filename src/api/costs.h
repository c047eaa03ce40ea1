// GET …/{id}/costs: what a managed instance cost in a stretch of time, whole and by day or month. The members that
// existing clients read (costs, running, savings), and ours besides. Called by api.cpp.
#pragma once

#include "api/envelope.h"
#include "engine/engine.h"
#include "http/server.h"

namespace holdfast::api {

// Query: fromDate and toDate (a day, or a moment; UTC), aggregationPeriod (day or month).
http::Response answer_costs(engine::Engine& engine, const Asked& asked, const http::Request& request,
                            const engine::View& view);

}  // namespace holdfast::api
