// The REST calls of imports, with the real engine on the local cloud's model.
#include <gmock/gmock.h>

#include "inprocess/api_world.h"

namespace holdfast::inprocess {
namespace {

namespace json = boost::json;
using testing::HasSubstr;

struct MigrationApi : ApiWorld {
  std::string launch() {
    ec2::RunInstancesRequest request;
    request.image_id = ImageId(cloud::kMinimalImage);
    request.instance_type = "t3.nano";
    auto launched = cloud->call(request);
    EXPECT_TRUE(launched);
    ec2::DescribeInstancesRequest describe;
    describe.instance_ids = {launched->instances.at(0).instance_id};
    EXPECT_TRUE(wait([&] { return cloud->call(describe)->instances.at(0).state == "running"; }));
    return describe.instance_ids[0].str();
  }
  static std::string body_of(const std::string& original) {
    return R"({"managedInstancesMigrations":[{"originalInstanceId":")" + original +
           R"(","name":"db","shouldKeepPrivateIp":true,"shouldTerminateInstance":true,"product":"Linux/UNIX"}]})";
  }
};

TEST_F(MigrationApi, PlansImportsAndTellsHowFarItIs) {
  const std::string original = launch();
  json::value plan = post("/migration/bulk", body_of(original), {{"dryRun", "true"}});
  EXPECT_EQ(plan.at("items").at(0).at("steps").at(0).at("action"), "CreateTags");
  EXPECT_EQ(plan.at("items").at(0).at("managedInstance").at("name"), "db");
  EXPECT_TRUE(engine.all().empty()) << "a dry run does nothing";

  json::value made = post("/migration/bulk", body_of(original)).at("items").at(0);
  const std::string id(made.at("migrationId").get_string());
  EXPECT_EQ(post("/migration/bulk", body_of(original)).at("items").at(0).at("migrationId"), json::value(id));
  EXPECT_TRUE(wait([&] {
    json::value found = post("/migration/search", R"({"migrationIds":[")" + id + R"("]})").at("items").at(0);
    return found.at("state") == "FINISHED";
  }));
  EXPECT_EQ(post("/migration/search", R"({"migrationIds":[")" + original + R"("]})").at("count"), 1);
  EXPECT_EQ(post("/migration/search", R"({"migrationIds":["smi-ffffffff"]})").at("count"), 0);
}

TEST_F(MigrationApi, RefusesAllWhereOneIsAtFaultAndNamesItsPlace) {
  const std::string body = R"({"managedInstancesMigrations":[
      {"originalInstanceId":")" +
                           launch() + R"(","shouldTerminateInstance":true},
      {"originalInstanceId":"i-00000000000000009","shouldTerminateInstance":false}]})";
  json::value refused = post("/migration/bulk", body);
  EXPECT_EQ(refused.at("status").at("code"), 400);
  EXPECT_EQ(refused.at("errors").at(0).at("field"), "managedInstancesMigrations[1].originalInstanceId");
  EXPECT_TRUE(engine.all().empty());
}

TEST_F(MigrationApi, NamesEveryFaultOfABody) {
  json::value refused = post("/migration/bulk", R"({"managedInstancesMigrations":[{"originalInstance":"i-1"}]})");
  std::string all = json::serialize(refused.at("errors"));
  EXPECT_THAT(all, HasSubstr("did you mean 'originalInstanceId'"));
  EXPECT_THAT(all, HasSubstr("managedInstancesMigrations[0].shouldTerminateInstance"));
  EXPECT_EQ(post("/migration/bulk", "{}").at("status").at("code"), 400);
  EXPECT_EQ(post("/migration/search", "[]").at("status").at("code"), 400);
  EXPECT_EQ(post("/migration/bulk", body_of("i-1"), {{"dryRun", "perhaps"}}).at("errors").at(0).at("field"), "dryRun");
}

}  // namespace
}  // namespace holdfast::inprocess
