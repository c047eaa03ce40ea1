#include "engine/tags.h"

#include "base/text.h"
#include "ec2/ec2.h"

namespace holdfast::engine {

namespace {

constexpr std::string_view kPrefix = "holdfast:";

std::string text_of(const std::vector<ec2::Tag>& tags, std::string_view key) {
  const std::string* value = ec2::find_tag(tags, key);
  return value == nullptr ? std::string() : *value;
}

}  // namespace

std::vector<ec2::Tag> tags_of(const OwnTagSet& own, const std::vector<model::Tag>& user) {
  std::vector<ec2::Tag> tags = {{model::kTagManagedInstance, own.id.str()},
                                {model::kTagGeneration, std::to_string(own.generation)},
                                {model::kTagEffect, own.effect}};
  if (!own.device.empty()) tags.push_back({model::kTagDevice, own.device});
  if (!own.purpose.empty()) tags.push_back({model::kTagPurpose, own.purpose});
  for (const model::Tag& tag : user) {
    if (!tag.key.starts_with(kPrefix)) tags.push_back({tag.key, tag.value});
  }
  return tags;
}

std::optional<ManagedInstanceId> owner_of(const std::vector<ec2::Tag>& tags) {
  const std::string* value = ec2::find_tag(tags, model::kTagManagedInstance);
  if (value == nullptr) return std::nullopt;
  return ManagedInstanceId(*value);
}

model::OwnTags own_tags(const std::vector<ec2::Tag>& tags) {
  model::OwnTags own;
  own.generation = static_cast<int>(parse_int(text_of(tags, model::kTagGeneration)).value_or(0));
  own.effect = text_of(tags, model::kTagEffect);
  own.device = text_of(tags, model::kTagDevice);
  own.purpose = text_of(tags, model::kTagPurpose);
  return own;
}

}  // namespace holdfast::engine
