// One line of a managed instance's history: what happened, when, and why, for a person and as data.
#pragma once

#include <string>

#include "base/time.h"

namespace holdfast::model {

struct Record {
  Time at{};
  std::string kind;     // "interrupted", "phase", "launched", "replaced", "error", …
  std::string message;  // a sentence
  std::string data;     // a JSON object, "{}" if there is nothing to add
  bool operator==(const Record&) const = default;
};

}  // namespace holdfast::model
