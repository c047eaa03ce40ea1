// The rare paths of core and engine (core/probe.h) by name. Empty where they are not counted.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace holdfast::sim {

void forget_probes();
std::map<std::string, uint64_t> probe_counts();  // since they were forgotten; all of them, also those never reached

}  // namespace holdfast::sim
