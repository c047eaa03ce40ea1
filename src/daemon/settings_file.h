// The settings file: YAML, flattened to dotted paths and texts. Knows no setting. Called by settings.cpp.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/error.h"

namespace holdfast::daemon {

// Refused: an unreadable file, broken YAML (with line and column), doubled keys, lists.
Result<std::vector<std::pair<std::string, std::string>>> read_settings_file(const std::string& path);

}  // namespace holdfast::daemon
