// pause, resume, recycle and delete of many.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/fake_service.h"

namespace holdfast::cli {
namespace {

namespace json = boost::json;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

json::object tagged(const std::string& name, const std::string& team) {
  return {{"name", name},
          {"compute",
           {{"launchSpecification",
             {{"tags", {{{"tagKey", "team"}, {"tagValue", team}}, {{"tagKey", "stage"}, {"tagValue", "test"}}}}}}}}};
}

class TargetsTest : public testing::Test {
 protected:
  TargetsTest() {
    have("smi-00000001", "db", "orders");
    have("smi-00000002", "web", "orders");
    have("smi-00000003", "log", "ops");
    have("smi-00000004", "old", "orders", "DEALLOCATED");
  }
  void have(const std::string& id, const std::string& name, const std::string& team, const char* status = "ACTIVE") {
    service.have(id, name, status);
    service.keep(id, tagged(name, team));
  }
  Outcome script(const std::string& line) { return run_line(&service, {line, "", false}); }
  Outcome person(const std::string& line, const std::string& answer) {
    return run_line(&service, {line, answer, true});
  }
  std::vector<std::string> hit(const std::string& method) {
    std::vector<std::string> ids;
    for (const Seen& one : service.seen(method))
      ids.push_back(one.path.substr(std::string("/aws/ec2/managedInstance/").size(), 12));
    return ids;
  }
  FakeService service;
};

TEST_F(TargetsTest, ManyAreNamedAndEachIsHitOnce) {
  Outcome paused = script("pause db smi-00000002 db");
  EXPECT_EQ(paused.status, kOk) << paused.err;
  EXPECT_EQ(paused.out, "db (smi-00000001) pause asked\nweb (smi-00000002) pause asked\n");
  EXPECT_THAT(hit("PUT"), ElementsAre("smi-00000001", "smi-00000002"));
}

TEST_F(TargetsTest, ASelectorHitsAllThatHaveTheTagAndAreNotBeingDeleted) {
  EXPECT_EQ(script("recycle --selector team=orders --yes").status, kOk);
  EXPECT_THAT(hit("PUT"), ElementsAre("smi-00000001", "smi-00000002"));
}

TEST_F(TargetsTest, WhatDeletedOnesLeftIsHitWhereItIsToGo) {
  EXPECT_EQ(script("delete -l team=orders --yes").status, kOk);
  EXPECT_THAT(hit("DELETE"), ElementsAre("smi-00000001", "smi-00000002"));
  EXPECT_EQ(script("delete -l team=orders --delete snapshots --yes").status, kOk);
  EXPECT_THAT(hit("DELETE"), testing::Contains("smi-00000004"));
}

TEST_F(TargetsTest, SeveralSelectorsAreAllMet) {
  EXPECT_EQ(script("pause -l stage=test -l team=ops --yes").status, kOk);
  EXPECT_THAT(hit("PUT"), ElementsAre("smi-00000003"));
  Outcome none = script("pause --selector team=nobody --yes");
  EXPECT_EQ(none.status, kNotFound);
  EXPECT_THAT(none.err, HasSubstr("team=nobody"));
}

TEST_F(TargetsTest, AllIsAll) {
  EXPECT_EQ(script("pause --all --yes").status, kOk);
  EXPECT_EQ(hit("PUT").size(), 3u);
}

TEST_F(TargetsTest, APersonIsShownWhatIsHitAndAsked) {
  Outcome refused = person("delete db web", "\n");
  EXPECT_EQ(refused.status, kRefused);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("smi-00000001"), HasSubstr("smi-00000002"), Not(HasSubstr("smi-00000003")),
                                 HasSubstr("these 2 managed instances"), HasSubstr("[y/N]")));
  EXPECT_EQ(person("pause --selector team=ops", "no\n").status, kRefused) << "one, but found by a rule";
  EXPECT_TRUE(hit("DELETE").empty() && hit("PUT").empty());
  EXPECT_EQ(person("delete db web", "y\n").status, kOk);
  EXPECT_EQ(hit("DELETE").size(), 2u);
  EXPECT_EQ(person("pause db", "").status, kOk) << "one that was named is not asked for";
}

TEST_F(TargetsTest, ARuleWithoutATerminalNeedsYes) {
  for (const char* line : {"pause --all", "delete --selector team=ops", "delete db web --purge"}) {
    Outcome refused = script(line);
    EXPECT_EQ(refused.status, kRefused) << line;
    EXPECT_THAT(refused.err, HasSubstr("--yes")) << line;
  }
  EXPECT_TRUE(hit("DELETE").empty() && hit("PUT").empty());
}

TEST_F(TargetsTest, OneThatFailsDoesNotStopTheOthers) {
  service.answer("PUT /aws/ec2/managedInstance/smi-00000001/pause", 409, {{{"code", "x"}, {"message", "is moving"}}});
  Outcome paused = script("pause db nobody web");
  EXPECT_EQ(paused.status, kFailed) << "of two kinds";
  EXPECT_EQ(paused.out, "web (smi-00000002) pause asked\n");
  EXPECT_THAT(paused.err, AllOf(HasSubstr("db (smi-00000001): is moving"), HasSubstr("'nobody'")));
  EXPECT_EQ(script("pause db web").status, kRefused) << "of one kind: that one's status";
  EXPECT_EQ(script("pause nobody web").status, kNotFound);
}

TEST_F(TargetsTest, ManyAreWaitedForTogether) {
  service.on_action = [this](const std::string& call) {
    if (call.ends_with("smi-00000001/pause")) service.set("smi-00000001", "status", "PAUSED");
  };
  Outcome waited = script("pause db web --wait --timeout 1 -o json");
  EXPECT_EQ(waited.status, kTimedOut) << waited.err;
  EXPECT_THAT(waited.err, AllOf(HasSubstr("db (smi-00000001):\n"), HasSubstr("web (smi-00000002):\n")));
  json::value shown = json::parse(waited.out);
  ASSERT_EQ(shown.as_array().size(), 1u);
  EXPECT_EQ(shown.at(0).at("status"), "PAUSED");
}

TEST_F(TargetsTest, PurgeOfSeveralWantsTheirNumberTyped) {
  EXPECT_EQ(person("delete db web --purge", "y\n").status, kRefused);
  EXPECT_EQ(person("delete db web --purge", "db\n").status, kRefused);
  EXPECT_TRUE(hit("DELETE").empty());
  EXPECT_EQ(person("delete db web --purge", "erase 2\n").status, kOk);
  EXPECT_EQ(service.seen("DELETE").at(1).body.at("deallocationConfig").at("shouldDeleteVolumes"), true);
}

TEST_F(TargetsTest, PurgeOfAllWantsAWordOfItsOwn) {
  for (const char* line : {"delete --all --purge", "delete --all --purge --yes"}) {
    Outcome refused = script(line);
    EXPECT_EQ(refused.status, kUsage) << line;
    EXPECT_THAT(refused.err, HasSubstr("--yes-purge-all")) << line;
  }
  EXPECT_EQ(script("delete --all --yes-purge-all").status, kUsage);
  EXPECT_EQ(script("delete db --purge --yes-purge-all").status, kUsage);
  EXPECT_TRUE(service.seen().empty());
  EXPECT_EQ(script("delete --all --purge --yes-purge-all").status, kOk);
  EXPECT_EQ(hit("DELETE").size(), 4u) << "with what a deleted one left";
}

TEST_F(TargetsTest, OneOfThreeWaysToChooseIsUsed) {
  for (const char* line : {"pause", "pause --all db", "pause --all -l a=b", "pause db -l a=b", "pause -l ab",
                           "pause -l =b", "recycle --yes"}) {
    EXPECT_EQ(script(line).status, kUsage) << line;
  }
  EXPECT_TRUE(service.seen().empty());
}

}  // namespace
}  // namespace holdfast::cli
