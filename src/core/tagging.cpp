#include "core/tagging.h"

#include <algorithm>

namespace holdfast::core {

using namespace model;

namespace {

// The later wish wins; a key that an earlier one wanted off, and that nobody wants since, still goes.
TagChange merged(const TagChange& before, const TagChange& after) {
  TagChange change = after;
  for (const std::string& key : before.removed) {
    bool wanted = std::any_of(after.tags.begin(), after.tags.end(), [&](const Tag& tag) { return tag.key == key; });
    bool known = std::find(after.removed.begin(), after.removed.end(), key) != after.removed.end();
    if (!wanted && !known) change.removed.push_back(key);
  }
  return change;
}

void add(ApplyTags& effect, std::vector<std::string> resources, const TagChange& change) {
  if (resources.empty() || (change.tags.empty() && change.removed.empty())) return;
  effect.targets.push_back({std::move(resources), change.tags, change.removed});
}

ApplyTags effect_for(const State& state) {
  ApplyTags effect;
  add(effect, {state.instance->id.str()}, state.tagging->instance);
  std::vector<std::string> volumes;
  if (state.root) volumes.push_back(state.root->id.str());
  for (const auto& [device, volume] : state.data) volumes.push_back(volume.id.str());
  add(effect, std::move(volumes), state.tagging->volumes);
  if (state.interface) add(effect, {state.interface->id.str()}, state.tagging->interface);
  return effect;
}

}  // namespace

void want_tags(Draft& draft, const Tagging& tagging) {
  State& state = draft.state();
  Tagging wanted = tagging;
  if (state.tagging) {
    wanted = {merged(state.tagging->instance, tagging.instance), merged(state.tagging->volumes, tagging.volumes),
              merged(state.tagging->interface, tagging.interface)};
  }
  if (wanted == Tagging{}) return;
  state.tagging = wanted;
  ++state.taggings;
}

void tend_tags(Draft& draft) {
  State& state = draft.state();
  bool settled = state.instance && state.instance->running_at && !state.handover && state.goal == Goal::running;
  if (!state.tagging || !settled) return;
  ApplyTags effect = effect_for(state);
  if (effect.targets.empty()) {
    state.tagging.reset();
    return;
  }
  draft.want("tags/" + std::to_string(state.taggings), effect, Urgency::voluntary);
}

void tags_applied(Draft& draft, const ApplyTags& effect) {
  State& state = draft.state();
  // Another update, or another instance, came between: that is done for itself.
  if (!state.tagging || !state.instance || !(effect_for(state) == effect)) return;
  state.tagging.reset();
  draft.record("tagged", "the tags of the document are on what runs now");
}

}  // namespace holdfast::core
