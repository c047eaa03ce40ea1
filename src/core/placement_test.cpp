#include "core/placement.h"

#include <gtest/gtest.h>

namespace holdfast::core {
namespace {

using namespace model;

Spec two_types() {
  Spec spec;
  spec.persistence.block_devices = true;
  spec.compute.instance_types = {"m5.large", "c5.large"};
  spec.compute.preferred_type = "c5.large";
  return spec;
}

State two_zones() {
  State state;
  state.surroundings.subnets = {{SubnetId("subnet-a"), "z1", {}}, {SubnetId("subnet-b"), "z2", {}}};
  return state;
}

void cool(State& state, const Market& market, Time until, bool refused) {
  state.cooling.push_back({market, until, refused, false, {}});
}

const Time kNow = from_millis(1000);
const Time kLater = from_millis(9000);

TEST(Placement, AsksThePreferredTypeInTheFirstSubnetOnSpotFirst) {
  auto placement = place(two_types(), two_zones(), kNow);
  EXPECT_EQ(placement.market, (Market{"c5.large", SubnetId("subnet-a"), "z1", LifeCycle::spot}));
}

TEST(Placement, StaysInTheZoneOfTheVolumesBeforeAnyOther) {
  State state = two_zones();
  state.data["/dev/sdf"].zone = "z2";
  EXPECT_EQ(place(two_types(), state, kNow).market->zone, "z2");
}

TEST(Placement, AKeptInterfaceTiesItToItsSubnetEvenIfTheUserTookThatOut) {
  State state = two_zones();
  state.interface = Interface{};
  state.interface->subnet = SubnetId("subnet-gone");
  state.interface->zone = "z3";
  Spec spec = two_types();
  spec.persistence.private_ip = true;
  auto market = place(spec, state, kNow).market;
  EXPECT_EQ(market->subnet, SubnetId("subnet-gone"));
  EXPECT_EQ(market->zone, "z3");
}

TEST(Placement, AWantedAddressTiesItToTheSubnetThatHoldsIt) {
  State state = two_zones();
  state.surroundings.subnets[1].holds_address = true;
  Spec spec = two_types();
  spec.persistence.private_ip = true;
  spec.compute.private_ip = "10.0.16.9";
  EXPECT_EQ(place(spec, state, kNow).market->subnet, SubnetId("subnet-b"));
  // An interface with another address is not in the way.
  state.interface = Interface{};
  state.interface->ip = "10.0.0.9";
  state.interface->subnet = SubnetId("subnet-a");
  EXPECT_EQ(place(spec, state, kNow).market->subnet, SubnetId("subnet-b"));
}

TEST(Placement, ARefusingMarketIsLeftOutUntilItHasCooled) {
  State state = two_zones();
  state.data["/dev/sdf"].zone = "z1";
  cool(state, {"c5.large", SubnetId("subnet-a"), "z1", LifeCycle::spot}, kLater, true);
  EXPECT_EQ(place(two_types(), state, kNow).market->instance_type, "m5.large");
  EXPECT_EQ(place(two_types(), state, kLater).market->instance_type, "c5.large");
}

TEST(Placement, AMarketThatTookAnInstanceComesLastAmongItsLikeButBeforeOnDemand) {
  State state = two_zones();
  state.surroundings.subnets.pop_back();
  cool(state, {"c5.large", SubnetId("subnet-a"), "z1", LifeCycle::spot}, kLater, false);
  EXPECT_EQ(place(two_types(), state, kNow).market->instance_type, "m5.large");
  cool(state, {"m5.large", SubnetId("subnet-a"), "z1", LifeCycle::spot}, kLater, true);
  EXPECT_EQ(place(two_types(), state, kNow).market, (Market{"c5.large", SubnetId("subnet-a"), "z1", LifeCycle::spot}));
}

TEST(Placement, WithoutFallbackAndWithEveryMarketCoolingItSaysWhenToAskAgain) {
  Spec spec = two_types();
  spec.strategy.fallback_to_od = false;
  State state = two_zones();
  for (const char* type : {"c5.large", "m5.large"}) {
    cool(state, {type, SubnetId("subnet-a"), "z1", LifeCycle::spot}, kLater, true);
    cool(state, {type, SubnetId("subnet-b"), "z2", LifeCycle::spot}, from_millis(5000), true);
  }
  auto placement = place(spec, state, kNow);
  EXPECT_FALSE(placement.market);
  EXPECT_EQ(placement.again_at, from_millis(5000));
}

TEST(Placement, OnDemandIsAskedWhereSpotHasNone) {
  State state = two_zones();
  state.surroundings.subnets.pop_back();
  for (const char* type : {"c5.large", "m5.large"}) {
    cool(state, {type, SubnetId("subnet-a"), "z1", LifeCycle::spot}, kLater, true);
  }
  EXPECT_EQ(place(two_types(), state, kNow).market->life_cycle, LifeCycle::on_demand);
}

TEST(Placement, WithNothingThatTiesItEveryZonesSpotComesBeforeOnDemand) {
  State state = two_zones();
  for (const char* type : {"c5.large", "m5.large"}) {
    cool(state, {type, SubnetId("subnet-a"), "z1", LifeCycle::spot}, kLater, true);
  }
  EXPECT_EQ(place(two_types(), state, kNow).market, (Market{"c5.large", SubnetId("subnet-b"), "z2", LifeCycle::spot}));
}

Market best(Orientation orientation, std::vector<MarketPrice> prices, std::vector<std::string> preferred = {}) {
  Spec spec;
  spec.compute.instance_types = {"m5.large", "c5.large"};
  spec.compute.preferred_types = std::move(preferred);
  spec.strategy.orientation = orientation;
  State state = two_zones();
  state.looking.prices = std::move(prices);
  return *place(spec, state, kNow).market;
}

TEST(Placement, TheCheaperMarketComesFirstWherePricesAreKnown) {
  const std::vector<MarketPrice> prices = {
      {"m5.large", "z1", 0.05}, {"m5.large", "z2", 0.04}, {"c5.large", "z1", 0.03}, {"c5.large", "z2", 0.06}};
  Market cheapest{"c5.large", SubnetId("subnet-a"), "z1", LifeCycle::spot};
  EXPECT_EQ(best(Orientation::balanced, prices), cheapest);
  EXPECT_EQ(best(Orientation::cost_oriented, prices), cheapest);
  EXPECT_EQ(best(Orientation::cheapest, prices), cheapest);
  EXPECT_EQ(best(Orientation::availability_oriented, prices).instance_type, "m5.large") << "the user's order";
  EXPECT_EQ(best(Orientation::balanced, {}).instance_type, "m5.large") << "without prices: the user's order";
}

TEST(Placement, APreferredTypeComesBeforeTheCheaperButForCheapest) {
  const std::vector<MarketPrice> prices = {
      {"m5.large", "z1", 0.05}, {"m5.large", "z2", 0.04}, {"c5.large", "z1", 0.03}};
  Market preferred{"m5.large", SubnetId("subnet-b"), "z2", LifeCycle::spot};
  EXPECT_EQ(best(Orientation::balanced, prices, {"m5.large"}), preferred);
  EXPECT_EQ(best(Orientation::cost_oriented, prices, {"m5.large"}), preferred);
  EXPECT_EQ(best(Orientation::availability_oriented, prices, {"c5.large"}).instance_type, "c5.large");
  EXPECT_EQ(best(Orientation::cheapest, prices, {"m5.large"}).instance_type, "c5.large");
}

TEST(Placement, TypesFoundByWhatTheyHaveTakeThePlaceOfTheDocuments) {
  Spec spec;
  spec.compute.preferred_types = {"c6i.large", "m6i.large"};
  State state = two_zones();
  state.surroundings.types = {"m5.large", "m6i.large", "c6i.large"};
  EXPECT_EQ(types_in_order(spec, state), (std::vector<std::string>{"c6i.large", "m6i.large", "m5.large"}));
}

}  // namespace
}  // namespace holdfast::core
