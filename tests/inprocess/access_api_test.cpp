// Tokens, roles, the account and the audit log of the REST API, with the real engine on the local cloud's model.
#include <gmock/gmock.h>

#include <algorithm>

#include "access/secret.h"
#include "inprocess/api_world.h"

namespace holdfast::inprocess {
namespace {

namespace json = boost::json;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr char kScript[] = "IyEvYmluL3NoCg==";

struct AccessApi : ApiWorld {
  http::Response ask(const std::string& method, const std::string& path, const std::string& token = "secret",
                     const std::string& body = "", const Query& query = {}) {
    http::Request request;
    request.method = method;
    request.path = path;
    request.body = body;
    request.query = query;
    request.peer = "192.0.2.7";
    request.headers = {{"authorization", "Bearer " + token}};
    return api.handle(request);
  }
  static json::value content(const http::Response& response) { return json::parse(response.body).at("response"); }
  std::string make(const std::string& name, const std::string& role, const std::string& more = "") {
    http::Response made =
        ask("POST", "/token", "secret", R"({"token":{"name":")" + name + R"(","role":")" + role + "\"" + more + "}}");
    EXPECT_EQ(made.status, 200) << made.body;
    return std::string(content(made).at("items").at(0).at("secret").as_string());
  }
  std::string of(const std::string& id, const std::string& rest = "") { return std::string(kRoot) + "/" + id + rest; }
  // One with a script that is nobody's business.
  std::string create_secretive() {
    json::value wanted = json::parse(document({}));
    wanted.at("compute").at("launchSpecification").as_object()["userData"] = kScript;
    json::value made = post("", json::serialize(json::object{{"managedInstance", wanted}}));
    EXPECT_EQ(made.at("status").at("code"), 200) << json::serialize(made);
    return std::string(made.at("items").at(0).at("id").as_string());
  }
  json::array log(const Query& query = {}) {
    http::Response answer = ask("GET", "/audit", "secret", "", query);
    EXPECT_EQ(answer.status, 200) << answer.body;
    return content(answer).at("items").as_array();
  }
};

TEST_F(AccessApi, EachRoleMayWhatItIsForAndNoMore) {
  const std::string id = create_active();
  const std::string viewer = make("v", "viewer"), oncall = make("o", "operator"), admin = make("a", "admin");
  struct Row {
    std::string method, path, body;
    access::Role needed;
  };
  const access::Role kViewer = access::Role::viewer, kOperator = access::Role::operator_, kAdmin = access::Role::admin;
  const std::string erase = R"({"deallocationConfig":{"shouldDeleteVolumes":true}})";
  const std::vector<Row> rows = {
      {"GET", kRoot, "", kViewer},
      {"HEAD", of(id), "", kViewer},
      {"GET", of(id, "/events"), "", kViewer},
      {"GET", "/metrics", "", kViewer},
      {"POST", std::string(kRoot) + "/migration/search", R"({"migrationIds":[]})", kViewer},
      {"PUT", of(id), R"({"managedInstance":{"name":"x"}})", kOperator},
      {"PUT", of(id, "/recycle"), "", kOperator},
      {"POST", kRoot, "{}", kOperator},
      {"POST", std::string(kRoot) + "/migration/bulk", "{}", kOperator},
      {"DELETE", of("smi-ffffffff"), "", kOperator},
      {"DELETE", of("smi-ffffffff"), R"({"deallocationConfig":{"shouldDeleteVolumes":false}})", kOperator},
      {"DELETE", of("smi-ffffffff"), erase, kAdmin},
      {"DELETE", of("smi-ffffffff"), R"({"deallocationConfig":{"shouldDeleteImages":true}})", kAdmin},
      {"DELETE", of("smi-ffffffff"), R"({"deallocationConfig":{"shouldDeleteSnapshots":true}})", kAdmin},
      {"DELETE", of("smi-ffffffff"), R"({"deallocationConfig":{"shouldDeleteNetworkInterfaces":true}})", kAdmin},
      {"POST", of("smi-ffffffff", "/snapshots"), "", kOperator},
      {"PUT", of("smi-ffffffff", "/restore"), "{}", kOperator},
      {"PUT", of("smi-ffffffff", "/undelete"), "", kOperator},
      {"DELETE", of("smi-ffffffff", "/snapshots/snap-1"), "", kAdmin},
      {"GET", "/aws/ec2/group", "", kViewer},
      {"POST", "/aws/ec2/group", "{}", kAdmin},
      {"PUT", "/nowhere", "", kOperator},
      {"GET", "/token", "", kAdmin},
      {"POST", "/token", "{}", kAdmin},
      {"DELETE", "/token/nobody", "", kAdmin},
      {"GET", "/audit", "", kAdmin},
      {"GET", "/audit/verify", "", kAdmin},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.method + " " + row.path + " " + row.body);
    const std::vector<std::pair<std::string, access::Role>> callers = {
        {viewer, kViewer}, {oncall, kOperator}, {admin, kAdmin}};
    for (const auto& [secret, role] : callers) {
      http::Response answer = ask(row.method, row.path, secret, row.body);
      EXPECT_EQ(answer.status == 403, role < row.needed) << answer.status << " for " << to_string(role);
      if (answer.status == 403) {
        EXPECT_THAT(answer.body, HasSubstr("role '" + std::string(to_string(row.needed)) + "'"));
      }
    }
    EXPECT_EQ(ask(row.method, row.path, "hft_wrong", row.body).status, 401);
  }
}

TEST_F(AccessApi, AnErasureAskedByAnOperatorDoesNotHappen) {
  const std::string id = create_active();
  const std::string oncall = make("o", "operator");
  EXPECT_EQ(ask("DELETE", of(id), oncall, R"({"deallocationConfig":{"shouldDeleteVolumes":true}})").status, 403);
  EXPECT_EQ(engine.find(ManagedInstanceId(id))->state.goal, model::Goal::running);
  EXPECT_EQ(ask("DELETE", of(id), oncall).status, 200) << "what is kept can be taken back";
}

TEST_F(AccessApi, UnknownRevokedAndExpiredAreToldInTheSameWords) {
  const std::string revoked = make("r", "admin"), expired = make("e", "admin", R"(,"expiresInSeconds":1)");
  EXPECT_EQ(ask("DELETE", "/token/r").status, 200);
  ASSERT_TRUE(wait([&] { return ask("GET", kRoot, expired).status == 401; }));
  auto words = [&](const std::string& token) {
    http::Response answer = ask("GET", kRoot, token);
    EXPECT_EQ(answer.status, 401);
    return json::serialize(content(answer));
  };
  EXPECT_EQ(words(revoked), words("nothing"));
  EXPECT_EQ(words(expired), words("nothing"));
}

TEST_F(AccessApi, ATokensSecretIsToldOnceAndKeptNowhere) {
  const std::string secret = make("ci", "viewer", R"(,"expiresInSeconds":3600)");
  http::Response listed = ask("GET", "/token");
  json::value token = content(listed).at("items").at(0);
  EXPECT_EQ(token.at("name"), "ci");
  EXPECT_EQ(token.at("role"), "viewer");
  EXPECT_EQ(token.at("createdBy"), "bootstrap");
  EXPECT_TRUE(token.at("lastUsedAt").is_null());
  EXPECT_TRUE(token.at("expiresAt").is_string());
  EXPECT_THAT(listed.body, AllOf(Not(HasSubstr(secret)), Not(HasSubstr(access::sha256_hex(secret)))));
  EXPECT_THAT(json::serialize(log()), Not(HasSubstr(secret)));
  EXPECT_EQ(ask("GET", kRoot, secret).status, 200);
  EXPECT_TRUE(content(ask("GET", "/token")).at("items").at(0).at("lastUsedAt").is_string());
  EXPECT_EQ(ask("POST", "/token", "secret", R"({"token":{"name":"ci","role":"viewer"}})").status, 409);
  EXPECT_EQ(ask("DELETE", "/token/nobody").status, 404);
}

TEST_F(AccessApi, AllFaultsOfATokenAreToldAtOnce) {
  http::Response refused =
      ask("POST", "/token", "secret", R"({"token":{"name":7,"role":"boss","expiresInSeconds":0,"nmae":"x"}})");
  EXPECT_EQ(refused.status, 400);
  std::vector<std::string> fields;
  const json::value told = content(refused);
  for (const json::value& error : told.at("errors").as_array()) fields.emplace_back(error.at("field").as_string());
  EXPECT_THAT(fields, ElementsAre("token.name", "token.role", "token.expiresInSeconds", "token.nmae"));
  for (const char* body :
       {"", "[]", "{}", R"({"token":[]})", R"({"token":{"name":"a"}})", R"({"token":{"role":"admin"}})",
        R"({"token":{"name":"a/b","role":"admin"}})", R"({"token":{"name":"a","role":"admin"},"x":1})"}) {
    EXPECT_EQ(ask("POST", "/token", "secret", body).status, 400) << body;
  }
  EXPECT_EQ(ask("PUT", "/token").status, 405);
  EXPECT_EQ(ask("GET", "/token/ci").status, 405);
  EXPECT_EQ(ask("GET", "/token", "secret", "", {{"x", "1"}}).status, 400);
  EXPECT_TRUE(tokens->all().empty());
}

TEST_F(AccessApi, UserDataIsForThoseWhoMayChangeItAndOnlyWhereOneIsRead) {
  const std::string id = create_secretive();
  const std::string viewer = make("v", "viewer"), oncall = make("o", "operator");
  EXPECT_THAT(ask("GET", of(id), oncall).body, HasSubstr(kScript));
  EXPECT_THAT(ask("GET", of(id), viewer).body, AllOf(HasSubstr(id), Not(HasSubstr(kScript))));
  ASSERT_TRUE(wait_for(id, model::Status::active));
  for (const std::string& path : {std::string(kRoot), of(id, "/status"), of(id, "/events"), of(id, "/history"),
                                  of(id, "/why"), std::string("/metrics"), std::string("/audit")}) {
    http::Response answer = ask("GET", path);
    EXPECT_EQ(answer.status, 200) << path;
    EXPECT_THAT(answer.body, Not(HasSubstr(kScript))) << path;
  }
}

TEST_F(AccessApi, TheAccountIsOursOrNotNamed) {
  EXPECT_EQ(ask("GET", kRoot, "secret", "", {{"accountId", "000000000000"}}).status, 200);
  for (const char* other : {"act-12345678", ""}) {
    http::Response refused = ask("GET", kRoot, "secret", "", {{"accountId", other}});
    EXPECT_EQ(refused.status, 403) << other;
    EXPECT_EQ(content(refused).at("errors").at(0).at("field"), "accountId");
    EXPECT_THAT(refused.body, HasSubstr("000000000000"));
  }
  EXPECT_EQ(ask("POST", kRoot, "secret", "{}", {{"accountId", "000000000000"}, {"accountId", "other"}}).status, 403);
  EXPECT_EQ(ask("GET", kRoot, "wrong", "", {{"accountId", "act-12345678"}}).status, 401)
      << "strangers learn nothing of accounts";
}

TEST_F(AccessApi, AChangeIsLoggedWithWhoWhatAndWhatItChanged) {
  const std::string id = create_secretive();
  ASSERT_TRUE(wait_for(id, model::Status::active));
  const std::string oncall = make("o", "operator");
  http::Response changed = ask("PUT", of(id), oncall, R"({"managedInstance":{"name":"renamed"}})");
  ASSERT_EQ(changed.status, 200);
  json::array entries = log({{"limit", "2"}});
  const json::value &done = entries.at(0), &asked = entries.at(1);
  EXPECT_EQ(asked.at("kind"), "asked");
  EXPECT_EQ(asked.at("token"), "o");
  EXPECT_EQ(asked.at("role"), "operator");
  EXPECT_EQ(asked.at("method"), "PUT");
  EXPECT_EQ(asked.at("path"), json::value(of(id)));
  EXPECT_EQ(asked.at("from"), "192.0.2.7");
  EXPECT_EQ(asked.at("body").at("managedInstance").at("name"), "renamed");
  EXPECT_EQ(asked.at("requestId"), json::parse(changed.body).at("request").at("id"));
  EXPECT_THAT(changed.headers, Contains(std::pair<std::string, std::string>(
                                   "X-Request-Id", std::string(asked.at("requestId").as_string()))));
  EXPECT_EQ(done.at("kind"), "done");
  EXPECT_EQ(done.at("asked"), asked.at("sequence"));
  EXPECT_EQ(done.at("previous"), asked.at("hash"));
  EXPECT_EQ(done.at("status"), 200);
  EXPECT_EQ(done.at("ids"), (json::array{json::value(id)}));
  const json::value& change = done.at("changes").at(0);
  EXPECT_NE(change.at("before").at("name"), change.at("after").at("name"));
  EXPECT_EQ(change.at("after").at("name"), "renamed");
  EXPECT_EQ(change.at("after").at("compute").at("launchSpecification").at("userData"),
            json::value("sha256:" + access::sha256_hex(kScript)));
}

TEST_F(AccessApi, ACreationIsLoggedWithTheIdThatItGave) {
  const std::string id = create_active();
  json::array entries = log({{"limit", "1"}});
  EXPECT_EQ(entries.at(0).at("ids").at(0), json::value(id));
  EXPECT_TRUE(entries.at(0).at("changes").at(0).at("before").is_null());
  ASSERT_EQ(send("PUT", "/" + id + "/pause", "").at("status").at("code"), 200);
  EXPECT_TRUE(log({{"limit", "1"}}).at(0).at("changes").as_array().empty()) << "the document is the same";
}

TEST_F(AccessApi, AChangeOfAGroupIsLoggedToo) {
  http::Response made = ask("POST", "/aws/ec2/group", "secret", R"({"group":{"name":"first"}})");
  ASSERT_EQ(made.status, 200) << made.body;
  const std::string id(content(made).at("items").at(0).at("id").as_string());
  ASSERT_EQ(ask("PUT", "/aws/ec2/group/" + id, "secret", R"({"group":{"name":"second"}})").status, 200);
  const json::value change = log({{"limit", "1"}}).at(0).at("changes").at(0);
  EXPECT_EQ(change.at("before").at("name"), "first");
  EXPECT_EQ(change.at("after").at("name"), "second");
}

TEST_F(AccessApi, WhatChangesNothingIsNotLogged) {
  const std::string id = create_active();
  const size_t before = log({{"limit", "1000"}}).size();
  ask("GET", of(id));
  ask("POST", std::string(kRoot) + "/migration/search", "secret", R"({"migrationIds":["smi-00000001"]})");
  ask("POST", std::string(kRoot) + "/migration/bulk", "secret", "{}", {{"dryRun", "true"}});
  EXPECT_EQ(log({{"limit", "1000"}}).size(), before);
  EXPECT_EQ(ask("PUT", of(id, "/pause"), "secret", "", {{"dryRun", "true"}, {"dryRun", "false"}}).status, 400);
  EXPECT_EQ(log({{"limit", "1000"}}).size(), before + 2) << "what is no dry run is written down";
}

TEST_F(AccessApi, NothingIsDoneThatCannotBeLogged) {
  const std::string id = create_active();
  access_store.refuse_writes(true);
  http::Response refused = ask("PUT", of(id, "/pause"));
  EXPECT_EQ(refused.status, 503);
  EXPECT_THAT(refused.body, HasSubstr("AuditUnavailable"));
  EXPECT_EQ(engine.find(ManagedInstanceId(id))->state.goal, model::Goal::running);
  EXPECT_EQ(ask("GET", of(id)).status, 200) << "reading goes on";
  EXPECT_EQ(ask("GET", of(id), "wrong").status, 401);
  access_store.refuse_writes(false);
  EXPECT_EQ(ask("PUT", of(id, "/pause")).status, 200);
}

TEST_F(AccessApi, TheDeniedAreLoggedButCannotFillTheDisk) {
  const std::string viewer = make("v", "viewer");
  ask("DELETE", of("smi-00000001"), viewer);
  json::value denied = log({{"limit", "1"}}).at(0);
  EXPECT_EQ(denied.at("kind"), "denied");
  EXPECT_EQ(denied.at("status"), 403);
  EXPECT_EQ(denied.at("token"), "v");
  for (int i = 0; i < 500; ++i) ask("GET", "/audit", "guess" + std::to_string(i));
  json::array entries = log({{"limit", "1000"}});
  EXPECT_TRUE(std::any_of(entries.begin(), entries.end(),
                          [](const json::value& entry) { return entry.at("token").is_null(); }));
  EXPECT_LT(entries.size(), 30u);
}

TEST_F(AccessApi, TheLogIsReadPageByPageAndVerified) {
  create_active();
  json::array all = log({{"limit", "1000"}});
  ASSERT_GE(all.size(), 2u);
  json::array rest = log({{"before", std::to_string(all.at(0).at("sequence").as_int64())}});
  EXPECT_EQ(rest.at(0), all.at(1));
  EXPECT_EQ(ask("GET", "/audit", "secret", "", {{"limit", "0"}}).status, 400);
  EXPECT_EQ(ask("POST", "/audit").status, 405);
  EXPECT_EQ(ask("GET", "/audit/other").status, 404);

  all = log({{"limit", "1000"}});  // the POST is in it, too
  json::value verdict = content(ask("GET", "/audit/verify")).at("items").at(0);
  EXPECT_EQ(verdict.at("whole"), true);
  const std::string end(verdict.at("end").as_string());
  EXPECT_THAT(end, HasSubstr(std::string(all.at(0).at("hash").as_string())));
  EXPECT_EQ(content(ask("GET", "/audit/verify", "secret", "", {{"end", end}})).at("items").at(0).at("whole"), true);
  verdict = content(ask("GET", "/audit/verify", "secret", "", {{"end", "99999:abc"}})).at("items").at(0);
  EXPECT_EQ(verdict.at("whole"), false);
  EXPECT_THAT(std::string(verdict.at("why").as_string()), HasSubstr("cut off"));
  EXPECT_EQ(ask("GET", "/audit/verify", "secret", "", {{"end", "x"}}).status, 400);
}

TEST_F(AccessApi, AStreamEndsWithItsToken) {
  const std::string viewer = make("v", "viewer");
  http::Request request;
  request.method = "GET";
  request.path = std::string(kRoot) + "/events";
  request.headers = {{"authorization", "Bearer " + viewer}, {"accept", "text/event-stream"}};
  http::Response response = api.handle(request);
  ASSERT_TRUE(response.stream);
  EXPECT_TRUE(response.stream());
  ASSERT_TRUE(tokens->revoke("v"));
  EXPECT_FALSE(response.stream());
}

TEST_F(AccessApi, ATokenThatAsksTooOftenIsToldToWaitAndOthersAreNot) {
  const std::string viewer = make("v", "viewer");
  api::Gate strict(access_store, *tokens, *audit, {"", 1, 3});
  api::Api limited({&strict, {}}, engine);
  auto status = [&](const std::string& path, const std::string& token) {
    http::Request request;
    request.method = "GET";
    request.path = path;
    request.headers = {{"authorization", "Bearer " + token}};
    return limited.handle(request);
  };
  std::vector<int> answers;
  for (int i = 0; i < 20; ++i) answers.push_back(status(kRoot, viewer).status);
  EXPECT_EQ(answers.front(), 200);
  EXPECT_EQ(answers.back(), 429);
  EXPECT_THAT(status(kRoot, viewer).headers, Contains(std::pair<std::string, std::string>("Retry-After", "1")));
  EXPECT_EQ(status(kRoot, "secret").status, 200);
  EXPECT_EQ(status("/healthz", viewer).status, 200);
  EXPECT_TRUE(wait([&] { return status("/readyz", viewer).status == 200; }));
}

}  // namespace
}  // namespace holdfast::inprocess
