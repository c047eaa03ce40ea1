#include "model/cron.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/text.h"

namespace holdfast::model {
namespace {

constexpr int64_t kMillisAMinute = 60'000;
constexpr int64_t kMinutesADay = 1440;
constexpr int64_t kCalendarDays = 146'097;  // 400 years: then dates and days of the week repeat

struct Part {
  std::string_view name;
  int least;
  int most;
  std::vector<std::string_view> words;  // of least, least + 1, …
};

const Part kParts[] = {
    {"minute", 0, 59, {}},
    {"hour", 0, 23, {}},
    {"day of the month", 1, 31, {}},
    {"month", 1, 12, {"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}},
    {"day of the week", 0, 7, {"sun", "mon", "tue", "wed", "thu", "fri", "sat"}},
};

Failure fault(const Part& part, std::string_view text) {
  std::string words = part.words.empty() ? "" : fmt::format(" (or {} to {})", part.words.front(), part.words.back());
  return fail(ErrorKind::invalid, "InvalidValue",
              fmt::format("'{}' is no {}: write numbers from {} to {}{}, lists, ranges, * and steps, e.g. 0 3 * * 1-5",
                          text.substr(0, 40), part.name, part.least, part.most, words));
}

std::optional<int> number_of(const Part& part, std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  for (size_t i = 0; i < part.words.size(); ++i) {
    if (part.words[i] == lower) return part.least + static_cast<int>(i);
  }
  bool digits = !text.empty() && text.size() <= 2 &&
                std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
  if (!digits) return std::nullopt;
  int number = std::stoi(lower);
  return number >= part.least && number <= part.most ? std::optional(number) : std::nullopt;
}

// "*", "5", "1-5", each with "/step": the numbers from `first` to `last`.
Result<uint64_t> read_range(const Part& part, std::string_view text) {
  std::string_view range = text.substr(0, text.find('/'));
  int step = 1;
  if (range.size() < text.size()) {
    std::string_view number = text.substr(range.size() + 1);
    auto value = parse_int(std::string(number));
    if (!value || *value < 1 || *value > part.most || number.front() == '+') return fault(part, text);
    step = static_cast<int>(*value);
  }
  int first = part.least;
  int last = part.most;
  if (range != "*") {
    size_t dash = range.find('-');
    auto begin = number_of(part, range.substr(0, dash));
    auto end = dash == std::string_view::npos ? begin : number_of(part, range.substr(dash + 1));
    if (!begin || !end || *end < *begin) return fault(part, text);
    first = *begin;
    // "5/10" is from 5 on.
    last = dash == std::string_view::npos && range.size() < text.size() ? part.most : *end;
  }
  uint64_t bits = 0;
  for (int number = first; number <= last; number += step) bits |= uint64_t{1} << number;
  return bits;
}

Result<uint64_t> read_part(const Part& part, std::string_view text) {
  uint64_t bits = 0;
  for (const std::string& range : split(std::string(text), ',')) {
    HF_TRY(uint64_t more, read_range(part, range));
    bits |= more;
  }
  return bits;
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  for (const std::string& word : split(std::string(text), ' ')) {
    if (!word.empty()) words.push_back(word);
  }
  return words;
}

bool has(uint64_t bits, unsigned number) {
  return (bits >> number & 1) != 0;
}

int64_t floor_div(int64_t a, int64_t b) {
  return a / b - (a % b < 0 ? 1 : 0);
}

}  // namespace

Result<Cron> Cron::parse(std::string_view text) {
  std::vector<std::string> words = words_of(text);
  if (words.size() != std::size(kParts)) {
    return fail(
        ErrorKind::invalid, "InvalidValue",
        fmt::format("has {} fields, not five: minute, hour, day of the month, month, day of the week (UTC), e.g. "
                    "0 3 * * 1-5",
                    words.size()));
  }
  Cron cron;
  uint64_t* parts[] = {&cron.minutes_, &cron.hours_, &cron.days_, &cron.months_, &cron.weekdays_};
  for (size_t i = 0; i < words.size(); ++i) {
    HF_TRY(*parts[i], read_part(kParts[i], words[i]));
  }
  if (has(cron.weekdays_, 7)) cron.weekdays_ |= 1;
  cron.any_day_ = words[2].front() == '*';
  cron.any_weekday_ = words[4].front() == '*';
  for (int64_t day = 0; day < kCalendarDays; ++day) {
    if (cron.fits_day(day)) return cron;
  }
  return fail(ErrorKind::invalid, "InvalidValue", "names a day that no month has");
}

bool Cron::fits_day(int64_t days) const {
  const std::chrono::sys_days date{std::chrono::days(days)};
  const std::chrono::year_month_day calendar(date);
  if (!has(months_, static_cast<unsigned>(calendar.month()))) return false;
  bool day = has(days_, static_cast<unsigned>(calendar.day()));
  bool weekday = has(weekdays_, std::chrono::weekday(date).c_encoding());
  // A field that begins with * restricts by its step only together with the other one.
  return any_day_ || any_weekday_ ? day && weekday : day || weekday;
}

std::optional<int64_t> Cron::next_minute_of_day(int from) const {
  for (int minute = from; minute < kMinutesADay; ++minute) {
    if (!has(hours_, static_cast<unsigned>(minute / 60))) {
      minute = minute / 60 * 60 + 59;
    } else if (has(minutes_, static_cast<unsigned>(minute % 60))) {
      return minute;
    }
  }
  return std::nullopt;
}

Time Cron::next_after(Time time) const {
  int64_t minute = floor_div(to_millis(time), kMillisAMinute) + 1;
  int64_t day = floor_div(minute, kMinutesADay);
  int from = static_cast<int>(minute - day * kMinutesADay);
  for (const int64_t end = day + kCalendarDays; day <= end; ++day, from = 0) {
    if (!fits_day(day)) continue;
    if (auto found = next_minute_of_day(from)) return from_millis((day * kMinutesADay + *found) * kMillisAMinute);
  }
  CHECK(!"parse lets no expression through that no day fits");
  return time;
}

}  // namespace holdfast::model
