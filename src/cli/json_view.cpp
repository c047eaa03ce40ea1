#include "cli/json_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cctype>
#include <optional>
#include <regex>
#include <vector>

#include "base/text.h"

namespace holdfast::cli {
namespace json = boost::json;

const json::value& at(const json::value& value, std::string_view path) {
  static const json::value kNothing;
  const json::value* here = &value;
  while (true) {
    size_t end = path.find('.');
    here = here->is_object() ? here->get_object().if_contains(path.substr(0, end)) : nullptr;
    if (here == nullptr) return kNothing;
    if (end == std::string_view::npos) return *here;
    path.remove_prefix(end + 1);
  }
}

std::string text_at(const json::value& value, std::string_view path) {
  const json::value& found = at(value, path);
  if (found.is_null()) return {};
  return found.is_string() ? std::string(found.get_string()) : json::serialize(found);
}

int64_t number_at(const json::value& value, std::string_view path) {
  const json::value& found = at(value, path);
  return found.is_int64() ? found.get_int64() : 0;
}

const json::array& list_at(const json::value& value, std::string_view path) {
  static const json::array kNone;
  const json::value& found = at(value, path);
  return found.is_array() ? found.get_array() : kNone;
}

namespace {

// Both writers go as deep as the parser went that made the value: bounded there.

void write_json(const json::value& value, size_t depth, std::string& text) {
  const std::string indent(depth * 2 + 2, ' ');
  const std::string end = "\n" + std::string(depth * 2, ' ');
  const char* separator = "\n";
  if (value.is_object() && !value.get_object().empty()) {
    text += '{';
    for (const auto& member : value.get_object()) {
      text += separator + indent + json::serialize(member.key()) + ": ";
      write_json(member.value(), depth + 1, text);
      separator = ",\n";
    }
    text += end + '}';
  } else if (value.is_array() && !value.get_array().empty()) {
    text += '[';
    for (const json::value& item : value.get_array()) {
      text += separator + indent;
      write_json(item, depth + 1, text);
      separator = ",\n";
    }
    text += end + ']';
  } else if (value.is_double()) {
    text += fmt::format("{}", value.get_double());
  } else {
    text += json::serialize(value);
  }
}

// Plain only where no reader of YAML, old or new, takes the text for something else. Everything else is written as a
// JSON text, which is YAML as well.
std::string yaml_text(std::string_view text) {
  static const std::regex kPlain("[A-Za-z/][A-Za-z0-9_./@+-]*( [A-Za-z0-9_./@+-]+)*");
  static const std::regex kWord("(true|false|null|yes|no|on|off|y|n)", std::regex::icase);
  constexpr size_t kLongestPlain = 200;
  bool plain = text.size() <= kLongestPlain && std::regex_match(text.begin(), text.end(), kPlain) &&
               !std::regex_match(text.begin(), text.end(), kWord);
  return plain ? std::string(text) : json::serialize(json::string_view(text.data(), text.size()));
}

// The lines of what is encoded here, if they can stand in a block of YAML and come back as the same base64.
std::optional<std::vector<std::string>> block_of(const json::value& value) {
  if (!value.is_string()) return std::nullopt;
  std::string encoded(value.get_string());
  std::optional<std::string> bytes = base64_decode(encoded);
  if (!bytes || base64_encode(*bytes) != encoded || !is_utf8(*bytes)) return std::nullopt;
  bool plain = std::all_of(bytes->begin(), bytes->end(), [](char c) {
    return c == '\n' || c == '\t' ||
           (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f && static_cast<unsigned char>(c) < 0x80);
  });
  // One new line at the end is what `|` keeps; a first line that begins with space would say how deep the block is.
  size_t size = bytes->size();
  if (!plain || size < 2 || bytes->back() != '\n' || (*bytes)[size - 2] == '\n' || std::isspace(bytes->front()))
    return std::nullopt;
  return split(std::string_view(*bytes).substr(0, size - 1), '\n');
}

void write_yaml(const json::value& value, size_t depth, bool in_list, bool decode, std::string& text) {
  const std::string indent(depth * 2, ' ');
  if (value.is_object() && !value.get_object().empty()) {
    bool first = true;
    for (const auto& member : value.get_object()) {
      // The first member of a list's entry stands behind its dash.
      text += (first && in_list ? "" : indent) + yaml_text({member.key().data(), member.key().size()}) + ":";
      first = false;
      auto lines = decode && member.key() == "userData" ? block_of(member.value()) : std::nullopt;
      if (lines) {
        text += " !base64 |\n";
        for (const std::string& line : *lines) text += line.empty() ? "\n" : indent + "  " + line + "\n";
        continue;
      }
      bool block = (member.value().is_object() && !member.value().get_object().empty()) ||
                   (member.value().is_array() && !member.value().get_array().empty());
      text += block ? "\n" : " ";
      write_yaml(member.value(), depth + 1, false, decode, text);
    }
  } else if (value.is_array() && !value.get_array().empty()) {
    for (const json::value& item : value.get_array()) {
      text += indent + "- ";
      bool nested = item.is_array() && !item.get_array().empty();
      if (nested) text += "\n";
      write_yaml(item, depth + 1, !nested, decode, text);
    }
  } else if (value.is_string()) {
    text += yaml_text({value.get_string().data(), value.get_string().size()}) + "\n";
  } else if (value.is_double()) {
    text += fmt::format("{}\n", value.get_double());
  } else {
    text += json::serialize(value) + "\n";
  }
}

}  // namespace

std::string pretty_json(const json::value& value) {
  std::string text;
  write_json(value, 0, text);
  return text + "\n";
}

std::string to_yaml(const json::value& value) {
  std::string text;
  write_yaml(value, 0, false, false, text);
  return text;
}

std::string to_yaml_document(const json::value& document) {
  std::string text;
  write_yaml(document, 0, false, true, text);
  return text;
}

std::string written(const json::value& value, Format format) {
  return format == Format::yaml ? to_yaml(value) : pretty_json(value);
}

}  // namespace holdfast::cli
