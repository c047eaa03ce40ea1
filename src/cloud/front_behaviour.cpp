// The front's part in how the cloud behaves beside its rules (behaviour/): each call's turn, and the waiting that it
// asks for. The waiting ends with the cloud.
#include "cloud/behaviour/consistency.h"
#include "cloud/front.h"
#include "cloud/lookup.h"
#include "ec2/generated/further.h"

namespace holdfast::cloud {

namespace {

template <class Variant>
bool has_action(std::string_view action) {
  return []<size_t... I>(std::string_view name, std::index_sequence<I...>) {
    return ((std::variant_alternative_t<I, Variant>::kAction == name) || ...);
  }
  (action, std::make_index_sequence<std::variant_size_v<Variant>>());
}

}  // namespace

Turn Cloud::Front::turn(const ec2::ApiCall& call, bool mutates) {
  std::lock_guard hold(mutex_);
  return behaviour_.turn(call, mutates, runtime_.now());
}

void Cloud::Front::pause(Duration duration) {
  if (duration <= Duration(0)) return;
  std::unique_lock hold(mutex_);
  changed_.wait_for(hold, duration, [this] { return closed_; });
}

Result<ec2::Response> Cloud::Front::carry_out(const ec2::Request& request) {
  HF_TRY(ec2::Response response, perform(request));
  std::lock_guard hold(mutex_);
  const Time now = runtime_.now();
  if (ec2::mutates(request)) {
    for (const std::string& id : made_by(response)) behaviour_.made(id, now);
    return response;
  }
  behaviour_.age(response, now);
  if (behaviour_.everything_visible()) return response;
  return as_seen(request, std::move(response), [&](const std::string& id) { return behaviour_.visible(id, now); });
}

Result<void> Cloud::Front::set_fault(const Fault& fault) {
  if (!has_action<ec2::Request>(fault.action) && !has_action<ec2::FurtherRequest>(fault.action)) {
    return bad_value("'" + fault.action + "' is not an action of the local cloud, like RunInstances.", "action");
  }
  std::lock_guard hold(mutex_);
  return behaviour_.set_fault(fault);
}

}  // namespace holdfast::cloud
