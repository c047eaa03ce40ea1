// Copies at a person's wish: snapshots taken and dropped, and the next instance made from older copies (a restore), or
// from the newest root that came up, where the present one does not (a fallback).
//
// Always holds: what gives way to an older copy is saved first like at any replacement, and kept for the retention
// (Snapshot::keep_until, Retired); the wish stays until an instance made from it is healthy, over any crash and
// interruption.
#pragma once

#include <string>

#include "core/draft.h"

namespace holdfast::core {

Result<void> ask_snapshot(Draft& draft);
Result<void> drop_snapshot(Draft& draft, const SnapshotId& id);
// Only of one at rest: nothing is taken from under what runs. It goes when its retention is over, and its snapshots
// with it; what comes in its place at the next launch is what the document maps there.
Result<void> drop_volume(Draft& draft, const model::VolumeDropped& request);
Result<void> ask_restore(Draft& draft, const model::RestoreAsked& request);

// Called every turn: snapshots asked for stay wanted, and a restore whose copy is gone is given up, loudly.
void tend_copies(Draft& draft);

// Of the instance whose volume at this device gives way to what is restored. There must be a restore.
int generation_restored(const model::State& state, const std::string& device);
// The copy that this device of the next instance is made from, if it is to be an older one; none once an instance made
// from it has it.
const model::Snapshot* restore_source(const model::State& state, const std::string& device);

// What runs is what is to give way: the next instance is made of older copies, and this one is replaced for that.
bool restore_waits(const model::State& state);

// A launch is about to be asked for, and none may be done: that one is made of the older copies, even if a restore was
// asked for while another, refused since, might have come to be without them.
void restore_by_this_launch(model::State& state);

// The root did not come up within its grace, the document allows to fall back, and an older one came up once: the
// restore begins. False otherwise.
bool fall_back(Draft& draft);

// The instance is healthy: its root has come up, and a restore that it was made from is over.
void note_came_up(Draft& draft);
// A volume that a restored one has replaced; kept.
void set_aside_restored(Draft& draft, const model::Volume& former);

}  // namespace holdfast::core
