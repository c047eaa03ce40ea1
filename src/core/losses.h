// Volumes that are gone from the cloud for good (confirmed_missing), and what takes their place: the former volume if
// it is still there, else one made from the newest snapshot, else a blank one. Each is told in the history as it
// happens.
//
// A lost volume only leaves the state: it is never deleted by us, should it turn up again after all.
#pragma once

#include <string>

#include "core/draft.h"

namespace holdfast::core {

// Between two instances: what is lost leaves the state, and the next launch makes what takes its place. False while a
// copy of something lost is still being made.
bool settle_lost_root(Draft& draft);
bool settle_lost_data(Draft& draft);

// Lost volumes that an operator had attached by hand and that have no copy are let go of.
void let_go_of_lost_by_hand(Draft& draft);
// For the present instance.
void replace_lost(Draft& draft, model::Volume& volume);

// Asks for a volume in the present instance's zone, from the snapshot or blank, that is to replace this one.
void make_in_place_of(Draft& draft, const model::Volume& volume, const model::Snapshot* source, bool lost);
// Outcome of CreateVolume.
void volume_made(Draft& draft, const model::CreateVolume& create, const VolumeId& made);

// What a person must know; empty if nothing.
std::string loss_error(const Draft& draft);

}  // namespace holdfast::core
