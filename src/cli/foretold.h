// What the service would do, as its dry run tells it: the steps, their reasons, how long they usually take. Shown by
// plan, apply and the actions with --dry-run.
#pragma once

#include <boost/json/fwd.hpp>
#include <string>

#include "base/time.h"
#include "cli/commands.h"

namespace holdfast::cli {

inline constexpr Duration kDryRunLimit = std::chrono::minutes(2);  // the service looks at the cloud

// `foretold`: an item of a dry run's answer. A table of its steps and what is to be known besides.
std::string foretold_text(const boost::json::value& foretold, const Terminal& terminal);

}  // namespace holdfast::cli
