#include "core/recovery_point.h"

#include <algorithm>

#include "core/draft.h"
#include "core/replacement.h"

namespace holdfast::core {

using namespace model;

std::vector<const Volume*> copied_volumes(const Spec& spec, const State& state) {
  std::vector<const Volume*> volumes;
  if (spec.persistence.root_device && state.root) volumes.push_back(&*state.root);
  if (!snapshots_data(spec, state)) return volumes;
  for (const auto& [device, volume] : state.data) volumes.push_back(&volume);
  return volumes;
}

std::optional<Time> recovery_point(const State& state, const Volume& volume) {
  const Snapshot* newest = newest_completed(state, volume.device);
  return newest != nullptr ? std::optional(newest->started_at) : std::nullopt;
}

std::optional<Duration> achieved_interval(const State& state, const Volume& volume) {
  const Snapshot* newest = newest_completed(state, volume.device);
  const Snapshot* before = nullptr;
  for (const Snapshot& snapshot : state.snapshots) {
    bool counts =
        snapshot.state == SnapshotState::completed && !snapshot.keep_until && snapshot.device == volume.device;
    if (!counts || newest == &snapshot) continue;
    if (before == nullptr || snapshot.started_at > before->started_at) before = &snapshot;
  }
  if (before == nullptr || before->final) return std::nullopt;  // after a final one nothing was written for a while
  return newest->started_at - before->started_at;
}

Time periodic_due(const Spec& spec, const State& state, const Volume& volume) {
  if (!state.instance || !state.instance->healthy_at) return Time::max();
  Time last = *state.instance->healthy_at;
  for (const Snapshot& snapshot : state.snapshots) {
    if (snapshot.volume == volume.id && !snapshot.manual) last = std::max(last, snapshot.started_at);
  }
  return last + spec.persistence.snapshot_interval;
}

SnapshotPace pace_of(const Spec& spec, const State& state, const Volume& volume) {
  SnapshotPace pace;
  // What was copied before this instance came has not been written to since.
  Time begun = state.instance && state.instance->healthy_at ? *state.instance->healthy_at : state.created_at;
  pace.since = std::max(begun, recovery_point(state, volume).value_or(begun));
  pace.interval = spec.persistence.snapshot_interval;
  if (state.instance && state.instance->market.life_cycle == LifeCycle::on_demand) pace.weight *= kWeightOnDemand;
  return pace;
}

}  // namespace holdfast::core
