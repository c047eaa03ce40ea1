#include "engine/executor.h"

#include <gtest/gtest.h>

#include <set>

#include "engine/fakes_test.h"

namespace holdfast::engine {
namespace {

const ManagedInstanceId kOne("smi-00000001");

struct ExecutorTest : testing::Test {
  Executor executor(int at_once) {
    return Executor(
        {ec2, workers, workers.post(),
         [this](const ManagedInstanceId&, const std::string& key) { return !withdrawn.contains(key); },
         [this](const ManagedInstanceId&, model::Outcome outcome) { ended.push_back(std::move(outcome)); }, counters},
        at_once);
  }
  ReleasedEffect effect(const std::string& volume, model::Urgency urgency = model::Urgency::recover,
                        std::optional<Time> deadline = {}) {
    return {kOne, {volume, model::DeleteVolume{VolumeId(volume)}, urgency, deadline}, false};
  }
  std::vector<std::string> deleted() const {
    std::vector<std::string> ids;
    for (const auto& request : ec2.asked<ec2::DeleteVolumeRequest>()) ids.push_back(request.volume_id.str());
    return ids;
  }

  ScriptedEc2 ec2;
  QueuedWorkers workers;
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

}  // namespace
}  // namespace holdfast::engine
