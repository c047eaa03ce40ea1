// What the demo has seen, as a table for a person and as JSON for a machine.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"

namespace holdfast::demo {

struct Replacement {
  std::string mode;                                        // "reattach", "onLaunch"
  std::string cause;                                       // "notice", "no_notice", "power_cut"
  std::vector<std::pair<std::string, int64_t>> phases_ms;  // in the order they took place
  Duration silence{};  // the client's longest, from the last acknowledged commit before to the first one after
  int64_t rows_acknowledged = 0;
  int64_t rows_found = 0;
  bool same_ip = false;
  bool same_mac = false;
  bool root_kept = false;
  std::string trouble;  // what went wrong besides; empty: nothing

  bool held() const {
    return trouble.empty() && same_ip && same_mac && root_kept && rows_acknowledged > 0 &&
           rows_found == rows_acknowledged;
  }
};

struct Report {
  std::string substrate;  // "linux", "null"
  size_t planned = 0;     // replacements that were to be made
  std::vector<Replacement> replacements;

  // Every planned replacement took place, on real machines, and every check held.
  bool ok() const;
};

// A line for each replacement, with a heading.
std::string table_of(const Report& report);
std::string json_of(const Report& report);

}  // namespace holdfast::demo
