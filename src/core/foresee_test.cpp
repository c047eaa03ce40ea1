// What is foreseen is what is done: each request is foreseen on a state, then really made on the same state with the
// tests' cloud, and the calls must be the same in the same order.
#include "core/foresee.h"

#include <gmock/gmock.h>

#include "core/small_world_test.h"

namespace holdfast::core::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// EC2's name of the call behind an effect's key.
std::string action_of(const std::string& key) {
  static const std::vector<std::pair<std::string, std::string>> kActions = {{"launch/", "RunInstances"},
                                                                            {"terminate/", "TerminateInstances"},
                                                                            {"final/", "CreateSnapshot"},
                                                                            {"image/", "RegisterImage"},
                                                                            {"attach/", "AttachVolume"},
                                                                            {"interface/", "CreateNetworkInterface"},
                                                                            {"keep/", "ModifyInstanceAttribute"},
                                                                            {"delete/vol-", "DeleteVolume"},
                                                                            {"delete/snap-", "DeleteSnapshot"},
                                                                            {"delete/ami-", "DeregisterImage"},
                                                                            {"delete/eni-", "DeleteNetworkInterface"}};
  for (const auto& [prefix, action] : kActions) {
    if (key.starts_with(prefix)) return action;
  }
  return key;
}

std::vector<std::string> actions_of(const std::vector<ForeseenStep>& steps) {
  std::vector<std::string> actions;
  for (const ForeseenStep& step : steps) actions.push_back(step.action);
  return actions;
}

// What is then really done, up to rest.
std::vector<std::string> really_done(World& world, const Event& event) {
  world.done.clear();
  EXPECT_TRUE(world.happen(event));
  world.settle();
  std::vector<std::string> actions;
  for (const std::string& key : world.done) {
    if (!key.starts_with("periodic/")) actions.push_back(action_of(key));
  }
  return actions;
}

struct ForeseeInBothModes : ::testing::TestWithParam<BlockDevicesMode> {
  ForeseeInBothModes() { world.settle(); }
  std::vector<std::string> foreseen(const Event& event) {
    auto seen = foresee({world.spec, world.spec, world.state, event}, world.now);
    EXPECT_TRUE(seen);
    EXPECT_TRUE(seen->at_rest);
    return actions_of(seen->steps);
  }
  World world{spec_of(GetParam())};
};

INSTANTIATE_TEST_SUITE_P(Modes, ForeseeInBothModes,
                         ::testing::Values(BlockDevicesMode::reattach, BlockDevicesMode::on_launch));

TEST_P(ForeseeInBothModes, ARecycleIsForeseenAsItIsDoneAgainAndAgain) {
  for (int round = 0; round < 4; ++round) {
    auto told = foreseen(RecycleAsked{});
    EXPECT_EQ(told, really_done(world, RecycleAsked{})) << "round " << round;
    EXPECT_THAT(told, ::testing::Contains("RunInstances"));
  }
}

TEST_P(ForeseeInBothModes, APauseAndAResumeAreForeseen) {
  auto pause = foreseen(PauseAsked{});
  EXPECT_EQ(pause, really_done(world, PauseAsked{}));
  EXPECT_EQ(pause.front(), "TerminateInstances");
  auto resume = foreseen(ResumeAsked{});
  EXPECT_EQ(resume, really_done(world, ResumeAsked{}));
  EXPECT_THAT(resume, ::testing::Contains("RunInstances"));
}

TEST_P(ForeseeInBothModes, ADeleteIsForeseenWithWhatItKeepsAndWithout) {
  auto kept = foresee({world.spec, world.spec, world.state, DeleteAsked{}}, world.now);
  ASSERT_TRUE(kept);
  EXPECT_THAT(actions_of(kept->steps), ElementsAre("TerminateInstances"));
  EXPECT_FALSE(kept->after.retired.empty()) << "what is kept is told";

  Deallocation everything;
  everything.delete_images = everything.delete_interfaces = true;
  everything.delete_snapshots = everything.delete_volumes = true;
  auto told = foreseen(DeleteAsked{everything});
  auto done = really_done(world, DeleteAsked{everything});
  EXPECT_EQ(told, done);
  EXPECT_THAT(told, ::testing::Contains("DeleteVolume"));
}

TEST_P(ForeseeInBothModes, WhatIsSoAlreadyNeedsNoStep) {
  really_done(world, PauseAsked{});
  EXPECT_THAT(foreseen(PauseAsked{}), IsEmpty());
}

TEST_P(ForeseeInBothModes, ACreationIsForeseen) {
  const State first = initial_state(ManagedInstanceId("smi-00000002"), surroundings(), world.now);
  auto told = foresee({world.spec, world.spec, first, Created{}}, world.now);
  ASSERT_TRUE(told);
  EXPECT_TRUE(told->at_rest);
  World other{world.spec};
  other.settle();
  std::vector<std::string> done;
  for (const std::string& key : other.done) done.push_back(action_of(key));
  EXPECT_EQ(actions_of(told->steps), done);
  EXPECT_THAT(told->phases, ElementsAre(Phase::launching, Phase::attaching, Phase::checking));
}

TEST(Foresee, WhatCannotBeHonouredIsTheErrorOfTheDecision) {
  World world{spec_of(BlockDevicesMode::reattach)};
  world.settle();
  world.happen(PauseAsked{});
  world.settle();
  auto refused = foresee({world.spec, world.spec, world.state, RecycleAsked{}}, world.now);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::conflict);
}

TEST(Foresee, EachStepSaysWhyAndInWhichPhase) {
  World world{spec_of(BlockDevicesMode::reattach)};
  world.settle();
  auto told = foresee({world.spec, world.spec, world.state, RecycleAsked{}}, world.now);
  ASSERT_TRUE(told);
  EXPECT_EQ(told->steps.front().phase, Phase::terminating);
  EXPECT_THAT(told->steps.front().reason, HasSubstr("recycle"));
  for (const ForeseenStep& step : told->steps) {
    EXPECT_FALSE(step.reason.empty()) << step.action;
    EXPECT_FALSE(step.target.empty()) << step.action;
  }
  EXPECT_THAT(told->phases,
              ElementsAre(Phase::terminating, Phase::saving, Phase::launching, Phase::attaching, Phase::checking));
}

// What is under way when it is asked is told as such.
TEST(Foresee, WhatIsUnderWayIsTold) {
  World world{spec_of(BlockDevicesMode::reattach)};
  world.settle();
  ASSERT_TRUE(world.happen(RecycleAsked{}));
  while (world.effects.empty()) ASSERT_TRUE(world.turn());
  auto told = foresee({world.spec, world.spec, world.state, PauseAsked{}}, world.now);
  ASSERT_TRUE(told);
  EXPECT_TRUE(told->steps.front().under_way);
  EXPECT_EQ(told->after.goal, Goal::paused);
  EXPECT_FALSE(told->after.instance);
}

TEST(Foresee, AChangeOfWhatIsPersistedMendsThePresentInstanceFirst) {
  Spec without = spec_of(BlockDevicesMode::reattach);
  without.persistence.block_devices = false;
  World world{without};
  world.settle();
  const Spec with = spec_of(BlockDevicesMode::reattach);
  auto told = foresee({without, with, world.state, SpecChanged{surroundings()}}, world.now);
  ASSERT_TRUE(told);
  EXPECT_THAT(actions_of(told->steps), ElementsAre("ModifyInstanceAttribute"));
  world.spec = with;
  EXPECT_EQ(actions_of(told->steps), really_done(world, SpecChanged{surroundings()}));
}

TEST(UsualTimes, AreTheMedianOfThePhasesThatWereGoneThrough) {
  auto end = [](int saving) {
    return Record{Time{}, "replaced", "", "{\"phases_ms\":{\"saving\":" + std::to_string(saving) + "}}"};
  };
  auto usual = usual_times({Phase::saving, Phase::attaching},
                           {end(5), end(1000), end(7), Record{Time{}, "replaced", "", "not JSON"}});
  ASSERT_EQ(usual.size(), 2u);
  EXPECT_EQ(usual[0].time, Duration(7));
  EXPECT_EQ(usual[0].of, 3);
  EXPECT_FALSE(usual[1].time);
}

}  // namespace
}  // namespace holdfast::core::testing
