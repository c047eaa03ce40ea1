// The import of an instance that exists (model/import.h), up to where the ordinary handover takes over:
//
//   adopted   tagged ─ kept on termination ─ both observed: secured ─ handover from generation 1 (imported) ─┐
//   copied    snapshots of its volumes ─ completed ─ image ─ launch of generation 1 (imported) ───────────────┴─
//   healthy
//
// Always holds: an original is taken down only once everything of it was observed to be ours and to outlive it; nothing
// of it is deleted before the new instance is seen healthy; one that is copied is never changed at all.
#pragma once

#include <string>

#include "core/draft.h"

namespace holdfast::core {

// Begun, and neither done nor given up.
bool import_pending(const model::State& state);
// The present instance is the adopted original.
bool is_original(const model::State& state);
// What is imported is listed as ours only once our tags are on it.
bool would_be_listed(const model::State& state, const model::Observation& observation);
// The first instance is made of copies, and is not yet.
bool made_of_copies(const model::State& state);

void begin_import(Draft& draft, const model::Import& import);
// Called first in every turn: asks for what secures the original, or gives it back.
void tend_import(Draft& draft);
// Called after an observation was folded in: is everything secured?
void note_import(Draft& draft, const model::Observation& observation);
// Outcome of SnapshotInstance.
void copies_made(Draft& draft, const model::SnapshotInstance& effect, const std::string& made);
// True once everything that the first launch is made of exists, or where nothing is to be copied.
bool copies_ready(Draft& draft);
// The new instance is healthy.
void finish_import(Draft& draft);

// A delete before anything was taken down: the original is let go of, and stays as it is.
bool may_give_up(const model::State& state);
void give_up_import(Draft& draft);

// The adopted original ended before it was secured, and its root went with it: what it had besides may be gone too.
bool original_lost(const model::State& state);
// What cannot be secured, since its tags are refused for good, is not looked at all the time.
Duration between_looks(const model::State& state);
// What a person must know; empty if nothing.
std::string import_error(const model::State& state);

}  // namespace holdfast::core
