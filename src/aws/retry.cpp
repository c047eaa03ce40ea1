#include "aws/retry.h"

#include <algorithm>

#include "base/check.h"

namespace holdfast::aws {

bool may_retry(ErrorKind kind, bool mutates) {
  switch (kind) {
    case ErrorKind::throttled:
    case ErrorKind::unavailable:
      return true;
    case ErrorKind::unknown_outcome:
      return !mutates;
    case ErrorKind::not_found:
    case ErrorKind::no_capacity:
    case ErrorKind::conflict:
    case ErrorKind::invalid:
    case ErrorKind::denied:
      return false;
  }
  return false;
}

Duration backoff(const RetryOptions& options, int attempt, Random& random) {
  CHECK(attempt >= 1);
  constexpr int kMaxDoublings = 20;
  const int64_t grown = options.base.count() << std::min(attempt - 1, kMaxDoublings);
  const int64_t most = std::min<int64_t>(options.cap.count(), grown);
  return Duration(static_cast<int64_t>(random.unit() * static_cast<double>(most + 1)));
}

bool RetryBudget::take(ErrorKind kind) {
  std::lock_guard lock(mutex_);
  const int cost = kind == ErrorKind::throttled ? kCost : kCostOfSilence;
  if (left_ < cost) return false;
  left_ -= cost;
  return true;
}

void RetryBudget::give_back() {
  std::lock_guard lock(mutex_);
  left_ = std::min(kCapacity, left_ + kReward);
}

int RetryBudget::left() const {
  std::lock_guard lock(mutex_);
  return left_;
}

}  // namespace holdfast::aws
