#include "cli/difference.h"

#include <boost/json.hpp>

namespace holdfast::cli {
namespace json = boost::json;
namespace {

json::object compare(const json::object& kept, const json::object& wanted, const std::string& path,
                     std::vector<std::string>& changed) {
  json::object update;
  auto path_of = [&](json::string_view key) { return path + (path.empty() ? "" : ".") + std::string(key); };
  for (const auto& member : kept) {
    const json::value* now = wanted.if_contains(member.key());
    if (member.value().is_null() || (now != nullptr && !now->is_null())) continue;
    update[member.key()] = nullptr;
    changed.push_back(path_of(member.key()));
  }
  for (const auto& member : wanted) {
    const json::value* before = kept.if_contains(member.key());
    if (member.value().is_null() || (before != nullptr && *before == member.value())) continue;
    if (before != nullptr && before->is_object() && member.value().is_object()) {
      json::object below = compare(before->get_object(), member.value().get_object(), path_of(member.key()), changed);
      if (!below.empty()) update[member.key()] = std::move(below);
    } else {
      update[member.key()] = member.value();
      changed.push_back(path_of(member.key()));
    }
  }
  return update;
}

}  // namespace

json::object update_for(const json::object& kept, const json::object& wanted, std::vector<std::string>& changed) {
  return compare(kept, wanted, "", changed);
}

}  // namespace holdfast::cli
