// What a replacement must take, whoever steers it: reckoned from the lengths of time that the cloud took for each thing
// (Notes), put together by what must wait for what, and not by what the engine did when.
//
//   terminate - gone -+- final snapshot of the root - image -+- launch - running -+- boot -------------+- healthy
//                     +- final snapshots of the data --------+ (on_launch)        +- attach (reattach) -+
//                                        +- volume in the other zone -----------------+ (another zone)
//
// It knows a state the moment that it changes: looking costs it nothing. Calls that change something take their time:
// on their way there, and back where the next step needs what was made. One instance at a time: the next is launched
// when the former is gone, also where it leaves nothing that the next needs.
#pragma once

#include "base/error.h"
#include "bench/replacement_world.h"

namespace holdfast::bench {

struct Downtime {
  Duration noticing{};     // a failing health check: from the first failure until it may be replaced
  Duration measured{};     // from the moment it serves no more until the next is healthy
  Duration critical{};     // the critical path
  Duration until_known{};  // from then until the service knows
  bool another_zone = false;
};

// Of the replacement that began after the last `forget_calls`. Fails where something of it was not noted.
Result<Downtime> downtime_of(ReplacementWorld& world, const ManagedInstanceId& id, const InstanceId& former,
                             Cause cause, Time began);

}  // namespace holdfast::bench
