#include "bench/downtime.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>

namespace holdfast::bench {

using namespace std::chrono_literals;

namespace {

constexpr char kTwoVolumes[] = R"(,"blockDeviceMappings":[{"deviceName":"/dev/sdf","ebs":{"volumeSize":4}},
    {"deviceName":"/dev/sdg","ebs":{"volumeSize":8}}])";

std::string document_of(const Mode& mode) {
  std::string subnets = fmt::format("\"{}\"", cloud::kSubnetA);
  if (mode.several_zones) subnets += fmt::format(",\"{}\",\"{}\"", cloud::kSubnetB, cloud::kSubnetC);
  return fmt::format(R"({{"name":"bench","strategy":{{"lifeCycle":"spot","fallbackToOd":false}},
    "persistence":{{{}}},
    "healthCheck":{{"type":"EC2","gracePeriod":600,"unhealthyDuration":120,"autoHealing":true}},
    "compute":{{"product":"Linux/UNIX","subnetIds":[{}],"launchSpecification":{{"imageId":"{}",
      "instanceTypes":{{"types":["c5.large","m5.large"]}},"securityGroupIds":["{}"]{}}}}}}})",
                     mode.persistence, subnets, cloud::kMinimalImage, cloud::kDefaultSecurityGroup,
                     mode.data ? kTwoVolumes : "");
}

constexpr char kRoot[] = R"("persistRootDevice":true)";
constexpr char kAddress[] = R"("persistPrivateIp":true)";
constexpr char kReattach[] = R"("persistBlockDevices":true,"blockDevicesMode":"reattach")";
constexpr char kOnLaunch[] = R"("persistBlockDevices":true,"blockDevicesMode":"onLaunch")";

std::string all_of(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : ",") + part;
  return text;
}

}  // namespace

std::vector<Mode> modes() {
  return {
      {"stateless, address", all_of({kAddress})},
      {"root", all_of({kRoot})},
      {"root, address", all_of({kRoot, kAddress})},
      {"reattach", all_of({kReattach}), true},
      {"reattach, address", all_of({kReattach, kAddress}), true},
      {"reattach, root, address", all_of({kReattach, kRoot, kAddress}), true},
      {"onLaunch", all_of({kOnLaunch}), true},
      {"onLaunch, address", all_of({kOnLaunch, kAddress}), true},
      {"onLaunch, root, address", all_of({kOnLaunch, kRoot, kAddress}), true},
  };
}

Mode across() {
  return {"reattach over several zones", all_of({kReattach}), true, true};
}

namespace {

constexpr int kOfOneWorld = 100;  // a world keeps everything that ever was in it, and grows slow

void measure_one(const Mode& mode, const std::vector<Cause>& causes, int count, uint64_t seed,
                 std::vector<Sample>& samples) {
  ReplacementWorld world(seed);
  Random random(seed + 77);
  const ManagedInstanceId id = world.create(document_of(mode));
  for (int i = 0; i < count; ++i) {
    world.pass(60s + Duration(random.below(600'000)));
    const Cause cause = causes[static_cast<size_t>(i) % causes.size()];
    const char zone = world.view(id)->state.instance->market.zone.back();
    if (mode.several_zones) world.empty_zone(zone, true);
    const Time began = world.now();
    const InstanceId former = world.replace(id, cause);
    if (mode.several_zones) world.empty_zone(zone, false);
    auto downtime = downtime_of(world, id, former, cause, began);
    if (!downtime) throw std::runtime_error("not noted: " + downtime.error().message);
    if (mode.several_zones != downtime->another_zone) throw std::runtime_error("it came up in the wrong zone");
    samples.push_back({cause, *downtime});
  }
  if (world.throttled() > 0) throw std::runtime_error("calls were throttled");
}

}  // namespace

std::vector<Sample> measure(const Mode& mode, const std::vector<Cause>& causes, int count, uint64_t seed) {
  std::vector<Sample> samples;
  for (uint64_t world = 0; static_cast<int>(samples.size()) < count; ++world) {
    const int left = count - static_cast<int>(samples.size());
    measure_one(mode, causes, std::min(left, kOfOneWorld), seed + world * 10, samples);
  }
  return samples;
}

double addition_percent(const Downtime& downtime) {
  const auto added = static_cast<double>((downtime.measured - downtime.critical).count());
  return 100 * added / static_cast<double>(downtime.critical.count());
}

}  // namespace holdfast::bench
