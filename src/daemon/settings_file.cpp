#include "daemon/settings_file.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <cerrno>
#include <fstream>
#include <set>
#include <sstream>

namespace holdfast::daemon {
namespace {

using Entries = std::vector<std::pair<std::string, std::string>>;

constexpr size_t kMaxBytes = 64 << 10;
constexpr int kMaxDepth = 4;

Failure bad(const std::string& path, std::string message) {
  return fail(ErrorKind::invalid, "InvalidSettingsFile", std::move(message), path);
}

Result<void> flatten(const std::string& file, const std::string& prefix, const YAML::Node& node, int depth,
                     Entries& out) {
  if (node.IsNull()) return {};
  if (node.IsScalar()) {
    out.emplace_back(prefix, node.Scalar());
    return {};
  }
  if (!node.IsMap() || depth > kMaxDepth) {
    return bad(file,
               fmt::format("line {}: '{}' must be one value or a group of settings.", node.Mark().line + 1, prefix));
  }
  std::set<std::string> seen;
  for (const auto& entry : node) {
    if (!entry.first.IsScalar())
      return bad(file, fmt::format("line {}: a name is expected.", entry.first.Mark().line + 1));
    const std::string name = entry.first.Scalar();
    // yaml-cpp would answer the first of the two.
    if (!seen.insert(name).second) {
      return bad(file, fmt::format("line {}: '{}' is given twice: leave one of the two out.",
                                   entry.first.Mark().line + 1, name));
    }
    HF_TRY_VOID(flatten(file, prefix.empty() ? name : prefix + "." + name, entry.second, depth + 1, out));
  }
  return {};
}

}  // namespace

Result<Entries> read_settings_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return Failure(system_error("reading the settings file " + path, errno));
  std::ostringstream text;
  text << in.rdbuf();
  if (text.str().size() > kMaxBytes) return bad(path, "is too large for a settings file.");
  try {
    YAML::Node root = YAML::Load(text.str());
    if (!root.IsNull() && !root.IsMap()) return bad(path, "must hold 'name: value' lines.");
    Entries entries;
    HF_TRY_VOID(flatten(path, "", root, 0, entries));
    return entries;
  } catch (const YAML::Exception& error) {
    return bad(path, fmt::format("line {}, column {}: {}.", error.mark.line + 1, error.mark.column + 1, error.msg));
  }
}

}  // namespace holdfast::daemon
