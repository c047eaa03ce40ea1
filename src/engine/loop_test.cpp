// The loop with a scripted `decide`: what is committed together, what is let out when, and what a failed commit leaves.
#include "engine/loop.h"

#include <gtest/gtest.h>

#include "engine/fakes_test.h"

namespace holdfast::engine {
namespace {

using std::chrono::milliseconds;

const ManagedInstanceId kOne("smi-00000001");
const ManagedInstanceId kTwo("smi-00000002");

model::Effect effect(const std::string& key) {
  return {key, model::DeleteVolume{VolumeId("vol-1")}, model::Urgency::recover, {}};
}

// What each event does is said by a function of the test's; by default it counts up and notes the event.
struct LoopTest : testing::Test {
  core::Step step_of(const model::State& state) {
    core::Step step{state, {}, {}, {}, {}, false};
    ++step.state.generation;
    return step;
  }
  static void let_out(core::Step& step, const model::Effect& effect, Time now) {
    model::Asked asked;
    asked.effect = effect;
    asked.since = now;
    step.state.asked.insert_or_assign(effect.key, asked);
    step.effects.push_back(effect);
  }
  void create(const ManagedInstanceId& id, uint64_t ticket = 0) {
    loop.put({id, model::Created{}, ticket, Revision{"{}", {}, {}, {}}});
  }
  void stir(const ManagedInstanceId& id, uint64_t ticket = 0) {
    loop.put({id, model::CloudStirred{}, ticket, std::nullopt});
  }
  Turn created(const ManagedInstanceId& id) {
    create(id);
    return loop.turn();
  }

  std::function<Result<core::Step>(const model::State&, const model::Event&, Time)> script =
      [this](const model::State& state, const model::Event&, Time) { return step_of(state); };
  FailingStore store;
  SetClock clock;
  Counters counters;
  Loop loop{store, clock,
            [this](const model::Spec&, const model::State& state, const model::Event& event, Time now) {
              return script(state, event, now);
            },
            counters};
};

TEST_F(LoopTest, StoresEverythingOfABatchInOneCommit) {
  create(kOne);
  create(kTwo);
  stir(kOne);
  stir(kOne);
  loop.turn();
  EXPECT_EQ(store.sizes, std::vector<size_t>{2});
  EXPECT_EQ(store.instances.at(kOne).state.generation, 3);
  EXPECT_EQ(loop.find(kTwo)->state.generation, 1);
}

TEST_F(LoopTest, TakesNoMoreThanABatchAtOnce) {
  created(kOne);
  for (size_t i = 0; i < Loop::kBatch + 1; ++i) stir(kOne);
  loop.turn();
  EXPECT_EQ(store.instances.at(kOne).state.generation, 1 + static_cast<int>(Loop::kBatch));
  EXPECT_EQ(loop.next_turn(), Time{});
  loop.turn();
  EXPECT_EQ(store.instances.at(kOne).state.generation, 2 + static_cast<int>(Loop::kBatch));
  EXPECT_EQ(loop.next_turn(), std::nullopt);
}

TEST_F(LoopTest, LetsAnEffectOutOnlyAfterItsStateIsStored) {
  script = [&](const model::State& state, const model::Event&, Time now) {
    core::Step step = step_of(state);
    let_out(step, effect("a"), now);
    return step;
  };
  store.failures = 2;
  EXPECT_TRUE(created(kOne).effects.empty());
  EXPECT_TRUE(loop.stalled());
  EXPECT_TRUE(loop.turn().effects.empty()) << "before the pause is over nothing is tried";
  EXPECT_EQ(store.commits_tried, 1);

  clock.time = *loop.next_turn();
  EXPECT_TRUE(loop.turn().effects.empty());
  EXPECT_EQ(store.commits_tried, 2);
  EXPECT_EQ(loop.find(kOne), nullptr) << "nothing has taken place";

  clock.time = *loop.next_turn();
  Turn turn = loop.turn();
  EXPECT_FALSE(loop.stalled());
  ASSERT_EQ(turn.effects.size(), 1u);
  EXPECT_TRUE(store.instances.at(kOne).state.asked.contains("a"));
}

TEST_F(LoopTest, KeepsTheOrderOfEventsOverAFailedCommit) {
  created(kOne);
  std::vector<std::string> seen;
  script = [&](const model::State& state, const model::Event& event, Time) {
    seen.emplace_back(model::name_of(event));
    return step_of(state);
  };
  stir(kOne);
  loop.put({kOne, model::TimerRang{}, 0, std::nullopt});
  store.failures = 1;
  loop.turn();
  loop.put({kOne, model::Restarted{}, 0, std::nullopt});
  seen.clear();
  clock.time = *loop.next_turn();
  loop.turn();
  EXPECT_EQ(seen, (std::vector<std::string>{"CloudStirred", "TimerRang", "Restarted"}));
}

TEST_F(LoopTest, AnswersARequestUnavailableWhenItCannotBeStoredAndForgetsIt) {
  created(kOne);
  store.failures = 1;
  stir(kOne, 7);
  Turn turn = loop.turn();
  ASSERT_EQ(turn.answers.size(), 1u);
  EXPECT_EQ(turn.answers[0].ticket, 7u);
  ASSERT_FALSE(turn.answers[0].result);
  EXPECT_EQ(turn.answers[0].result.error().kind, ErrorKind::unavailable);

  stir(kOne, 8);
  EXPECT_EQ(loop.next_turn(), Time{});
  turn = loop.turn();
  ASSERT_EQ(turn.answers.size(), 1u) << "while the store is in trouble nobody is kept waiting";
  EXPECT_FALSE(turn.answers[0].result);

  clock.time = *loop.next_turn();
  loop.turn();
  EXPECT_FALSE(loop.stalled()) << "the store is tried again even if nothing waits to be written";
  EXPECT_EQ(loop.find(kOne)->state.generation, 1) << "what was answered as not done is not done later";
}

TEST_F(LoopTest, WaitsLongerAfterEachFailedCommitUpToABound) {
  created(kOne);
  store.failures = 20;
  stir(kOne);
  Duration last{};
  for (int i = 0; i < 20; ++i) {
    clock.time = std::max(clock.time, *loop.next_turn());
    loop.turn();
    Duration pause = *loop.next_turn() - clock.time;
    EXPECT_GE(pause, last);
    last = pause;
  }
  EXPECT_EQ(last, Loop::kLongestPause);
}

TEST_F(LoopTest, WritesNothingWhereNothingChanged) {
  created(kOne);
  script = [](const model::State& state, const model::Event&, Time) {
    core::Step step{state, {}, {}, {}, {}, false};
    step.state.looking.in_vain = 5;
    return step;
  };
  int before = store.commits_tried;
  stir(kOne);
  loop.turn();
  EXPECT_EQ(store.commits_tried, before);
  EXPECT_EQ(loop.find(kOne)->state.looking.in_vain, 5) << "the pace of looking is kept, in memory";
}

TEST_F(LoopTest, DoesNotSendAnEffectThatALaterEventOfTheSameBatchHasWithdrawn) {
  created(kOne);
  int calls = 0;
  script = [&](const model::State& state, const model::Event&, Time now) {
    core::Step step = step_of(state);
    if (++calls == 1) let_out(step, effect("a"), now);
    if (calls == 2) step.state.asked.clear();
    return step;
  };
  stir(kOne);
  stir(kOne);
  EXPECT_TRUE(loop.turn().effects.empty());
}

TEST_F(LoopTest, SaysThatAnEffectAskedAgainMayHaveBeenDone) {
  created(kOne);
  script = [&](const model::State& state, const model::Event&, Time now) {
    core::Step step = step_of(state);
    let_out(step, effect("a"), now);
    step.state.asked.at("a").tries = 2;
    return step;
  };
  stir(kOne);
  Turn turn = loop.turn();
  ASSERT_EQ(turn.effects.size(), 1u);
  EXPECT_TRUE(turn.effects[0].again);
}

TEST_F(LoopTest, LooksWhenItIsTimeAndAtTheKindsThatAreDue) {
  script = [&](const model::State& state, const model::Event& event, Time now) {
    core::Step step = step_of(state);
    bool first = std::holds_alternative<model::Created>(event);
    step.look = first ? core::Look{now + milliseconds(100), static_cast<model::Kinds>(model::Kind::volumes)}
                      : core::Look{now + milliseconds(500), model::kAllKinds};
    return step;
  };
  created(kOne);
  stir(kOne);
  loop.turn();
  EXPECT_EQ(loop.next_turn(), clock.time + milliseconds(100));
  clock.time += milliseconds(100);
  Turn turn = loop.turn();
  ASSERT_EQ(turn.looks.size(), 1u);
  EXPECT_EQ(turn.looks[0].kinds, static_cast<model::Kinds>(model::Kind::volumes));
  clock.time = *loop.next_turn();
  turn = loop.turn();
  ASSERT_EQ(turn.looks.size(), 1u);
  EXPECT_FALSE(model::has(turn.looks[0].kinds, model::Kind::volumes)) << "was looked at since";
  EXPECT_TRUE(model::has(turn.looks[0].kinds, model::Kind::instances));
  EXPECT_EQ(loop.next_turn(), std::nullopt);
}

TEST_F(LoopTest, RingsATimerOnceAndOnlyTheLastOneSet) {
  int rings = 0;
  script = [&](const model::State& state, const model::Event& event, Time now) {
    core::Step step = step_of(state);
    if (std::holds_alternative<model::TimerRang>(event)) {
      ++rings;
    } else {
      step.wake_at = now + milliseconds(100 * step.state.generation);
    }
    return step;
  };
  created(kOne);
  stir(kOne);
  loop.turn();
  clock.time += milliseconds(100);
  loop.turn();
  EXPECT_EQ(rings, 0);
  clock.time += milliseconds(100);
  loop.turn();
  loop.turn();
  EXPECT_EQ(rings, 1);
  EXPECT_EQ(loop.next_turn(), std::nullopt);
}

TEST_F(LoopTest, TellsWhoAskedWhyItWasRefusedAndChangesNothing) {
  created(kOne);
  script = [](const model::State&, const model::Event&, Time) -> Result<core::Step> {
    return fail(ErrorKind::conflict, "CONFLICT", "it is being deleted");
  };
  stir(kOne, 3);
  stir(kTwo, 4);
  Turn turn = loop.turn();
  ASSERT_EQ(turn.answers.size(), 2u);
  EXPECT_EQ(turn.answers[0].result.error().kind, ErrorKind::conflict);
  EXPECT_EQ(turn.answers[1].result.error().kind, ErrorKind::not_found);
  EXPECT_EQ(store.instances.at(kOne).state.generation, 1);
}

TEST_F(LoopTest, RefusesAnUpdateOfADocumentThatAnotherHasChanged) {
  created(kOne);
  loop.put({kOne, model::SpecChanged{}, 1, Revision{R"({"a":1})", {}, {}, "{}"}});
  loop.put({kOne, model::SpecChanged{}, 2, Revision{R"({"b":1})", {}, {}, "{}"}});
  Turn turn = loop.turn();
  ASSERT_EQ(turn.answers.size(), 2u);
  EXPECT_TRUE(turn.answers[0].result);
  ASSERT_FALSE(turn.answers[1].result);
  EXPECT_EQ(turn.answers[1].result.error().code, kChangedMeanwhile);
  EXPECT_EQ(store.instances.at(kOne).document, R"({"a":1})");
}

// Its surroundings name the subnet of the address that it had then.
TEST_F(LoopTest, RefusesAnUpdateThatWasJudgedByAnotherAddressOfItsPool) {
  script = [this](const model::State& state, const model::Event& event, Time) {
    core::Step step = step_of(state);
    if (const auto* given = std::get_if<model::AddressGiven>(&event)) step.state.pool_address = given->address;
    return step;
  };
  created(kOne);
  loop.put({kOne, model::AddressGiven{"10.0.0.21", SubnetId("subnet-b")}, 0, std::nullopt});
  for (const std::string address : {"10.0.0.20", "10.0.0.21"}) {
    Revision revision{R"({"a":1})", {}, {}, "{}"};
    revision.judged_address = address;
    loop.put({kOne, model::SpecChanged{}, 1, std::move(revision)});
  }
  Turn turn = loop.turn();
  ASSERT_EQ(turn.answers.size(), 2u);
  ASSERT_FALSE(turn.answers[0].result);
  EXPECT_EQ(turn.answers[0].result.error().code, kChangedMeanwhile);
  EXPECT_TRUE(turn.answers[1].result);
}

TEST_F(LoopTest, RefusesAnUpdateThatBecameFutileSinceItWasJudged) {
  model::Spec spec;
  spec.persistence.root_device = true;
  spec.compute.image_id = ImageId("ami-1");
  loop.put({kOne, model::Created{}, 0, Revision{"{}", spec, {}, {}}});
  loop.turn();
  ASSERT_EQ(loop.find(kOne)->state.generation, 1) << "launched meanwhile";
  spec.compute.image_id = ImageId("ami-2");
  loop.put({kOne, model::SpecChanged{}, 1, Revision{R"({"a":1})", spec, {}, "{}"}});
  Turn turn = loop.turn();
  ASSERT_EQ(turn.answers.size(), 1u);
  ASSERT_FALSE(turn.answers[0].result);
  EXPECT_EQ(turn.answers[0].result.error().code, kChangedMeanwhile);
  EXPECT_EQ(store.instances.at(kOne).document, "{}");
}

TEST_F(LoopTest, RemovesTheRowOfWhatIsForgotten) {
  created(kOne);
  script = [&](const model::State& state, const model::Event&, Time now) {
    core::Step step = step_of(state);
    step.wake_at = now + milliseconds(1);
    step.forget = true;
    return step;
  };
  stir(kOne);
  Turn turn = loop.turn();
  EXPECT_EQ(turn.forgotten, std::vector<ManagedInstanceId>{kOne});
  EXPECT_TRUE(store.instances.empty());
  EXPECT_EQ(loop.find(kOne), nullptr);
  EXPECT_EQ(loop.next_turn(), std::nullopt);
  stir(kOne);
  loop.turn();  // late news
  EXPECT_EQ(counters.events_dropped, 1u);
}

TEST_F(LoopTest, DropsWakeUpsBeyondItsBoundAndKeepsTheRest) {
  created(kOne);
  for (size_t i = 0; i < Loop::kMostQueued + 5; ++i) stir(kOne);
  EXPECT_EQ(counters.events_dropped, 5u);
  loop.put({kOne, model::InterruptionNoticed{}, 0, std::nullopt});
  EXPECT_EQ(counters.events_queued, Loop::kMostQueued + 1);
}

}  // namespace
}  // namespace holdfast::engine
