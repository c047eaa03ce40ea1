#include "model/document.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <boost/json.hpp>

#include "base/text.h"

namespace holdfast::model {
namespace {

namespace json = boost::json;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

constexpr char kLeast[] = R"({
  "name": "db",
  "persistence": {"persistRootDevice": true},
  "compute": {
    "subnetIds": ["subnet-0000000000000000a"],
    "launchSpecification": {"imageId": "ami-00000000000000001", "instanceTypes": {"types": ["m5.large"]}}
  }
})";

constexpr char kFull[] = R"({
  "name": "db", "description": "the first", "region": "local-1",
  "strategy": {"lifeCycle": "on_demand", "fallbackToOd": false},
  "persistence": {"persistRootDevice": true, "persistBlockDevices": true, "persistPrivateIp": true,
                  "blockDevicesMode": "onLaunch", "snapshotInterval": 60, "rootGenerations": 3},
  "healthCheck": {"type": "EC2", "gracePeriod": 30, "unhealthyDuration": 40, "autoHealing": false},
  "compute": {
    "product": "Linux/UNIX", "subnetIds": ["subnet-0000000000000000a", "subnet-0123abcd"], "vpcId": "vpc-01234567",
    "privateIp": "10.31.0.20",
    "launchSpecification": {
      "imageId": "ami-01234567", "instanceTypes": {"preferredType": "m5.large", "types": ["c5.large", "m5.large"]},
      "securityGroupIds": ["sg-01234567"], "userData": "IyEvYmluL3NoCg==",
      "tags": [{"tagKey": "team", "tagValue": "blue"}, {"tagKey": "empty"}, {"tagKey": "null", "tagValue": null}],
      "resourceTagSpecification": {"volumes": {"shouldTag": true}, "enis": {"shouldTag": true},
                                   "snapshots": {"shouldTag": false}, "amis": {"shouldTag": true}},
      "blockDeviceMappings": [{"deviceName": "/dev/sdf", "ebs": {"volumeType": "gp3", "volumeSize": 20, "iops": 4000,
          "throughput": 500, "encrypted": true, "snapshotId": "snap-01234567", "deleteOnTermination": false}}],
      "metadataOptions": {"httpTokens": "required"}
    }
  }
})";

// kLeast with the JSON value at a path ("compute.subnetIds") replaced; an empty text removes it.
std::string with(std::string_view path, std::string_view value, std::string_view base = kLeast) {
  json::value document = json::parse(base);
  json::value* at = &document;
  std::vector<std::string> steps = split(path, '.');
  for (size_t i = 0; i + 1 < steps.size(); ++i) {
    json::value& next = at->as_object()[steps[i]];
    if (next.is_null()) next.emplace_object();
    at = &next;
  }
  if (value.empty()) {
    at->as_object().erase(steps.back());
  } else {
    at->as_object()[steps.back()] = json::parse(value);
  }
  return json::serialize(document);
}

std::vector<Error> faults_of(std::string_view document) {
  Checked<Spec> spec = read_spec(document);
  return spec ? std::vector<Error>() : spec.error().errors;
}

std::vector<std::string> fields_of(std::string_view document) {
  std::vector<std::string> fields;
  for (const Error& error : faults_of(document)) fields.push_back(error.field);
  return fields;
}

// The message of the only fault, which must be of this field.
std::string fault(std::string_view field, std::string_view document) {
  std::vector<Error> errors = faults_of(document);
  if (errors.size() != 1) {
    ADD_FAILURE() << errors.size() << " faults of " << document;
    for (const Error& e : errors) ADD_FAILURE() << describe(e);
    return {};
  }
  EXPECT_EQ(errors[0].field, field);
  EXPECT_EQ(errors[0].kind, ErrorKind::invalid);
  return errors[0].message;
}

constexpr char kSpecification[] = "compute.launchSpecification.";
std::string launch(std::string_view field) {
  return kSpecification + std::string(field);
}

std::string with_device(std::string_view mapping, std::string_view base = kFull) {
  return with(launch("blockDeviceMappings"), fmt::format("[{}]", mapping), base);
}

TEST(ReadSpec, TakesTheLeastDocumentAndFillsInDefaults) {
  Checked<Spec> spec = read_spec(kLeast);
  ASSERT_TRUE(spec.has_value()) << describe(spec.error().errors[0]);
  EXPECT_EQ(spec->name, "db");
  EXPECT_EQ(spec->strategy, Strategy{});
  EXPECT_TRUE(spec->persistence.root_device);
  EXPECT_FALSE(spec->persistence.private_ip);
  EXPECT_EQ(spec->persistence.snapshot_interval, std::chrono::minutes(5));
  EXPECT_FALSE(spec->health_check.enabled);
  EXPECT_THAT(spec->compute.instance_types, ElementsAre("m5.large"));
}

TEST(ReadSpec, RefusesANameThatIsTakenForSomethingElseOrNotSeenAsItIs) {
  EXPECT_THAT(fault("name", with("name", R"("smi-0123abcd")")), HasSubstr("looks like an id"));
  EXPECT_THAT(fault("name", with("name", R"("smi-db")")), HasSubstr("looks like an id"));
  EXPECT_THAT(fault("name", with("name", R"("-f")")), HasSubstr("option"));
  for (const char* bad :
       {"\\u202a", "\\u202e", "\\u2066", "\\u2069", "\\u2028", "\\u2029", "\\u0085", "\\t", "\\u007f"}) {
    EXPECT_THAT(fault("name", with("name", fmt::format("\"a{}b\"", bad))), HasSubstr("control")) << bad;
  }
  for (const char* good : {"my-db", "Datenbank größe", "数据库", "a‧b", "dé", "x smi-1"}) {
    EXPECT_TRUE(read_spec(with("name", fmt::format("\"{}\"", good))).has_value()) << good;
  }
  EXPECT_THAT(fault("name", with("name", fmt::format("\"{}\"", std::string(256, 'x')))), HasSubstr("limit is 255"));
}

TEST(ReadSpec, HoldsAStoredNameToNoYoungerRule) {
  Checked<Spec> spec = read_spec(with("name", R"("smi-db")"), Origin::store);
  ASSERT_TRUE(spec.has_value());
  EXPECT_EQ(spec->name, "smi-db");
}

TEST(ReadSpec, ReadsEveryHonouredField) {
  Checked<Spec> spec = read_spec(kFull);
  ASSERT_TRUE(spec.has_value()) << describe(spec.error().errors[0]);
  Spec want;
  want.name = "db";
  want.description = "the first";
  want.region = "local-1";
  want.strategy = {LifeCycle::on_demand, false};
  want.persistence = {true, true, true, BlockDevicesMode::on_launch, std::chrono::seconds(60), 3};
  want.health_check = {true, std::chrono::seconds(30), std::chrono::seconds(40), false};
  Compute& compute = want.compute;
  compute.subnet_ids = {SubnetId("subnet-0000000000000000a"), SubnetId("subnet-0123abcd")};
  compute.vpc_id = VpcId("vpc-01234567");
  compute.private_ip = "10.31.0.20";
  compute.image_id = ImageId("ami-01234567");
  compute.preferred_type = "m5.large";
  compute.instance_types = {"c5.large", "m5.large"};
  compute.security_group_ids = {SecurityGroupId("sg-01234567")};
  compute.user_data = "IyEvYmluL3NoCg==";
  compute.tags = {{"team", "blue"}, {"empty", ""}, {"null", ""}};
  compute.resource_tags = {true, false, true, true};
  compute.block_devices = {{"/dev/sdf", 20, "gp3", 4000, 500, true, SnapshotId("snap-01234567"), false}};
  compute.http_tokens = "required";
  EXPECT_EQ(*spec, want);
}

TEST(ReadSpec, TakesNullForAnAbsentField) {
  EXPECT_EQ(read_spec(with("description", "null")).value(), read_spec(kLeast).value());
  EXPECT_EQ(read_spec(with("healthCheck", "null")).value(), read_spec(kLeast).value());
  EXPECT_THAT(fault("name", with("name", "null")), HasSubstr("is missing"));
}

TEST(ReadSpec, TellsTenFaultsAtOnceEachWithItsPath) {
  EXPECT_THAT(
      fields_of(R"({
    "nam": "db", "description": 5,
    "strategy": {"lifeCycle": "reserved", "orientation": "cheap"},
    "persistence": {"persistRootDevice": "yes", "rootGenerations": 0},
    "compute": {"subnetIds": ["subnet-1"], "privateIp": "10.0.0.300",
      "launchSpecification": {"instanceTypes": {"types": ["m5"]},
        "blockDeviceMappings": [{"deviceName": "/dev/sdf", "ebs": {"volumeSize": 8}}, {"deviceName": "sdg", "ebs": {"volumeSize": 1.5}}]}}})"),
      UnorderedElementsAre("nam", "name", "description", "strategy.lifeCycle", "strategy.orientation",
                           "persistence.persistRootDevice", "persistence.rootGenerations", "compute.subnetIds[0]",
                           "compute.privateIp", "compute.launchSpecification.instanceTypes.types[0]",
                           "compute.launchSpecification.blockDeviceMappings[1].deviceName",
                           "compute.launchSpecification.blockDeviceMappings[1].ebs.volumeSize",
                           "compute.launchSpecification.imageId"));
}

TEST(ReadSpec, NamesTheNearestFieldForAnUnknownOne) {
  EXPECT_THAT(fault("compute.subnetsIds", with("compute.subnetsIds", "[]")), HasSubstr("'subnetIds'"));
  EXPECT_THAT(fault("zzzzzzzz", with("zzzzzzzz", "1")), HasSubstr("persistence"));
}

TEST(ReadSpec, ARetentionIsNeverSoShortThatItErases) {
  EXPECT_NE(fault("persistence.retention", with("persistence.retention", "0")), "");
  EXPECT_NE(fault("persistence.retention", with("persistence.retention", "3599")), "");
}

TEST(ReadSpec, ReadsScheduledTasks) {
  auto spec = read_spec(with("scheduling", R"({"tasks":[
      {"taskType":"pause","cronExpression":"0 20 * * 1-5"},
      {"taskType":"resume","frequency":"daily","startTime":"2026-12-01T06:00:00Z","isEnabled":false}]})"));
  ASSERT_TRUE(spec);
  ASSERT_EQ(spec->tasks.size(), 2u);
  EXPECT_EQ(spec->tasks[0].type, TaskType::pause);
  EXPECT_EQ(spec->tasks[0].cron, "0 20 * * 1-5");
  EXPECT_TRUE(spec->tasks[0].enabled);
  EXPECT_EQ(spec->tasks[1].frequency, "daily");
  EXPECT_EQ(spec->tasks[1].start_time, from_iso("2026-12-01T06:00:00Z"));
  EXPECT_FALSE(spec->tasks[1].enabled);
}

TEST(ReadSpec, RefusesTasksThatSayNothingOrTwoThings) {
  auto of = [](const std::string& field, const std::string& members) {
    return fault("scheduling.tasks[0]." + field, with("scheduling", R"({"tasks":[{)" + members + "}]}"));
  };
  EXPECT_THAT(of("taskType", R"("frequency":"daily")"), HasSubstr("is missing"));
  EXPECT_THAT(of("taskType", R"("taskType":"stop","frequency":"daily")"), HasSubstr("pause or resume or recycle"));
  EXPECT_THAT(of("cronExpression", R"("taskType":"pause")"), HasSubstr("is missing"));
  EXPECT_THAT(of("cronExpression", R"("taskType":"pause","cronExpression":"0 25 * * *")"), HasSubstr("no hour"));
  EXPECT_THAT(of("frequency", R"("taskType":"pause","cronExpression":"0 3 * * *","frequency":"daily")"),
              HasSubstr("leave one of the two out"));
  EXPECT_THAT(of("frequency", R"("taskType":"pause","frequency":"monthly")"), HasSubstr("hourly"));
  EXPECT_THAT(of("frequency", R"("taskType":"recycle","frequency":"continuous")"), HasSubstr("without end"));
  for (const char* time : {"tomorrow", "2026-02-30T00:00:00Z", "2026-13-01T00:00:00Z"}) {
    EXPECT_THAT(of("startTime", fmt::format(R"("taskType":"pause","frequency":"daily","startTime":"{}")", time)),
                HasSubstr("ISO 8601"));
  }
  EXPECT_THAT(of("cronExpresion", R"("taskType":"pause","frequency":"daily","cronExpresion":"0 3 * * *")"),
              HasSubstr("'cronExpression'"));
}

TEST(ReadSpec, AGroupAndAnAddressOfItsOwnExcludeEachOther) {
  EXPECT_THAT(fault("groupId", with("groupId", R"("smg-0123abcd")")), HasSubstr("persistPrivateIp"));
  EXPECT_NE(fault("groupId", with("groupId", R"("brokers")")), "");
}

TEST(ReadSpec, RefusesEveryFieldOfTheApiThatHasNoEffectYet) {
  for (const char* field : {"strategy.drainingTimeout", "persistence.persistApplication",
                            "persistence.applicationPersistencyConfig", "integrations"}) {
    EXPECT_EQ(fault(field, with(field, "{}")), "is not honoured yet; leave it out");
  }
  EXPECT_EQ(fault(launch("shutdownScript"), with(launch("shutdownScript"), "{}")), "is not honoured yet; leave it out");
}

TEST(ReadSpec, RefusesWordsOfTheApiThatHaveNoEffectYet) {
  EXPECT_THAT(fault("healthCheck.type", with("healthCheck.type", R"("ELB")")), HasSubstr("not honoured yet"));
  EXPECT_THAT(fault("healthCheck.type", with("healthCheck.type", R"("EC3")")), HasSubstr("must be EC2"));
  EXPECT_THAT(fault("compute.product", with("compute.product", R"("Windows")")), HasSubstr("not honoured yet"));
  EXPECT_TRUE(read_spec(with("compute.product", "\"Linux/UNIX (Amazon VPC)\"")).has_value());
}

TEST(ReadSpec, AsksForWhatNoManagedInstanceCanDoWithout) {
  EXPECT_THAT(fault("name", with("name", "")), HasSubstr("is missing"));
  EXPECT_THAT(fault("compute.subnetIds", with("compute.subnetIds", "[]")), HasSubstr("at least one subnet"));
  EXPECT_THAT(fault(launch("imageId"), with(launch("imageId"), "")), HasSubstr("is missing"));
  EXPECT_THAT(fault(launch("instanceTypes.types"), with(launch("instanceTypes.types"), "")), HasSubstr("is missing"));
  EXPECT_THAT(fault("persistence", with("persistence", "")), HasSubstr("nothing is kept"));
  EXPECT_THAT(fault("persistence", with("persistence.persistRootDevice", "false")), HasSubstr("nothing is kept"));
  EXPECT_THAT(fields_of("{}"), UnorderedElementsAre("name", "compute.subnetIds", launch("imageId"),
                                                    launch("instanceTypes.types"), "persistence"));
}

TEST(ReadSpec, RefusesCombinationsThatCannotBe) {
  EXPECT_THAT(fault("persistence.blockDevicesMode", with("persistence.blockDevicesMode", R"("reattach")")),
              HasSubstr("persistBlockDevices"));
  EXPECT_THAT(fault("compute.privateIp", with("compute.privateIp", R"("10.31.0.9")")), HasSubstr("persistPrivateIp"));
  std::string only_ip = with("persistence", R"({"persistPrivateIp": true})");
  EXPECT_THAT(fault("persistence.rootGenerations", with("persistence.rootGenerations", "2", only_ip)),
              HasSubstr("persistRootDevice"));
  EXPECT_THAT(fault("persistence.snapshotInterval", with("persistence.snapshotInterval", "60", only_ip)),
              HasSubstr("persistRootDevice"));
  EXPECT_THAT(
      fault(launch("instanceTypes.preferredType"), with(launch("instanceTypes.preferredType"), R"("c5.large")")),
      HasSubstr("not among"));
}

TEST(ReadSpec, HoldsNumbersToTheirRanges) {
  auto interval = [](const char* value) { return with("persistence.snapshotInterval", value); };
  EXPECT_TRUE(read_spec(interval("15")).has_value());
  EXPECT_TRUE(read_spec(interval("86400")).has_value());
  EXPECT_EQ(fault("persistence.snapshotInterval", interval("14")), "must be from 15 to 86400");
  EXPECT_EQ(fault("persistence.snapshotInterval", interval("86401")), "must be from 15 to 86400");
  EXPECT_THAT(fault("persistence.snapshotInterval", interval("60.0")), HasSubstr("without a point"));
  EXPECT_THAT(fault("persistence.snapshotInterval", interval(R"("60")")), HasSubstr("whole number"));
  EXPECT_THAT(fault("persistence.rootGenerations", with("persistence.rootGenerations", "101")), HasSubstr("1 to 100"));
  EXPECT_THAT(fault("persistence.rootGenerations", with("persistence.rootGenerations", "18446744073709551615")),
              HasSubstr("1 to 100"));
  EXPECT_THAT(fault("healthCheck.gracePeriod", with("healthCheck.gracePeriod", "0")), HasSubstr("1 to 86400"));
  EXPECT_THAT(fault("healthCheck.unhealthyDuration", with("healthCheck.unhealthyDuration", "-1")), HasSubstr("1 to"));
}

TEST(ReadSpec, HoldsVolumesToTheLimitsOfTheirType) {
  auto ebs = [](const char* fields) {
    return with_device(fmt::format(R"({{"deviceName": "/dev/sdf", "ebs": {}}})", fields));
  };
  const std::string at = launch("blockDeviceMappings[0].ebs.");
  for (const char* good :
       {R"({"volumeSize": 16384})", R"({"volumeType": "io2", "volumeSize": 65536, "iops": 256000})",
        R"({"volumeType": "gp3", "volumeSize": 1, "iops": 3000, "throughput": 750})",
        R"({"volumeType": "st1", "volumeSize": 125})", R"({"volumeType": "io1", "volumeSize": 4, "iops": 200})"}) {
    EXPECT_TRUE(read_spec(ebs(good)).has_value()) << good;
  }
  EXPECT_THAT(fault(at + "volumeSize", ebs(R"({"volumeSize": 16385})")), HasSubstr("1 to 16384 GiB for gp3"));
  EXPECT_THAT(fault(at + "volumeSize", ebs(R"({"volumeType": "st1", "volumeSize": 124})")), HasSubstr("125 to"));
  EXPECT_THAT(fault(at + "volumeSize", ebs(R"({"volumeSize": 0})")), HasSubstr("must be from 1"));
  EXPECT_THAT(fault(at + "iops", ebs(R"({"volumeType": "gp2", "volumeSize": 8, "iops": 3000})")), HasSubstr("no iops"));
  EXPECT_THAT(fault(at + "iops", ebs(R"({"volumeType": "io1", "volumeSize": 8})")), HasSubstr("io1 needs it"));
  EXPECT_THAT(fault(at + "iops", ebs(R"({"volumeType": "io1", "volumeSize": 8, "iops": 401})")),
              HasSubstr("100 to 400"));
  EXPECT_THAT(fault(at + "iops", ebs(R"({"volumeSize": 8, "iops": 4001})")), HasSubstr("3000 to 4000"));
  EXPECT_THAT(
      fault(at + "throughput", ebs(R"({"volumeType": "io2", "volumeSize": 8, "iops": 400, "throughput": 200})")),
      HasSubstr("no throughput"));
  EXPECT_THAT(fault(at + "throughput", ebs(R"({"volumeSize": 8, "throughput": 751})")), HasSubstr("125 to 750"));
  EXPECT_THAT(fault(at + "volumeSize", ebs("{}")), HasSubstr("give the size in GiB, or a snapshotId"));
  EXPECT_THAT(fault(at + "volumeType", ebs(R"({"volumeType": "gp4", "volumeSize": 8})")), HasSubstr("gp3, gp2"));
}

TEST(ReadSpec, WantsDeviceNamesWellFormedAndUnique) {
  auto named = [](const char* name) {
    return with_device(fmt::format(R"({{"deviceName": "{}", "ebs": {{"volumeSize": 8}}}})", name));
  };
  const std::string at = launch("blockDeviceMappings[0].deviceName");
  for (const char* good : {"/dev/sda1", "/dev/sdz", "/dev/xvdf", "/dev/xvdba"}) {
    EXPECT_TRUE(read_spec(named(good)).has_value()) << good;
  }
  for (const char* bad : {"sdf", "/dev/nvme1n1", "/dev/sd", "/dev/sdf/..", "/dev/SDF"}) {
    EXPECT_THAT(fault(at, named(bad)), HasSubstr("no device name")) << bad;
  }
  EXPECT_THAT(
      fault(
          launch("blockDeviceMappings[1].deviceName"),
          with_device(
              R"({"deviceName": "/dev/sdf", "ebs": {"volumeSize": 8}}, {"deviceName": "/dev/xvdf", "ebs": {"volumeSize": 8}})")),
      HasSubstr("one place"));
  EXPECT_THAT(fault(at, with_device(R"({"ebs": {"volumeSize": 8}})")), HasSubstr("is missing"));
  EXPECT_THAT(fault(launch("blockDeviceMappings[0].ebs"), with_device(R"({"deviceName": "/dev/sdf"})")),
              HasSubstr("is missing"));
}

TEST(ReadSpec, RefusesDeletionOnTerminationOfWhatIsPersisted) {
  const char* device = R"({"deviceName": "/dev/sdf", "ebs": {"deleteOnTermination": true, "volumeSize": 8}})";
  EXPECT_THAT(fault(launch("blockDeviceMappings[0].ebs.deleteOnTermination"), with_device(device)),
              HasSubstr("persisted"));
  EXPECT_TRUE(read_spec(with_device(device, kLeast)).has_value()) << "data volumes are not persisted there";
  const char* root = R"({"deviceName": "/dev/xvda", "ebs": {"deleteOnTermination": true}})";
  EXPECT_THAT(fault(launch("blockDeviceMappings[0].ebs.deleteOnTermination"), with_device(root, kLeast)),
              HasSubstr("persisted"));
}

TEST(ReadSpec, WantsIdsWellFormed) {
  EXPECT_THAT(fault(launch("imageId"), with(launch("imageId"), R"("ami-xyz")")), HasSubstr("8 or 17"));
  EXPECT_THAT(fault(launch("imageId"), with(launch("imageId"), R"("i-01234567")")), HasSubstr("\"ami-\""));
  EXPECT_THAT(fault("compute.vpcId", with("compute.vpcId", R"("vpc-0123456")")), HasSubstr("\"vpc-\""));
  EXPECT_THAT(fault(launch("securityGroupIds[1]"), with(launch("securityGroupIds"), R"(["sg-01234567", 5])")),
              HasSubstr("text"));
  EXPECT_THAT(fault("compute.subnetIds[1]", with("compute.subnetIds", R"(["subnet-01234567", "subnet-01234567"])")),
              HasSubstr("twice"));
}

TEST(ReadSpec, WantsUserDataInBase64AndNotTooLong) {
  auto data = [](std::string text) { return with(launch("userData"), "\"" + text + "\""); };
  EXPECT_THAT(fault(launch("userData"), data("#!/bin/sh")), HasSubstr("not base64"));
  EXPECT_TRUE(read_spec(data(base64_encode(std::string(16 << 10, 'x')))).has_value());
  EXPECT_THAT(fault(launch("userData"), data(base64_encode(std::string((16 << 10) + 1, 'x')))), HasSubstr("16384"));
}

TEST(ReadSpec, HoldsTagsToTheRulesOfEc2) {
  auto tags = [](const std::string& list) { return with(launch("tags"), "[" + list + "]"); };
  EXPECT_THAT(fault(launch("tags[0].tagKey"), tags(R"({"tagKey": "AWS:x"})")), HasSubstr("reserved"));
  EXPECT_THAT(fault(launch("tags[0].tagKey"), tags(R"({"tagKey": "holdfast:effect"})")), HasSubstr("reserved"));
  EXPECT_THAT(fault(launch("tags[1].tagKey"), tags(R"({"tagKey": "a"}, {"tagKey": "a"})")), HasSubstr("twice"));
  EXPECT_THAT(fault(launch("tags[0].tagKey"), tags(R"({"tagValue": "a"})")), HasSubstr("is missing"));
  EXPECT_THAT(fault(launch("tags[0].tagKey"), tags(R"({"tagKey": ""})")), HasSubstr("not be empty"));
  EXPECT_THAT(fault(launch("tags[0].tagKey"), tags("{\"tagKey\": \"" + std::string(129, 'k') + "\"}")),
              HasSubstr("128"));
  std::string umlauts;
  for (int i = 0; i < 256; ++i) umlauts += "ü";
  EXPECT_TRUE(read_spec(tags("{\"tagKey\": \"k\", \"tagValue\": \"" + umlauts + "\"}")).has_value());
  EXPECT_THAT(fault(launch("tags[0].tagValue"), tags("{\"tagKey\": \"k\", \"tagValue\": \"" + umlauts + "x\"}")),
              HasSubstr("257"));
  std::vector<std::string> many;
  for (int i = 0; i < 46; ++i) many.push_back(fmt::format("{{\"tagKey\": \"k{}\"}}", i));
  EXPECT_THAT(fault(launch("tags"), tags(join(many, ","))), HasSubstr("limit is 45"));
  many.pop_back();
  EXPECT_TRUE(read_spec(tags(join(many, ","))).has_value());
}

TEST(ReadSpec, RefusesDoubledKeysBrokenTextAndDeepNesting) {
  EXPECT_THAT(fault("compute.vpcId", R"({"name": "a", "compute": {"vpcId": "x", "vpcId": "y"}})"), HasSubstr("twice"));
  EXPECT_THAT(fault("tags[1].k", R"({"tags": [{"k": 1}, {"k": 1, "\u006b": 2}]})"), HasSubstr("twice"));
  EXPECT_THAT(fault("", "{\"name\":\n  \"a\",,}"), HasSubstr("line 2, column"));
  EXPECT_THAT(fault("", "{\"name\": \"a\"} x"), HasSubstr("not JSON"));
  EXPECT_THAT(fault("", ""), HasSubstr("not JSON"));
  EXPECT_THAT(fault("", "[]"), HasSubstr("must be an object"));
  EXPECT_THAT(fault("", std::string(200'000, '[')), HasSubstr("32 levels"));
  EXPECT_THAT(fault("", std::string(300'000, ' ')), HasSubstr("limit"));
  EXPECT_THAT(fault("", "{\"name\": \"\xff\"}"), HasSubstr("UTF-8"));
  EXPECT_THAT(fault("name", with("name", R"("a\u0000b")")), HasSubstr("control"));
}

// ---- properties

json::value arbitrary_json(int depth) {
  static const std::vector<std::string> kWords = {"name",
                                                  "persistence",
                                                  "persistRootDevice",
                                                  "compute",
                                                  "subnetIds",
                                                  "launchSpecification",
                                                  "imageId",
                                                  "instanceTypes",
                                                  "types",
                                                  "tags",
                                                  "tagKey",
                                                  "ebs",
                                                  "blockDeviceMappings",
                                                  "healthCheck",
                                                  "strategy",
                                                  "deviceName",
                                                  "volumeSize",
                                                  "userData",
                                                  "volumeType",
                                                  "metadataOptions"};
  switch (*rc::gen::inRange(0, depth > 0 ? 10 : 7)) {
    case 0:
      return nullptr;
    case 1:
      return *rc::gen::arbitrary<bool>();
    case 2:
      return *rc::gen::arbitrary<int64_t>();
    case 3:
      return *rc::gen::arbitrary<double>();
    case 4:
      return json::value(*rc::gen::string<std::string>());
    case 5:
    case 6:
      return json::value(*rc::gen::elementOf(kWords));
    case 7: {
      json::array array;
      for (int i = *rc::gen::inRange(0, 4); i > 0; --i) array.push_back(arbitrary_json(depth - 1));
      return array;
    }
    default: {
      json::object object;
      for (int i = *rc::gen::inRange(0, 6); i > 0; --i) object[*rc::gen::elementOf(kWords)] = arbitrary_json(depth - 1);
      return object;
    }
  }
}

RC_GTEST_PROP(ReadSpec, AnswersAnyJsonWithoutACrash, ()) {
  Checked<Spec> spec = read_spec(json::serialize(arbitrary_json(6)));
  if (!spec) RC_ASSERT(!spec.error().errors.empty() && spec.error().errors.size() <= 100);
}

RC_GTEST_PROP(ReadSpec, AnswersAnyDamagedDocumentWithoutACrash, ()) {
  std::string text = kFull;
  for (int i = *rc::gen::inRange(1, 4); i > 0; --i) {
    text[*rc::gen::inRange<size_t>(0, text.size())] = *rc::gen::arbitrary<char>();
  }
  (void)read_spec(text);
  (void)document_from_yaml(text);
}

RC_GTEST_PROP(MergeDocument, TwiceIsTheSameAsOnce, ()) {
  json::value update = arbitrary_json(4);
  if (!update.is_object()) update = json::object();
  const std::string text = json::serialize(update);
  Result<std::string> merged = merge_document(kFull, text);
  RC_ASSERT(merged.has_value() == is_utf8(text));
  if (merged) RC_ASSERT(merge_document(*merged, text).value() == *merged);
}

void drop_some(json::value& value) {
  if (!value.is_object()) return;
  json::object kept;
  for (const auto& member : value.get_object()) {
    if (*rc::gen::inRange(0, 60) == 0) continue;
    drop_some(kept.emplace(member.key(), member.value()).first->value());
  }
  value = kept;
}

// kFull without some of its fields, at any depth: many are valid, all are read the same from every form.
RC_GTEST_PROP(ReadSpec, GivesTheSameHoweverADocumentCame, ()) {
  json::value document = json::parse(kFull);
  drop_some(document);
  const std::string text = json::serialize(document);
  RC_ASSERT(merge_document("{}", text).value() == text);
  RC_ASSERT(document_from_yaml(text).value() == text);
  RC_ASSERT(document_from_yaml(" - " + text).has_value() == false);
  Checked<Spec> once = read_spec(text);
  RC_CLASSIFY(once.has_value());
  Checked<Spec> merged = read_spec(merge_document(kFull, text).value());
  RC_ASSERT(merged.has_value() && *merged == read_spec(kFull).value());
  if (!once) {
    for (const Error& error : once.error().errors) RC_ASSERT(!error.field.empty() && !error.message.empty());
  }
}

// ---- merge

TEST(MergeDocument, LeavesWhatIsLeftOutAndClearsNull) {
  EXPECT_EQ(merge_document(R"({"a":1,"b":2,"c":3})", R"({"b":null,"c":4})").value(), R"({"a":1,"c":4})");
}

TEST(MergeDocument, MergesObjectsAndReplacesLists) {
  EXPECT_EQ(merge_document(R"({"o":{"x":1,"y":[1,2]},"z":0})", R"({"o":{"y":[3],"w":{"n":null,"m":1}}})").value(),
            R"({"o":{"x":1,"y":[3],"w":{"m":1}},"z":0})");
}

TEST(MergeDocument, KeepsTheOrderAndTheSpellingOfWhatWasSent) {
  EXPECT_EQ(merge_document(R"({"z":1,"a":2,"m":3,"b":null})", R"({"a":null,"m":5,"new":"\u00fc"})").value(),
            "{\"z\":1,\"m\":5,\"b\":null,\"new\":\"ü\"}");
}

TEST(MergeDocument, RefusesAnythingButObjects) {
  EXPECT_FALSE(merge_document("{}", "[]").has_value());
  EXPECT_FALSE(merge_document("{}", "{").has_value());
}

}  // namespace
}  // namespace holdfast::model
