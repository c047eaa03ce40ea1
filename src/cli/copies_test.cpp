// snapshots, restore, retained, undelete and group, as a user types them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/fake_service.h"

namespace holdfast::cli {
namespace {

namespace json = boost::json;
using testing::AllOf;
using testing::HasSubstr;

constexpr char kPath[] = "/aws/ec2/managedInstance/smi-00000001/";
constexpr char kGroups[] = "/aws/ec2/group";

struct CopyCommands : testing::Test {
  CopyCommands() { service.have("smi-00000001", "db", "ACTIVE", 3); }
  Outcome type(const std::string& line, const std::string& input = {}) { return run_line(&service, {line, input}); }
  void answer(const std::string& method, const std::string& part, const std::string& items) {
    service.answer(method + " " + kPath + part, 200, json::parse(items).as_array());
  }
  json::value sent(const std::string& method, const std::string& path) {
    for (const Seen& seen : service.seen(method)) {
      if (seen.path == path) return seen.body;
    }
    ADD_FAILURE() << "nobody asked " << method << " " << path;
    return nullptr;
  }
  FakeService service;
};

constexpr char kStatus[] = R"([{"id":"smi-00000001","name":"db","status":"ACTIVE","goal":"running","generation":3}])";

TEST_F(CopyCommands, SnapshotsAreListedTakenAndDropped) {
  answer("GET", "snapshots", R"([{"snapshotId":"snap-1","device":"/dev/sdf","purpose":"manual","generation":3,
      "state":"completed","sizeGib":8,"startedAt":"2026-11-24T03:46:38.000Z","keptUntil":null,"restoring":false}])");
  answer("POST", "snapshots", kStatus);
  answer("DELETE", "snapshots/snap-1", kStatus);
  Outcome shown = type("snapshots db");
  EXPECT_EQ(shown.status, kOk) << shown.err;
  EXPECT_THAT(shown.out,
              AllOf(HasSubstr("snap-1"), HasSubstr("/dev/sdf"), HasSubstr("manual"), HasSubstr("it is dropped")));
  EXPECT_THAT(type("snapshots db --take").err, HasSubstr("is being taken"));
  EXPECT_EQ(type("snapshots db --take --wait --timeout 5").status, kOk) << "it is completed";
  EXPECT_THAT(type("snapshots db --drop snap-1").err, HasSubstr("snap-1 goes"));
  EXPECT_EQ(service.seen("DELETE").size(), 1u);
  EXPECT_EQ(json::parse(type("snapshots db -o json").out).at(0).at("snapshotId"), "snap-1");
}

TEST_F(CopyCommands, ARestoreSaysWhatToRestore) {
  answer("PUT", "restore", kStatus);
  EXPECT_EQ(type("restore db --snapshot snap-1 --snapshot snap-2 --yes").status, kOk);
  EXPECT_EQ(json::serialize(sent("PUT", std::string(kPath) + "restore")), R"({"snapshotIds":["snap-1","snap-2"]})");
  EXPECT_EQ(type("restore db").status, kUsage);
  EXPECT_EQ(type("restore db --generation 0").status, kUsage);
  EXPECT_EQ(type("restore db --generation 2 --snapshot snap-1").status, kUsage);
}

TEST_F(CopyCommands, ARestoreAsksFirst) {
  answer("PUT", "restore", kStatus);
  EXPECT_NE(type("restore db --generation 2", "n\n").status, kOk);
  EXPECT_TRUE(service.seen("PUT").empty());
  Outcome done = type("restore db --generation 2", "y\n");
  EXPECT_EQ(done.status, kOk) << done.err;
  EXPECT_THAT(done.err, HasSubstr("takes db (smi-00000001) down"));
  EXPECT_EQ(json::serialize(sent("PUT", std::string(kPath) + "restore")), R"({"generation":2})");
}

TEST_F(CopyCommands, ARestoreIsTakenBack) {
  answer("PUT", "restore", kStatus);
  EXPECT_THAT(type("restore db --cancel").out, HasSubstr("taken back"));
  EXPECT_EQ(json::serialize(sent("PUT", std::string(kPath) + "restore")), R"({"cancel":true})");
}

TEST_F(CopyCommands, WhatIsRetainedIsListedOfOneAndOfAll) {
  const std::string items = R"([{"managedInstanceId":"smi-00000001","name":"db","what":"volume","id":"vol-1",
      "why":"its managed instance was deleted","due":"2026-11-24T03:46:38.000Z","undelete":true}])";
  answer("GET", "retained", items);
  service.answer("GET /aws/ec2/managedInstance/retained", 200, json::parse(items).as_array());
  EXPECT_THAT(type("retained db").out, AllOf(HasSubstr("vol-1"), HasSubstr("was deleted")));
  EXPECT_THAT(type("retained").out, HasSubstr("vol-1"));
  service.answer("GET /aws/ec2/managedInstance/retained", 200, {});
  EXPECT_THAT(type("retained").out, HasSubstr("Nothing is kept"));
}

TEST_F(CopyCommands, UndeleteBringsItBackAndUpIfWanted) {
  answer("PUT", "undelete", R"([{"id":"smi-00000001","name":"db","status":"PAUSED"}])");
  answer("PUT", "resume", R"([{"id":"smi-00000001","name":"db","status":"RESUMING"}])");
  EXPECT_THAT(type("undelete smi-00000001").out, AllOf(HasSubstr("is PAUSED"), HasSubstr("holdfast resume")));
  EXPECT_EQ(service.seen("PUT").size(), 1u);
  EXPECT_THAT(type("undelete smi-00000001 --resume").out, HasSubstr("is RESUMING"));
}

TEST_F(CopyCommands, AVolumeIsGivenUpAfterAQuestion) {
  answer("DELETE", "volume/vol-1", kStatus);
  EXPECT_NE(type("drop-volume db vol-1", "n\n").status, kOk);
  EXPECT_TRUE(service.seen("DELETE").empty());
  EXPECT_THAT(type("drop-volume db vol-1", "y\n").out, HasSubstr("has given up vol-1"));
  EXPECT_EQ(service.seen("DELETE").size(), 1u);
  EXPECT_EQ(type("drop-volume db").status, kUsage);
}

TEST_F(CopyCommands, GroupsAreAppliedByName) {
  service.answer(std::string("GET ") + kGroups, 200, {});
  const std::string made = R"([{"id":"smg-00000001","name":"brokers","members":[],
      "privateIpPool":{"subnetId":"subnet-1","addresses":["10.0.0.20"]}}])";
  service.answer(std::string("POST ") + kGroups, 200, json::parse(made).as_array());
  const std::string file = "name: brokers\nprivateIpPool: {subnetId: subnet-1, addresses: [10.0.0.20]}\n";
  Outcome first = type("group apply -f -", file);
  EXPECT_EQ(first.status, kOk) << first.err;
  EXPECT_THAT(first.out, AllOf(HasSubstr("smg-00000001"), HasSubstr("10.0.0.20")));
  EXPECT_EQ(sent("POST", kGroups).at("group").at("name"), "brokers");

  service.answer(std::string("GET ") + kGroups, 200, json::parse(made).as_array());
  service.answer(std::string("PUT ") + kGroups + "/smg-00000001", 200, json::parse(made).as_array());
  EXPECT_EQ(type("group apply -f -", "name: brokers\n").status, kOk);
  EXPECT_TRUE(sent("PUT", std::string(kGroups) + "/smg-00000001").at("group").at("privateIpPool").is_null())
      << "what the file no longer has is cleared";
  EXPECT_EQ(type("group get nobody").status, kNotFound);
  service.answer(std::string("DELETE ") + kGroups + "/smg-00000001", 200, {});
  EXPECT_THAT(type("group delete brokers").out, HasSubstr("is deleted"));
}

}  // namespace
}  // namespace holdfast::cli
