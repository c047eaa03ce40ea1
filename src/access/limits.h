// How much is let in: requests of each token in a second, and entries of the audit log about those that were not let
// in. Both are pure: time is an argument. Called by the API's gate.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "base/time.h"

namespace holdfast::access {

// A bucket of `burst` that fills up by `per_second`.
class Bucket {
 public:
  Bucket(double per_second, double burst) : per_second_(per_second), burst_(burst), level_(burst) {}
  bool take(Time now);
  bool full(Time now) const;

 private:
  double level_at(Time now) const;
  double per_second_;
  double burst_;
  double level_;
  Time at_{};
};

// Thread: any.
class RateLimit {
 public:
  // `per_second` 0: everything is let in.
  RateLimit(int per_second, int burst) : per_second_(per_second), burst_(burst) {}
  bool admit(const std::string& token, Time now);

 private:
  const int per_second_;
  const int burst_;
  std::mutex mutex_;
  std::map<std::string, Bucket> buckets_;  // as many as there are tokens, which are bounded
};

// Whoever knocks without a right must not fill the disk, nor hide others who knock: a few entries a minute for each
// address, and some for all together. Thread: any.
class Denials {
 public:
  // Whether this one is written down: then how many before it were not.
  std::optional<int64_t> admit(const std::string& peer, Time now);

 private:
  std::mutex mutex_;
  std::map<std::string, Bucket> peers_;
  Bucket all_{1.0, 100};
  int64_t not_recorded_ = 0;
};

}  // namespace holdfast::access
