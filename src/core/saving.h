// Snapshots and images that the cloud cannot make, because its pool or a quota is full: how long until the next try,
// what is not given up meanwhile, and what a person is told.
//
// A failed one stays in the state as a note, with the number of failures in a row, until another one of its volume that
// was begun after it is completed. The next failure takes the note over; likewise of a snapshot that no image can be
// made of.
#pragma once

#include <string>
#include <vector>

#include "core/draft.h"

namespace holdfast::core {

// Before the next try, after so many failures in a row: 5 s, 10 s, … up to 5 min.
Duration pause_after_failures(int failures);

// The cloud ended it: completed or failed.
void note_snapshot_ended(Draft& draft, const SnapshotId& id);
void note_image_failed(Draft& draft, const ImageId& id);

// Of this volume, if its newest ones failed.
const model::Snapshot* failure_of(const model::State& state, const VolumeId& volume);
const model::RootImage* failed_image_of(const model::State& state, const SnapshotId& snapshot);
// When it is tried again; the draft is woken then, and it is not time yet.
bool resting(Draft& draft, const std::optional<Time>& failed_at, int failures);

// The volumes of the present instance without whose final snapshots there is no next one, and whose snapshots fail.
std::vector<const model::Volume*> unsavable(const Draft& draft);
// A pause or a recycle waits: a healthy instance is not given up of our own accord while what the next one would be
// made of cannot be made. What the cloud takes is replaced all the same.
bool takedown_held(const Draft& draft);
// A handover is stuck between two instances.
bool saving_fails(const Draft& draft);
// What a person must know; empty if nothing.
std::string saving_error(const Draft& draft);

}  // namespace holdfast::core
