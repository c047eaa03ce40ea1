#include "engine/tally.h"

#include <gtest/gtest.h>

namespace holdfast::engine {
namespace {

model::Record record(const std::string& kind, const std::string& data) {
  return {from_millis(1), kind, "a sentence", data};
}

TEST(Tally, CountsHandoversByReasonAndTheirPhases) {
  Tally tally;
  tally.note(record("handover", R"({"reason":"interruption"})"));
  tally.note(record("handover", R"({"reason":"interruption"})"));
  tally.note(record("phase", R"({"phase":"saving"})"));
  tally.note(
      record("replaced", R"({"reason":"interruption","total_ms":1500,"phases_ms":{"saving":400,"launching":1100}})"));
  EXPECT_EQ(tally.handovers_begun, (std::map<std::string, uint64_t>{{"interruption", 2}}));
  ASSERT_EQ(tally.handovers_ended.size(), 1u);
  const Durations& ended = tally.handovers_ended.at({"interruption", "replaced"});
  EXPECT_EQ(ended.count, 1u);
  EXPECT_DOUBLE_EQ(ended.sum_seconds, 1.5);
  ASSERT_EQ(tally.phases.size(), 2u);
  EXPECT_DOUBLE_EQ(tally.phases.at("saving").sum_seconds, 0.4);
}

TEST(Tally, ABucketHoldsWhatIsAtMostItsBound) {
  Durations durations;
  durations.add(std::chrono::milliseconds(250));
  durations.add(std::chrono::seconds(1));
  durations.add(std::chrono::hours(2));
  for (size_t i = 0; i < Durations::kBounds.size(); ++i) {
    const double bound = Durations::kBounds[i];
    EXPECT_EQ(durations.at_most[i], bound < 0.25 ? 0u : bound < 1 ? 1u : 2u) << bound;
  }
  EXPECT_EQ(durations.count, 3u);
}

TEST(Tally, MakesNothingOfDataItDoesNotKnow) {
  Tally tally;
  for (const char* data : {"", "{}", "[]", "{", R"({"reason":3,"total_ms":"x","phases_ms":[1]})"}) {
    tally.note(record("replaced", data));
  }
  EXPECT_TRUE(tally.handovers_ended.empty());
  EXPECT_TRUE(tally.phases.empty());
}

}  // namespace
}  // namespace holdfast::engine
