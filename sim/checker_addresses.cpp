// What the checker knows of addresses: the private one that is kept, and the elastic one.

#include <fmt/format.h>

#include "sim/checker.h"

namespace holdfast::sim {

void Checker::check_address(const Instance& instance, const std::string& ip) {
  Managed& managed = managed_[instance.owner];
  const bool of_before = managed.readdressed != Time{} && instance.asked < managed.readdressed + kLatestSent;
  if (!managed.spec.persistence.private_ip || of_before) return;
  if (managed.ip.empty()) managed.ip = managed.spec.compute.private_ip.value_or(ip);
  if (managed.ip == ip) return;
  broken(3, "address_changed", instance.owner, fmt::format("it is to be {}, and is {}", managed.ip, ip));
}

void Checker::associated(const ec2::AssociateAddressRequest& request) {
  auto of = primaries_.find(request.network_interface_id);
  if (of == primaries_.end()) return;
  const Managed& managed = managed_[of->second];
  const std::string& allocation = request.allocation_id;
  const bool just_now = managed.former_elastic == allocation && time_.now() < managed.elastic_since + kLatestSent;
  if (managed.spec.compute.elastic_ip == allocation || just_now) return;
  broken(2, "address_of_another", of->second, fmt::format("{} is associated with it", allocation));
}

}  // namespace holdfast::sim
