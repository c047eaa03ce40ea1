// The service is killed at every commit of a whole life, before and after it, with the calls under way lost or done;
// each time it must finish what it had begun: one instance, the same address, nothing launched twice, nothing leaked.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "inprocess/world.h"

namespace holdfast::inprocess {
namespace {

using cloud::InterruptHow;
using model::Status;

struct Kill {
  int commit = 0;
  KillAt at = KillAt::never;
  CallsUnderWay calls = CallsUnderWay::never_arrive;
};

class Restart : public testing::TestWithParam<const char*> {
 protected:
  // Created, interrupted twice, paused, resumed, deleted. Answers the number of commits that it took.
  int live(const Kill& kill) {
    SCOPED_TRACE(fmt::format("killed {} commit {}, calls under way {}",
                             kill.at == KillAt::before_commit ? "before" : "after", kill.commit,
                             kill.calls == CallsUnderWay::are_done ? "done" : "lost"));
    World world;
    world.store().kill_commit = kill.commit;
    world.store().kill_at = kill.at;
    world.calls_at_kill = kill.calls;
    DocumentOptions options;
    options.mode = GetParam();
    auto made = world.create(document(options));
    EXPECT_TRUE(made);
    ManagedInstanceId id = *made;
    expect_active(world, id, InstanceId());
    if (HasFailure()) return 0;
    const std::string ip = world.interfaces().at(0).private_ip_address;
    for (auto cause : {InterruptHow::Kind::no_notice, InterruptHow::Kind::notice}) {
      InstanceId former = world.view(id)->state.instance->id;
      EXPECT_TRUE(world.cloud().interrupt(former, {cause, std::chrono::seconds(120)}));
      expect_active(world, id, former);
      if (HasFailure()) return 0;
    }
    pause_and_resume(world, id);
    if (HasFailure()) return 0;
    check_alive(world, id, ip);
    remove(world, id);
    EXPECT_EQ(world.kills, kill.at == KillAt::never ? 0 : 1);
    EXPECT_EQ(world.controller().counters().orphans, 0u);
    return world.store().commits;
  }

  void expect_active(World& world, const ManagedInstanceId& id, const InstanceId& former) {
    auto active = [&] {
      auto view = world.view(id);
      return view != nullptr && view->state.status == Status::active && view->state.instance->id != former;
    };
    EXPECT_TRUE(world.until(active, std::chrono::minutes(10))) << world.history(id);
  }

  void pause_and_resume(World& world, const ManagedInstanceId& id) {
    InstanceId former = world.view(id)->state.instance->id;
    EXPECT_TRUE(world.ask(id, model::PauseAsked{}));
    EXPECT_TRUE(world.until_status(id, Status::paused, std::chrono::minutes(10))) << world.history(id);
    EXPECT_TRUE(world.instances("running").empty());
    EXPECT_TRUE(world.ask(id, model::ResumeAsked{}));
    expect_active(world, id, former);
  }

  void check_alive(World& world, const ManagedInstanceId& id, const std::string& ip) {
    EXPECT_EQ(world.instances("running").size(), 1u) << world.history(id);
    EXPECT_EQ(world.instances("terminated").size(), 3u) << "an instance too many was launched:\n" << world.history(id);
    EXPECT_EQ(world.view(id)->state.generation, 4);
    ASSERT_EQ(world.interfaces().size(), 1u);
    EXPECT_EQ(world.interfaces()[0].private_ip_address, ip);
    size_t volumes = *GetParam() == '\0' ? 1 : 2;
    auto clean = [&] { return world.volumes().size() == volumes && world.images().size() <= 2; };
    EXPECT_TRUE(world.until(clean, std::chrono::minutes(10)))
        << world.volumes().size() << " volumes, " << world.images().size() << " images\n"
        << world.history(id);
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
};

TEST_P(Restart, FinishesWhatItHadBegunFromEveryCommit) {
  int commits = live({});
  ASSERT_GT(commits, 30);
  for (int commit = 1; commit <= commits && !HasFailure(); ++commit) {
    for (KillAt at : {KillAt::before_commit, KillAt::after_commit}) {
      for (CallsUnderWay calls : {CallsUnderWay::never_arrive, CallsUnderWay::are_done}) live({commit, at, calls});
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Modes, Restart, testing::Values("", "reattach", "onLaunch"),
                         [](const auto& info) { return *info.param == '\0' ? std::string("rootOnly") : info.param; });

}  // namespace
}  // namespace holdfast::inprocess
