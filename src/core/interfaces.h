// The network interface that a managed instance keeps: made before the first launch, or, where persistence was turned
// on later, the one that the running instance has.
//
//   the instance's own ── adopted (DeleteOnTermination off, and seen so) ──┐
//   made ── free ── primary of each instance in turn ──────────────────────┴── superseded ── next one healthy: deleted
//
// It is superseded when a launch goes without it: the spec keeps no address any more, or wants another one. Only what
// was superseded is ever deleted, and only once an instance that does without it is healthy.
#pragma once

#include "core/draft.h"

namespace holdfast::core {

// Called with each observation of the present instance.
void adopt_interface(Draft& draft, const model::ObservedInstance& seen);
// Whether the present instance has the kept interface as its primary.
bool holds_kept_interface(const model::State& state, const model::ObservedInstance& seen);
void fold_interfaces(Draft& draft, const model::Observation& observation);

// One is asked for, and may come to be.
bool interface_under_way(const model::State& state);
// One is asked for, and was refused for now: what has its address may be ours, and yet to go.
bool interface_refused(const model::State& state);
// True once the next launch can use the kept interface, or needs none.
bool interface_ready(Draft& draft);
// Outcome of CreateInterface.
void interface_made(Draft& draft, const model::CreateInterface& create, const InterfaceId& id);
// A launch came to be, with this interface or with one of its own.
void note_launch_interface(model::State& state, const model::LaunchInstance& launch, const InstanceId& instance);

// It never ran, and nothing that would hold an address was asked for.
bool may_change_address(const model::State& state);
// From its group's pool. Without effect on one that ran: it keeps what it has.
void take_address(Draft& draft, const model::AddressGiven& given);

}  // namespace holdfast::core
