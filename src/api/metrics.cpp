#include "api/metrics.h"

#include <limits>
#include <map>
#include <optional>

#include "api/exposition.h"
#include "base/version.h"
#include "core/draft.h"
#include "core/placement.h"
#include "core/price_book.h"
#include "core/recovery_point.h"
#include "core/replacement.h"

namespace holdfast::api {
namespace {

using engine::SharedView;
using Views = std::vector<SharedView>;

constexpr double kMicros = 1e6;  // of a dollar

double seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

void service(Exposition& out, const engine::Engine& engine) {
  out.gauge("holdfast_build_info", "1, with the version of the program.");
  out.sample(1, {{"version", kVersion}});
  out.gauge("holdfast_ready", "1 if the service can store what it decides, otherwise 0.");
  out.sample(engine.ready().ready ? 1 : 0);
}

void handovers(Exposition& out, const engine::Tally& tally) {
  out.counter("holdfast_handovers_total", "Handovers begun since the start, by what made them begin.");
  for (const auto& [reason, count] : tally.handovers_begun) {
    out.sample(static_cast<double>(count), {{"reason", reason}});
  }
  out.histogram("holdfast_handover_duration_seconds",
                "From the beginning of a handover to its end, by reason and outcome.");
  for (const auto& [key, durations] : tally.handovers_ended) {
    out.sample(durations, {{"reason", key.first}, {"outcome", key.second}});
  }
  out.histogram("holdfast_handover_phase_duration_seconds", "How long the phases of ended handovers took.");
  for (const auto& [phase, durations] : tally.phases) out.sample(durations, {{"phase", phase}});
}

void statuses(Exposition& out, const Views& views) {
  std::map<model::Status, uint64_t> count;
  constexpr auto kLast = static_cast<int>(model::Status::migrating);
  for (int i = 0; i <= kLast; ++i) count[static_cast<model::Status>(i)] = 0;
  for (const SharedView& view : views) ++count[view->state.status];
  out.gauge("holdfast_managed_instances", "Managed instances by status.");
  for (const auto& [status, many] : count) {
    out.sample(static_cast<double>(many), {{"status", std::string(to_string(status))}});
  }
}

// What would be lost of the volume, were it lost now: nothing once its final snapshot is there and none writes to it;
// everything while there is no snapshot.
double age_of(const model::State& state, const model::Volume& volume, Time now) {
  const bool at_rest = volume.attached_to.str().empty();
  if (at_rest && core::final_snapshot(state, volume) != nullptr) return 0;
  const model::Snapshot* newest = core::newest_completed(state, volume.device);
  if (newest == nullptr) return std::numeric_limits<double>::infinity();
  return std::max(0., seconds(now - newest->started_at));
}

// Calls with each volume that is copied by snapshots.
template <class Visit>
void for_each_copied(const Views& views, const Visit& visit) {
  for (const SharedView& view : views) {
    if (view->state.goal == model::Goal::deleted) continue;
    for (const model::Volume* volume : core::copied_volumes(view->spec, view->state)) visit(*view, *volume);
  }
}

Exposition::Labels labels_of(const engine::View& view, const model::Volume& volume) {
  return {{"managed_instance", view.id.str()}, {"device", volume.device}, {"volume", volume.id.str()}};
}

void recovery_points(Exposition& out, const Views& views, Time now) {
  out.gauge("holdfast_recovery_point_age_seconds",
            "Age of the newest completed snapshot of a volume that is copied by snapshots: what would be lost with the "
            "volume. +Inf: there is none yet. 0: its final snapshot is there.");
  for_each_copied(views, [&](const engine::View& view, const model::Volume& volume) {
    out.sample(age_of(view.state, volume, now), labels_of(view, volume));
  });
  out.gauge("holdfast_snapshot_interval_seconds",
            "Time between the newest two completed snapshots of a volume. Left out until there are two.");
  for_each_copied(views, [&](const engine::View& view, const model::Volume& volume) {
    auto reached = core::achieved_interval(view.state, volume);
    if (reached) out.sample(seconds(*reached), labels_of(view, volume));
  });
  out.gauge("holdfast_snapshot_interval_wanted_seconds", "The document's snapshotInterval.");
  for_each_copied(views, [&](const engine::View& view, const model::Volume& volume) {
    out.sample(seconds(view.spec.persistence.snapshot_interval), labels_of(view, volume));
  });
}

// What its spot market costs less now than the same type on demand; nothing where a price is not known.
std::optional<double> saving_of(const model::State& state) {
  if (!state.instance) return std::nullopt;
  const auto& book = core::list_prices().on_demand_hour;
  auto on_demand = book.find(state.instance->market.instance_type);
  auto spot = core::price_of(state, state.instance->market);
  if (!spot || on_demand == book.end()) return std::nullopt;
  return static_cast<double>(on_demand->second) / kMicros - *spot;
}

void savings(Exposition& out, const Views& views) {
  out.gauge("holdfast_savings_usd_per_hour",
            "What a spot instance costs less than the same type on demand, at the newest price of its market. Left out "
            "where a price is not known. What was really paid: GET …/costs.");
  for (const SharedView& view : views) {
    if (auto saving = saving_of(view->state)) out.sample(*saving, {{"managed_instance", view->id.str()}});
  }
}

void api_budget(Exposition& out, const std::vector<BudgetLine>& lines) {
  out.gauge("holdfast_api_budget_tokens", "Calls of an action that the cloud would take now; below 0: owed.");
  for (const BudgetLine& line : lines) out.sample(line.tokens, {{"action", line.action}});
  out.gauge("holdfast_api_budget_size_tokens", "Calls of an action that the cloud takes at once after a pause.");
  for (const BudgetLine& line : lines) out.sample(line.size, {{"action", line.action}});
  out.counter("holdfast_api_calls_total", "Calls of the cloud's API that were paid for.");
  for (const BudgetLine& line : lines) out.sample(static_cast<double>(line.calls), {{"action", line.action}});
  out.counter("holdfast_api_calls_throttled_total", "Calls that the cloud refused for their rate.");
  for (const BudgetLine& line : lines) out.sample(static_cast<double>(line.throttled), {{"action", line.action}});
}

void counters(Exposition& out, const engine::Counters& now) {
  auto gauge = [&](std::string_view name, std::string_view help, uint64_t value) {
    out.gauge(name, help);
    out.sample(static_cast<double>(value));
  };
  auto counter = [&](std::string_view name, std::string_view help, uint64_t value) {
    out.counter(name, help);
    out.sample(static_cast<double>(value));
  };
  counter("holdfast_events_total", "Events that were folded in.", now.events);
  counter("holdfast_events_dropped_total", "Events of what is gone, or beyond the bound of the queue.",
          now.events_dropped);
  gauge("holdfast_events_queued", "Events that wait for the engine.", now.events_queued);
  counter("holdfast_decisions_refused_total", "Events whose decision was refused.", now.decisions_refused);
  counter("holdfast_turns_total", "Turns of the engine.", now.turns);
  counter("holdfast_commits_total", "Transactions of the store.", now.commits);
  counter("holdfast_commits_failed_total", "Transactions that the store could not write.", now.commits_failed);
  counter("holdfast_changes_written_total", "States that were written.", now.changes_written);
  counter("holdfast_effects_released_total", "Effects that were decided and stored.", now.effects_released);
  counter("holdfast_effects_sent_total", "Effects that were sent to the cloud.", now.effects_sent);
  counter("holdfast_effects_failed_total", "Effects that the cloud refused, or whose outcome is unknown.",
          now.effects_failed);
  counter("holdfast_effects_withdrawn_total", "Effects no longer wanted when their turn came.", now.effects_withdrawn);
  gauge("holdfast_effects_queued", "Effects that wait for their turn.", now.effects_queued);
  gauge("holdfast_effects_under_way", "Effects that were sent and have not ended.", now.effects_under_way);
  counter("holdfast_looks_asked_total", "Looks at the cloud that were asked for.", now.looks_asked);
  counter("holdfast_looks_made_total", "Observations that came of them.", now.looks_made);
  counter("holdfast_describe_rounds_total", "Sets of describes.", now.rounds);
  counter("holdfast_describes_failed_total", "Describes that failed.", now.describes_failed);
  counter("holdfast_sweeps_total", "Full looks at everything.", now.sweeps);
  gauge("holdfast_orphans", "Managed instances that the cloud shows and the store does not know, at the last sweep.",
        now.orphans);
}

}  // namespace

http::Response answer_metrics(const engine::Engine& engine, const BudgetLines& budget, Time now) {
  const Views views = engine.all();
  Exposition out;
  service(out, engine);
  handovers(out, engine.tally());
  statuses(out, views);
  recovery_points(out, views, now);
  savings(out, views);
  if (budget) api_budget(out, budget());
  counters(out, engine.counters());
  http::Response response;
  response.headers = {{"Content-Type", kExpositionType}};
  response.body = out.text();
  return response;
}

}  // namespace holdfast::api
