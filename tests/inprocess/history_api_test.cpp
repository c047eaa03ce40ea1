// history, why, versions and lists of the REST API, with the real engine on the local cloud's model.
#include <gmock/gmock.h>

#include <algorithm>

#include "inprocess/api_world.h"

namespace holdfast::inprocess {
namespace {

namespace json = boost::json;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

struct HistoryApi : ApiWorld {
  void interrupt(const std::string& id) {
    auto view = engine.find(ManagedInstanceId(id));
    ec2::TerminateInstancesRequest request;
    request.instance_ids = {view->state.instance->id};
    ASSERT_TRUE(cloud->call(request));
    ASSERT_TRUE(wait([&] {
      auto now = engine.find(ManagedInstanceId(id));
      return now->state.generation > view->state.generation && now->state.status == model::Status::active;
    }));
  }
  std::vector<std::string> reasons(const json::value& answer) {
    std::vector<std::string> all;
    for (const json::value& item : answer.at("items").as_array()) all.emplace_back(item.at("reason").as_string());
    return all;
  }
  http::Response request(const std::string& method, const std::string& path, Headers headers = {},
                         const std::string& body = "") {
    http::Request request;
    request.method = method;
    request.path = std::string(kRoot) + path;
    request.headers = std::move(headers);
    request.body = body;
    return answer_to(std::move(request));
  }
  static std::string header(const http::Response& response, const std::string& name) {
    for (const auto& [key, value] : response.headers) {
      if (key == name) return value;
    }
    return "";
  }
};

TEST_F(HistoryApi, TellsEachReplacementNewestFirst) {
  const std::string id = create_active();
  interrupt(id);
  ASSERT_EQ(send("PUT", "/" + id + "/pause", "").at("status").at("code"), 200);
  ASSERT_TRUE(wait_for(id, model::Status::paused));

  json::value answer = get("/" + id + "/history");
  EXPECT_THAT(reasons(answer), ElementsAre("pause", "disappeared", "created"));
  const json::value& replaced = answer.at("items").at(1);
  EXPECT_EQ(replaced.at("outcome"), "replaced");
  EXPECT_EQ(replaced.at("fromGeneration"), 1);
  EXPECT_EQ(replaced.at("generation"), 2);
  EXPECT_EQ(replaced.at("marketBefore").at("lifeCycle"), "spot");
  EXPECT_EQ(replaced.at("marketBefore").at("availabilityZone"), replaced.at("marketAfter").at("availabilityZone"));
  EXPECT_FALSE(replaced.at("marketAfter").at("instanceType").as_string().empty());
  int64_t sum = 0;
  for (const json::value& phase : replaced.at("phases").as_array())
    sum += phase.at("durationMilliseconds").to_number<int64_t>();
  EXPECT_EQ(sum, replaced.at("durationMilliseconds").to_number<int64_t>());
  const Time began = *from_iso(replaced.at("beganAt").as_string()),
             ended = *from_iso(replaced.at("endedAt").as_string());
  EXPECT_EQ((ended - began).count(), sum);
  EXPECT_TRUE(answer.at("items").at(0).at("marketAfter").is_null()) << "nothing runs while it is paused";
  EXPECT_TRUE(answer.at("items").at(2).at("marketBefore").is_null()) << "nothing ran before the first";
}

TEST_F(HistoryApi, IsReadPageByPage) {
  const std::string id = create_active();
  interrupt(id);
  json::value first = get("/" + id + "/history", {{"limit", "1"}});
  EXPECT_THAT(reasons(first), ElementsAre("disappeared"));
  const std::string before = std::to_string(first.at("items").at(0).at("sequence").to_number<int64_t>());
  EXPECT_THAT(reasons(get("/" + id + "/history", {{"before", before}})), ElementsAre("created"));
  EXPECT_EQ(get("/" + id + "/history", {{"limit", "0"}}).at("errors").at(0).at("field"), "limit");
  EXPECT_EQ(get("/" + id + "/history", {{"before", "x"}}).at("errors").at(0).at("field"), "before");
  EXPECT_EQ(get("/" + id + "/history", {{"after", "1"}}).at("status").at("code"), 400);
  EXPECT_EQ(get("/smi-ffffffff/history").at("status").at("code"), 404);
  EXPECT_EQ(send("PUT", "/" + id + "/history", "").at("status").at("code"), 405);
}

TEST_F(HistoryApi, WhyTellsTheLastDecisionAndWhatItSaw) {
  const std::string id = create_active();
  json::value why = get("/" + id + "/why").at("items").at(0);
  const std::string instance = engine.find(ManagedInstanceId(id))->state.instance->id.str();
  EXPECT_EQ(why.at("status"), "ACTIVE");
  EXPECT_THAT(std::string(why.at("summary").as_string()), AllOf(HasSubstr(instance), HasSubstr("is healthy since")));
  EXPECT_TRUE(why.at("waitsFor").as_array().empty());
  EXPECT_EQ(why.at("lastDecision").at("kind"), "started");
  EXPECT_EQ(why.at("seen").at("instance").at("statusCheck"), "ok");
  EXPECT_TRUE(why.at("lastHandover").at("data").at("saw").at("instance").is_null()) << "the first one";
  EXPECT_THAT(json::serialize(why.at("next")), HasSubstr("the next snapshots are made"));
  EXPECT_EQ(get("/smi-ffffffff/why").at("status").at("code"), 404);
}

TEST_F(HistoryApi, WhyTellsWhatAHandoverWaitsFor) {
  const std::string id = create_active();
  // The cloud has no more: each launch is refused until the test is over.
  refuses_launches = true;
  ec2::TerminateInstancesRequest request;
  request.instance_ids = {engine.find(ManagedInstanceId(id))->state.instance->id};
  const std::string gone = request.instance_ids[0].str();
  ASSERT_TRUE(cloud->call(request));
  std::string told;
  EXPECT_TRUE(wait([&] {
    told = json::serialize(get("/" + id + "/why").at("items").at(0));
    return told.find("refused a launch: InsufficientInstanceCapacity") != std::string::npos;
  })) << told;
  json::value why = json::parse(told);
  EXPECT_EQ(why.at("phase"), "launching");
  EXPECT_THAT(std::string(why.at("summary").as_string()), HasSubstr("(disappeared) is under way"));
  EXPECT_EQ(why.at("lastHandover").at("data").at("saw").at("instance").at("id"), json::value(gone));
  EXPECT_EQ(why.at("waitsFor").at(0).at("on"), "market");
  EXPECT_TRUE(why.at("waitsFor").at(0).at("until").is_string());
}

TEST_F(HistoryApi, AnUpdateOfAnotherVersionThanTheOneReadIsRefused) {
  const std::string id = create_active();
  http::Response read = request("GET", "/" + id);
  const std::string tag = header(read, "ETag");
  ASSERT_FALSE(tag.empty());
  EXPECT_EQ(header(request("GET", "/" + id), "ETag"), tag);
  auto rename = [&](const std::string& name, const std::string& expected) {
    return request("PUT", "/" + id, {{"if-match", expected}}, R"({"managedInstance":{"name":")" + name + R"("}})");
  };
  http::Response first = rename("first", tag);
  EXPECT_EQ(first.status, 200) << first.body;
  EXPECT_NE(header(first, "ETag"), tag);

  http::Response late = rename("late", tag);
  EXPECT_EQ(late.status, 412);
  EXPECT_THAT(late.body, AllOf(HasSubstr("PreconditionFailed"), HasSubstr("read it again")));
  EXPECT_EQ(engine.find(ManagedInstanceId(id))->spec.name, "first");

  EXPECT_EQ(rename("listed", "\"other\", " + header(first, "ETag")).status, 200);
  EXPECT_EQ(rename("any", "*").status, 200);
  EXPECT_EQ(rename("weak", "W/" + header(request("GET", "/" + id), "ETag")).status, 412);
  for (const char* bad : {"", "abc", "\"open", "\"a\" \"b\""}) EXPECT_EQ(rename("bad", bad).status, 400) << bad;
  EXPECT_EQ(engine.find(ManagedInstanceId(id))->spec.name, "any");
}

TEST_F(HistoryApi, OfManyWhoUpdateTheSameVersionOneDoes) {
  const std::string id = create_active();
  const std::string tag = header(request("GET", "/" + id), "ETag");
  std::vector<int> answers(6);
  std::vector<std::thread> threads;
  for (size_t i = 0; i < answers.size(); ++i) {
    threads.emplace_back([&, i] {
      const std::string body = R"({"managedInstance":{"description":")" + std::to_string(i) + R"("}})";
      answers[i] = request("PUT", "/" + id, {{"if-match", tag}}, body).status;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(std::count(answers.begin(), answers.end(), 200), 1);
  EXPECT_EQ(std::count(answers.begin(), answers.end(), 412), 5);
}

TEST_F(HistoryApi, IfMatchIsNotTakenWhereItHasNoEffect) {
  const std::string id = create_active();
  const std::string tag = header(request("GET", "/" + id), "ETag");
  for (const auto& [method, path] : std::map<std::string, std::string>{
           {"DELETE", "/" + id}, {"PUT", "/" + id + "/pause"}, {"GET", "/" + id}, {"POST", ""}}) {
    http::Response refused = request(method, path, {{"if-match", tag}});
    EXPECT_EQ(refused.status, 400) << method;
    EXPECT_THAT(refused.body, HasSubstr("If-Match"));
  }
  EXPECT_EQ(engine.find(ManagedInstanceId(id))->state.goal, model::Goal::running);
}

TEST_F(HistoryApi, AListIsFilteredAndPaged) {
  std::vector<std::string> ids;
  for (int i = 0; i < 3; ++i) ids.push_back(create_active());
  std::sort(ids.begin(), ids.end());
  ASSERT_EQ(send("PUT", "/" + ids[1] + "/pause", "").at("status").at("code"), 200);
  ASSERT_TRUE(wait_for(ids[1], model::Status::paused));
  ASSERT_EQ(send("PUT", "/" + ids[2], R"({"managedInstance":{"name":"third"}})").at("status").at("code"), 200);
  auto listed = [&](const Query& query) {
    std::vector<std::string> found;
    const json::value answer = get("", query);
    for (const json::value& item : answer.at("items").as_array()) found.emplace_back(item.at("id").as_string());
    return found;
  };
  EXPECT_EQ(listed({}), ids);
  EXPECT_THAT(listed({{"status", "PAUSED"}}), ElementsAre(ids[1]));
  EXPECT_THAT(listed({{"status", "PAUSED,ACTIVE"}, {"limit", "2"}}), ElementsAre(ids[0], ids[1]));
  EXPECT_THAT(listed({{"after", ids[0]}, {"limit", "1"}}), ElementsAre(ids[1]));
  EXPECT_THAT(listed({{"name", "third"}}), ElementsAre(ids[2]));
  json::value refused = get("", {{"status", "PAUSD"}, {"limit", "0"}});
  EXPECT_EQ(refused.at("status").at("code"), 400);
  EXPECT_EQ(refused.at("errors").as_array().size(), 2u);
}

}  // namespace
}  // namespace holdfast::inprocess
