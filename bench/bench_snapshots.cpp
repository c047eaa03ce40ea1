// Periodic snapshots beyond the account's quotas: 5,000 volumes that want one every 5 minutes, where EC2 takes 5
// CreateSnapshot a second (a third of that), and where it lets 100 be under way at once (a tenth).
//   bench_snapshots [--volumes 5000] [--hours 3]
// Limits: no call refused that we have brought about ourselves; of one life cycle no volume's mean interval is more
// than 1.5 times another's; a final snapshot does not wait for periodic ones.

#include <fmt/core.h>

#include <algorithm>
#include <string>

#include "bench/figures.h"
#include "bench/program.h"
#include "bench/snapshot_load.h"

namespace holdfast::bench {
namespace {

Results results_of(const SnapshotFigures& figures) {
  Results results;
  results.number("wanted_per_second", figures.wanted_per_second);
  results.number("made_per_second", figures.made_per_second);
  for (const auto& [life_cycle, intervals] : figures.intervals) {
    results.summary(life_cycle + "_interval_seconds", summary_of(intervals));
    results.number(life_cycle + "_longest_seconds", *std::max_element(intervals.begin(), intervals.end()));
    results.number(life_cycle + "_largest_mean_by_smallest", spread_of(figures.means.at(life_cycle)));
  }
  results.summary("final_snapshot_waits_seconds", summary_of(figures.final_waits));
  results.number("refused_for_rate_or_number", static_cast<double>(figures.throttled));
  results.number("final_within_15_s_of_a_periodic_one", static_cast<double>(figures.too_soon));
  results.number("most_under_way", figures.most_under_way);
  return results;
}

int run(Options& options) {
  SnapshotLoad load;
  int hours = 3;
  options.number("volumes", load.volumes).number("hours", hours).read();
  load.length = std::chrono::hours(hours);
  Results all;
  fmt::print(stderr, "5 calls a second:\n");
  all.nested("calls", results_of(run_load(load)));
  load.under_way = 100;
  fmt::print(stderr, "100 under way:\n");
  all.nested("under_way", results_of(run_load(load)));
  fmt::print("{}\n", all.json());
  return 0;
}

}  // namespace
}  // namespace holdfast::bench

int main(int argc, char** argv) {
  return holdfast::bench::exit_status_of(holdfast::bench::run, argc, argv);
}
