// Whose is this? From the ids of the cloud's things to the managed instance whose state names them, for events that
// name only the thing. An event may come before the state names it (an instance runs before the launch's outcome is
// stored): such events are kept for a while and given out once the thing is known.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "ec2/events.h"
#include "model/state.h"

namespace holdfast::engine {

class Index {
 public:
  static constexpr size_t kMostKept = 1024;  // events of unknown things; the oldest goes

  // The answer: events that were kept for things now known as its own.
  std::vector<ec2::CloudEvent> update(const ManagedInstanceId& id, const model::State& state);
  void forget(const ManagedInstanceId& id);
  // Nothing: unknown as yet; the event is kept.
  std::optional<ManagedInstanceId> owner_of(const ec2::CloudEvent& event);

 private:
  std::map<std::string, ManagedInstanceId> owners_;
  std::map<ManagedInstanceId, std::vector<std::string>> things_;  // sorted
  std::deque<ec2::CloudEvent> kept_;
};

}  // namespace holdfast::engine
