// Percent-encoding as AWS wants it: everything but letters, digits and "-_.~" is %XX in upper case. Used for canonical
// requests (sigv4), form bodies (query) and URLs; client and server share it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdfast::ec2 {

// Names and values as they are meant, not as they are encoded; in order; a name may come twice.
using Pairs = std::vector<std::pair<std::string, std::string>>;

enum class Slash { encoded, kept };

std::string uri_encode(std::string_view text, Slash slash = Slash::encoded);

enum class Plus { as_space, as_plus };

// Nothing if an escape is broken ("%", "%2", "%zz").
std::optional<std::string> uri_decode(std::string_view text, Plus plus);

// "a=b&c=d", encoded, in the order given.
std::string encode_pairs(const Pairs& pairs);

}  // namespace holdfast::ec2
