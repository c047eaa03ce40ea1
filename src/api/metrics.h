// What Prometheus scrapes: handovers by reason and how long their phases took, managed instances by status, how much
// would be lost of each volume, the API budget, and what the engine counts. Called by api.cpp.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "http/server.h"

namespace holdfast::api {

// How one action of the cloud's API stands within its budget.
struct BudgetLine {
  std::string action;
  double tokens = 0;
  double size = 0;
  uint64_t calls = 0;
  uint64_t throttled = 0;
};
using BudgetLines = std::function<std::vector<BudgetLine>()>;

// `budget` empty: calls cost nothing, and there is nothing to tell.
http::Response answer_metrics(const engine::Engine& engine, const BudgetLines& budget, Time now);

}  // namespace holdfast::api
