// HTTP for the suites: one call at a time, and a stream of lines. Plain types; libcurl is behind it.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <string>

#include "base/error.h"
#include "base/time.h"

namespace holdfast::support {

struct HttpCall {
  std::string method = "GET";
  std::string url;
  std::string body;
  std::string bearer;  // token; empty: no Authorization
  std::string accept = "application/json";
  Duration limit = std::chrono::seconds(30);
};

struct HttpAnswer {
  int status = 0;
  std::string body;
};

// unavailable: nobody listens there. unknown_outcome: the connection broke or the time was over after it was sent.
Result<HttpAnswer> http_call(const HttpCall& call);

// Hands out each line of the answer as it comes, until the other side ends, or `stop` is set.
Result<void> http_lines(const HttpCall& call, const std::atomic<bool>& stop,
                        const std::function<void(const std::string&)>& line);

}  // namespace holdfast::support
