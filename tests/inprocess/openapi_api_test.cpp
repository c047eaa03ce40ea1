// /openapi.json and /docs against what the service really does: every call that is described is answered, with just the
// parameters and members that are described; and nothing is answered that is not described.
#include <gmock/gmock.h>

#include <set>

#include "api/openapi.h"
#include "api/routes.h"
#include "base/text.h"
#include "inprocess/api_world.h"
#include "model/schema.h"

namespace holdfast::inprocess {
namespace {

namespace json = boost::json;
using testing::HasSubstr;

struct OpenApi : ApiWorld {
  http::Response ask(const std::string& method, const std::string& path, const std::string& body = {},
                     const Query& query = {}) {
    http::Request request;
    request.method = method;
    request.path = path;
    request.body = body;
    request.query = query;
    return answer_to(std::move(request));
  }
  // With something that exists in place of {…}.
  std::string filled(std::string path) {
    auto put = [&](const std::string& name, const std::string& value) {
      if (size_t at = path.find(name); at != std::string::npos) path.replace(at, name.size(), value);
    };
    put("{id}", id);
    put("{snapshotId}", "snap-00000000");
    put("{volumeId}", "vol-00000000");
    put("{groupId}", "grp-00000000");
    put("{name}", "nobody");
    return path;
  }
  static std::set<std::string> names_of(const json::array& list) {
    std::set<std::string> names;
    for (const json::value& one : list) names.insert(std::string(one.as_string()));
    return names;
  }
  std::string id = create_active();
};

TEST_F(OpenApi, EveryCallThatIsDescribedIsAnswered) {
  for (const api::Route& route : api::routes()) {
    if (route.operation == api::Operation::remove) continue;  // it would go
    const http::Response response = ask(std::string(route.method), filled(std::string(route.path)));
    EXPECT_NE(response.status, 405) << route.method << " " << route.path;
    if (response.status != 404) continue;
    // Of a thing that is not there, never of the path itself.
    EXPECT_THAT(response.body, testing::Not(HasSubstr("NoSuchPath"))) << route.method << " " << route.path;
  }
}

TEST_F(OpenApi, NoOtherMethodIsAnswered) {
  std::map<std::string, std::set<std::string>> known;
  for (const api::Route& route : api::routes()) known[std::string(route.path)].insert(std::string(route.method));
  for (const auto& [path, methods] : known) {
    for (const char* method : {"GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"}) {
      if (methods.contains(method)) continue;
      EXPECT_EQ(ask(method, filled(path)).status, 405) << method << " " << path;
    }
  }
  for (const char* path : {"/", "/aws", "/aws/ec2", "/aws/ec2/managedInstance/", "/aws/ec2/managedInstance/x/y/z/a"}) {
    EXPECT_EQ(ask("GET", path).status, 404) << path;
  }
}

TEST_F(OpenApi, ParametersAreThoseThatTheCallTakes) {
  for (const api::Route& route : api::routes()) {
    if (route.open) continue;
    const http::Response response =
        ask(std::string(route.method), filled(std::string(route.path)), {}, {{"zzzzzzzzzzzzzzzz", "1"}});
    ASSERT_EQ(response.status, 400) << route.method << " " << route.path << response.body;
    std::set<std::string> described = {"accountId"};
    for (const api::Parameter& parameter : route.query) described.insert(std::string(parameter.name));
    const json::value refused = json::parse(response.body);
    std::string told;
    for (const json::value& error : refused.at("response").at("errors").as_array()) {
      if (error.at("field") == "zzzzzzzzzzzzzzzz") told = error.at("message").as_string();
    }
    const size_t at = told.find("known: ");
    ASSERT_NE(at, std::string::npos) << route.method << " " << route.path << ": " << response.body;
    std::set<std::string> taken;
    for (const std::string& word : split(told.substr(at + 7, told.size() - at - 8), ',')) taken.emplace(trim(word));
    EXPECT_EQ(taken, described) << route.method << " " << route.path;
  }
}

TEST_F(OpenApi, BodiesHaveTheMembersThatTheCallTakes) {
  for (const api::Route& route : api::routes()) {
    if (route.body == api::Body::none) continue;
    const http::Response response =
        ask(std::string(route.method), filled(std::string(route.path)), R"({"zzzzzzzzzzzzzzzz":1})");
    if (route.operation == api::Operation::update_group && response.status == 404) continue;
    ASSERT_EQ(response.status, 400) << route.method << " " << route.path << response.body;
    const json::object schema = api::schema_of(route.body);
    for (const auto& member : schema.at("properties").as_object()) {
      EXPECT_THAT(response.body, HasSubstr(std::string(member.key()))) << route.method << " " << route.path;
    }
  }
}

TEST_F(OpenApi, TheDocumentIsTheSchemaOfTheChecks) {
  const json::value described = json::parse(ask("GET", "/openapi.json").body);
  EXPECT_EQ(described.at("openapi"), "3.1.0");
  EXPECT_EQ(described.at("components").at("schemas").at("ManagedInstance"), json::value(model::schema_of_document()));
  size_t operations = 0;
  for (const auto& path : described.at("paths").as_object()) operations += path.value().as_object().size();
  EXPECT_EQ(operations, api::routes().size());
  // What is referred to is there.
  const std::string text = json::serialize(described);
  for (size_t at = text.find("#/components/"); at != std::string::npos; at = text.find("#/components/", at + 1)) {
    const std::string reference = text.substr(at + 2, text.find('"', at) - at - 2);
    const json::value* to = &described;
    for (const std::string& name : split(reference, '/')) {
      to = to->as_object().if_contains(name);
      ASSERT_NE(to, nullptr) << reference;
    }
  }
}

TEST_F(OpenApi, DescriptionsNeedNoTokenAndFetchNothing) {
  http::Request request;
  request.method = "GET";
  for (const char* path : {"/openapi.json", "/docs"}) {
    request.path = path;
    EXPECT_EQ(api.handle(request).status, 200) << path;
  }
  const std::string page = ask("GET", "/docs").body;
  for (const char* outside : {"http://", "https://", "<script", "src=", "@import", "url("}) {
    EXPECT_EQ(page.find(outside), std::string::npos) << outside;
  }
  for (const api::Route& route : api::routes()) EXPECT_THAT(page, HasSubstr(std::string(route.path)));
  EXPECT_THAT(page, HasSubstr("compute.launchSpecification.blockDeviceMappings[].ebs.volumeSize"));
}

}  // namespace
}  // namespace holdfast::inprocess
