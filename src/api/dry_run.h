// What a call would do, for ?dryRun=true: the steps in their order with their reasons, how long each phase usually
// takes this managed instance, and what is kept. Nothing is done. The steps are those of core/foresee.h.
#pragma once

#include <boost/json/fwd.hpp>
#include <optional>
#include <string>

#include "api/envelope.h"
#include "engine/engine.h"
#include "http/server.h"
#include "model/event.h"

namespace holdfast::api {

// Whether the call is a dry run (?dryRun=true|false).
Result<bool> dry_run_in(const http::Request& request);

struct Foretold {
  std::string call;  // "recycle"
  model::Event event;
  std::optional<engine::Prospect> prospect = {};  // of a creation or an update
};

// One item. `view`: of the managed instance; nullptr for a creation. Conflicts as the call itself would answer.
Result<boost::json::object> foretell(engine::Engine& engine, const engine::View* view, const Foretold& foretold,
                                     Time now);
http::Response answer_foretold(engine::Engine& engine, const Asked& asked, const engine::View* view,
                               const Foretold& foretold);

inline constexpr char kPlanItem[] = "aws:ec2:managedInstance:plan";

}  // namespace holdfast::api
