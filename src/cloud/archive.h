// The two archives behind codec.cpp: Writer makes a JSON value of a described type, Reader fills one from it. A type
// is described by `fields(archive, object)`, found by name lookup. Included by codec.cpp alone.
#pragma once

#include <boost/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#include "base/ids.h"
#include "base/text.h"
#include "base/time.h"

namespace holdfast::cloud::archive {

namespace json = boost::json;

struct Writer {
  static constexpr bool kReads = false;
  json::object object;
  template <class T>
  void operator()(const char* name, T& member) {
    if constexpr (is_optional<T>::value) {
      if (member) object[name] = write(*member);
    } else {
      object[name] = write(member);
    }
  }

  template <class T>
  struct is_optional : std::false_type {};
  template <class T>
  struct is_optional<std::optional<T>> : std::true_type {};
  template <class T>
  struct is_optional<const std::optional<T>> : std::true_type {};

  static json::value write(bool value) { return value; }
  static json::value write(int value) { return value; }
  static json::value write(int64_t value) { return value; }
  static json::value write(double value) { return value; }
  static json::value write(const std::string& value) { return json::value(value); }
  static json::value write(Time value) { return to_millis(value); }
  template <class Tag>
  static json::value write(const Id<Tag>& value) {
    return json::value(value.str());
  }
  template <class T>
  static json::value write(const std::vector<T>& values) {
    json::array array;
    for (const auto& value : values) array.push_back(write(value));
    return array;
  }
  template <class T>
  requires std::is_enum_v<T>
  static json::value write(T value) { return static_cast<int64_t>(value); }
  template <class T>
  requires std::is_class_v<T>
  static json::value write(const T& value) {
    Writer inner;
    fields(inner, const_cast<T&>(value));  // a Writer only reads
    return std::move(inner.object);
  }
};

// Throws std::exception (Boost.JSON's own) on a wrong type; codec.cpp turns that into an error.
struct Reader {
  static constexpr bool kReads = true;
  const json::object& object;
  template <class T>
  void operator()(const char* name, T& member) {
    if (const json::value* found = object.if_contains(name)) read(*found, member);
  }

  static void read(const json::value& from, bool& to) { to = from.as_bool(); }
  static void read(const json::value& from, int& to) { to = json::value_to<int>(from); }
  static void read(const json::value& from, int64_t& to) { to = json::value_to<int64_t>(from); }
  static void read(const json::value& from, double& to) { to = json::value_to<double>(from); }
  static void read(const json::value& from, std::string& to) { to = std::string(from.as_string()); }
  static void read(const json::value& from, Time& to) { to = from_millis(json::value_to<int64_t>(from)); }
  template <class Tag>
  static void read(const json::value& from, Id<Tag>& to) {
    to = Id<Tag>(std::string(from.as_string()));
  }
  template <class T>
  static void read(const json::value& from, std::vector<T>& to) {
    to.clear();
    for (const auto& value : from.as_array()) read(value, to.emplace_back());
  }
  template <class T>
  static void read(const json::value& from, std::optional<T>& to) {
    read(from, to.emplace());
  }
  template <class T>
  requires std::is_enum_v<T>
  static void read(const json::value& from, T& to) { to = static_cast<T>(json::value_to<int64_t>(from)); }
  template <class T>
  requires std::is_class_v<T>
  static void read(const json::value& from, T& to) {
    Reader inner{from.as_object()};
    fields(inner, to);
  }
};

}  // namespace holdfast::cloud::archive
