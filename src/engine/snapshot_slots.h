// How many snapshots an account may have under way: EC2 refuses more than some 100 (ConcurrentSnapshotLimitExceeded).
// Counts those that the states know to be pending. What recovers something may use every place; periodic ones only
// three in four, so that whoever was just interrupted need not wait for snapshots that may take hours.
//
// Thread: the engine's.
#pragma once

#include <map>

#include "base/ids.h"
#include "model/effect.h"
#include "model/state.h"

namespace holdfast::engine {

class SnapshotSlots {
 public:
  // most: 0: any number.
  explicit SnapshotSlots(int most) : most_(most) {}

  void update(const ManagedInstanceId& id, const model::State& state);
  void forget(const ManagedInstanceId& id);

  // Whether the effect may be sent now, as far as this goes; `sent`: snapshots asked for that no state knows yet.
  bool has_room(const model::Effect& effect, int sent) const;
  int pending() const { return pending_; }

 private:
  void set(const ManagedInstanceId& id, int pending);

  int most_;
  int pending_ = 0;
  std::map<ManagedInstanceId, int> of_;  // those that have any
};

// How many snapshots it makes.
int snapshots_made_by(const model::Effect& effect);

}  // namespace holdfast::engine
