// What the stored records tell of handovers, counted since the service's start: for metrics. Fed by the engine with
// the records of each turn; readers get a copy.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "base/time.h"
#include "model/record.h"

namespace holdfast::engine {

// Upper bounds in seconds, as Prometheus counts: each bucket holds what is at most its bound, smaller ones included.
struct Durations {
  static constexpr std::array kBounds = {0.1, 0.25, 0.5, 1., 2.5, 5., 10., 30., 60., 120., 300., 900., 3600.};
  std::array<uint64_t, kBounds.size()> at_most{};
  uint64_t count = 0;
  double sum_seconds = 0;
  void add(Duration duration);
};

struct Tally {
  std::map<std::string, uint64_t> handovers_begun;                           // by reason
  std::map<std::pair<std::string, std::string>, Durations> handovers_ended;  // by reason and outcome
  std::map<std::string, Durations> phases;                                   // by phase
  // Any record; most say nothing of a handover.
  void note(const model::Record& record);
};

}  // namespace holdfast::engine
