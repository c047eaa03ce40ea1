// CreateTags and DeleteTags, on anything that has an id.
#include <algorithm>

#include "cloud/lookup.h"
#include "cloud/rules.h"

namespace holdfast::cloud {

namespace {

// The tags of the resource if it is in this table; null if its id is of another kind. `edit`: to be changed.
template <class Key, class Row>
Result<std::vector<ec2::Tag>*> tags_in(Table<Key, Row>& table, const std::string& id, bool edit) {
  static std::vector<ec2::Tag>* const kNone = nullptr;
  Key key(id);
  if (!id.starts_with(std::string(kind_of(key).prefix) + "-")) return kNone;
  HF_TRY_VOID(need(table, key, "ResourceId"));
  // A reader does not touch the row, and only looks.
  return edit ? &table.edit(key).tags : const_cast<std::vector<ec2::Tag>*>(&table.find(key)->tags);
}

Result<std::vector<ec2::Tag>*> find_tags(Model& model, const std::string& id, bool edit) {
  Result<std::vector<ec2::Tag>*> found = nullptr;
  auto look = [&](auto& table) {
    if (found && *found == nullptr) found = tags_in(table, id, edit);
  };
  look(model.instances), look(model.volumes), look(model.snapshots), look(model.images);
  look(model.interfaces), look(model.subnets), look(model.vpcs), look(model.groups);
  look(model.allocations), look(model.key_pairs), look(model.spot_requests), look(model.root_tasks);
  if (found && *found == nullptr) {
    return fail(ErrorKind::invalid, "InvalidID", "'" + id + "' is not the id of anything that has tags.", "ResourceId");
  }
  return found;
}

Result<void> check_resources(const std::vector<std::string>& resources) {
  constexpr size_t kMaxResources = 1000;
  if (resources.empty()) return missing("ResourceId");
  if (resources.size() > kMaxResources) return bad_value("At most 1000 resources a call.", "ResourceId");
  return {};
}

}  // namespace

Answer act(Call& call, const ec2::CreateTagsRequest& request) {
  HF_TRY_VOID(check_resources(request.resources));
  if (request.tags.empty()) return missing("Tag");
  HF_TRY_VOID(check_tags(request.tags, "Tag"));
  for (const auto& id : request.resources) {
    HF_TRY(auto* tags, find_tags(call.model, id, false));
    auto merged = *tags;
    merge_tags(merged, request.tags);
    HF_TRY_VOID(check_tags(merged, "Tag"));
  }
  for (const auto& id : request.resources) {
    HF_TRY(auto* tags, find_tags(call.model, id, true));
    merge_tags(*tags, request.tags);
  }
  return ec2::Empty{};
}

// A tag with an empty value is deleted whatever its value; without any tags all are, as on EC2.
Answer act(Call& call, const ec2::DeleteTagsRequest& request) {
  HF_TRY_VOID(check_resources(request.resources));
  auto named = [&](const ec2::Tag& tag) {
    return request.tags.empty() || std::any_of(request.tags.begin(), request.tags.end(), [&](const ec2::Tag& given) {
             return given.key == tag.key && (given.value.empty() || given.value == tag.value);
           });
  };
  for (const auto& id : request.resources) HF_TRY_VOID(find_tags(call.model, id, false));
  for (const auto& id : request.resources) {
    HF_TRY(auto* tags, find_tags(call.model, id, true));
    std::erase_if(*tags, named);
  }
  return ec2::Empty{};
}

}  // namespace holdfast::cloud
