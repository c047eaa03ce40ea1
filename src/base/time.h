// Points in time and lengths of time: milliseconds of UTC. Time is always an argument; only clocks at the edge read it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast {

using Duration = std::chrono::milliseconds;
using Time = std::chrono::time_point<std::chrono::system_clock, Duration>;

// ISO 8601 in UTC with milliseconds, as EC2 writes it: "2026-11-24T03:46:38.000Z".
std::string to_iso(Time time);
// Reads ISO 8601 UTC with or without a fraction; nothing if the text is not one.
std::optional<Time> from_iso(std::string_view text);

inline int64_t to_millis(Time time) {
  return time.time_since_epoch().count();
}
inline Time from_millis(int64_t millis) {
  return Time(Duration(millis));
}

// "1.45 s", "33 ms", "2 m 5 s": for people.
std::string to_words(Duration duration);

}  // namespace holdfast
