// The one order of things in virtual time: what a service has to do now, a work that is due, and only then time goes
// on.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <optional>
#include <utility>

#include "engine/controller.h"
#include "sim/virtual_time.h"

namespace holdfast::sim {

using Posted = std::deque<std::function<void()>>;

// One thing happens; false: nothing ever will. `act`: a service does what it has to do now; false: none has anything.
// `next_turn`: when one has to at the latest; nothing: not before something comes to it.
template <class Act, class NextTurn>
bool drive(VirtualTime& time, const Act& act, const NextTurn& next_turn) {
  if (act() || time.run_due()) return true;
  const std::optional<Time> turn = next_turn();
  const std::optional<Time> work = time.next();
  if (!turn && !work) return false;
  time.advance_to(std::min(turn.value_or(Time::max()), work.value_or(Time::max())));
  return true;
}

// Of one service, by the world's clock; nullptr: it is not running. `act`: given what was posted, runs it and takes a
// turn.
template <class Act>
bool drive(VirtualTime& time, const engine::Controller* controller, Posted& posted, const Act& act) {
  auto next_turn = [&] { return controller != nullptr ? controller->next_turn() : std::nullopt; };
  auto act_now = [&] {
    const std::optional<Time> turn = next_turn();
    const bool has_come = controller != nullptr && !posted.empty();
    if (!has_come && (!turn || *turn > time.now())) return false;
    act(std::exchange(posted, {}));
    return true;
  };
  return drive(time, act_now, next_turn);
}

}  // namespace holdfast::sim
