// What goes wrong in a run, and when: drawn from the seed, one stream for each kind of fault, so that taking one away
// (to find the smallest schedule that still fails) leaves the draws of all others as they were.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"

namespace holdfast::sim {

enum class Fault : uint8_t {
  // of a call: struck with a probability each
  unreachable,       // no connection: known not to have been done
  lost_request,      // vanished on the way; unknown to the caller
  lost_reply,        // done, and never answered
  late_request,      // given up by the caller, done seconds later
  internal_error,    // InternalError, done or not
  throttled,         // RequestLimitExceeded
  no_capacity,       // InsufficientInstanceCapacity
  unknown_id,        // what was just made is not found yet
  stale_describe,    // one thing as it was some seconds ago
  missing_describe,  // one thing just made is not listed
  zombie_request,    // the service died, its request arrives all the same
  event_lost,
  event_late,
  event_doubled,
  snapshot_slow,
  snapshot_fails,
  volume_fails,
  launch_fails,
  // at a moment of their own
  interruption_notice,
  interruption_short,
  interruption_without,
  power_cut,
  rebalance,
  market_reclaim,
  market_capacity,
  price_move,
  sick_guest,
  operator_terminates,
  operator_shuts_down,
  operator_detaches,
  operator_deletes_volume,
  operator_deletes_snapshot,
  operator_attaches,
  user_pauses,
  user_recycles,
  user_updates,
  user_deletes,
  crash_now,
  crash_before_commit,
  crash_after_commit,
  crash_after_effect,
  store_refuses,
  operator_unkeeps,  // sets a volume to go with its instance
  operator_borrows,  // looks into a data volume of a paused one, on another machine
  operator_stops,    // one on demand: another cannot be stopped
  operator_resizes,  // a volume grows
  operator_deregisters,
  user_snapshots,
  user_restores,  // to a copy that there is, or takes that back
  user_undeletes,
  service_sleeps,    // for minutes, and wakes up believing that no time has passed
  service_dies,      // for good; another one comes in its place
  user_readdresses,  // another private address is to be kept or none, another elastic one
  operator_takes_address,  // an elastic one, off the instance that it is on
  user_imports,            // an instance of the people's own, with its data
  user_in_haste,           // asks several things of one managed instance within seconds
  operator_mixes_up,       // a data volume, onto the machine of another managed instance for a while
  user_drops,              // a copy that was kept for a person, or a data volume of a paused one
  root_spoiled,            // what boots from it, or from a copy of it, does not come up
};
inline constexpr size_t kFaults = static_cast<size_t>(Fault::root_spoiled) + 1;
inline constexpr Fault kFirstTimed = Fault::interruption_notice;

std::string_view name_of(Fault fault);
std::optional<Fault> fault_named(std::string_view name);

// One strike: the kind, and its number among the draws of that kind.
using Strike = std::pair<Fault, uint64_t>;

struct Happening {
  Time at{};
  Strike strike;
  uint64_t seed = 0;  // for whatever is chosen when it happens
};

struct FaultPlan {
  std::array<double, kFaults> rates{};  // of calls: a probability; of timed ones: how many in the whole run
};

// How many services share the store: one, or in a third of the swarm's seeds two.
int draw_services(uint64_t seed, bool swarm);

// The standard mix, or (swarm) a mix of this seed's own: some kinds left out, some frequent. Of the timed ones only
// that part (`load`, at most 1).
FaultPlan draw_plan(uint64_t seed, bool swarm, double load = 1);

class Faults {
 public:
  Faults(uint64_t seed, FaultPlan plan, std::optional<std::set<Strike>> only);

  // Whether this call is struck. Noted if so.
  bool strikes(Fault fault);
  // A number that belongs to the strike just made: the same however many others there are.
  uint64_t draw(Fault fault, uint64_t bound);
  // What happens by itself between `from` and `to`, in order of time.
  std::vector<Happening> timed(Time from, Time to);
  void note(const Strike& strike) { struck_.push_back(strike); }
  // From now on nothing goes wrong.
  void calm() { calm_ = true; }
  bool calmed() const { return calm_; }

  const std::vector<Strike>& struck() const { return struck_; }
  std::map<std::string, uint64_t> counts() const;

 private:
  bool allowed(const Strike& strike) const { return !only_ || only_->contains(strike); }
  uint64_t hash(Fault fault, uint64_t number, uint64_t salt) const;

  uint64_t seed_;
  FaultPlan plan_;
  std::optional<std::set<Strike>> only_;
  std::array<uint64_t, kFaults> drawn_{};
  std::array<uint64_t, kFaults> numbers_{};
  std::vector<Strike> struck_;
  bool calm_ = false;
};

}  // namespace holdfast::sim
