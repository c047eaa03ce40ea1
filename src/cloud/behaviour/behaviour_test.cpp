// Latency, throttling, faults and consistency, under a virtual clock.
#include "cloud/behaviour/behaviour.h"

#include <algorithm>

#include "cloud/behaviour/latency.h"
#include "cloud/behaviour/slow_substrate.h"
#include "cloud/test_cloud.h"

namespace holdfast::cloud {
namespace {

using namespace std::chrono_literals;

const Time kNow = from_millis(1'800'000'000'000);
const ec2::ApiCall kLaunch{"RunInstances", 1, true};

TEST(Behaviour, IsAsFastAsTheSubstrateIfNothingIsAskedFor) {
  Behaviour behaviour({}, 1);
  for (int i = 0; i < 1000; ++i) {
    const Turn turn = behaviour.turn(kLaunch, true, kNow);
    EXPECT_FALSE(turn.refusal);
    EXPECT_EQ(turn.before + turn.after, 0ms);
    EXPECT_FALSE(turn.lose_reply);
  }
  behaviour.made("i-1", kNow);
  EXPECT_TRUE(behaviour.visible("i-1", kNow));
}

TEST(Behaviour, ThrottlesByEc2sBuckets) {
  Behaviour behaviour({false, true, {}}, 1);
  auto allowed = [&](Time now) {
    int count = 0;
    while (!behaviour.turn(kLaunch, true, now).refusal) ++count;
    return count;
  };
  EXPECT_EQ(allowed(kNow), 5) << "the bucket of RunInstances holds 5";
  EXPECT_EQ(behaviour.turn(kLaunch, true, kNow).refusal->code, "RequestLimitExceeded");
  EXPECT_EQ(allowed(kNow + 1s), 2) << "and gets 2 a second";
  EXPECT_FALSE(behaviour.turn({"DescribeInstances", 1, true}, false, kNow).refusal)
      << "every action has a bucket of its own";
}

TEST(Behaviour, TakesAsLongAsPublished) {
  Random random(7);
  const Spread spread{1500ms, 4000ms};
  std::vector<Duration> drawn;
  for (int i = 0; i < 10'000; ++i) drawn.push_back(spread.draw(random));
  std::sort(drawn.begin(), drawn.end());
  EXPECT_NEAR(drawn[5000].count(), 1500, 60);
  EXPECT_NEAR(drawn[9900].count(), 4000, 400);
  EXPECT_LE(drawn.back(), 8000ms);
  EXPECT_EQ(Spread{}.draw(random), 0ms);
}

TEST(Behaviour, GivesFaultsToTheNextCallsOnly) {
  Behaviour behaviour({}, 1);
  ASSERT_TRUE(behaviour.set_fault({"RunInstances", "InsufficientInstanceCapacity", 250ms, false, 2}));
  for (int i = 0; i < 2; ++i) {
    const Turn turn = behaviour.turn(kLaunch, true, kNow);
    EXPECT_EQ(turn.refusal->code, "InsufficientInstanceCapacity");
    EXPECT_EQ(turn.before, 250ms);
  }
  EXPECT_FALSE(behaviour.turn(kLaunch, true, kNow).refusal);
  ASSERT_TRUE(behaviour.set_fault({"RunInstances", "", {}, true, 1}));
  EXPECT_FALSE(behaviour.turn({"CreateVolume", 1, true}, true, kNow).lose_reply);
  EXPECT_TRUE(behaviour.turn(kLaunch, true, kNow).lose_reply);
  EXPECT_FALSE(behaviour.turn(kLaunch, true, kNow).lose_reply);
}

TEST(Behaviour, RefusesFaultsThatMeanNothing) {
  Behaviour behaviour({}, 1);
  EXPECT_EQ(behaviour.set_fault({"RunInstances", "", {}, false, 1}).error().field, "code");
  EXPECT_EQ(behaviour.set_fault({"RunInstances", "X", {}, true, 1}).error().field, "loseReply");
  EXPECT_EQ(behaviour.set_fault({"RunInstances", "X", 301s, false, 1}).error().field, "delayMilliseconds");
  EXPECT_EQ(behaviour.set_fault({"RunInstances", "X", {}, false, 10001}).error().field, "count");
}

class BehaviourOfTheCloud : public TestCloud {
 protected:
  void with(Profile profile) {
    cloud_.reset();
    options_.profile = profile;
    open();
    settle();
  }
};

TEST_F(BehaviourOfTheCloud, WhatWasJustMadeIsMissingForAWhileAndThenThere) {
  with({false, false, 10s});
  int missing = 0;
  for (int i = 0; i < 20; ++i) {
    const auto id = ok(ec2::CreateVolumeRequest{"local-1a", 1, {}, "", {}, {}, {}, "", {}}).volume.volume_id;
    const std::string said = code(ec2::DescribeVolumesRequest{{id}, {}, 0, ""});
    EXPECT_TRUE(said.empty() || said == "InvalidVolume.NotFound") << said;
    if (said.empty()) continue;
    ++missing;
    for (const auto& volume : ok(ec2::DescribeVolumesRequest{}).volumes) EXPECT_NE(volume.volume_id, id);
  }
  EXPECT_GT(missing, 10);
  runtime_.advance(10s);
  EXPECT_EQ(ok(ec2::DescribeVolumesRequest{}).volumes.size(), 20u);
}

TEST_F(BehaviourOfTheCloud, WhatJustChangedIsShownAsItWasForAWhileAndThenAsItIs) {
  with({false, false, 10s});
  const InstanceId id = launch();
  runtime_.advance(10s);
  auto state = [&] { return ok(ec2::DescribeInstancesRequest{{id}, {}, 0, ""}).instances.at(0).state; };
  ASSERT_EQ(state(), "running");
  ok(ec2::TerminateInstancesRequest{{id}});
  settle();
  std::map<std::string, int> shown;
  for (int i = 0; i < 40; ++i) ++shown[state()];
  EXPECT_GT(shown["running"], 5);
  EXPECT_GT(shown["terminated"], 5);
  runtime_.advance(10s);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(state(), "terminated");
}

TEST_F(BehaviourOfTheCloud, ALostReplyIsOfACallThatWasCarriedOut) {
  ASSERT_TRUE(cloud_->set_fault({"CreateVolume", "", {}, true, 1}));
  auto lost = cloud_->call(ec2::CreateVolumeRequest{"local-1a", 1, {}, "", {}, {}, {}, "", {}});
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().kind, ErrorKind::unknown_outcome);
  EXPECT_EQ(ok(ec2::DescribeVolumesRequest{}).volumes.size(), 1u);
}

TEST_F(BehaviourOfTheCloud, ThrottledCallsDoNothing) {
  with({false, true, {}});
  int refused = 0;
  for (int i = 0; i < 8; ++i) refused += code(launch_request()) == "RequestLimitExceeded";
  EXPECT_EQ(refused, 3);
  EXPECT_EQ(cloud_->instances().size(), 5u);
  runtime_.advance(1s);
  EXPECT_EQ(code(launch_request()), "");
}

TEST_F(BehaviourOfTheCloud, ASimulatorCanWaitByAClockOfItsOwn) {
  with({true, false, {}});
  const ec2::Request request = ec2::DescribeVolumesRequest{};
  const Turn turn = cloud_->turn(request);
  EXPECT_GT(turn.before, 0ms);
  EXPECT_GT(turn.after, 0ms);
  EXPECT_TRUE(cloud_->carry_out(request)) << "at once";
}

class SlowCloud : public ::testing::Test {
 protected:
  SlowCloud()
      : inner_(new NullSubstrate(runtime_)),
        substrate_(std::unique_ptr<Substrate>(inner_), runtime_, MachineSpreads{}, 3) {
    CloudOptions options;
    options.seed = 5, options.snapshot_wait = Duration(0);
    cloud_ = std::move(*Cloud::open(options, substrate_, runtime_));
    runtime_.advance(kMoment);
  }
  std::string state(const InstanceId& id) {
    return cloud_->call(ec2::DescribeInstancesRequest{{id}, {}, 0, ""})->instances.at(0).state;
  }
  Duration time_until(const InstanceId& id, const std::string& wanted) {
    const Time start = runtime_.now();
    while (state(id) != wanted && runtime_.now() - start < 10min) runtime_.advance(100ms);
    return runtime_.now() - start;
  }

  VirtualRuntime runtime_;
  NullSubstrate* inner_;  // the slow one's
  SlowSubstrate substrate_;
  std::unique_ptr<Cloud> cloud_;
};

TEST_F(SlowCloud, MachinesComeAndGoAsSlowlyAsEc2s) {
  ec2::RunInstancesRequest request;
  request.image_id = ImageId(kMinimalImage), request.instance_type = "t3.micro", request.subnet_id = SubnetId(kSubnetA);
  std::vector<Duration> up, down;
  for (int i = 0; i < 15; ++i) {
    const auto id = cloud_->call(request)->instances.at(0).instance_id;
    up.push_back(time_until(id, "running"));
    ASSERT_TRUE(cloud_->call(ec2::TerminateInstancesRequest{{id}}));
    down.push_back(time_until(id, "terminated"));
  }
  std::sort(up.begin(), up.end()), std::sort(down.begin(), down.end());
  EXPECT_GT(up[7], 12s);
  EXPECT_LT(up[7], 30s);
  EXPECT_GT(down[7], 10s);
  EXPECT_LT(down[7], 40s);
}

TEST_F(SlowCloud, ALaunchThatIsTerminatedAtOnceLeavesNoMachine) {
  ec2::RunInstancesRequest request;
  request.image_id = ImageId(kMinimalImage), request.instance_type = "t3.micro", request.subnet_id = SubnetId(kSubnetA);
  const auto id = cloud_->call(request)->instances.at(0).instance_id;
  ASSERT_TRUE(cloud_->call(ec2::TerminateInstancesRequest{{id}}));
  time_until(id, "terminated");
  EXPECT_EQ(state(id), "terminated");
  runtime_.advance(5min);
  EXPECT_TRUE(inner_->machines().empty());
}

}  // namespace
}  // namespace holdfast::cloud
