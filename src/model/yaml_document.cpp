// A managed instance's document from a file: YAML, of which JSON is a part. Scalars are read by YAML 1.2's core schema;
// where an older reader would take a scalar for something else (0123), or a file says a thing twice, it is refused with
// line and column rather than guessed.
//
// One convenience: a scalar tagged !base64 is encoded, so that user data can be written as it is:
//   userData: !base64 |
//     #!/bin/sh

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <boost/json.hpp>
#include <charconv>
#include <regex>

#include "base/text.h"
#include "model/document.h"
#include "model/json_text.h"

namespace holdfast::model {
namespace json = boost::json;
namespace {

// An alias repeats what it names: a small file can be a huge document.
constexpr size_t kMaxNodes = 20'000;

constexpr char kQuoted[] = "!";  // yaml-cpp's tag of a scalar in quotes or a block
constexpr char kPlain[] = "?";   // of a plain one
constexpr char kBase64[] = "!base64";
constexpr char kCore[] = "tag:yaml.org,2002:";

Failure broken(const YAML::Mark& mark, std::string message) {
  std::string place = mark.is_null() ? "" : fmt::format("line {}, column {}: ", mark.line + 1, mark.column + 1);
  return fail(ErrorKind::invalid, "InvalidYaml", place + std::move(message));
}

class Converter {
 public:
  Result<json::value> convert(const YAML::Node& node, size_t depth = 0) {
    if (++nodes_ > kMaxNodes)
      return broken(node.Mark(), fmt::format("more than {} values: make it smaller", kMaxNodes));
    if (depth > kMaxDocumentDepth) {
      return broken(node.Mark(), fmt::format("nested more than {} levels deep", kMaxDocumentDepth));
    }
    if (node.IsMap()) return map(node, depth);
    if (node.IsSequence()) return list(node, depth);
    if (node.IsScalar()) return scalar(node);
    return json::value(nullptr);
  }

 private:
  Result<json::value> map(const YAML::Node& node, size_t depth) {
    json::object object;
    for (const auto& member : node) {
      const YAML::Node& key = member.first;
      if (!key.IsScalar()) return broken(key.Mark(), "a field's name must be a plain text");
      if (key.Scalar() == "<<" && key.Tag() == kPlain) {
        return broken(key.Mark(), "'<<' is not supported: write the fields out");
      }
      if (object.contains(key.Scalar())) {
        return broken(key.Mark(), fmt::format("'{}' is given twice: leave one of the two out", key.Scalar()));
      }
      HF_TRY(json::value value, convert(member.second, depth + 1));
      object.emplace(key.Scalar(), std::move(value));
    }
    return json::value(std::move(object));
  }

  Result<json::value> list(const YAML::Node& node, size_t depth) {
    json::array array;
    for (const YAML::Node& item : node) {
      HF_TRY(json::value value, convert(item, depth + 1));
      array.push_back(std::move(value));
    }
    return json::value(std::move(array));
  }

  static Result<json::value> scalar(const YAML::Node& node) {
    const std::string& text = node.Scalar();
    const std::string& tag = node.Tag();
    if (tag == kBase64) return json::value(base64_encode(text));
    if (tag == kQuoted || tag == std::string(kCore) + "str") return json::value(text);
    if (tag == kPlain || tag.empty()) return plain(node, text);
    return broken(node.Mark(), fmt::format("the tag '{}' is not supported: leave it out (!base64 and !!str are)", tag));
  }

  static Result<json::value> plain(const YAML::Node& node, const std::string& text) {
    static const std::regex kNull("|~|null|Null|NULL");
    static const std::regex kTrue("true|True|TRUE");
    static const std::regex kFalse("false|False|FALSE");
    static const std::regex kWhole("[-+]?[0-9]+");
    static const std::regex kLeadingZero("[-+]?0[0-9_]+");
    static const std::regex kOtherBase("0o[0-7]+|0x[0-9a-fA-F]+");
    static const std::regex kReal("[-+]?(\\.[0-9]+|[0-9]+(\\.[0-9]*)?)([eE][-+]?[0-9]+)?");
    static const std::regex kNoNumber("[-+]?\\.(inf|Inf|INF)|\\.(nan|NaN|NAN)");
    if (text.size() > 64) return json::value(text);  // no number is that long, and regexes recurse
    if (std::regex_match(text, kNull)) return json::value(nullptr);
    if (std::regex_match(text, kTrue)) return json::value(true);
    if (std::regex_match(text, kFalse)) return json::value(false);
    if (std::regex_match(text, kLeadingZero)) {
      return broken(node.Mark(), fmt::format("'{}' is octal for some readers and decimal for others: write it without "
                                             "the leading zero, or in quotes if it is a text",
                                             text));
    }
    if (std::regex_match(text, kWhole)) return whole(node, text, 10);
    if (std::regex_match(text, kOtherBase)) return whole(node, text.substr(2), text[1] == 'o' ? 8 : 16);
    if (std::regex_match(text, kNoNumber))
      return broken(node.Mark(), fmt::format("'{}' cannot be used as a number", text));
    if (std::regex_match(text, kReal)) return json::value(std::strtod(text.c_str(), nullptr));
    return json::value(text);
  }

  static Result<json::value> whole(const YAML::Node& node, std::string_view digits, int base) {
    if (digits.front() == '+') digits.remove_prefix(1);
    int64_t number = 0;
    auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number, base);
    if (error != std::errc() || end != digits.data() + digits.size()) {
      return broken(node.Mark(), fmt::format("the number {} is too large", node.Scalar()));
    }
    return json::value(number);
  }

  size_t nodes_ = 0;
};

Result<json::value> read_yaml(std::string_view text) {
  try {
    std::vector<YAML::Node> documents = YAML::LoadAll(std::string(text));
    if (documents.empty())
      return fail(ErrorKind::invalid, "InvalidYaml", "The file is empty: describe a managed instance in it");
    if (documents.size() > 1) {
      return broken(documents[1].Mark(), "a second document begins: put each managed instance in a file of its own");
    }
    return Converter().convert(documents.front());
  } catch (const YAML::Exception& error) {
    return broken(error.mark, error.msg);
  }
}

}  // namespace

Result<std::string> document_from_yaml(std::string_view text) {
  if (text.size() > kMaxDocumentBytes) {
    return fail(ErrorKind::invalid, "InvalidYaml",
                fmt::format("The file has {} bytes, the limit is {}: make it shorter", text.size(), kMaxDocumentBytes));
  }
  if (!is_utf8(text)) return fail(ErrorKind::invalid, "InvalidYaml", "The text is not UTF-8: save it in that encoding");
  Result<json::value> value = parse_strictly(text);
  // A text that begins like JSON may still be YAML's flow style; a doubled key is a fault in both.
  if (!value && value.error().field.empty()) value = read_yaml(text);
  HF_TRY(json::value document, std::move(value));
  if (!document.is_object()) {
    return fail(ErrorKind::invalid, "InvalidType", "The file must hold fields of a managed instance, e.g. name: db");
  }
  json::object& object = document.get_object();
  json::value* inner = object.if_contains("managedInstance");
  if (inner == nullptr) return json::serialize(document);
  if (object.size() > 1) {
    return fail(ErrorKind::invalid, "UnknownField", "Nothing else may stand beside managedInstance at the top");
  }
  if (!inner->is_object()) return fail(ErrorKind::invalid, "InvalidType", "must be an object", "managedInstance");
  return json::serialize(*inner);
}

}  // namespace holdfast::model
