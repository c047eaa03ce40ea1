#include "core/voluntary.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/small_world_test.h"

namespace holdfast::core::testing {
namespace {

Spec spec_with(Strategy strategy) {
  Spec spec = spec_of(BlockDevicesMode::reattach);
  spec.strategy = std::move(strategy);
  return spec;
}

Strategy reverting(PerformAt when = PerformAt::always) {
  Strategy strategy;
  strategy.revert_to_spot = when;
  return strategy;
}

// A world on demand, because spot had no room, and healthy. Both types then have as much room on spot as is said.
World on_demand(Strategy strategy, int room) {
  World world(spec_with(std::move(strategy)));
  world.cloud.rooms = {{"t3.medium/spot", 0}, {"t3.large/spot", 0}};
  world.settle();
  EXPECT_EQ(world.state.instance->market.life_cycle, LifeCycle::on_demand);
  world.cloud.rooms = {{"t3.medium/spot", room}, {"t3.large/spot", room}};
  return world;
}

// Lives on through so much time, a second at a time where something is to be done.
void live(World& world, Duration time) {
  const Time end = world.now + time;
  while (world.now < end) {
    while (world.turn()) ASSERT_LE(world.cloud.running(), 1);
    world.cloud.advance();
    bool busy = world.state.scout || world.state.handover || !world.effects.empty() || !world.state.asked.empty();
    world.now += busy ? Duration(std::chrono::seconds(1)) : Duration(std::chrono::minutes(1));
    world.ring();
  }
}

size_t count(const World& world, const std::string& kind) {
  return static_cast<size_t>(std::count(world.history.begin(), world.history.end(), kind));
}

std::string last_reason(const World& world) {
  for (auto record = world.records.rbegin(); record != world.records.rend(); ++record) {
    if (record->kind == "replaced" || record->kind == "started") return record->data;
  }
  return {};
}

bool is_spot(const World& world) {
  return world.state.instance && world.state.instance->market.life_cycle == LifeCycle::spot;
}

TEST(Voluntary, RevertsToSpotOnceAScoutHasFoundRoom) {
  World world = on_demand(reverting(), 2);
  live(world, std::chrono::hours(1));
  EXPECT_TRUE(is_spot(world));
  EXPECT_NE(last_reason(world).find("revert_to_spot"), std::string::npos) << last_reason(world);
  EXPECT_EQ(world.cloud.scouts(), 0) << "nothing is left of it";
  EXPECT_FALSE(world.state.scout);
  size_t scout = position(world.done, "scout/");
  ASSERT_LT(scout, world.done.size());
  EXPECT_LT(scout, position(world.done, "terminate/")) << "capacity first";
}

TEST(Voluntary, TakesTheScoutsPlaceWhereThereIsRoomForOneAlone) {
  World world = on_demand(reverting(), 1);
  live(world, std::chrono::hours(1));
  EXPECT_TRUE(is_spot(world)) << "its own place, left by the scout";
  EXPECT_EQ(world.cloud.scouts(), 0);
}

TEST(Voluntary, AHealthyInstanceIsLeftAloneWhileThereIsNoRoom) {
  World world = on_demand(reverting(), 0);
  live(world, std::chrono::hours(12));
  EXPECT_FALSE(is_spot(world));
  EXPECT_EQ(count(world, "replaced"), 0u);
  EXPECT_EQ(world.state.generation, 1);
  // Two markets a round; the pause between the rounds grows to an hour.
  EXPECT_GE(count(world, "scout_refused"), 10u);
  EXPECT_LE(count(world, "scout_refused"), 40u);
}

TEST(Voluntary, NeverRevertsUnlessItIsAskedTo) {
  World world = on_demand(Strategy{}, 5);
  live(world, std::chrono::hours(12));
  EXPECT_FALSE(is_spot(world));
  EXPECT_EQ(count(world, "scout_wanted"), 0u);
}

TEST(Voluntary, WaitsForItsWindowAndForItsLifetime) {
  Strategy strategy = reverting(PerformAt::time_window);
  World early = on_demand(strategy, 5);
  // The test's time begins on Thursday, 1 January 1970, 00:16: open from 06:00 to 07:00.
  const int six = (3 * 24 + 6) * 60;
  early.spec.strategy.optimization_windows = {{six, six + 60}};
  live(early, std::chrono::hours(5));
  EXPECT_FALSE(is_spot(early)) << "it is before six";
  live(early, std::chrono::hours(2));
  EXPECT_TRUE(is_spot(early));

  World young = on_demand(strategy, 5);
  young.spec.strategy.optimization_windows = {{six, six + 60}, {six + 24 * 60, six + 25 * 60}};
  young.spec.strategy.minimum_lifetime = std::chrono::hours(24);
  live(young, std::chrono::hours(8));
  EXPECT_FALSE(is_spot(young)) << "it is too young";
  live(young, std::chrono::hours(24));
  EXPECT_TRUE(is_spot(young)) << to_iso(young.now);
}

TEST(Voluntary, ReturnsToAPreferredTypeOnlyInsideWindows) {
  for (bool window : {false, true}) {
    World world(spec_with({}));
    world.spec.compute.preferred_type = "t3.large";
    world.cloud.rooms = {{"t3.large/spot", 0}};
    if (window) world.spec.strategy.optimization_windows = {{0, 7 * 24 * 60 - 1}};
    world.settle();
    ASSERT_EQ(world.state.instance->market.instance_type, "t3.medium");
    world.cloud.rooms.clear();
    live(world, std::chrono::hours(4));
    EXPECT_EQ(world.state.instance->market.instance_type, window ? "t3.large" : "t3.medium");
    EXPECT_EQ(last_reason(world).find("preferred_type") != std::string::npos, window);
  }
}

void tell_prices(World& world, double medium, double large) {
  world.happen(PricesSeen{{{"t3.medium", "z1", medium}, {"t3.large", "z1", large}}});
}

TEST(Voluntary, MovesToAMuchCheaperMarketOnceItHasLasted) {
  Strategy strategy;
  strategy.orientation = Orientation::cost_oriented;
  World world(spec_with(strategy));
  tell_prices(world, 0.01, 0.02);
  world.settle();
  ASSERT_EQ(world.state.instance->market.instance_type, "t3.medium");
  live(world, std::chrono::hours(2));
  tell_prices(world, 0.02, 0.017);  // cheaper, but not by a fifth
  live(world, std::chrono::hours(2));
  EXPECT_EQ(world.state.generation, 1);
  tell_prices(world, 0.02, 0.015);
  live(world, std::chrono::minutes(20));
  tell_prices(world, 0.02, 0.02);  // it did not last
  live(world, std::chrono::minutes(5));
  tell_prices(world, 0.02, 0.015);
  live(world, std::chrono::minutes(25));
  EXPECT_EQ(world.state.generation, 1);
  live(world, std::chrono::minutes(30));
  EXPECT_EQ(world.state.instance->market.instance_type, "t3.large");
  EXPECT_NE(last_reason(world).find("cheaper_market"), std::string::npos);
}

TEST(Voluntary, PricesThatSwingBringAFewMovesADayAtMost) {
  Strategy strategy;
  strategy.orientation = Orientation::cheapest;
  World world(spec_with(strategy));
  tell_prices(world, 0.01, 0.02);
  world.settle();
  for (int i = 0; i < 12 * 24; ++i) {  // a day, every five minutes
    bool odd = i % 2 == 1;
    tell_prices(world, odd ? 0.01 : 0.02, odd ? 0.02 : 0.01);
    live(world, std::chrono::minutes(5));
  }
  EXPECT_EQ(world.state.generation, 1);
}

TEST(Voluntary, BalancedHeedsNoPriceOnceItRuns) {
  World world(spec_with({}));
  tell_prices(world, 0.01, 0.02);
  world.settle();
  tell_prices(world, 0.02, 0.001);
  live(world, std::chrono::hours(24));
  EXPECT_EQ(world.state.generation, 1);
}

TEST(Voluntary, ARebalanceRecommendationIsFollowedOnceThereIsRoomElsewhere) {
  World world(spec_with({}));
  world.settle();
  ASSERT_EQ(world.state.instance->market.instance_type, "t3.medium");
  world.cloud.rooms = {{"t3.large/spot", 0}};
  world.happen(RebalanceRecommended{world.state.instance->id});
  live(world, std::chrono::minutes(4));
  EXPECT_EQ(world.state.generation, 1) << "no room elsewhere";
  world.cloud.rooms.clear();
  live(world, std::chrono::minutes(20));
  EXPECT_EQ(world.state.generation, 2);
  EXPECT_EQ(world.state.instance->market.instance_type, "t3.large");
  EXPECT_NE(last_reason(world).find("rebalance"), std::string::npos);
}

TEST(Voluntary, AScoutIsEndedWhenItIsWantedNoMore) {
  World world = on_demand(reverting(), 5);
  for (int i = 0; i < 2000 && !world.state.scout; ++i) live(world, std::chrono::seconds(1));
  ASSERT_TRUE(world.state.scout);
  world.happen(PauseAsked{});
  world.settle();
  EXPECT_EQ(world.state.status, Status::paused);
  live(world, std::chrono::minutes(2));
  EXPECT_EQ(world.cloud.scouts(), 0);
}

// The document of meanwhile asks for what the scout is not: the launch into its market would be refused, or be of the
// wrong kind, and with a kept address come up in another zone than was thought.
TEST(Voluntary, AScoutThatTheDocumentNoLongerAllowsHoldsNothing) {
  World world(spec_with({}));
  world.settle();
  world.happen(RebalanceRecommended{world.state.instance->id});
  ASSERT_TRUE(world.turn_until([&] { return world.state.handover && world.state.scout; }));
  ASSERT_EQ(world.state.scout->market.instance_type, "t3.large");
  std::erase(world.spec.compute.instance_types, "t3.large");
  Surroundings facts = world.state.surroundings;
  facts.types = world.spec.compute.instance_types;
  world.happen(SpecChanged{facts});
  live(world, std::chrono::minutes(20));
  EXPECT_EQ(world.state.generation, 2);
  EXPECT_EQ(world.state.instance->market.instance_type, "t3.medium");
  EXPECT_EQ(world.cloud.scouts(), 0);
}

TEST(Voluntary, ScoutsThatAreInVainDoNotFollowEachOther) {
  World world = on_demand(reverting(), 5);
  auto asked = [&] {
    return std::any_of(world.state.asked.begin(), world.state.asked.end(),
                       [](const auto& entry) { return entry.first.starts_with("scout/"); });
  };
  // What they are for is gone again before they run, each time.
  for (int i = 0; i < 3 * 3600; ++i) {
    bool wanted = !world.state.scout && !asked();
    world.spec.strategy.revert_to_spot = wanted ? PerformAt::always : PerformAt::never;
    while (world.turn()) world.spec.strategy.revert_to_spot = PerformAt::never;
    if (i % 3 == 0) world.cloud.advance();
    world.now += std::chrono::seconds(1);
    world.ring();
  }
  EXPECT_EQ(world.state.generation, 1);
  EXPECT_GE(count(world, "scout_launched"), 2u);
  EXPECT_LE(count(world, "scout_launched"), 8u) << "after pauses of 5 minutes, 10, 20, …";
}

// A market that takes back at once what it gives: each of them is paid for.
TEST(Voluntary, ScoutsThatEndByThemselvesDoNotFollowEachOther) {
  World world = on_demand(reverting(), 5);
  for (int i = 0; i < 3 * 3600; ++i) {
    if (world.state.scout) world.cloud.vanish(world.state.scout->id);
    for (int turns = 0; turns < 100 && world.turn();) ++turns;
    world.now += std::chrono::seconds(1);
    world.ring();
  }
  EXPECT_EQ(world.state.generation, 1);
  EXPECT_GE(count(world, "scout_launched"), 2u);
  EXPECT_LE(count(world, "scout_launched"), 8u) << "after pauses of 5 minutes, 10, 20, …";
}

// The service sleeps while its scout comes up, and wakes when its window is over.
TEST(Voluntary, AScoutThatIsSeenToRunAfterTheWindowReplacesNothing) {
  World world = on_demand(reverting(PerformAt::time_window), 5);
  const int midnight = 3 * 24 * 60;  // of Thursday
  world.spec.strategy.optimization_windows = {{midnight, midnight + 60}};
  for (int i = 0; i < 4000 && !world.state.scout; ++i) live(world, std::chrono::seconds(1));
  ASSERT_TRUE(world.state.scout) << to_iso(world.now);
  world.cloud.advance();
  world.now += std::chrono::hours(3);
  world.happen(Observed{world.cloud.observe(kAllKinds, world.now)});
  live(world, std::chrono::minutes(10));
  EXPECT_EQ(world.state.generation, 1) << "outside its window";
  EXPECT_EQ(world.cloud.scouts(), 0);
}

TEST(Voluntary, AScoutWhoseAnswerWasLostIsFoundAndUsedOrEnded) {
  World world = on_demand(reverting(), 1);
  world.cloud.lost_answers = 1;
  for (int i = 0; i < 2000 && world.cloud.scouts() == 0; ++i) live(world, std::chrono::seconds(1));
  world.cloud.lost_answers = 0;
  world.restart();
  EXPECT_EQ(world.cloud.scouts(), 1);
  live(world, std::chrono::hours(1));
  EXPECT_TRUE(is_spot(world));
  EXPECT_EQ(world.cloud.scouts(), 0);
}

TEST(Voluntary, IsDeletedWithNoScoutLeft) {
  World world = on_demand(reverting(), 5);
  for (int i = 0; i < 2000 && !world.state.scout; ++i) live(world, std::chrono::seconds(1));
  ASSERT_TRUE(world.state.scout);
  world.happen(DeleteAsked{{true, true, true, true, std::chrono::hours(1)}});
  live(world, std::chrono::hours(2));
  EXPECT_TRUE(world.forgotten);
  EXPECT_EQ(world.cloud.scouts(), 0);
}

std::string told(const World& world) {
  std::string text = world.state.error;
  for (size_t i = world.records.size() - std::min<size_t>(world.records.size(), 12); i < world.records.size(); ++i) {
    text += "\n" + to_iso(world.records[i].at) + " " + world.records[i].message;
  }
  for (const auto& [key, asked] : world.state.asked) text += "\nasked " + key + " " + asked.last_error;
  return text + "\nnow " + to_iso(world.now);
}

// Everything at once: prices that swing, markets that fill, the service that dies.
TEST(Voluntary, RandomLivesLoseNothingAndLeaveNoScout) {
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    Strategy strategy = reverting();
    strategy.orientation = Orientation::cheapest;
    World world(spec_with(strategy), seed);
    world.cloud.lost_answers = 0.05;
    world.cloud.lost_requests = 0.05;
    for (int step = 0; step < 4000; ++step) {
      uint64_t dice = world.random.below(100);
      world.strike(dice);
      if (dice == 90) world.cloud.rooms = {{"t3.medium/spot", 1}, {"t3.large/spot", 0}};
      if (dice == 91) world.cloud.rooms = {{"t3.medium/spot", 0}, {"t3.large/spot", 1}};
      if (dice == 92) tell_prices(world, 0.01, 0.02);
      if (dice == 93) tell_prices(world, 0.02, 0.01);
      if (dice == 94 && world.state.instance) world.happen(RebalanceRecommended{world.state.instance->id});
      if (dice == 95) world.now += std::chrono::minutes(40);
      world.live_on(dice);
      ASSERT_LE(world.cloud.scouts(), 1) << "seed " << seed;
    }
    world.cloud.rooms.clear();
    world.cloud.lost_answers = world.cloud.lost_requests = 0;
    world.happen(ResumeAsked{});
    world.happen(CloudStirred{});
    world.settle(2000);
    live(world, std::chrono::hours(3));
    EXPECT_EQ(world.state.status, Status::active) << "seed " << seed << ": " << told(world);
    EXPECT_LE(world.cloud.scouts(), 1) << "seed " << seed;
    EXPECT_EQ(world.cloud.scouts(), world.state.scout ? 1 : 0) << "seed " << seed;
    for (const auto& [device, written] : world.cloud.acknowledged) {
      const Volume& volume = device == "/dev/xvda" ? *world.state.root : world.state.data.at(device);
      EXPECT_GE(world.cloud.content_of(volume.id), written) << device << ", seed " << seed;
    }
  }
}

}  // namespace
}  // namespace holdfast::core::testing
