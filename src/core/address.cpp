#include "core/address.h"

#include <algorithm>

#include "core/import.h"
#include "core/mutation.h"

namespace holdfast::core {

using namespace model;

namespace {

// A listing may be older than the association: it is not asked for again at each of them.
constexpr Duration kAgainAfter = std::chrono::seconds(2);

bool is_given_up(const Draft& draft) {
  const State& state = draft.state();
  return state.address && (state.goal == Goal::deleted || state.address->allocation != draft.spec.compute.elastic_ip);
}

// Its association may be done yet, after what takes it off.
bool may_still_come(Draft& draft) {
  const State& state = draft.state();
  for (const auto& [key, asked] : state.asked) {
    const auto* associate = std::get_if<AssociateAddress>(&asked.effect.action);
    const bool its = associate != nullptr && associate->allocation == state.address->allocation;
    if (!its || asked.standing == Asked::Standing::waiting) continue;
    if (asked.standing == Asked::Standing::unknown) draft.look(static_cast<Kinds>(Kind::instances), draft.now);
    return true;
  }
  return false;
}

void take_off(Draft& draft) {
  const State& state = draft.state();
  if (may_still_come(draft)) return;
  // While the instance is going it goes with it, or stays on the kept interface: looked at once it is gone.
  if (state.goal == Goal::deleted && state.instance) return;
  DisassociateAddress effect;
  effect.allocation = state.address->allocation;
  if (state.instance) effect.instance = state.instance->id;
  if (state.interface) effect.interface = state.interface->id;
  const bool put_away = !state.interface && state.remains && state.remains->interface;
  if (put_away) effect.interface = state.remains->interface->id;
  draft.want("address-off/" + effect.allocation, effect, Urgency::voluntary);
}

void associate(Draft& draft) {
  State& state = draft.state();
  std::optional<Time>& asked = state.looking.address_asked;
  const InstanceId& id = state.instance->id;
  const std::string key = "address/" + draft.spec.compute.elastic_ip + "/" + id.str();
  bool just_done = asked && draft.now < *asked + kAgainAfter && !draft.under_way(key);
  if (just_done) return draft.look(static_cast<Kinds>(Kind::instances), draft.now);
  if (!draft.under_way(key)) asked = draft.now;
  // Known from here on: if it is given up before it was seen there, it is taken off all the same.
  if (!state.address) state.address = HeldAddress{draft.spec.compute.elastic_ip, state.surroundings.elastic_ip, true};
  draft.want(key, AssociateAddress{draft.spec.compute.elastic_ip, id}, Urgency::recover);
  draft.look(static_cast<Kinds>(Kind::instances), draft.now);
}

}  // namespace

bool has_address(const Draft& draft) {
  const std::optional<Instance>& instance = draft.state().instance;
  if (draft.spec.compute.elastic_ip.empty()) return true;
  if (mutated(Mutation::leave_the_elastic_address) && draft.state().generation > 1) return true;
  return instance && instance->public_ip == draft.state().surroundings.elastic_ip;
}

void tend_address(Draft& draft) {
  State& state = draft.state();
  if (is_given_up(draft)) return take_off(draft);
  const std::string& wanted = draft.spec.compute.elastic_ip;
  bool stays = state.instance && state.instance->state == InstanceState::running && !is_outgoing(state) &&
               !is_original(state) && state.goal == Goal::running;
  if (wanted.empty() || !stays) return;
  if (!has_address(draft)) return associate(draft);
  if (state.address && !state.address->only_asked) return;
  state.address = HeldAddress{wanted, state.surroundings.elastic_ip};
  draft.record("address_associated",
               "elastic address " + state.address->public_ip + " (" + wanted + ") is on " + state.instance->id.str());
}

void address_taken_off(Draft& draft, const DisassociateAddress& effect) {
  std::optional<HeldAddress>& address = draft.state().address;
  if (!address || address->allocation != effect.allocation) return;
  draft.record("address_given_up", "elastic address " + address->public_ip + " (" + effect.allocation +
                                       ") is not on this managed instance any more");
  address.reset();
  draft.look(static_cast<Kinds>(Kind::instances), draft.now);
}

}  // namespace holdfast::core
