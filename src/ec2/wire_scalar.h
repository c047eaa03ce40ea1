// Single values as the wire carries them, in forms and in XML alike. Shared by the four archives (archive_form.h,
// archive_xml.h) that the generated descriptions are visited with; included by them alone.
#pragma once

#include <fmt/format.h>

#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/text.h"
#include "base/time.h"

namespace holdfast::ec2::wire {

// How a member is called: "VolumeSize" in a form, "volumeSize" in XML.
struct Names {
  std::string_view form;
  std::string_view xml;
};

// What the generator's list says about a member; bits.
enum Use : unsigned {
  kPlain = 0,
  kRequired = 1,    // a request without it is refused
  kAlways = 2,      // written even if it is empty
  kZeroAbsent = 4,  // a number that is not written if it is 0
};

template <class T>
inline constexpr bool kIsOptional = false;
template <class T>
inline constexpr bool kIsOptional<std::optional<T>> = true;

template <class T>
inline constexpr bool kIsId = false;
template <class Tag>
inline constexpr bool kIsId<Id<Tag>> = true;

// Whether the member is written at all. An optional one is if it is set; text, ids and times if they are not empty.
template <class T>
bool is_said(const T& value, unsigned use) {
  if constexpr (kIsOptional<T>)
    return value.has_value();
  else if constexpr (std::same_as<T, std::string> || kIsId<T>)
    return (use & kAlways) || !value.empty();
  else if constexpr (std::same_as<T, Time>)
    return value != Time{};
  else
    return !(use & kZeroAbsent) || value != T{};
}

inline std::string to_wire(const std::string& value) {
  return value;
}
template <class Tag>
std::string to_wire(const Id<Tag>& value) {
  return value.str();
}
inline std::string to_wire(bool value) {
  return value ? "true" : "false";
}
inline std::string to_wire(Time value) {
  return to_iso(value);
}
template <std::signed_integral T>
std::string to_wire(T value) {
  return fmt::format("{}", value);
}
template <class T>
std::string to_wire(const std::optional<T>& value) {
  return to_wire(*value);
}

// True if the text is a value of the type; what the text should have been is told by `wanted`.
inline bool from_wire(std::string_view text, std::string& value) {
  value = text;
  return true;
}
template <class Tag>
bool from_wire(std::string_view text, Id<Tag>& value) {
  value = Id<Tag>(std::string(text));
  return true;
}
inline bool from_wire(std::string_view text, bool& value) {
  text = trim(text);
  value = text == "true" || text == "True" || text == "1";
  return value || text == "false" || text == "False" || text == "0";
}
inline bool from_wire(std::string_view text, Time& value) {
  const auto time = from_iso(trim(text));
  if (time) value = *time;
  return time.has_value();
}
template <std::signed_integral T>
bool from_wire(std::string_view text, T& value) {
  const auto number = parse_int(trim(text));
  if (!number || *number < std::numeric_limits<T>::min() || *number > std::numeric_limits<T>::max()) return false;
  value = static_cast<T>(*number);
  return true;
}
template <class T>
bool from_wire(std::string_view text, std::optional<T>& value) {
  value.emplace();
  return from_wire(text, *value);
}

template <class T>
constexpr std::string_view wanted() {
  if constexpr (kIsOptional<T>)
    return wanted<typename T::value_type>();
  else if constexpr (std::same_as<T, bool>)
    return "true or false";
  else if constexpr (std::same_as<T, Time>)
    return "a time as 2026-01-31T12:00:00Z";
  else if constexpr (std::same_as<T, int>)
    return "a whole number of at most 32 bits";
  else if constexpr (std::signed_integral<T>)
    return "a whole number";
  else
    return "text";
}

}  // namespace holdfast::ec2::wire
