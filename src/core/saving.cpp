#include "core/saving.h"

#include <algorithm>

#include "core/fold.h"
#include "core/probe.h"
#include "core/restore.h"
#include "core/retention.h"

namespace holdfast::core {

using namespace model;

namespace {

constexpr Duration kFirstPause = std::chrono::seconds(5);
constexpr Duration kLongestPause = std::chrono::minutes(5);
constexpr int kMostDoublings = 10;  // far beyond the longest pause

}  // namespace

Duration pause_after_failures(int failures) {
  return std::min(kFirstPause * (1 << std::clamp(failures - 1, 0, kMostDoublings)), kLongestPause);
}

// ---- notes

namespace {

// They hold nothing: the cloud ended them with an error. Once another has failed, that one says how many there were;
// once one is completed, those that were begun before it are no matter. One begun after it stays: the next try is told
// from it by its count.
void retire_failures(Draft& draft, const Snapshot& ended) {
  const bool completed = ended.state == SnapshotState::completed;
  std::erase_if(draft.state().snapshots, [&, volume = ended.volume, id = ended.id, at = ended.started_at](auto& other) {
    bool failed = other.volume == volume && other.id != id && other.state == SnapshotState::error;
    if (!failed || (completed && other.started_at > at)) return false;
    retire_failed(draft, Retired::What::snapshot, other.id.str());
    return true;
  });
}

void retire_failed_images(Draft& draft, const SnapshotId& snapshot, const ImageId& except) {
  std::erase_if(draft.state().images, [&](const RootImage& image) {
    bool failed = image.snapshot == snapshot && image.state == ImageState::failed && image.id != except;
    if (failed) retire_failed(draft, Retired::What::image, image.id.str());
    return failed;
  });
}

}  // namespace

void note_snapshot_ended(Draft& draft, const SnapshotId& id) {
  Snapshot* ended = find_by_id(draft.state().snapshots, id);
  if (ended == nullptr) return;
  if (ended->state == SnapshotState::completed) return retire_failures(draft, *ended);
  if (ended->state != SnapshotState::error) return;
  const Snapshot* before = failure_of(draft.state(), ended->volume);
  ended->failures = 1 + (before != nullptr ? before->failures : 0);
  ended->failed_at = draft.now;
  reached(Probe::snapshot_failed);
  draft.record("snapshot_failed", "snapshot " + id.str() + " of " + ended->device + " failed in the cloud");
  retire_failures(draft, *ended);
}

void note_image_failed(Draft& draft, const ImageId& id) {
  std::vector<RootImage>& images = draft.state().images;
  RootImage* failed = find_by_id(images, id);
  if (failed == nullptr || failed->failed_at) return;
  const SnapshotId snapshot = failed->snapshot;
  for (const RootImage& before : images) {
    if (before.snapshot == snapshot) failed->failures = std::max(failed->failures, before.failures);
  }
  ++failed->failures;
  failed->failed_at = draft.now;
  reached(Probe::image_failed);
  draft.record("image_failed", "image " + id.str() + " of snapshot " + snapshot.str() + " failed in the cloud");
  retire_failed_images(draft, snapshot, id);
}

const Snapshot* failure_of(const State& state, const VolumeId& volume) {
  const Snapshot* last = nullptr;
  for (const Snapshot& snapshot : state.snapshots) {
    bool failed = snapshot.volume == volume && snapshot.state == SnapshotState::error && snapshot.failed_at;
    if (failed && (last == nullptr || snapshot.failures > last->failures)) last = &snapshot;
  }
  return last;
}

const RootImage* failed_image_of(const State& state, const SnapshotId& snapshot) {
  for (const RootImage& image : state.images) {
    if (image.snapshot == snapshot && image.state == ImageState::failed) return &image;
  }
  return nullptr;
}

bool resting(Draft& draft, const std::optional<Time>& failed_at, int failures) {
  if (!failed_at) return false;
  Time again_at = *failed_at + pause_after_failures(failures);
  if (draft.now >= again_at) return false;
  draft.wake(again_at);
  return true;
}

// ---- what follows

namespace {

// CreateSnapshot is refused itself, and more tries do not mend that.
const Asked* refusal_of(const State& state, const VolumeId& volume) {
  for (const auto& [key, asked] : state.asked) {
    const auto* create = std::get_if<CreateSnapshot>(&asked.effect.action);
    if (create != nullptr && create->volume == volume && was_refused(asked)) return &asked;
  }
  return nullptr;
}

bool fails(const State& state, const Volume& volume) {
  // One that is not there has no snapshots, whatever the cloud answers: it is looked for, or given up.
  if (volume.missing_since) return false;
  return failure_of(state, volume.id) != nullptr || refusal_of(state, volume.id) != nullptr;
}

std::string why(const State& state, const Volume& volume) {
  const Asked* refused = refusal_of(state, volume.id);
  return refused != nullptr ? "refused: " + refused->last_error
                            : "the cloud ended the last one with an error; is its pool or a quota full?";
}

const RootImage* failed_image(const State& state) {
  for (const RootImage& image : state.images) {
    if (image.state == ImageState::failed && image.failed_at) return &image;
  }
  return nullptr;
}

bool between_instances(const State& state) {
  return state.handover && !state.instance && state.generation > 0;
}

// It stayed in another zone than the instance that is coming up, and comes there by its final copy (settle_in).
bool comes_across(const State& state, const Volume& volume) {
  return is_incoming(state) && !volume.zone.empty() && volume.zone != state.instance->market.zone;
}

}  // namespace

std::vector<const Volume*> unsavable(const Draft& draft) {
  const State& state = draft.state();
  std::vector<const Volume*> volumes;
  if (draft.spec.persistence.root_device && state.root && fails(state, *state.root)) volumes.push_back(&*state.root);
  if (!snapshots_data(draft.spec, state)) return volumes;
  for (const auto& [device, volume] : state.data) {
    const bool needed = launch_needs_copy(draft.spec, state, volume) || comes_across(state, volume);
    if (needed && fails(state, volume)) volumes.push_back(&volume);
  }
  return volumes;
}

bool takedown_held(const Draft& draft) {
  const State& state = draft.state();
  const bool replaced = state.recycle_wanted || restore_waits(state);
  bool wanted = state.goal == Goal::paused || (state.goal == Goal::running && replaced);
  bool steady = state.instance && state.instance->healthy_at && !state.handover;
  return wanted && steady && !unsavable(draft).empty();
}

bool saving_fails(const Draft& draft) {
  if (!between_instances(draft.state())) return false;
  return !unsavable(draft).empty() || failed_image(draft.state()) != nullptr;
}

std::string saving_error(const Draft& draft) {
  const State& state = draft.state();
  if (state.goal == Goal::deleted) return {};
  std::vector<const Volume*> volumes = unsavable(draft);
  auto named = [&] { return "volume " + volumes.front()->id.str() + " (" + volumes.front()->device + ")"; };
  if (takedown_held(draft)) {
    const char* what = state.goal == Goal::paused ? "the pause" : state.recycle_wanted ? "the recycle" : "the restore";
    return std::string(what) + " waits, and instance " + state.instance->id.str() + " goes on: snapshots of " +
           named() + " fail (" + why(state, *volumes.front()) +
           "), and the next instance needs a final one. It is tried again after pauses of up to 5 minutes";
  }
  const bool settling = is_incoming(state);
  if (settling) std::erase_if(volumes, [&](const Volume* volume) { return !comes_across(state, *volume); });
  if (!between_instances(state) && !settling) return {};
  if (!volumes.empty()) {
    return "the final snapshot of " + named() + " fails (" + why(state, *volumes.front()) +
           "). The volume is kept; it is tried again after pauses of up to 5 minutes";
  }
  const RootImage* image = settling ? nullptr : failed_image(state);
  if (image == nullptr) return {};
  return "no image can be made of snapshot " + image->snapshot.str() +
         " (the cloud ended the last one with an error; is a quota full?). The snapshot is kept; it is tried again "
         "after "
         "pauses of up to 5 minutes";
}

}  // namespace holdfast::core
