// Distinct types for the names of things, so that a volume's id cannot be given where an instance's is wanted.
// The text is EC2's ("i-0123456789abcdef0"); an empty id means "none yet".
#pragma once

#include <compare>
#include <functional>
#include <ostream>
#include <string>
#include <utility>

namespace holdfast {

template <class Tag>
class Id {
 public:
  Id() = default;
  explicit Id(std::string text) : text_(std::move(text)) {}
  const std::string& str() const { return text_; }
  bool empty() const { return text_.empty(); }
  auto operator<=>(const Id&) const = default;
  bool operator==(const Id&) const = default;
  friend std::ostream& operator<<(std::ostream& out, const Id& id) { return out << id.text_; }

 private:
  std::string text_;
};

using ManagedInstanceId = Id<struct ManagedInstanceTag>;  // smi- and 8 hex digits
using InstanceId = Id<struct InstanceTag>;                // i-…
using VolumeId = Id<struct VolumeTag>;                    // vol-…
using SnapshotId = Id<struct SnapshotTag>;                // snap-…
using ImageId = Id<struct ImageTag>;                      // ami-…
using InterfaceId = Id<struct InterfaceTag>;              // eni-…
using SubnetId = Id<struct SubnetTag>;                    // subnet-…
using VpcId = Id<struct VpcTag>;                          // vpc-…
using SecurityGroupId = Id<struct SecurityGroupTag>;      // sg-…
using GroupId = Id<struct GroupTag>;                      // smg- and 8 hex digits

}  // namespace holdfast

template <class Tag>
struct std::hash<holdfast::Id<Tag>> {
  std::size_t operator()(const holdfast::Id<Tag>& id) const noexcept { return std::hash<std::string>()(id.str()); }
};
