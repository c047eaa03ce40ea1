// The bearer token of a request against the one that is right.
#pragma once

#include <string>

#include "http/server.h"

namespace holdfast::api {

// Takes as long for any wrong token of the same length, so that none can be guessed letter by letter. An empty
// `expected` lets nobody in.
bool carries_token(const http::Request& request, const std::string& expected);

}  // namespace holdfast::api
