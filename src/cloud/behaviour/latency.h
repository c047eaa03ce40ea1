// How long EC2 takes, as distributions. Sources: public reports of durations (pending to running 18 s, stop to start
// 21 s, attach and detach 1 to 4 s, CreateVolume 1.5 s with a p99 of 4 s). The time to terminate and that of the
// answers are not published: ours are assumptions, and named so below.
#pragma once

#include <string_view>

#include "base/random.h"
#include "base/time.h"

namespace holdfast::cloud {

// Log-normal: half of all below the median, one in a hundred above p99. Never more than twice p99.
struct Spread {
  Duration median{};
  Duration p99{};
  Duration draw(Random& random) const;
};

// Of an answer, from the request's arrival.
Spread answer_spread(std::string_view action, bool mutates);

struct MachineSpreads {
  Spread launch{std::chrono::seconds(18), std::chrono::seconds(40)};  // pending to running
  Spread stop{std::chrono::seconds(20), std::chrono::seconds(60)};    // assumed: tens of seconds
  Spread attach{std::chrono::seconds(2), std::chrono::seconds(4)};
  Spread detach{std::chrono::seconds(2), std::chrono::seconds(4)};
  Spread create_volume{std::chrono::milliseconds(1500), std::chrono::seconds(4)};
  Spread delete_volume{std::chrono::seconds(1), std::chrono::seconds(4)};  // assumed
};

}  // namespace holdfast::cloud
