// Costs: what ran when, at the price then in force, and sums that add up.
#include "core/costs.h"

#include <gmock/gmock.h>

#include "core/price_book.h"
#include "core/small_world_test.h"

namespace holdfast::core::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Time at(const char* iso) {
  return *from_iso(iso);
}

Held ran(const char* from, const char* to, LifeCycle life_cycle = LifeCycle::spot) {
  Held held;
  held.what = Held::What::instance;
  held.id = "i-1";
  held.instance_type = "t3.medium";
  held.zone = "z1";
  held.life_cycle = life_cycle;
  held.from = at(from);
  held.to = at(to);
  return held;
}

Held kept(Held::What what, int64_t gib, const char* from, const char* to) {
  Held held;
  held.what = what;
  held.id = "thing";
  held.gib = gib;
  held.from = at(from);
  held.to = at(to);
  return held;
}

CostReport report(const std::vector<Held>& held, const SpotPrices& spot, By by = By::day) {
  const Period november{at("2026-11-01T00:00:00Z"), at("2026-12-01T00:00:00Z")};
  return costs_of({november, by, held, spot, list_prices()});
}

const SpotPrices kSpot = {{{"t3.medium", "z1"},
                           {{*from_iso("2026-10-01T00:00:00Z"), 12500},
                            {*from_iso("2026-11-10T06:00:00Z"), 20000},
                            {*from_iso("2026-11-10T07:30:00Z"), 10000}}}};

TEST(Costs, EachHourCountsAtThePriceThenInForce) {
  auto told = report({ran("2026-11-10T05:00:00Z", "2026-11-10T08:00:00Z")}, kSpot);
  EXPECT_EQ(told.whole.seconds, 3 * 3600);
  EXPECT_EQ(told.whole.actual, 12500 + 30000 + 5000);
  EXPECT_EQ(told.whole.potential, 3 * 41600);
  EXPECT_THAT(told.notes, IsEmpty());
  ASSERT_EQ(told.whole.markets.size(), 1u);
  EXPECT_EQ(told.whole.markets[0].instance_type, "t3.medium");
}

TEST(Costs, OnDemandCostsTheListPrice) {
  auto told = report({ran("2026-11-10T05:00:00Z", "2026-11-10T05:30:00Z", LifeCycle::on_demand)}, {});
  EXPECT_EQ(told.whole.actual, 20800);
  EXPECT_EQ(told.whole.potential, 20800);
}

TEST(Costs, AMinuteIsTheLeastThatIsBilled) {
  auto told = report({ran("2026-11-10T05:00:00Z", "2026-11-10T05:00:07Z", LifeCycle::on_demand)}, {});
  EXPECT_EQ(told.whole.seconds, 60);
  EXPECT_EQ(told.whole.actual, (41600 + 30) / 60);
}

TEST(Costs, DaysBeginAtMidnightAndTheirPeriodEndsWhereItWasAsked) {
  auto told = report({ran("2026-10-31T23:00:00Z", "2026-11-02T01:00:00Z")}, kSpot);
  ASSERT_EQ(told.parts.size(), 2u);
  EXPECT_EQ(told.parts[0].seconds, 24 * 3600);
  EXPECT_EQ(to_iso(told.parts[1].period.from), "2026-11-02T00:00:00.000Z");
  EXPECT_EQ(told.parts[1].seconds, 3600);
  EXPECT_EQ(told.whole.seconds, 25 * 3600);
}

TEST(Costs, WhatIsHeldCountsByItsSizeAndTime) {
  auto told = report({kept(Held::What::volume, 30, "2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z"),
                      kept(Held::What::snapshot, 60, "2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z"),
                      kept(Held::What::address, 0, "2026-11-01T00:00:00Z", "2026-11-01T02:00:00Z")},
                     {});
  EXPECT_EQ(told.whole.volumes.cost, 80000);
  EXPECT_EQ(told.whole.volumes.gib_seconds, 30 * 86400);
  EXPECT_EQ(told.whole.snapshots.cost, 100000);
  EXPECT_EQ(told.whole.addresses.cost, 10000);
  EXPECT_EQ(told.whole.total(), 190000);
}

TEST(Costs, WhereAPriceIsUnknownSoIsTheSumAndANoteSaysWhy) {
  Held strange = ran("2026-11-10T05:00:00Z", "2026-11-10T06:00:00Z", LifeCycle::on_demand);
  strange.instance_type = "z9.huge";
  auto told = report({strange, ran("2026-11-11T05:00:00Z", "2026-11-11T06:00:00Z")}, kSpot);
  EXPECT_FALSE(told.whole.actual);
  EXPECT_FALSE(told.whole.total());
  ASSERT_EQ(told.parts.size(), 2u);
  EXPECT_FALSE(told.parts[0].actual);
  EXPECT_EQ(told.parts[1].actual, 10000) << "what is known of another day stands";
  EXPECT_THAT(told.notes, ElementsAre(HasSubstr("z9.huge")));
  auto early = report({ran("2026-11-10T05:00:00Z", "2026-11-10T06:00:00Z")},
                      {{{"t3.medium", "z1"}, {{at("2026-11-10T05:30:00Z"), 1}}}});
  EXPECT_FALSE(early.whole.actual) << "half of the time without a price";
  EXPECT_EQ(early.whole.potential, 41600);
}

TEST(Costs, PartsAddUpToTheirWholeToTheLastMillionth) {
  Random random(7);
  for (int round = 0; round < 50; ++round) {
    std::vector<Held> all;
    SpotPrices spot = {{{"t3.medium", "z1"}, {{at("2026-10-01T00:00:00Z"), 12345}}}};
    for (int i = 0; i < 20; ++i) {
      Held held = i % 3 == 0 ? kept(Held::What::volume, 1 + static_cast<int64_t>(random.below(100)),
                                    "2026-11-01T00:00:00Z", "2026-11-01T00:00:00Z")
                             : ran("2026-11-01T00:00:00Z", "2026-11-01T00:00:00Z");
      held.from = at("2026-10-31T00:00:00Z") + std::chrono::milliseconds(random.below(2'600'000'000));
      held.to = held.from + std::chrono::milliseconds(random.below(400'000'000));
      all.push_back(held);
      spot.begin()->second.push_back({spot.begin()->second.back().since + std::chrono::seconds(random.below(90000)),
                                      static_cast<Micros>(random.below(100000))});
    }
    auto days = report(all, spot), months = report(all, spot, By::month);
    Micros actual = 0, volumes = 0, markets = 0;
    for (const Costs& day : days.parts) {
      actual += *day.actual;
      volumes += *day.volumes.cost;
    }
    for (const CostOfMarket& market : days.whole.markets) markets += *market.actual;
    ASSERT_EQ(months.parts.size(), 1u);
    EXPECT_EQ(actual, *months.parts[0].actual);
    EXPECT_EQ(actual, *days.whole.actual);
    EXPECT_EQ(markets, actual);
    EXPECT_EQ(volumes, *months.parts[0].volumes.cost);
    EXPECT_EQ(*months.whole.total(), *months.parts[0].total());
  }
}

TEST(Costs, TellWhichPricesTheyNeed) {
  const Period november{at("2026-11-01T00:00:00Z"), at("2026-12-01T00:00:00Z")};
  std::vector<Held> held = {ran("2026-10-31T23:00:00Z", "2026-11-02T01:00:00Z"),
                            ran("2026-11-05T00:00:00Z", "2026-11-05T01:00:00Z"),
                            ran("2026-09-01T00:00:00Z", "2026-09-02T00:00:00Z"),
                            ran("2026-11-05T00:00:00Z", "2026-11-05T01:00:00Z", LifeCycle::on_demand)};
  auto markets = spot_markets_of(held, november);
  ASSERT_EQ(markets.size(), 1u);
  EXPECT_EQ(markets.begin()->second.from, november.from);
  EXPECT_EQ(markets.begin()->second.to, at("2026-11-05T01:00:00Z"));
}

// ---- what was held, as the decisions note it

std::vector<Held> story_of(const World& world) {
  return held_of(world.records, world.now);
}

TEST(Holdings, TheStoryOfALifeIsInItsRecords) {
  World world(spec_of(BlockDevicesMode::reattach));
  world.settle();
  const InstanceId first = world.state.instance->id;
  world.now += std::chrono::hours(5);
  world.happen(RecycleAsked{});
  world.settle();
  auto held = story_of(world);
  auto one = std::find_if(held.begin(), held.end(), [&](const Held& entry) { return entry.id == first.str(); });
  ASSERT_NE(one, held.end());
  EXPECT_FALSE(one->goes_on);
  EXPECT_GE(one->to - one->from, std::chrono::hours(5));
  EXPECT_LT(one->to - one->from, std::chrono::hours(5) + std::chrono::minutes(1));
  auto running = std::count_if(held.begin(), held.end(),
                               [](const Held& entry) { return entry.what == Held::What::instance && entry.goes_on; });
  EXPECT_EQ(running, 1);
}

TEST(Holdings, WhatIsHeldInTheEndIsWhatTheCloudHas) {
  World world(spec_of(BlockDevicesMode::on_launch));
  world.settle();
  for (int round = 0; round < 3; ++round) {
    world.happen(RecycleAsked{});
    world.settle();
  }
  auto held = story_of(world);
  auto going_on = [&](Held::What what) {
    return static_cast<size_t>(std::count_if(held.begin(), held.end(),
                                             [&](const Held& entry) { return entry.what == what && entry.goes_on; }));
  };
  EXPECT_EQ(going_on(Held::What::volume), world.cloud.volumes());
  EXPECT_EQ(going_on(Held::What::snapshot), world.cloud.snapshots());
  for (const Held& entry : held) {
    EXPECT_TRUE(entry.what != Held::What::volume || entry.gib > 0) << entry.id;
  }
}

TEST(Holdings, AVolumeThatGrowsCountsWithEachSizeForItsTime) {
  auto record = [](int at, const std::string& data) { return Record{from_millis(at), kHoldings, "", data}; };
  auto held = held_of({record(10, R"({"began":[{"what":"volume","id":"vol-1"}],"ended":[]})"),
                       record(20, R"({"began":[{"what":"volume","id":"vol-1","gib":8}],"ended":[]})"),
                       record(30, R"({"began":[{"what":"volume","id":"vol-1","gib":16}],"ended":[]})"),
                       record(40, R"({"began":[],"ended":["vol-1","vol-unknown"]})"), record(50, "broken")},
                      from_millis(60));
  ASSERT_EQ(held.size(), 2u);
  EXPECT_EQ(held[0].gib, 8);
  EXPECT_EQ(held[0].from, from_millis(10));
  EXPECT_EQ(held[0].to, from_millis(30));
  EXPECT_EQ(held[1].gib, 16);
  EXPECT_FALSE(held[1].goes_on);
}

}  // namespace
}  // namespace holdfast::core::testing
