// The REST API before the real engine, with its threads, on the local cloud's model. Included by tests only.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <boost/json.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "access/audit_log.h"
#include "access/tokens.h"
#include "api/api.h"
#include "cloud/cloud.h"
#include "cloud/null/null_substrate.h"
#include "engine/wall_clock.h"
#include "inprocess/world.h"
#include "store/access_memory_store.h"
#include "store/memory_store.h"

namespace holdfast::inprocess {

inline constexpr char kRoot[] = "/aws/ec2/managedInstance";

struct ApiWorld : testing::Test {
  explicit ApiWorld(engine::EngineOptions given = {}) : options(std::move(given)) {
    cloud = cloud::Cloud::open({}, substrate, runtime).value();
    EXPECT_TRUE(engine.start());
    cloud->listen([this](const ec2::CloudEvent& event) { engine.notify(event); });
    EXPECT_TRUE(wait([&] {
      ec2::DescribeImagesRequest request;
      request.image_ids = {ImageId(cloud::kMinimalImage)};
      auto answer = cloud->call(request);
      return answer && answer->images.front().state == "available";
    }));
  }
  ~ApiWorld() override { cloud->listen({}); }

  // Bounded by a deadline.
  bool wait(const std::function<bool()>& holds) {
    auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!holds()) {
      if (std::chrono::steady_clock::now() > end) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return true;
  }
  using Headers = std::map<std::string, std::string>;
  using Query = std::vector<std::pair<std::string, std::string>>;
  boost::json::value send(const std::string& method, const std::string& path, const std::string& body,
                          const Query& query = {}, Headers headers = {}) {
    return send_to(method, std::string(kRoot) + path, body, query, std::move(headers));
  }
  // By its whole path.
  boost::json::value send_to(const std::string& method, const std::string& path, const std::string& body,
                             const Query& query = {}, Headers headers = {}) {
    http::Request request;
    request.method = method;
    request.path = path;
    request.query = query;
    request.headers = std::move(headers);
    request.body = body;
    http::Response response = answer_to(std::move(request));
    boost::json::value answer = boost::json::parse(response.body);
    EXPECT_EQ(answer.at("response").at("status").at("code"), response.status);
    return answer.at("response");
  }
  // With the right token, unless it brings another.
  http::Response answer_to(http::Request request) {
    request.headers.emplace("authorization", "Bearer secret");
    return api.handle(request);
  }
  boost::json::value get(const std::string& path, const Query& query = {}) { return send("GET", path, "", query); }
  boost::json::value post(const std::string& path, const std::string& body, const Query& query = {}) {
    return send("POST", path, body, query);
  }
  // A managed instance with a root and an address, once it is ACTIVE.
  std::string create_active(const DocumentOptions& options = {}) {
    boost::json::value made = post("", R"({"managedInstance":)" + document(options) + "}");
    EXPECT_EQ(made.at("status").at("code"), 200) << boost::json::serialize(made);
    const std::string id(made.at("items").at(0).at("id").get_string());
    EXPECT_TRUE(wait_for(id, model::Status::active));
    return id;
  }
  bool wait_for(const std::string& id, model::Status status) {
    return wait([&] { return engine.find(ManagedInstanceId(id))->state.status == status; });
  }

  cloud::ThreadRuntime runtime;
  cloud::NullSubstrate substrate{runtime};
  std::unique_ptr<cloud::Cloud> cloud;
  store::MemoryStore store;
  engine::WallClock clock{Time{}};
  std::atomic<bool> refuses_launches = false;  // to the engine, for want of capacity
  // The cloud is opened after the engine was given it.
  struct Late : ec2::Ec2 {
    explicit Late(ApiWorld& of) : of(of) {}
    Result<ec2::Response> perform(const ec2::Request& request) override {
      if (of.refuses_launches && std::holds_alternative<ec2::RunInstancesRequest>(request))
        return ec2::ec2_fail("InsufficientInstanceCapacity", "there is none");
      return of.cloud->perform(request);
    }
    ApiWorld& of;
  };
  Late late{*this};
  engine::EngineOptions options;
  engine::Engine engine{options, late, store, clock};
  static Time system_now() { return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()); }
  store::AccessMemoryStore access_store;
  std::unique_ptr<access::Tokens> tokens = access::Tokens::open(access_store, "secret", system_now).value();
  std::unique_ptr<access::AuditLog> audit = access::AuditLog::open(access_store, system_now()).value();
  api::Gate gate{access_store, *tokens, *audit, {"000000000000", 0, 0}};
  api::Api api{api::ApiOptions{&gate, {}}, engine};
};

}  // namespace holdfast::inprocess
