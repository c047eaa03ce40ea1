// The order of one handover (handover.md): what must have been observed before each step. Each function is called every
// turn for as long as its part is due, and asks for whatever can start now.
#pragma once

#include "core/draft.h"

namespace holdfast::core {

// Takes the present instance down. Its end is noted by leave_behind.
void take_down(Draft& draft);

// The instance is terminated: it can write no more, so from here on the copies may be made.
void leave_behind(Draft& draft);

// What the last instance left is in the state: a listing from after its end has shown what it was never seen with.
bool leavings_known(Draft& draft);

// Final snapshots and the image. True once everything that the next launch is made from exists.
bool save(Draft& draft);

// True once the final snapshot of the volume, which nothing writes to any more, is completed; else it is asked for.
bool saved(Draft& draft, const model::Volume& volume);

// Interface, market, launch. There must be no instance.
void launch(Draft& draft);

// Volumes attached, checks passed: ends the handover when the new instance is healthy.
void settle_in(Draft& draft);

// True once the image made from the snapshot is available.
bool imaged(Draft& draft, const model::Snapshot& snapshot);

// A launch was let out, and may have come to be by now.
bool launch_may_be_done(const model::State& state);
// An instance comes up, or may: asked for, or not healthy yet.
bool comes_up(const model::State& state);
// One that was refused for now is asked for anew, with a token of its own and as it is wanted by now.
void renew_waiting_launch(model::State& state);

// Made or being made: it has not failed, and is not gone.
inline bool is_there(model::SnapshotState state) {
  return state == model::SnapshotState::pending || state == model::SnapshotState::completed;
}
inline bool is_there(model::ImageState state) {
  return state == model::ImageState::pending || state == model::ImageState::available;
}

// The image that the next launch uses; none while it is still being made.
std::optional<ImageId> launch_image(const Draft& draft);
// It began as a resume, whatever struck it since. (What was stored before `from_rest` was has only the reason.)
inline bool began_at_rest(const model::Handover& handover) {
  return handover.from_rest || handover.reason == model::Reason::resume;
}
// It is on another machine, which may write to it: a person looked into it while it rested, or took it off.
bool lent(const model::State& state, const model::Volume& volume, Time now);
// The newest completed snapshot that holds what generation `volume.generation` left on the volume.
const model::Snapshot* final_snapshot(const model::State& state, const model::Volume& volume);
// What the next root is made from: an older copy where one is to be restored, else the final snapshot, else the newest
// copy of a root that is not there.
const model::Snapshot* source_of_root(const model::State& state);
// The newest copy of the device; one that a restore has left behind is none.
const model::Snapshot* newest_completed(const model::State& state, const std::string& device);

}  // namespace holdfast::core
