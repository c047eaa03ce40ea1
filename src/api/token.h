// The bearer token that a request brings.
#pragma once

#include <string>

#include "http/server.h"

namespace holdfast::api {

// Empty: none.
std::string bearer_in(const http::Request& request);

}  // namespace holdfast::api
