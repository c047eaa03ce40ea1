// Telling neighbours where an address is now.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>

#include "base/error.h"

namespace holdfast::cloud::linux_ {

// A gratuitous ARP (RFC 5227, "ARP Announcement") out of the calling thread's network namespace. A neighbour that asked
// for the address while nobody had it asks again after a second only (retrans_time_ms): this spares it the second.
// `address` in host byte order.
Result<void> announce_address(int link_index, const std::array<uint8_t, 6>& mac, uint32_t address);

// Until the bridge forwards what comes from `link` of this namespace, or for `limit`: what is sent before is lost.
void wait_until_forwarding(const std::string& link, std::chrono::milliseconds limit);

}  // namespace holdfast::cloud::linux_
