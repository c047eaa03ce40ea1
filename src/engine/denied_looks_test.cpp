// Describes that are denied for good are told to those who wait for what they would show.
#include <gtest/gtest.h>

#include "engine/observer_fixture_test.h"

namespace holdfast::engine {
namespace {

using model::Kind;

struct DeniedLooks : ObserverTest {
  void look_often(int times, bool sweep = false) {
    for (int i = 0; i < times; ++i) {
      if (sweep) observer.sweep({kOne}, Kind::volumes | Kind::instances);
      run();
      clock.time = std::max(clock.time, observer.next_pump().value_or(clock.time)) + std::chrono::milliseconds(1);
    }
  }
  std::vector<model::Observation> told() const {
    std::vector<model::Observation> told;
    for (const auto& [id, observation] : seen) {
      if (observation.denied != 0) told.push_back(observation);
    }
    return told;
  }
};

TEST_F(DeniedLooks, AreToldOnceTheyAreDeniedTimeAndAgain) {
  ec2.fail_with<ec2::DescribeVolumesRequest>("UnauthorizedOperation");
  observer.want(kOne, Kind::volumes | Kind::instances);
  look_often(1);
  EXPECT_TRUE(told().empty()) << "credentials may be changing";
  look_often(5);
  ASSERT_FALSE(told().empty());
  EXPECT_EQ(told().front().denied, static_cast<model::Kinds>(Kind::volumes));
  EXPECT_EQ(told().front().kinds & static_cast<model::Kinds>(Kind::volumes), 0) << "nothing was shown";
  EXPECT_NE(told().front().why_denied.find("UnauthorizedOperation"), std::string::npos);
}

TEST_F(DeniedLooks, AreToldOfASweepTooAndOnlyToThoseWhoDoNotKnow) {
  ec2.fail_with<ec2::DescribeVolumesRequest>("UnauthorizedOperation");
  look_often(6, true);
  ASSERT_FALSE(told().empty());
  auto view = std::make_shared<View>(*known[kOne]);
  view->state.looking.denied[Kind::volumes] = "UnauthorizedOperation";
  known[kOne] = view;
  seen.clear();
  look_often(3, true);
  EXPECT_TRUE(told().empty());
}

TEST_F(DeniedLooks, WhatIsOnlyNotToBeHadJustNowIsNone) {
  ec2.fail_with<ec2::DescribeVolumesRequest>("RequestLimitExceeded");
  observer.want(kOne, static_cast<model::Kinds>(Kind::volumes));
  look_often(6);
  EXPECT_TRUE(told().empty());
}

}  // namespace
}  // namespace holdfast::engine
