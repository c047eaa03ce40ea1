// GET …/costs, with the real engine on the local cloud's model and its prices.
#include <gmock/gmock.h>

#include "cloud/instance_types.h"
#include "core/price_book.h"
#include "inprocess/api_world.h"

namespace holdfast::inprocess {
namespace {

namespace json = boost::json;
using testing::ElementsAre;
using testing::HasSubstr;

struct CostsApi : ApiWorld {
  json::value costs(const std::string& id, const Query& query = {}) {
    json::value answer = get("/" + id + "/costs", query);
    EXPECT_EQ(answer.at("status").at("code"), 200) << json::serialize(answer);
    return answer.at("items").at(0);
  }
  std::vector<std::string> faults(const Query& query) {
    json::value answer = get("/" + id + "/costs", query);
    EXPECT_EQ(answer.at("status").at("code"), 400) << json::serialize(answer);
    std::vector<std::string> fields;
    for (const json::value& error : answer.at("errors").get_array()) fields.emplace_back(error.at("field").as_string());
    return fields;
  }
  std::string id = create_active();
};

TEST_F(CostsApi, TellWhatExistingClientsReadAndWhatItIsMadeOf) {
  const Time tomorrow = Time(std::chrono::floor<Duration>(std::chrono::system_clock::now())) + std::chrono::hours(24);
  json::value told = costs(id, {{"toDate", to_iso(tomorrow)}});
  EXPECT_EQ(told.at("running").at("unit"), "hours");
  EXPECT_EQ(told.at("savings").at("unit"), "percent");
  // It has run for a moment, and a minute is billed.
  const double list = 0.0052 / 60;
  EXPECT_NEAR(told.at("costs").at("potential").as_double(), list, 1e-6);
  EXPECT_GT(told.at("costs").at("actual").as_double(), 0);
  EXPECT_LT(told.at("costs").at("actual").as_double(), list);
  EXPECT_GT(told.at("savings").at("value").as_double(), 0);
  EXPECT_EQ(told.at("markets").at(0).at("instanceType"), "t3.nano");
  EXPECT_EQ(told.at("markets").at(0).at("lifeCycle"), "spot");
  EXPECT_EQ(told.at("byPeriod").as_array().size(), 1u);
  EXPECT_TRUE(told.at("total").is_double()) << json::serialize(told);
}

TEST_F(CostsApi, BookkeepingIsNoEvent) {
  costs(id);
  EXPECT_THAT(json::serialize(get("/" + id + "/events")), testing::Not(HasSubstr("holdings")));
}

TEST_F(CostsApi, OfAnotherTimeThereAreNone) {
  json::value told = costs(id, {{"fromDate", "2020-01-01"}, {"toDate", "2020-01-31"}, {"aggregationPeriod", "month"}});
  EXPECT_EQ(told.at("costs").at("actual"), 0.0);
  EXPECT_EQ(told.at("fromDate"), "2020-01-01T00:00:00.000Z");
  EXPECT_EQ(told.at("toDate"), "2020-02-01T00:00:00.000Z") << "a day is meant to its end";
  EXPECT_TRUE(told.at("byPeriod").as_array().empty());
}

TEST_F(CostsApi, FaultsOfTheQueryAreToldAtOnce) {
  EXPECT_THAT(faults({{"fromDate", "soon"}, {"toDate", "x"}, {"aggregationPeriod", "year"}, {"by", "day"}}),
              testing::UnorderedElementsAre("by", "fromDate", "toDate", "aggregationPeriod"));
  EXPECT_THAT(faults({{"fromDate", "2026-02-01"}, {"toDate", "2026-01-01"}}), ElementsAre("fromDate"));
  EXPECT_THAT(faults({{"fromDate", "2020-02-01"}, {"toDate", "2026-01-01"}}), ElementsAre("fromDate"));
  EXPECT_EQ(get("/smi-00000000/costs").at("status").at("code"), 404);
  EXPECT_EQ(send("PUT", "/" + id + "/costs", "").at("status").at("code"), 405);
}

TEST(PriceBook, HasTheLocalCloudsTypesAtItsPrices) {
  for (const cloud::InstanceType& type : cloud::kInstanceTypes) {
    auto price = core::list_prices().on_demand_hour.find(std::string(type.name));
    ASSERT_NE(price, core::list_prices().on_demand_hour.end()) << type.name;
    EXPECT_NEAR(static_cast<double>(price->second) / 1e6, type.usd_an_hour, 1e-7) << type.name;
  }
}

}  // namespace
}  // namespace holdfast::inprocess
