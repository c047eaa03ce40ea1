#include "cloud/behaviour/behaviour.h"

#include "cloud/behaviour/latency.h"
#include "ec2/ec2.h"

namespace holdfast::cloud {
namespace {

constexpr int kMaxFaults = 10000;
constexpr Duration kMaxDelay = std::chrono::minutes(5);

Failure bad_fault(std::string message, std::string field) {
  return fail(ErrorKind::invalid, "InvalidParameterValue", std::move(message), std::move(field));
}

}  // namespace

Turn Behaviour::turn(const ec2::ApiCall& call, bool mutates, Time now) {
  Turn turn;
  if (profile_.throttling) {
    if (budget_.next_allowed(call, now) > now) {
      turn.refusal = ec2::ec2_fail("RequestLimitExceeded", "Request limit exceeded.").value();
      return turn;
    }
    budget_.take(call, now);
  }
  // The way there and the way back: half each.
  if (profile_.latency) turn.before = turn.after = answer_spread(call.action, mutates).draw(random_) / 2;
  auto found = faults_.find(call.action);
  if (found == faults_.end()) return turn;
  Fault& fault = found->second;
  turn.before += fault.delay;
  turn.lose_reply = fault.lose_reply;
  if (!fault.code.empty())
    turn.refusal = ec2::ec2_fail(fault.code, "This failure was asked for; nothing was done.").value();
  if (--fault.count <= 0) faults_.erase(found);
  return turn;
}

Result<void> Behaviour::set_fault(const Fault& fault) {
  if (fault.code.empty() && fault.delay == Duration(0) && !fault.lose_reply) {
    return bad_fault("A code is needed, like InsufficientInstanceCapacity, or a delay, or a reply to lose.", "code");
  }
  if (!fault.code.empty() && fault.lose_reply) {
    return bad_fault("A reply that is lost has no code: leave one of them out.", "loseReply");
  }
  if (fault.delay < Duration(0) || fault.delay > kMaxDelay)
    return bad_fault("The delay is 0 to 300000 ms.", "delayMilliseconds");
  if (fault.count < 0 || fault.count > kMaxFaults) return bad_fault("The count is 0 to 10000.", "count");
  if (fault.count == 0)
    faults_.erase(fault.action);
  else
    faults_[fault.action] = fault;
  return {};
}

void Behaviour::made(const std::string& id, Time now) {
  if (profile_.consistency_lag <= Duration(0)) return;
  forget_visible(now);
  hidden_until_[id] =
      now +
      Duration(static_cast<Duration::rep>(random_.below(static_cast<uint64_t>(profile_.consistency_lag.count()) + 1)));
}

bool Behaviour::visible(const std::string& id, Time now) const {
  auto found = hidden_until_.find(id);
  return found == hidden_until_.end() || found->second <= now;
}

void Behaviour::age(ec2::Response& response, Time now) {
  if (profile_.consistency_lag <= Duration(0)) return;
  looks_.distort(response, now, profile_.consistency_lag, [&](const std::string&, bool has_former) {
    return has_former && random_.below(2) == 0 ? FormerLooks::Shown::former : FormerLooks::Shown::now;
  });
}

void Behaviour::forget_visible(Time now) {
  std::erase_if(hidden_until_, [&](const auto& entry) { return entry.second <= now; });
}

}  // namespace holdfast::cloud
