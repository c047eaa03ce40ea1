// Persistence turned on by an update: what the running machine has is kept from then on.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "inprocess/world.h"

namespace holdfast::inprocess {
namespace {

using model::Status;

// A spec must keep something: this keeps the one part only.
std::string only_persisted(const std::string& kept) {
  DocumentOptions options;
  options.mode = "reattach";
  std::string text = document(options);
  for (std::string part : {"persistRootDevice", "persistBlockDevices", "persistPrivateIp"}) {
    std::string wanted = "\"" + part + "\":true";
    if (part != kept) text.replace(text.find(wanted), wanted.size(), "\"" + part + "\":false");
  }
  std::string mode = "\"blockDevicesMode\":\"reattach\",";
  text.erase(text.find(mode), mode.size());
  return text;
}

std::string everything_persisted() {
  DocumentOptions options;
  options.mode = "reattach";
  return document(options);
}

struct Before {
  InstanceId instance;
  VolumeId data;
  std::string ip;
};

class TurnedOn : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    auto made = world.create(only_persisted(GetParam()));
    ASSERT_TRUE(made) << describe(made.error());
    id = *made;
    ASSERT_TRUE(world.until_status(id, Status::active)) << world.history(id);
    ec2::Instance instance = world.instances("running").at(0);
    before.instance = instance.instance_id;
    before.ip = instance.private_ip_address;
    for (const auto& device : instance.block_device_mappings) {
      if (device.device_name == "/dev/sdf") before.data = device.volume_id;
    }
    ASSERT_FALSE(before.data.empty());
    auto updated = world.update(id, everything_persisted());
    ASSERT_TRUE(updated) << describe(updated.error());
  }
  void expect_kept() {
    auto replaced = [&] {
      const model::State& state = world.view(id)->state;
      return state.status == Status::active && state.instance->id != before.instance;
    };
    ASSERT_TRUE(world.until(replaced, std::chrono::minutes(5))) << world.history(id);
    ec2::Instance instance = world.instances("running").at(0);
    std::set<VolumeId> volumes;
    for (const auto& device : instance.block_device_mappings) volumes.insert(device.volume_id);
    EXPECT_TRUE(volumes.contains(before.data)) << world.history(id);
    EXPECT_FALSE(world.view(id)->state.images.empty()) << "the root was saved";
    EXPECT_EQ(instance.private_ip_address, before.ip) << world.history(id);
    EXPECT_EQ(world.interfaces().size(), 1u);
  }
  World world;
  ManagedInstanceId id;
  Before before;
};

TEST_P(TurnedOn, IsNotLostByARecycleAtOnce) {
  ASSERT_TRUE(world.ask(id, model::RecycleAsked{}));
  expect_kept();
}

TEST_P(TurnedOn, IsKeptWithinASecond) {
  auto kept = [&] {
    ec2::Instance instance = world.instances("running").at(0);
    bool volumes = std::none_of(instance.block_device_mappings.begin(), instance.block_device_mappings.end(),
                                [](const auto& device) { return device.delete_on_termination; });
    return volumes && !instance.network_interfaces.at(0).attachment->delete_on_termination;
  };
  ASSERT_TRUE(world.until(kept, std::chrono::seconds(1))) << world.history(id);
  cloud::InterruptHow how;
  how.kind = cloud::InterruptHow::Kind::no_notice;
  ASSERT_TRUE(world.cloud().interrupt(before.instance, how));
  expect_kept();
}

// With the very address that the running instance has: nobody else holds it.
TEST_P(TurnedOn, TakesThePresentAddressForTheWantedOne) {
  std::string text = everything_persisted();
  text.replace(text.find("\"subnetIds\""), 11, "\"privateIp\":\"" + before.ip + "\",\"subnetIds\"");
  auto updated = world.update(id, text);
  ASSERT_TRUE(updated) << describe(updated.error());
  ASSERT_TRUE(world.ask(id, model::RecycleAsked{}));
  expect_kept();
}

TEST(TurnedOff, TheInterfaceGoesOnceAnInstanceWithoutItIsWell) {
  World world;
  auto id = world.create(everything_persisted());
  ASSERT_TRUE(id) << describe(id.error());
  ASSERT_TRUE(world.until_status(*id, Status::active)) << world.history(*id);
  InstanceId first = world.view(*id)->state.instance->id;
  InterfaceId kept = world.view(*id)->state.interface->id;
  std::string text = everything_persisted();
  text.replace(text.find("\"persistPrivateIp\":true"), 23, "\"persistPrivateIp\":false");
  ASSERT_TRUE(world.update(*id, text));
  ASSERT_TRUE(world.ask(*id, model::RecycleAsked{}));
  auto gone = [&] {
    const model::State& state = world.view(*id)->state;
    auto interfaces = world.interfaces();
    bool there = std::any_of(interfaces.begin(), interfaces.end(),
                             [&](const auto& interface) { return interface.network_interface_id == kept; });
    bool replaced = state.instance && state.instance->id != first && state.status == Status::active;
    EXPECT_TRUE(there || (state.instance && state.instance->id != first));
    return replaced && !there;
  };
  ASSERT_TRUE(world.until(gone, std::chrono::minutes(5))) << world.history(*id);
}

INSTANTIATE_TEST_SUITE_P(From, TurnedOn, testing::Values("persistPrivateIp", "persistRootDevice"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace holdfast::inprocess
