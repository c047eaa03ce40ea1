// The controller at its work in virtual time: what it costs, and what it makes of EC2's limits. All figures here are of
// virtual time or counts, the same in every run.
#include "sim/virtual_service.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include "engine/inspect.h"
#include "model/document.h"
#include "store/memory_store.h"

namespace holdfast::sim {
namespace {

using namespace std::chrono_literals;

std::string document(const Network& network, const std::string& mode) {
  return fmt::format(
      R"({{"name":"m","strategy":{{"lifeCycle":"spot","fallbackToOd":false}},
      "persistence":{{"persistRootDevice":true,"persistBlockDevices":true,"blockDevicesMode":"{}","persistPrivateIp":true,
      "snapshotInterval":86400}},
      "compute":{{"product":"Linux/UNIX","subnetIds":["{}"],
        "launchSpecification":{{"imageId":"{}","instanceTypes":{{"types":["t3.micro"]}},"securityGroupIds":["{}"],
        "blockDeviceMappings":[{{"deviceName":"/dev/sdf","ebs":{{"volumeSize":4}}}}]}}}}}})",
      mode, network.subnet.str(), cloud::kMinimalImage, network.security_group.str());
}

struct Fleet {
  explicit Fleet(int count, VirtualCloud::Options options = {}) : cloud(options), service(cloud, store, {}) {
    spdlog::set_level(spdlog::level::off);
    network = cloud.make_network();
    EXPECT_TRUE(service.start());
    const std::string text = document(network, "reattach");
    auto spec = model::read_spec(text);
    auto surroundings = engine::inspect(cloud.console(), *spec, {});
    EXPECT_TRUE(surroundings);
    for (int i = 0; i < count; ++i) service.create(text, *surroundings);
  }
  store::MemoryStore store;
  VirtualCloud cloud;
  VirtualService service;
  Network network;
};

TEST(VirtualService, BringsAFleetUp) {
  Fleet fleet(30, {.seed = 1, .snapshots_under_way = 100});
  EXPECT_TRUE(fleet.service.until([&] { return fleet.service.at_rest() == 30; }, 10min));
  EXPECT_GE(fleet.cloud.calls().at("RunInstances").answered, 30u);
}

TEST(VirtualService, DrawsTheSameTimesInEveryRun) {
  auto live = [] {
    Fleet fleet(10, {.seed = 7});
    EXPECT_TRUE(fleet.service.until([&] { return fleet.service.at_rest() == 10; }, 10min));
    std::string text = std::to_string(to_millis(fleet.cloud.time().now()));
    for (const auto& drawn : fleet.cloud.drawn()) text += fmt::format(" {}:{}", drawn.thing, drawn.took.count());
    return text;
  };
  EXPECT_EQ(live(), live());
}

}  // namespace
}  // namespace holdfast::sim
