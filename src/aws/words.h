// Small things that the credentials and the configuration share: a command line cut into words, a small file read
// whole.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace holdfast::aws {

// As a POSIX shell cuts a line into words, with quotes and backslashes and nothing else. Nothing if a quote is open.
std::optional<std::vector<std::string>> split_words(std::string_view text);

// The whole file; nothing if it is not there. Errors: it cannot be read, is no regular file or is larger than `most`.
Result<std::optional<std::string>> read_small_file(const std::string& path, size_t most);

}  // namespace holdfast::aws
