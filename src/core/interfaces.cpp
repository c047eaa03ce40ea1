#include "core/interfaces.h"

#include <algorithm>

#include "core/fold.h"
#include "core/import.h"
#include "core/placement.h"
#include "core/probe.h"

namespace holdfast::core {

using namespace model;

namespace {

void supersede(State& state) {
  if (state.interface) state.superseded_interfaces.push_back(*state.interface);
  state.interface.reset();
}

}  // namespace

// ---- what is observed

void adopt_interface(Draft& draft, const ObservedInstance& seen) {
  State& state = draft.state();
  if (!draft.spec.persistence.private_ip || state.interface) return;
  if (seen.interfaces.empty() || seen.interfaces.front().empty()) return;
  // What is going may take its interface along: that one is looked for once it is gone. And whether an original's
  // address is kept was said with its import.
  bool stays = seen.state == InstanceState::pending || seen.state == InstanceState::running;
  if (!stays || is_original(state)) return;
  Interface interface;
  interface.id = seen.interfaces.front();
  interface.ip = seen.private_ip;
  interface.subnet = seen.subnet;
  interface.zone = seen.zone;
  interface.state = InterfaceState::in_use;
  interface.attached_to = seen.id;
  state.interface = interface;
  reached(Probe::interface_adopted);
  draft.record("interface_adopted", "network interface " + interface.id.str() + " of instance " + seen.id.str() +
                                        " is the kept one from now on, with its address " + interface.ip);
  draft.look(static_cast<Kinds>(Kind::interfaces), draft.now);
}

bool holds_kept_interface(const State& state, const ObservedInstance& seen) {
  return state.interface && !seen.interfaces.empty() && seen.interfaces.front() == state.interface->id;
}

namespace {

void fold_interface(Interface& interface, const ObservedInterface& seen) {
  interface.missing_since.reset();
  interface.missing_looks = 0;
  // None of these changes; what an answer leaves out says nothing.
  if (!seen.ip.empty()) interface.ip = seen.ip;
  if (!seen.mac.empty()) interface.mac = seen.mac;
  if (!seen.subnet.empty()) interface.subnet = seen.subnet;
  if (!seen.zone.empty()) interface.zone = seen.zone;
  interface.state = seen.state;
  interface.attached_to = seen.attached_to;
}

void fold_known_interface(Draft& draft, Interface& interface, const Observation& observation) {
  auto seen = std::find_if(observation.interfaces.begin(), observation.interfaces.end(),
                           [&](const ObservedInterface& entry) { return entry.id == interface.id; });
  if (seen != observation.interfaces.end()) {
    const std::optional<Instance>& instance = draft.state().instance;
    // Free in a listing asked for before the launch that took it: says nothing of now.
    bool stale = seen->attached_to.empty() && instance && observation.as_of <= instance->launched_at;
    if (!stale) fold_interface(interface, *seen);
  } else if (has(observation.kinds, Kind::interfaces) && would_be_listed(draft.state(), observation)) {
    note_missing(interface, draft.now);
  }
}

// The last instance ended before its interface was known, and the interface was set to outlive it. A listing from well
// after its end: before, one that goes with its instance may still be in it.
bool left_by_last_instance(const Draft& draft, const Observation& observation, const ObservedInterface& seen) {
  const State& state = draft.state();
  if (!draft.spec.persistence.private_ip || state.interface || state.instance) return false;
  bool after_its_end = state.gone_at && observation.as_of > *state.gone_at + kListingLag;
  bool of_its_launch = seen.tags.generation == state.generation && seen.tags.effect.starts_with("launch/");
  return after_its_end && of_its_launch && seen.attached_to.empty() && seen.state == InterfaceState::available;
}

void fold_unknown_interface(Draft& draft, const Observation& observation, const ObservedInterface& seen) {
  State& state = draft.state();
  // A launch tags the interface that EC2 makes for it with its own key, too: that one is not the outcome of an asking.
  auto asked = state.asked.find(seen.tags.effect);
  bool made_for_us = asked != state.asked.end() && asked->second.standing == Asked::Standing::unknown &&
                     std::holds_alternative<CreateInterface>(asked->second.effect.action);
  if (made_for_us) {
    reached(Probe::interface_answer_adopted);
    fold_outcome(draft, {seen.tags.effect, seen.id.str()});
  } else if (left_by_last_instance(draft, observation, seen)) {
    state.interface.emplace();
    state.interface->id = seen.id;
    reached(Probe::interface_found);
    draft.record("interface_found", "network interface " + seen.id.str() + " of the last instance was found by its " +
                                        "tags; it is the kept one from now on, with its address " + seen.ip);
  }
}

bool is_known(const State& state, const InterfaceId& id) {
  bool superseded = std::any_of(state.superseded_interfaces.begin(), state.superseded_interfaces.end(),
                                [&](const Interface& interface) { return interface.id == id; });
  return superseded || is_retired(state, id.str()) || (state.interface && state.interface->id == id);
}

}  // namespace

void fold_interfaces(Draft& draft, const Observation& observation) {
  State& state = draft.state();
  for (const ObservedInterface& seen : observation.interfaces) {
    if (!is_known(state, seen.id)) fold_unknown_interface(draft, observation, seen);
  }
  if (state.interface) fold_known_interface(draft, *state.interface, observation);
  for (Interface& interface : state.superseded_interfaces) fold_known_interface(draft, interface, observation);
  if (has(observation.kinds, Kind::interfaces)) state.looking.interfaces_listed = observation.as_of;
}

// ---- the address of a pool

bool may_change_address(const State& state) {
  bool launching = std::any_of(state.asked.begin(), state.asked.end(), [](const auto& entry) {
    bool makes_one = std::holds_alternative<LaunchInstance>(entry.second.effect.action) ||
                     std::holds_alternative<CreateInterface>(entry.second.effect.action);
    return makes_one && may_be_done(entry.second);
  });
  return state.generation == 0 && state.interfaces_made == 0 && !state.interface && !state.import && !launching;
}

void take_address(Draft& draft, const AddressGiven& given) {
  State& state = draft.state();
  // It may have left its group while that was changed.
  if (!draft.spec.group || !may_change_address(state) || state.pool_address == given.address) return;
  state.pool_address = given.address;
  for (SubnetFacts& subnet : state.surroundings.subnets) {
    subnet.holds_address = !given.address.empty() && subnet.id == given.subnet;
  }
  draft.record("address_given", given.address.empty()
                                    ? "the pool of its group has no address for it any more: it takes "
                                      "any of its subnets"
                                    : "the pool of its group gives it " + given.address);
}

// ---- before a launch

namespace {

bool interface_asked(const State& state, bool refused) {
  return std::any_of(state.asked.begin(), state.asked.end(), [&](const auto& entry) {
    return std::holds_alternative<CreateInterface>(entry.second.effect.action) &&
           (entry.second.standing == Asked::Standing::waiting) == refused;
  });
}

}  // namespace

bool interface_under_way(const State& state) {
  return interface_asked(state, false);
}

bool interface_refused(const State& state) {
  return interface_asked(state, true);
}

namespace {

// Only judged while there is no instance: one that runs shows its interface by itself. It is not forgotten: should it
// turn up again it goes like any that was superseded.
void give_up_if_lost(Draft& draft) {
  State& state = draft.state();
  if (!state.interface || !confirmed_missing(*state.interface, draft.now)) return;
  reached(Probe::interface_lost);
  draft.record("interface_lost", "network interface " + state.interface->id.str() + " (" + state.interface->ip +
                                     ") is gone from the cloud: another one is made");
  supersede(state);
}

// An address that was given up, and is wanted again, is still held by its interface: EC2 would refuse to make another.
void reinstate_wanted(Draft& draft) {
  State& state = draft.state();
  const std::optional<std::string> wish = wanted_address(draft.spec, state);
  std::vector<Interface>& former = state.superseded_interfaces;
  auto found = std::find_if(former.begin(), former.end(), [&](const Interface& interface) {
    return wish && interface.ip == *wish && !interface.missing_since;
  });
  if (found == former.end()) return;
  Interface wanted = *found;
  former.erase(found);
  supersede(state);
  state.interface = wanted;
  reached(Probe::interface_reinstated);
  draft.record("interface_reinstated",
               "network interface " + wanted.id.str() + " has the address " + wanted.ip + ", which is wanted again");
}

// What the last instance left would be in a listing from after its end (fold_unknown_interface takes it from there).
bool end_was_listed(Draft& draft) {
  const State& state = draft.state();
  if (!state.gone_at || state.interface) return true;
  Time seen_by = *state.gone_at + kListingLag;
  if (state.looking.interfaces_listed && *state.looking.interfaces_listed > seen_by) return true;
  draft.look(static_cast<Kinds>(Kind::interfaces), std::max(draft.now, seen_by + Duration(1)));
  return false;
}

SubnetId subnet_for_interface(const Draft& draft) {
  Placement placement = place(draft.spec, draft.state(), draft.now);
  if (placement.market) return placement.market->subnet;
  return subnets_ahead(draft.spec, draft.state()).front().id;
}

void make_interface(Draft& draft) {
  const State& state = draft.state();
  SubnetId subnet = subnet_for_interface(draft);
  const std::optional<std::string> ip = wanted_address(draft.spec, state);
  // One token for each wish and each time: a spec changed after a refusal asks for another interface, and a token that
  // made one before would answer with that one, even if it is gone.
  std::string wish = ip.value_or("any") + "-" + subnet.str() + "-g" + std::to_string(state.generation) + "-" +
                     std::to_string(state.interfaces_made);
  std::vector<Tag> tags;
  if (draft.spec.compute.resource_tags.interfaces) tags = draft.spec.compute.tags;
  CreateInterface create{state.id.str() + "-" + wish, subnet, ip, draft.spec.compute.security_group_ids, tags};
  draft.want("interface/" + wish, create, Urgency::recover);
}

}  // namespace

bool interface_ready(Draft& draft) {
  if (!draft.spec.persistence.private_ip) return true;
  // One that may have been made, with whatever wish, is brought to light before another is asked for.
  if (interface_under_way(draft.state())) return false;
  give_up_if_lost(draft);
  if (usable_interface(draft.spec, draft.state()) == nullptr) reinstate_wanted(draft);
  const Interface* kept = usable_interface(draft.spec, draft.state());
  if (kept == nullptr) {
    if (end_was_listed(draft)) make_interface(draft);
    return false;
  }
  bool free = kept->state == InterfaceState::available && kept->attached_to.empty() && !kept->missing_since;
  if (!free) draft.look(static_cast<Kinds>(Kind::interfaces), draft.now);
  return free;
}

namespace {

// The document may have been changed since it was asked for: kept, it would tie everything that comes to a subnet that
// is not named any more, or to former groups. (One with the wanted address is reinstated all the same.)
bool is_outdated(const Draft& draft, const CreateInterface& create) {
  const std::vector<SubnetFacts>& subnets = draft.state().surroundings.subnets;
  const bool named =
      std::any_of(subnets.begin(), subnets.end(), [&](const auto& subnet) { return subnet.id == create.subnet; });
  return !named || create.security_group_ids != draft.spec.compute.security_group_ids;
}

}  // namespace

void interface_made(Draft& draft, const CreateInterface& create, const InterfaceId& id) {
  State& state = draft.state();
  ++state.interfaces_made;
  Interface interface;
  interface.id = id;
  interface.ip = create.ip.value_or("");
  interface.subnet = create.subnet;
  interface.zone = zone_of(state, create.subnet);
  draft.look(static_cast<Kinds>(Kind::interfaces), draft.now);
  // Launched without it meanwhile, as the document was then, the present instance has one of its own. That is adopted
  // if the address is to be kept after all, or was already.
  if (state.instance || usable_interface(draft.spec, state) != nullptr || is_outdated(draft, create)) {
    reached(Probe::interface_made_in_vain);
    state.superseded_interfaces.push_back(interface);
    return;
  }
  supersede(state);
  state.interface = interface;
  draft.record("interface_made", "network interface " + id.str() + " is made; its address and MAC stay from now on");
}

void note_launch_interface(State& state, const LaunchInstance& launch, const InstanceId& instance) {
  if (!state.interface) return;
  if (launch.interface != state.interface->id) return supersede(state);
  state.interface->state = InterfaceState::in_use;
  state.interface->attached_to = instance;
}

}  // namespace holdfast::core
