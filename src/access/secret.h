// The secrets that tokens are, and what is kept of them.
//
// A token is 256 bits from the operating system, so what is kept is its plain SHA-256: nobody can try 2^256 secrets, so
// a slow hash with a salt, made for passwords that people think of, would protect nothing and cost every request.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace holdfast::access {

// "hft_" and 64 hexadecimal digits: the beginning lets scanners find one that was left where it should not be.
Result<std::string> fresh_secret();

// 64 hexadecimal digits, lower case.
std::string sha256_hex(std::string_view text);

}  // namespace holdfast::access
