// Whether, when and how often a call is tried again. Pure policy and a budget: query_client waits and sends.
//
// What holds always: a call that may have changed something is never repeated while its outcome is unknown (whoever
// asked settles that by looking); retries together stay within a budget, so that an outage is not answered by a storm.
#pragma once

#include <mutex>

#include "base/error.h"
#include "base/random.h"
#include "base/time.h"

namespace holdfast::aws {

struct RetryOptions {
  int max_attempts = 5;  // the first one included
  Duration base = std::chrono::milliseconds(200);
  Duration cap = std::chrono::seconds(20);
  // False behind an API budget (ec2/budgeted.h), which tries again when its buckets allow it.
  bool repeats_throttled = true;
};

// May a call that ended so be tried again as it is?
//   throttled, unavailable  known not to have been done: yes
//   unknown_outcome         only where nothing can have changed
//   the rest                an answer: the same question gets the same one
bool may_retry(ErrorKind kind, bool mutates);

// Full jitter: uniform between nothing and base * 2^(attempt - 1), at most cap. `attempt`: those made so far, from 1.
Duration backoff(const RetryOptions& options, int attempt, Random& random);

// Shared by all calls to one service. A retry takes, a success gives back; empty means the other side is in trouble and
// first attempts alone go through. Sizes are those of AWS's own tools ("standard" mode). From any thread.
class RetryBudget {
 public:
  bool take(ErrorKind kind);
  void give_back();
  int left() const;

 private:
  static constexpr int kCapacity = 500;
  static constexpr int kCost = 5;
  static constexpr int kCostOfSilence = 10;  // no answer: costs the other side more
  static constexpr int kReward = 1;
  mutable std::mutex mutex_;
  int left_ = kCapacity;
};

}  // namespace holdfast::aws
