#include "api/items.h"

#include <boost/json.hpp>

#include "api/status_parts.h"
#include "base/check.h"
#include "model/json_text.h"
#include "model/names.h"

namespace holdfast::api {
namespace json = boost::json;
using model::State;

void hide_secrets(json::object& document) {
  json::value* compute = document.if_contains("compute");
  if (!compute || !compute->is_object()) return;
  json::value* launch = compute->get_object().if_contains("launchSpecification");
  if (!launch || !launch->is_object()) return;
  launch->get_object().erase("userData");
  launch->get_object().erase("shutdownScript");
}

json::object item_of(const engine::View& view, Detail detail) {
  auto document = model::parse_strictly(view.document);
  // It was read strictly before it was stored.
  CHECK(document && document->is_object());
  json::object item = std::move(document->get_object());
  if (detail == Detail::listed) hide_secrets(item);
  item["id"] = view.id.str();
  item["createdAt"] = to_iso(view.created_at);
  item["updatedAt"] = to_iso(view.updated_at);
  return item;
}

json::object status_item_of(const engine::View& view) {
  const State& state = view.state;
  json::object item{{"id", view.id.str()},
                    {"name", view.spec.name},
                    {"status", to_string(state.status)},
                    {"createdAt", to_iso(view.created_at)},
                    {"updatedAt", to_iso(view.updated_at)},
                    {"error", state.error.empty() ? json::value(nullptr) : json::value(state.error)},
                    {"generation", state.generation},
                    {"goal", to_string(state.goal)}};
  add_instance(state, item);
  add_handover(state, item);
  add_copies(view.spec, state, item);
  add_pending(state, item);
  return item;
}

json::object event_item_of(const engine::StoredRecord& stored) {
  json::error_code error;
  json::value data = json::parse(stored.record.data.empty() ? "{}" : stored.record.data, error);
  if (error) data = json::object();
  return {{"sequence", stored.sequence}, {"managedInstanceId", stored.id.str()}, {"at", to_iso(stored.record.at)},
          {"kind", stored.record.kind},  {"message", stored.record.message},     {"data", std::move(data)}};
}

}  // namespace holdfast::api
