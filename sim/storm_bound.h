// The shortest time in which a storm can be over, whatever the controller does: from the sizes of EC2's buckets, the
// snapshots that may be under way, and the times drawn. It knows nothing of the engine and its order.
//
// How: the n-th call of an action, whoever it is for, cannot come before the n-th thing is ready for it, nor before the
// bucket has given n tokens; and what it begins takes the n-th drawn time. So the n-th end of each step is bounded from
// below by the n-th end of the step before it, step by step. What the controller needs to learn of an end, and calls
// that EC2 does not ask for, count as nothing.
#pragma once

#include <vector>

#include "sim/virtual_cloud.h"

namespace holdfast::sim {

using Seconds = std::vector<double>;  // since the notice

struct StormTimes {
  int count = 0;      // instances
  int snapshots = 1;  // of each: the volumes that the next launch waits for
  bool attaches = true;
  int snapshots_under_way = 100;
  double notice = 120;
  // What was drawn, in order: on the way to the cloud, back from it, and what the call has begun.
  Seconds terminate_there, shutdown;
  Seconds snapshot_there, snapshot;
  Seconds register_there, register_back;
  Seconds run_there, launch, boot;
  Seconds attach_there, attach;
};

// As the cloud has drawn them since its figures were forgotten.
StormTimes times_of(const VirtualCloud& cloud, int count, bool on_launch);

// When the first, the second, … the last can be back.
struct StormBound {
  Seconds back;
  // The last, if only one of the limits held: which one it is that decides.
  double without_limits = 0;
  double run_bucket = 0;
  double snapshots = 0;
};

StormBound bound_of(const StormTimes& times);

}  // namespace holdfast::sim
