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

TokenBucket::TokenBucket(BucketSize size, Time now)
    : size_(size), tokens_(size.size), refill_(size.refill), since_(now) {
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

double TokenBucket::tokens(Time now) const {
  return std::min(size_.size, tokens_ + gained(seconds_between(since_, now)));
}

double TokenBucket::refill(Time now) const {
  const double slope = size_.refill / std::chrono::duration<double>(kRecovery).count();
  return std::min(size_.refill, refill_ + slope * seconds_between(since_, now));
}

void TokenBucket::settle(Time now) {
  if (now <= since_) return;  // a clock that went back gains nothing and loses nothing
  const double tokens_now = tokens(now);
  refill_ = refill(now);
  tokens_ = tokens_now;
  since_ = now;
}

Time TokenBucket::next_allowed(double count, Time now) const {
  const double wanted = std::min(count, size_.size);
  if (tokens(now) + kHair >= wanted) return now;
  return std::max(now, since_ + to_duration(seconds_to_gain(wanted - tokens_)));
}

void TokenBucket::take(double count, Time now) {
  settle(now);
  tokens_ -= count;
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

ApiBudget::Buckets ApiBudget::full(const ApiCall& call, Time now) {
  constexpr BucketSize kUncounted = {1e9, 1e9};
  const BucketSize resources = resource_bucket(call.action);
  const BucketSize requests = request_bucket(call);
  return {TokenBucket(requests, now), TokenBucket(resources.size > 0 ? resources : kUncounted, now), requests.size};
}

ApiBudget::Buckets& ApiBudget::of(const ApiCall& call, Time now) {
  std::string name = bucket_name(call);
  auto found = buckets_.find(name);
  if (found == buckets_.end()) found = buckets_.emplace(std::move(name), full(call, now)).first;
  return found->second;
}

Time ApiBudget::next_allowed(const ApiCall& call, Time now) const {
  auto found = buckets_.find(bucket_name(call));
  if (found == buckets_.end()) return now;
  return std::max(found->second.requests.next_allowed(1, now),
                  found->second.resources.next_allowed(call.resources, now));
}

void ApiBudget::take(const ApiCall& call, Time now) {
  Buckets& buckets = of(call, now);
  ++buckets.calls;
  buckets.requests.take(1, now);
  buckets.resources.take(call.resources, now);
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
