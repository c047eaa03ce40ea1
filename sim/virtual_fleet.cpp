#include "sim/virtual_fleet.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"
#include "engine/inspect.h"
#include "model/document.h"

namespace holdfast::sim {

using namespace std::chrono_literals;

namespace {

constexpr int kRoomOfNetwork = 60'000;
constexpr Duration kNotice = 2min;

std::string document_of(const FleetKind& kind, const Network& network) {
  return fmt::format(
      R"({{"name":"fleet","strategy":{{"lifeCycle":"spot","fallbackToOd":false}},
      "persistence":{{"persistRootDevice":true,"persistBlockDevices":true,"blockDevicesMode":"{}",
        "persistPrivateIp":true,"snapshotInterval":{}}},
      "compute":{{"product":"Linux/UNIX","subnetIds":["{}"],
        "launchSpecification":{{"imageId":"{}","instanceTypes":{{"types":["t3.micro"]}},"securityGroupIds":["{}"],
        "blockDeviceMappings":[{{"deviceName":"/dev/sdf","ebs":{{"volumeSize":4}}}}]}}}}}})",
      kind.on_launch ? "onLaunch" : "reattach",
      std::chrono::duration_cast<std::chrono::seconds>(kind.snapshot_interval).count(), network.subnet.str(),
      cloud::kMinimalImage, network.security_group.str());
}

}  // namespace

std::vector<ManagedInstanceId> bring_up(VirtualService& service, int count, const FleetKind& kind) {
  VirtualCloud& cloud = service.cloud();
  const VirtualCloud::Options as_before = cloud.options();
  cloud.set_latency(false);
  cloud.set_limits(false, 0);
  std::vector<ManagedInstanceId> ids;
  const size_t before = service.at_rest();
  for (int made = 0; made < count; made += kRoomOfNetwork) {
    const std::string document = document_of(kind, cloud.make_network());
    auto spec = model::read_spec(document);
    CHECK(spec.has_value());
    auto surroundings = engine::inspect(cloud.console(), *spec, {});
    CHECK(surroundings.has_value());
    for (int i = made; i < std::min(count, made + kRoomOfNetwork); ++i) {
      ids.push_back(service.create(document, *surroundings));
    }
  }
  const size_t wanted = before + ids.size();
  for (int minutes = 0; minutes < 24 * 60 && service.at_rest() < wanted; ++minutes) service.pass(1min);
  CHECK(service.at_rest() == wanted);
  cloud.set_latency(as_before.latency);
  cloud.set_limits(as_before.throttling, as_before.snapshots_under_way);
  return ids;
}

bool Storm::blow(const std::vector<ManagedInstanceId>& ids, Duration limit) {
  for (const ManagedInstanceId& id : ids) waiting_[id] = service_.loop().find(id)->state.generation;
  service_.changed = [this](const engine::SharedView& view) { see(view); };
  began_ = service_.cloud().time().now();
  for (const ManagedInstanceId& id : ids) {
    const InstanceId instance = service_.loop().find(id)->state.instance->id;
    CHECK(service_.cloud().console().interrupt(instance, {cloud::InterruptHow::Kind::notice, kNotice}));
  }
  return service_.until([this] { return waiting_.empty(); }, limit);
}

int Storm::taken_by_ec2() const {
  const auto& drawn = service_.cloud().drawn();
  return static_cast<int>(std::count_if(drawn.begin(), drawn.end(), [this](const VirtualCloud::Drawn& one) {
    return one.what == Takes::shutdown && one.from >= began_ + kNotice;
  }));
}

void Storm::see(const engine::SharedView& view) {
  auto found = waiting_.find(view->id);
  if (found == waiting_.end()) return;
  const model::State& state = view->state;
  if (state.generation <= found->second || state.handover || !state.instance || !state.instance->healthy_at) return;
  back_.push_back(service_.cloud().time().now() - began_);
  waiting_.erase(found);
}

}  // namespace holdfast::sim
