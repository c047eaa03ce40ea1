#include "api/copies.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "base/text.h"
#include "model/json_text.h"
#include "model/names.h"

namespace holdfast::api {
namespace json = boost::json;
using namespace model;
namespace {

json::object item_of(const Snapshot& snapshot, const State& state) {
  bool restoring = state.restore && std::any_of(state.restore->sources.begin(), state.restore->sources.end(),
                                                [&](const auto& entry) { return entry.second == snapshot.id; });
  return {{"snapshotId", snapshot.id.str()},
          {"volumeId", snapshot.volume.str()},
          {"device", snapshot.device},
          {"purpose", purpose_of(snapshot)},
          {"generation", snapshot.generation},
          {"state", to_string(snapshot.state)},
          {"sizeGib", snapshot.size_gib},
          {"startedAt", to_iso(snapshot.started_at)},
          {"keptUntil", snapshot.keep_until ? json::value(to_iso(*snapshot.keep_until)) : json::value(nullptr)},
          {"restorable", snapshot.state == SnapshotState::completed},
          {"restoring", restoring}};
}

Error fault(std::string field, std::string message) {
  return {ErrorKind::invalid, "InvalidField", std::move(message), std::move(field)};
}

const Snapshot* find(const State& state, std::string_view id) {
  for (const Snapshot& snapshot : state.snapshots) {
    if (snapshot.id.str() == id) return &snapshot;
  }
  return nullptr;
}

void take_ids(const json::value& value, const State& state, RestoreAsked& into, Faults& faults) {
  if (!value.is_array() || value.get_array().empty() || value.get_array().size() > kMostRestoreSources) {
    faults.errors.push_back(fault("snapshotIds", "must be a list of at least one snapshot id, one a device."));
    return;
  }
  for (size_t i = 0; i < value.get_array().size(); ++i) {
    const json::value& id = value.get_array()[i];
    const std::string field = fmt::format("snapshotIds[{}]", i);
    const Snapshot* snapshot = id.is_string() ? find(state, std::string_view(id.get_string())) : nullptr;
    if (snapshot == nullptr) {
      faults.errors.push_back(fault(field, "is no snapshot of this managed instance; GET …/snapshots lists them."));
    } else if (snapshot->state != SnapshotState::completed) {
      faults.errors.push_back(
          fault(field, fmt::format("is {}: a restore needs a completed one.", to_string(snapshot->state))));
    } else if (!into.sources.emplace(snapshot->device, snapshot->id).second) {
      faults.errors.push_back(
          fault(field, fmt::format("is the second one of {}: name one a device.", snapshot->device)));
    }
  }
}

// What that generation left: its final snapshots, of every device that has one.
void take_generation(const json::value& value, const State& state, RestoreAsked& into, Faults& faults) {
  if (!value.is_int64()) {
    faults.errors.push_back(fault("generation", "must be a whole number."));
    return;
  }
  std::vector<std::string> known;
  for (const Snapshot& snapshot : state.snapshots) {
    if (!snapshot.final || snapshot.state != SnapshotState::completed) continue;
    std::string number = std::to_string(snapshot.generation);
    if (std::find(known.begin(), known.end(), number) == known.end()) known.push_back(number);
    if (snapshot.generation == value.get_int64()) into.sources[snapshot.device] = snapshot.id;
  }
  if (!into.sources.empty()) return;
  faults.errors.push_back(fault("generation", known.empty() ? "no generation has a completed final snapshot yet."
                                                            : fmt::format("has no completed final snapshot; there are "
                                                                          "those of {}.",
                                                                          join(known, ", "))));
}

json::object retained_item(const engine::View& view, const Retired& thing) {
  bool comes_back = view.state.goal == Goal::deleted && view.state.remains.has_value();
  return {{"managedInstanceId", view.id.str()},
          {"name", view.spec.name},
          {"what", to_string(thing.what)},
          {"id", thing.id},
          {"why", thing.why},
          {"due", to_iso(thing.due)},
          {"undelete", comes_back}};
}

}  // namespace

http::Response answer_snapshots(const Asked& asked, const engine::View& view) {
  std::vector<Snapshot> snapshots = view.state.snapshots;
  std::stable_sort(snapshots.begin(), snapshots.end(),
                   [](const Snapshot& a, const Snapshot& b) { return a.started_at > b.started_at; });
  json::array items;
  for (const Snapshot& snapshot : snapshots) items.push_back(item_of(snapshot, view.state));
  return answer_items(asked, "aws:ec2:managedInstance:snapshot", std::move(items));
}

Checked<RestoreAsked> restore_in(std::string_view body, const engine::View& view) {
  auto parsed = parse_strictly(body);
  if (!parsed) return tl::unexpected(Faults{{parsed.error()}});
  RestoreAsked request;
  Faults faults;
  int chosen = 0;
  if (!parsed->is_object()) return tl::unexpected(Faults{{fault("", "must be a JSON object.")}});
  for (const auto& member : parsed->get_object()) {
    const std::string name(member.key());
    if (member.value().is_null()) continue;
    ++chosen;
    if (name == "snapshotIds") {
      take_ids(member.value(), view.state, request, faults);
    } else if (name == "generation") {
      take_generation(member.value(), view.state, request, faults);
    } else if (name == "cancel") {
      if (!member.value().is_bool() || !member.value().get_bool())
        faults.errors.push_back(fault(name, "must be true."));
    } else {
      faults.errors.push_back(fault(name, "is not a known field; known: snapshotIds, generation, cancel."));
    }
  }
  if (chosen != 1 && faults.errors.empty()) {
    faults.errors.push_back(
        fault("snapshotIds", "is missing: give snapshotIds, a generation, or cancel: one of them."));
  }
  if (!faults.errors.empty()) return tl::unexpected(std::move(faults));
  return request;
}

http::Response answer_retained(const engine::Engine& engine, const Asked& asked,
                               const std::optional<ManagedInstanceId>& id) {
  json::array items;
  for (const engine::SharedView& view : engine.all()) {
    if (id && view->id != *id) continue;
    for (const Retired& thing : view->state.retired) items.push_back(retained_item(*view, thing));
  }
  return answer_items(asked, "aws:ec2:managedInstance:retained", std::move(items));
}

}  // namespace holdfast::api
