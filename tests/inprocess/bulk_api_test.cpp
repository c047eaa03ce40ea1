// PUT …/state: pause, resume and recycle of many with one request.
#include <gmock/gmock.h>

#include "inprocess/api_world.h"

namespace holdfast::inprocess {
namespace {

namespace json = boost::json;
using testing::ElementsAre;
using testing::HasSubstr;

struct BulkApi : ApiWorld {
  json::value put(const json::array& wishes, Headers headers = {}) {
    return put_text(json::serialize(json::object{{"managedInstances", wishes}}), std::move(headers));
  }
  json::value put_text(const std::string& body, Headers headers = {}) {
    return send("PUT", "/state", body, {}, std::move(headers));
  }
  static json::object wish(const std::string& id, const std::string& state) { return {{"id", id}, {"state", state}}; }
  static std::vector<std::string> fields_of(const json::value& refused) {
    EXPECT_EQ(refused.at("status").at("code"), 400) << json::serialize(refused);
    std::vector<std::string> fields;
    for (const json::value& error : refused.at("errors").get_array())
      fields.emplace_back(error.at("field").as_string());
    return fields;
  }
  model::Goal goal_of(const std::string& id) { return engine.find(ManagedInstanceId(id))->state.goal; }
};

TEST_F(BulkApi, EachIsAskedAndAConflictOfOneIsToldWithIt) {
  const std::string one = create_active(), two = create_active(), three = create_active();
  put({wish(one, "PAUSE")});
  ASSERT_TRUE(wait_for(one, model::Status::paused));
  json::value answer = put({wish(one, "RECYCLE"), wish(two, "PAUSE"), wish(three, "RECYCLE")});
  ASSERT_EQ(answer.at("status").at("code"), 200) << json::serialize(answer);
  const json::array& items = answer.at("items").get_array();
  ASSERT_EQ(items.size(), 3u);
  EXPECT_EQ(items[0].at("accepted"), false);
  EXPECT_THAT(json::serialize(items[0].at("error")), HasSubstr("resume it"));
  EXPECT_EQ(items[1].at("accepted"), true);
  EXPECT_EQ(items[1].at("status"), "PAUSING");
  EXPECT_EQ(items[2].at("accepted"), true);
  EXPECT_TRUE(wait_for(two, model::Status::paused));
  EXPECT_TRUE(wait([&] { return engine.find(ManagedInstanceId(three))->state.generation == 2; }));
}

TEST_F(BulkApi, WhereAllAreRefusedTheAnswerIsTheError) {
  const std::string one = create_active();
  put({wish(one, "PAUSE")});
  ASSERT_TRUE(wait_for(one, model::Status::paused));
  json::value answer = put({wish(one, "RECYCLE")});
  EXPECT_EQ(answer.at("status").at("code"), 409);
  EXPECT_EQ(answer.at("errors").at(0).at("field"), "managedInstances[0]");
}

TEST_F(BulkApi, EveryFaultOfTheBodyIsToldAndNothingIsDone) {
  const std::string one = create_active();
  json::object strange = wish(one, "PAUSE");
  strange["stat"] = 1;
  json::value refused = put({wish(one, "PAUSE"), wish("smi-00000000", "RESUME"), wish(one, "pause"), strange,
                             json::object{}, json::object{{"id", 7}, {"state", nullptr}}});
  EXPECT_THAT(fields_of(refused), testing::UnorderedElementsAre("managedInstances[1].id", "managedInstances[2].state",
                                                                "managedInstances[2].id", "managedInstances[3].stat",
                                                                "managedInstances[3].id", "managedInstances[4].id",
                                                                "managedInstances[4].state", "managedInstances[5].id",
                                                                "managedInstances[5].state"));
  EXPECT_THAT(json::serialize(refused), HasSubstr("did you mean 'PAUSE'"));
  EXPECT_EQ(goal_of(one), model::Goal::running);
}

TEST_F(BulkApi, TheBodyIsBoundedAndHeldToItsForm) {
  for (const char* body : {"", "[]", "{}", R"({"managedInstances":{}})", R"({"managedInstances":[]})",
                           R"({"managedInstances":null})", R"({"managedInstances":7})", R"({"managedInstance":[]})"}) {
    EXPECT_EQ(put_text(body).at("status").at("code"), 400) << body;
  }
  json::array many(501, wish("smi-00000000", "PAUSE"));
  EXPECT_THAT(fields_of(put(many)), ElementsAre("managedInstances"));
  EXPECT_EQ(send("GET", "/state", "").at("status").at("code"), 405);
  EXPECT_THAT(fields_of(put({wish("smi-00000000", "PAUSE")}, {{"if-match", "\"x\""}})), ElementsAre("If-Match"));
}

}  // namespace
}  // namespace holdfast::inprocess
