// What the services ask of the cloud: judged, noted for the hash, and told in the trace.

#include <fmt/format.h>

#include "model/observed.h"
#include "sim/world.h"

namespace holdfast::sim {

using namespace std::chrono_literals;

namespace {

// Of whom a mutating call is, for the trace.
struct Subject {
  std::string operator()(const ec2::TerminateInstancesRequest& r) const {
    return r.instance_ids.empty() ? "" : r.instance_ids.front().str();
  }
  std::string operator()(const ec2::AttachVolumeRequest& r) const { return r.volume_id.str(); }
  std::string operator()(const ec2::DeleteVolumeRequest& r) const { return r.volume_id.str(); }
  std::string operator()(const ec2::DeleteSnapshotRequest& r) const { return r.snapshot_id.str(); }
  std::string operator()(const ec2::DeregisterImageRequest& r) const { return r.image_id.str(); }
  std::string operator()(const ec2::CreateSnapshotRequest& r) const { return r.volume_id.str(); }
  std::string operator()(const ec2::DeleteNetworkInterfaceRequest& r) const { return r.network_interface_id.str(); }
  std::string operator()(const ec2::CreateTagsRequest& r) const {
    return r.resources.empty() ? "" : r.resources.front();
  }
  std::string operator()(const ec2::RegisterImageRequest& r) const { return r.name; }
  std::string operator()(const ec2::RunInstancesRequest& r) const {
    std::string text = r.client_token + " of " + r.image_id.str();
    for (const auto& mapping : r.block_device_mappings) {
      if (!mapping.ebs || !mapping.ebs->snapshot_id) continue;
      text += " " + mapping.device_name + "=" + mapping.ebs->snapshot_id->str();
    }
    return text;
  }
  std::string operator()(const ec2::CreateVolumeRequest& r) const { return r.client_token; }
  std::string operator()(const ec2::CreateNetworkInterfaceRequest& r) const { return r.client_token; }
  template <class R>
  std::string operator()(const R&) const {
    return {};
  }
};

// The effect that a call carries out: of whom, and its key as it is stored.
struct Carried {
  ManagedInstanceId id;
  std::string key;
};

// Those of the calls that make, give or take something. Not of images: one that was registered late goes with its
// snapshot.
struct CarriedOut {
  const Checker& checker;

  std::vector<Carried> of(const std::string& thing, std::string key) const {
    auto owner = checker.owner_of(thing);
    if (!owner) return {};
    return {{*owner, std::move(key)}};
  }
  static std::vector<Carried> made(const std::vector<ec2::TagSpecification>& tags) {
    for (const auto& specification : tags) {
      const std::string* owner = ec2::find_tag(specification.tags, model::kTagManagedInstance);
      const std::string* key = ec2::find_tag(specification.tags, model::kTagEffect);
      if (owner != nullptr && key != nullptr) return {{ManagedInstanceId(*owner), *key}};
    }
    return {};
  }
  template <class Id>
  std::vector<Carried> deleted(const Id& id) const {
    return of(id.str(), "delete/" + id.str());
  }

  std::vector<Carried> operator()(const ec2::RunInstancesRequest& r) const { return made(r.tag_specifications); }
  std::vector<Carried> operator()(const ec2::CreateVolumeRequest& r) const { return made(r.tag_specifications); }
  std::vector<Carried> operator()(const ec2::CreateSnapshotRequest& r) const { return made(r.tag_specifications); }
  std::vector<Carried> operator()(const ec2::CreateNetworkInterfaceRequest& r) const {
    return made(r.tag_specifications);
  }
  std::vector<Carried> operator()(const ec2::TerminateInstancesRequest& r) const {
    std::vector<Carried> all;
    for (const InstanceId& id : r.instance_ids) {
      for (Carried& one : of(id.str(), "terminate/" + id.str())) all.push_back(std::move(one));
    }
    return all;
  }
  std::vector<Carried> operator()(const ec2::AttachVolumeRequest& r) const {
    return of(r.volume_id.str(), "attach/" + r.volume_id.str() + "/" + r.instance_id.str());
  }
  std::vector<Carried> operator()(const ec2::DeleteVolumeRequest& r) const { return deleted(r.volume_id); }
  std::vector<Carried> operator()(const ec2::DeleteSnapshotRequest& r) const { return deleted(r.snapshot_id); }
  std::vector<Carried> operator()(const ec2::DeleteNetworkInterfaceRequest& r) const {
    return deleted(r.network_interface_id);
  }
  template <class R>
  std::vector<Carried> operator()(const R&) const {
    return {};
  }
};

}  // namespace

// Whoever acts on a managed instance must hold it, and what is done must have been stored.
void World::check_the_right_to(const ec2::Request& request, const Service& service) {
  const std::string subject = std::visit(Subject(), request);
  auto owner = checker_.owner_of(subject);
  if (auto at = subject.find("smi-"); !owner && at != std::string::npos) {
    owner = ManagedInstanceId(subject.substr(at, std::string_view("smi-00000000").size()));
  }
  if (owner) ledger_.acts(service.holder, *owner, fmt::format("{} {}", ec2::action_of(request), subject));
  for (const Carried& carried : std::visit(CarriedOut{checker_}, request)) {
    ledger_.carries_out(carried.id, carried.key);
  }
}

void World::Recorder::wait_while_asleep() {
  while (service_.asleep_until) VirtualWorkers::wait(*service_.asleep_until - world_.time_.now() + 1ms);
}

Result<ec2::FurtherResponse> World::Recorder::perform_further(const ec2::FurtherRequest& request) {
  auto answered = world_.faulty_->perform_further(request);
  wait_while_asleep();
  ++world_.calls_;
  world_.digest(ec2::action_of(request));
  if (!answered) world_.digest(answered.error().code);
  const auto* association = std::get_if<ec2::AssociateAddressRequest>(&request);
  const auto owner =
      association == nullptr ? std::nullopt : world_.checker_.owner_of(association->network_interface_id.str());
  if (owner) {
    world_.note(*owner, fmt::format("AssociateAddress {}: {}", association->allocation_id,
                                    answered ? "done" : describe(answered.error())));
  }
  return answered;
}

Result<ec2::Response> World::Recorder::perform(const ec2::Request& request) {
  Time asked = world_.time_.now();
  world_.checker_.asking(request);
  if (ec2::mutates(request)) world_.check_the_right_to(request, service_);
  auto answered = world_.faulty_->perform(request);
  wait_while_asleep();
  if (answered) world_.checker_.shown_to_service(*answered, asked);
  ++world_.calls_;
  world_.digest(ec2::action_of(request));
  if (!answered) world_.digest(answered.error().code);
  if (!world_.options_.traced || !ec2::mutates(request)) return answered;
  std::string subject = std::visit(Subject(), request);
  const ManagedInstanceId& id = *world_.options_.traced;
  auto owner = world_.checker_.owner_of(subject);
  if (owner == id || subject.find(id.str()) != std::string::npos) {
    if (const auto* made = answered ? std::get_if<ec2::CreateSnapshotResponse>(&*answered) : nullptr) {
      subject += " as " + made->snapshot.snapshot_id.str();
    }
    world_.note(
        id, fmt::format("{} {}: {}", ec2::action_of(request), subject, answered ? "done" : describe(answered.error())));
  }
  return answered;
}

}  // namespace holdfast::sim
