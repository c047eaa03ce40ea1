#include "sim/storm_bound.h"

#include <algorithm>
#include <queue>
#include <string>

namespace holdfast::sim {

namespace {

double nth(const Seconds& drawn, size_t n) {
  return n < drawn.size() ? drawn[n] : 0;  // not drawn: nothing is the least it can take
}

Seconds plus(Seconds times, const Seconds& drawn) {
  for (size_t i = 0; i < times.size(); ++i) times[i] += nth(drawn, i);
  std::sort(times.begin(), times.end());
  return times;
}

// The earliest moments at which a bucket that was full at the beginning lets these through, in order.
class Bucket {
 public:
  explicit Bucket(ec2::BucketSize size) : size_(size), tokens_(size.size) {}
  double pass(double ready) {
    if (size_.size <= 0) return ready;
    const double now = std::max(ready, at_);
    tokens_ = std::min(size_.size, tokens_ + (now - at_) * size_.refill);
    at_ = now;
    if (tokens_ < 1) {
      at_ += (1 - tokens_) / size_.refill;
      tokens_ = 1;
    }
    tokens_ -= 1;
    return at_;
  }

 private:
  ec2::BucketSize size_;
  double tokens_;
  double at_ = 0;
};

Seconds through(Seconds ready, ec2::BucketSize size) {
  Bucket bucket(size);
  for (double& time : ready) time = bucket.pass(time);
  return ready;
}

struct Limits {
  bool run = true;
  bool snapshots = true;
  bool others = true;
  ec2::BucketSize of(const char* action) const { return others ? ec2::request_bucket({action}) : ec2::BucketSize{}; }
};

// Ends of the old instances: asked for as soon as the bucket allows, or EC2's own when the notice is over.
Seconds ends(const StormTimes& times, const Limits& limits) {
  Bucket bucket(limits.others ? ec2::resource_bucket("TerminateInstances") : ec2::BucketSize{});
  Seconds begun;
  for (int i = 0; i < times.count; ++i) {
    begun.push_back(std::min(bucket.pass(nth(times.terminate_there, 0)), times.notice));
  }
  return plus(std::move(begun), times.shutdown);
}

// Snapshots of what each has left, and when the n-th instance has all of its own.
Seconds saved(const StormTimes& times, const Seconds& gone, const Limits& limits) {
  Seconds ready;
  for (double time : gone) ready.insert(ready.end(), times.snapshots, time);
  ready = plus(std::move(ready), times.snapshot_there);
  Bucket bucket(limits.of("CreateSnapshot"));
  std::priority_queue<double, Seconds, std::greater<>> under_way;
  Seconds done;
  for (size_t i = 0; i < ready.size(); ++i) {
    double begin = ready[i];
    if (limits.snapshots && under_way.size() >= static_cast<size_t>(times.snapshots_under_way)) {
      begin = std::max(begin, under_way.top());
      under_way.pop();
    }
    done.push_back(bucket.pass(begin) + nth(times.snapshot, i));
    under_way.push(done.back());
  }
  std::sort(done.begin(), done.end());
  Seconds each;
  for (size_t i = times.snapshots - 1; i < done.size(); i += times.snapshots) each.push_back(done[i]);
  return each;
}

Seconds back(const StormTimes& times, const Limits& limits) {
  Seconds ready = saved(times, ends(times, limits), limits);
  ready = through(plus(std::move(ready), times.register_there), limits.of("RegisterImage"));
  ready = plus(plus(std::move(ready), times.register_back), times.run_there);
  ready = through(std::move(ready), limits.run ? ec2::request_bucket({"RunInstances"}) : ec2::BucketSize{});
  const Seconds running = plus(std::move(ready), times.launch);
  Seconds well = plus(running, times.boot);
  if (!times.attaches) return well;
  Seconds attached = through(plus(running, times.attach_there), limits.of("AttachVolume"));
  attached = plus(std::move(attached), times.attach);
  // The n-th is back when n are well and n have their volume.
  for (size_t i = 0; i < well.size(); ++i) well[i] = std::max(well[i], attached[i]);
  return well;
}

double seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace

StormTimes times_of(const VirtualCloud& cloud, int count, bool on_launch) {
  StormTimes times;
  times.count = count;
  times.snapshots = on_launch ? 2 : 1;
  times.attaches = !on_launch;
  times.snapshots_under_way = cloud.options().snapshots_under_way;
  auto drawn = [&](Takes what) {
    Seconds all;
    for (const auto& one : cloud.drawn()) {
      if (one.what == what) all.push_back(seconds(one.took));
    }
    return all;
  };
  auto ways = [&](const std::string& action, Duration CallTimes::*part) {
    Seconds all;
    for (const auto& call : cloud.drawn_calls()) {
      if (call.action == action) all.push_back(seconds(call.times.*part));
    }
    return all;
  };
  times.terminate_there = ways("TerminateInstances", &CallTimes::there);
  times.shutdown = drawn(Takes::shutdown);
  times.snapshot_there = ways("CreateSnapshot", &CallTimes::there);
  times.snapshot = drawn(Takes::snapshot);
  times.register_there = ways("RegisterImage", &CallTimes::there);
  times.register_back = ways("RegisterImage", &CallTimes::back);
  times.run_there = ways("RunInstances", &CallTimes::there);
  times.launch = drawn(Takes::launch);
  times.boot = drawn(Takes::boot);
  times.attach_there = ways("AttachVolume", &CallTimes::there);
  times.attach = drawn(Takes::attach);
  return times;
}

StormBound bound_of(const StormTimes& times) {
  if (times.count <= 0) return {};
  StormBound bound;
  bound.back = back(times, {});
  bound.without_limits = back(times, {false, false, false}).back();
  bound.run_bucket = back(times, {true, false, false}).back();
  bound.snapshots = back(times, {false, true, false}).back();
  return bound;
}

}  // namespace holdfast::sim
