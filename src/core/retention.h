// What is no longer needed, and when it goes. Nothing is retired here that is, or may be, the newest copy of anything
// (invariant 1): former volumes only once the next instance was seen healthy, images and snapshots only beyond the
// newest that the spec keeps, an image before the snapshot it uses.
#pragma once

#include <string>

#include "core/draft.h"

namespace holdfast::core {

inline constexpr size_t kPeriodicKept = 3;  // newest completed periodic snapshots of each volume (behaviour.md)

// A volume that failed: by EC2's word nothing on it can be had any more; a person who knows better has time.
inline constexpr Duration kFailedKept = std::chrono::hours(24);

// The instance is healthy and no handover is under way: what the former generations left becomes garbage.
void retire_former(Draft& draft);

// The cloud ended it with an error: it holds nothing, and nothing was made of it.
void retire_failed(Draft& draft, model::Retired::What what, const std::string& id, Duration kept = Duration::zero());

// A snapshot that was kept only because a person wanted it, and does not any more.
void retire_dropped(Draft& draft, const std::string& snapshot);

// Deallocation: everything is retired, now or when the retention is over.
void retire_everything(Draft& draft, const model::Deallocation& deallocation);

// Deletes what is due.
void delete_due(Draft& draft);

// The thing is deleted (or was not there any more).
void forget_retired(Draft& draft, const std::string& id);

}  // namespace holdfast::core
