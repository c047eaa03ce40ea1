#include "api/dry_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "core/decide.h"
#include "core/explain.h"
#include "core/foresee.h"

namespace holdfast::api {
namespace json = boost::json;
namespace {

// So many of the newest handovers say how long a phase takes.
constexpr int kHandoversLookedAt = 20;
const std::vector<std::string> kEnds = {"started", "replaced", "paused", "deallocated"};

// The id of what does not exist yet, where steps have to name it.
constexpr char kToBe[] = "smi-new";

json::array steps_of(const core::Foreseen& foreseen) {
  json::array steps;
  for (const core::ForeseenStep& step : foreseen.steps) {
    steps.push_back(
        {{"step", steps.size() + 1},
         {"action", step.action},
         {"target", step.target},
         {"reason", step.reason},
         {"phase", step.phase == model::Phase::none ? json::value(nullptr) : json::value(to_string(step.phase))},
         {"underWay", step.under_way}});
  }
  return steps;
}

// Adds phases and usualMilliseconds: null, with a word why, where this managed instance has nothing to tell by.
Result<void> add_times(engine::Engine& engine, const engine::View* view, const core::Foreseen& foreseen,
                       json::object& item) {
  std::vector<model::Record> ends;
  if (view != nullptr) {
    engine::RecordQuery query{view->id};
    query.limit = kHandoversLookedAt;
    query.newest_first = true;
    query.kinds = kEnds;
    HF_TRY(auto stored, engine.records(query));
    for (auto& record : stored) ends.push_back(std::move(record.record));
  }
  json::array phases;
  std::optional<Duration> total = Duration::zero();
  for (const core::UsualTime& usual : core::usual_times(foreseen.phases, ends)) {
    phases.push_back({{"phase", to_string(usual.phase)},
                      {"usualMilliseconds", usual.time ? json::value(usual.time->count()) : json::value(nullptr)},
                      {"of", usual.of}});
    total = total && usual.time ? std::optional(*total + *usual.time) : std::nullopt;
  }
  item["usualMilliseconds"] = total ? json::value(total->count()) : json::value(nullptr);
  item["usualBy"] = phases.empty() ? "nothing is taken down or launched"
                    : total        ? "the median of its own newest handovers, phase by phase"
                    : ends.empty() ? "it has no history yet"
                                   : "not every phase was gone through before";
  item["phases"] = std::move(phases);
  return {};
}

bool listed_in(const std::vector<model::Retired>& list, const std::string& id) {
  return std::any_of(list.begin(), list.end(), [&](const model::Retired& entry) { return entry.id == id; });
}

json::array notes_of(const engine::View* view, const Foretold& foretold, const core::Foreseen& foreseen, Time now) {
  json::array notes;
  const model::State before = view != nullptr ? view->state : model::State();
  if (foreseen.steps.empty() && foreseen.at_rest) notes.emplace_back("nothing has to be done in the cloud");
  for (const model::Retired& entry : foreseen.after.retired) {
    if (listed_in(before.retired, entry.id) || entry.due <= now) continue;
    notes.emplace_back(fmt::format("{} is kept until {}: {}", entry.id, to_iso(entry.due), entry.why));
  }
  if (foretold.prospect && view != nullptr && view->state.instance) {
    const model::Spec& after = foretold.prospect->spec;
    const bool launch = !(view->spec.compute == after.compute) || !(view->spec.strategy == after.strategy);
    if (launch) notes.emplace_back("what needs a new instance waits for the next replacement; a recycle makes one now");
  }
  if (!foreseen.at_rest) {
    const model::Spec& spec = foretold.prospect ? foretold.prospect->spec : view->spec;
    notes.emplace_back("what comes after these steps cannot be foreseen: " +
                       core::explain(spec, foreseen.after, now).summary);
  }
  return notes;
}

}  // namespace

Result<bool> dry_run_in(const http::Request& request) {
  const std::string word = request.query_value("dryRun").value_or("false");
  if (word == "true" || word == "false") return word == "true";
  return fail(ErrorKind::invalid, "InvalidField", "must be true or false.", "dryRun");
}

Result<json::object> foretell(engine::Engine& engine, const engine::View* view, const Foretold& foretold, Time now) {
  const model::Spec& spec = foretold.prospect ? foretold.prospect->spec : view->spec;
  const model::Spec& was = view != nullptr ? view->spec : spec;
  model::State state = view != nullptr
                           ? view->state
                           : core::initial_state(ManagedInstanceId(kToBe), foretold.prospect->surroundings, now);
  if (foretold.prospect && foretold.prospect->pool_address) state.pool_address = *foretold.prospect->pool_address;
  const model::Event event = view != nullptr ? engine.as_asked(*view, foretold.event) : foretold.event;
  HF_TRY(core::Foreseen foreseen, core::foresee({was, spec, state, event}, now));
  json::object item{{"id", view != nullptr ? json::value(view->id.str()) : json::value(nullptr)},
                    {"name", spec.name},
                    {"call", foretold.call},
                    {"statusBefore", view != nullptr ? json::value(to_string(state.status)) : json::value(nullptr)},
                    {"statusAfter", to_string(foreseen.after.status)},
                    {"steps", steps_of(foreseen)}};
  HF_TRY_VOID(add_times(engine, view, foreseen, item));
  item["notes"] = notes_of(view, foretold, foreseen, now);
  return item;
}

http::Response answer_foretold(engine::Engine& engine, const Asked& asked, const engine::View* view,
                               const Foretold& foretold) {
  auto item = foretell(engine, view, foretold, asked.at);
  if (!item) return answer_error(asked, item.error());
  return answer_items(asked, kPlanItem, {std::move(*item)});
}

}  // namespace holdfast::api
