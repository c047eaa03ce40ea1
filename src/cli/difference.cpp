#include "cli/difference.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "base/text.h"

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

bool is_secret(const std::string& path) {
  std::string last = path.substr(path.rfind('.') + 1);
  return last == "userData" || last == "shutdownScript";
}

std::string told(const std::string& path, const json::value* value) {
  if (value == nullptr) return {};
  if (!is_secret(path) || !value->is_string()) return json::serialize(*value);
  std::string text(value->get_string());
  return json::serialize(json::value(fmt::format("({} bytes)", base64_decode(text).value_or(text).size())));
}

const json::value* member(const json::value* of, json::string_view name) {
  const json::value* found = of != nullptr && of->is_object() ? of->get_object().if_contains(name) : nullptr;
  return found == nullptr || found->is_null() ? nullptr : found;
}

bool is_object(const json::value* value) {
  return value != nullptr && value->is_object();
}

// As deep as the parser went that made the values: bounded there. A null pointer: not there.
void walk(const json::value* kept, const json::value* wanted, const std::string& path, std::vector<Change>& changes) {
  const bool open = (is_object(kept) || kept == nullptr) && (is_object(wanted) || wanted == nullptr);
  if (!open) {
    if (kept != nullptr && wanted != nullptr && *kept == *wanted) return;
    Change change{path, told(path, kept), told(path, wanted)};
    if (change.before == change.after) change.after = json::serialize(json::value("(other text of that size)"));
    changes.push_back(std::move(change));
    return;
  }
  const size_t before = changes.size();
  auto below = [&](json::string_view key) {
    walk(member(kept, key), member(wanted, key), path + (path.empty() ? "" : ".") + std::string(key), changes);
  };
  if (kept != nullptr) {
    for (const auto& entry : kept->get_object()) {
      if (!entry.value().is_null() || member(wanted, entry.key()) != nullptr) below(entry.key());
    }
  }
  if (wanted != nullptr) {
    for (const auto& entry : wanted->get_object()) {
      bool seen = kept != nullptr && kept->get_object().contains(entry.key());
      if (!seen && !entry.value().is_null()) below(entry.key());
    }
  }
  // An object without members that comes or goes as a whole.
  const bool one_sided = (kept == nullptr) != (wanted == nullptr);
  if (one_sided && changes.size() == before) {
    changes.push_back({path, kept != nullptr ? "{}" : "", wanted != nullptr ? "{}" : ""});
  }
}

}  // namespace

json::object update_for(const json::object& kept, const json::object& wanted, std::vector<std::string>& changed) {
  return compare(kept, wanted, "", changed);
}

std::vector<Change> changes_between(const json::object& kept, const json::object& wanted) {
  std::vector<Change> changes;
  const json::value before(kept), after(wanted);
  walk(&before, &after, "", changes);
  return changes;
}

}  // namespace holdfast::cli
