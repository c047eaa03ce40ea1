// The service's log: one line an event, to standard error, as text or as JSON. Tokens and user data are never handed to
// it. Called once, by serve.
#pragma once

#include <string>

namespace holdfast::daemon {

// `level` and `format` as in Settings.
void begin_log(const std::string& level, const std::string& format);

}  // namespace holdfast::daemon
