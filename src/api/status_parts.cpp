#include "api/status_parts.h"

#include <algorithm>
#include <boost/json.hpp>
#include <vector>

#include "core/recovery_point.h"
#include "model/names.h"

namespace holdfast::api {
namespace json = boost::json;
using namespace model;
namespace {

json::value text_or_null(const std::string& text) {
  return text.empty() ? json::value(nullptr) : json::value(text);
}

json::value time_or_null(const std::optional<Time>& time) {
  return time ? json::value(to_iso(*time)) : json::value(nullptr);
}

json::object volume_item(const Volume& volume, std::string_view role) {
  return {{"volumeId", volume.id.str()},
          {"device", volume.device},
          {"role", role},
          {"availabilityZone", volume.zone},
          {"sizeGib", volume.size_gib},
          {"state", to_string(volume.state)},
          {"attachedTo", text_or_null(volume.attached_to.str())},
          {"generation", volume.generation},
          {"attachedByHand", volume.by_hand},
          {"missingSince", time_or_null(volume.missing_since)},
          {"recoveryPoint", nullptr},
          {"snapshotIntervalSeconds", nullptr},
          {"achievedIntervalSeconds", nullptr}};
}

json::value seconds_or_null(const std::optional<Duration>& duration) {
  if (!duration) return nullptr;
  return std::chrono::duration_cast<std::chrono::seconds>(*duration).count();
}

// A present one; volumes that only move have no snapshots.
json::object present_item(const Spec& spec, const State& state, const Volume& volume, std::string_view role) {
  json::object item = volume_item(volume, role);
  const std::vector<const Volume*> copied = core::copied_volumes(spec, state);
  if (std::find(copied.begin(), copied.end(), &volume) == copied.end()) return item;
  item["recoveryPoint"] = time_or_null(core::recovery_point(state, volume));
  item["snapshotIntervalSeconds"] = seconds_or_null(spec.persistence.snapshot_interval);
  item["achievedIntervalSeconds"] = seconds_or_null(core::achieved_interval(state, volume));
  return item;
}

}  // namespace

void add_instance(const State& state, json::object& item) {
  const Instance none;
  const Instance& instance = state.instance ? *state.instance : none;
  const bool known = state.instance.has_value();
  const std::string ip = !instance.private_ip.empty() ? instance.private_ip
                         : state.interface            ? state.interface->ip
                                                      : std::string();
  item["instanceId"] = text_or_null(instance.id.str());
  item["instanceType"] = text_or_null(instance.market.instance_type);
  item["imageId"] = text_or_null(instance.image.str());
  item["privateIp"] = text_or_null(ip);
  item["publicIp"] = text_or_null(instance.public_ip);
  item["ipv6Address"] = nullptr;
  item["launchedAt"] = known ? json::value(to_iso(instance.launched_at)) : json::value(nullptr);
  item["lifeCycle"] = known ? json::value(to_string(instance.market.life_cycle)) : json::value(nullptr);
  item["availabilityZone"] = text_or_null(instance.market.zone);
  item["instanceState"] = known ? json::value(to_string(instance.state)) : json::value(nullptr);
  item["healthyAt"] = time_or_null(instance.healthy_at);
  item["interruptionAt"] = time_or_null(instance.notice_deadline);
  item["interface"] = nullptr;
  if (!state.interface) return;
  item["interface"] = {{"id", state.interface->id.str()},
                       {"ip", state.interface->ip},
                       {"mac", state.interface->mac},
                       {"subnetId", state.interface->subnet.str()},
                       {"state", to_string(state.interface->state)},
                       {"attachedTo", text_or_null(state.interface->attached_to.str())}};
}

void add_handover(const State& state, json::object& item) {
  item["phase"] = to_string(Phase::none);
  item["handover"] = nullptr;
  if (!state.handover) return;
  const Handover& handover = *state.handover;
  if (!handover.phases.empty()) item["phase"] = to_string(handover.phases.back().phase);
  json::array phases;
  for (const PhaseBegan& began : handover.phases) {
    phases.push_back({{"phase", to_string(began.phase)}, {"at", to_iso(began.at)}});
  }
  item["handover"] = {{"reason", to_string(handover.reason)},
                      {"fromGeneration", handover.from_generation},
                      {"beganAt", to_iso(handover.began_at)},
                      {"deadline", time_or_null(handover.deadline)},
                      {"phases", std::move(phases)}};
}

void add_copies(const Spec& spec, const State& state, json::object& item) {
  json::array volumes, snapshots, images;
  if (state.root) volumes.push_back(present_item(spec, state, *state.root, "root"));
  for (const auto& [device, volume] : state.data) volumes.push_back(present_item(spec, state, volume, "data"));
  for (const Volume& volume : state.superseded) volumes.push_back(volume_item(volume, "superseded"));
  for (const Volume& volume : state.left_by_launch) {
    if (volume.device.empty()) volumes.push_back(volume_item(volume, "unplaced"));
  }
  for (const Snapshot& snapshot : state.snapshots) {
    snapshots.push_back({{"snapshotId", snapshot.id.str()},
                         {"volumeId", snapshot.volume.str()},
                         {"device", snapshot.device},
                         {"final", snapshot.final},
                         {"manual", snapshot.manual},
                         {"generation", snapshot.generation},
                         {"state", to_string(snapshot.state)},
                         {"startedAt", to_iso(snapshot.started_at)}});
  }
  for (const RootImage& image : state.images) {
    images.push_back({{"imageId", image.id.str()},
                      {"name", image.name},
                      {"snapshotId", image.snapshot.str()},
                      {"generation", image.generation},
                      {"state", to_string(image.state)}});
  }
  item["volumes"] = std::move(volumes);
  item["snapshots"] = std::move(snapshots);
  item["images"] = std::move(images);
}

void add_pending(const State& state, json::object& item) {
  json::array asked, cooling, retired;
  for (const auto& [key, effect] : state.asked) {
    asked.push_back({{"key", key},
                     {"action", name_of(effect.effect.action)},
                     {"standing", to_string(effect.standing)},
                     {"since", to_iso(effect.since)},
                     {"tries", effect.tries},
                     {"againAt", effect.standing == Asked::Standing::waiting ? json::value(to_iso(effect.again_at))
                                                                             : json::value(nullptr)},
                     {"lastError", text_or_null(effect.last_error)}});
  }
  for (const CoolingMarket& market : state.cooling) {
    cooling.push_back({{"instanceType", market.market.instance_type},
                       {"availabilityZone", market.market.zone},
                       {"lifeCycle", to_string(market.market.life_cycle)},
                       {"until", to_iso(market.until)},
                       {"why", text_or_null(market.why)}});
  }
  for (const Retired& thing : state.retired) {
    retired.push_back(
        {{"what", to_string(thing.what)}, {"id", thing.id}, {"why", thing.why}, {"due", to_iso(thing.due)}});
  }
  item["asked"] = std::move(asked);
  item["coolingMarkets"] = std::move(cooling);
  item["retired"] = std::move(retired);
}

}  // namespace holdfast::api
