// The service is killed at every commit of a replacement, before and after it, with the calls under way lost or done;
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
  // Created, interrupted without notice, replaced. Answers the number of commits that it took.
  int live(const Kill& kill) {
    SCOPED_TRACE(fmt::format("killed {} commit {}, calls under way {}", kill.at == KillAt::before_commit ? "before" : "after",
                             kill.commit, kill.calls == CallsUnderWay::are_done ? "done" : "lost"));
    World world;
    world.store().kill_commit = kill.commit;
    world.store().kill_at = kill.at;
    world.calls_at_kill = kill.calls;
    DocumentOptions options;
    options.mode = GetParam();
    auto made = world.create(document(options));
    EXPECT_TRUE(made);
    ManagedInstanceId id = *made;
    EXPECT_TRUE(world.until_status(id, Status::active, std::chrono::minutes(10))) << world.history(id);
    if (HasFailure()) return 0;
    InstanceId former = world.view(id)->state.instance->id;
    std::string ip = world.interfaces().at(0).private_ip_address;
    EXPECT_TRUE(world.cloud().interrupt(former, {InterruptHow::Kind::no_notice, {}}));
    auto replaced = [&] {
      auto view = world.view(id);
      return view != nullptr && view->state.status == Status::active && view->state.instance->id != former;
    };
    EXPECT_TRUE(world.until(replaced, std::chrono::minutes(10))) << world.history(id);
    if (HasFailure()) return 0;
    int commits = world.store().commits;
    check(world, id, ip);
    EXPECT_EQ(world.kills, kill.at == KillAt::never ? 0 : 1);
    return commits;
  }

  void check(World& world, const ManagedInstanceId& id, const std::string& ip) {
    EXPECT_EQ(world.instances("running").size(), 1u) << world.history(id);
    EXPECT_EQ(world.instances("terminated").size(), 1u) << "launched more than twice:\n" << world.history(id);
    ASSERT_EQ(world.interfaces().size(), 1u);
    EXPECT_EQ(world.interfaces()[0].private_ip_address, ip);
    size_t volumes = *GetParam() == '\0' ? 1 : 2;
    auto clean = [&] { return world.volumes().size() == volumes; };
    EXPECT_TRUE(world.until(clean, std::chrono::minutes(10)))
        << world.volumes().size() << " volumes\n" << world.history(id);
    EXPECT_EQ(world.images().size(), 1u) << world.history(id);
    EXPECT_EQ(world.controller().counters().orphans, 0u);
  }
};

TEST_P(Restart, FinishesWhatItHadBegunFromEveryCommit) {
  int commits = live({});
  ASSERT_GT(commits, 8);
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
