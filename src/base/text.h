// Small helpers on text that more than one room needs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

std::vector<std::string> split(std::string_view text, char separator);
std::string join(const std::vector<std::string>& parts, std::string_view separator);
std::string_view trim(std::string_view text);
// A whole decimal number and nothing else.
std::optional<int64_t> parse_int(std::string_view text);
// Standard base64 (RFC 4648, padded; white space between is allowed when reading). Nothing if the text is not base64.
std::string base64_encode(std::string_view bytes);
std::optional<std::string> base64_decode(std::string_view text);
// The candidate nearest to `word` by edit distance, if near enough to be a slip of the pen.
std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates);
bool is_utf8(std::string_view text);
// The beginning of a stranger's text, for an error: at most `most` bytes, cut between characters, what is not UTF-8 or
// would move a terminal's cursor replaced by '?'; with "…" if there was more.
std::string quoted(std::string_view text, size_t most = 80);

}  // namespace holdfast
