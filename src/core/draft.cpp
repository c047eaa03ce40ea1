#include "core/draft.h"

#include <algorithm>

#include "core/mutation.h"

namespace holdfast::core {

using namespace model;

void Draft::record(std::string kind, std::string message, std::string data) {
  step.records.push_back({now, std::move(kind), std::move(message), std::move(data)});
}

namespace {

std::string* token_of(EffectAction& action) {
  if (auto* launch = std::get_if<LaunchInstance>(&action)) return &launch->token;
  if (auto* create = std::get_if<CreateInterface>(&action)) return &create->token;
  if (auto* create = std::get_if<CreateVolume>(&action)) return &create->token;
  return nullptr;
}

// EC2 takes so many characters. What is cut off tells apart what the rest does already.
std::string token_of_try(const std::string& token, int tries) {
  constexpr size_t kLongestToken = 64;
  const std::string end = "-t" + std::to_string(tries);
  return token.substr(0, kLongestToken - end.size()) + end;
}

// Refused, it is asked for as it is wanted now: the document may have been mended since. A token repeated with another
// request is refused, so that one has a token of its own; but the request that may still be made stays as it was.
void renew_request(Asked& asked, EffectAction wanted) {
  std::string* token = token_of(wanted);
  if (token != nullptr) {
    if (may_still_be_made(asked)) return;
    const std::string first = *token;
    *token = *token_of(asked.effect.action);
    if (wanted == asked.effect.action) return;
    *token = token_of_try(first, asked.tries + 1);
  }
  asked.effect.action = std::move(wanted);
}

}  // namespace

void Draft::want(std::string key, EffectAction action, Urgency urgency) {
  wanted.insert(key);
  std::optional<Time> deadline = state().handover ? state().handover->deadline : std::nullopt;
  auto found = state().asked.find(key);
  if (found == state().asked.end()) {
    Effect effect{key, std::move(action), urgency, deadline};
    state().asked.emplace(key, Asked{effect, Asked::Standing::asked, now, 1, {}, false, {}});
    step.effects.push_back(std::move(effect));
    return;
  }
  Asked& asked = found->second;
  if (asked.standing != Asked::Standing::waiting || mutated(Mutation::never_retry)) return;
  if (now < asked.again_at) return wake(asked.again_at);
  renew_request(asked, std::move(action));
  asked.standing = Asked::Standing::asked;
  asked.since = now;
  ++asked.tries;
  step.effects.push_back(asked.effect);
}

void Draft::look(Kinds kinds, Time at) {
  if (!step.look) {
    step.look = Look{at, kinds};
    return;
  }
  step.look->at = std::min(step.look->at, at);
  step.look->kinds |= kinds;
}

void Draft::look_on_time(Kinds kinds, Time at) {
  look(kinds, at);
  latest_look = std::min(latest_look.value_or(at), at);
}

void Draft::wake(Time at) {
  if (!step.wake_at || at < *step.wake_at) step.wake_at = at;
}

void Draft::enter(Phase phase, std::string message) {
  if (!state().handover) return;
  std::vector<PhaseBegan>& phases = state().handover->phases;
  if (!phases.empty() && phases.back().phase == phase) return;
  phases.push_back({phase, now});
  record("phase", std::move(message), "{\"phase\":\"" + std::string(to_string(phase)) + "\"}");
}

bool may_be_done(const Asked& asked) {
  return asked.standing != Asked::Standing::waiting || asked.in_doubt;
}

bool may_still_be_made(const Asked& asked) {
  const EffectAction& action = asked.effect.action;
  bool makes = std::holds_alternative<LaunchInstance>(action) || std::holds_alternative<CreateInterface>(action) ||
               std::holds_alternative<CreateVolume>(action) || std::holds_alternative<CreateSnapshot>(action) ||
               std::holds_alternative<RegisterImage>(action) || std::holds_alternative<SnapshotInstance>(action) ||
               std::holds_alternative<AdoptInstance>(action);  // which makes what it tags ours
  return makes && asked.in_doubt && asked.standing == Asked::Standing::waiting;
}

bool was_refused(const Asked& asked) {
  return asked.definite && asked.standing != Asked::Standing::unknown;
}

bool is_outgoing(const State& state) {
  return state.instance && state.handover && state.instance->generation <= state.handover->from_generation;
}

bool is_incoming(const State& state) {
  return state.instance && state.handover && !is_outgoing(state);
}

bool is_terminal(InstanceState state) {
  return state == InstanceState::terminated;
}

std::optional<std::string> wanted_address(const Spec& spec, const State& state) {
  if (spec.compute.private_ip || state.pool_address.empty()) return spec.compute.private_ip;
  return state.pool_address;
}

const Interface* usable_interface(const Spec& spec, const State& state) {
  if (!spec.persistence.private_ip || !state.interface) return nullptr;
  const std::optional<std::string> wish = wanted_address(spec, state);
  // Without its address it was just made as it was wished for.
  const std::string& ip = state.interface->ip;
  bool as_wished = !wish || ip.empty() || *wish == ip || mutated(Mutation::keep_any_address);
  return as_wished ? &*state.interface : nullptr;
}

std::vector<SubnetFacts> subnets_ahead(const Spec& spec, const State& state) {
  std::vector<SubnetFacts> subnets = state.surroundings.subnets;
  if (const Interface* kept = usable_interface(spec, state)) {
    std::erase_if(subnets, [&](const SubnetFacts& subnet) { return subnet.id != kept->subnet; });
    // The user may have taken the subnet out of the list: the kept interface still lives there.
    if (subnets.empty()) subnets.push_back({kept->subnet, kept->zone, {}});
    return subnets;
  }
  auto holds = [](const SubnetFacts& subnet) { return subnet.holds_address; };
  bool tied = spec.persistence.private_ip && std::any_of(subnets.begin(), subnets.end(), holds);
  if (tied) std::erase_if(subnets, [&](const SubnetFacts& subnet) { return !holds(subnet); });
  return subnets;
}

namespace {

std::vector<std::string> zones_ahead(const Spec& spec, const State& state) {
  std::vector<std::string> zones;
  for (const SubnetFacts& subnet : subnets_ahead(spec, state)) {
    if (!subnet.zone.empty()) zones.push_back(subnet.zone);
  }
  return zones;
}

}  // namespace

bool snapshots_data(const Spec& spec, const State& state) {
  if (!spec.persistence.block_devices) return false;
  if (spec.persistence.mode == BlockDevicesMode::on_launch) return true;
  std::vector<std::string> zones = zones_ahead(spec, state);
  return std::any_of(state.data.begin(), state.data.end(), [&](const auto& entry) {
    const std::string& home = entry.second.zone;
    return !home.empty() && std::any_of(zones.begin(), zones.end(), [&](const auto& zone) { return zone != home; });
  });
}

bool launch_needs_copy(const Spec& spec, const State& state, const Volume& volume) {
  if (spec.persistence.mode == BlockDevicesMode::on_launch) return true;
  std::vector<std::string> zones = zones_ahead(spec, state);
  return !zones.empty() && !volume.zone.empty() && std::find(zones.begin(), zones.end(), volume.zone) == zones.end();
}

std::string zone_of(const State& state, const SubnetId& subnet) {
  for (const SubnetFacts& facts : state.surroundings.subnets) {
    if (facts.id == subnet) return facts.zone;
  }
  return {};
}

const BlockDevice* mapping_of(const Spec& spec, const std::string& device) {
  for (const BlockDevice& mapping : spec.compute.block_devices) {
    if (mapping.device_name == device) return &mapping;
  }
  return nullptr;
}

bool is_mapped(const Draft& draft, const std::string& device) {
  return device == draft.state().surroundings.image.root_device || mapping_of(draft.spec, device) != nullptr;
}

bool is_persisted(const Draft& draft, const std::string& device) {
  bool root = device == draft.state().surroundings.image.root_device;
  return root ? draft.spec.persistence.root_device : draft.spec.persistence.block_devices;
}

bool is_present_volume(const State& state, const VolumeId& volume) {
  return (state.root && state.root->id == volume) ||
         std::any_of(state.data.begin(), state.data.end(),
                     [&](const auto& entry) { return entry.second.id == volume; });
}

bool is_retired(const State& state, const std::string& id) {
  return std::any_of(state.retired.begin(), state.retired.end(), [&](const Retired& entry) { return entry.id == id; });
}

bool deletion_may_be_done(const State& state, const std::string& id) {
  auto deletion = state.asked.find("delete/" + id);
  return deletion != state.asked.end() && may_be_done(deletion->second);
}

void keep_again(State& state, const std::string& id) {
  std::erase_if(state.retired, [&](const Retired& entry) { return entry.id == id; });
  state.asked.erase("delete/" + id);  // refused for now: known not to have been done
}

bool is_final_of(const Snapshot& snapshot, const Volume& volume) {
  return snapshot.final && snapshot.volume == volume.id && snapshot.generation == volume.generation;
}

}  // namespace holdfast::core
