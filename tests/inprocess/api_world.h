// The REST API before the real engine, with its threads, on the local cloud's model. Included by tests only.
#pragma once

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "api/api.h"
#include "cloud/cloud.h"
#include "cloud/null/null_substrate.h"
#include "engine/wall_clock.h"
#include "store/memory_store.h"

namespace holdfast::inprocess {

inline constexpr char kRoot[] = "/aws/ec2/managedInstance";

struct ApiWorld : testing::Test {
  ApiWorld() {
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
    http::Request request;
    request.method = method;
    request.path = std::string(kRoot) + path;
    request.query = query;
    request.headers = std::move(headers);
    request.headers["authorization"] = "Bearer secret";
    request.body = body;
    http::Response response = api.handle(request);
    boost::json::value answer = boost::json::parse(response.body);
    EXPECT_EQ(answer.at("response").at("status").at("code"), response.status);
    return answer.at("response");
  }
  boost::json::value post(const std::string& path, const std::string& body, const Query& query = {}) {
    return send("POST", path, body, query);
  }

  cloud::ThreadRuntime runtime;
  cloud::NullSubstrate substrate{runtime};
  std::unique_ptr<cloud::Cloud> cloud;
  store::MemoryStore store;
  engine::WallClock clock{Time{}};
  // The cloud is opened after the engine was given it.
  struct Late : ec2::Ec2 {
    explicit Late(ApiWorld& of) : of(of) {}
    Result<ec2::Response> perform(const ec2::Request& request) override { return of.cloud->perform(request); }
    ApiWorld& of;
  };
  Late late{*this};
  engine::Engine engine{engine::EngineOptions{}, late, store, clock};
  api::Api api{api::ApiOptions{"secret", std::chrono::hours(96), {}}, engine};
};

}  // namespace holdfast::inprocess
