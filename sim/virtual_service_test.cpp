// The controller at its work in virtual time: what it costs, and what it makes of EC2's limits. All figures here are of
// virtual time or counts, the same in every run.
#include "sim/virtual_service.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include "sim/storm_bound.h"
#include "sim/virtual_fleet.h"
#include "store/memory_store.h"

namespace holdfast::sim {
namespace {

using namespace std::chrono_literals;

struct Fleet {
  explicit Fleet(VirtualCloud::Options options) : cloud(options), service(cloud, store, {}) {
    spdlog::set_level(spdlog::level::off);
    EXPECT_TRUE(service.start());
  }
  store::MemoryStore store;
  VirtualCloud cloud;
  VirtualService service;
};

void weather(bool on_launch, uint64_t seed) {
  constexpr int kCount = 40;
  Fleet fleet({.seed = seed, .snapshots_under_way = 20});
  const auto ids = bring_up(fleet.service, kCount, {on_launch});
  fleet.service.pass(10min);  // every bucket is full again
  fleet.cloud.forget_figures();
  Storm storm(fleet.service);
  ASSERT_TRUE(storm.blow(ids, 2h));
  const StormBound bound = bound_of(times_of(fleet.cloud, kCount, on_launch));
  const double last = std::chrono::duration<double>(storm.back().back()).count();
  EXPECT_GE(last, bound.back.back());
  EXPECT_LE(last, 1.05 * bound.back.back());
  EXPECT_EQ(storm.taken_by_ec2(), 0);
  EXPECT_EQ(fleet.cloud.calls_throttled(), 0u);
  EXPECT_EQ(fleet.cloud.most_snapshots_under_way(), 20);
  EXPECT_EQ(fleet.cloud.calls().at("RunInstances").answered, static_cast<uint64_t>(kCount));
}

TEST(Storm, IsOverNearlyAsSoonAsEc2sLimitsAllowAndNoCallIsThrottled) {
  weather(false, 1);
  weather(false, 2);
}

TEST(Storm, OfVolumesThatAreMadeAtTheLaunchToo) {
  weather(true, 1);
}

TEST(StormBound, IsWhatTheBucketsThePlacesAndTheDrawnTimesLeave) {
  StormTimes times;
  times.count = 7;
  times.shutdown = Seconds(7, 10);
  times.snapshot = Seconds(7, 30);
  times.launch = Seconds(7, 18);
  times.boot = Seconds(7, 9);
  times.attach = Seconds(7, 2);
  StormBound bound = bound_of(times);
  EXPECT_DOUBLE_EQ(bound.without_limits, 10 + 30 + 18 + 9);
  EXPECT_DOUBLE_EQ(bound.back.front(), bound.without_limits);
  EXPECT_DOUBLE_EQ(bound.back.back(), bound.without_limits + 1) << "two launches beyond the five of the bucket";
  times.snapshots_under_way = 3;
  bound = bound_of(times);
  EXPECT_DOUBLE_EQ(bound.snapshots, 10 + 3 * 30 + 18 + 9);
}

TEST(Fleet, AtRestCostsNextToNoCalls) {
  constexpr int kCount = 120;  // more than Controller::kSmallFleet
  Fleet fleet({.seed = 1, .snapshots_under_way = 100});
  bring_up(fleet.service, kCount, {});
  fleet.service.pass(15min);
  fleet.cloud.forget_figures();
  const uint64_t commits = fleet.service.counters().commits;
  fleet.service.pass(60min);
  const auto& calls = fleet.cloud.calls();
  EXPECT_EQ(calls.at("DescribeInstances").answered, 60u);
  EXPECT_EQ(calls.at("DescribeVolumes").answered, 6u);
  EXPECT_LE(fleet.cloud.calls_made(), 60u + 4 * 6u + 12u) << "and the prices each five minutes";
  EXPECT_LE(fleet.service.counters().commits - commits, 61u);
  EXPECT_EQ(fleet.cloud.calls_throttled(), 0u);
}

TEST(Storm, DrawsTheSameTimesInEveryRun) {
  auto live = [] {
    Fleet fleet({.seed = 7});
    const auto ids = bring_up(fleet.service, 10, {});
    Storm storm(fleet.service);
    EXPECT_TRUE(storm.blow(ids, 1h));
    std::string text = std::to_string(to_millis(fleet.cloud.time().now()));
    for (const auto& drawn : fleet.cloud.drawn()) text += fmt::format(" {}:{}", drawn.thing, drawn.took.count());
    return text;
  };
  EXPECT_EQ(live(), live());
}

}  // namespace
}  // namespace holdfast::sim
