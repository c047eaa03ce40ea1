// Requests to what is near: a container's credentials endpoint, the instance metadata service. Short, by no proxy,
// tried again where the other side is there but not well.
#pragma once

#include <stop_token>

#include "aws/http_client.h"

namespace holdfast::aws {

struct NearbyOptions {
  Duration timeout = std::chrono::seconds(1);  // of one attempt
  int attempts = 3;
  // Nobody there (no connection) ends it at once: elsewhere than on EC2 it must not take long to find out.
  bool must_be_there = false;
};

// An answer of any status but 429 and 5xx, which are tried again like silence.
Result<HttpResponse> ask_nearby(HttpClient& http, HttpRequest request, const NearbyOptions& options,
                                std::stop_token stop);

}  // namespace holdfast::aws
