#include "ec2/token_bucket.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/check.h"

namespace holdfast::ec2 {
namespace {

double seconds_between(Time from, Time to) {
  return std::max(0.0, std::chrono::duration<double>(to - from).count());
}

// Up to a whole millisecond, so that at the moment named the tokens are there.
Duration to_duration(double seconds) {
  return Duration(static_cast<int64_t>(std::ceil(seconds * 1000)));
}

// Sums of fractions do not meet whole numbers exactly.
constexpr double kHair = 1e-9;

}  // namespace

TokenBucket::TokenBucket(BucketSize size, Time now, Duration on_the_way)
    : size_(size), way_(on_the_way), tokens_(size.size), refill_(size.refill), since_(now) {
  CHECK(size.size > 0 && size.refill > 0);
}

// The refill grows in a straight line up to the full rate, so tokens gained are a trapezium and then a rectangle.
double TokenBucket::gained(double seconds) const {
  const double slope = size_.refill / std::chrono::duration<double>(kRecovery).count();
  const double ramp = (size_.refill - refill_) / slope;
  const double on_ramp = std::min(seconds, ramp);
  return refill_ * on_ramp + slope * on_ramp * on_ramp / 2 + size_.refill * (seconds - on_ramp);
}

double TokenBucket::seconds_to_gain(double tokens) const {
  const double slope = size_.refill / std::chrono::duration<double>(kRecovery).count();
  const double ramp = (size_.refill - refill_) / slope;
  const double by_ramp = gained(ramp);
  if (tokens >= by_ramp) return ramp + (tokens - by_ramp) / size_.refill;
  return (std::sqrt(refill_ * refill_ + 2 * slope * tokens) - refill_) / slope;
}

double TokenBucket::on_the_way_sum() const {
  double sum = 0;
  for (const Call& call : on_the_way_) sum += call.count;
  return sum;
}

double TokenBucket::tokens(Time now) const {
  TokenBucket then = *this;
  then.settle(now);
  return then.tokens_ - then.on_the_way_sum();
}

double TokenBucket::refill(Time now) const {
  const double slope = size_.refill / std::chrono::duration<double>(kRecovery).count();
  return std::min(size_.refill, refill_ + slope * seconds_between(since_, now));
}

void TokenBucket::settle(Time now) {
  arrive_until(now);
  if (now <= since_) return;  // a clock that went back gains nothing and loses nothing
  const double tokens_now = std::min(size_.size, tokens_ + gained(seconds_between(since_, now)));
  refill_ = refill(now);
  tokens_ = tokens_now;
  since_ = now;
}

void TokenBucket::arrive_until(Time now) {
  while (!on_the_way_.empty() && on_the_way_.front().arrives <= now) {
    const Call call = on_the_way_.front();
    on_the_way_.pop_front();
    settle(call.arrives);
    tokens_ -= call.count;
  }
}

Time TokenBucket::next_allowed(double count, Time now) const {
  const double wanted = std::min(count, size_.size);
  TokenBucket then = *this;
  then.settle(now);
  for (;;) {
    const double needed = wanted + then.on_the_way_sum();
    const Time from = std::max(now, then.since_);
    if (then.tokens_ + kHair >= needed) return from;
    const bool more = !then.on_the_way_.empty();
    if (needed <= size_.size || !more) {
      const Time at = std::max(now, then.since_ + to_duration(then.seconds_to_gain(needed - then.tokens_)));
      if (!more || at <= then.on_the_way_.front().arrives) return at;
    }
    then.settle(then.on_the_way_.front().arrives);
  }
}

void TokenBucket::take(double count, Time now, Duration wait) {
  settle(now);
  if (way_ == Duration::zero()) {
    tokens_ -= count;
    return;
  }
  const Call call{now + wait + way_, count};
  auto later = [](const Call& one, const Call& other) { return one.arrives < other.arrives; };
  on_the_way_.insert(std::upper_bound(on_the_way_.begin(), on_the_way_.end(), call, later), call);
}

void TokenBucket::throttled(Time now) {
  settle(now);
  tokens_ = std::min(tokens_, 0.0);
  if (last_refusal_ != Time::min() && now - last_refusal_ < kOneRefusal) return;
  last_refusal_ = now;
  refill_ = std::max(refill_ / 2, size_.refill * kLeastRefill);
}

namespace {

struct Named {
  std::string_view action;
  BucketSize size;
};

constexpr BucketSize kNarrowedDescribe = {100, 20};
constexpr BucketSize kWholeDescribe = {50, 10};
constexpr BucketSize kOtherMutating = {50, 5};

constexpr std::array kRequests = {
    Named{"RunInstances", {5, 2}},
    Named{"StartInstances", {5, 2}},
    Named{"TerminateInstances", {100, 5}},
    Named{"CreateSnapshot", {100, 5}},
    Named{"CreateSnapshots", {100, 5}},
    Named{"DeleteSnapshot", {100, 5}},
    Named{"CreateVolume", {100, 5}},
    Named{"DeleteVolume", {100, 5}},
    Named{"DeregisterImage", {100, 5}},
    Named{"CreateNetworkInterface", {100, 5}},
    Named{"AssignPrivateIpAddresses", {100, 5}},
    Named{"CreateTags", {100, 10}},
};

constexpr std::array kResources = {
    Named{"RunInstances", {1000, 2}},
    Named{"StartInstances", {1000, 2}},
    Named{"TerminateInstances", {1000, 20}},
    Named{"StopInstances", {1000, 20}},
};

template <size_t N>
const Named* find(const std::array<Named, N>& table, std::string_view action) {
  auto found = std::find_if(table.begin(), table.end(), [&](const Named& row) { return row.action == action; });
  return found == table.end() ? nullptr : &*found;
}

bool only_reads(std::string_view action) {
  return action.starts_with("Describe") || action.starts_with("Get");
}

std::string bucket_name(const ApiCall& call) {
  const bool whole = only_reads(call.action) && !call.narrowed;
  return std::string(call.action) + (whole ? " (all)" : "");
}

}  // namespace

BucketSize request_bucket(const ApiCall& call) {
  if (only_reads(call.action)) return call.narrowed ? kNarrowedDescribe : kWholeDescribe;
  const Named* row = find(kRequests, call.action);
  return row != nullptr ? row->size : kOtherMutating;
}

BucketSize resource_bucket(std::string_view action) {
  const Named* row = find(kResources, action);
  return row != nullptr ? row->size : BucketSize{};
}

ApiBudget::Buckets ApiBudget::full(const ApiCall& call, Time now) const {
  constexpr BucketSize kUncounted = {1e9, 1e9};
  const BucketSize resources = resource_bucket(call.action);
  const BucketSize requests = request_bucket(call);
  return {TokenBucket(requests, now, way_), TokenBucket(resources.size > 0 ? resources : kUncounted, now, way_),
          requests.size};
}

ApiBudget::Buckets& ApiBudget::of(const ApiCall& call, Time now) {
  std::string name = bucket_name(call);
  auto found = buckets_.find(name);
  if (found == buckets_.end()) found = buckets_.emplace(std::move(name), full(call, now)).first;
  return found->second;
}

Time ApiBudget::next_allowed(const Buckets& buckets, const ApiCall& call, Time now) {
  return std::max(buckets.requests.next_allowed(1, now), buckets.resources.next_allowed(call.resources, now));
}

void ApiBudget::take(Buckets& buckets, const ApiCall& call, Time now, Duration wait) {
  buckets.requests.take(1, now, wait);
  buckets.resources.take(call.resources, now, wait);
}

Time ApiBudget::next_allowed(const ApiCall& call, Time now, int ahead) const {
  auto found = buckets_.find(bucket_name(call));
  if (ahead == 0) return found == buckets_.end() ? now : next_allowed(found->second, call, now);
  Buckets later = found == buckets_.end() ? full(call, now) : found->second;
  for (int i = 0; i < ahead; ++i) take(later, call, now, Duration::zero());
  return next_allowed(later, call, now);
}

void ApiBudget::take(const ApiCall& call, Time now, Duration wait) {
  Buckets& buckets = of(call, now);
  ++buckets.calls;
  take(buckets, call, now, wait);
}

void ApiBudget::throttled(const ApiCall& call, Time now) {
  Buckets& buckets = of(call, now);
  ++buckets.throttled;
  buckets.requests.throttled(now);
  if (resource_bucket(call.action).size > 0) buckets.resources.throttled(now);
}

std::vector<BudgetStanding> ApiBudget::standing(Time now) const {
  std::vector<BudgetStanding> all;
  for (const auto& [action, buckets] : buckets_) {
    all.push_back({action, buckets.requests.tokens(now), buckets.size, buckets.calls, buckets.throttled});
  }
  return all;
}

}  // namespace holdfast::ec2
