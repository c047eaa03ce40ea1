#include "engine/executor.h"

#include <gtest/gtest.h>

#include <set>

#include "ec2/budgeted.h"
#include "engine/fakes_test.h"

namespace holdfast::engine {
namespace {

const ManagedInstanceId kOne("smi-00000001");

struct ExecutorTest : testing::Test {
  Executor executor(int at_once) {
    return Executor({ec2,
                     workers,
                     workers.post(),
                     [this](const ReleasedEffect& effect) { return !withdrawn.contains(effect.effect.key); },
                     [this](const ReleasedEffect&, model::Outcome outcome) { ended.push_back(std::move(outcome)); },
                     [this] { return tenure; },
                     counters,
                     clock,
                     budget_wait,
                     {},
                     has_room},
                    at_once);
  }
  ReleasedEffect effect(const std::string& volume, model::Urgency urgency = model::Urgency::recover,
                        std::optional<Time> deadline = {}) {
    return {kOne, {volume, model::DeleteVolume{VolumeId(volume)}, urgency, deadline}, false, 0};
  }
  std::vector<std::string> deleted() const {
    std::vector<std::string> ids;
    for (const auto& request : ec2.asked<ec2::DeleteVolumeRequest>()) ids.push_back(request.volume_id.str());
    return ids;
  }

  ScriptedEc2 ec2;
  QueuedWorkers workers;
  SetClock clock;
  BudgetWait budget_wait;
  HasRoom has_room;
  std::shared_ptr<Tenure> tenure = std::make_shared<Tenure>(clock.time + std::chrono::hours(1));
  std::set<std::string> withdrawn;
  std::vector<model::Outcome> ended;
  Counters counters;
};

TEST_F(ExecutorTest, SendsTheMostUrgentFirstThenByDeadlineThenInOrder) {
  Executor one = executor(1);
  Time now = from_millis(1000);
  one.release(effect("cleanup", model::Urgency::cleanup));
  one.release(effect("second", model::Urgency::recover));
  one.release(effect("third", model::Urgency::recover));
  one.release(effect("later", model::Urgency::save, now + std::chrono::seconds(2)));
  one.release(effect("sooner", model::Urgency::save, now + std::chrono::seconds(1)));
  for (int i = 0; i < 5; ++i) {
    one.pump();
    ASSERT_TRUE(workers.run_one());
  }
  EXPECT_EQ(deleted(), (std::vector<std::string>{"sooner", "later", "second", "third", "cleanup"}));
  EXPECT_EQ(ended.size(), 5u);
}

TEST_F(ExecutorTest, MakesNoCallThatTheLeaseMayNotOutlast) {
  Executor one = executor(1);
  one.release(effect("a"));
  one.pump();
  clock.time = tenure->until() - Tenure::kLongestCall;  // it slept between the pump and the worker
  workers.run_all();
  EXPECT_TRUE(deleted().empty());
  ASSERT_EQ(ended.size(), 1u);
  EXPECT_EQ(ended[0].made.error().kind, ErrorKind::unavailable) << "known not to be done";
  EXPECT_EQ(ended[0].made.error().code, kNotHeld);
  tenure->prolong(clock.time + std::chrono::hours(1));
  one.release(effect("a"));
  one.pump();
  workers.run_all();
  EXPECT_EQ(deleted(), std::vector<std::string>{"a"});
}

TEST_F(ExecutorTest, NeverSendsWhatWasLetOutUnderALeaseThatWasLostEvenIfThereIsAnotherByThen) {
  Executor one = executor(1);
  one.release(effect("a"));
  one.pump();
  tenure->end();
  tenure = std::make_shared<Tenure>(clock.time + std::chrono::hours(1));
  ReleasedEffect anew = effect("a");
  anew.lease = 2;
  one.release(anew);
  workers.run_all();
  EXPECT_TRUE(deleted().empty());
  one.pump();
  workers.run_all();
  EXPECT_EQ(deleted().size(), 1u) << "the same effect, asked for again under the new lease";
  EXPECT_EQ(ended.size(), 2u);
}

TEST_F(ExecutorTest, HasNoMoreUnderWayThanItsBound) {
  Executor two = executor(2);
  for (const char* id : {"a", "b", "c", "d"}) two.release(effect(id));
  two.pump();
  EXPECT_EQ(workers.jobs.size(), 2u);
  EXPECT_EQ(counters.effects_queued, 2u);
  workers.run_one();
  two.pump();
  EXPECT_EQ(workers.jobs.size(), 2u);
}

TEST_F(ExecutorTest, SendsAnEffectUnderWayNotASecondTimeButOnceItHasEnded) {
  Executor two = executor(2);
  two.release(effect("a"));
  two.release(effect("a"));
  two.pump();
  two.release(effect("a"));
  two.pump();
  workers.run_all();
  EXPECT_EQ(deleted().size(), 1u);
  two.release(effect("a"));
  two.pump();
  workers.run_all();
  EXPECT_EQ(deleted().size(), 2u);
}

TEST_F(ExecutorTest, DoesNotSendWhatTheStateNoLongerAsksFor) {
  Executor two = executor(2);
  two.release(effect("a"));
  two.release(effect("b"));
  withdrawn.insert("a");
  two.pump();
  workers.run_all();
  EXPECT_EQ(deleted(), std::vector<std::string>{"b"});
  EXPECT_EQ(counters.effects_withdrawn, 1u);
  EXPECT_EQ(ended.size(), 1u);
}

TEST_F(ExecutorTest, BringsBackTheErrorAsTheCloudGaveIt) {
  ec2.fail_with<ec2::DeleteVolumeRequest>("InternalError");
  Executor one = executor(1);
  one.release(effect("a"));
  one.pump();
  workers.run_all();
  ASSERT_EQ(ended.size(), 1u);
  ASSERT_FALSE(ended[0].made);
  EXPECT_EQ(ended[0].made.error().kind, ErrorKind::unknown_outcome);
  EXPECT_EQ(ended[0].key, "a");
}

// ---- places for snapshots under way

TEST_F(ExecutorTest, SendsNoMoreSnapshotsThanThereArePlacesAndOtherThingsMeanwhile) {
  int pending = 0;
  has_room = [&](const model::Effect& effect, int sent) {
    return !std::holds_alternative<model::CreateSnapshot>(effect.action) || pending + sent < 2;
  };
  ec2.on<ec2::CreateSnapshotRequest>([](const auto&) { return ec2::CreateSnapshotResponse(); });
  Executor many = executor(16);
  auto snapshot = [](const std::string& key) {
    return ReleasedEffect{
        kOne,
        {key, model::CreateSnapshot{VolumeId("vol-" + key), "/dev/sdf", true, 1, {}}, model::Urgency::recover, {}},
        false};
  };
  for (const char* key : {"a", "b", "c"}) many.release(snapshot(key));
  many.release(effect("other", model::Urgency::cleanup));
  many.pump();
  EXPECT_EQ(workers.jobs.size(), 3u) << "two snapshots, and what needs no place";
  EXPECT_EQ(many.next_pump(), std::nullopt) << "it waits for an end, not for a time";
  workers.run_all();
  many.pump();
  EXPECT_TRUE(workers.jobs.empty()) << "the places are taken until the states know of the snapshots";
  withdrawn.insert("a"), pending = 1;
  many.pump();
  EXPECT_TRUE(workers.jobs.empty());
  pending = 0;
  many.pump();
  EXPECT_EQ(workers.jobs.size(), 1u);
}

// ---- the API budget

// EC2's own sizes; the calls of ScriptedEc2 take their tokens, as ec2::Budgeted would.
struct ExecutorWithBudget : ExecutorTest {
  ExecutorWithBudget() {
    budget_wait = [this](const ec2::ApiCall& call, int ahead) { return budget.wait_for(call, ahead); };
    ec2.on<ec2::DeleteVolumeRequest>([this](const auto& request) { return paid<ec2::Empty>(request); });
    ec2.on<ec2::AttachVolumeRequest>([this](const auto& request) { return paid<ec2::AttachVolumeResponse>(request); });
  }
  template <class Response, class R>
  Result<Response> paid(const R& request) {
    EXPECT_TRUE(budget.take_turn(ec2::api_call_of(ec2::Request(request)), Duration::zero()).taken) << "it had to wait";
    return Response{};
  }
  void spend(const ec2::ApiCall& call) {
    while (budget.take_turn(call, Duration::zero()).taken) {
    }
  }
  ReleasedEffect attach(const std::string& volume) {
    return {kOne,
            {volume, model::AttachVolume{VolumeId(volume), InstanceId("i-1"), "/dev/sdf"}, model::Urgency::recover, {}},
            false};
  }
  ec2::SharedBudget budget{[this] { return clock.time; }};
};

TEST_F(ExecutorWithBudget, WhatHasToWaitHoldsNoWorkerAndNotAnotherActionsEffects) {
  spend({"DeleteVolume"});
  Executor two = executor(2);
  for (const char* id : {"a", "b", "c"}) two.release(effect(id, model::Urgency::save));
  two.release(attach("d"));
  two.pump();
  EXPECT_EQ(workers.jobs.size(), 1u);
  workers.run_all();
  EXPECT_EQ(ec2.asked<ec2::AttachVolumeRequest>().size(), 1u);
  EXPECT_TRUE(deleted().empty());
  EXPECT_EQ(counters.effects_queued, 3u);
  EXPECT_EQ(two.next_pump(), clock.time + std::chrono::milliseconds(200)) << "five a second";
}

TEST_F(ExecutorWithBudget, TheMostUrgentOfAnActionGoesFirstWhenThereIsRoomAgain) {
  spend({"DeleteVolume"});
  Executor many = executor(16);
  many.release(effect("cleanup", model::Urgency::cleanup));
  many.pump();
  many.release(effect("recovery", model::Urgency::recover));
  clock.time = *many.next_pump();
  many.pump();
  workers.run_all();
  EXPECT_EQ(deleted(), std::vector<std::string>{"recovery"});
  clock.time = *many.next_pump();
  many.pump();
  workers.run_all();
  EXPECT_EQ(deleted(), (std::vector<std::string>{"recovery", "cleanup"}));
  many.pump();
  EXPECT_FALSE(many.next_pump());
}

TEST_F(ExecutorWithBudget, WhatWasLetOutCountsBeforeItHasTakenItsTokens) {
  const ec2::ApiCall call{"AttachVolume"};
  while (budget.wait_for(call, 2) == Duration::zero()) budget.take_turn(call, Duration::zero());
  Executor many = executor(16);
  for (const char* id : {"a", "b", "c", "d"}) many.release(attach(id));
  many.pump();
  EXPECT_EQ(workers.jobs.size(), 2u) << "there were tokens for two";
  workers.run_all();
  EXPECT_TRUE(many.next_pump());
}

// ---- terminations together

struct ExecutorTerminating : ExecutorTest {
  ReleasedEffect terminate(const std::string& instance) {
    return {ManagedInstanceId("smi-" + instance),
            {instance, model::TerminateInstance{InstanceId(instance)}, model::Urgency::save, {}},
            false};
  }
  void release_and_run(int count) {
    Executor one = executor(1);
    for (int i = 0; i < count; ++i) one.release(terminate("i-" + std::to_string(100 + i)));
    do one.pump();
    while (workers.run_one());
  }
  // EC2 knows no such instance, and so terminates none of the call.
  void forget(const std::string& unknown, std::string code = "InvalidInstanceID.NotFound") {
    ec2.on<ec2::TerminateInstancesRequest>(
        [this, unknown, code](const ec2::TerminateInstancesRequest& r) -> Result<ec2::TerminateInstancesResponse> {
          for (const auto& id : r.instance_ids) {
            if (id.str() == unknown) return ec2::ec2_fail(code, unknown);
          }
          for (const auto& id : r.instance_ids) terminated.insert(id.str());
          return ec2::TerminateInstancesResponse{};
        });
  }
  std::set<std::string> failed() const {
    std::set<std::string> keys;
    for (const auto& outcome : ended) {
      if (!outcome.made) keys.insert(outcome.key);
    }
    return keys;
  }
  std::set<std::string> terminated;
};

TEST_F(ExecutorTerminating, ThoseThatWaitGoInOneCall) {
  release_and_run(120);
  const auto calls = ec2.asked<ec2::TerminateInstancesRequest>();
  ASSERT_EQ(calls.size(), 3u);
  EXPECT_EQ(calls[0].instance_ids.size(), Executor::kMostTogether);
  EXPECT_EQ(calls[2].instance_ids.size(), 20u);
  EXPECT_EQ(ended.size(), 120u);
  EXPECT_TRUE(failed().empty());
  EXPECT_EQ(counters.effects_sent, 120u);
  EXPECT_EQ(counters.effects_under_way, 0u);
}

TEST_F(ExecutorTerminating, AScoutsEndGoesAlone) {
  ReleasedEffect scout = terminate("i-scout");
  scout.effect.action = model::EndScout{InstanceId("i-scout")};
  ec2.on<ec2::DescribeInstancesRequest>([](const auto&) -> Result<ec2::DescribeInstancesResponse> {
    return ec2::ec2_fail("InvalidInstanceID.NotFound", "");
  });
  Executor one = executor(1);
  one.release(terminate("i-1"));
  one.release(scout);
  one.release(terminate("i-2"));
  do one.pump();
  while (workers.run_one());
  EXPECT_EQ(ended.size(), 3u);
  EXPECT_TRUE(failed().empty());
}

TEST_F(ExecutorTerminating, OneThatIsNotKnownFailsAloneAndWithItsError) {
  for (const char* code : {"InvalidInstanceID.NotFound", "OperationNotPermitted", "UnauthorizedOperation"}) {
    SCOPED_TRACE(code);
    ec2.requests.clear(), ended.clear(), terminated.clear();
    forget("i-123", code);
    release_and_run(40);
    EXPECT_EQ(ended.size(), 40u);
    EXPECT_EQ(failed(), std::set<std::string>{"i-123"});
    EXPECT_EQ(terminated.size(), 39u);
    EXPECT_LE(ec2.requests.size(), 14u) << "by halves";
    for (const auto& outcome : ended) {
      EXPECT_TRUE(outcome.made || outcome.made.error().code == code);
    }
  }
}

TEST_F(ExecutorTerminating, WhatIsNotKnownOfACallIsNotKnownOfEach) {
  for (const char* code : {"InternalError", "RequestLimitExceeded", "AuthFailure"}) {
    ec2.requests.clear(), ended.clear();
    forget("i-105", code);
    release_and_run(10);
    EXPECT_EQ(ec2.requests.size(), 1u) << "not asked again: core decides that";
    EXPECT_EQ(failed().size(), 10u);
    for (const auto& outcome : ended) EXPECT_EQ(outcome.made.error().kind, ec2::kind_of_code(code));
  }
}

TEST_F(ExecutorTerminating, OneThatIsWithdrawnIsNotAmongThem) {
  withdrawn.insert("i-101");
  release_and_run(3);
  const auto calls = ec2.asked<ec2::TerminateInstancesRequest>();
  ASSERT_EQ(calls.size(), 1u);
  EXPECT_EQ(calls[0].instance_ids, (std::vector<InstanceId>{InstanceId("i-100"), InstanceId("i-102")}));
  EXPECT_EQ(counters.effects_withdrawn, 1u);
}

}  // namespace
}  // namespace holdfast::engine
