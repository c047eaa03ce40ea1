#include "model/field_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <regex>

#include "base/text.h"

namespace holdfast::model {
namespace json = boost::json;
namespace {

size_t characters(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

bool is_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

}  // namespace

// The schemas of the fields from the whole document down to where the reader stands.
struct FieldReader::Description {
  struct Level {
    std::string name;  // empty: the items of a list
    json::object schema;
  };
  std::vector<Level> levels = {{"", {}}};
  const json::array one_item = {nullptr};  // stands for any list

  void leave() {
    Level left = std::move(levels.back());
    levels.pop_back();
    json::object& above = levels.back().schema;
    if (left.name.empty()) {
      above["items"] = std::move(left.schema);
      return;
    }
    json::object& members =
        above["properties"].is_object() ? above["properties"].get_object() : above["properties"].emplace_object();
    // One that is entered once more, only to look, adds nothing.
    if (!left.schema.empty() || !members.contains(left.name)) members[left.name] = std::move(left.schema);
  }
};

FieldReader::FieldReader() = default;
FieldReader::~FieldReader() = default;
FieldReader::FieldReader(FieldReader&&) noexcept = default;

FieldReader FieldReader::describer() {
  FieldReader reader;
  reader.description_ = std::make_unique<Description>();
  return reader;
}

// A null is as good as an absent field, everywhere.
void FieldReader::describe_type(std::string_view type) {
  describe("type", json::array{json::value(type), json::value("null")});
}

void FieldReader::describe(std::string_view keyword, const json::value& value) {
  if (describing()) description_->levels.back().schema[keyword] = value;
}

void FieldReader::describe_words(const std::vector<std::string>& words) {
  json::array all;
  for (const std::string& word : words) all.emplace_back(word);
  all.emplace_back(nullptr);
  describe("enum", std::move(all));
}

json::object FieldReader::take_description() {
  return std::move(description_->levels.front().schema);
}

FieldReader::Step::Step(FieldReader& reader, std::string_view name) : reader_(reader), length_(reader.path_.size()) {
  if (reader_.describing()) reader_.description_->levels.push_back({std::string(name), {}});
  if (!reader_.path_.empty()) reader_.path_ += '.';
  reader_.path_ += name;
}

FieldReader::Step::Step(FieldReader& reader, size_t index) : reader_(reader), length_(reader.path_.size()) {
  if (reader_.describing()) reader_.description_->levels.push_back({"", {}});
  reader_.path_ += fmt::format("[{}]", index);
}

FieldReader::Step::~Step() {
  if (reader_.describing()) reader_.description_->leave();
  reader_.path_.resize(length_);
}

void FieldReader::fault(std::string code, std::string message) {
  fault_at(path_, std::move(code), std::move(message));
}

void FieldReader::fault_at(std::string field, std::string code, std::string message) {
  if (describing() || faults_.size() >= kMaxFaults) return;
  faults_.push_back({ErrorKind::invalid, std::move(code), std::move(message), std::move(field)});
}

namespace {

// "a.b" lies in "a"; "a[1].b" in "a[1]" and in "a". Everything lies in the document itself, "".
bool lies_in(std::string_view inner, std::string_view outer) {
  if (inner.substr(0, outer.size()) != outer) return false;
  return outer.empty() || inner.size() == outer.size() || inner[outer.size()] == '.' || inner[outer.size()] == '[';
}

}  // namespace

bool FieldReader::faulted(std::string_view field) const {
  return std::any_of(faults_.begin(), faults_.end(),
                     [&](const Error& e) { return lies_in(e.field, field) || lies_in(field, e.field); });
}

std::optional<bool> FieldReader::boolean(const json::value& value) {
  if (describing()) describe_type("boolean");
  if (value.is_bool()) return value.get_bool();
  fault("InvalidType", "must be true or false");
  return std::nullopt;
}

std::optional<int> FieldReader::whole(const json::value& value, int least, int most) {
  if (describing()) {
    describe_type("integer");
    describe("minimum", least);
    describe("maximum", most);
  }
  if (value.is_double()) {
    fault("InvalidType", "must be a whole number, written without a point or exponent");
  } else if (!value.is_int64() && !value.is_uint64()) {
    fault("InvalidType", "must be a whole number");
  } else if (value.is_uint64() || value.get_int64() < least || value.get_int64() > most) {
    fault("InvalidValue", fmt::format("must be from {} to {}", least, most));
  } else {
    return static_cast<int>(value.get_int64());
  }
  return std::nullopt;
}

std::optional<std::string> FieldReader::text(const json::value& value, size_t most, bool may_be_empty) {
  if (describing()) {
    describe_type("string");
    describe("maxLength", most);
    if (!may_be_empty) describe("minLength", 1);
  }
  if (!value.is_string()) {
    fault("InvalidType", "must be a text");
    return std::nullopt;
  }
  std::string text(value.get_string());
  bool control = std::any_of(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') || c == 0x7f;
  });
  if (text.empty() && !may_be_empty) {
    fault("InvalidValue", "must not be empty: give a value, or leave the field out");
  } else if (characters(text) > most) {
    fault("InvalidValue", fmt::format("has {} characters, the limit is {}", characters(text), most));
  } else if (control) {
    fault("InvalidValue", "holds control characters: leave them out");
  } else {
    return text;
  }
  return std::nullopt;
}

std::optional<std::string> FieldReader::id(const json::value& value, std::string_view prefix) {
  std::optional<std::string> text = this->text(value, 64);
  describe("pattern", json::value(fmt::format("^{}([0-9a-f]{{8}}|[0-9a-f]{{17}})$", prefix)));
  if (!text) return std::nullopt;
  std::string_view digits = *text;
  bool starts = digits.substr(0, prefix.size()) == prefix;
  if (starts) digits.remove_prefix(prefix.size());
  if (starts && (digits.size() == 8 || digits.size() == 17) && is_hex(digits)) return text;
  fault("InvalidValue",
        fmt::format("'{}' is no id: it must be \"{}\" and 8 or 17 lower-case hexadecimal digits", *text, prefix));
  return std::nullopt;
}

std::optional<std::string> FieldReader::base64(const json::value& value, size_t most) {
  if (describing()) {
    describe_type("string");
    describe("contentEncoding", "base64");
    describe("description", json::value(fmt::format("at most {} bytes, decoded", most)));
  }
  if (!value.is_string()) {
    fault("InvalidType", "must be a text, in base64");
    return std::nullopt;
  }
  std::string encoded(value.get_string());
  std::optional<std::string> bytes = base64_decode(encoded);
  if (!bytes) {
    fault("InvalidValue", "is not base64: encode it (in a YAML file: userData: !base64 |)");
  } else if (bytes->size() > most) {
    fault("InvalidValue",
          fmt::format("has {} bytes decoded, EC2's limit is {}: fetch the rest from within it", bytes->size(), most));
  } else {
    return encoded;
  }
  return std::nullopt;
}

const json::object* FieldReader::object(const json::value& value) {
  if (describing()) {
    describe_type("object");
    describe("additionalProperties", false);
  }
  if (value.is_object()) return &value.get_object();
  fault("InvalidType", "must be an object");
  return nullptr;
}

const json::array* FieldReader::list(const json::value& value, size_t most) {
  if (describing()) {
    describe_type("array");
    describe("maxItems", most);
    return &description_->one_item;
  }
  if (!value.is_array()) {
    fault("InvalidType", "must be a list");
    return nullptr;
  }
  if (value.get_array().size() > most) {
    fault("InvalidValue", fmt::format("has {} entries, the limit is {}", value.get_array().size(), most));
    return nullptr;
  }
  return &value.get_array();
}

void unknown_field(FieldReader& reader, std::string_view name, const std::vector<std::string>& known) {
  std::optional<std::string> near = nearest(name, known);
  std::string remedy =
      near ? fmt::format("did you mean '{}'?", *near) : fmt::format("known here: {}", join(known, ", "));
  reader.fault("UnknownField", fmt::format("is no field of the API; {}", remedy));
}

bool is_ipv4(const std::string& text) {
  static const std::regex kByte("0|[1-9][0-9]{0,2}");
  std::vector<std::string> parts = split(text, '.');
  return parts.size() == 4 && std::all_of(parts.begin(), parts.end(), [](const std::string& part) {
           return std::regex_match(part, kByte) && std::stoi(part) <= 255;
         });
}

}  // namespace holdfast::model
