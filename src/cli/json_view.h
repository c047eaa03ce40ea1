// Reading answers of the API where a member may be missing, and writing them for people and programs.
#pragma once

#include <boost/json/fwd.hpp>
#include <cstdint>
#include <string>
#include <string_view>

namespace holdfast::cli {

// The member at a dotted path; null if there is none.
const boost::json::value& at(const boost::json::value& value, std::string_view path);
// A text as it is, other values as JSON; empty for null and for nothing.
std::string text_at(const boost::json::value& value, std::string_view path);
int64_t number_at(const boost::json::value& value, std::string_view path);
// The list at the path; an empty one if there is none.
const boost::json::array& list_at(const boost::json::value& value, std::string_view path);

enum class Format { table, json, yaml };

// Indented JSON with a new line at its end.
std::string pretty_json(const boost::json::value& value);
// YAML that document_from_yaml reads back as the same value.
std::string to_yaml(const boost::json::value& value);
// The same for a document to edit: user data that is text is written as that text, tagged !base64.
std::string to_yaml_document(const boost::json::value& document);
std::string written(const boost::json::value& value, Format format);  // not table

}  // namespace holdfast::cli
