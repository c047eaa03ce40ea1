// How the cloud behaves beside its rules: what of EC2's slowness, limits and surprises it has. All of it is off by
// default: as fast as the substrate, no limits, no surprises. Set by the daemon's settings and by the simulator.
#pragma once

#include <string>

#include "base/time.h"

namespace holdfast::cloud {

struct Profile {
  bool latency = false;     // answers take as long as EC2's (latency.h); machines: slow_substrate.h
  bool throttling = false;  // EC2's token buckets: RequestLimitExceeded
  // What was just made may be missing from Describe calls, and what just changed be shown as it was, for up to this
  // long.
  Duration consistency_lag{};
};

// What happens to the next `count` calls of an action, on top of the profile.
struct Fault {
  std::string action;
  std::string code;         // the call answers it and does nothing; empty: it is carried out
  Duration delay{};         // before it is carried out or refused
  bool lose_reply = false;  // it is carried out, and its caller never hears of it
  int count = 1;
};

}  // namespace holdfast::cloud
