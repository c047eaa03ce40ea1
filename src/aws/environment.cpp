#include "aws/environment.h"

#include <pwd.h>
#include <strings.h>
#include <unistd.h>

#include <string_view>
#include <vector>

extern char** environ;

namespace holdfast::aws {
namespace {

std::string home_of_user() {
  std::vector<char> buffer(16 << 10);
  passwd entry{};
  passwd* found = nullptr;
  if (getpwuid_r(getuid(), &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr) return "/";
  return found->pw_dir;
}

}  // namespace

Environment Environment::of_process() {
  Environment environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const size_t equals = text.find('=');
    if (equals != std::string_view::npos)
      environment.variables.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return environment;
}

std::optional<std::string> Environment::get(const std::string& name) const {
  auto found = variables.find(name);
  if (found == variables.end() || found->second.empty()) return std::nullopt;
  return found->second;
}

bool Environment::is_true(const std::string& name) const {
  auto value = get(name);
  return value && strcasecmp(value->c_str(), "true") == 0;
}

std::string Environment::expand_home(const std::string& path) const {
  if (path != "~" && !path.starts_with("~/")) return path;
  return get("HOME").value_or(home_of_user()) + path.substr(1);
}

}  // namespace holdfast::aws
