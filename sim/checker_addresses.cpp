// What the checker knows of addresses: the private one that is kept, and the elastic one.

#include <fmt/format.h>

#include "sim/checker.h"

namespace holdfast::sim {

namespace {

// A launch that was decided before the user wanted another address may be sent this much later: its service may have
// been asleep, or have waited for its turn.
constexpr Duration kToBeSent = std::chrono::minutes(20);

}  // namespace

void Checker::changed_spec(Managed& managed, const model::Spec& spec) {
  const model::Spec& before = managed.spec;
  managed.former_tasks = before.tasks;
  managed.spec_since = time_.now();
  const bool kept = before.persistence.private_ip;
  if (kept != spec.persistence.private_ip || before.compute.private_ip != spec.compute.private_ip) {
    managed.ip.clear();
    managed.readdressed = time_.now();
  }
  if (before.compute.elastic_ip != spec.compute.elastic_ip) {
    managed.former_elastic = before.compute.elastic_ip;
    managed.elastic_since = time_.now();
  }
  managed.spec = spec;
}

void Checker::check_address(const Instance& instance, const std::string& ip) {
  Managed& managed = managed_[instance.owner];
  const bool of_before = managed.readdressed != Time{} && instance.asked < managed.readdressed + kToBeSent;
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
  const bool just_now = managed.former_elastic == allocation && time_.now() < managed.elastic_since + kToBeSent;
  if (managed.spec.compute.elastic_ip == allocation || just_now) return;
  broken(2, "address_of_another", of->second, fmt::format("{} is associated with it", allocation));
}

}  // namespace holdfast::sim
