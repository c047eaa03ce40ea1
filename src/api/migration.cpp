#include "api/migration.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "api/dry_run.h"
#include "api/items.h"
#include "api/migration_requests.h"
#include "api/requests.h"
#include "model/json_text.h"
#include "model/names.h"

namespace holdfast::api {
namespace json = boost::json;
namespace {

constexpr char kKind[] = "aws:ec2:managedInstance:migration";

// Faults of one import, by the field of the whole request that brought it.
void place(const model::Faults& found, size_t index, model::Faults& faults) {
  for (Error error : found.errors) {
    const std::string at = fmt::format("{}[{}]", kMigrations, index);
    error.field = error.field.empty() ? at : at + "." + error.field;
    faults.errors.push_back(std::move(error));
  }
}

std::string_view word_of(const model::State& state) {
  if (state.import->done_at) return "FINISHED";
  if (state.import->given_up || state.goal == model::Goal::deleted) return "CANCELLED";
  return state.error.empty() ? "IN_PROGRESS" : "ERROR";
}

json::object item_of_migration(const engine::View& view) {
  const model::Import& import = *view.state.import;
  return {{"migrationId", view.id.str()},
          {"managedInstanceId", view.id.str()},
          {"originalInstanceId", import.original.instance.str()},
          {"name", view.spec.name},
          {"state", word_of(view.state)},
          {"status", model::to_string(view.state.status)},
          {"error", view.state.error.empty() ? json::value(nullptr) : json::value(view.state.error)},
          {"shouldTerminateInstance", import.adopted},
          {"shouldKeepPrivateIp", import.keep_private_ip},
          {"createdAt", to_iso(view.created_at)},
          {"finishedAt", import.done_at ? json::value(to_iso(*import.done_at)) : json::value(nullptr)}};
}

json::object item_of_plan(const engine::ImportRequest& request, const engine::ImportPlan& plan) {
  json::array steps, notes;
  for (const engine::ImportStep& step : plan.steps) {
    steps.push_back(
        {{"step", steps.size() + 1}, {"action", step.action}, {"target", step.target}, {"reason", step.reason}});
  }
  for (const std::string& note : plan.notes) notes.emplace_back(note);
  auto document = model::parse_strictly(plan.document);
  if (document && document->is_object()) hide_secrets(document->get_object());
  return {{"originalInstanceId", request.original.str()},
          {"name", plan.spec.name},
          {"managedInstance", document ? std::move(*document) : json::value(nullptr)},
          {"steps", std::move(steps)},
          {"notes", std::move(notes)}};
}

}  // namespace

http::Response answer_migration_bulk(engine::Engine& engine, const Asked& asked, const http::Request& request) {
  if (auto checked = check_query(request, {"dryRun"}); !checked) return refused(asked, checked.error());
  auto dry = dry_run_in(request);
  if (!dry) return answer_error(asked, dry.error());
  auto requests = migrations_in(request.body);
  if (!requests) return refused(asked, requests.error());
  // Every one is looked at before the first is begun.
  model::Faults faults;
  json::array items;
  for (size_t i = 0; i < requests->size(); ++i) {
    auto plan = engine.plan_of_import((*requests)[i]);
    if (!plan) {
      place(plan.error(), i, faults);
    } else if (*dry) {
      items.push_back(item_of_plan((*requests)[i], *plan));
    }
  }
  if (!faults.errors.empty()) return refused(asked, faults);
  if (*dry) return answer_items(asked, kKind, std::move(items));
  for (size_t i = 0; i < requests->size(); ++i) {
    auto made = engine.import((*requests)[i]);
    if (!made) {
      place(made.error(), i, faults);
    } else {
      items.push_back(item_of_migration(**made));
    }
  }
  if (!faults.errors.empty()) return refused(asked, faults);
  return answer_items(asked, kKind, std::move(items));
}

http::Response answer_migration_search(engine::Engine& engine, const Asked& asked, const http::Request& request) {
  if (auto checked = check_query(request, {}); !checked) return refused(asked, checked.error());
  auto ids = migration_ids_in(request.body);
  if (!ids) return refused(asked, ids.error());
  json::array items;
  for (const auto& view : engine.all()) {
    if (!view->state.import) continue;
    const std::string& original = view->state.import->original.instance.str();
    bool meant = std::any_of(ids->begin(), ids->end(),
                             [&](const std::string& id) { return id == view->id.str() || id == original; });
    if (meant) items.push_back(item_of_migration(*view));
  }
  return answer_items(asked, kKind, std::move(items));
}

}  // namespace holdfast::api
