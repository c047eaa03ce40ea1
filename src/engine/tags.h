// Our tags on the cloud's things (model/observed.h names them): put on when a thing is made, read back when it is seen.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "ec2/types.h"
#include "model/observed.h"
#include "model/spec.h"

namespace holdfast::engine {

struct OwnTagSet {
  ManagedInstanceId id;
  int generation = 0;
  std::string effect;
  std::string device;   // empty: not tagged
  std::string purpose;  // empty: not tagged
};

// Ours, then the user's. A user's tag cannot take the place of one of ours.
std::vector<ec2::Tag> tags_of(const OwnTagSet& own, const std::vector<model::Tag>& user);

// Whose it is; nothing if it carries no tag of ours.
std::optional<ManagedInstanceId> owner_of(const std::vector<ec2::Tag>& tags);
model::OwnTags own_tags(const std::vector<ec2::Tag>& tags);

}  // namespace holdfast::engine
