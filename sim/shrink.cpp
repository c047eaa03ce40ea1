#include "sim/shrink.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "sim/jobs.h"
#include "sim/report.h"

namespace holdfast::sim {

namespace {

using Strikes = std::vector<Strike>;

class Shrinker {
 public:
  Shrinker(RunOptions options, const ShrinkLimits& limits, const std::function<void(const std::string&)>& progress)
      : options_(std::move(options)), limits_(limits), progress_(progress) {}

  std::optional<Shrunk> run() {
    auto first = first_that_fails({std::nullopt});
    if (!first) return std::nullopt;
    take_away_kinds();
    take_away_parts();
    RunOptions smallest = options_;
    smallest.only = std::set<Strike>(strikes_.begin(), strikes_.end());
    return Shrunk{smallest, outcome_, runs_};
  }

 private:
  using Candidate = std::optional<Strikes>;  // none: whatever the seed draws

  RunOptions with(const Candidate& strikes) const {
    RunOptions options = options_;
    if (strikes) options.only = std::set<Strike>(strikes->begin(), strikes->end());
    return options;
  }

  bool is_the_same(const RunOutcome& outcome) const {
    if (outcome.violations.empty()) return false;
    const Violation& broken = outcome.violations.front();
    return runs_ <= 1 || (broken.name == failure_.name && broken.promise == failure_.promise);
  }

  // The first of these that breaks the promise; it is the smallest so far from then on.
  std::optional<size_t> first_that_fails(const std::vector<Candidate>& candidates) {
    if (runs_ >= limits_.runs) return std::nullopt;
    std::optional<size_t> found;
    run_jobs(
        candidates.size(), limits_.jobs, [&](uint64_t number) { return encode(sim::run(with(candidates[number]))); },
        [&](const JobEnd& end) {
          ++runs_;
          RunOutcome outcome = end.died ? died(end.text) : decode(end.text);
          if (!is_the_same(outcome)) return runs_ < limits_.runs;
          found = end.number;
          outcome_ = std::move(outcome);
          return false;
        });
    if (!found) return found;
    failure_ = outcome_.violations.front();
    // What struck in that run is all that can have mattered. One that ended its process did not say.
    strikes_ = outcome_.struck.empty() && candidates[*found] ? *candidates[*found] : outcome_.struck;
    std::sort(strikes_.begin(), strikes_.end());
    progress_(fmt::format("{} strikes, after {} runs", strikes_.size(), runs_));
    return found;
  }

  void take_away_kinds() {
    for (size_t kind = 0; kind < kFaults; ++kind) {
      Strikes without = strikes_;
      std::erase_if(without, [&](const Strike& strike) { return static_cast<size_t>(strike.first) == kind; });
      if (without.size() < strikes_.size()) first_that_fails({without});
    }
  }

  // Everything but one part, for finer and finer parts.
  void take_away_parts() {
    size_t parts = 2;
    while (!strikes_.empty() && runs_ < limits_.runs) {
      parts = std::min(parts, strikes_.size());
      std::vector<Candidate> candidates;
      for (size_t part = 0; part < parts; ++part) {
        auto at = [&](size_t index) { return strikes_.begin() + static_cast<long>(strikes_.size() * index / parts); };
        Strikes without(strikes_.begin(), at(part));
        without.insert(without.end(), at(part + 1), strikes_.end());
        candidates.emplace_back(std::move(without));
      }
      if (first_that_fails(candidates)) {
        parts = std::max<size_t>(parts - 1, 2);
      } else if (parts >= strikes_.size()) {
        return;
      } else {
        parts *= 2;
      }
    }
  }

  RunOptions options_;
  ShrinkLimits limits_;
  const std::function<void(const std::string&)>& progress_;
  Violation failure_;
  Strikes strikes_;
  RunOutcome outcome_;
  int runs_ = 0;
};

}  // namespace

std::optional<Shrunk> shrink(const RunOptions& options, const ShrinkLimits& limits,
                             const std::function<void(const std::string&)>& progress) {
  return Shrinker(options, limits, progress).run();
}

}  // namespace holdfast::sim
