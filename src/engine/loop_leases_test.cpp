// The loop's leases, with a scripted `decide` and a store that answers as told: what is renewed when, and what becomes
// of what is lost, taken over and released.
#include <gtest/gtest.h>

#include "engine/fakes_test.h"
#include "engine/loop.h"

namespace holdfast::engine {
namespace {

using std::chrono::seconds;

const ManagedInstanceId kOne("smi-00000001");
const ManagedInstanceId kTwo("smi-00000002");
constexpr char kDocument[] =
    R"({"name":"db","persistence":{"persistRootDevice":true},"compute":{"subnetIds":["subnet-00000001"],)"
    R"("launchSpecification":{"imageId":"ami-00000001","instanceTypes":{"types":["t3.micro"]}}}})";
const Claim kClaim{"a", seconds(120), seconds(5)};

struct LoopLeases : testing::Test {
  LoopLeases() {
    for (const ManagedInstanceId& id : {kOne, kTwo}) store.instances[id] = stored(id, 1);
  }
  static StoredInstance stored(const ManagedInstanceId& id, int generation) {
    StoredInstance made{id, kDocument, {}, {}, {}};
    made.state.id = id;
    made.state.generation = generation;
    return made;
  }
  // Begins, and has folded in the first Restarted of each.
  void begin() {
    ASSERT_TRUE(loop.load());
    loop.turn();
    seen.clear();
  }
  void stir(const ManagedInstanceId& id, uint64_t ticket = 0) {
    loop.put({id, model::CloudStirred{}, ticket, std::nullopt});
  }
  static void let_out(core::Step& step, const std::string& key) {
    model::Asked asked;
    asked.effect = {key, model::DeleteVolume{VolumeId("vol-1")}, model::Urgency::recover, {}};
    step.state.asked.insert_or_assign(key, asked);
    step.effects.push_back(asked.effect);
  }
  // Of everything but kOne, which b holds.
  void lose_one() {
    store.next_leases.held.emplace({Held{kTwo, 1}});
    store.next_leases.alone = false;
    store.others.push_back({stored(kOne, 5), "b"});
  }

  std::vector<std::string> seen;
  std::function<void(core::Step&)> extra = [](core::Step&) {};
  FailingStore store;
  SetClock clock;
  Counters counters;
  Loop loop{store, clock,
            [this](const model::Spec&, const model::State& state, const model::Event& event, Time) {
              seen.push_back(state.id.str() + " " + std::string(model::name_of(event)));
              core::Step step{state, {}, {}, {}, {}, false};
              ++step.state.generation;
              extra(step);
              return Result<core::Step>(step);
            },
            counters, kClaim};
};

TEST_F(LoopLeases, WritesUnderTheNumberThatItTookAndWhatItMakesUnderItsSessions) {
  begin();
  loop.put({ManagedInstanceId("smi-00000003"), model::Created{}, 0, Revision{"{}", {}, {}, {}}});
  loop.turn();
  EXPECT_EQ(store.numbers.at(ManagedInstanceId("smi-00000003")), 0u) << "it is made";
  stir(ManagedInstanceId("smi-00000003"));
  loop.turn();
  EXPECT_EQ(store.numbers.at(ManagedInstanceId("smi-00000003")), 1u);
  store.next_leases.taken = {{stored(ManagedInstanceId("smi-00000004"), 1), 17}};
  loop.touch();
  loop.turn();
  EXPECT_EQ(store.numbers.at(ManagedInstanceId("smi-00000004")), 17u);
}

TEST_F(LoopLeases, ARenewalTakesThePlaceOfTheCommitOfASweep) {
  begin();
  const int asked = store.leases_asked, tried = store.commits_tried;
  loop.touch();
  EXPECT_EQ(loop.next_turn(), Time{});
  loop.turn();
  EXPECT_EQ(store.leases_asked, asked + 1);
  EXPECT_EQ(store.commits_tried, tried);
  EXPECT_EQ(loop.next_turn(), clock.time + kClaim.length / 2) << "by itself only if nobody sweeps";
}

TEST_F(LoopLeases, CallsAreAllowedAsLongAsItRenewsAndAgainOnceItIsAwake) {
  begin();
  for (int i = 0; i < 20; ++i) {
    clock.time = *loop.next_turn();
    loop.turn();
    EXPECT_TRUE(loop.tenure()->allows_a_call(clock.time + kClaim.length / 2 - Tenure::kLongestCall - seconds(1)));
  }
  auto before = loop.tenure();
  clock.time += seconds(90);
  EXPECT_FALSE(before->allows_a_call(clock.time)) << "a call takes up to a minute";
  loop.turn();
  EXPECT_TRUE(before->allows_a_call(clock.time)) << "nobody has taken anything meanwhile";
}

TEST_F(LoopLeases, DropsWhatItHasLostBeforeItDecidesAnything) {
  begin();
  auto before = loop.tenure();
  lose_one();
  stir(kOne);
  stir(kOne, 7);
  stir(kTwo);
  clock.time += seconds(300);
  Turn turn = loop.turn();
  EXPECT_EQ(seen, std::vector<std::string>{"smi-00000002 CloudStirred"});
  EXPECT_EQ(turn.forgotten, std::vector<ManagedInstanceId>{kOne});
  EXPECT_EQ(loop.find(kOne), nullptr);
  ASSERT_EQ(turn.answers.size(), 1u);
  ASSERT_FALSE(turn.answers[0].result);
  EXPECT_EQ(turn.answers[0].result.error().kind, ErrorKind::unavailable);
  EXPECT_EQ(turn.answers[0].result.error().code, kHeldByAnother);
  EXPECT_NE(turn.answers[0].result.error().message.find("the service b"), std::string::npos);
  EXPECT_FALSE(before->allows_a_call(clock.time)) << "what was let out before is never sent";
  EXPECT_TRUE(loop.tenure()->allows_a_call(clock.time));
}

TEST_F(LoopLeases, StoresTheRestOfABatchWhenOneOfItIsAnothersByThen) {
  begin();
  extra = [](core::Step& step) { let_out(step, "effect"); };
  lose_one();
  store.failures = 1;
  store.refusal = {ErrorKind::conflict, kLeaseLost, "it was taken over", {}};
  stir(kOne, 7);
  stir(kTwo, 8);
  Turn turn = loop.turn();
  EXPECT_TRUE(turn.effects.empty());
  EXPECT_TRUE(turn.answers.empty()) << "they are judged again";
  EXPECT_EQ(turn.forgotten, std::vector<ManagedInstanceId>{kOne});
  EXPECT_FALSE(loop.stalled());
  ASSERT_EQ(loop.next_turn(), Time{});
  const int generation = store.instances.at(kOne).state.generation;
  turn = loop.turn();
  ASSERT_EQ(turn.effects.size(), 1u);
  EXPECT_EQ(turn.effects[0].id, kTwo);
  ASSERT_EQ(turn.answers.size(), 2u);
  EXPECT_EQ(turn.answers[0].result.error().code, kHeldByAnother);
  EXPECT_TRUE(turn.answers[1].result);
  EXPECT_EQ(store.instances.at(kOne).state.generation, generation);
}

TEST_F(LoopLeases, SaysThatNothingNeedsToChangeOnlyAsTheOneThatHoldsIt) {
  begin();
  extra = [](core::Step& step) { --step.state.generation; };  // as it was
  const int before = store.commits_tried;
  stir(kOne);
  loop.turn();
  EXPECT_EQ(store.commits_tried, before) << "nobody waits for an answer";
  lose_one();
  store.failures = 1;
  store.refusal = {ErrorKind::conflict, kLeaseLost, "it was taken over", {}};
  stir(kOne, 7);
  Turn turn = loop.turn();
  EXPECT_EQ(store.commits_tried, before + 1);
  EXPECT_TRUE(turn.answers.empty());
  turn = loop.turn();
  ASSERT_EQ(turn.answers.size(), 1u);
  ASSERT_FALSE(turn.answers[0].result);
  EXPECT_EQ(turn.answers[0].result.error().code, kHeldByAnother);
}

TEST_F(LoopLeases, ALeaseThatIsSaidToBeLostAndIsNotIsATroubleThatIsWaitedFor) {
  begin();
  store.failures = 1;
  store.refusal = {ErrorKind::conflict, kLeaseLost, "it was taken over", {}};
  stir(kOne);
  loop.turn();
  EXPECT_TRUE(loop.stalled());
  clock.time = *loop.next_turn();
  loop.turn();
  EXPECT_FALSE(loop.stalled());
  EXPECT_EQ(seen.size(), 2u) << "tried, and tried again";
}

TEST_F(LoopLeases, TakesOverWhatIsStoredAndBeginsWithRestarted) {
  begin();
  const ManagedInstanceId three("smi-00000003");
  store.next_leases.taken = {{stored(three, 7), 40}};
  loop.touch();
  Turn turn = loop.turn();
  EXPECT_EQ(seen, std::vector<std::string>{"smi-00000003 Restarted"});
  EXPECT_EQ(loop.find(three)->state.generation, 8);
  ASSERT_EQ(turn.looks.size(), 1u);
  EXPECT_EQ(turn.looks[0].id, three);
  EXPECT_EQ(turn.looks[0].kinds, model::kAllKinds);
  ASSERT_EQ(turn.changed.size(), 1u) << "shown once, as it is by now";
  EXPECT_EQ(turn.changed[0]->state.generation, 8);
}

TEST_F(LoopLeases, WhatItLostAndTookAnewIsAsTheOtherLeftItAndNothingFromBeforeComesToIt) {
  begin();
  extra = [](core::Step& step) { let_out(step, "effect"); };
  stir(kOne);
  Turn before = loop.turn();
  ASSERT_EQ(before.effects.size(), 1u);
  auto tenure = loop.tenure();
  seen.clear();
  stir(kOne);
  store.next_leases.taken = {{stored(kOne, 50), 9}};
  loop.touch();
  Turn turn = loop.turn();
  EXPECT_EQ(seen, std::vector<std::string>{"smi-00000001 Restarted"});
  EXPECT_TRUE(turn.forgotten.empty());
  EXPECT_EQ(loop.find(kOne)->state.generation, 51);
  EXPECT_FALSE(loop.still_asked(before.effects[0])) << "asked for again, under another lease";
  EXPECT_FALSE(loop.holds(kOne, before.effects[0].lease)) << "what becomes of it is not taken for the new one's";
  EXPECT_FALSE(tenure->allows_a_call(clock.time));
}

// A notice is the cloud's word of an instance, whoever held it meanwhile: nobody tells it a second time.
TEST_F(LoopLeases, ANoticeOfWhatItLostAndTookAnewIsNotForgotten) {
  begin();
  loop.put({kOne, model::InterruptionNoticed{InstanceId("i-1"), clock.time + seconds(120)}, 0, std::nullopt});
  store.next_leases.taken = {{stored(kOne, 50), 9}};
  loop.touch();
  loop.turn();
  EXPECT_EQ(seen, (std::vector<std::string>{"smi-00000001 InterruptionNoticed", "smi-00000001 Restarted"}));
}

// The answer that told that they were taken never came.
TEST_F(LoopLeases, WhatItHoldsWithoutKnowingItIsGivenBackAndWhatItKnowsUnderAnOldNumberIsLost) {
  begin();
  const ManagedInstanceId stranger("smi-00000009");
  store.next_leases.held.emplace({Held{kOne, 44}, Held{kTwo, 1}, Held{stranger, 44}});
  loop.touch();
  Turn turn = loop.turn();
  EXPECT_EQ(turn.forgotten, std::vector<ManagedInstanceId>{kOne});
  EXPECT_EQ(store.released, (std::vector<ManagedInstanceId>{kOne, stranger}));
  EXPECT_NE(loop.find(kTwo), nullptr);
}

TEST_F(LoopLeases, ReleasesWhatIsBeyondItsShareOnceItIsAtRest) {
  begin();
  extra = [](core::Step& step) {
    if (step.state.id == kTwo) let_out(step, "effect");
  };
  stir(kTwo);
  loop.turn();
  store.next_leases.excess = 2;
  store.next_leases.alone = false;
  loop.touch();
  Turn turn = loop.turn();
  EXPECT_EQ(store.released, std::vector<ManagedInstanceId>{kOne}) << "of the other an effect is under way";
  EXPECT_EQ(turn.forgotten, std::vector<ManagedInstanceId>{kOne});
  EXPECT_EQ(loop.find(kOne), nullptr);
  EXPECT_NE(loop.find(kTwo), nullptr);
}

// Whoever brought a notice may forget it once this turn is stored, and the next holder gets none of it.
TEST_F(LoopLeases, DoesNotReleaseWhatSomethingHasJustComeOf) {
  begin();
  loop.put({kTwo, model::InterruptionNoticed{InstanceId("i-2"), clock.time + seconds(120)}, 0, std::nullopt});
  store.next_leases.excess = 1;
  loop.touch();
  loop.turn();
  EXPECT_EQ(store.released, std::vector<ManagedInstanceId>{kOne});
  EXPECT_EQ(seen, std::vector<std::string>{"smi-00000002 InterruptionNoticed"});
}

TEST_F(LoopLeases, NorWhatAUserAsksSomethingOf) {
  begin();
  loop.put({kTwo, model::PauseAsked{}, 7, std::nullopt});
  store.next_leases.excess = 1;
  loop.touch();
  Turn turn = loop.turn();
  EXPECT_EQ(store.released, std::vector<ManagedInstanceId>{kOne});
  ASSERT_EQ(turn.answers.size(), 1u);
  EXPECT_TRUE(turn.answers[0].result);
}

TEST_F(LoopLeases, LooksForItsShareSoonAndForWhatADeadOneHeldWhenItsLeasesEnd) {
  begin();
  store.next_leases.missing = 1;
  loop.touch();
  loop.turn();
  EXPECT_EQ(loop.next_turn(), clock.time + kClaim.length / 8);
  clock.time = *loop.next_turn();
  store.next_leases.next_end = clock.time + seconds(20);
  loop.turn();
  EXPECT_EQ(loop.next_turn(), clock.time + seconds(20));
}

TEST_F(LoopLeases, DoesNothingAnyMoreOnceAnotherOfItsNameHasBegun) {
  begin();
  auto tenure = loop.tenure();
  store.failures = 1;
  store.refusal = {ErrorKind::conflict, kHolderReplaced, "another service named a has begun", {}};
  loop.touch();
  Turn turn = loop.turn();
  EXPECT_TRUE(loop.replaced());
  EXPECT_TRUE(loop.stalled()) << "readiness says why";
  EXPECT_EQ(turn.forgotten.size(), 2u);
  EXPECT_FALSE(tenure->allows_a_call(clock.time));
  EXPECT_EQ(loop.next_turn(), std::nullopt);
  const int tried = store.commits_tried, asked = store.leases_asked;
  stir(kOne, 7);
  clock.time += std::chrono::hours(1);
  turn = loop.turn();
  ASSERT_EQ(turn.answers.size(), 1u);
  EXPECT_FALSE(turn.answers[0].result);
  loop.leave();
  EXPECT_EQ(store.commits_tried, tried);
  EXPECT_EQ(store.leases_asked, asked);
  EXPECT_FALSE(store.left) << "what it had is the other's by now";
}

TEST_F(LoopLeases, RefusesACreationWhoseIdAnotherHasGivenAndStoresTheRest) {
  begin();
  store.failures = 1;
  store.refusal = {ErrorKind::conflict, kIdInUse, "the id is taken", {}};
  loop.put({ManagedInstanceId("smi-00000003"), model::Created{}, 5, Revision{"{}", {}, {}, {}}});
  stir(kOne, 6);
  Turn turn = loop.turn();
  ASSERT_EQ(turn.answers.size(), 1u);
  EXPECT_EQ(turn.answers[0].ticket, 5u);
  EXPECT_EQ(turn.answers[0].result.error().code, kIdInUse);
  turn = loop.turn();
  ASSERT_EQ(turn.answers.size(), 1u);
  EXPECT_EQ(turn.answers[0].ticket, 6u);
  EXPECT_TRUE(turn.answers[0].result);
}

TEST_F(LoopLeases, OneThatCannotBeReadEndsTheStartAndIsLeftAloneLater) {
  StoredInstance broken = stored(ManagedInstanceId("smi-00000003"), 1);
  broken.document = "{";
  begin();
  store.next_leases.taken = {{broken, 4}};
  loop.touch();
  loop.turn();
  EXPECT_EQ(loop.find(broken.id), nullptr);
  EXPECT_EQ(store.released, std::vector<ManagedInstanceId>{broken.id});
  EXPECT_FALSE(loop.stalled());
  store.instances[broken.id] = broken;
  auto refused = loop.load();
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("smi-00000003"), std::string::npos);
}

// Found by the simulator: two that had one elastic address, each at another service, took it from each other without
// end.
TEST_F(LoopLeases, RefusesAnElasticAddressOfOneThatAnotherServiceHolds) {
  const std::string document =
      *model::merge_document(kDocument, R"({"compute":{"elasticIp":"eipalloc-00000000000000001"}})");
  begin();
  store.others.push_back({stored(ManagedInstanceId("smi-00000009"), 5), "b"});
  store.others.back().instance.document = document;
  store.next_leases.alone = false;
  loop.touch();
  loop.turn();
  auto spec = model::read_spec(document);
  ASSERT_TRUE(spec);
  loop.put({ManagedInstanceId("smi-00000003"), model::Created{}, 5, Revision{document, *spec, {}, {}}});
  Turn turn = loop.turn();
  ASSERT_EQ(turn.answers.size(), 1u);
  ASSERT_FALSE(turn.answers[0].result);
  EXPECT_EQ(turn.answers[0].result.error().code, kAddressInUse);
  EXPECT_EQ(turn.answers[0].result.error().field, "compute.elasticIp");
}

TEST_F(LoopLeases, ShowsWhatAnotherHoldsAsItIsStoredAndAsksTheStoreOnlyIfThereIsAnother) {
  begin();
  store.others.push_back({stored(ManagedInstanceId("smi-00000009"), 5), ""});
  EXPECT_EQ(loop.elsewhere().find(ManagedInstanceId("smi-00000009")), nullptr);
  EXPECT_EQ(loop.elsewhere().refusal(ManagedInstanceId("smi-00000009")).kind, ErrorKind::not_found);
  store.next_leases.alone = false;
  loop.touch();
  loop.turn();
  EXPECT_EQ(loop.elsewhere().find(ManagedInstanceId("smi-00000009"))->state.generation, 5);
  EXPECT_EQ(loop.elsewhere().all().size(), 1u);
  EXPECT_EQ(loop.elsewhere().refusal(ManagedInstanceId("smi-00000009")).code, kHeldByAnother);
  EXPECT_EQ(loop.elsewhere().refusal(ManagedInstanceId("smi-00000008")).kind, ErrorKind::not_found);
}

}  // namespace
}  // namespace holdfast::engine
