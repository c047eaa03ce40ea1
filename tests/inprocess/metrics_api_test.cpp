// /metrics as Prometheus reads it: every line is held to the text format, and what happened is in it.
#include <gmock/gmock.h>

#include <cmath>
#include <regex>
#include <set>
#include <sstream>

#include "core/price_book.h"
#include "inprocess/api_world.h"

namespace holdfast::inprocess {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Key;
using testing::Not;

// A scrape, read strictly: a family's help, type and samples stand together, and no sample comes twice.
struct Scrape {
  explicit Scrape(const std::string& text) {
    EXPECT_TRUE(text.ends_with("\n"));
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) read(line);
    for (const auto& [name, type] : types) {
      EXPECT_TRUE(type != "counter" || name.ends_with("_total")) << name;
      EXPECT_TRUE(type != "histogram" || name.ends_with("_seconds")) << name;
    }
  }

  void read(const std::string& line) {
    static const std::regex kHelp("# HELP ([a-z_:][a-z0-9_:]*) (.+)");
    static const std::regex kType("# TYPE ([a-z_:][a-z0-9_:]*) (gauge|counter|histogram)");
    static const std::regex kSample(
        R"(([a-z_:][a-z0-9_:]*)(\{([a-z_]+="([^"\\]|\\.)*",?)+\})? ([-+]?[0-9.e+-]+|\+Inf))");
    std::smatch found;
    if (std::regex_match(line, found, kHelp)) {
      family = found[1].str();
      EXPECT_FALSE(types.contains(family)) << family << " comes twice";
    } else if (std::regex_match(line, found, kType)) {
      EXPECT_EQ(found[1].str(), family) << "its help comes just before";
      types[family] = found[2].str();
    } else if (std::regex_match(line, found, kSample)) {
      const std::string name = found[1].str();
      if (types[family] == "histogram") {
        EXPECT_TRUE(name == family + "_bucket" || name == family + "_sum" || name == family + "_count") << line;
      } else {
        EXPECT_EQ(name, family) << line;
      }
      const double value = found[5].str() == "+Inf" ? INFINITY : std::stod(found[5].str());
      EXPECT_TRUE(samples.emplace(name + found[2].str(), value).second) << line << " comes twice";
    } else {
      ADD_FAILURE() << "no line of the format: " << line;
    }
  }

  double at(const std::string& sample) const {
    auto found = samples.find(sample);
    if (found != samples.end()) return found->second;
    ADD_FAILURE() << "no sample " << sample;
    return NAN;
  }

  std::string family;
  std::map<std::string, std::string> types;
  std::map<std::string, double> samples;
};

struct MetricsApi : ApiWorld {
  http::Response response(http::Request request = {}) {
    request.method = "GET";
    request.path = "/metrics";
    return answer_to(std::move(request));
  }
  Scrape scrape() { return Scrape(response().body); }
};

TEST_F(MetricsApi, CountsAReplacementByItsReasonWithItsPhases) {
  const std::string id = create_active();
  ASSERT_EQ(send("PUT", "/" + id + "/recycle", "").at("status").at("code"), 200);
  ASSERT_TRUE(wait([&] {
    auto view = engine.find(ManagedInstanceId(id));
    return view->state.generation == 2 && view->state.status == model::Status::active;
  }));
  Scrape now = scrape();
  EXPECT_EQ(now.at(R"(holdfast_handovers_total{reason="recycle"})"), 1);
  EXPECT_EQ(now.at(R"(holdfast_handovers_total{reason="created"})"), 1);
  const std::string ended = R"({reason="recycle",outcome="replaced")";
  EXPECT_EQ(now.at("holdfast_handover_duration_seconds_count" + ended + "}"), 1);
  EXPECT_EQ(now.at("holdfast_handover_duration_seconds_bucket" + ended + R"(,le="+Inf"})"), 1);
  EXPECT_EQ(now.at("holdfast_handover_duration_seconds_bucket" + ended + R"(,le="3600"})"), 1);
  double sum = 0;
  for (const char* phase : {"terminating", "saving", "launching", "attaching", "checking"}) {
    const std::string label = std::string(R"({phase=")") + phase + R"("})";
    if (now.samples.contains("holdfast_handover_phase_duration_seconds_sum" + label))
      sum += now.at("holdfast_handover_phase_duration_seconds_sum" + label);
  }
  // The first launch has a while before its first phase.
  const double recycled = now.at("holdfast_handover_duration_seconds_sum" + ended + "}");
  EXPECT_GE(sum, recycled - 1e-6);
  EXPECT_LE(sum,
            recycled + now.at(R"(holdfast_handover_duration_seconds_sum{reason="created",outcome="started"})") + 1e-6);
  EXPECT_EQ(now.at(R"(holdfast_managed_instances{status="ACTIVE"})"), 1);
  EXPECT_EQ(now.at(R"(holdfast_managed_instances{status="ERROR"})"), 0);
  EXPECT_EQ(now.at("holdfast_ready"), 1);
  EXPECT_GT(now.at("holdfast_events_total"), 0);
  EXPECT_GT(now.at("holdfast_effects_sent_total"), 0);
  EXPECT_EQ(now.at("holdfast_effects_queued"), 0);
}

TEST_F(MetricsApi, TellsWhatASpotInstanceSaves) {
  const std::string id = create_active();
  const std::string sample = R"(holdfast_savings_usd_per_hour{managed_instance=")" + id + R"("})";
  const model::Market market = engine.find(ManagedInstanceId(id))->state.instance->market;
  ASSERT_EQ(market.life_cycle, model::LifeCycle::spot);
  ASSERT_TRUE(engine.ask(ManagedInstanceId(id), model::PricesSeen{{{market.instance_type, "elsewhere", 1.0},
                                                                   {market.instance_type, market.zone, 0.001}}}));
  const double on_demand = static_cast<double>(core::list_prices().on_demand_hour.at(market.instance_type)) / 1e6;
  // The cloud's own price may come at any time and take the place of the one told.
  EXPECT_TRUE(wait([&] {
    const double saving = scrape().at(sample);
    for (const model::MarketPrice& price : engine.find(ManagedInstanceId(id))->state.looking.prices) {
      if (price.zone == market.zone && std::abs(saving - (on_demand - price.usd)) < 1e-9) return true;
    }
    return false;
  }));
}

TEST_F(MetricsApi, TellsHowMuchOfAVolumeWouldBeLost) {
  const std::string id = create_active();
  auto sample = [&] {
    auto root = engine.find(ManagedInstanceId(id))->state.root;
    return R"(holdfast_recovery_point_age_seconds{managed_instance=")" + id + R"(",device=")" + root->device +
           R"(",volume=")" + root->id.str() + R"("})";
  };
  EXPECT_EQ(scrape().at(sample()), INFINITY) << "no snapshot yet";
  std::string wanted = sample();
  wanted.replace(0, wanted.find('{'), "holdfast_snapshot_interval_wanted_seconds");
  const auto interval = std::chrono::duration_cast<std::chrono::seconds>(
      engine.find(ManagedInstanceId(id))->spec.persistence.snapshot_interval);
  EXPECT_EQ(scrape().at(wanted), static_cast<double>(interval.count()));
  const boost::json::value volume = get("/" + id + "/status").at("items").at(0).at("volumes").at(0);
  EXPECT_EQ(volume.at("snapshotIntervalSeconds").as_int64(), interval.count());
  EXPECT_TRUE(volume.at("recoveryPoint").is_null() && volume.at("achievedIntervalSeconds").is_null());
  ASSERT_EQ(send("PUT", "/" + id + "/recycle", "").at("status").at("code"), 200);
  ASSERT_TRUE(wait([&] {
    auto view = engine.find(ManagedInstanceId(id));
    return view->state.generation == 2 && view->state.status == model::Status::active;
  }));
  const double age = scrape().at(sample());
  EXPECT_GE(age, 0);
  EXPECT_LT(age, 60) << "the final snapshot that it was made from";
  ASSERT_EQ(send("PUT", "/" + id + "/pause", "").at("status").at("code"), 200);
  ASSERT_TRUE(wait_for(id, model::Status::paused));
  EXPECT_EQ(scrape().at(sample()), 0) << "nobody writes after the final snapshot";
}

TEST_F(MetricsApi, WantsTheTokenAndNothingElse) {
  http::Request stranger;
  stranger.headers["authorization"] = "Bearer wrong";
  EXPECT_EQ(response(stranger).status, 401);
  http::Request asking;
  asking.query = {{"name", "x"}};
  EXPECT_EQ(response(asking).status, 400);
  http::Request posting;
  posting.method = "POST";
  posting.path = "/metrics";
  EXPECT_EQ(answer_to(posting).status, 405);
  http::Response good = response();
  EXPECT_EQ(good.status, 200);
  EXPECT_THAT(good.headers, Contains(testing::Pair("Content-Type", HasSubstr("version=0.0.4"))));
  EXPECT_THAT(Scrape(good.body).types, Not(Contains(Key(HasSubstr("api_budget"))))) << "calls cost nothing here";
}

TEST_F(MetricsApi, TellsTheBudgetOfTheCloudsApi) {
  api::Api budgeted({&gate,
                     {},
                     [] {
                       return std::vector<api::BudgetLine>{{"DescribeVolumes (all)", 49.5, 50, 7, 0},
                                                           {"Run\"In\\stances\n", -1, 5, 9, 2}};
                     }},
                    engine);
  http::Request request;
  request.method = "GET";
  request.path = "/metrics";
  request.headers["authorization"] = "Bearer secret";
  Scrape now(budgeted.handle(request).body);
  EXPECT_EQ(now.at(R"x(holdfast_api_budget_tokens{action="DescribeVolumes (all)"})x"), 49.5);
  EXPECT_EQ(now.at(R"x(holdfast_api_budget_size_tokens{action="DescribeVolumes (all)"})x"), 50);
  EXPECT_EQ(now.at(R"x(holdfast_api_calls_throttled_total{action="Run\"In\\stances\n"})x"), 2);
}

}  // namespace
}  // namespace holdfast::inprocess
