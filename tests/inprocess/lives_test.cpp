// Whole lives: from creation through interruptions, a pause and a resume, to deletion.
#include <gtest/gtest.h>

#include "inprocess/world.h"

namespace holdfast::inprocess {
namespace {

using cloud::InterruptHow;
using model::Status;

class Lives : public testing::TestWithParam<const char*> {
 protected:
  ManagedInstanceId bring_up() {
    DocumentOptions options;
    options.mode = GetParam();
    auto made = world.create(document(options));
    EXPECT_TRUE(made) << describe(made.error());
    if (!made) return {};
    EXPECT_TRUE(world.until_status(*made, Status::active)) << world.history(*made);
    return *made;
  }
  InstanceId current(const ManagedInstanceId& id) { return world.view(id)->state.instance->id; }
  // Until another instance is healthy.
  void expect_replaced(const ManagedInstanceId& id, const InstanceId& former) {
    auto replaced = [&] {
      const model::State& state = world.view(id)->state;
      return state.status == Status::active && state.instance->id != former;
    };
    ASSERT_TRUE(world.until(replaced, std::chrono::minutes(5))) << world.history(id);
    EXPECT_EQ(world.instances("running").size(), 1u);
    EXPECT_EQ(world.instances("pending").size(), 0u);
  }
  World world;
};

TEST_P(Lives, ComesToLifeWithEverythingKeptOnTermination) {
  ManagedInstanceId id = bring_up();
  auto running = world.instances("running");
  ASSERT_EQ(running.size(), 1u) << world.history(id);
  EXPECT_EQ(running[0].instance_lifecycle, "spot");
  ASSERT_EQ(running[0].network_interfaces.size(), 1u);
  EXPECT_FALSE(running[0].network_interfaces[0].attachment->delete_on_termination);
  for (const auto& device : running[0].block_device_mappings) EXPECT_FALSE(device.delete_on_termination);
}

TEST_P(Lives, IsReplacedAfterEveryKindOfInterruption) {
  ManagedInstanceId id = bring_up();
  std::string ip = world.interfaces().at(0).private_ip_address;
  std::string mac = world.interfaces().at(0).mac_address;
  std::map<std::string, VolumeId> data;
  for (auto kind : {InterruptHow::Kind::notice, InterruptHow::Kind::no_notice, InterruptHow::Kind::power_cut}) {
    InstanceId former = current(id);
    InterruptHow how;
    how.kind = kind;
    ASSERT_TRUE(world.cloud().interrupt(former, how));
    expect_replaced(id, former);
    ASSERT_EQ(world.interfaces().size(), 1u);
    EXPECT_EQ(world.interfaces()[0].private_ip_address, ip);
    EXPECT_EQ(world.interfaces()[0].mac_address, mac);
    EXPECT_EQ(world.interfaces()[0].attachment->instance_id, current(id));
  }
  EXPECT_EQ(world.view(id)->state.generation, 4);
}

TEST_P(Lives, DoesNotLeakOverManyReplacements) {
  ManagedInstanceId id = bring_up();
  for (int i = 0; i < 8; ++i) {
    InstanceId former = current(id);
    InterruptHow how;
    how.kind = InterruptHow::Kind::no_notice;
    ASSERT_TRUE(world.cloud().interrupt(former, how));
    expect_replaced(id, former);
  }
  size_t volumes = *GetParam() == '\0' ? 1 : 2;
  auto clean = [&] { return world.volumes().size() == volumes && world.images().size() <= 2; };
  EXPECT_TRUE(world.until(clean, std::chrono::minutes(2))) << world.history(id);
  EXPECT_EQ(world.interfaces().size(), 1u);
  EXPECT_LE(world.snapshots().size(), volumes * 5) << "two generations of finals, and three periodic ones of each";
}

TEST_P(Lives, PausesResumesRecyclesAndGoes) {
  ManagedInstanceId id = bring_up();
  InstanceId first = current(id);
  ASSERT_TRUE(world.ask(id, model::PauseAsked{}));
  ASSERT_TRUE(world.until_status(id, Status::paused)) << world.history(id);
  EXPECT_TRUE(world.instances("running").empty());
  ASSERT_TRUE(world.ask(id, model::PauseAsked{})) << "asked again: success";

  ASSERT_TRUE(world.ask(id, model::ResumeAsked{}));
  expect_replaced(id, first);
  InstanceId second = current(id);
  ASSERT_TRUE(world.ask(id, model::RecycleAsked{}));
  expect_replaced(id, second);

  model::DeleteAsked everything;
  everything.deallocation = {true, true, true, true, std::chrono::hours(96)};
  ASSERT_TRUE(world.ask(id, everything));
  auto gone = [&] { return world.view(id) == nullptr || world.view(id)->state.status == Status::deallocated; };
  ASSERT_TRUE(world.until(gone, std::chrono::minutes(5))) << world.history(id);
  auto nothing = [&] { return world.volumes().empty() && world.snapshots().empty(); };
  EXPECT_TRUE(world.until(nothing, std::chrono::seconds(10))) << world.volumes().size() << " volumes left";
  EXPECT_TRUE(world.images().empty());
  EXPECT_TRUE(world.interfaces().empty());
  EXPECT_TRUE(world.instances("running").empty());
}

TEST_P(Lives, TakesLittleOfTheServicesOwnTimeForAReplacement) {
  ManagedInstanceId id = bring_up();
  world.substrate().set_options(
      {Duration::zero(), Duration::zero(), cloud::UserDataOutcome::succeeded, int64_t{1} << 50});
  InstanceId former = current(id);
  InterruptHow how;
  how.kind = InterruptHow::Kind::no_notice;
  Time began = world.time().now();
  int commits = world.store().commits;
  ASSERT_TRUE(world.cloud().interrupt(former, how));
  expect_replaced(id, former);
  // Virtual time passes only in waits: what is left is what the service itself waits for.
  EXPECT_LE(world.time().now() - began, std::chrono::milliseconds(10)) << world.history(id);
  EXPECT_LE(world.store().commits - commits, 20) << "each is a write that the replacement waits for";
}

INSTANTIATE_TEST_SUITE_P(Modes, Lives, testing::Values("", "reattach", "onLaunch"),
                         [](const auto& info) { return *info.param == '\0' ? std::string("rootOnly") : info.param; });

}  // namespace
}  // namespace holdfast::inprocess
