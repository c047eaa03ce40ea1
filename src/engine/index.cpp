#include "engine/index.h"

#include <algorithm>

namespace holdfast::engine {

namespace {

std::vector<std::string> things_of(const model::State& state) {
  std::vector<std::string> things;
  if (state.instance) things.push_back(state.instance->id.str());
  if (state.scout) things.push_back(state.scout->id.str());
  if (state.interface) things.push_back(state.interface->id.str());
  for (const auto& interface : state.superseded_interfaces) things.push_back(interface.id.str());
  if (state.root) things.push_back(state.root->id.str());
  for (const auto& [device, volume] : state.data) things.push_back(volume.id.str());
  for (const auto& volume : state.superseded) things.push_back(volume.id.str());
  for (const auto& volume : state.left_by_launch) things.push_back(volume.id.str());
  for (const auto& snapshot : state.snapshots) things.push_back(snapshot.id.str());
  for (const auto& image : state.images) things.push_back(image.id.str());
  std::erase(things, std::string());
  std::sort(things.begin(), things.end());
  things.erase(std::unique(things.begin(), things.end()), things.end());
  return things;
}

}  // namespace

std::vector<ec2::CloudEvent> Index::update(const ManagedInstanceId& id, const model::State& state) {
  std::vector<std::string> things = things_of(state);
  std::vector<std::string>& before = things_[id];
  std::vector<ec2::CloudEvent> due;
  if (things == before) return due;
  for (const std::string& gone : before) {
    auto owner = owners_.find(gone);
    if (owner != owners_.end() && owner->second == id) owners_.erase(owner);
  }
  for (const std::string& thing : things) {
    owners_[thing] = id;
    if (std::binary_search(before.begin(), before.end(), thing)) continue;
    auto is_of = [&](const ec2::CloudEvent& event) { return event.resource == thing; };
    std::copy_if(kept_.begin(), kept_.end(), std::back_inserter(due), is_of);
    std::erase_if(kept_, is_of);
  }
  before = std::move(things);
  return due;
}

void Index::forget(const ManagedInstanceId& id) {
  auto found = things_.find(id);
  if (found == things_.end()) return;
  for (const std::string& thing : found->second) {
    auto owner = owners_.find(thing);
    if (owner != owners_.end() && owner->second == id) owners_.erase(owner);
  }
  things_.erase(found);
}

std::optional<ManagedInstanceId> Index::owner_of(const ec2::CloudEvent& event) {
  auto found = owners_.find(event.resource);
  if (found != owners_.end()) return found->second;
  kept_.push_back(event);
  if (kept_.size() > kMostKept) kept_.pop_front();
  return std::nullopt;
}

}  // namespace holdfast::engine
