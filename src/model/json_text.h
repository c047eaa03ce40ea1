// JSON text read strictly: UTF-8, bounded size and depth, no doubled key, faults with line and column. Used by
// read_spec, the merge and whoever takes JSON from outside.
#pragma once

#include <boost/json/fwd.hpp>
#include <cstddef>
#include <string_view>

#include "base/error.h"

namespace holdfast::model {

inline constexpr size_t kMaxDocumentBytes = 256 << 10;
inline constexpr size_t kMaxDocumentDepth = 32;

// Errors are `invalid`; a doubled key's error carries its path in `field`.
Result<boost::json::value> parse_strictly(std::string_view text);

}  // namespace holdfast::model
