#include "core/fold_copies.h"

#include <algorithm>
#include <vector>

#include "core/fold.h"
#include "core/import.h"
#include "core/mutation.h"
#include "core/probe.h"
#include "core/saving.h"

namespace holdfast::core {

using namespace model;

namespace {

// A copy that is known and not listed: by the count of what is missing, not by one look, it is taken to be gone. It is
// never deleted for that.
template <class Copy, class Unknown>
bool note_copy_missing(Draft& draft, Copy& copy, Unknown unknown) {
  if (copy.state == unknown && copy.missing_since) return false;  // noted
  note_missing(copy, draft.now);
  if (!missing_for_long(copy, draft.now)) return false;
  copy.state = unknown;
  return true;
}

void note_missing_snapshots(Draft& draft, const Observation& observation) {
  if (!has(observation.kinds, Kind::snapshots)) return;
  for (Snapshot& known : draft.state().snapshots) {
    if (known.state == SnapshotState::error || observation.as_of <= known.started_at + kListingLag) continue;
    if (find_by_id(observation.snapshots, known.id) != nullptr) continue;
    if (!note_copy_missing(draft, known, SnapshotState::unknown)) continue;
    reached(Probe::snapshot_gone);
    draft.record("snapshot_gone", "snapshot " + known.id.str() + " of " + known.device +
                                      " is gone from the cloud: nothing is made from it any more");
  }
}

void note_missing_images(Draft& draft, const Observation& observation) {
  if (!has(observation.kinds, Kind::images)) return;
  for (RootImage& known : draft.state().images) {
    if (known.state == ImageState::failed || find_by_id(observation.images, known.id) != nullptr) continue;
    if (!note_copy_missing(draft, known, ImageState::unknown)) continue;
    reached(Probe::image_gone);
    draft.record("image_gone", "image " + known.id.str() + " of snapshot " + known.snapshot.str() +
                                   " is gone from the cloud: another one is registered when it is wanted");
  }
}

void fold_known_snapshot(Draft& draft, Snapshot& known, const ObservedSnapshot& seen) {
  known.missing_since.reset();
  known.missing_looks = 0;
  // One that is completed stays so: a look from before that must not make its launch do without it. And one that has
  // failed has failed once.
  bool ended = known.state == SnapshotState::completed || known.state == SnapshotState::error;
  bool former = ended && seen.state == SnapshotState::pending;
  if (known.state == seen.state || former) return;
  known.state = seen.state;
  known.size_gib = seen.size_gib;
  // The cloud's own time of the call: when we learned of it may be much later, and says nothing of what is newest.
  if (seen.started_at != Time{}) known.started_at = seen.started_at;
  note_snapshot_ended(draft, seen.id);
}

// The outcome of an asking whose answer was lost.
bool adopt_awaited(Draft& draft, const ObservedSnapshot& seen) {
  State& state = draft.state();
  auto asked = state.asked.find(seen.tags.effect);
  bool made_for_us = asked != state.asked.end() && std::holds_alternative<CreateSnapshot>(asked->second.effect.action);
  if (!made_for_us || asked->second.standing != Asked::Standing::unknown) return false;
  reached(Probe::snapshot_adopted);
  fold_outcome(draft, {seen.tags.effect, seen.id.str()});
  Snapshot* adopted = find_by_id(state.snapshots, seen.id);
  if (adopted == nullptr) return true;
  adopted->state = seen.state;
  adopted->size_gib = seen.size_gib;
  if (seen.started_at != Time{}) adopted->started_at = seen.started_at;
  note_snapshot_ended(draft, seen.id);
  return true;
}

// Of an import: made by a first try that was late, of which only the repeat was refused.
bool adopt_late_copy(Draft& draft, const ObservedSnapshot& seen) {
  auto asked = draft.state().asked.find(seen.tags.effect);
  if (asked == draft.state().asked.end() || asked->second.standing != Asked::Standing::unknown) return false;
  const auto* copies = std::get_if<SnapshotInstance>(&asked->second.effect.action);
  if (copies == nullptr || !asked->second.definite) return false;
  copies_made(draft, *copies, seen.volume.str() + "=" + seen.id.str());
  return find_by_id(draft.state().snapshots, seen.id) != nullptr;
}

bool is_superseded(const State& state, const ObservedSnapshot& seen) {
  return std::any_of(state.snapshots.begin(), state.snapshots.end(), [&](const Snapshot& other) {
    return other.device == seen.tags.device && other.state == SnapshotState::completed &&
           other.started_at >= seen.started_at;
  });
}

// Of a volume in use, and the newest that is completed: kept as one among the periodic ones. Never as a final one:
// whether it was made after the last write is not known.
void keep_second_copy(Draft& draft, const ObservedSnapshot& seen) {
  State& state = draft.state();
  const bool undecided = seen.state != SnapshotState::completed ||
                         std::any_of(state.snapshots.begin(), state.snapshots.end(), [&](const Snapshot& other) {
                           return other.volume == seen.volume && other.state == SnapshotState::pending;
                         });
  if (undecided) return draft.look(static_cast<Kinds>(Kind::snapshots), draft.now);
  reached(Probe::snapshot_made_twice_of_use);
  Snapshot kept{seen.id,    seen.volume,   seen.tags.device, false, seen.tags.generation,
                seen.state, seen.size_gib, seen.started_at};
  kept.manual = seen.tags.purpose == "manual";
  state.snapshots.push_back(kept);
  draft.record("snapshot_found",
               "snapshot " + seen.id.str() + " of " + seen.tags.device + " was found by its tags, and is kept");
  note_snapshot_ended(draft, seen.id);
}

// A copy made by an asking whose answer was lost, or that happened late, so that another was made in its place. Beside
// a completed one that is as new it is of no use: nothing was ever built on it. One of a generation that we do not know
// of may be the newest copy there is, and stays.
void judge_second_copy(Draft& draft, const ObservedSnapshot& seen) {
  State& state = draft.state();
  if (seen.tags.purpose.empty() || seen.tags.generation > state.generation) return;
  const bool of_use = seen.state != SnapshotState::error && !is_superseded(state, seen);
  if (of_use && is_present_volume(state, seen.volume)) return keep_second_copy(draft, seen);
  reached(Probe::snapshot_made_twice);
  // What may be the last word of a volume that is lost stays for as long as what a delete keeps.
  const Duration kept = of_use ? state.deallocation.value_or(Deallocation()).retention : Duration::zero();
  state.retired.push_back({Retired::What::snapshot, seen.id.str(),
                           of_use ? "of a volume that is not in use any more" : "made twice, never used",
                           draft.now + kept});
}

// What a deleted one was to keep, and was not completed when that was asked for, may be by now: an undelete counts on
// it.
void fold_remains(Draft& draft, const Observation& observation) {
  if (!draft.state().remains) return;
  for (Snapshot& kept : draft.state().remains->snapshots) {
    const ObservedSnapshot* seen = find_by_id(observation.snapshots, kept.id);
    if (seen == nullptr || kept.state != SnapshotState::pending) continue;
    kept.state = seen->state;
    kept.size_gib = seen->size_gib;
  }
}

bool is_accounted_for(const State& state, const ObservedSnapshot& seen) {
  return state.asked.contains(seen.tags.effect) || is_retired(state, seen.id.str());
}

}  // namespace

void fold_snapshots(Draft& draft, const Observation& observation) {
  State& state = draft.state();
  note_missing_snapshots(draft, observation);
  fold_remains(draft, observation);
  std::vector<const ObservedSnapshot*> unknown;
  for (const ObservedSnapshot& seen : observation.snapshots) {
    if (Snapshot* known = find_by_id(state.snapshots, seen.id)) {
      fold_known_snapshot(draft, *known, seen);
    } else if (!adopt_awaited(draft, seen) && !adopt_late_copy(draft, seen)) {
      unknown.push_back(&seen);
    }
  }
  std::erase_if(unknown, [&](const ObservedSnapshot* seen) { return is_accounted_for(state, *seen); });
  if (unknown.empty() || mutated(Mutation::skip_orphans)) return;
  if (may_show_what_went(draft, Kind::snapshots, observation.as_of)) return;
  for (const ObservedSnapshot* seen : unknown) judge_second_copy(draft, *seen);
}

void fold_images(Draft& draft, const Observation& observation) {
  State& state = draft.state();
  note_missing_images(draft, observation);
  for (const ObservedImage& seen : observation.images) {
    if (RootImage* known = find_by_id(state.images, seen.id)) {
      known->missing_since.reset();
      known->missing_looks = 0;
      bool ended = known->state == ImageState::available || known->state == ImageState::failed;
      bool former = ended && seen.state == ImageState::pending;
      if (!former) known->state = seen.state;
      if (seen.state == ImageState::failed) note_image_failed(draft, seen.id);
      continue;
    }
    auto asked = state.asked.find(seen.tags.effect);
    bool made_for_us = asked != state.asked.end() && std::holds_alternative<RegisterImage>(asked->second.effect.action);
    if (made_for_us && asked->second.standing == Asked::Standing::unknown) {
      reached(Probe::image_adopted);
      fold_outcome(draft, {seen.tags.effect, seen.id.str()});
      if (RootImage* adopted = find_by_id(state.images, seen.id)) adopted->state = seen.state;
      if (seen.state == ImageState::failed) note_image_failed(draft, seen.id);
    }
  }
}

}  // namespace holdfast::core
