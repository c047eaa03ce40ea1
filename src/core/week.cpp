#include "core/week.h"

#include <algorithm>

#include "base/check.h"
#include "core/mutation.h"

namespace holdfast::core {

namespace {

constexpr int kDay = 24 * 60;
constexpr int kWeek = 7 * kDay;
constexpr int kThursday = 3 * kDay;  // 1 January 1970 was one; the week begins with Monday

int minute_of_week(Time now) {
  int64_t minutes = std::chrono::floor<std::chrono::minutes>(now).time_since_epoch().count();
  return static_cast<int>(((minutes + kThursday) % kWeek + kWeek) % kWeek);
}

}  // namespace

bool within(const std::vector<model::WeekWindow>& windows, Time now) {
  if (mutated(Mutation::move_at_any_hour)) return true;
  int minute = minute_of_week(now);
  return windows.empty() || std::any_of(windows.begin(), windows.end(), [&](const model::WeekWindow& window) {
           bool wraps = window.end <= window.begin;
           bool begun = minute >= window.begin;
           bool open = minute < window.end;
           return wraps ? begun || open : begun && open;
         });
}

Time next_opening(const std::vector<model::WeekWindow>& windows, Time now) {
  CHECK(!windows.empty());
  int minute = minute_of_week(now);
  int least = kWeek;
  for (const model::WeekWindow& window : windows) {
    int ahead = (window.begin - minute + kWeek) % kWeek;
    least = std::min(least, ahead == 0 ? kWeek : ahead);
  }
  return std::chrono::floor<std::chrono::minutes>(now) + std::chrono::minutes(least);
}

}  // namespace holdfast::core
