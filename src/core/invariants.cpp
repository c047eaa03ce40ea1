#include "core/invariants.h"

#include <algorithm>
#include <set>

namespace holdfast::core {

using namespace model;

namespace {

using Broken = std::vector<std::string>;

// Everything that is, or may be, the newest copy of something.
std::set<std::string> copies_in_use(const State& state) {
  std::set<std::string> ids;
  if (state.root) ids.insert(state.root->id.str());
  for (const auto& [device, volume] : state.data) ids.insert(volume.id.str());
  if (state.interface) ids.insert(state.interface->id.str());
  for (const Interface& interface : state.superseded_interfaces) ids.insert(interface.id.str());
  for (const RootImage& image : state.images) ids.insert(image.id.str());
  for (const Snapshot& snapshot : state.snapshots) ids.insert(snapshot.id.str());
  for (const Volume& volume : state.superseded) ids.insert(volume.id.str());
  for (const Volume& volume : state.left_by_launch) ids.insert(volume.id.str());
  return ids;
}

void nothing_in_use_is_given_up(const State& state, Broken& broken) {
  std::set<std::string> in_use = copies_in_use(state);
  for (const Retired& retired : state.retired) {
    if (in_use.contains(retired.id)) broken.push_back("1: " + retired.id + " is retired and in use");
  }
  for (const auto& [key, asked] : state.asked) {
    if (key.starts_with("delete/") && in_use.contains(key.substr(7))) {
      broken.push_back("1: the deletion of " + key.substr(7) + " is asked for, and it is in use");
    }
  }
}

// Until the successor is seen healthy, what it was made from must be there: the former volumes, or their final copies.
void former_copies_wait_for_health(const State& state, Broken& broken) {
  bool unproven = state.instance && !state.instance->healthy_at && state.generation > 1;
  if (!unproven || state.goal == Goal::deleted) return;
  for (const Retired& retired : state.retired) {
    bool replaced = retired.what == Retired::What::volume && retired.why.starts_with("replaced") &&
                    retired.why.find("generation " + std::to_string(state.generation)) != std::string::npos;
    if (replaced) broken.push_back("1: " + retired.id + " is retired before its successor is healthy");
  }
}

void one_writer(const State& state, Broken& broken) {
  auto launches = std::count_if(state.asked.begin(), state.asked.end(), [](const auto& entry) {
    return std::holds_alternative<LaunchInstance>(entry.second.effect.action);
  });
  if (launches > 1) broken.push_back("2: two launches are under way");
  if (launches > 0 && state.instance) broken.push_back("2: a launch is under way while there is an instance");
  std::set<VolumeId> ids;
  for (const auto& [device, volume] : state.data) {
    if (!ids.insert(volume.id).second) broken.push_back("2: " + volume.id.str() + " is kept as two devices");
  }
  if (state.root && ids.contains(state.root->id)) broken.push_back("2: the root volume is a data volume too");
}

// An original is imported with all it has: it may end by our hand only once that is known to stay.
void an_original_is_secured_first(const State& state, Broken& broken) {
  if (!state.import || !state.import->adopted || state.import->secured_at) return;
  const std::string& original = state.import->original.instance.str();
  if (state.asked.contains("terminate/" + original)) {
    broken.push_back("3: the termination of " + original + " is asked for before it is secured");
  }
}

// One that is copied belongs to somebody else.
void a_copied_original_is_left_alone(const State& state, Broken& broken) {
  if (!state.import || state.import->adopted) return;
  for (const char* change : {"adopt/", "keep/", "terminate/", "release/"}) {
    std::string key = change + state.import->original.instance.str();
    if (state.asked.contains(key)) broken.push_back("2: " + key + " is asked for, of an original that is only copied");
  }
}

// It runs beside the instance, and is ended without a look at what it has.
void a_scout_is_only_a_scout(const State& state, Broken& broken) {
  auto is_ours = [&](const InstanceId& id) { return state.instance && state.instance->id == id; };
  if (state.scout && is_ours(state.scout->id)) broken.push_back("2: the scout is the instance");
  for (const auto& [key, asked] : state.asked) {
    const auto* end = std::get_if<EndScout>(&asked.effect.action);
    if (end != nullptr && is_ours(end->instance)) broken.push_back("1: the instance is to be ended as a scout");
  }
  auto launches = std::count_if(state.asked.begin(), state.asked.end(), [](const auto& entry) {
    return std::holds_alternative<LaunchScout>(entry.second.effect.action);
  });
  if (launches + (state.scout ? 1 : 0) > 1) broken.push_back("2: there are several scouts");
}

void every_step_is_dated(const State& state, Broken& broken) {
  if (state.instance && state.instance->generation != state.generation) {
    broken.push_back("6: the instance's generation is not the state's");
  }
  if (state.handover && state.handover->from_generation > state.generation) {
    broken.push_back("6: a handover from a generation that never was");
  }
}

}  // namespace

std::vector<std::string> broken_invariants(const State& state) {
  Broken broken;
  nothing_in_use_is_given_up(state, broken);
  former_copies_wait_for_health(state, broken);
  one_writer(state, broken);
  an_original_is_secured_first(state, broken);
  a_copied_original_is_left_alone(state, broken);
  a_scout_is_only_a_scout(state, broken);
  every_step_is_dated(state, broken);
  return broken;
}

}  // namespace holdfast::core
