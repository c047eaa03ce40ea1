// What the fields of a spec mean for each other, once each is well formed by itself.
#pragma once

#include "model/field_reader.h"
#include "model/spec.h"

namespace holdfast::model {

// Which fields the document gave, where a rule asks for it and the Spec cannot tell (a default looks the same).
struct Given {
  bool mode = false;
  bool snapshot_interval = false;
  bool root_generations = false;
};

inline constexpr int kOwnTags = 5;            // holdfast:… on a resource (observed.h)
inline constexpr int kMaxTagsAResource = 50;  // EC2's
inline constexpr int kMaxUserTags = kMaxTagsAResource - kOwnTags;

// Every fault goes to `reader`, with its whole path. A field that was refused by itself holds its default, and no rule
// is told of it: one mistake is told once.
void apply_rules(FieldReader& reader, const Spec& spec, const Given& given);

}  // namespace holdfast::model
