// --wait: stays until a managed instance is where an action leads, telling what happens meanwhile. What is waited for
// is the status itself; the stream of events only says when to look.
#pragma once

#include <chrono>
#include <optional>
#include <set>
#include <string>

#include "cli/session.h"

namespace holdfast::cli {

struct Wanted {
  std::string id;
  std::set<std::string> statuses;  // any of these is the end
  int64_t least_generation = 0;    // and no generation below it
  bool gone_is_done = false;       // the service does not know it any more: done, too
  bool error_is_end = true;        // ERROR ends the wait, once the status was another since the action
  bool was_error = false;          // it was in ERROR when the action began
  int64_t after = 0;               // events after this one are told
  // When the wait is over, where several share one; without it, the session's timeout after its beginning.
  std::optional<std::chrono::steady_clock::time_point> until = {};
};

// The sequence of the newest event of it, so that a wait tells only what comes.
Result<int64_t> newest_event(Session& session, const std::string& id);

// Gives the status reached (null if it is gone). Errors: kWaitOver, and a failure with the service's reason on ERROR.
Result<boost::json::value> wait_for(Session& session, const Wanted& wanted);

// "terminating 240 ms, saving 33 ms": of an event that has them; empty if it has not.
std::string phases_of(const boost::json::value& event);

}  // namespace holdfast::cli
