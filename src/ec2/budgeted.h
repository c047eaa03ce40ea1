// The API budget in front of an Ec2: calls are held back so that EC2 need not refuse them. One budget an account and
// region, shared by all threads that call.
//
// How it is meant to be used: whoever has several calls to choose from (the executor) asks `wait_for` before it lets
// one out, and lets another action's go first where the answer is not zero. `perform` then takes the tokens. If there
// are none it waits its turn, but not longer than `most_wait`: then the call comes back as `throttled`, never sent,
// with the wait in the message. So a thread is never held for long, and calls of one action go in the order they came.
//
// What holds always: what is sent has been paid for. A refusal for the rate of calls empties the bucket, halves its
// refill, and the call is tried again after its turn; other kinds of throttling (a volume's snapshots) change nothing.
#pragma once

#include <functional>
#include <mutex>
#include <stop_token>

#include "ec2/codec.h"
#include "ec2/further_ec2.h"
#include "ec2/token_bucket.h"

namespace holdfast::ec2 {

// What the buckets count in a request: its action, its instances, whether a describe is narrowed by ids, filters or
// pages. The views live as long as the program.
ApiCall api_call_of(const Request& request);
ApiCall api_call_of(const FurtherRequest& request);

// An ApiBudget with a clock and a lock. From any thread.
class SharedBudget {
 public:
  // `on_the_way`: kOnTheWay, where calls go over a network.
  explicit SharedBudget(std::function<Time()> now, Duration on_the_way = Duration::zero())
      : now_(std::move(now)), budget_(on_the_way) {}

  // Zero: may go now. `ahead`: calls of the same action that the caller has let out already and that have not taken
  // their tokens yet.
  Duration wait_for(const ApiCall& call, int ahead = 0) const;
  // Takes its tokens if its turn comes within `most`, and says how long it must wait for that; else takes nothing and
  // says how long it would have been.
  struct Turn {
    bool taken = false;
    Duration wait{};
  };
  Turn take_turn(const ApiCall& call, Duration most);
  void throttled(const ApiCall& call);
  std::vector<BudgetStanding> standing() const;

 private:
  const std::function<Time()> now_;
  mutable std::mutex mutex_;
  ApiBudget budget_;
};

class Budgeted : public FurtherEc2 {
 public:
  struct Options {
    Duration most_wait = std::chrono::seconds(10);            // of one call, all its attempts together
    int attempts = 4;                                         // of one that is refused for the rate of calls
    Duration last_attempt_within = std::chrono::seconds(20);  // from its start; no attempt begins later
    // False: called off. Tests and the simulator bring their own; absent: waits in real time.
    std::function<bool(Duration, std::stop_token)> wait;
  };
  // Both must outlive it. `inner` should not repeat throttled calls by itself: here they are paid for.
  Budgeted(Ec2& inner, SharedBudget& budget, Options options);

  // As Ec2; beyond that throttled, "ApiBudgetExhausted": not sent.
  Result<Response> perform(const Request& request) override;
  // UnsupportedOperation where `inner` is no FurtherEc2.
  Result<FurtherResponse> perform_further(const FurtherRequest& request) override;
  // Waits end, and their calls are `unavailable`.
  void stop() { stop_.request_stop(); }

 private:
  // Sends by `send`, paid for.
  template <class Send>
  auto paid(const ApiCall& call, const Send& send) -> decltype(send());

  Ec2& inner_;
  SharedBudget& budget_;
  const Options options_;
  std::stop_source stop_;
};

}  // namespace holdfast::ec2
