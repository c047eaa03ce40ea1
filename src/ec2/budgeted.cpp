#include "ec2/budgeted.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>

namespace holdfast::ec2 {
namespace {

// The lists of ids, by the names they have in the requests.
template <class R>
bool has_ids(const R& request) {
  bool any = false;
  if constexpr (requires { request.instance_ids; }) any = any || !request.instance_ids.empty();
  if constexpr (requires { request.volume_ids; }) any = any || !request.volume_ids.empty();
  if constexpr (requires { request.snapshot_ids; }) any = any || !request.snapshot_ids.empty();
  if constexpr (requires { request.image_ids; }) any = any || !request.image_ids.empty();
  if constexpr (requires { request.network_interface_ids; }) any = any || !request.network_interface_ids.empty();
  if constexpr (requires { request.subnet_ids; }) any = any || !request.subnet_ids.empty();
  if constexpr (requires { request.vpc_ids; }) any = any || !request.vpc_ids.empty();
  if constexpr (requires { request.group_ids; }) any = any || !request.group_ids.empty();
  if constexpr (requires { request.allocation_ids; }) any = any || !request.allocation_ids.empty();
  if constexpr (requires { request.instance_types.empty(); }) any = any || !request.instance_types.empty();
  if constexpr (requires { request.spot_instance_request_ids; })
    any = any || !request.spot_instance_request_ids.empty();
  if constexpr (requires { request.replace_root_volume_task_ids; })
    any = any || !request.replace_root_volume_task_ids.empty();
  // One thing by its one id is as narrow as can be.
  if constexpr (requires { request.instance_id; }) any = true;
  return any;
}

template <class R>
bool is_narrowed(const R& request) {
  bool narrowed = has_ids(request);
  if constexpr (requires { request.filters; }) narrowed = narrowed || !request.filters.empty();
  if constexpr (requires { request.next_token; }) narrowed = narrowed || !request.next_token.empty();
  if constexpr (requires { request.max_results > 0; }) narrowed = narrowed || request.max_results > 0;
  return narrowed;
}

template <class R>
ApiCall call_of(const R& request) {
  ApiCall call{R::kAction, 1, is_narrowed(request)};
  if constexpr (requires { request.max_count; })
    call.resources = request.max_count;
  else if constexpr (R::kMutates && requires { request.instance_ids; })
    call.resources = static_cast<int>(request.instance_ids.size());
  return call;
}

// Of kind throttled, but about one volume or one account's snapshots under way, not about the rate of calls.
bool is_about_rate(const Error& error) {
  constexpr std::array<std::string_view, 2> kOther = {"SnapshotCreationPerVolumeRateExceeded",
                                                      "ConcurrentSnapshotLimitExceeded"};
  return error.kind == ErrorKind::throttled && std::find(kOther.begin(), kOther.end(), error.code) == kOther.end();
}

bool wait_in_real_time(Duration duration, std::stop_token stop) {
  std::mutex mutex;
  std::condition_variable_any nobody;
  std::unique_lock lock(mutex);
  nobody.wait_for(lock, stop, duration, [] { return false; });
  return !stop.stop_requested();
}

}  // namespace

ApiCall api_call_of(const Request& request) {
  return std::visit([](const auto& r) { return call_of(r); }, request);
}

ApiCall api_call_of(const FurtherRequest& request) {
  return std::visit([](const auto& r) { return call_of(r); }, request);
}

Duration SharedBudget::wait_for(const ApiCall& call, int ahead) const {
  std::lock_guard lock(mutex_);
  const Time now = now_();
  return budget_.next_allowed(call, now, ahead) - now;
}

SharedBudget::Turn SharedBudget::take_turn(const ApiCall& call, Duration most) {
  std::lock_guard lock(mutex_);
  const Time now = now_();
  const Duration wait = budget_.next_allowed(call, now) - now;
  if (wait > most) return {false, wait};
  budget_.take(call, now, wait);  // as a debt, if it must wait: whoever comes next waits behind it
  return {true, wait};
}

void SharedBudget::throttled(const ApiCall& call) {
  std::lock_guard lock(mutex_);
  budget_.throttled(call, now_());
}

std::vector<BudgetStanding> SharedBudget::standing() const {
  std::lock_guard lock(mutex_);
  return budget_.standing(now_());
}

Budgeted::Budgeted(Ec2& inner, SharedBudget& budget, Options options)
    : inner_(inner), budget_(budget), options_(std::move(options)) {
  CHECK(options_.attempts >= 1);
}

Result<Response> Budgeted::perform(const Request& request) {
  return paid(api_call_of(request), [&] { return inner_.perform(request); });
}

Result<FurtherResponse> Budgeted::perform_further(const FurtherRequest& request) {
  auto* wider = dynamic_cast<FurtherEc2*>(&inner_);
  if (wider == nullptr) {
    return ec2_fail("UnsupportedOperation", fmt::format("{} cannot be asked of this cloud", action_of(request)));
  }
  return paid(api_call_of(request), [&] { return wider->perform_further(request); });
}

template <class Send>
auto Budgeted::paid(const ApiCall& call, const Send& send) -> decltype(send()) {
  const auto start = std::chrono::steady_clock::now();
  const auto too_late = [&] { return std::chrono::steady_clock::now() - start > options_.last_attempt_within; };
  Duration left = options_.most_wait;
  std::optional<Error> refusal;
  for (int attempt = 1;; ++attempt) {
    const SharedBudget::Turn turn = budget_.take_turn(call, left);
    if (!turn.taken && refusal) return Failure(*refusal);
    if (!turn.taken)
      return fail(ErrorKind::throttled, "ApiBudgetExhausted",
                  fmt::format("{} was not sent: EC2 would refuse so many; it may be asked again in {}", call.action,
                              to_words(turn.wait)));
    left -= turn.wait;
    const auto& wait = options_.wait ? options_.wait : wait_in_real_time;
    if (turn.wait > Duration::zero() && !wait(turn.wait, stop_.get_token()))
      return fail(ErrorKind::unavailable, "NotSent", fmt::format("{} was called off before it was sent", call.action));
    // Who asked has reckoned with a call that ends soon; this process may have been stopped while it waited.
    const bool stopped = turn.wait > Duration::zero() && too_late();
    if (stopped && refusal) return Failure(*refusal);
    if (stopped)
      return fail(ErrorKind::unavailable, "NotSent", fmt::format("{} was not sent: its time is over", call.action));
    auto answer = send();
    if (answer || !is_about_rate(answer.error())) return answer;
    budget_.throttled(call);
    refusal = answer.error();
    if (attempt >= options_.attempts || too_late()) return answer;
  }
}

}  // namespace holdfast::ec2
