#include "engine/tag_changes.h"

#include <algorithm>

namespace holdfast::engine {

namespace {

using Tags = std::vector<model::Tag>;

model::TagChange change(const Tags& before, const Tags& after) {
  model::TagChange change{after, {}};
  for (const model::Tag& tag : before) {
    bool stays = std::any_of(after.begin(), after.end(), [&](const model::Tag& other) { return other.key == tag.key; });
    if (!stays) change.removed.push_back(tag.key);
  }
  return change;
}

Tags tags_if(bool wanted, const model::Spec& spec) {
  return wanted ? spec.compute.tags : Tags();
}

}  // namespace

model::Tagging tag_changes(const model::Spec& before, const model::Spec& after) {
  const model::ResourceTags& had = before.compute.resource_tags;
  const model::ResourceTags& has = after.compute.resource_tags;
  return {change(before.compute.tags, after.compute.tags),
          change(tags_if(had.volumes, before), tags_if(has.volumes, after)),
          change(tags_if(had.interfaces, before), tags_if(has.interfaces, after))};
}

}  // namespace holdfast::engine
