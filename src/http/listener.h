// A listening TCP socket on a numeric address, with errors a person can act on. Called by server.cpp.
#pragma once

#include <cstdint>
#include <string>

#include "base/error.h"

namespace holdfast::http {

// The descriptor, for the caller to close. invalid: not an address; conflict: the port is taken.
Result<int> listen_on(const std::string& address, uint16_t port);
Result<uint16_t> port_of(int listening);

}  // namespace holdfast::http
