// `describe`: everything about one managed instance, for a person.
#pragma once

#include <boost/json/fwd.hpp>
#include <string>

#include "base/time.h"
#include "cli/commands.h"

namespace holdfast::cli {

struct Known {
  const boost::json::value& document;
  const boost::json::value& status;
  const boost::json::array& events;  // the last ones
};

std::string description(const Known& known, const Terminal& terminal, Time now);

}  // namespace holdfast::cli
