// The downtime of one replacement by mode and cause, beside its critical path: what bench_downtime publishes and
// downtime_test holds to the limits.
#pragma once

#include <string>
#include <vector>

#include "bench/critical_path.h"

namespace holdfast::bench {

struct Mode {
  std::string name;
  std::string persistence;  // of the document
  bool data = false;        // two data volumes
  bool several_zones = false;
};

// In one zone. The last of several zones is measured by itself: `across`.
std::vector<Mode> modes();
Mode across();

struct Sample {
  Cause cause;
  Downtime downtime;
};
// `count` replacements for the causes in turn, at moments drawn from the seed, each world's of one managed instance.
// With `across` its zone has no capacity whenever it is replaced. Throws if a promise is broken or a call was
// throttled.
std::vector<Sample> measure(const Mode& mode, const std::vector<Cause>& causes, int count, uint64_t seed);

// The part of the downtime that the service adds, in percent of the critical path.
double addition_percent(const Downtime& downtime);

}  // namespace holdfast::bench
