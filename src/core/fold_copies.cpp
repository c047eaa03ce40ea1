#include "core/fold_copies.h"

#include <algorithm>

#include "core/fold.h"
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
  if (!copy.missing_since) copy.missing_since = draft.now;
  ++copy.missing_looks;
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

}  // namespace

void fold_snapshots(Draft& draft, const Observation& observation) {
  State& state = draft.state();
  note_missing_snapshots(draft, observation);
  for (const ObservedSnapshot& seen : observation.snapshots) {
    if (Snapshot* known = find_by_id(state.snapshots, seen.id)) {
      known->missing_since.reset();
      known->missing_looks = 0;
      // One that is completed stays so: a look from before that must not make its launch do without it.
      bool former = known->state == SnapshotState::completed && seen.state == SnapshotState::pending;
      if (known->state == seen.state || former) continue;
      known->state = seen.state;
      known->size_gib = seen.size_gib;
      // The cloud's own time of the call: when we learned of it may be much later, and says nothing of what is newest.
      if (seen.started_at != Time{}) known->started_at = seen.started_at;
      note_snapshot_ended(draft, seen.id);
      continue;
    }
    auto asked = state.asked.find(seen.tags.effect);
    bool made_for_us =
        asked != state.asked.end() && std::holds_alternative<CreateSnapshot>(asked->second.effect.action);
    if (made_for_us && asked->second.standing == Asked::Standing::unknown) {
      reached(Probe::snapshot_adopted);
      fold_outcome(draft, {seen.tags.effect, seen.id.str()});
      if (Snapshot* adopted = find_by_id(state.snapshots, seen.id)) {
        adopted->state = seen.state;
        adopted->size_gib = seen.size_gib;
        if (seen.started_at != Time{}) adopted->started_at = seen.started_at;
        note_snapshot_ended(draft, seen.id);
      }
      continue;
    }
    bool under_way = asked != state.asked.end();
    bool retired = std::any_of(state.retired.begin(), state.retired.end(),
                               [&](const Retired& entry) { return entry.id == seen.id.str(); });
    // A look from before the last change may show what has been deleted meanwhile.
    if (observation.as_of < state.updated_at) continue;
    // A second copy made by an asking whose answer was lost. Nothing was ever built on it, and the volume or the first
    // copy is there; but one of a generation that we do not know of may be the newest copy there is, and stays.
    if (mutated(Mutation::skip_orphans)) continue;
    if (!under_way && !retired && !seen.tags.purpose.empty() && seen.tags.generation <= state.generation) {
      reached(Probe::snapshot_made_twice);
      state.retired.push_back({Retired::What::snapshot, seen.id.str(), "made twice, never used", draft.now});
    }
  }
}

void fold_images(Draft& draft, const Observation& observation) {
  State& state = draft.state();
  note_missing_images(draft, observation);
  for (const ObservedImage& seen : observation.images) {
    if (RootImage* known = find_by_id(state.images, seen.id)) {
      known->missing_since.reset();
      known->missing_looks = 0;
      bool former = known->state == ImageState::available && seen.state == ImageState::pending;
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
