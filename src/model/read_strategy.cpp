#include "model/read_strategy.h"

#include <array>
#include <regex>

#include "model/field_tables.h"

namespace holdfast::model {
namespace {

constexpr size_t kMostWindows = 50;
constexpr int kDay = 24 * 60;  // minutes

void life_cycle(FieldReader& reader, const json::value& value, Strategy& into) {
  if (auto word = one_of(reader, value, {LifeCycle::spot, LifeCycle::on_demand})) into.life_cycle = *word;
}

void orientation(FieldReader& reader, const json::value& value, Strategy& into) {
  auto word = one_of(
      reader, value,
      {Orientation::balanced, Orientation::cost_oriented, Orientation::availability_oriented, Orientation::cheapest});
  if (word) into.orientation = *word;
}

void perform_at(FieldReader& reader, const json::value& value, Strategy& into) {
  if (auto word = one_of(reader, value, {PerformAt::never, PerformAt::time_window, PerformAt::always})) {
    into.revert_to_spot = *word;
  }
}

constexpr Field<Strategy> kRevertToSpot[] = {{"performAt", perform_at}};

void revert_to_spot(FieldReader& r, const json::value& v, Strategy& into) {
  read_object(r, v, kRevertToSpot, into);
}

// "Mon:03:00" in minutes since Monday 00:00; 24:00 is no time.
std::optional<int> minute_of_week(const std::string& text) {
  static constexpr std::array<std::string_view, 7> kDays = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
  static const std::regex kForm("[A-Z][a-z]{2}:([01][0-9]|2[0-3]):[0-5][0-9]");
  auto day = std::find(kDays.begin(), kDays.end(), text.substr(0, 3));
  if (!std::regex_match(text, kForm) || day == kDays.end()) return std::nullopt;
  int hours = (text[4] - '0') * 10 + (text[5] - '0');
  int minutes = (text[7] - '0') * 10 + (text[8] - '0');
  return static_cast<int>(day - kDays.begin()) * kDay + hours * 60 + minutes;
}

void window(FieldReader& reader, const json::value& value, Strategy& into) {
  std::optional<std::string> text = reader.text(value, 32);
  if (!text) return;
  size_t dash = text->find('-');
  auto begin = minute_of_week(text->substr(0, dash));
  auto end = dash == std::string::npos ? std::nullopt : minute_of_week(text->substr(dash + 1));
  if (!begin || !end) {
    reader.fault("InvalidValue", fmt::format("'{}' is no window: write it as Mon:03:00-Wed:02:30 (UTC)", *text));
  } else if (*begin == *end) {
    reader.fault("InvalidValue", fmt::format("'{}' ends when it begins: leave it out for any time", *text));
  } else {
    into.optimization_windows.push_back({*begin, *end});
  }
}

void windows(FieldReader& reader, const json::value& value, Strategy& into) {
  const json::array* list = reader.list(value, kMostWindows);
  if (list == nullptr) return;
  for (size_t i = 0; i < list->size(); ++i) {
    FieldReader::Step step(reader, i);
    window(reader, (*list)[i], into);
  }
}

void minimum_lifetime(FieldReader& reader, const json::value& value, Strategy& into) {
  std::optional<int> hours = reader.whole(value, 0, kDay);
  if (!hours) return;
  for (int allowed : {1, 3, 6, 12, 24}) {
    if (*hours == allowed) into.minimum_lifetime = std::chrono::hours(allowed);
  }
  if (into.minimum_lifetime == Duration::zero()) reader.fault("InvalidValue", "must be 1, 3, 6, 12 or 24 hours");
}

void not_utilized(FieldReader& reader, const json::value& value, Strategy&) {
  std::optional<bool> wanted = reader.boolean(value);
  if (!wanted.value_or(false)) return;
  reader.fault("NotHonouredYet",
               "what is already paid for is not looked at: set it to false, or leave it out (an instance on demand "
               "uses a reservation that fits it all the same)");
}

constexpr Field<Strategy> kStrategy[] = {
    {"lifeCycle", life_cycle},
    {"fallbackToOd", boolean<&Strategy::fallback_to_od>},
    {"orientation", orientation},
    {"utilizeReservedInstances", not_utilized},
    {"utilizeCommitments", not_utilized},
    {"revertToSpot", revert_to_spot},
    {"optimizationWindows", windows},
    {"minimumInstanceLifetime", minimum_lifetime},
    {"drainingTimeout"},
};

}  // namespace

void read_strategy(FieldReader& r, const json::value& v, Strategy& into) {
  read_object(r, v, kStrategy, into);
}

}  // namespace holdfast::model
