#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/fake_service.h"

namespace holdfast::cli {
namespace {

namespace json = boost::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr char kDb[] = "smi-00000001";
constexpr char kPath[] = "GET /aws/ec2/managedInstance/smi-00000001/";

struct HistoryCommands : testing::Test {
  HistoryCommands() { service.have(kDb, "db", "ACTIVE", 3); }
  Outcome type(const std::string& line) { return run_line(&service, {line}); }
  void answer(const std::string& part, const std::string& item) {
    service.answer(kPath + part, 200, {json::parse(item)});
  }
  FakeService service;
};

TEST_F(HistoryCommands, HistoryShowsReasonMarketsAndPhases) {
  answer("history", R"({"outcome":"replaced","reason":"interruption","generation":3,"durationMilliseconds":1450,
      "endedAt":"2026-11-24T03:46:38.000Z","marketAfter":{"lifeCycle":"spot","instanceType":"t3.large",
      "availabilityZone":"z2"},"marketBefore":null,"phases":[{"phase":"saving","durationMilliseconds":33}]})");
  Outcome shown = type("history db --limit 7");
  EXPECT_EQ(shown.status, kOk) << shown.err;
  EXPECT_THAT(shown.out, AllOf(HasSubstr("interruption"), HasSubstr("1.45 s"), HasSubstr("spot t3.large z2"),
                               HasSubstr("saving 33 ms")));
  EXPECT_EQ(json::parse(type("history db -o json").out).at(0).at("generation"), 3);
}

TEST_F(HistoryCommands, HistoryOfOneThatHasNoneSaysWhereToLook) {
  service.answer(std::string(kPath) + "history", 200, {});
  EXPECT_THAT(type("history db").out, HasSubstr("holdfast why"));
}

TEST_F(HistoryCommands, HistoryTakesALimitThatTheServiceTakes) {
  for (const char* limit : {"0", "-1", "1001", "x"})
    EXPECT_EQ(type(std::string("history db --limit ") + limit).status, kUsage);
}

TEST_F(HistoryCommands, WhyTellsWhatIsWaitedForAndWhatComes) {
  answer("why", R"({"id":"smi-00000001","name":"db","status":"ERROR","summary":"a handover is under way",
      "error":"the launch is refused","waitsFor":[{"on":"market","message":"t3.large \u001brefused",
      "since":"2026-11-24T03:46:38.000Z","until":"2026-11-24T03:46:53.000Z"}],
      "next":[{"at":"2026-11-24T04:00:00.000Z","message":"the cloud takes it"}],
      "lastDecision":{"message":"a handover begins","at":"2026-11-24T03:46:00.000Z"},
      "lastHandover":{"at":"2026-11-24T03:46:00.000Z","data":{"reason":"interruption","saw":{"instance":{"id":"i-1",
      "state":"running","status_check":"ok","notice_deadline":"2026-11-24T03:48:00.000Z","unhealthy_since":null}}}}})");
  Outcome told = type("why db");
  EXPECT_EQ(told.status, kOk) << told.err;
  EXPECT_THAT(told.out, AllOf(HasSubstr("db (smi-00000001) is ERROR: a handover is under way"),
                              HasSubstr("Error: the launch is refused"), HasSubstr("- t3.large ?refused; since"),
                              HasSubstr("until"), HasSubstr("the cloud takes it"),
                              HasSubstr("Last decision: a handover begins"), HasSubstr("Last handover: interruption"),
                              HasSubstr("it saw instance i-1 running, status checks ok, taken at 2026-11-24T03:48")));
  EXPECT_EQ(json::parse(type("why db -o json").out).at("status"), "ERROR");
}

TEST_F(HistoryCommands, WhyOfOneAtRestTellsNoMore) {
  answer("why", R"({"id":"smi-00000001","name":"db","status":"ACTIVE","summary":"all is well","error":null,
      "waitsFor":[],"next":[],"lastDecision":null})");
  EXPECT_EQ(type("why db").out, "db (smi-00000001) is ACTIVE: all is well\n");
  EXPECT_EQ(type("why nobody").status, kNotFound);
}

TEST_F(HistoryCommands, AnUpdateOfAnOlderVersionIsRefused) {
  service.answer("PUT /aws/ec2/managedInstance/smi-00000001/pause", 412,
                 {{{"code", "PreconditionFailed"}, {"message", "it was changed"}}});
  EXPECT_EQ(type("pause db").status, kRefused);
}

}  // namespace
}  // namespace holdfast::cli
