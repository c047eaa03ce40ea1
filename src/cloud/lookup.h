// Finding what a request names: the row, or EC2's own error (Malformed, NotFound) for that kind of thing; new ids; tags
// as a request gives them. Used by the rules.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/random.h"
#include "cloud/model.h"

namespace holdfast::cloud {

// EC2's words for a kind of thing.
struct IdKind {
  std::string_view prefix;     // "i"
  std::string_view noun;       // "instance"
  std::string_view not_found;  // "InvalidInstanceID.NotFound"
  std::string_view malformed;
  std::string_view resource_type;  // in tag specifications
};
const IdKind& kind_of(const InstanceId&);
const IdKind& kind_of(const VolumeId&);
const IdKind& kind_of(const SnapshotId&);
const IdKind& kind_of(const ImageId&);
const IdKind& kind_of(const InterfaceId&);
const IdKind& kind_of(const SubnetId&);
const IdKind& kind_of(const VpcId&);
const IdKind& kind_of(const SecurityGroupId&);
const IdKind& kind_of(const AllocationId&);
const IdKind& kind_of(const KeyPairId&);
const IdKind& kind_of(const SpotRequestId&);
const IdKind& kind_of(const RootTaskId&);

Result<void> check_id(const IdKind& kind, const std::string& id, const std::string& field);
Failure not_found(const IdKind& kind, const std::string& id, const std::string& field);

// Rows that clients must not see any more.
inline bool hidden(const Snapshot& row) {
  return row.state == "deleted";
}
inline bool hidden(const Subnet& row) {
  return row.state == "deleting";
}
template <class Row>
bool hidden(const Row&) {
  return false;
}

template <class Key, class Row>
Result<const Row*> need(const Table<Key, Row>& table, const Key& id, const std::string& field) {
  HF_TRY_VOID(check_id(kind_of(id), id.str(), field));
  const Row* row = table.find(id);
  if (row == nullptr || hidden(*row)) return not_found(kind_of(id), id.str(), field);
  return row;
}

// A new id of 17 random hexadecimal digits that the table does not have.
template <class Key, class Row>
Key fresh_id(const Table<Key, Row>& table, Random& random) {
  Key id;
  do id = Key(std::string(kind_of(id).prefix) + "-" + random.hex(17));
  while (table.contains(id));
  return id;
}

// The tags that the specifications give to a resource type; an error if one names a type that is not `allowed`.
Result<void> check_tag_specifications(const std::vector<ec2::TagSpecification>& specifications,
                                      const std::vector<std::string_view>& allowed);
std::vector<ec2::Tag> tags_for(const std::vector<ec2::TagSpecification>& specifications, std::string_view type);
Result<void> check_tags(const std::vector<ec2::Tag>& tags, const std::string& field);
// Adds or replaces; the result is sorted by key.
void merge_tags(std::vector<ec2::Tag>& into, const std::vector<ec2::Tag>& tags);

Failure bad_value(std::string message, std::string field);  // InvalidParameterValue
Failure missing(std::string field);                         // MissingParameter
Failure bad_combination(std::string message, std::string field);

}  // namespace holdfast::cloud
