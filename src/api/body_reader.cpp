#include "api/body_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "base/text.h"
#include "model/json_text.h"

namespace holdfast::api {
namespace json = boost::json;

void BodyReader::fault(const std::string& name, std::string message) {
  std::string field = path_.empty() ? name : name.empty() ? path_ : path_ + "." + name;
  faults_.errors.push_back({ErrorKind::invalid, "InvalidField", std::move(message), std::move(field)});
}

const json::object* BodyReader::object(const json::value& value, const std::vector<std::string>& known) {
  if (!value.is_object()) {
    fault("", "must be a JSON object.");
    return nullptr;
  }
  for (const auto& member : value.get_object()) {
    std::string name(member.key());
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    auto near = nearest(name, known);
    fault(name, near ? fmt::format("is not a known field; did you mean '{}'?", *near)
                     : fmt::format("is not a known field; known: {}.", join(known, ", ")));
  }
  return &value.get_object();
}

void BodyReader::text(const json::object& from, const std::string& name, std::string& into) {
  const json::value* value = given(from, name);
  if (value == nullptr) return;
  if (value->is_string() && !value->get_string().empty()) {
    into = std::string(value->get_string());
  } else {
    fault(name, "must be a text that is not empty.");
  }
}

bool BodyReader::boolean(const json::object& from, const std::string& name, bool& into) {
  const json::value* value = given(from, name);
  if (value == nullptr) return false;
  if (value->is_bool()) {
    into = value->get_bool();
  } else {
    fault(name, "must be true or false.");
  }
  return true;
}

void BodyReader::texts(const json::object& from, const std::string& name, std::vector<std::string>& into) {
  const json::value* value = given(from, name);
  if (value == nullptr) return;
  if (!value->is_array()) return fault(name, "must be a list of texts.");
  for (const json::value& item : value->get_array()) {
    if (!item.is_string()) return fault(name, "must be a list of texts.");
    into.emplace_back(item.get_string());
  }
}

const json::value* BodyReader::given(const json::object& from, const std::string& name) {
  const json::value* value = from.if_contains(name);
  return value == nullptr || value->is_null() ? nullptr : value;
}

std::string BodyReader::below(const std::string& name, size_t index) const {
  return fmt::format("{}{}{}[{}]", path_, path_.empty() ? "" : ".", name, index);
}

model::Checked<json::array> list_in(std::string_view body, const std::string& name, size_t most) {
  auto parsed = model::parse_strictly(body);
  if (!parsed) return tl::unexpected(model::Faults{{parsed.error()}});
  model::Faults faults;
  BodyReader reader("", faults);
  const json::object* object = reader.object(*parsed, {name});
  const json::value* list = object == nullptr ? nullptr : reader.given(*object, name);
  if (object != nullptr && (list == nullptr || !list->is_array() || list->get_array().empty())) {
    reader.fault(name, "must be a list of at least one.");
  } else if (list != nullptr && list->get_array().size() > most) {
    reader.fault(name, fmt::format("has more than {} entries: ask in portions.", most));
  }
  if (!faults.errors.empty()) return tl::unexpected(std::move(faults));
  return list->get_array();
}

}  // namespace holdfast::api
