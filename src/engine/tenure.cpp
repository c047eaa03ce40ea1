#include "engine/tenure.h"

#include "core/mutation.h"
#include "ec2/codec.h"

namespace holdfast::engine {

namespace {

Failure not_held() {
  return fail(ErrorKind::unavailable, kNotHeld,
              "not sent: the lease of the managed instance may end before the call does, or has ended");
}

}  // namespace

bool WhileHeld::may_send(bool mutates) const {
  return !mutates || tenure_.allows_a_call(clock_.now()) || core::mutated(core::Mutation::act_without_the_lease);
}

Result<ec2::Response> WhileHeld::perform(const ec2::Request& request) {
  if (!may_send(ec2::mutates(request))) return not_held();
  return inner_.perform(request);
}

Result<ec2::FurtherResponse> WhileHeld::perform_further(const ec2::FurtherRequest& request) {
  if (!may_send(ec2::mutates(request))) return not_held();
  return ec2::perform_further(inner_, request);
}

}  // namespace holdfast::engine
