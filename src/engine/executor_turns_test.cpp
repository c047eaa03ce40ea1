// Periodic snapshots in the executor: whose turn it is, and what they leave to others.

#include <gtest/gtest.h>

#include <map>

#include "ec2/budgeted.h"
#include "engine/executor.h"
#include "engine/fakes_test.h"

namespace holdfast::engine {
namespace {

using namespace std::chrono_literals;

struct PeriodicSnapshots : testing::Test {
  PeriodicSnapshots() {
    ec2.on<ec2::CreateSnapshotRequest>([this](const auto& request) -> Result<ec2::CreateSnapshotResponse> {
      EXPECT_TRUE(budget.take_turn({"CreateSnapshot"}, Duration::zero()).taken) << "it had to wait";
      sent.push_back(request.volume_id.str());
      return ec2::CreateSnapshotResponse{};
    });
  }
  static ReleasedEffect snapshot(const std::string& volume, model::Urgency urgency) {
    model::CreateSnapshot create{VolumeId(volume), "/dev/xvda", urgency == model::Urgency::save, 1, {}};
    return {ManagedInstanceId("smi-" + volume), {volume, create, urgency, {}}, false};
  }
  void want(const std::string& volume, Duration age, double weight = 1) {
    paces[volume] = {clock.time - age, 5min, weight};
    executor.release(snapshot(volume, model::Urgency::periodic));
  }
  void run() {
    executor.pump();
    workers.run_all();
  }
  // Takes tokens until so many are left.
  void leave(int tokens) {
    const ec2::ApiCall call{"CreateSnapshot"};
    while (budget.wait_for(call, tokens) == Duration::zero()) budget.take_turn(call, Duration::zero());
  }

  ScriptedEc2 ec2;
  QueuedWorkers workers;
  SetClock clock;
  Counters counters;
  ec2::SharedBudget budget{[this] { return clock.time; }};
  std::map<std::string, core::SnapshotPace> paces;  // by volume; none: its managed instance is being replaced
  std::vector<std::string> sent;
  std::vector<model::Outcome> ended;
  Executor executor{
      {ec2, workers, workers.post(), [](const ReleasedEffect&) { return true; },
       [this](const ReleasedEffect&, model::Outcome outcome) { ended.push_back(std::move(outcome)); },
       [] { return std::make_shared<Tenure>(Time::max()); }, counters, clock,
       [this](const ec2::ApiCall& call, int ahead) { return budget.wait_for(call, ahead); },
       [this](const ReleasedEffect& effect) -> std::optional<core::SnapshotPace> {
         auto found = paces.find(effect.effect.key);
         return found == paces.end() ? std::nullopt : std::optional(found->second);
       }},
      1};
};

TEST_F(PeriodicSnapshots, GoInTheOrderOfHowOverdueTheyAreByWeight) {
  want("vol-6", 6min);
  want("vol-20", 20min);
  want("vol-30-on-demand", 30min, core::kWeightOnDemand);
  want("vol-12", 12min);
  for (int i = 0; i < 4; ++i) run();
  EXPECT_EQ(sent, (std::vector<std::string>{"vol-20", "vol-30-on-demand", "vol-12", "vol-6"}));
  EXPECT_EQ(ended.size(), 4u);
  EXPECT_EQ(counters.effects_queued, 0u);
}

TEST_F(PeriodicSnapshots, LeaveHalfOfTheBucketToFinalOnes) {
  leave(50);
  want("vol-periodic", 1h);
  run();
  EXPECT_TRUE(sent.empty());
  ASSERT_TRUE(executor.next_pump());
  executor.release(snapshot("vol-final", model::Urgency::save));
  run();
  EXPECT_EQ(sent, std::vector<std::string>{"vol-final"});
  executor.pump();
  clock.time = *executor.next_pump();
  run();
  EXPECT_EQ(sent, (std::vector<std::string>{"vol-final", "vol-periodic"}));
}

TEST_F(PeriodicSnapshots, AreNotSentWhileAFinalOneIsNear) {
  leave(50);
  want("vol-1", 1h);
  run();
  paces.clear();  // a handover begins while it waits
  clock.time += 10s;
  run();
  EXPECT_TRUE(sent.empty());
  ASSERT_EQ(ended.size(), 1u);
  ASSERT_FALSE(ended[0].made);
  EXPECT_EQ(ended[0].made.error().kind, ErrorKind::unavailable) << "known not to have been done";
  want("vol-1", 1h);
  run();
  EXPECT_EQ(sent, std::vector<std::string>{"vol-1"}) << "it may be asked for again";
}

}  // namespace
}  // namespace holdfast::engine
