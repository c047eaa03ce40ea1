// The one order of things in virtual time around a controller: what was posted to it and a turn, a turn that is due, a
// work that is due, and only then time goes on.
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

// One thing happens; false: nothing ever will. `controller`: nullptr: it is not running. `act`: given what was posted,
// runs it and takes a turn.
template <class Act>
bool drive(VirtualTime& time, const engine::Controller* controller, Posted& posted, const Act& act) {
  if (controller != nullptr && !posted.empty()) {
    act(std::exchange(posted, {}));
    return true;
  }
  const std::optional<Time> turn = controller != nullptr ? controller->next_turn() : std::nullopt;
  if (turn && *turn <= time.now()) {
    act(Posted());
    return true;
  }
  if (time.run_due()) return true;
  const std::optional<Time> work = time.next();
  if (!turn && !work) return false;
  time.advance_to(std::min(turn.value_or(Time::max()), work.value_or(Time::max())));
  return true;
}

}  // namespace holdfast::sim
