// --dry-run of the actions: the service's own steps, and nothing done. And costs.
#include <gmock/gmock.h>

#include "cli/fake_service.h"

namespace holdfast::cli {
namespace {

namespace json = boost::json;
using testing::HasSubstr;
using testing::Not;

struct Foretold : testing::Test {
  Foretold() {
    service.have("smi-00000001", "db", "ACTIVE", 3);
    service.have("smi-00000002", "web", "PAUSED", 1);
  }
  Outcome type(const std::string& line) { return run_line(&service, {line, "", false}); }
  bool nothing_was_done() {
    for (const Seen& one : service.seen()) {
      if (one.method != "GET" && !one.dry) return false;
    }
    return true;
  }
  FakeService service;
};

TEST_F(Foretold, EveryActionTellsItsStepsAndDoesNothing) {
  for (const char* action : {"pause", "resume", "recycle", "delete", "delete --purge"}) {
    Outcome told = type(std::string(action) + " db --dry-run");
    EXPECT_EQ(told.status, kOk) << action << told.err;
    EXPECT_THAT(told.out, HasSubstr("db (smi-00000001): ACTIVE -> ACTIVE, and nothing was done")) << action;
    EXPECT_THAT(told.out, HasSubstr("RunInstances")) << action;
    EXPECT_THAT(told.out, HasSubstr("launching 1.20 s")) << action;
  }
  EXPECT_TRUE(nothing_was_done());
}

TEST_F(Foretold, OfManyNothingIsAsked) {
  Outcome told = type("pause --all --dry-run");
  EXPECT_EQ(told.status, kOk) << told.err;
  EXPECT_THAT(told.out, HasSubstr("web (smi-00000002)"));
  EXPECT_EQ(json::parse(type("pause --all --dry-run -o json").out).as_array().size(), 2u);
  EXPECT_TRUE(nothing_was_done());
}

TEST_F(Foretold, ThereIsNothingToWaitFor) {
  EXPECT_EQ(type("pause db --dry-run --wait").status, kUsage);
  EXPECT_EQ(type("pause nobody --dry-run").status, kNotFound);
}

struct CostsCommand : Foretold {
  CostsCommand() {
    json::value item = json::parse(R"({"id":"smi-00000001","name":"db","fromDate":"2026-11-01T00:00:00.000Z",
      "toDate":"2026-11-30T00:00:00.000Z","costs":{"actual":1.5,"potential":3.0},"running":{"unit":"hours","value":72.0},
      "savings":{"unit":"percent","value":50.0},"storage":{"cost":0.2},"snapshots":{"cost":null},"addresses":{"cost":0},
      "total":null,"markets":[{"lifeCycle":"spot","instanceType":"t3.medium","availabilityZone":"z1","hours":72.0,
      "actual":1.5,"potential":3.0}],"byPeriod":[],"notes":["something is not known"]})");
    json::object day = item.as_object();
    item.at("byPeriod").as_array().push_back(std::move(day));
    service.answer("GET /aws/ec2/managedInstance/smi-00000001/costs", 200, {item});
  }
};

TEST_F(CostsCommand, ShowsTheSumItsDaysAndWhatIsNotKnown) {
  Outcome told = type("costs db --from 2026-11-01 --by day");
  EXPECT_EQ(told.status, kOk) << told.err;
  EXPECT_THAT(told.out, HasSubstr("2026-11-01  72.00  1.5000  3.0000     50.0 %  0.2000   unknown"));
  EXPECT_THAT(told.out, HasSubstr("spot        t3.medium"));
  EXPECT_THAT(told.out, HasSubstr("Note: something is not known"));
  EXPECT_EQ(json::parse(type("costs db -o json").out).at("costs").at("potential").to_number<double>(), 3.0);
  EXPECT_EQ(type("costs db --by year").status, kUsage);
}

}  // namespace
}  // namespace holdfast::cli
