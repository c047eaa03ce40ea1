// For how long a service may act on what it holds. Everything that is let out carries the tenure under which it was
// stored, and right before each call that changes something the tenure must last longer than a call may take. Once a
// lease was lost the tenure is over for good, and what was let out under it is never sent; a new one begins.
//
// Thread: prolonged and ended by the engine's; asked by any.
#pragma once

#include <algorithm>
#include <atomic>
#include <memory>

#include "base/time.h"
#include "ec2/further_ec2.h"
#include "engine/clock.h"

namespace holdfast::engine {

class Tenure {
 public:
  // The longest that a call which changes something takes: its turn in the API budget and all attempts included
  // (ec2/budgeted.h, aws/query_service.h).
  static constexpr Duration kLongestCall = std::chrono::seconds(60);

  explicit Tenure(Time until) : until_(to_millis(until)) {}
  void prolong(Time until) { until_ = std::max<int64_t>(until_, to_millis(until)); }
  void end() { until_ = INT64_MIN; }
  Time until() const { return from_millis(until_); }
  bool allows_a_call(Time now) const { return to_millis(now + kLongestCall) < until_; }

 private:
  std::atomic<int64_t> until_;  // milliseconds
};

// Shared: a job under way asks the one that it was let out under while the engine may have another.
using SharedTenure = std::shared_ptr<const Tenure>;

// Code of the refusal of a call that is not made because the tenure does not allow it. Kind unavailable: not done.
inline constexpr char kNotHeld[] = "LeaseRanOut";

// The cloud, as long as the tenure allows: what changes nothing is always let through.
class WhileHeld : public ec2::FurtherEc2 {
 public:
  WhileHeld(ec2::Ec2& inner, const Tenure& tenure, Clock& clock) : inner_(inner), tenure_(tenure), clock_(clock) {}
  Result<ec2::Response> perform(const ec2::Request& request) override;
  Result<ec2::FurtherResponse> perform_further(const ec2::FurtherRequest& request) override;

 private:
  bool may_send(bool mutates) const;

  ec2::Ec2& inner_;
  const Tenure& tenure_;
  Clock& clock_;
};

}  // namespace holdfast::engine
