#include "engine/prices.h"

#include <gtest/gtest.h>

#include "engine/fakes_test.h"

namespace holdfast::engine {
namespace {

struct PricesTest : testing::Test {
  PricesTest() {
    ec2.on<ec2::DescribeSpotPriceHistoryRequest>([this](const auto&) {
      return Result<ec2::DescribeSpotPriceHistoryResponse>(ec2::DescribeSpotPriceHistoryResponse{shown, ""});
    });
  }
  void add(const char* id, std::vector<std::string> types, model::LifeCycle life_cycle = model::LifeCycle::spot) {
    auto view = std::make_shared<View>();
    view->id = ManagedInstanceId(id);
    view->spec.strategy.life_cycle = life_cycle;
    view->spec.compute.instance_types = std::move(types);
    view->state.surroundings.subnets = {{SubnetId("subnet-a"), "z1", {}}};
    views.push_back(view);
  }
  void pump() {
    prices.pump();
    workers.run_all();
  }

  ScriptedEc2 ec2;
  QueuedWorkers workers;
  SetClock clock;
  std::vector<std::shared_ptr<View>> views;
  std::vector<ec2::SpotPrice> shown;
  std::map<ManagedInstanceId, std::vector<model::MarketPrice>> seen;
  Prices prices{{ec2, workers, workers.post(), clock,
                 [this](const std::function<void(const SharedView&)>& visit) {
                   for (const auto& view : views) visit(view);
                 },
                 [this](const ManagedInstanceId& id, model::PricesSeen event) { seen[id] = event.prices; }}};
};

TEST_F(PricesTest, AreAskedOnceForAllAndGivenToEachForItsOwnMarkets) {
  add("smi-1", {"m5.large"});
  add("smi-2", {"c5.large"});
  add("smi-3", {"m5.large"}, model::LifeCycle::on_demand);
  Time now = clock.time;
  shown = {{"m5.large", "z1", "Linux/UNIX", 0.03, now - std::chrono::hours(1)},
           {"m5.large", "z1", "Linux/UNIX", 0.02, now},
           {"m5.large", "z2", "Linux/UNIX", 0.01, now},
           {"c5.large", "z1", "Linux/UNIX", 0.04, now}};
  pump();
  auto asked = ec2.asked<ec2::DescribeSpotPriceHistoryRequest>();
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_EQ(asked[0].instance_types, (std::vector<std::string>{"c5.large", "m5.large"}));
  ASSERT_EQ(seen.size(), 2u);
  ASSERT_EQ(seen[ManagedInstanceId("smi-1")].size(), 1u);
  EXPECT_EQ(seen[ManagedInstanceId("smi-1")][0].usd, 0.02) << "the newest, and of its zone";
  EXPECT_EQ(seen[ManagedInstanceId("smi-2")][0].usd, 0.04);
}

TEST_F(PricesTest, AreAskedAgainAfterFiveMinutesAndTellOnlyWhatIsNew) {
  add("smi-1", {"m5.large"});
  shown = {{"m5.large", "z1", "Linux/UNIX", 0.02, clock.time}};
  pump();
  views[0]->state.looking.prices = seen.at(ManagedInstanceId("smi-1"));
  seen.clear();
  pump();
  EXPECT_EQ(ec2.requests.size(), 1u) << "not yet";
  clock.time += Prices::kInterval;
  pump();
  EXPECT_EQ(ec2.requests.size(), 2u);
  EXPECT_TRUE(seen.empty()) << "it is the same price";
  shown[0].spot_price = 0.05;
  clock.time += Prices::kInterval;
  pump();
  EXPECT_EQ(seen.at(ManagedInstanceId("smi-1"))[0].usd, 0.05);
}

TEST_F(PricesTest, WhileTheyAreAskedForNothingElseIsDue) {
  add("smi-1", {"m5.large"});
  prices.pump();
  clock.time += 2 * Prices::kInterval;
  EXPECT_FALSE(prices.next_pump()) << "it would be turned for without end";
  workers.run_all();
  EXPECT_LE(prices.next_pump(), clock.time);
}

TEST_F(PricesTest, NothingIsAskedWhereNobodyHasUseForThem) {
  add("smi-1", {"m5.large"}, model::LifeCycle::on_demand);
  pump();
  EXPECT_TRUE(ec2.requests.empty());
  EXPECT_GT(prices.next_pump(), clock.time);
}

TEST_F(PricesTest, AFailureIsNoHurry) {
  add("smi-1", {"m5.large"});
  ec2.fail_with<ec2::DescribeSpotPriceHistoryRequest>("RequestLimitExceeded");
  pump();
  pump();
  EXPECT_EQ(ec2.requests.size(), 1u);
  EXPECT_TRUE(seen.empty());
}

}  // namespace
}  // namespace holdfast::engine
