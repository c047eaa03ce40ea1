// The front of the local cloud: the lock, the transactions, and the way to the substrate and the listener. Everything
// that happens (a call, an outcome, an observation, a timer) goes through `transact`: rules change the model, the store
// writes it, and only then orders and events are let out. If the store cannot write, the model is rolled back: a call
// answers `Unavailable`; what came from the substrate or a timer is kept and tried again, for it has happened.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <set>

#include "cloud/behaviour/behaviour.h"
#include "cloud/cloud.h"
#include "cloud/rules.h"
#include "cloud/store.h"

namespace holdfast::cloud {

class Cloud::Front : public SubstrateEvents, public std::enable_shared_from_this<Cloud::Front> {
 public:
  Front(CloudOptions options, Substrate& substrate, Runtime& runtime, std::unique_ptr<Store> store, uint64_t seed);

  Result<void> start();
  void close();

  // Runs `rules` as one transaction. A Result that is an error rolls it back.
  template <class T>
  Result<T> transact(const std::function<Result<T>(Call&)>& rules);
  template <class T>
  T read(const std::function<T(const Model&)>& look) const;

  // What becomes of the next call; for those who wait by a clock of their own.
  Turn turn(const ec2::ApiCall& call, bool mutates);
  // `perform`, as far as it is to be seen yet.
  Result<ec2::Response> carry_out(const ec2::Request& request);
  // A call's whole turn around its work: refused, delayed, lost.
  template <class T, class Work>
  Result<T> behave(const ec2::ApiCall& call, bool mutates, Work work);
  Result<void> set_fault(const Fault& fault);

  Result<ec2::Response> perform(const ec2::Request& request);
  Result<ec2::FurtherResponse> perform_further(const ec2::FurtherRequest& request);
  Result<ec2::FurtherResponse> try_out_further(const ec2::FurtherRequest& request);
  Result<ec2::FurtherResponse> transact_further(
      const ec2::FurtherRequest& request,
      const std::function<Result<ec2::FurtherResponse>(Result<ec2::FurtherResponse>)>& finish);
  void wait_for_snapshots(const ec2::FurtherResponse& answer);
  Result<ec2::Response> try_out(const ec2::Request& request);
  const std::string& region() const { return options_.region; }  // `start` has compared it
  Result<ec2::Response> perform_snapshot(const ec2::CreateSnapshotRequest& request);
  Result<ec2::Response> perform_console(const ec2::GetConsoleOutputRequest& request);
  void listen(ec2::CloudEventListener listener);
  Result<void> need_machine(const InstanceId& instance) const;
  Result<ImageId> wait_for_build(const ImageId& image, Duration limit);

  void machine_ended(const InstanceId& machine, std::string reason) override;
  void user_data_ended(const InstanceId& machine, UserDataOutcome outcome) override;

  Substrate& substrate() { return substrate_; }
  Runtime& runtime() { return runtime_; }

 private:
  using Happening = std::function<void(Call&)>;
  // What has happened outside and must get into the model: again later if it cannot be stored now.
  void take_in(Happening happening);
  void retry_happenings();
  bool store_happening(const Happening& happening);
  Result<void> commit(Outbox& out);
  void let_out(Outbox& out);  // under the lock
  void drain();               // outside the lock
  void send(const Order& order);
  template <class O>
  Done done_with(const O& order);
  void post_events();
  void deliver_events();
  void await_first_image();
  void pause(Duration duration);  // ends early with the cloud
  int64_t free_bytes() const;

  const CloudOptions options_;
  Substrate& substrate_;
  Runtime& runtime_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;  // after every commit
  bool closed_ = false;
  std::unique_ptr<Store> store_;
  Model model_;
  Random random_;
  Settings settings_;
  std::deque<Happening> waiting_;  // in order; bounded by what is in flight
  Behaviour behaviour_;

  std::deque<Order> orders_;
  bool draining_ = false;
  std::deque<ec2::CloudEvent> events_;
  bool events_posted_ = false;
  std::mutex listener_mutex_;  // held while it is called: `listen` returns only when the old one is done
  ec2::CloudEventListener listener_;
};

template <class T, class Work>
Result<T> Cloud::Front::behave(const ec2::ApiCall& call, bool mutates, Work work) {
  const Turn its = turn(call, mutates);
  pause(its.before);
  if (its.refusal) return Failure(*its.refusal);
  Result<T> answer = work();
  pause(its.after);
  if (its.lose_reply) {
    return fail(ErrorKind::unknown_outcome, kReplyLost,
                "The reply is lost, as was asked for; the call may have been carried out.");
  }
  return answer;
}

}  // namespace holdfast::cloud
