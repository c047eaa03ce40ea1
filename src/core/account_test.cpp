// What the records of a handover hold.
#include <gmock/gmock.h>

#include <boost/json.hpp>

#include "core/small_world_test.h"

namespace holdfast::core {
namespace {

namespace json = boost::json;
using namespace model;
using testing::spec_of;
using testing::World;

struct Told : World {
  explicit Told(Spec spec) : World(std::move(spec)) {}
  // The data of the last record of a kind since `from`.
  json::value last(const std::string& kind) const {
    for (auto at = records.rbegin(); at != records.rend(); ++at) {
      if (at->kind == kind) return json::parse(at->data);
    }
    ADD_FAILURE() << "no record " << kind;
    return json::object();
  }
};

TEST(Account, AReplacementTellsTheMarketsItsPhasesAndWhatWasSeen) {
  Told world(spec_of(BlockDevicesMode::reattach));
  world.settle();
  EXPECT_TRUE(world.last("started").at("market_before").is_null());
  const std::string first = world.state.instance->id.str();
  const Time notice = world.now + std::chrono::minutes(2);
  world.happen(InterruptionNoticed{world.state.instance->id, notice});
  json::value begun = world.last("handover");
  EXPECT_EQ(begun.at("reason"), "interruption");
  EXPECT_EQ(begun.at("saw").at("instance").at("id"), json::value(first));
  EXPECT_EQ(begun.at("saw").at("instance").at("notice_deadline"), json::value(to_iso(notice)));
  EXPECT_EQ(begun.at("saw").at("instance").at("state"), "running");
  world.settle();
  json::value ended = world.last("replaced");
  EXPECT_EQ(ended.at("from_generation"), 1);
  EXPECT_EQ(ended.at("generation"), 2);
  EXPECT_EQ(ended.at("market_before").at("instance_type"), "t3.medium");
  EXPECT_EQ(ended.at("market_before").at("zone"), "z1");
  // The market that took an instance comes last among its like.
  EXPECT_EQ(ended.at("market_after").at("instance_type"), "t3.large");
  EXPECT_EQ(ended.at("market_after").at("life_cycle"), "spot");
  int64_t sum = 0;
  for (const auto& phase : ended.at("phases_ms").as_object()) sum += phase.value().to_number<int64_t>();
  EXPECT_EQ(sum, ended.at("total_ms").to_number<int64_t>());
}

TEST(Account, APauseTellsItsPhasesToo) {
  Told world(spec_of(BlockDevicesMode::reattach));
  world.settle();
  world.happen(PauseAsked{});
  world.settle();
  json::value paused = world.last("paused");
  EXPECT_EQ(paused.at("reason"), "pause");
  EXPECT_EQ(paused.at("market_before").at("instance_type"), "t3.medium");
  EXPECT_TRUE(paused.at("market_after").is_null());
  EXPECT_TRUE(paused.at("phases_ms").as_object().contains("saving"));
}

}  // namespace
}  // namespace holdfast::core
