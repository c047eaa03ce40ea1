#include "core/week.h"

#include <gtest/gtest.h>

namespace holdfast::core {
namespace {

using model::WeekWindow;

constexpr int kDay = 24 * 60;

Time at(const char* text) {
  return *from_iso(text);
}

// 2026-11-30 is a Monday.
TEST(Week, AWindowIsOpenFromItsFirstMinuteToBeforeItsLast) {
  std::vector<WeekWindow> windows = {{3 * 60, kDay + 30}};  // Mon:03:00-Tue:00:30
  EXPECT_FALSE(within(windows, at("2026-11-30T02:59:59Z")));
  EXPECT_TRUE(within(windows, at("2026-11-30T03:00:00Z")));
  EXPECT_TRUE(within(windows, at("2026-12-01T00:29:59Z")));
  EXPECT_FALSE(within(windows, at("2026-12-01T00:30:00Z")));
  EXPECT_FALSE(within(windows, at("2026-12-06T12:00:00Z")));
}

TEST(Week, AWindowMayGoOnOverTheEndOfTheWeek) {
  std::vector<WeekWindow> windows = {{6 * kDay + 23 * 60, 60}};  // Sun:23:00-Mon:01:00
  EXPECT_TRUE(within(windows, at("2026-12-06T23:30:00Z")));
  EXPECT_TRUE(within(windows, at("2026-11-30T00:59:00Z")));
  EXPECT_FALSE(within(windows, at("2026-11-30T01:00:00Z")));
  EXPECT_FALSE(within(windows, at("2026-12-06T22:59:00Z")));
}

TEST(Week, WithoutWindowsAnyTimeIsGood) {
  EXPECT_TRUE(within({}, at("2026-12-02T12:00:00Z")));
}

TEST(Week, TellsWhenTheNextWindowOpens) {
  std::vector<WeekWindow> windows = {{3 * 60, 4 * 60}, {2 * kDay, 2 * kDay + 60}};  // Mon:03:00, Wed:00:00
  EXPECT_EQ(next_opening(windows, at("2026-11-30T01:00:30Z")), at("2026-11-30T03:00:00Z"));
  EXPECT_EQ(next_opening(windows, at("2026-11-30T04:00:00Z")), at("2026-12-02T00:00:00Z"));
  EXPECT_EQ(next_opening(windows, at("2026-12-02T02:00:00Z")), at("2026-12-07T03:00:00Z"));
  EXPECT_EQ(next_opening(windows, at("2026-11-30T03:00:00Z")), at("2026-12-02T00:00:00Z")) << "open now: the next";
}

}  // namespace
}  // namespace holdfast::core
