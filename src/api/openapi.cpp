#include "api/openapi.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "access/tokens.h"
#include "api/bulk.h"
#include "api/copies.h"
#include "api/migration_requests.h"
#include "base/text.h"
#include "base/version.h"
#include "model/schema.h"

namespace holdfast::api {
namespace json = boost::json;
namespace {

json::object typed(std::string_view type) {
  return {{"type", type}};
}

json::object words(std::initializer_list<std::string_view> all) {
  json::array list;
  for (std::string_view word : all) list.emplace_back(word);
  return {{"type", "string"}, {"enum", std::move(list)}};
}

// An object of just these members.
json::object closed(json::object members, std::initializer_list<std::string_view> required = {}) {
  json::object schema{{"type", "object"}, {"additionalProperties", false}, {"properties", std::move(members)}};
  json::array names;
  for (std::string_view name : required) names.emplace_back(name);
  if (!names.empty()) schema["required"] = std::move(names);
  return schema;
}

json::object list_of(json::object items, size_t most) {
  return {{"type", "array"}, {"items", std::move(items)}, {"minItems", 1}, {"maxItems", most}};
}

// A change need not name what is required.
void require_nothing(json::object& schema) {
  schema.erase("required");
  json::value* members = schema.if_contains("properties");
  if (members == nullptr) return;
  for (auto& member : members->get_object()) {
    if (member.value().is_object()) require_nothing(member.value().get_object());
  }
}

json::object deallocation() {
  json::object what;
  for (const char* name : {"shouldTerminateInstance", "shouldDeleteImages", "shouldDeleteNetworkInterfaces",
                           "shouldDeleteSnapshots", "shouldDeleteVolumes"}) {
    what[name] = typed("boolean");
  }
  json::object backup{{"shouldDeleteImages", typed("boolean")}};
  return closed({{"deallocationConfig", closed(std::move(what))}, {"amiBackup", closed(std::move(backup))}});
}

json::object migrations() {
  json::object strings{{"type", "array"}, {"items", typed("string")}};
  json::object zone = closed({{"name", typed("string")}, {"subnetIds", strings}});
  json::object one = closed({{"originalInstanceId", typed("string")},
                             {"name", typed("string")},
                             {"region", typed("string")},
                             {"product", typed("string")},
                             {"shouldKeepPrivateIp", typed("boolean")},
                             {"shouldTerminateInstance", typed("boolean")},
                             {"availabilityZones", {{"type", "array"}, {"items", std::move(zone)}}},
                             {"instanceTypes", strings},
                             {"blockDevicesMode", words({"reattach", "onLaunch"})},
                             {"imageId", typed("string")},
                             {"managedInstance", typed("object")}},
                            {"originalInstanceId", "shouldTerminateInstance"});
  return closed({{"managedInstancesMigrations", list_of(std::move(one), kMostMigrations)}},
                {"managedInstancesMigrations"});
}

json::object group(bool whole) {
  json::object pool =
      closed({{"subnetId", typed("string")}, {"addresses", {{"type", "array"}, {"items", typed("string")}}}});
  json::object members{{"name", typed("string")}, {"privateIpPool", std::move(pool)}};
  json::object one{{"type", "object"}, {"properties", std::move(members)}};
  if (whole) one["required"] = json::array{"name"};
  return closed({{"group", std::move(one)}}, {"group"});
}

// The envelope of every answer; the items are what the call's own words say.
json::object envelope(bool good) {
  json::object status{{"type", "object"}, {"properties", {{"code", typed("integer")}, {"message", typed("string")}}}};
  json::object response{{"status", std::move(status)}};
  if (good) {
    response["kind"] = typed("string");
    response["items"] = {{"type", "array"}, {"items", typed("object")}};
    response["count"] = typed("integer");
  } else {
    json::object error{{"code", typed("string")}, {"message", typed("string")}, {"field", typed("string")}};
    response["errors"] = {{"type", "array"}, {"items", {{"type", "object"}, {"properties", std::move(error)}}}};
  }
  json::object request;
  for (const char* name : {"id", "url", "method", "timestamp"}) request[name] = typed("string");
  return {{"type", "object"},
          {"properties",
           {{"request", {{"type", "object"}, {"properties", std::move(request)}}},
            {"response", {{"type", "object"}, {"properties", std::move(response)}}}}}};
}

json::object content_of(json::object schema) {
  return {{"application/json", {{"schema", std::move(schema)}}}};
}

json::array parameters_of(const Route& route) {
  json::array all;
  for (const std::string& part : split(route.path, '/')) {
    if (!part.starts_with('{')) continue;
    all.push_back(
        {{"name", part.substr(1, part.size() - 2)}, {"in", "path"}, {"required", true}, {"schema", typed("string")}});
  }
  for (const Parameter& parameter : route.query) {
    all.push_back({{"name", parameter.name},
                   {"in", "query"},
                   {"description", parameter.about},
                   {"schema", typed(parameter.type)}});
  }
  return all;
}

std::string_view media_of(Operation operation) {
  if (operation == Operation::metrics) return "text/plain";
  return operation == Operation::docs ? "text/html" : "application/json";
}

json::object operation_of(const Route& route) {
  const json::object fault{{"$ref", "#/components/responses/Fault"}};
  json::object good{{"description", "done"}};
  const std::string_view media = media_of(route.operation);
  json::object shape{{"$ref", "#/components/schemas/Answer"}};
  good["content"] = {
      {media, {{"schema", media == "application/json" ? json::value(shape) : json::value(typed("string"))}}}};
  json::object operation{{"summary", route.summary},
                         {"parameters", parameters_of(route)},
                         {"responses", {{"200", std::move(good)}, {"default", fault}}}};
  if (route.open) operation["security"] = json::array();
  if (route.body == Body::none) return operation;
  const bool needed = route.body != Body::deallocation;
  operation["requestBody"] = {{"required", needed}, {"content", content_of(schema_of(route.body))}};
  return operation;
}

std::string lower(std::string_view method) {
  std::string text(method);
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

}  // namespace

json::object schema_of(Body body) {
  const json::object document{{"$ref", "#/components/schemas/ManagedInstance"}};
  const json::object update{{"$ref", "#/components/schemas/ManagedInstanceUpdate"}};
  switch (body) {
    case Body::none:
      return {};
    case Body::managed_instance:
      return closed({{"managedInstance", document}}, {"managedInstance"});
    case Body::managed_instance_update:
      return closed({{"managedInstance", update}}, {"managedInstance"});
    case Body::deallocation:
      return deallocation();
    case Body::states: {
      json::object wish =
          closed({{"id", typed("string")}, {"state", words({"PAUSE", "RESUME", "RECYCLE"})}}, {"id", "state"});
      return closed({{"managedInstances", list_of(std::move(wish), kMostAtOnce)}}, {"managedInstances"});
    }
    case Body::migrations:
      return migrations();
    case Body::migration_ids:
      return closed({{"migrationIds", list_of(typed("string"), kMostMigrationIds)}}, {"migrationIds"});
    case Body::restore:
      return closed({{"snapshotIds", list_of(typed("string"), kMostRestoreSources)},
                     {"generation", typed("integer")},
                     {"cancel", {{"const", true}}}});
    case Body::group:
      return group(true);
    case Body::group_update:
      return group(false);
    case Body::token: {
      json::object seconds = typed("integer");
      seconds["minimum"] = 1;
      seconds["maximum"] = access::kLongestLifetime.count();
      json::object one{{"name", typed("string")},
                       {"role", words({"viewer", "operator", "admin"})},
                       {"expiresInSeconds", std::move(seconds)}};
      return closed({{"token", closed(std::move(one), {"name", "role"})}}, {"token"});
    }
  }
  return {};
}

json::object openapi_document() {
  json::object paths;
  for (const Route& route : routes()) {
    json::value& at = paths[route.path];
    if (!at.is_object()) at.emplace_object();
    at.get_object()[lower(route.method)] = operation_of(route);
  }
  json::object update = model::schema_of_document();
  require_nothing(update);
  json::object schemas{{"ManagedInstance", model::schema_of_document()},
                       {"ManagedInstanceUpdate", std::move(update)},
                       {"Answer", envelope(true)},
                       {"Refusal", envelope(false)}};
  json::object fault{{"description", "refused: errors[].code, message and field say why"},
                     {"content", content_of({{"$ref", "#/components/schemas/Refusal"}})}};
  return {{"openapi", "3.1.0"},
          {"info",
           {{"title", "Holdfast"},
            {"version", kVersion},
            {"description",
             "Managed instances: stateful machines that survive losing spot instances. Every call also "
             "takes accountId."}}},
          {"security", json::array{{{"token", json::array()}}}},
          {"paths", std::move(paths)},
          {"components",
           {{"schemas", std::move(schemas)},
            {"responses", {{"Fault", std::move(fault)}}},
            {"securitySchemes", {{"token", {{"type", "http"}, {"scheme", "bearer"}}}}}}}};
}

}  // namespace holdfast::api
