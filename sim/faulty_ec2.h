// EC2 as it is on a bad day: a wrapper around any Ec2 (the local cloud's, in the simulator) that lets calls take time
// and lets some of them go wrong, as `Faults` strikes. Knows nothing of the engine: it may stand in front of any Ec2.
//
// What it keeps to, so that it is never worse than EC2 may be: an error whose kind says "not done" was not done; a
// thing is stale or missing for at most kLongestLag after it changed or was made; throttling refuses and does nothing.
//
// Thread: one at a time. Calls take time by `wait`, which may never return (it throws) if the caller has died; what was
// on its way then may arrive all the same.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "base/random.h"
#include "cloud/behaviour/former_looks.h"
#include "cloud/runtime.h"
#include "ec2/codec.h"
#include "ec2/further_ec2.h"
#include "ec2/token_bucket.h"
#include "sim/faults.h"

namespace holdfast::sim {

inline constexpr Duration kLongestLag = std::chrono::seconds(4);

// Lengths of time with a long tail: half are shorter than `median`, one in a hundred longer than `p99`.
struct Spread {
  Duration median;
  Duration p99;
  Duration draw(Random& random) const;
};

// Of a call, its way there and its answer's way back together.
Spread spread_of(const ec2::Request& request);
Spread spread_of(const ec2::FurtherRequest& request);

class FaultyEc2 : public ec2::FurtherEc2 {
 public:
  struct Ties {
    ec2::Ec2& inner;
    cloud::Runtime& runtime;
    Faults& faults;
    std::function<void(Duration)> wait;
    // Told right after the inner Ec2 has done a mutating call, before it is answered. May be empty.
    std::function<void()> done;
  };
  FaultyEc2(Ties ties, uint64_t seed, bool throttle);

  Result<ec2::Response> perform(const ec2::Request& request) override;
  Result<ec2::FurtherResponse> perform_further(const ec2::FurtherRequest& request) override;

 private:
  // Of both kinds of request.
  template <class Response, class Request>
  Result<Response> send(const Request& request);
  template <class Response, class Request>
  Result<Response> travel(const Request& request);
  Result<ec2::Response> answer(const ec2::Request& request);
  Result<ec2::FurtherResponse> answer(const ec2::FurtherRequest& request);
  std::optional<Error> throttle(std::string_view action);
  std::optional<Error> not_visible_yet(const ec2::Request& request);
  void note_made(const ec2::Response& response);
  void deliver_later(const ec2::Request& request, Duration delay);
  void deliver_later(const ec2::FurtherRequest& request, Duration delay);

  Ties ties_;
  Random random_;
  bool throttle_;
  ec2::ApiBudget budget_;
  std::map<std::string, Time> made_;   // ids that calls have answered, for as long as they may be invisible
  std::set<std::string> tokens_done_;  // of launches: repeated, they are answered as before, whatever the capacity
  cloud::FormerLooks looks_;
};

}  // namespace holdfast::sim
