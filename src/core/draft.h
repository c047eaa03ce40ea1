// The step in the making: the state being changed and what is asked for on the way. Every part of core works on one of
// these; decide.cpp opens and closes it.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/decide.h"

namespace holdfast::core {

struct Draft {
  const model::Spec& spec;
  Time now;
  Step step;
  std::set<std::string> wanted;  // keys wanted in this turn: a refused effect that is no longer wanted is dropped
  std::optional<Time> latest_look = {};  // of those on time

  model::State& state() { return step.state; }
  const model::State& state() const { return step.state; }

  void record(std::string kind, std::string message, std::string data = "{}");

  // Lets the effect out unless it is under way already; one refused before is let out again when its pause is over.
  // Level-triggered: call it every turn for as long as the thing is wanted.
  void want(std::string key, model::EffectAction action, model::Urgency urgency);
  bool under_way(const std::string& key) const { return state().asked.contains(key); }

  // The earliest time and the union of the kinds win. One at once waits for its pause where nothing is seen to change;
  // one on time is never later than asked for.
  void look(model::Kinds kinds, Time at);
  void look_on_time(model::Kinds kinds, Time at);
  void wake(Time at);

  // A handover's phase, for its history; repeating the present one does nothing.
  void enter(model::Phase phase, std::string message);
};

// It was let out, and may be done by now or be done yet: also one that was refused only when it was repeated.
bool may_be_done(const model::Asked& asked);
// Only a repeat of it was refused: its first try may still make something.
bool may_still_be_made(const model::Asked& asked);
// For good, as far as is known: also while it is tried once more.
bool was_refused(const model::Asked& asked);
// Whether the present instance is the one a handover is taking down.
bool is_outgoing(const model::State& state);
// Whether it is the one that a handover is bringing up.
bool is_incoming(const model::State& state);
bool is_terminal(model::InstanceState state);  // terminated: it can write no more
// The private address that the spec, or its group's pool, gives it; none: any.
std::optional<std::string> wanted_address(const model::Spec& spec, const model::State& state);
// The kept interface, if the next launch can use it: none where the spec does not keep the address, or wants another.
const model::Interface* usable_interface(const model::Spec& spec, const model::State& state);
// The subnets that the next instance can be in: where an address is wanted, only the one that holds it.
std::vector<model::SubnetFacts> subnets_ahead(const model::Spec& spec, const model::State& state);
// Data volumes are snapshotted: with on_launch, and with reattach where the next instance may be in another zone.
bool snapshots_data(const model::Spec& spec, const model::State& state);
// The next launch waits for the final snapshot of this data volume: it is made from it, or cannot be in its zone.
bool launch_needs_copy(const model::Spec& spec, const model::State& state, const model::Volume& volume);
std::string zone_of(const model::State& state, const SubnetId& subnet);
// What the document maps to this device; nullptr: nothing.
const model::BlockDevice* mapping_of(const model::Spec& spec, const std::string& device);
// The root's, or one that the document maps.
bool is_mapped(const Draft& draft, const std::string& device);
// Whether the document persists what is at this device.
bool is_persisted(const Draft& draft, const std::string& device);
// The root, or one of the data volumes, of now.
bool is_present_volume(const model::State& state, const VolumeId& volume);
// It is kept for a while yet, or its deletion is under way.
bool is_retired(const model::State& state, const std::string& id);
// A deletion of it was let out, and it may be gone, or go yet.
bool deletion_may_be_done(const model::State& state, const std::string& id);
// It counts again, whatever was to become of it. Only where no deletion of it may be done.
void keep_again(model::State& state, const std::string& id);
// Asked for as the last word of this volume, as it was with its present generation.
bool is_final_of(const model::Snapshot& snapshot, const model::Volume& volume);

}  // namespace holdfast::core
