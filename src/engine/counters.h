// What the engine counts, as plain numbers since its start, for metrics and tests. Written by the engine's thread;
// readers get a copy.
#pragma once

#include <cstdint>

namespace holdfast::engine {

struct Counters {
  // loop
  uint64_t turns = 0;
  uint64_t events = 0;
  uint64_t events_dropped = 0;  // of unknown managed instances, or wake-ups beyond the queue's bound
  uint64_t commits = 0;
  uint64_t commits_failed = 0;
  uint64_t changes_written = 0;
  uint64_t decisions_refused = 0;
  uint64_t events_queued = 0;  // now
  // executor
  uint64_t effects_released = 0;
  uint64_t effects_sent = 0;
  uint64_t effects_failed = 0;
  uint64_t effects_withdrawn = 0;  // no longer wanted when their turn came
  uint64_t effects_queued = 0;     // now
  uint64_t effects_under_way = 0;  // now
  // observer
  uint64_t looks_asked = 0;
  uint64_t looks_made = 0;  // observations delivered
  uint64_t rounds = 0;      // sets of describes
  uint64_t describes_failed = 0;
  uint64_t sweeps = 0;
  uint64_t orphans = 0;  // managed instances in the cloud that the store does not know, at the last sweep
};

}  // namespace holdfast::engine
