// Many managed instances within EC2's rates of calls: what has to wait does so in the engine, and everybody's turn
// comes.
#include <gtest/gtest.h>

#include <algorithm>

#include "ec2/budgeted.h"
#include "inprocess/world.h"

namespace holdfast::inprocess {
namespace {

using model::Status;

class WithinTheBudget : public testing::Test {
 protected:
  WithinTheBudget() {
    world.budget_wait = [this](const ec2::ApiCall& call, int ahead) { return budget.wait_for(call, ahead); };
    world.calls().guard.asked = [this](const ec2::Request& request) -> Result<void> {
      const ec2::ApiCall call = ec2::api_call_of(request);
      if (!ec2::mutates(request)) return {};
      ++calls[std::string(call.action)];
      EXPECT_TRUE(budget.take_turn(call, Duration::zero()).taken) << call.action << " before its turn";
      return {};
    };
  }
  bool until_all(Status status, Duration limit) {
    return world.until(
        [&] {
          return std::all_of(ids.begin(), ids.end(),
                             [&](const auto& id) { return world.view(id)->state.status == status; });
        },
        limit);
  }
  World world;
  ec2::SharedBudget budget{[this] { return world.time().now(); }};
  std::map<std::string, int> calls;
  std::vector<ManagedInstanceId> ids;
};

TEST_F(WithinTheBudget, LaunchesWaitTheirTurnAndTerminationsGoTogether) {
  constexpr int kMany = 14;  // launches: five at once, then two a second
  const Time began = world.time().now();
  for (int i = 0; i < kMany; ++i) {
    auto made = world.create(document({}));
    ASSERT_TRUE(made) << describe(made.error());
    ids.push_back(*made);
  }
  ASSERT_TRUE(until_all(Status::active, std::chrono::minutes(2)));
  EXPECT_EQ(calls["RunInstances"], kMany);
  EXPECT_GE(world.time().now() - began, std::chrono::milliseconds(4500));

  for (const auto& id : ids) world.controller().put({id, model::PauseAsked{}, 0, std::nullopt});
  ASSERT_TRUE(until_all(Status::paused, std::chrono::minutes(5)));
  EXPECT_EQ(calls["TerminateInstances"], 1);
  EXPECT_EQ(world.instances("terminated").size(), static_cast<size_t>(kMany));
}

}  // namespace
}  // namespace holdfast::inprocess
