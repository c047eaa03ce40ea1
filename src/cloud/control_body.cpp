#include "cloud/control_body.h"

#include "base/text.h"

namespace holdfast::cloud {

namespace json = boost::json;

ControlBody::ControlBody(const std::string& text) {
  if (trim(text).empty()) return;
  json::error_code problem;
  json::value value = is_utf8(text) ? json::parse(text, problem) : json::value();
  if (problem || !value.is_object()) {
    mistakes_.push_back({ErrorKind::invalid, "INVALID_BODY", "The body must be a JSON object.", ""});
    return;
  }
  object_ = std::move(value.as_object());
}

const json::value* ControlBody::take(const std::string& name, bool required) {
  known_.insert(name);
  const json::value* value = object_.if_contains(name);
  if (value != nullptr && !value->is_null()) return value;
  if (required) mistakes_.push_back({ErrorKind::invalid, "MISSING_FIELD", "The field " + name + " is required.", name});
  return nullptr;
}

void ControlBody::wrong(const std::string& name, const std::string& wanted) {
  mistakes_.push_back({ErrorKind::invalid, "INVALID_FIELD", "The field " + name + " must be " + wanted + ".", name});
}

bool ControlBody::is_null(const std::string& name) {
  known_.insert(name);
  const json::value* value = object_.if_contains(name);
  return value != nullptr && value->is_null();
}

std::optional<std::string> ControlBody::text(const std::string& name, bool required) {
  const json::value* value = take(name, required);
  if (value == nullptr) return std::nullopt;
  if (value->is_string()) return std::string(value->as_string());
  wrong(name, "a text");
  return std::nullopt;
}

std::optional<int64_t> ControlBody::integer(const std::string& name, bool required) {
  const json::value* value = take(name, required);
  if (value == nullptr) return std::nullopt;
  if (value->is_int64()) return value->as_int64();
  wrong(name, "a whole number");
  return std::nullopt;
}

std::optional<bool> ControlBody::boolean(const std::string& name) {
  const json::value* value = take(name, false);
  if (value == nullptr) return std::nullopt;
  if (value->is_bool()) return value->as_bool();
  wrong(name, "true or false");
  return std::nullopt;
}

std::optional<double> ControlBody::number(const std::string& name) {
  const json::value* value = take(name, false);
  if (value == nullptr) return std::nullopt;
  if (value->is_number()) return value->to_number<double>();
  wrong(name, "a number");
  return std::nullopt;
}

std::optional<std::vector<std::string>> ControlBody::texts(const std::string& name, bool required) {
  const json::value* value = take(name, required);
  if (value == nullptr) return std::nullopt;
  std::vector<std::string> texts;
  bool all = value->is_array();
  for (size_t i = 0; all && i < value->as_array().size(); ++i) {
    const auto& item = value->as_array()[i];
    all = item.is_string();
    if (all) texts.emplace_back(item.as_string());
  }
  if (all) return texts;
  wrong(name, "a list of texts");
  return std::nullopt;
}

std::vector<Error> ControlBody::mistakes() {
  for (const auto& field : object_) {
    std::string name(field.key());
    if (known_.count(name) != 0) continue;
    auto near = nearest(name, std::vector<std::string>(known_.begin(), known_.end()));
    mistakes_.push_back({ErrorKind::invalid, "UNKNOWN_FIELD",
                         "There is no field " + name + (near ? "; did you mean " + *near + "?" : "."), name});
  }
  return std::move(mistakes_);
}

}  // namespace holdfast::cloud
