// What the demo looks at before and after each replacement: the address as this host's own network sees it, and a file
// on the root volume.
#pragma once

#include <string>

#include "base/error.h"
#include "support/api_client.h"

namespace holdfast::demo {

// The hardware address that this host's neighbour table holds for an IP; empty if it has none.
std::string neighbour_mac(const std::string& ip);

// The hardware address that the machine itself says it has.
Result<std::string> own_mac(const support::ApiClient& client, const std::string& instance);

// Writes a text to a file on the root volume and syncs it / reads it back.
Result<void> write_mark(const support::ApiClient& client, const std::string& instance, const std::string& text);
Result<std::string> read_mark(const support::ApiClient& client, const std::string& instance);

}  // namespace holdfast::demo
