// Reading a control request's JSON body: each field by name and type, all mistakes at once, unknown fields refused.
// Included by control.cpp alone.
#pragma once

#include <boost/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/error.h"

namespace holdfast::cloud {

class ControlBody {
 public:
  explicit ControlBody(const std::string& text);

  std::optional<std::string> text(const std::string& name, bool required = false);
  std::optional<int64_t> integer(const std::string& name, bool required = false);
  std::optional<bool> boolean(const std::string& name);
  std::optional<double> number(const std::string& name);
  std::optional<std::vector<std::string>> texts(const std::string& name, bool required = false);
  bool has(const std::string& name) { return object_.contains(name); }
  bool is_null(const std::string& name);

  // After all fields were read: what is wrong, unknown fields among it.
  std::vector<Error> mistakes();

 private:
  const boost::json::value* take(const std::string& name, bool required);
  void wrong(const std::string& name, const std::string& wanted);
  boost::json::object object_;
  std::set<std::string> known_;
  std::vector<Error> mistakes_;
};

}  // namespace holdfast::cloud
