// Times of a cron expression of five fields, UTC: minute, hour, day of the month, month, day of the week. Each a list
// of numbers, ranges and "*", with an optional step ("*/5", "10-40/10"); months and days of the week also by their
// first three letters; Sunday is 0 or 7. Where both days are restricted, either will do (crontab(5), POSIX).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/error.h"
#include "base/time.h"

namespace holdfast::model {

class Cron {
 public:
  // An error names the part and what it may hold. An expression that no day of any year fits is one, too.
  static Result<Cron> parse(std::string_view text);

  // The first time after `time`; full minutes.
  Time next_after(Time time) const;

 private:
  bool fits_day(int64_t days) const;
  std::optional<int64_t> next_minute_of_day(int from) const;

  uint64_t minutes_ = 0;
  uint64_t hours_ = 0;
  uint64_t days_ = 0;
  uint64_t months_ = 0;
  uint64_t weekdays_ = 0;
  bool any_day_ = false;
  bool any_weekday_ = false;
};

}  // namespace holdfast::model
