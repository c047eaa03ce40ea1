#include "engine/group_book.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "core/interfaces.h"

namespace holdfast::engine {

namespace {

tl::unexpected<model::Faults> one_fault(Error error) {
  return tl::unexpected(model::Faults{{std::move(error)}});
}

Error not_found(const GroupId& id) {
  return {ErrorKind::not_found, "GroupNotFound", "there is no group " + id.str(), {}};
}

Error of_group(std::string message) {
  return {ErrorKind::invalid, "INVALID_FIELD", std::move(message), "groupId"};
}

}  // namespace

Result<void> GroupBook::load() {
  HF_TRY(std::vector<StoredGroup> stored, ties_.store.load_groups());
  std::lock_guard lock(mutex_);
  for (const StoredGroup& group : stored) {
    if (!model::read_group(group.document)) {
      return fail(ErrorKind::invalid, "StoreCorrupt",
                  fmt::format("the stored group {} cannot be read, so nothing was started and nothing changed; restore "
                              "the store from a copy, or mend the row",
                              group.id.str()));
    }
    groups_.emplace(group.id, view_of(group));
  }
  return {};
}

void GroupBook::settle() {
  for (const GroupView& group : all()) {
    std::lock_guard seats(seats_);
    give(group);
  }
}

std::optional<GroupView> GroupBook::find(const GroupId& id) const {
  std::lock_guard lock(mutex_);
  auto found = groups_.find(id);
  return found == groups_.end() ? std::nullopt : std::optional(found->second);
}

std::vector<GroupView> GroupBook::all() const {
  std::lock_guard lock(mutex_);
  std::vector<GroupView> all;
  for (const auto& [id, group] : groups_) all.push_back(group);
  return all;
}

model::Checked<GroupPlan> GroupBook::plan(const std::optional<GroupId>& id, std::string_view document) const {
  std::optional<GroupView> before = id ? find(*id) : std::nullopt;
  if (id && !before) return one_fault(not_found(*id));
  auto merged = before ? model::merge_document(before->document, document) : Result<std::string>(std::string(document));
  if (!merged) return one_fault(std::move(merged).error());
  auto group = model::read_group(*merged);
  if (!group) return tl::unexpected(std::move(group).error());
  std::vector<GroupView> others = all();
  if (id) std::erase_if(others, [&](const GroupView& other) { return other.id == *id; });
  const std::vector<SharedView> known = ties_.members();
  auto fits = inspect_pool(ties_.ec2, *group, before, others, id ? members_of(*id, known) : std::vector<SharedView>());
  if (!fits) return tl::unexpected(std::move(fits).error());
  const Time now = ties_.clock.now();
  GroupView view{id.value_or(GroupId()), std::move(*merged), std::move(*group), before ? before->created_at : now, now};
  std::vector<Gift> given = id ? gifts(view, known) : std::vector<Gift>();
  return GroupPlan{std::move(view), std::move(given)};
}

model::Checked<GroupView> GroupBook::create(std::string_view document) {
  std::lock_guard changes(changes_);
  auto planned = plan(std::nullopt, document);
  if (!planned) return tl::unexpected(std::move(planned).error());
  planned->group.id = ties_.draw_id();
  while (find(planned->group.id)) planned->group.id = ties_.draw_id();
  return put(planned->group);
}

model::Checked<GroupView> GroupBook::update(const GroupId& id, std::string_view update) {
  std::lock_guard changes(changes_);
  auto planned = plan(id, update);
  if (!planned) return tl::unexpected(std::move(planned).error());
  return put(planned->group);
}

// Stored first, then given out: after a crash in between `settle` goes on.
model::Checked<GroupView> GroupBook::put(const GroupView& group) {
  std::lock_guard seats(seats_);
  const StoredGroup stored{group.id, group.document, group.created_at, group.updated_at};
  auto done = ties_.on_engine([&] { return ties_.store.put_group(stored); });
  if (!done) return one_fault(std::move(done).error());
  {
    std::lock_guard lock(mutex_);
    groups_.insert_or_assign(group.id, group);
  }
  give(group);
  return group;
}

void GroupBook::give(const GroupView& group) {
  for (const Gift& gift : gifts(group, ties_.members())) {
    // One that cannot take it just now (it is being deleted, the store is full) gets it at the next change or start.
    (void)ties_.ask(gift.member, gift.given);
  }
}

Result<void> GroupBook::may_remove(const GroupId& id) const {
  if (!find(id)) return Failure(not_found(id));
  std::vector<std::string> members;
  for (const SharedView& member : members_of(id, ties_.members())) {
    members.push_back(member->id.str() + " (" + member->spec.name + ")");
  }
  if (members.empty()) return {};
  return fail(
      ErrorKind::conflict, "CONFLICT",
      fmt::format("group {} has members: take groupId out of {} first, or delete them", id.str(), join(members, ", ")));
}

Result<void> GroupBook::remove(const GroupId& id) {
  std::lock_guard changes(changes_);
  std::lock_guard seats(seats_);
  HF_TRY_VOID(may_remove(id));
  HF_TRY_VOID(ties_.on_engine([&] { return ties_.store.remove_group(id); }));
  std::lock_guard lock(mutex_);
  groups_.erase(id);
  return {};
}

// The group of the document, which fits it.
model::Checked<GroupView> GroupBook::joined(const model::Spec& spec) const {
  std::optional<GroupView> group = find(*spec.group);
  if (!group) {
    return one_fault(of_group(fmt::format("there is no group {}; GET /aws/ec2/group lists them", spec.group->str())));
  }
  const std::vector<SubnetId>& subnets = spec.compute.subnet_ids;
  const std::optional<model::AddressPool>& pool = group->group.pool;
  if (pool && std::find(subnets.begin(), subnets.end(), pool->subnet) == subnets.end()) {
    return one_fault(
        of_group(fmt::format("the pool of group {} is of {}, which is not among compute.subnetIds: add it "
                             "there, or leave groupId out",
                             group->group.name, pool->subnet.str())));
  }
  return std::move(*group);
}

model::Checked<GroupBook::Seat> GroupBook::seat_new(const model::Spec& spec, model::Surroundings& surroundings) {
  Seat seat;
  if (!spec.group) return seat;
  seat.lock = std::unique_lock(seats_);
  auto group = joined(spec);
  if (!group) return tl::unexpected(std::move(group).error());
  seat.address = free_address(group->group, ties_.members());
  mark_holder(surroundings, *seat.address);
  return seat;
}

model::Checked<GroupBook::Seat> GroupBook::seat_changed(const View& before, const model::Spec& spec,
                                                        model::Surroundings& surroundings) {
  Seat seat;
  const model::State& state = before.state;
  if (spec.group == before.spec.group || !spec.group) {
    // One that leaves its group before it ever ran is free of its address; one that ran keeps it.
    if (!spec.group && core::may_change_address(state)) seat.address = std::string();
    const bool moves = spec.compute.subnet_ids != before.spec.compute.subnet_ids;
    if (spec.group && moves && !state.pool_address.empty() && core::may_change_address(state)) {
      if (auto group = joined(spec); !group) return tl::unexpected(std::move(group).error());
    }
    if (!spec.compute.private_ip) mark_holder(surroundings, seat.address.value_or(state.pool_address));
    return seat;
  }
  seat.lock = std::unique_lock(seats_);
  auto group = joined(spec);
  if (!group) return tl::unexpected(std::move(group).error());
  if (core::may_change_address(state)) {
    seat.address = free_address(group->group, ties_.members());
  } else {
    const std::string kept = state.interface ? state.interface->ip : state.pool_address;
    if (!group->group.has_address(kept)) {
      return one_fault(of_group(fmt::format(
          "its address {} is kept and not in the pool of {}, which would never give it another: leave groupId out, or "
          "make a new managed instance",
          kept, group->group.name)));
    }
    seat.address = kept;
  }
  mark_holder(surroundings, *seat.address);
  return seat;
}

}  // namespace holdfast::engine
