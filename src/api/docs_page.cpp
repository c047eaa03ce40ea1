// The page at /docs: the calls, and every field of a managed instance's document with what is asked of it. No script,
// nothing fetched from elsewhere.

#include <fmt/format.h>

#include <boost/json.hpp>

#include "api/openapi.h"
#include "base/text.h"
#include "base/version.h"
#include "model/schema.h"

namespace holdfast::api {
namespace json = boost::json;
namespace {

constexpr std::string_view kStyle =
    "body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 "
    "1rem;color:#222;background:#fff}"
    "table{border-collapse:collapse;width:100%;margin:1rem 0}td,th{border-bottom:1px solid #ddd;padding:.4rem .6rem;"
    "text-align:left;vertical-align:top}code{font:14px ui-monospace,monospace;white-space:nowrap}"
    "small{color:#666}@media(prefers-color-scheme:dark){body{color:#ddd;background:#111}td,th{border-color:#333}}";

std::string escaped(std::string_view text) {
  std::string out;
  for (char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string text_of(const json::value* value) {
  if (value == nullptr) return {};
  return value->is_string() ? std::string(value->get_string()) : json::serialize(*value);
}

// "integer, 1 to 86400"; "spot, on_demand".
std::string demand_of(const json::object& schema) {
  if (const json::value* enumerated = schema.if_contains("enum")) {
    std::vector<std::string> all;
    for (const json::value& word : enumerated->get_array()) {
      if (!word.is_null()) all.push_back(text_of(&word));
    }
    return join(all, ", ");
  }
  std::string type;
  if (const json::value* types = schema.if_contains("type")) {
    type = types->is_array() ? text_of(&types->get_array().at(0)) : text_of(types);
  }
  if (schema.contains("minimum")) {
    type += fmt::format(", {} to {}", text_of(schema.if_contains("minimum")), text_of(schema.if_contains("maximum")));
  }
  if (schema.contains("maxLength"))
    type += fmt::format(", at most {} characters", text_of(schema.if_contains("maxLength")));
  if (schema.contains("maxItems")) type += fmt::format(", at most {}", text_of(schema.if_contains("maxItems")));
  if (schema.contains("pattern")) type += ", " + text_of(schema.if_contains("pattern"));
  return type;
}

void add_fields(const json::object& schema, const std::string& path, std::string& rows) {
  const json::value* members = schema.if_contains("properties");
  if (members != nullptr) {
    const json::value* required = schema.if_contains("required");
    for (const auto& member : members->get_object()) {
      const json::object& below = member.value().get_object();
      const std::string name = (path.empty() ? "" : path + ".") + std::string(member.key());
      bool needed = false;
      if (required != nullptr) {
        for (const json::value& one : required->get_array()) needed = needed || one.get_string() == member.key();
      }
      rows += fmt::format("<tr><td><code>{}</code></td><td>{}{}</td><td>{}</td></tr>\n", escaped(name),
                          escaped(demand_of(below)), needed ? " <small>required</small>" : "",
                          escaped(text_of(below.if_contains("description"))));
      add_fields(below, name, rows);
    }
  }
  if (const json::value* items = schema.if_contains("items")) add_fields(items->get_object(), path + "[]", rows);
}

std::string calls() {
  std::string rows;
  for (const Route& route : routes()) {
    std::vector<std::string> query;
    for (const Parameter& parameter : route.query) {
      query.push_back(fmt::format("<code>{}</code> {}", parameter.name, escaped(parameter.about)));
    }
    std::string body;
    if (const json::object schema = schema_of(route.body); schema.contains("properties")) {
      std::vector<std::string> names;
      for (const auto& member : schema.at("properties").get_object()) names.emplace_back(member.key());
      body = fmt::format("<br><small>body: {}</small>", escaped(join(names, ", ")));
    }
    rows += fmt::format("<tr><td><code>{}</code></td><td><code>{}</code>{}</td><td>{}</td><td>{}</td></tr>\n",
                        route.method, escaped(route.path), body, escaped(route.summary), join(query, "<br>"));
  }
  return rows;
}

}  // namespace

std::string docs_page() {
  std::string fields;
  add_fields(model::schema_of_document(), "", fields);
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
      "content=\"width=device-width\"><title>Holdfast {0}: the API</title><style>{1}</style></head><body>\n"
      "<h1>Holdfast {0}</h1>\n<p>Send <code>Authorization: Bearer TOKEN</code>. Every answer is {{request, response: "
      "{{status, kind, items, count}}}}; a refusal has <code>response.errors[]</code> with code, message and field. "
      "As data: <a href=\"/openapi.json\">openapi.json</a>.</p>\n"
      "<h2>Calls</h2>\n<table><tr><th>Method</th><th>Path</th><th></th><th>Query</th></tr>\n{2}</table>\n"
      "<h2>The managed instance</h2>\n<p>A field that is null is as good as left out.</p>\n"
      "<table><tr><th>Field</th><th>Value</th><th></th></tr>\n{3}</table>\n</body></html>\n",
      kVersion, kStyle, calls(), fields);
}

}  // namespace holdfast::api
