// The process's surroundings as the AWS chain looks at them: environment variables and the home folder. A value, so
// that tests bring their own and nothing is read behind one's back.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

namespace holdfast::aws {

struct Environment {
  std::map<std::string, std::string> variables;

  static Environment of_process();
  // Nothing if unset or empty: AWS's tools treat both alike.
  std::optional<std::string> get(const std::string& name) const;
  // "true" in any case; anything else is not.
  bool is_true(const std::string& name) const;
  // "~/.aws/config" -> "/root/.aws/config".
  std::string expand_home(const std::string& path) const;
};

}  // namespace holdfast::aws
