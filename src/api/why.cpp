#include "api/why.h"

#include <boost/json.hpp>

#include "api/items.h"
#include "core/explain.h"
#include "model/names.h"

namespace holdfast::api {
namespace json = boost::json;
namespace {

// Records of what was decided, or of what made the service decide; others tell what came of it.
const std::vector<std::string> kDecisions = {"created",
                                             "changed",
                                             "pause_asked",
                                             "resume_asked",
                                             "recycle_asked",
                                             "delete_asked",
                                             "interruption_noticed",
                                             "gone",
                                             "handover",
                                             "phase",
                                             "launched",
                                             "no_capacity",
                                             "refused",
                                             "launch_refused",
                                             "error",
                                             "started",
                                             "replaced",
                                             "paused",
                                             "deallocated",
                                             "import",
                                             "import_secured",
                                             "imported",
                                             "import_given_up",
                                             "volume_restored",
                                             "volume_lost",
                                             "volume_reinstated",
                                             "interface_lost",
                                             "rebalance_recommended",
                                             "scout_wanted"};

json::value time_or_null(const std::optional<Time>& time) {
  return time ? json::value(to_iso(*time)) : json::value(nullptr);
}

json::value text_or_null(const std::string& text) {
  return text.empty() ? json::value(nullptr) : json::value(text);
}

json::array waits_of(const core::Explanation& explanation) {
  json::array waits;
  for (const core::Wait& wait : explanation.waits) {
    waits.push_back({{"on", core::to_string(wait.on)},
                     {"thing", text_or_null(wait.thing)},
                     {"message", wait.message},
                     {"since", time_or_null(wait.since)},
                     {"until", time_or_null(wait.until)}});
  }
  return waits;
}

json::array next_of(const core::Explanation& explanation) {
  json::array next;
  for (const core::Coming& coming : explanation.next) {
    next.push_back({{"at", to_iso(coming.at)}, {"message", coming.message}});
  }
  return next;
}

// What is known of the present instance, and as of when the listings are.
json::object seen_of(const model::State& state) {
  json::object seen{{"instance", nullptr},
                    {"volumesListedAt", time_or_null(state.looking.volumes_listed)},
                    {"interfacesListedAt", time_or_null(state.looking.interfaces_listed)},
                    {"looksWithoutChange", state.looking.in_vain}};
  if (!state.instance) return seen;
  const model::Instance& instance = *state.instance;
  seen["instance"] = {{"id", instance.id.str()},
                      {"generation", instance.generation},
                      {"state", to_string(instance.state)},
                      {"statusCheck", to_string(instance.check)},
                      {"outlivedByAllThatIsKept", instance.kept},
                      {"runningAt", time_or_null(instance.running_at)},
                      {"healthyAt", time_or_null(instance.healthy_at)},
                      {"unhealthySince", time_or_null(instance.unhealthy_since)},
                      {"missingSince", time_or_null(instance.missing_since)},
                      {"interruptionAt", time_or_null(instance.notice_deadline)}};
  return seen;
}

Result<json::value> last_of(engine::Engine& engine, const ManagedInstanceId& id,
                            const std::vector<std::string>& kinds) {
  engine::RecordQuery query{id};
  query.limit = 1;
  query.newest_first = true;
  query.kinds = kinds;
  HF_TRY(auto records, engine.records(query));
  if (records.empty()) return json::value(nullptr);
  return json::value(event_item_of(records.front()));
}

}  // namespace

http::Response answer_why(engine::Engine& engine, const Asked& asked, const engine::View& view) {
  Result<json::value> decision = last_of(engine, view.id, kDecisions);
  if (!decision) return answer_error(asked, decision.error());
  Result<json::value> handover = last_of(engine, view.id, {"handover"});  // its data: what was seen (core/account.h)
  if (!handover) return answer_error(asked, handover.error());
  const model::State& state = view.state;
  const core::Explanation explanation = core::explain(view.spec, state, asked.at);
  bool in_phase = state.handover && !state.handover->phases.empty();
  json::object item{{"id", view.id.str()},
                    {"name", view.spec.name},
                    {"status", to_string(state.status)},
                    {"goal", to_string(state.goal)},
                    {"phase", to_string(in_phase ? state.handover->phases.back().phase : model::Phase::none)},
                    {"summary", explanation.summary},
                    {"error", text_or_null(state.error)},
                    {"waitsFor", waits_of(explanation)},
                    {"next", next_of(explanation)},
                    {"lastDecision", std::move(*decision)},
                    {"lastHandover", std::move(*handover)},
                    {"seen", seen_of(state)}};
  return answer_items(asked, "aws:ec2:managedInstance:why", {std::move(item)});
}

}  // namespace holdfast::api
