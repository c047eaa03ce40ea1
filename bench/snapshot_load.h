// A fleet at rest whose periodic snapshots are more than the account's quotas allow, in virtual time: which intervals
// are reached, how fairly, and what becomes of what is more urgent meanwhile. What bench_snapshots publishes and
// snapshot_load_test holds to its limits.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/time.h"

namespace holdfast::bench {

struct SnapshotLoad {
  int volumes = 5000;  // roots of as many managed instances
  int on_demand_percent = 20;
  Duration interval = std::chrono::minutes(5);
  int under_way = 0;  // snapshots that the account may have under way; 0: any number, the calls are what is short
  Duration length = std::chrono::hours(3);
  int interruptions = 20;  // on the way; each needs a final snapshot
  uint64_t seed = 1;
};

struct SnapshotFigures {
  // Seconds between the recovery points of a volume, each interval one sample; and the mean of each volume. By life
  // cycle.
  std::map<std::string, std::vector<double>> intervals;
  std::map<std::string, std::vector<double>> means;
  std::vector<double> final_waits;  // seconds from the end of an instance to its final snapshot
  double wanted_per_second = 0;
  double made_per_second = 0;
  uint64_t throttled = 0;  // calls that the cloud refused: for their rate, or for snapshots under way
  uint64_t too_soon = 0;  // final snapshots that were asked for within 15 s of the volume's last periodic one
  int most_under_way = 0;
};

SnapshotFigures run_load(const SnapshotLoad& load);

// The largest by the smallest.
double spread_of(const std::vector<double>& means);

}  // namespace holdfast::bench
