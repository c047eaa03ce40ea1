// What becomes of each call before and after the rules: latency, throttling, faults, and what is not to be seen yet.
//
//   turn: refused? delayed? ──▶ carried out ──▶ delayed? reply lost? ──▶ answered
//
// Pure: time and random numbers come in, nothing waits here. The cloud waits in `perform` (a real service); a simulator
// asks for the turn and puts the waiting into its own clock. Used under the front's lock.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/random.h"
#include "base/time.h"
#include "cloud/behaviour/former_looks.h"
#include "cloud/behaviour/profile.h"
#include "ec2/token_bucket.h"

namespace holdfast::cloud {

// The code of a call that was carried out and whose reply is lost (`unknown_outcome`): over HTTP the connection ends.
inline constexpr char kReplyLost[] = "ReplyLost";

struct Turn {
  Duration before{};             // to wait before it is refused or carried out
  std::optional<Error> refusal;  // it is not carried out
  Duration after{};              // to wait before the answer
  bool lose_reply = false;
};

class Behaviour {
 public:
  Behaviour(Profile profile, uint64_t seed) : profile_(profile), random_(seed) {}

  Turn turn(const ec2::ApiCall& call, bool mutates, Time now);

  // Replaces what was asked for the action; a count of 0 takes it back. Error: invalid, with the field.
  Result<void> set_fault(const Fault& fault);

  // From now on the thing may be missing from Describe calls, for a while that is drawn here.
  void made(const std::string& id, Time now);
  bool visible(const std::string& id, Time now) const;
  bool everything_visible() const { return hidden_until_.empty(); }
  // An answer as one of EC2's many front ends may give it: what changed within the lag is shown as it was, every other
  // time.
  void age(ec2::Response& response, Time now);

 private:
  void forget_visible(Time now);

  const Profile profile_;
  Random random_;
  ec2::ApiBudget budget_;
  std::map<std::string, Fault, std::less<>> faults_;  // by action: as many as EC2 has
  std::map<std::string, Time> hidden_until_;          // bounded by what is made within a lag
  FormerLooks looks_;
};

}  // namespace holdfast::cloud
