// Works on processes of their own, several at a time: each seed has a fresh process, so that one that ends it (a CHECK
// of the service) costs only that seed, and is told.
//
// Thread: one, and no other may run: it forks.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace holdfast::sim {

struct JobEnd {
  uint64_t number = 0;
  bool died = false;  // the process ended before the work did
  std::string text;   // what the work answered; of one that died, what it said on stderr
};

// Runs works 0 to count - 1, at most `at_once` at a time, begun in order. `ended` gets each end, in the order of
// ending; once it answers false no other work is begun, and those under way are ended without an answer.
void run_jobs(uint64_t count, int at_once, const std::function<std::string(uint64_t)>& work,
              const std::function<bool(const JobEnd&)>& ended);

}  // namespace holdfast::sim
