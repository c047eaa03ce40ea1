// A small run of bench_downtime: the same figures every time, because time is virtual. The limits are the benchmark's;
// with so few samples only the median is held to its own, and the worst to what a forgotten poll or a step done after
// another, that could go beside it, would break.

#include "bench/downtime.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "bench/figures.h"

namespace holdfast::bench {
namespace {

void expect_within_limits(const Mode& mode, const std::vector<Cause>& causes, int count) {
  SCOPED_TRACE(mode.name);
  std::vector<double> additions;
  for (const Sample& sample : measure(mode, causes, count, 5)) {
    EXPECT_GE(sample.downtime.measured, sample.downtime.critical) << "nothing is faster than the cloud";
    additions.push_back(addition_percent(sample.downtime));
  }
  EXPECT_LE(summary_of(additions).median, 2);
  EXPECT_LE(*std::max_element(additions.begin(), additions.end()), 8);
}

TEST(Downtime, IsLittleMoreThanTheCriticalPathInEveryModeForEveryCause) {
  for (const Mode& mode : modes()) {
    expect_within_limits(mode, {Cause::notice, Cause::no_notice, Cause::recycle, Cause::sick}, 40);
  }
}

TEST(Downtime, IsLittleMoreThanTheCriticalPathWhereAnotherZoneTakesOver) {
  expect_within_limits(across(), {Cause::notice, Cause::no_notice}, 60);
}

}  // namespace
}  // namespace holdfast::bench
