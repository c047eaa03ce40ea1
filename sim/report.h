// What is told of a run: the line of a seed, the command that repeats it, the sums over many; and an outcome as text,
// which is how it comes back from the process that it ran in (jobs.h).
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "sim/world.h"

namespace holdfast::sim {

// "lost_reply:12,crash_now:0": the only ones of a seed's strikes that may happen.
std::string to_text(const std::set<Strike>& strikes);
Result<std::set<Strike>> read_strikes(std::string_view text);

// The options that repeat this run.
std::string options_of(const RunOptions& options);

// Everything but the trace.
std::string encode(const RunOutcome& outcome);
RunOutcome decode(std::string_view text);
// A run that ended its process: the service met a mistake of its own (CHECK), and said this.
RunOutcome died(std::string_view said);

// One line, and one for each promise that was broken.
void tell(const RunOptions& options, const RunOutcome& outcome);

class Sum {
 public:
  void add(const RunOutcome& outcome);
  void tell() const;
  uint64_t broken() const { return broken_; }

 private:
  uint64_t seeds_ = 0;
  uint64_t broken_ = 0;
  uint64_t replacements_ = 0;
  uint64_t crashes_ = 0;
  uint64_t calls_ = 0;
  double seconds_ = 0;
  std::map<std::string, uint64_t> counts_;
  std::map<std::string, uint64_t> probes_;
};

}  // namespace holdfast::sim
