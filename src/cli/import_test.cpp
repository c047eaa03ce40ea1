#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/fake_service.h"

namespace holdfast::cli {
namespace {

namespace json = boost::json;
using testing::AllOf;
using testing::HasSubstr;

constexpr char kBulk[] = "POST /aws/ec2/managedInstance/migration/bulk";

struct Import : testing::Test {
  Import() {
    service.have("smi-00000001", "db", "MIGRATING");
    service.answer(kBulk, 200, {{{"managedInstanceId", "smi-00000001"}, {"name", "db"}, {"state", "IN_PROGRESS"}}});
  }
  Outcome type(const std::string& line) { return run_line(&service, {line}); }
  json::value sent() { return service.seen("POST").at(0).body.at("managedInstancesMigrations").at(0); }
  FakeService service;
};

TEST_F(Import, AsksForWhatTheOptionsSay) {
  Outcome got =
      type("import i-1 --name db --keep-private-ip --types m5.large,m5a.large --subnets subnet-1 --mode onLaunch");
  EXPECT_EQ(got.status, kOk) << got.err;
  EXPECT_EQ(got.out, "db (smi-00000001) is being imported from i-1\n");
  EXPECT_EQ(sent(), json::parse(R"({"originalInstanceId":"i-1","shouldTerminateInstance":true,
      "shouldKeepPrivateIp":true,"name":"db","instanceTypes":["m5.large","m5a.large"],
      "availabilityZones":[{"subnetIds":["subnet-1"]}],"blockDevicesMode":"onLaunch"})"));
}

TEST_F(Import, LeavesTheOriginalAloneIfToldTo) {
  EXPECT_EQ(type("import i-1 --keep-original").status, kOk);
  EXPECT_EQ(sent().at("shouldTerminateInstance"), false);
  EXPECT_EQ(type("import i-1 --keep-original --keep-private-ip").status, kUsage);
}

TEST_F(Import, ADryRunListsEveryStepWithItsReason) {
  service.answer(kBulk, 200,
                 {{{"originalInstanceId", "i-1"},
                   {"name", "db"},
                   {"steps", {{{"step", 1}, {"action", "CreateTags"}, {"target", "i-1"}, {"reason", "found again"}}}},
                   {"notes", {"it is down for a while"}}}});
  Outcome got = type("import i-1 --dry-run");
  EXPECT_EQ(got.status, kOk) << got.err;
  EXPECT_THAT(got.out, AllOf(HasSubstr("Nothing was done"), HasSubstr("CreateTags"), HasSubstr("found again"),
                             HasSubstr("Note: it is down for a while")));
  EXPECT_EQ(type("import i-1 --dry-run --wait").status, kUsage);
}

TEST_F(Import, WaitsUntilItIsActive) {
  service.set("smi-00000001", "status", "ACTIVE");
  EXPECT_EQ(type("import i-1 --wait --timeout 10").out, "db (smi-00000001) is ACTIVE\n");
}

TEST_F(Import, TellsWhyItIsRefused) {
  service.answer(kBulk, 400,
                 {{{"code", "x"},
                   {"message", "is stopped; start it first"},
                   {"field", "managedInstancesMigrations[0].originalInstanceId"}}});
  Outcome got = type("import i-1");
  EXPECT_EQ(got.status, kRefused);
  EXPECT_THAT(got.err, HasSubstr("start it first"));
}

}  // namespace
}  // namespace holdfast::cli
