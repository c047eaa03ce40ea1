#include "core/undelete.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/text.h"

namespace holdfast::core {

using namespace model;

namespace {

// What came to light only later belongs to what there was before.
template <class Thing>
void append(std::vector<Thing>& all, const std::vector<Thing>& more) {
  all.insert(all.end(), more.begin(), more.end());
}

}  // namespace

void remember_remains(State& state) {
  Remains& remains = state.remains ? *state.remains : state.remains.emplace();
  if (!remains.interface) remains.interface = state.interface;
  if (!remains.root) remains.root = state.root;
  remains.data.insert(state.data.begin(), state.data.end());
  append(remains.snapshots, state.snapshots);
  append(remains.images, state.images);
  append(remains.superseded, state.superseded);
  append(remains.left_by_launch, state.left_by_launch);
  append(remains.superseded_interfaces, state.superseded_interfaces);
}

namespace {

// Still there for sure: waiting for its time, and no deletion of it was let out.
bool is_kept(const State& state, const std::string& id) {
  return is_retired(state, id) && !deletion_may_be_done(state, id);
}

// Completed; nullptr: there is none.
const Snapshot* newest_copy(const Remains& kept, const std::string& device) {
  const Snapshot* newest = nullptr;
  for (const Snapshot& snapshot : kept.snapshots) {
    if (snapshot.device != device || snapshot.state != SnapshotState::completed || snapshot.keep_until) continue;
    if (newest == nullptr || snapshot.started_at > newest->started_at) newest = &snapshot;
  }
  return newest;
}

// Where the volume that was to replace it is gone, and no copy is as new, a former one is the present one again.
void reinstate_former(Remains& kept, const std::string& root_device) {
  std::stable_sort(kept.superseded.begin(), kept.superseded.end(),
                   [](const Volume& a, const Volume& b) { return a.generation > b.generation; });
  std::erase_if(kept.superseded, [&](const Volume& former) {
    const bool is_root = former.device == root_device;
    const bool present = is_root ? kept.root.has_value() : kept.data.contains(former.device);
    const Snapshot* copy = newest_copy(kept, former.device);
    if (present || (copy != nullptr && copy->generation >= former.generation)) return false;
    if (is_root) kept.root = former;
    if (!is_root) kept.data.emplace(former.device, former);
    return true;
  });
}

Remains kept_of(const State& state) {
  Remains kept = *state.remains;
  auto gone = [&](const auto& thing) { return !is_kept(state, thing.id.str()); };
  if (kept.interface && gone(*kept.interface)) kept.interface.reset();
  if (kept.root && gone(*kept.root)) kept.root.reset();
  std::erase_if(kept.data, [&](const auto& entry) { return gone(entry.second); });
  std::erase_if(kept.snapshots, gone);
  std::erase_if(kept.images, gone);
  std::erase_if(kept.superseded, gone);
  std::erase_if(kept.left_by_launch, gone);
  std::erase_if(kept.superseded_interfaces, gone);
  reinstate_former(kept, state.surroundings.image.root_device);
  return kept;
}

// What held state last, by its device.
std::map<std::string, std::string> last_of(const Draft& draft, const Remains& before) {
  std::map<std::string, std::string> last;
  for (const Snapshot& snapshot : before.snapshots) {
    if (!is_mapped(draft, snapshot.device)) continue;
    if (const Snapshot* copy = newest_copy(before, snapshot.device)) last[snapshot.device] = copy->id.str();
  }
  for (const Volume& former : before.superseded) last[former.device] = former.id.str();
  for (const auto& [device, volume] : before.data) last[device] = volume.id.str();
  if (before.root) last[before.root->device] = before.root->id.str();
  std::erase_if(last, [&](const auto& entry) { return !is_persisted(draft, entry.first); });
  return last;
}

// Devices that held state, of which nothing is left, and what held it.
std::vector<std::string> lost_of(const Draft& draft, const Remains& before, const Remains& kept) {
  std::vector<std::string> lost;
  for (const auto& [device, held_by] : last_of(draft, before)) {
    const bool is_root = device == draft.state().surroundings.image.root_device;
    const bool present = is_root ? kept.root.has_value() : kept.data.contains(device);
    if (!present && newest_copy(kept, device) == nullptr) lost.push_back(held_by + " (" + device + ")");
  }
  return lost;
}

void take_back(State& state, const Remains& kept, Time again) {
  auto keep = [&](const auto& thing) { keep_again(state, thing.id.str()); };
  auto keep_all = [&](const auto& things) { std::for_each(things.begin(), things.end(), keep); };
  // Deleted before remains knew them, former volumes are only retired: they get more time.
  for (Retired& entry : state.retired) {
    if (entry.what == Retired::What::volume && is_kept(state, entry.id)) entry.due = std::max(entry.due, again);
  }
  if (kept.interface) keep(*kept.interface);
  if (kept.root) keep(*kept.root);
  for (const auto& [device, volume] : kept.data) keep(volume);
  keep_all(kept.snapshots);
  keep_all(kept.images);
  keep_all(kept.superseded);
  keep_all(kept.left_by_launch);
  keep_all(kept.superseded_interfaces);
  state.interface = kept.interface;
  state.root = kept.root;
  state.data = kept.data;
  state.snapshots = kept.snapshots;
  state.images = kept.images;
  state.superseded = kept.superseded;
  state.left_by_launch = kept.left_by_launch;
  state.superseded_interfaces = kept.superseded_interfaces;
}

std::string copy_of(const Remains& kept, const std::string& device) {
  const Snapshot* copy = newest_copy(kept, device);
  return device + " comes from its newest snapshot, of " + to_iso(copy != nullptr ? copy->started_at : Time{}) +
         "; its volume is deleted";
}

std::string what_is_new(const Remains& before, const Remains& kept) {
  std::vector<std::string> changes;
  if (before.interface && !kept.interface) {
    changes.push_back("its network interface is deleted: it gets another one, and maybe another address");
  }
  auto compare = [&](const Volume& had, const Volume* has) {
    if (has == nullptr) return changes.push_back(copy_of(kept, had.device));
    if (has->id == had.id) return;
    changes.push_back(had.device + " comes from its former volume " + has->id.str() + ", of generation " +
                      std::to_string(has->generation) + "; " + had.id.str() +
                      " is deleted, with what was written since");
  };
  if (before.root) compare(*before.root, kept.root ? &*kept.root : nullptr);
  for (const auto& [device, volume] : before.data) {
    auto has = kept.data.find(device);
    compare(volume, has != kept.data.end() ? &has->second : nullptr);
  }
  return changes.empty() ? "with everything it had" : join(changes, "; ");
}

}  // namespace

Result<void> ask_undelete(Draft& draft) {
  State& state = draft.state();
  if (state.goal != Goal::deleted) return {};  // asked again, or never deleted: it is there
  auto conflict = [&](const std::string& why) {
    return fail(ErrorKind::conflict, "CONFLICT", "managed instance " + state.id.str() + " " + why);
  };
  if (!state.remains || !state.forget_at)
    return conflict("is still being taken down: ask again once it is DEALLOCATED");
  if (state.import && state.import->given_up) {
    return conflict("was to be made of instance " + state.import->original.instance.str() +
                    ", which was let go with everything that it had: import that again");
  }
  const Remains before = *state.remains;
  const Remains kept = kept_of(state);
  std::vector<std::string> lost = lost_of(draft, before, kept);
  if (!lost.empty()) return conflict("cannot come back whole: " + join(lost, ", ") + " is deleted, with every copy");
  take_back(state, kept, draft.now + Deallocation().retention);
  state.goal = Goal::paused;
  state.deallocation.reset();
  state.remains.reset();
  state.forget_at.reset();
  state.recycle_wanted = false;
  draft.record("undeleted", "it is back, paused, " + what_is_new(before, kept));
  draft.look(kAllKinds, draft.now);
  return {};
}

}  // namespace holdfast::core
