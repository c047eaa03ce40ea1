// The target of a request line: "/path?query", taken apart and decoded. libmicrohttpd's own decoding ends at a "%00"
// and lets broken escapes through, so it is switched off and this is used. Called by server.cpp.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

namespace holdfast::http {

struct Target {
  std::string path;
  std::vector<std::pair<std::string, std::string>> query;
};

// Refused (invalid): a target that is not a path, broken escapes, a NUL. In the query `+` is a space.
Result<Target> parse_target(std::string_view raw);

}  // namespace holdfast::http
