#include "core/account.h"

#include <boost/json.hpp>
#include <map>

#include "model/names.h"

namespace holdfast::core {
namespace json = boost::json;
using namespace model;
namespace {

json::value written(const std::optional<Market>& market) {
  if (!market) return nullptr;
  return {
      {"instance_type", market->instance_type}, {"zone", market->zone}, {"life_cycle", to_string(market->life_cycle)}};
}

json::value written(const std::optional<Time>& time) {
  return time ? json::value(to_iso(*time)) : json::value(nullptr);
}

json::value seen_of(const std::optional<Instance>& instance) {
  if (!instance) return nullptr;
  return {{"id", instance->id.str()},
          {"state", to_string(instance->state)},
          {"status_check", to_string(instance->check)},
          {"notice_deadline", written(instance->notice_deadline)},
          {"healthy_at", written(instance->healthy_at)},
          {"unhealthy_since", written(instance->unhealthy_since)},
          {"missing_since", written(instance->missing_since)}};
}

// A phase entered twice, because the handover was struck again on its way, counts with the sum.
json::object phases_of(const Handover& handover, Time end) {
  std::map<Phase, Duration> lasted;
  for (size_t i = 0; i < handover.phases.size(); ++i) {
    Time next = i + 1 < handover.phases.size() ? handover.phases[i + 1].at : end;
    lasted[handover.phases[i].phase] += next - handover.phases[i].at;
  }
  json::object phases;
  for (const auto& [phase, duration] : lasted) phases[to_string(phase)] = int64_t{duration.count()};
  return phases;
}

}  // namespace

std::string account_of_beginning(const State& state) {
  const Handover& handover = *state.handover;
  json::object saw{
      {"goal", to_string(state.goal)}, {"recycle_wanted", state.recycle_wanted}, {"instance", seen_of(state.instance)}};
  return json::serialize(json::object{{"reason", to_string(handover.reason)},
                                      {"from_generation", handover.from_generation},
                                      {"market", written(handover.from_market)},
                                      {"saw", std::move(saw)}});
}

std::string account_of_launch(const LaunchInstance& launch, const InstanceId& instance) {
  return json::serialize(json::object{
      {"instance", instance.str()}, {"generation", launch.generation}, {"market", written(launch.market)}});
}

std::string account_of_end(const State& state, Time end) {
  const Handover& handover = *state.handover;
  json::object account{{"reason", to_string(handover.reason)},
                       {"from_generation", handover.from_generation},
                       {"generation", state.generation}};
  if (handover.scheduled) account["scheduled"] = true;
  if (state.instance) account["instance"] = state.instance->id.str();
  account["total_ms"] = int64_t{(end - handover.began_at).count()};
  account["phases_ms"] = phases_of(handover, end);
  account["market_before"] = written(handover.from_market);
  account["market_after"] = written(state.instance ? std::optional(state.instance->market) : std::nullopt);
  return json::serialize(account);
}

std::optional<Duration> time_of_phase(const Record& end, Phase phase) {
  json::error_code bad;
  const json::value account = json::parse(end.data, bad);
  if (bad || !account.is_object()) return std::nullopt;
  const json::value* phases = account.get_object().if_contains("phases_ms");
  if (phases == nullptr || !phases->is_object()) return std::nullopt;
  const json::value* lasted = phases->get_object().if_contains(to_string(phase));
  if (lasted == nullptr || !lasted->is_int64()) return std::nullopt;
  return Duration(lasted->get_int64());
}

}  // namespace holdfast::core
