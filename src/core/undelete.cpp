#include "core/undelete.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "base/text.h"

namespace holdfast::core {

using namespace model;

void remember_remains(State& state) {
  state.remains = Remains{state.interface, state.root, state.data, state.snapshots, state.images};
}

namespace {

// Still there for sure: waiting for its time, and no deletion of it was let out.
bool is_kept(const State& state, const std::string& id) {
  bool retired =
      std::any_of(state.retired.begin(), state.retired.end(), [&](const Retired& entry) { return entry.id == id; });
  auto deletion = state.asked.find("delete/" + id);
  return retired && (deletion == state.asked.end() || !may_be_done(deletion->second));
}

Remains kept_of(const State& state) {
  Remains kept = *state.remains;
  if (kept.interface && !is_kept(state, kept.interface->id.str())) kept.interface.reset();
  if (kept.root && !is_kept(state, kept.root->id.str())) kept.root.reset();
  std::erase_if(kept.data, [&](const auto& entry) { return !is_kept(state, entry.second.id.str()); });
  std::erase_if(kept.snapshots, [&](const Snapshot& entry) { return !is_kept(state, entry.id.str()); });
  std::erase_if(kept.images, [&](const RootImage& entry) { return !is_kept(state, entry.id.str()); });
  return kept;
}

// When the newest copy of it was taken; nothing if there is none.
std::optional<Time> newest_copy(const Remains& kept, const std::string& device) {
  std::optional<Time> newest;
  for (const Snapshot& snapshot : kept.snapshots) {
    if (snapshot.device != device || snapshot.state != SnapshotState::completed) continue;
    newest = std::max(newest.value_or(Time{}), snapshot.started_at);
  }
  return newest;
}

// Volumes that held state, of which nothing is left.
std::vector<std::string> lost_of(const Remains& before, const Remains& kept) {
  std::vector<std::string> lost;
  auto judge = [&](const Volume& volume) {
    if (!newest_copy(kept, volume.device)) lost.push_back(volume.id.str() + " (" + volume.device + ")");
  };
  if (before.root && !kept.root) judge(*before.root);
  for (const auto& [device, volume] : before.data) {
    if (!kept.data.contains(device)) judge(volume);
  }
  return lost;
}

void take_back(State& state, const Remains& kept, Time again) {
  auto keep = [&](const std::string& id) {
    std::erase_if(state.retired, [&](const Retired& entry) { return entry.id == id; });
    state.asked.erase("delete/" + id);  // refused for now: known not to have been done
  };
  // Volumes of former instances among them: the present ones have to prove themselves first.
  for (Retired& entry : state.retired) {
    if (entry.what == Retired::What::volume && is_kept(state, entry.id)) entry.due = std::max(entry.due, again);
  }
  if (kept.interface) keep(kept.interface->id.str());
  if (kept.root) keep(kept.root->id.str());
  for (const auto& [device, volume] : kept.data) keep(volume.id.str());
  for (const Snapshot& snapshot : kept.snapshots) keep(snapshot.id.str());
  for (const RootImage& image : kept.images) keep(image.id.str());
  state.interface = kept.interface;
  state.root = kept.root;
  state.data = kept.data;
  state.snapshots = kept.snapshots;
  state.images = kept.images;
}

std::string copy_of(const Remains& kept, const std::string& device) {
  return device + " comes from its newest snapshot, of " + to_iso(newest_copy(kept, device).value_or(Time{})) +
         "; its volume is deleted";
}

std::string what_is_new(const Remains& before, const Remains& kept) {
  std::vector<std::string> changes;
  if (before.interface && !kept.interface) {
    changes.push_back("its network interface is deleted: it gets another one, and maybe another address");
  }
  if (before.root && !kept.root) changes.push_back(copy_of(kept, before.root->device));
  for (const auto& [device, volume] : before.data) {
    if (!kept.data.contains(device)) changes.push_back(copy_of(kept, device));
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
  const Remains before = *state.remains;
  const Remains kept = kept_of(state);
  std::vector<std::string> lost = lost_of(before, kept);
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
