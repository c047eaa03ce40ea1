// Strategy, launch options and instance types of a document: what is read, and what is refused with a remedy.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "model/document.h"

namespace holdfast::model {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
namespace json = boost::json;

struct Wanted {
  std::string strategy = "{}";
  std::string launch = "{}";   // merged into the least launch specification
  std::string compute = "{}";  // merged into compute
  std::string persistence = R"({"persistRootDevice": true})";
};

void merge(json::object& into, const std::string& text) {
  const json::value members = json::parse(text);
  for (const auto& member : members.as_object()) into[member.key()] = member.value();
}

std::string document(const Wanted& wanted) {
  json::object launch = {{"imageId", "ami-01234567"}, {"instanceTypes", {{"types", {"m5.large", "t3.large"}}}}};
  merge(launch, wanted.launch);
  json::object compute = {{"subnetIds", {"subnet-01234567"}}};
  merge(compute, wanted.compute);
  compute["launchSpecification"] = launch;
  json::object all = {{"name", "db"}, {"compute", compute}};
  all["persistence"] = json::parse(wanted.persistence);
  all["strategy"] = json::parse(wanted.strategy);
  return json::serialize(all);
}

Spec read(const Wanted& wanted) {
  auto spec = read_spec(document(wanted));
  if (spec) return *spec;
  for (const Error& error : spec.error().errors) ADD_FAILURE() << describe(error);
  return {};
}

std::string refusal(const std::string& field, const Wanted& wanted) {
  auto spec = read_spec(document(wanted));
  if (spec) {
    ADD_FAILURE() << "accepted: " << document(wanted);
    return {};
  }
  EXPECT_EQ(spec.error().errors.size(), 1u) << document(wanted);
  EXPECT_EQ(spec.error().errors[0].field, field);
  return spec.error().errors[0].message;
}

std::string in_launch(const char* field) {
  return std::string("compute.launchSpecification.") + field;
}

TEST(StrategyFields, AreRead) {
  Spec spec = read({R"({"orientation": "costOriented", "revertToSpot": {"performAt": "timeWindow"},
    "optimizationWindows": ["Mon:03:00-Wed:02:30", "Sun:23:00-Mon:01:00"], "minimumInstanceLifetime": 6,
    "utilizeReservedInstances": false, "utilizeCommitments": false})"});
  EXPECT_EQ(spec.strategy.orientation, Orientation::cost_oriented);
  EXPECT_EQ(spec.strategy.revert_to_spot, PerformAt::time_window);
  EXPECT_EQ(spec.strategy.minimum_lifetime, std::chrono::hours(6));
  constexpr int kDay = 24 * 60;
  EXPECT_THAT(spec.strategy.optimization_windows,
              ElementsAre(WeekWindow{180, 2 * kDay + 150}, WeekWindow{6 * kDay + 23 * 60, 60}));
}

TEST(StrategyFields, NothingIsDoneByItselfUnlessItIsAskedFor) {
  Strategy strategy = read({}).strategy;
  EXPECT_EQ(strategy.revert_to_spot, PerformAt::never);
  EXPECT_EQ(strategy.orientation, Orientation::balanced);
  EXPECT_EQ(strategy.minimum_lifetime, Duration::zero());
}

TEST(StrategyFields, AreRefusedWhereTheyMeanNothing) {
  EXPECT_THAT(refusal("strategy.orientation", {R"({"orientation": "cheap"})"}), HasSubstr("costOriented"));
  for (const char* window : {"Mon:03:00", "Mon:03:00-", "mon:03:00-Tue:01:00", "Mon:24:00-Tue:01:00",
                             "Mon:3:00-Tue:01:00", "Mo:03:00-Tue:01:00", "Mon:03:60-Tue:01:00", "", "x"}) {
    Wanted wanted{fmt::format(R"({{"optimizationWindows": ["Tue:01:00-Tue:02:00", "{}"]}})", window)};
    EXPECT_FALSE(read_spec(document(wanted))) << window;
  }
  EXPECT_THAT(refusal("strategy.optimizationWindows[0]", {R"({"optimizationWindows": ["Mon:03:00-Mon:03:00"]})"}),
              HasSubstr("ends when it begins"));
  EXPECT_THAT(refusal("strategy.minimumInstanceLifetime", {R"({"minimumInstanceLifetime": 2})"}),
              HasSubstr("1, 3, 6, 12 or 24"));
  EXPECT_THAT(refusal("strategy.revertToSpot.performAt", {R"({"revertToSpot": {"performAt": "timeWindow"}})"}),
              HasSubstr("optimizationWindows"));
  EXPECT_THAT(refusal("strategy.revertToSpot.performAt",
                      {R"({"lifeCycle": "on_demand", "revertToSpot": {"performAt": "always"}})"}),
              HasSubstr("no spot"));
  EXPECT_THAT(refusal("strategy.utilizeCommitments", {R"({"utilizeCommitments": true})"}), HasSubstr("false"));
  EXPECT_THAT(refusal("strategy.utilizeReservedInstances", {R"({"utilizeReservedInstances": true})"}),
              HasSubstr("false"));
}

TEST(LaunchFields, AreRead) {
  Spec spec = read({"{}", R"({"keyPair": "me", "ebsOptimized": true, "monitoring": true, "tenancy": "dedicated",
    "creditSpecification": {"cpuCredits": "unlimited"}, "iamRole": {"name": "web"},
    "metadataOptions": {"httpTokens": "required", "httpPutResponseHopLimit": 2, "instanceMetadataTags": "enabled"},
    "networkInterfaces": [{"deviceIndex": 0, "associatePublicIpAddress": true, "associateIpv6Address": false}],
    "blockDeviceMappings": [{"deviceName": "/dev/sdb", "noDevice": ""},
      {"deviceName": "/dev/sdf", "ebs": {"volumeSize": 8, "encrypted": true, "kmsKeyId": "alias/mine"}}]})"});
  LaunchOptions want;
  want.key_pair = "me";
  want.ebs_optimized = want.monitoring = want.public_ip = true;
  want.tenancy = "dedicated";
  want.cpu_credits = "unlimited";
  want.profile_name = "web";
  want.hop_limit = 2;
  want.metadata_tags = "enabled";
  EXPECT_EQ(spec.compute.options, want);
  EXPECT_EQ(spec.compute.http_tokens, "required");
  EXPECT_THAT(spec.compute.no_devices, ElementsAre("/dev/sdb"));
  ASSERT_EQ(spec.compute.block_devices.size(), 1u);
  EXPECT_EQ(spec.compute.block_devices[0].kms_key_id, "alias/mine");
  EXPECT_EQ(read({"{}", R"({"iamRole": {"arn": "arn:aws:iam::123456789012:instance-profile/a/web"}})"})
                .compute.options.profile_arn,
            "arn:aws:iam::123456789012:instance-profile/a/web");
}

TEST(LaunchFields, AreRefusedWithARemedyWhereTheyCannotBeKept) {
  auto launch = [](std::string text) { return Wanted{"{}", std::move(text)}; };
  EXPECT_THAT(refusal(in_launch("tenancy"), launch(R"({"tenancy": "host"})")), HasSubstr("dedicated"));
  EXPECT_THAT(refusal(in_launch("metadataOptions.httpPutResponseHopLimit"),
                      launch(R"({"metadataOptions": {"httpPutResponseHopLimit": 65}})")),
              HasSubstr("1 to 64"));
  EXPECT_THAT(refusal(in_launch("iamRole.arn"), launch(R"({"iamRole": {"arn": "arn:aws:iam::1:role/x"}})")),
              HasSubstr("instance-profile"));
  EXPECT_THAT(refusal(in_launch("iamRole"),
                      launch(R"({"iamRole": {"name": "a", "arn": "arn:aws:iam::123456789012:instance-profile/a"}})")),
              HasSubstr("one of the two"));
  EXPECT_THAT(refusal(in_launch("networkInterfaces[0].networkInterfaceId"),
                      launch(R"({"networkInterfaces": [{"networkInterfaceId": "eni-01234567"}]})")),
              HasSubstr("persistPrivateIp"));
  EXPECT_THAT(
      refusal(in_launch("networkInterfaces[0].deviceIndex"), launch(R"({"networkInterfaces": [{"deviceIndex": 1}]})")),
      HasSubstr("primary"));
  EXPECT_THAT(refusal(in_launch("networkInterfaces[0].associateIpv6Address"),
                      launch(R"({"networkInterfaces": [{"associateIpv6Address": true}]})")),
              HasSubstr("IPv6"));
  EXPECT_THAT(refusal(in_launch("networkInterfaces[1]"), launch(R"({"networkInterfaces": [{}, {}]})")),
              HasSubstr("only one"));
  EXPECT_THAT(refusal(in_launch("blockDeviceMappings[0].virtualName"),
                      launch(R"({"blockDeviceMappings": [{"deviceName": "/dev/sdb", "virtualName": "ephemeral0",
                                "ebs": {"volumeSize": 1}}]})")),
              HasSubstr("instance store"));
  EXPECT_THAT(refusal(in_launch("blockDeviceMappings[0]"),
                      launch(R"({"blockDeviceMappings": [{"deviceName": "/dev/sdb", "noDevice": true,
                                "ebs": {"volumeSize": 1}}]})")),
              HasSubstr("one of the two"));
  EXPECT_THAT(refusal(in_launch("blockDeviceMappings[0].ebs.kmsKeyId"),
                      launch(R"({"blockDeviceMappings": [{"deviceName": "/dev/sdb",
                                "ebs": {"volumeSize": 1, "kmsKeyId": "k"}}]})")),
              HasSubstr("encrypted: true"));
}

TEST(LaunchFields, NumbersOfMappingsAreThoseOfTheDocument) {
  EXPECT_THAT(refusal(in_launch("blockDeviceMappings[1].ebs.volumeSize"),
                      {"{}", R"({"blockDeviceMappings": [{"deviceName": "/dev/sdb", "noDevice": true},
                                {"deviceName": "/dev/sdf", "ebs": {}}]})"}),
              HasSubstr("size in GiB"));
  EXPECT_THAT(refusal(in_launch("blockDeviceMappings[1].deviceName"),
                      {"{}", R"({"blockDeviceMappings": [{"deviceName": "/dev/sdf", "noDevice": true},
                                {"deviceName": "/dev/xvdf", "ebs": {"volumeSize": 1}}]})"}),
              HasSubstr("one place"));
}

TEST(ElasticIpField, IsAnAllocationAndExcludesAPublicAddressOfTheLaunch) {
  EXPECT_EQ(read({"{}", "{}", R"({"elasticIp": "eipalloc-01234567"})"}).compute.elastic_ip, "eipalloc-01234567");
  EXPECT_THAT(refusal("compute.elasticIp", {"{}", "{}", R"({"elasticIp": "198.18.0.1"})"}), HasSubstr("eipalloc-"));
  const std::string field = in_launch("networkInterfaces[0].associatePublicIpAddress");
  const std::string wanted = R"({"networkInterfaces": [{"associatePublicIpAddress": true}]})";
  EXPECT_THAT(refusal(field, {"{}", wanted, R"({"elasticIp": "eipalloc-01234567"})"}), HasSubstr("one of the two"));
  EXPECT_THAT(refusal(field, {"{}", wanted, "{}", R"({"persistPrivateIp": true})"}), HasSubstr("elasticIp"));
}

TEST(InstanceTypeFields, AreRead) {
  Spec spec = read({"{}", R"({"instanceTypes": {"types": ["m5.large", "c5.large"], "preferredTypes": ["c5.large"]}})"});
  EXPECT_THAT(spec.compute.preferred_types, ElementsAre("c5.large"));
  EXPECT_FALSE(spec.compute.requirements);
  spec = read({"{}", R"({"instanceTypes": {"preferredType": "m6i.large", "resourceRequirements": {
      "excludedInstanceFamilies": ["t", "m5a"], "excludedInstanceGenerations": ["4"],
      "excludedInstanceTypes": ["m5.large"], "requiredVCpu": {"minimum": 2, "maximum": 4},
      "requiredMemory": {"minimum": 8}, "requiredGpu": {"maximum": 0}}}})"});
  ASSERT_TRUE(spec.compute.requirements);
  const ResourceRequirements& wanted = *spec.compute.requirements;
  EXPECT_THAT(wanted.excluded_families, ElementsAre("t", "m5a"));
  EXPECT_THAT(wanted.excluded_generations, ElementsAre("4"));
  EXPECT_THAT(wanted.excluded_types, ElementsAre("m5.large"));
  EXPECT_EQ(wanted.vcpu, (Range{2, 4}));
  EXPECT_EQ(wanted.memory_gib, (Range{8, std::nullopt}));
  EXPECT_EQ(wanted.gpu, (Range{std::nullopt, 0}));
}

TEST(InstanceTypeFields, AreRefusedWhereTheyMeanNothing) {
  auto types = [](const char* text) { return Wanted{"{}", fmt::format(R"({{"instanceTypes": {}}})", text)}; };
  EXPECT_THAT(refusal(in_launch("instanceTypes.preferredTypes[0]"),
                      types(R"({"types": ["m5.large"], "preferredTypes": ["c5.large"]})")),
              HasSubstr("add it there"));
  EXPECT_THAT(refusal(in_launch("instanceTypes.resourceRequirements"), types(R"({"resourceRequirements": {}})")),
              HasSubstr("requiredVCpu"));
  EXPECT_THAT(refusal(in_launch("instanceTypes.resourceRequirements.requiredVCpu"),
                      types(R"({"resourceRequirements": {"requiredVCpu": {"minimum": 4, "maximum": 2}}})")),
              HasSubstr("above"));
  EXPECT_THAT(
      refusal(
          in_launch("instanceTypes.resourceRequirements.excludedInstanceGenerations[0]"),
          types(R"({"resourceRequirements": {"requiredVCpu": {"minimum": 1}, "excludedInstanceGenerations": ["x"]}})")),
      HasSubstr("number"));
}

}  // namespace
}  // namespace holdfast::model
