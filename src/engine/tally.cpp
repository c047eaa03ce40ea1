#include "engine/tally.h"

#include <boost/json.hpp>
#include <optional>

namespace holdfast::engine {
namespace json = boost::json;
namespace {

std::optional<json::object> data_of(const model::Record& record) {
  json::error_code bad;
  json::value data = json::parse(record.data, bad);
  if (bad || !data.is_object()) return std::nullopt;
  return std::move(data.get_object());
}

std::string text_of(const json::object& data, std::string_view name) {
  const json::value* found = data.if_contains(name);
  return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
}

std::optional<Duration> duration_of(const json::value* value) {
  if (value == nullptr || !value->is_int64()) return std::nullopt;
  return Duration(value->get_int64());
}

bool is_end(const std::string& kind) {
  return kind == "started" || kind == "replaced" || kind == "paused" || kind == "deallocated";
}

}  // namespace

void Durations::add(Duration duration) {
  const double seconds = std::chrono::duration<double>(duration).count();
  for (size_t i = 0; i < kBounds.size(); ++i) {
    if (seconds <= kBounds[i]) ++at_most[i];
  }
  ++count;
  sum_seconds += seconds;
}

void Tally::note(const model::Record& record) {
  const bool begins = record.kind == "handover";
  if (!begins && !is_end(record.kind)) return;
  const auto data = data_of(record);
  if (!data) return;
  const std::string reason = text_of(*data, "reason");
  if (begins) {
    ++handovers_begun[reason];
    return;
  }
  if (auto total = duration_of(data->if_contains("total_ms"))) handovers_ended[{reason, record.kind}].add(*total);
  const json::value* lasted = data->if_contains("phases_ms");
  if (lasted == nullptr || !lasted->is_object()) return;
  for (const auto& phase : lasted->get_object()) {
    if (auto duration = duration_of(&phase.value())) phases[std::string(phase.key())].add(*duration);
  }
}

}  // namespace holdfast::engine
