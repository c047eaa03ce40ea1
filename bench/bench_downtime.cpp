// The downtime of one replacement with EC2's published latencies, by mode and cause, beside the cloud's critical path;
// and of one that must go to another zone.
//   bench_downtime [--count 1200] [--seed 1]
// Limits: what the service adds to the critical path is at most 2 % in the median and 5 % at the 99th percentile.

#include <fmt/core.h>

#include <map>
#include <string>

#include "bench/downtime.h"
#include "bench/figures.h"
#include "bench/program.h"

namespace holdfast::bench {
namespace {

constexpr double kMedianLimit = 2, kP99Limit = 5;

struct Columns {
  std::vector<double> downtime, critical, addition, until_known, noticing;
  void add(const Downtime& one, bool sick) {
    downtime.push_back(seconds(one.measured));
    critical.push_back(seconds(one.critical));
    addition.push_back(addition_percent(one));
    until_known.push_back(seconds(one.until_known));
    if (sick) noticing.push_back(seconds(one.noticing));
  }
};

Results results_of(const Columns& columns) {
  Results results;
  results.summary("downtime_seconds", summary_of(columns.downtime));
  results.summary("critical_path_seconds", summary_of(columns.critical));
  results.summary("addition_percent", summary_of(columns.addition));
  results.summary("until_known_seconds", summary_of(columns.until_known));
  if (!columns.noticing.empty()) results.summary("noticing_seconds", summary_of(columns.noticing));
  return results;
}

bool within_limits(const Columns& columns) {
  const Summary addition = summary_of(columns.addition);
  return addition.median <= kMedianLimit && addition.p99 <= kP99Limit;
}

int run(Options& options) {
  int count = 1200, first_seed = 1;
  options.number("count", count).number("seed", first_seed).read();
  const auto seed = static_cast<uint64_t>(first_seed);
  const std::vector<Cause> causes = {Cause::notice, Cause::no_notice, Cause::recycle, Cause::sick};
  Results by_mode, by_cause;
  std::map<Cause, Columns> columns_of_cause;
  std::string over;
  auto take = [&](const Mode& mode, const std::vector<Cause>& of, uint64_t its_seed) {
    Columns columns;
    fmt::print(stderr, "{}:\n", mode.name);
    for (const Sample& sample : measure(mode, of, count, its_seed)) {
      columns.add(sample.downtime, sample.cause == Cause::sick);
      if (!mode.several_zones) columns_of_cause[sample.cause].add(sample.downtime, sample.cause == Cause::sick);
    }
    if (!within_limits(columns)) over += (over.empty() ? "" : "; ") + mode.name;
    return results_of(columns);
  };
  uint64_t next = seed;
  for (const Mode& mode : modes()) by_mode.nested(mode.name, take(mode, causes, next++ * 1000));
  const Results another_zone = take(across(), {Cause::notice, Cause::no_notice}, next * 1000);
  for (const auto& [cause, columns] : columns_of_cause) {
    fmt::print(stderr, "{}:\n", name_of(cause));
    if (!within_limits(columns)) over += (over.empty() ? "" : "; ") + std::string(name_of(cause));
    by_cause.nested(std::string(name_of(cause)), results_of(columns));
  }
  Results all;
  all.nested("by_mode", by_mode);
  all.nested("by_cause", by_cause);
  all.nested("another_zone", another_zone);
  all.text("limit", "addition_percent: median 2, p99 5");
  all.text("over_the_limit", over);
  fmt::print("{}\n", all.json());
  return over.empty() ? 0 : 1;
}

}  // namespace
}  // namespace holdfast::bench

int main(int argc, char** argv) {
  return holdfast::bench::exit_status_of(holdfast::bench::run, argc, argv);
}
