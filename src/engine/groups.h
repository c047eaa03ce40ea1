// Groups of managed instances and their pools of private addresses (behaviour.md). A member takes a free address of the
// pool when it is made, and keeps it: it is part of its state, stored with it. An address that leaves the pool frees
// only members that never ran; members beyond the addresses take any address of their subnets.
//
// Pure but for `inspect_pool`. Who may hold what is read off the managed instances themselves, so that it cannot
// disagree with them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/time.h"
#include "ec2/ec2.h"
#include "engine/store.h"
#include "engine/view.h"
#include "model/document.h"
#include "model/event.h"
#include "model/group.h"

namespace holdfast::engine {

struct GroupView {
  GroupId id;
  std::string document;
  model::Group group;
  Time created_at{};
  Time updated_at{};
};

// Of a stored one; it was read before it was stored.
GroupView view_of(const StoredGroup& stored);

// Those that name the group and are not being deleted.
std::vector<SharedView> members_of(const GroupId& group, const std::vector<SharedView>& all);

// The first address of the pool that no managed instance has; empty if there is none. One that was deleted holds its
// address until it is forgotten: its interface may be kept.
std::string free_address(const model::Group& group, const std::vector<SharedView>& all);

// What members that never ran are to be given, so that each has an address of the pool as far as it reaches. None for
// those that do not name its subnet; another one for those whose address somebody has by now.
struct Gift {
  ManagedInstanceId member;
  model::AddressGiven given;
};
std::vector<Gift> gifts(const GroupView& group, const std::vector<SharedView>& all);

// What a change of a group comes to.
struct GroupPlan {
  GroupView group;  // without an id where there is none yet
  std::vector<Gift> gifts;
};

// The subnet that the address ties the managed instance to.
void mark_holder(model::Surroundings& surroundings, const std::string& address);

// The pool against the cloud and the other groups: the subnet exists, the addresses are its own, and no one else has
// those that `before` did not have. All faults at once; or one error without a field where the cloud could not be
// asked.
model::Checked<void> inspect_pool(ec2::Ec2& ec2, const model::Group& group, const std::optional<GroupView>& before,
                                  const std::vector<GroupView>& others, const std::vector<SharedView>& members);

}  // namespace holdfast::engine
