// Two services on one store, with their threads and their APIs: each shows everything, changes what it holds, and says
// who holds the rest; what one held goes on at the other.
#include <gtest/gtest.h>

#include "inprocess/api_world.h"

namespace holdfast::inprocess {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

engine::EngineOptions options_of(const std::string& name) {
  engine::EngineOptions options;
  options.claim.holder = name;
  options.sweep_interval = milliseconds(50);
  return options;
}

// What a service is, beside the first.
struct Another {
  explicit Another(ApiWorld& beside)
      : store(beside.store.beside()),
        engine(options_of("b"), beside.late, store, beside.clock),
        api(api::ApiOptions{&beside.gate, {}}, engine) {
    EXPECT_TRUE(engine.start());
  }
  store::MemoryStore store;
  engine::Engine engine;
  api::Api api;
};

struct TwoServices : ApiWorld {
  TwoServices() : ApiWorld(options_of("a")) {}
  // By the other's API.
  boost::json::value send_b(const std::string& method, const std::string& path) {
    http::Request request;
    request.method = method;
    request.path = kRoot + path;
    request.headers.emplace("authorization", "Bearer secret");
    return boost::json::parse(b->api.handle(request).body).at("response");
  }
  static int64_t code(const boost::json::value& answer) { return answer.at("status").at("code").as_int64(); }
  // Its changes are refused here, because the other has it.
  bool is_others(const std::string& id) { return code(send("PUT", "/" + id + "/resume", "")) == 503; }

  std::unique_ptr<Another> b;
};

TEST_F(TwoServices, EachShowsEverythingAndChangesOnlyWhatItHolds) {
  const std::string one = create_active(), two = create_active();
  b = std::make_unique<Another>(*this);
  EXPECT_EQ(code(send_b("GET", "/" + one)), 200) << "also before anything was released";
  ASSERT_TRUE(wait([&] { return is_others(one) != is_others(two); })) << "a fair share is one each";
  const std::string theirs = is_others(one) ? one : two, ours = theirs == one ? two : one;
  ASSERT_TRUE(wait([&] { return code(send_b("PUT", "/" + theirs + "/resume")) == 200; }));
  for (const std::string& id : {one, two}) {
    EXPECT_EQ(code(get("/" + id)), 200);
    EXPECT_EQ(code(send_b("GET", "/" + id + "/status")), 200);
  }
  EXPECT_EQ(get("").at("count").as_int64(), 2);
  EXPECT_EQ(send_b("GET", "").at("count").as_int64(), 2);

  const boost::json::value refused = send("PUT", "/" + theirs + "/pause", "");
  EXPECT_EQ(code(refused), 503);
  const auto& error = refused.at("errors").at(0);
  EXPECT_EQ(error.at("code"), "HeldByAnother");
  EXPECT_NE(std::string(error.at("message").as_string()).find("the service b"), std::string::npos);
  EXPECT_EQ(code(send_b("PUT", "/" + ours + "/pause")), 503);
  EXPECT_EQ(code(send("PUT", "/" + theirs, R"({"managedInstance":{"description":"x"}})")), 503);
  EXPECT_EQ(code(send("PUT", "/smi-0000000f/pause", "")), 404) << "what is nowhere is not another's";
  EXPECT_EQ(code(send_b("PUT", "/" + theirs + "/pause")), 200);
  EXPECT_TRUE(wait_for(theirs, model::Status::paused)) << "seen at the other one, too";
}

TEST_F(TwoServices, WhatOneHeldGoesOnAtTheOtherOnceItHasEnded) {
  const std::string one = create_active(), two = create_active();
  b = std::make_unique<Another>(*this);
  ASSERT_TRUE(wait([&] { return is_others(one) != is_others(two); }));
  b.reset();
  ASSERT_TRUE(wait([&] { return !is_others(one) && !is_others(two); }));
  for (const std::string& id : {one, two}) {
    const InstanceId former = engine.find(ManagedInstanceId(id))->state.instance->id;
    ASSERT_TRUE(cloud->interrupt(former, {cloud::InterruptHow::Kind::no_notice, {}}));
    EXPECT_TRUE(wait([&] {
      const model::State& state = engine.find(ManagedInstanceId(id))->state;
      return state.status == model::Status::active && state.instance->id != former;
    }));
  }
}

}  // namespace
}  // namespace holdfast::inprocess
