#include "cloud/behaviour/api_call.h"

#include <algorithm>
#include <type_traits>

namespace holdfast::cloud {
namespace {

// Whether a member that narrows a describe says something; by its name, which EC2 uses throughout.
template <class R>
bool narrowed(const R& r) {
  bool is = false;
  if constexpr (requires { r.filters; }) is = is || !r.filters.empty();
  if constexpr (requires { r.max_results; }) is = is || r.max_results != 0;
  if constexpr (requires { r.next_token; }) is = is || !r.next_token.empty();
  if constexpr (requires { r.instance_ids; }) is = is || !r.instance_ids.empty();
  if constexpr (requires { r.volume_ids; }) is = is || !r.volume_ids.empty();
  if constexpr (requires { r.snapshot_ids; }) is = is || !r.snapshot_ids.empty();
  if constexpr (requires { r.image_ids; }) is = is || !r.image_ids.empty();
  if constexpr (requires { r.network_interface_ids; }) is = is || !r.network_interface_ids.empty();
  if constexpr (requires { r.subnet_ids; }) is = is || !r.subnet_ids.empty();
  if constexpr (requires { r.vpc_ids; }) is = is || !r.vpc_ids.empty();
  if constexpr (requires { r.group_ids; }) is = is || !r.group_ids.empty();
  if constexpr (requires { r.instance_types; }) is = is || !r.instance_types.empty();
  if constexpr (requires { r.allocation_ids; }) is = is || !r.allocation_ids.empty();
  if constexpr (requires { r.spot_instance_request_ids; }) is = is || !r.spot_instance_request_ids.empty();
  return is;
}

template <class R>
int resources(const R& r) {
  if constexpr (requires { r.max_count; })
    return std::max(1, r.max_count);
  else if constexpr (requires { r.instance_ids; })
    return std::max(1, static_cast<int>(r.instance_ids.size()));
  else
    return 1;
}

template <class Request>
ec2::ApiCall call_of(const Request& request) {
  return std::visit(
      [](const auto& r) {
        return ec2::ApiCall{std::decay_t<decltype(r)>::kAction, resources(r), narrowed(r)};
      },
      request);
}

}  // namespace

ec2::ApiCall api_call_of(const ec2::Request& request) {
  return call_of(request);
}
ec2::ApiCall api_call_of(const ec2::FurtherRequest& request) {
  return call_of(request);
}

}  // namespace holdfast::cloud
