// Imports of instances that exist, on the local cloud's model; the service is killed at every commit of them, before
// and after it, with the calls under way lost or done.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "inprocess/world.h"

namespace holdfast::inprocess {
namespace {

using model::Status;

struct Kill {
  int commit = 0;
  KillAt at = KillAt::never;
  CallsUnderWay calls = CallsUnderWay::never_arrive;
};

struct Way {
  const char* name;
  bool terminate;
  bool keep_private_ip;
  const char* mode;
};

class Imports : public testing::TestWithParam<Way> {
 protected:
  engine::ImportRequest request_for(const InstanceId& original) {
    engine::ImportRequest request;
    request.original = original;
    request.terminate = GetParam().terminate;
    request.keep_private_ip = GetParam().keep_private_ip;
    request.block_devices_mode = GetParam().mode;
    return request;
  }

  // Imported, and deleted with everything. Answers the number of commits that it took.
  int live(const Kill& kill) {
    SCOPED_TRACE(fmt::format("killed {} commit {}, calls under way {}",
                             kill.at == KillAt::before_commit ? "before" : "after", kill.commit,
                             kill.calls == CallsUnderWay::are_done ? "done" : "lost"));
    World world;
    const ec2::Instance original = world.instance(world.launch_foreign());
    world.store().commits = 0;
    world.store().kill_commit = kill.commit;
    world.store().kill_at = kill.at;
    world.calls_at_kill = kill.calls;
    auto made = world.import(request_for(original.instance_id));
    EXPECT_TRUE(made) << describe(made.error());
    if (!made) return 0;
    EXPECT_TRUE(world.until_status(*made, Status::active, std::chrono::minutes(10))) << world.history(*made);
    if (HasFailure()) return 0;
    check(world, *made, original);
    if (HasFailure()) return 0;
    remove(world, *made);
    check_original(world, original);
    EXPECT_EQ(world.kills, kill.at == KillAt::never ? 0 : 1);
    return world.store().commits;
  }

  void check(World& world, const ManagedInstanceId& id, const ec2::Instance& original) {
    const Way& way = GetParam();
    const model::State& state = world.view(id)->state;
    EXPECT_TRUE(state.import->done_at);
    EXPECT_EQ(state.generation, way.terminate ? 2 : 1);
    EXPECT_EQ(world.instances("running").size(), 1u) << world.history(id);
    EXPECT_EQ(world.instances("terminated").size(), way.terminate ? 1u : 0u) << world.history(id);
    // An address that is not kept is free again, and the cloud may give it to anybody.
    if (way.keep_private_ip) {
      EXPECT_EQ(state.instance->private_ip, original.private_ip_address);
    }
    bool same = false;
    for (const auto& device : original.block_device_mappings) {
      same = same || state.data.at("/dev/sdf").id == device.volume_id;
    }
    EXPECT_EQ(same, way.terminate && std::string(way.mode) == "reattach");
    auto clean = [&] { return world.volumes().size() == 2 && world.images().size() == 1; };
    EXPECT_TRUE(world.until(clean, std::chrono::minutes(10)))
        << world.volumes().size() << " volumes, " << world.images().size() << " images\n"
        << world.history(id);
    EXPECT_EQ(world.interfaces().size(), way.keep_private_ip ? 1u : world.interfaces().size());
  }

  void remove(World& world, const ManagedInstanceId& id) {
    model::DeleteAsked everything;
    everything.deallocation = {true, true, true, true, std::chrono::hours(96)};
    auto asked = world.ask(id, everything);
    EXPECT_TRUE(asked || asked.error().kind == ErrorKind::not_found);
    auto nothing = [&] {
      return world.instances("running").empty() && world.volumes().empty() && world.snapshots().empty() &&
             world.images().empty() && world.interfaces().empty();
    };
    EXPECT_TRUE(world.until(nothing, std::chrono::minutes(10)))
        << world.volumes().size() << " volumes, " << world.snapshots().size() << " snapshots left\n"
        << world.history(id);
  }

  void check_original(World& world, const ec2::Instance& before) {
    const ec2::Instance now = world.instance(before.instance_id);
    if (GetParam().terminate) {
      EXPECT_EQ(now.state, "terminated");
      return;
    }
    EXPECT_EQ(now.state, "running");
    EXPECT_EQ(now.tags, before.tags) << "it is not touched";
    for (const auto& device : now.block_device_mappings) EXPECT_TRUE(device.delete_on_termination);
  }
};

TEST_P(Imports, AreFinishedFromEveryCommit) {
  int commits = live({});
  ASSERT_GT(commits, 10);
  for (int commit = 1; commit <= commits && !HasFailure(); ++commit) {
    for (KillAt at : {KillAt::before_commit, KillAt::after_commit}) {
      for (CallsUnderWay calls : {CallsUnderWay::never_arrive, CallsUnderWay::are_done}) live({commit, at, calls});
    }
  }
}

// The plan is told before; what is done is what was told.
TEST_P(Imports, DoWhatThePlanSaid) {
  World world;
  InstanceId original = world.launch_foreign();
  auto plan = engine::plan_import(world.cloud(), request_for(original));
  ASSERT_TRUE(plan);
  auto made = world.import(request_for(original));
  ASSERT_TRUE(made);
  ASSERT_TRUE(world.until_status(*made, Status::active)) << world.history(*made);
  std::vector<std::string> planned;
  for (const auto& step : plan->steps) planned.push_back(step.action);
  EXPECT_EQ(planned.front(), GetParam().terminate ? "CreateTags" : "CreateSnapshots");
  const model::Spec& spec = world.view(*made)->spec;
  EXPECT_EQ(spec.name, "legacy");
  EXPECT_EQ(spec.compute.tags, (std::vector<model::Tag>{{"Name", "legacy"}, {"team", "db"}}));
  // It is ours like any other: the next interruption finds everything in its place.
  InstanceId former = world.view(*made)->state.instance->id;
  ASSERT_TRUE(world.cloud().interrupt(former, {cloud::InterruptHow::Kind::notice, std::chrono::seconds(120)}));
  auto replaced = [&] {
    const model::State& state = world.view(*made)->state;
    return state.status == Status::active && state.instance->id != former;
  };
  EXPECT_TRUE(world.until(replaced, std::chrono::minutes(5))) << world.history(*made);
}

INSTANTIATE_TEST_SUITE_P(Ways, Imports,
                         testing::Values(Way{"adoptedReattach", true, true, "reattach"},
                                         Way{"adoptedOnLaunch", true, false, "onLaunch"},
                                         Way{"copied", false, false, "reattach"},
                                         Way{"copiedOnLaunch", false, false, "onLaunch"}),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(Import, GivenUpTheOriginalIsAsItWasButForDeleteOnTermination) {
  World world;
  const ec2::Instance before = world.instance(world.launch_foreign());
  // The cloud takes no tags: nothing is secured, so nothing is taken down.
  ASSERT_TRUE(world.cloud().fail_next("CreateTags", "UnauthorizedOperation", 10000));
  engine::ImportRequest request;
  request.original = before.instance_id;
  request.terminate = request.keep_private_ip = true;
  auto made = world.import(request);
  ASSERT_TRUE(made);
  EXPECT_TRUE(world.until_status(*made, Status::error)) << world.history(*made);
  EXPECT_THAT(world.view(*made)->state.error, testing::HasSubstr("AdoptInstance is refused"));
  EXPECT_EQ(world.instance(before.instance_id).state, "running");
  ASSERT_TRUE(world.cloud().fail_next("CreateTags", "UnauthorizedOperation", 0));
  ASSERT_TRUE(world.ask(*made, model::DeleteAsked{}));
  EXPECT_TRUE(world.until_status(*made, Status::deallocated)) << world.history(*made);
  const ec2::Instance now = world.instance(before.instance_id);
  EXPECT_EQ(now.state, "running");
  EXPECT_EQ(now.tags, before.tags);
  EXPECT_TRUE(world.volumes().empty()) << "no tag of ours is left";
  // And it can be imported again.
  auto again = world.import(request);
  ASSERT_TRUE(again) << describe(again.error());
  EXPECT_TRUE(world.until_status(*again, Status::active)) << world.history(*again);
}

}  // namespace
}  // namespace holdfast::inprocess
