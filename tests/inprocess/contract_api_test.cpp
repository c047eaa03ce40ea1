// The contract that existing clients rely on, over real HTTP: every call of its table and every row of its fields, good
// and bad. A field of the contract is taken, or refused as not honoured yet; what is bad is refused at its own path.
#include <gmock/gmock.h>

#include "base/text.h"
#include "inprocess/api_world.h"
#include "support/http_client.h"

namespace holdfast::inprocess {
namespace {

namespace json = boost::json;
using testing::Contains;
using testing::ElementsAre;

struct Row {
  const char* path;
  std::vector<const char*> good;  // JSON
  std::vector<const char*> bad;
};

struct ContractApi : ApiWorld {
  ContractApi() {
    http::ServerOptions options;
    options.port = 0;
    server = http::Server::start(options, [this](const http::Request& request) { return api.handle(request); }).value();
  }
  struct Answer {
    int status = 0;
    json::value response;
    std::vector<std::string> fields() const {
      std::vector<std::string> all;
      if (!response.as_object().contains("errors")) return all;
      for (const json::value& error : response.at("errors").as_array()) {
        const json::value* field = error.as_object().if_contains("field");
        all.emplace_back(field != nullptr && field->is_string() ? field->get_string() : "");
      }
      return all;
    }
    const json::value& item() const { return response.at("items").at(0); }
  };
  Answer call(const std::string& method, const std::string& path, const std::string& body = {}) {
    support::HttpCall call{method, "http://127.0.0.1:" + std::to_string(server->port()) + path, body, "secret"};
    auto answered = support::http_call(call);
    EXPECT_TRUE(answered) << method << " " << path;
    if (!answered) return {};
    json::error_code bad;
    json::value whole = json::parse(answered->body, bad);
    EXPECT_FALSE(bad) << answered->body;
    check_envelope(whole, method, answered->status);
    return {answered->status, whole.at("response")};
  }
  static void check_envelope(const json::value& whole, const std::string& method, int status) {
    EXPECT_EQ(whole.at("request").at("method"), json::value(method));
    for (const char* name : {"id", "url", "timestamp"}) EXPECT_TRUE(whole.at("request").at(name).is_string()) << name;
    const json::value& response = whole.at("response");
    EXPECT_EQ(response.at("status").at("code"), status);
    EXPECT_TRUE(response.at("status").at("message").is_string());
    const bool has_errors = response.as_object().contains("errors");
    EXPECT_EQ(has_errors, status != 200);
    if (has_errors) {
      for (const json::value& error : response.at("errors").as_array()) {
        // A fault of no field has none.
        for (const char* name : {"code", "message"}) EXPECT_TRUE(error.at(name).is_string()) << name;
      }
      return;
    }
    EXPECT_EQ(response.at("count"), response.at("items").as_array().size());
    EXPECT_TRUE(response.at("kind").is_string());
  }

  // A document that is right, with the value put in at the path.
  static std::string with(const std::string& path, const json::value& value) {
    DocumentOptions options;
    options.mode = "reattach";
    json::value whole = json::parse(document(options));
    json::value* at = &whole;
    for (const std::string& name : split(path, '.')) {
      json::object& object = at->is_object() ? at->as_object() : at->emplace_object();
      at = &object[name];
    }
    *at = value;
    return json::serialize(json::object{{"managedInstance", whole}});
  }
  Answer dry(const std::string& path, const char* value) {
    return call("POST", std::string(kRoot) + "?dryRun=true", with(path, json::parse(value)));
  }
  static bool lies_at(const std::string& field, const std::string& path) {
    return field.rfind(path, 0) == 0 || path.rfind(field, 0) == 0;
  }
  static bool not_honoured(const Answer& answer, const std::string& path) {
    if (answer.status != 400) return false;
    for (const json::value& error : answer.response.at("errors").as_array()) {
      if (error.at("code") != "NotHonouredYet" || !lies_at(std::string(error.at("field").as_string()), path))
        return false;
    }
    return true;
  }
  void check(const Row& row) {
    const std::string path = row.path;
    for (const char* value : row.good) {
      const Answer answer = dry(path, value);
      EXPECT_TRUE(answer.status == 200 || not_honoured(answer, path)) << path << ": " << value << "\n"
                                                                      << json::serialize(answer.response);
    }
    for (const char* value : row.bad) {
      const Answer answer = dry(path, value);
      EXPECT_EQ(answer.status, 400) << path << ": " << value;
      const std::vector<std::string> fields = answer.fields();
      EXPECT_TRUE(std::any_of(fields.begin(), fields.end(), [&](const auto& field) { return lies_at(field, path); }))
          << path << ": " << value << "\n"
          << json::serialize(answer.response);
    }
  }

  std::unique_ptr<http::Server> server;
};

TEST_F(ContractApi, EveryRowOfTheFields) {
  const std::string launch = "compute.launchSpecification.";
  const std::vector<Row> rows = {
      {"name", {"\"db\""}, {"\"\"", "7", "\"smi-1\"", "[]"}},
      {"description", {"\"a database\""}, {"7"}},
      {"region", {"\"local-1\""}, {"\"US EAST\"", "1"}},
      {"strategy.lifeCycle", {"\"spot\"", "\"on_demand\""}, {"\"reserved\"", "1"}},
      {"strategy.orientation",
       {"\"balanced\"", "\"costOriented\"", "\"availabilityOriented\"", "\"cheapest\""},
       {"\"fast\"", "1"}},
      {"strategy.fallbackToOd", {"true", "false"}, {"\"yes\"", "1"}},
      {"strategy.utilizeReservedInstances", {"true"}, {"\"yes\""}},
      {"strategy.utilizeCommitments", {"true"}, {"\"yes\""}},
      {"strategy.revertToSpot.performAt", {"\"never\"", "\"always\""}, {"\"later\"", "1"}},
      {"strategy.optimizationWindows",
       {R"(["Mon:03:00-Wed:02:30"])"},
       {R"(["Mon:25:00-Wed:02:30"])", "\"Mon\"", "[1]"}},
      {"strategy.minimumInstanceLifetime", {"1", "24"}, {"2", "\"1\""}},
      {"strategy.drainingTimeout", {"120"}, {"-1", "\"1\""}},
      {"persistence.persistRootDevice", {"true", "false"}, {"1"}},
      {"persistence.persistBlockDevices", {"true"}, {"1"}},
      {"persistence.persistPrivateIp", {"true", "false"}, {"1"}},
      {"persistence.blockDevicesMode", {"\"reattach\"", "\"onLaunch\""}, {"\"copy\"", "1"}},
      {"healthCheck.type", {"\"EC2\"", "\"ELB\"", "\"TCP\""}, {"\"PING\"", "1"}},
      {"healthCheck.gracePeriod", {"120"}, {"0", "-1", "1.5", "\"1\""}},
      {"healthCheck.unhealthyDuration", {"120"}, {"0", "\"1\""}},
      {"healthCheck.autoHealing", {"true", "false"}, {"1"}},
      {"compute.product", {"\"Linux/UNIX\"", "\"Linux/UNIX (Amazon VPC)\"", "\"Windows\""}, {"\"BeOS\"", "1"}},
      {"compute.subnetIds",
       {R"(["subnet-0000000000000000a"])"},
       {"[]", R"(["subnet-00000000000000fff"])", R"(["eni-00000000"])", "\"subnet-0000000000000000a\""}},
      {"compute.vpcId", {}, {"\"x\"", "1"}},
      {"compute.elasticIp", {}, {"\"1.2.3.4\"", "1"}},
      {"compute.privateIp", {}, {"\"10.99.99.99\"", "\"256.1.1.1\"", "1"}},
      {"compute.launchSpecification", {}, {"[]", "7", "\"x\""}},
  };
  for (const Row& row : rows) check(row);
}

TEST_F(ContractApi, EveryRowOfTheLaunchSpecification) {
  const std::vector<Row> rows = {
      {"imageId", {}, {"\"ami-00000000000000fff\"", "\"x\"", "1"}},
      {"instanceTypes.preferredType", {"\"t3.nano\""}, {"\"t3\"", "1"}},
      {"instanceTypes.types", {R"(["t3.nano","t3.micro"])"}, {"[]", R"(["z9.none"])", "\"t3.nano\"", "[1]"}},
      {"instanceTypes.preferredTypes", {R"(["t3.nano"])"}, {"\"t3.nano\""}},
      {"instanceTypes.resourceRequirements", {}, {"[]", "7"}},
      {"securityGroupIds",
       {R"(["sg-00000000000000001"])"},
       {R"(["sg-00000000000000fff"])", R"(["x"])", "\"sg-00000000000000001\""}},
      {"keyPair", {}, {"7", "[]"}},
      {"userData", {"\"IyEvYmluL3NoCg==\""}, {"\"#!\"", "1"}},
      {"shutdownScript", {"\"IyEvYmluL3NoCg==\""}, {"\"#!\"", "1"}},
      {"tags",
       {R"([{"tagKey":"a","tagValue":"b"}])"},
       {R"([{"tagValue":"b"}])", R"([{"tagKey":"holdfast:x","tagValue":""}])", "{}", "[7]"}},
      {"resourceTagSpecification.volumes.shouldTag", {"true"}, {"1"}},
      {"resourceTagSpecification.snapshots.shouldTag", {"true"}, {"1"}},
      {"resourceTagSpecification.enis.shouldTag", {"true"}, {"1"}},
      {"resourceTagSpecification.amis.shouldTag", {"true"}, {"1"}},
      {"iamRole", {}, {"7", "[]"}},
      {"ebsOptimized", {}, {"\"yes\"", "1"}},
      {"monitoring", {}, {"\"yes\"", "1"}},
      {"tenancy", {"\"default\""}, {"\"shared\"", "1"}},
      {"creditSpecification.cpuCredits", {}, {"\"many\"", "1"}},
      {"networkInterfaces", {}, {"{}", "[7]"}},
      {"blockDeviceMappings",
       {R"([{"deviceName":"/dev/sdf","ebs":{"volumeSize":4,"volumeType":"gp3"}}])"},
       {R"([{"deviceName":"sdf","ebs":{"volumeSize":4}}])", R"([{"deviceName":"/dev/sdf"}])",
        R"([{"deviceName":"/dev/sdf","ebs":{"volumeSize":0}}])",
        R"([{"deviceName":"/dev/sdf","ebs":{"volumeSize":4,"volumeType":"tape"}}])",
        R"([{"deviceName":"/dev/sdf","ebs":{"volumeSize":4}},{"deviceName":"/dev/sdf","ebs":{"volumeSize":4}}])",
        "{}"}},
      {"metadataOptions.httpTokens", {"\"optional\"", "\"required\""}, {"\"maybe\"", "1"}},
      {"metadataOptions.httpPutResponseHopLimit", {}, {"0", "\"1\""}},
      {"metadataOptions.instanceMetadataTags", {}, {"\"maybe\"", "1"}},
  };
  for (const Row& row : rows) {
    const std::string path = std::string("compute.launchSpecification.") + row.path;
    check({path.c_str(), row.good, row.bad});
  }
}

TEST_F(ContractApi, AllFaultsAtOnceWithTheirPathsAndTheNearestName) {
  const Answer answer = call("POST", kRoot, R"({"managedInstance":{"nmae":"x","strategy":{"lifeCycle":"now"},
      "persistence":{"persistRootDevice":1},"compute":{"launchSpecification":{"imageId":"i"}}}})");
  EXPECT_EQ(answer.status, 400);
  for (const char* field : {"nmae", "name", "strategy.lifeCycle", "persistence.persistRootDevice", "compute.subnetIds",
                            "compute.launchSpecification.imageId"}) {
    EXPECT_THAT(answer.fields(), Contains(field));
  }
  EXPECT_THAT(json::serialize(answer.response), testing::HasSubstr("did you mean 'name'"));
  EXPECT_THAT(call("POST", kRoot, R"({"managedInstance":{"persistence":{"persistRootDevice":false}}})").fields(),
              Contains("persistence"))
      << "at least one must be true";
}

TEST_F(ContractApi, EveryCallGoodAndBad) {
  const std::string root = kRoot;
  const Answer made = call("POST", root, R"({"managedInstance":)" + document({}) + "}");
  ASSERT_EQ(made.status, 200) << json::serialize(made.response);
  const std::string id(made.item().at("id").as_string());
  EXPECT_THAT(id, testing::MatchesRegex("smi-[0-9a-f]{8}"));
  EXPECT_TRUE(from_iso(std::string(made.item().at("createdAt").as_string())));
  EXPECT_TRUE(from_iso(std::string(made.item().at("updatedAt").as_string())));
  ASSERT_TRUE(wait_for(id, model::Status::active));
  const std::string one = root + "/" + id;

  EXPECT_EQ(call("GET", root).response.at("count"), 1);
  EXPECT_EQ(call("GET", one).item().at("name"), "one");
  const Answer status = call("GET", one + "/status");
  for (const char* name : {"id", "name", "status", "instanceId", "instanceType", "imageId", "privateIp", "publicIp",
                           "ipv6Address", "createdAt", "launchedAt", "lifeCycle", "availabilityZone"}) {
    EXPECT_TRUE(status.item().as_object().contains(name)) << name;
  }
  EXPECT_TRUE(call("GET", one + "/costs?aggregationPeriod=day").item().as_object().contains("savings"));
  EXPECT_EQ(call("PUT", one, R"({"managedInstance":{"description":"other"}})").item().at("description"), "other");
  EXPECT_EQ(call("PUT", root + "/state", R"({"managedInstances":[{"id":")" + id + R"(","state":"RESUME"}]})").status,
            200);
  for (const char* action : {"pause", "resume", "recycle"})
    EXPECT_EQ(call("PUT", one + "/" + action).status, 200) << action;
  EXPECT_EQ(call("POST", root + "/migration/search", R"({"migrationIds":[")" + id + "\"]}").status, 200);

  const std::string none = root + "/smi-00000000";
  for (const std::string& path : {none, none + "/status", none + "/costs", none + "/why", none + "/history"}) {
    EXPECT_EQ(call("GET", path).status, 404) << path;
  }
  for (const std::string& path : {none + "/pause", none + "/resume", none + "/recycle"}) {
    EXPECT_EQ(call("PUT", path).status, 404) << path;
  }
  EXPECT_EQ(call("DELETE", none).status, 404);
  EXPECT_EQ(call("PUT", none, R"({"managedInstance":{}})").status, 404);
  EXPECT_EQ(call("DELETE", one, R"({"deallocationConfig":{"shouldDeleteImage":true}})").status, 400);
  EXPECT_EQ(call("POST", root + "/migration/bulk", R"({"managedInstancesMigrations":[{}]})").status, 400);
  EXPECT_EQ(call("PATCH", one).status, 405);
  EXPECT_EQ(call("GET", root + "/" + id + "/nothing").status, 404);
  EXPECT_EQ(call("POST", root, std::string(300 << 10, ' ')).status, 413);

  const Answer removed = call("DELETE", one, R"({"deallocationConfig":{"shouldTerminateInstance":true,
      "shouldDeleteImages":true,"shouldDeleteNetworkInterfaces":true,"shouldDeleteSnapshots":true,
      "shouldDeleteVolumes":true},"amiBackup":{"shouldDeleteImages":true}})");
  EXPECT_EQ(removed.status, 200) << json::serialize(removed.response);
  EXPECT_EQ(removed.item().at("status"), "DEALLOCATING");
}

TEST_F(ContractApi, WithoutTheTokenNothingIsTold) {
  for (const char* token : {"", "wrong"}) {
    auto answered =
        support::http_call({"GET", "http://127.0.0.1:" + std::to_string(server->port()) + kRoot, {}, token});
    ASSERT_TRUE(answered);
    EXPECT_EQ(answered->status, 401);
  }
}

// What was sent is what is read back; a merge changes what it names, and a null clears.
TEST_F(ContractApi, ReadingBackGivesWhatWasSent) {
  json::object sent = json::parse(document({})).as_object();
  const Answer made = call("POST", kRoot, json::serialize(json::object{{"managedInstance", sent}}));
  ASSERT_EQ(made.status, 200);
  auto without_added = [](json::value item) {
    for (const char* name : {"id", "createdAt", "updatedAt"}) item.as_object().erase(name);
    return item;
  };
  EXPECT_EQ(without_added(made.item()), json::value(sent));
  const std::string one = std::string(kRoot) + "/" + std::string(made.item().at("id").as_string());
  EXPECT_EQ(without_added(call("GET", one).item()), json::value(sent));
  call("PUT", one, R"({"managedInstance":{"healthCheck":{"gracePeriod":77}}})");
  sent["healthCheck"].as_object()["gracePeriod"] = 77;
  EXPECT_EQ(without_added(call("GET", one).item()), json::value(sent));
  call("PUT", one, R"({"managedInstance":{"healthCheck":null}})");
  sent.erase("healthCheck");
  EXPECT_EQ(without_added(call("GET", one).item()), json::value(sent));
}

}  // namespace
}  // namespace holdfast::inprocess
