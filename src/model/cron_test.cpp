#include "model/cron.h"

#include <gtest/gtest.h>

#include <vector>

namespace holdfast::model {
namespace {

std::string after(std::string_view expression, std::string_view time) {
  auto cron = Cron::parse(expression);
  if (!cron) return cron.error().message;
  return to_iso(cron->next_after(*from_iso(time)));
}

TEST(CronTimes, FollowEachField) {
  struct Case {
    std::string_view expression;
    std::string_view time;
    std::string_view next;
  };
  // 2026-11-30 is a Monday.
  const std::vector<Case> cases = {
      {"* * * * *", "2026-11-30T10:00:00Z", "2026-11-30T10:01:00.000Z"},
      {"* * * * *", "2026-11-30T10:00:59.999Z", "2026-11-30T10:01:00.000Z"},
      {"0 3 * * *", "2026-11-30T03:00:00Z", "2026-12-01T03:00:00.000Z"},
      {"0 3 * * *", "2026-11-30T02:59:59Z", "2026-11-30T03:00:00.000Z"},
      {"*/15 8-10 * * *", "2026-11-30T08:46:00Z", "2026-11-30T09:00:00.000Z"},
      {"5/20 * * * *", "2026-11-30T08:26:00Z", "2026-11-30T08:45:00.000Z"},
      {"0 20 * * 1-5", "2026-11-27T20:00:00Z", "2026-11-30T20:00:00.000Z"},
      {"0 20 * * MON-fri", "2026-11-27T20:00:00Z", "2026-11-30T20:00:00.000Z"},
      {"0 0 * * 7", "2026-11-30T00:00:00Z", "2026-12-06T00:00:00.000Z"},
      {"0 0 * * sun", "2026-11-30T00:00:00Z", "2026-12-06T00:00:00.000Z"},
      {"30 4 1,15 * 5", "2026-11-30T00:00:00Z", "2026-12-01T04:30:00.000Z"},  // either day
      {"30 4 1,15 * 5", "2026-12-01T05:00:00Z", "2026-12-04T04:30:00.000Z"},
      {"0 0 1 jan *", "2026-11-30T00:00:00Z", "2027-01-01T00:00:00.000Z"},
      {"0 0 29 2 *", "2026-11-30T00:00:00Z", "2028-02-29T00:00:00.000Z"},
      {"0 0 31 * *", "2026-11-30T00:00:00Z", "2026-12-31T00:00:00.000Z"},
      {"59 23 31 12 *", "2026-12-31T23:59:00Z", "2027-12-31T23:59:00.000Z"},
      {"0 12 * 1-3,6 1", "2026-11-30T00:00:00Z", "2027-01-04T12:00:00.000Z"},
      {"  0   0 * *  * ", "1969-12-31T23:59:00Z", "1970-01-01T00:00:00.000Z"},
  };
  for (const Case& c : cases) EXPECT_EQ(after(c.expression, c.time), c.next) << c.expression << " after " << c.time;
}

TEST(CronTimes, AreReachedAcrossTheCenturyWithoutALeapDay) {
  EXPECT_EQ(after("0 0 29 2 *", "2096-03-01T00:00:00Z"), "2104-02-29T00:00:00.000Z");
}

TEST(CronExpressions, ThatMeanNothingAreRefusedByPart) {
  const std::vector<std::pair<std::string_view, std::string_view>> cases = {
      {"", "has 0 fields"},
      {"0 3 * *", "has 4 fields"},
      {"0 3 * * * *", "has 6 fields"},
      {"@daily", "has 1 fields"},
      {"60 * * * *", "is no minute"},
      {"* 24 * * *", "is no hour"},
      {"* * 0 * *", "is no day of the month"},
      {"* * 32 * *", "is no day of the month"},
      {"* * * 13 *", "is no month"},
      {"* * * * 8", "is no day of the week"},
      {"* * * * monday", "is no day of the week"},
      {"5-1 * * * *", "is no minute"},
      {"*/0 * * * *", "is no minute"},
      {"*/ * * * *", "is no minute"},
      {"1,,2 * * * *", "is no minute"},
      {"-5 * * * *", "is no minute"},
      {"1- * * * *", "is no minute"},
      {"999999999999999999999 * * * *", "is no minute"},
      {"0 0 30 2 *", "no month has"},
      {"0 0 31 4,6,9,11 *", "no month has"},
  };
  for (const auto& [expression, message] : cases) {
    auto cron = Cron::parse(expression);
    ASSERT_FALSE(cron) << expression;
    EXPECT_NE(cron.error().message.find(message), std::string::npos) << expression << ": " << cron.error().message;
  }
}

}  // namespace
}  // namespace holdfast::model
