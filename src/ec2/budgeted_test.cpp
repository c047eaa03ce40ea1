// Calls wait for their turn instead of being refused, and learn from the refusals that come all the same.
#include "ec2/budgeted.h"

#include <gtest/gtest.h>

#include <thread>

namespace holdfast::ec2 {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Refuses so many calls, then serves.
class Scripted : public Ec2 {
 public:
  Result<Response> perform(const Request&) override {
    ++calls;
    if (refusals > 0) {
      --refusals;
      return ec2_fail(code, "slower");
    }
    return Response(RunInstancesResponse());
  }
  int calls = 0;
  int refusals = 0;
  std::string code = "RequestLimitExceeded";
};

class BudgetedCalls : public testing::Test {
 protected:
  Budgeted make() {
    Budgeted::Options options;
    options.wait = [this](Duration duration, std::stop_token stop) {
      waited_ += duration;
      now_ += duration;
      return !stop.stop_requested();
    };
    return Budgeted(inner_, budget_, options);
  }
  Time now_ = from_millis(1'700'000'000'000);
  Duration waited_{};
  Scripted inner_;
  SharedBudget budget_{[this] { return now_; }};
};

TEST_F(BudgetedCalls, GoAtOnceWhileThereIsRoomAndThenAtTheRefillsPace) {
  auto ec2 = make();
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(ec2.call(RunInstancesRequest()));
  EXPECT_EQ(waited_, Duration::zero());
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(ec2.call(RunInstancesRequest()));
  EXPECT_EQ(waited_, seconds(2));
  EXPECT_EQ(inner_.calls, 9);
}

TEST_F(BudgetedCalls, NoFurtherAttemptBeginsOnceTheTimeForThemIsOver) {
  class Slow : public Scripted {
    Result<Response> perform(const Request& request) override {
      std::this_thread::sleep_for(milliseconds(20));
      return Scripted::perform(request);
    }
  } slow;
  slow.refusals = 3;
  Budgeted::Options options;
  options.last_attempt_within = milliseconds(5);
  options.wait = [](Duration, std::stop_token) { return true; };
  Budgeted ec2(slow, budget_, options);
  auto answer = ec2.call(RunInstancesRequest());
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::throttled);
  EXPECT_EQ(slow.calls, 1);
}

TEST_F(BudgetedCalls, ACallWhoseTurnCameTooLateIsNotSent) {
  Budgeted::Options options;
  options.last_attempt_within = milliseconds(5);
  options.wait = [](Duration, std::stop_token) {
    std::this_thread::sleep_for(milliseconds(20));  // stopped, with the whole process
    return true;
  };
  Budgeted ec2(inner_, budget_, options);
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(ec2.call(RunInstancesRequest()));
  auto late = ec2.call(RunInstancesRequest());
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().kind, ErrorKind::unavailable);
  EXPECT_EQ(inner_.calls, 5);
}

TEST_F(BudgetedCalls, OneActionDoesNotHoldAnother) {
  auto ec2 = make();
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(ec2.call(RunInstancesRequest()));
  EXPECT_EQ(budget_.wait_for(api_call_of(Request(RunInstancesRequest()))), milliseconds(500));
  EXPECT_EQ(budget_.wait_for(api_call_of(Request(AttachVolumeRequest()))), Duration::zero());
}

TEST_F(BudgetedCalls, TheOneWhoChoosesLearnsTheWaitWithWhatItLetOutAlready) {
  const ApiCall call = api_call_of(Request(RunInstancesRequest()));
  EXPECT_EQ(budget_.wait_for(call, 4), Duration::zero());
  EXPECT_EQ(budget_.wait_for(call, 5), milliseconds(500));
  EXPECT_EQ(budget_.wait_for(call, 7), milliseconds(1500));
  EXPECT_EQ(budget_.wait_for(call), Duration::zero());  // asking takes nothing
}

TEST_F(BudgetedCalls, AWaitThatIsTooLongIsSaidInsteadOfWaited) {
  const ApiCall call = api_call_of(Request(RunInstancesRequest()));
  while (budget_.wait_for(call) <= seconds(10)) budget_.take_turn(call, seconds(60));
  auto ec2 = make();
  auto answer = ec2.call(RunInstancesRequest());
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::throttled);
  EXPECT_EQ(answer.error().code, "ApiBudgetExhausted");
  EXPECT_NE(answer.error().message.find("10.50 s"), std::string::npos) << answer.error().message;
  EXPECT_EQ(inner_.calls, 0);
}

TEST_F(BudgetedCalls, ARefusalOfTheRateSlowsThatActionDownAndIsTriedAgain) {
  auto ec2 = make();
  inner_.refusals = 2;
  ASSERT_TRUE(ec2.call(RunInstancesRequest()));
  EXPECT_EQ(inner_.calls, 3);
  EXPECT_GT(waited_, milliseconds(1000));  // an empty bucket at half the refill, twice
  inner_.refusals = 1000;
  auto answer = ec2.call(RunInstancesRequest());
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, "RequestLimitExceeded");
  EXPECT_LE(inner_.calls, 7);
}

TEST_F(BudgetedCalls, AVolumesSnapshotsComingTooFastSayNothingOfTheRate) {
  auto ec2 = make();
  inner_.refusals = 1;
  inner_.code = "SnapshotCreationPerVolumeRateExceeded";
  EXPECT_FALSE(ec2.call(CreateSnapshotRequest()));
  EXPECT_EQ(inner_.calls, 1);
  EXPECT_EQ(budget_.wait_for(api_call_of(Request(CreateSnapshotRequest()))), Duration::zero());
}

TEST_F(BudgetedCalls, InstancesAreCountedAndDescribesByWhetherTheyAreNarrowed) {
  TerminateInstancesRequest terminate;
  terminate.instance_ids = {InstanceId("i-1"), InstanceId("i-2")};
  EXPECT_EQ(api_call_of(Request(terminate)).resources, 2);
  RunInstancesRequest run;
  run.max_count = 7;
  EXPECT_EQ(api_call_of(Request(run)).resources, 7);
  DescribeInstancesRequest describe;
  EXPECT_FALSE(api_call_of(Request(describe)).narrowed);
  describe.filters = {{"tag:x", {"y"}}};
  EXPECT_TRUE(api_call_of(Request(describe)).narrowed);
  StopInstancesRequest stop;
  stop.instance_ids = {InstanceId("i-1"), InstanceId("i-2"), InstanceId("i-3")};
  EXPECT_EQ(api_call_of(FurtherRequest(stop)).resources, 3);
}

TEST(BudgetedWait, EndsWhenStopped) {
  Scripted inner;
  SharedBudget budget([] { return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()); });
  Budgeted::Options options;
  options.most_wait = seconds(600);
  Budgeted ec2(inner, budget, options);
  const ApiCall call = api_call_of(Request(RunInstancesRequest()));
  while (budget.wait_for(call) < seconds(500)) budget.take_turn(call, seconds(600));
  std::jthread stopper([&] { ec2.stop(); });
  auto answer = ec2.call(RunInstancesRequest());
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::unavailable);
  EXPECT_EQ(inner.calls, 0);
}

}  // namespace
}  // namespace holdfast::ec2
