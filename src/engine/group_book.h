// The groups that there are, and who takes which address of their pools: the part of the engine that looks at several
// managed instances at once. Everything of one managed instance, the address that it took too, is in its own state.
//
// Always holds: two members never take one address. Whoever takes one holds the seats from the choice until the member
// is stored with it.
//
// Thread: any; the calls of the cloud block.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ec2/ec2.h"
#include "engine/clock.h"
#include "engine/groups.h"
#include "engine/store.h"

namespace holdfast::engine {

class GroupBook {
 public:
  struct Ties {
    ec2::Ec2& ec2;
    Store& store;
    Clock& clock;
    std::function<Result<void>(std::function<Result<void>()>)> on_engine;  // done on the engine's thread, waited for
    std::function<std::vector<SharedView>()> members;                      // all managed instances
    std::function<Result<void>(const ManagedInstanceId&, model::Event)> ask;
    std::function<GroupId()> draw_id;
  };
  // What a document that names a group comes to. As long as it lives, nobody else takes an address.
  struct Seat {
    std::unique_lock<std::mutex> lock;
    std::optional<std::string> address;  // engaged: the managed instance's from now on; may be empty: any
  };

  explicit GroupBook(Ties ties) : ties_(std::move(ties)) {}

  // Called once, on the engine's thread or before there is one.
  Result<void> load();
  // Once the engine runs: what a crash left undone is done.
  void settle();

  // What `create` (no id) and `update` would store and give, with the same faults; nothing is done.
  model::Checked<GroupPlan> plan(const std::optional<GroupId>& id, std::string_view document) const;
  model::Checked<GroupView> create(std::string_view document);
  // Merges. Addresses that leave the pool stay with members that ran.
  model::Checked<GroupView> update(const GroupId& id, std::string_view update);
  // A conflict while it has members. Asked again it is not found.
  Result<void> remove(const GroupId& id);
  // Whether it could be removed.
  Result<void> may_remove(const GroupId& id) const;
  std::optional<GroupView> find(const GroupId& id) const;
  std::vector<GroupView> all() const;  // ordered by id

  // Of a new managed instance, or of one whose document changes. Marks the subnet of its address.
  model::Checked<Seat> seat_new(const model::Spec& spec, model::Surroundings& surroundings);
  model::Checked<Seat> seat_changed(const View& before, const model::Spec& spec, model::Surroundings& surroundings);

 private:
  model::Checked<GroupView> put(const GroupView& group);
  void give(const GroupView& group);
  model::Checked<GroupView> joined(const model::Spec& spec) const;

  Ties ties_;
  std::mutex changes_;        // one change of a group at a time
  std::mutex seats_;          // taken after changes_
  mutable std::mutex mutex_;  // of groups_; taken last
  std::map<GroupId, GroupView> groups_;
};

}  // namespace holdfast::engine
