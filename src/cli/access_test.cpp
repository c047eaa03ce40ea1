#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/fake_service.h"

namespace holdfast::cli {
namespace {

namespace json = boost::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

struct AccessCommands : testing::Test {
  Outcome type(const std::string& line) { return run_line(&service, {line}); }
  FakeService service;
};

TEST_F(AccessCommands, ANewTokenIsAloneOnTheOutput) {
  service.answer(
      "POST /token", 200,
      {json::parse(R"({"name":"ci","role":"operator","secret":"hft_x","expiresAt":"2026-12-30T00:00:00Z"})")});
  Outcome made = type("token create ci --role operator --expires 30d");
  EXPECT_EQ(made.status, kOk) << made.err;
  EXPECT_EQ(made.out, "hft_x\n") << "so that it can go into a file";
  EXPECT_THAT(made.err, AllOf(HasSubstr("valid until 2026-12-30"), Not(HasSubstr("hft_x"))));
  EXPECT_EQ(service.seen("POST").at(0).body,
            json::parse(R"({"token":{"name":"ci","role":"operator","expiresInSeconds":2592000}})"));
  type("token create ci --role viewer");
  EXPECT_EQ(service.seen("POST").at(1).body, json::parse(R"({"token":{"name":"ci","role":"viewer"}})"));
}

TEST_F(AccessCommands, ARoleOrATimeThatIsNoneIsRefusedHere) {
  EXPECT_EQ(type("token create ci --role boss").status, kUsage);
  EXPECT_EQ(type("token create ci").status, kUsage);
  for (const char* time : {"30", "d", "0d", "-1d", "3651d", "1w", "99999999999999999999d"})
    EXPECT_EQ(type(std::string("token create ci --role viewer --expires=") + time).status, kRefused) << time;
  EXPECT_TRUE(service.seen("POST").empty());
}

TEST_F(AccessCommands, TheListTellsWhenEachWasUsed) {
  service.answer("GET /token", 200,
                 {json::parse(R"({"name":"ci","role":"viewer","createdAt":"2026-11-24T03:46:38.000Z","createdBy":"a",
                              "expiresAt":null,"lastUsedAt":null})")});
  EXPECT_THAT(type("token list").out, AllOf(HasSubstr("ci"), HasSubstr("viewer"), HasSubstr("never")));
  service.answer("GET /token", 200, {});
  EXPECT_THAT(type("token list").out, HasSubstr("No tokens"));
}

TEST_F(AccessCommands, RevokingNamesTheToken) {
  service.answer("DELETE /token/ci", 200, {json::parse(R"({"name":"ci"})")});
  EXPECT_EQ(type("token revoke ci").status, kOk);
  service.answer("DELETE /token/ci", 404, {json::parse(R"({"code":"TokenNotFound","message":"There is none"})")});
  EXPECT_EQ(type("token revoke ci").status, kNotFound);
}

TEST_F(AccessCommands, OneThatAsksTooOftenWaitsAndAsksAgain) {
  service.answer("GET /token", 429, {json::parse(R"({"code":"TooManyRequests","message":"later"})")});
  service.before = [&](const std::string&) {
    if (service.seen("GET").size() == 1) service.answer("GET /token", 200, {});
  };
  EXPECT_EQ(type("token list").status, kOk);
  EXPECT_EQ(service.seen("GET").size(), 2u);
}

TEST_F(AccessCommands, TheLogHasALineForEachChangeAndShowsThoseWithoutAnOutcome) {
  service.answer("GET /audit", 200,
                 {json::parse(R"({"sequence":4,"kind":"denied","at":"t","token":null,"role":null,"from":"1.2.3.4",
                              "method":"GET","path":"/audit","status":401})"),
                  json::parse(R"({"sequence":3,"kind":"asked","token":"ci","method":"DELETE","path":"/lost"})"),
                  json::parse(R"({"sequence":2,"kind":"done","asked":1,"token":"ci","method":"PUT","path":"/x",
                              "status":200,"changes":[{"id":"smi-00000001"}]})"),
                  json::parse(R"({"sequence":1,"kind":"asked","token":"ci","method":"PUT","path":"/x"})")});
  Outcome shown = type("audit --limit 7");
  EXPECT_EQ(shown.status, kOk) << shown.err;
  EXPECT_EQ(std::count(shown.out.begin(), shown.out.end(), '\n'), 4) << shown.out;
  EXPECT_THAT(shown.out, AllOf(HasSubstr("DELETE /lost"), HasSubstr("no outcome"), HasSubstr("smi-00000001"),
                               HasSubstr("401"), HasSubstr("1.2.3.4")));
  EXPECT_EQ(json::parse(type("audit -o json").out).as_array().size(), 4u);
  EXPECT_EQ(type("audit --limit 0").status, kUsage);
}

}  // namespace
}  // namespace holdfast::cli
