// EC2 throttles by token buckets, one an action, for each account and region. We keep the same buckets on our side, so
// that what is urgent is not refused because of what is not. Pure: time is an argument; whoever shares one between
// threads brings the lock.
//
// What holds always: a bucket never gives more than EC2's own would, also if calls come in together that were sent one
// after another (kOnTheWay); after the cloud throttles although we thought there was room (somebody else uses the
// account too), the refill is halved and comes back slowly.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace holdfast::ec2 {

struct BucketSize {
  double size = 0;    // tokens it holds when full
  double refill = 0;  // tokens a second
};

// How long a call is on its way to the cloud, at most. The cloud's bucket gains nothing while it is full, and it may be
// full until then: so a token is held from the sending on, but counts as taken, and comes back, only from then on.
inline constexpr Duration kOnTheWay = std::chrono::milliseconds(500);

class TokenBucket {
 public:
  // `on_the_way`: of calls; zero for the cloud's own bucket, which counts them as they come in.
  TokenBucket(BucketSize size, Time now, Duration on_the_way = Duration::zero());
  // When `count` tokens will be there, `now` if they are. More than the bucket holds are given when it is full, as a
  // debt: EC2's own answer is to serve a large call after a pause, not never.
  Time next_allowed(double count, Time now) const;
  // Takes them for a call that is sent `wait` from now, if need be as a debt.
  void take(double count, Time now, Duration wait = Duration::zero());
  // The cloud refused: empty, and refilled at half the rate, coming back to the full one over kRecovery. Refusals of
  // calls that were under way together count once.
  void throttled(Time now);
  double tokens(Time now) const;
  double refill(Time now) const;  // a second, at this moment

  static constexpr Duration kRecovery = std::chrono::minutes(5);  // from nothing to the full rate
  static constexpr Duration kOneRefusal = std::chrono::seconds(1);
  static constexpr double kLeastRefill = 1.0 / 16;  // of the full rate

 private:
  double gained(double seconds) const;  // tokens gained in the seconds after since_, unbounded
  double seconds_to_gain(double tokens) const;
  void settle(Time now);        // moves since_ to now
  void arrive_until(Time now);  // what is not on its way any more is taken
  double on_the_way_sum() const;

  struct Call {
    Time arrives;  // at the latest
    double count;
  };

  BucketSize size_;
  Duration way_;
  std::deque<Call> on_the_way_;  // by arrival
  double tokens_;                // at since_; below zero: a debt
  double refill_;                // at since_
  Time since_;
  Time last_refusal_ = Time::min();
};

struct ApiCall {
  std::string_view action;
  int resources = 1;     // instances run, started, stopped or terminated
  bool narrowed = true;  // a describe by ids, filters or pages; else the smaller bucket is its own
};

// How one action stands: for metrics.
struct BudgetStanding {
  std::string action;  // "DescribeVolumes (all)": without ids, filters or pages
  double tokens = 0;   // below zero: a debt
  double size = 0;     // when full
  uint64_t calls = 0;  // since the start
  uint64_t throttled = 0;
};

// The buckets of one account in one region.
class ApiBudget {
 public:
  explicit ApiBudget(Duration on_the_way = Duration::zero()) : way_(on_the_way) {}
  std::vector<BudgetStanding> standing(Time now) const;  // of the actions that were called
  // `ahead`: so many like it go before.
  Time next_allowed(const ApiCall& call, Time now, int ahead = 0) const;
  void take(const ApiCall& call, Time now, Duration wait = Duration::zero());
  void throttled(const ApiCall& call, Time now);

 private:
  struct Buckets {
    TokenBucket requests;
    TokenBucket resources;  // of the actions that EC2 counts by resource too; else as large as can be
    double size = 0;        // of requests
    uint64_t calls = 0;
    uint64_t throttled = 0;
  };
  static Time next_allowed(const Buckets& buckets, const ApiCall& call, Time now);
  static void take(Buckets& buckets, const ApiCall& call, Time now, Duration wait);
  Buckets full(const ApiCall& call, Time now) const;
  Buckets& of(const ApiCall& call, Time now);

  Duration way_;
  std::map<std::string, Buckets, std::less<>> buckets_;  // by action; as many as EC2 has actions
};

// EC2's published sizes (docs: "Request throttling for the Amazon EC2 API").
BucketSize request_bucket(const ApiCall& call);
// size 0: the action is not counted by resource.
BucketSize resource_bucket(std::string_view action);

}  // namespace holdfast::ec2
