// Elastic IP addresses as others see them: what belongs to an interface's address, and its end. Used by rules and
// views.
#pragma once

#include <string>

#include "cloud/rules.h"

namespace holdfast::cloud {

inline constexpr size_t kMaxAddresses = 100;  // of the account

// The Elastic IP address of a private one, or null.
const Allocation* public_address_of(const Model&, const InterfaceId&, const std::string& private_ip);
// It stays allocated. Nothing happens if there is none.
void disassociate(Call&, const InterfaceId&, const std::string& private_ip);

}  // namespace holdfast::cloud
