// What the checker makes of documents that users change, of imports, and of volumes that are dropped: from when on what
// is promised.

#include "sim/checker.h"

namespace holdfast::sim {

void Checker::changed_spec(Managed& managed, const model::Spec& spec) {
  const model::Spec& before = managed.spec;
  managed.former_tasks = before.tasks;
  managed.spec_since = time_.now();
  auto note = [&](Kept& kept, bool was, bool is) {
    if (was == is) return;
    kept.since = time_.now();
    if (was && !kept.first_given_up) kept.first_given_up = kept.since;
    // What is there may go with its instance until the service has seen to it.
    for (auto& [volume, known] : volumes_) {
      const bool its = &managed_[known.owner] == &managed && &this->kept(managed, known.device) == &kept;
      if (is && its) known.unkept = kept.since;
    }
  };
  note(managed.root, before.persistence.root_device, spec.persistence.root_device);
  note(managed.data, before.persistence.block_devices, spec.persistence.block_devices);
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

bool Checker::persists(const Managed& managed, const std::string& device) const {
  return device == kRootDevice ? managed.spec.persistence.root_device : managed.spec.persistence.block_devices;
}

void Checker::imported(const ManagedInstanceId& id, const model::Spec& spec, const ec2::Instance& original) {
  Managed& managed = managed_[id];
  managed.spec = spec;
  managed.generation = 1;
  if (spec.persistence.private_ip) managed.ip = original.private_ip_address;
  Instance& instance = instances_[original.instance_id];
  instance = {id, 1, false, true, true, original.image_id};
  instance.asked = time_.now();
  for (const auto& device : original.block_device_mappings) {
    Volume& volume = volumes_[device.volume_id];
    volume.owner = id;
    volume.device = device.device_name;
    volume.was_well = true;
    volume.machine = original.instance_id;
    volume.came = time_.now();
    by_hand_.erase(device.volume_id.str());
    volume.unkept = time_.now();  // as far as we know: it may go with the original until that is secured
  }
  for (const auto& interface : original.network_interfaces) primaries_[interface.network_interface_id] = id;
}

void Checker::copied(const ManagedInstanceId& id, const model::Spec& spec, const ec2::Instance& original) {
  managed_[id].spec = spec;
  for (const auto& device : original.block_device_mappings) originals_[device.volume_id] = device.device_name;
}

// What it held by then is what the first instance has; a later try copies no less.
void Checker::copy_begins(const ManagedInstanceId& id, const VolumeId& original) {
  auto device = originals_.find(original);
  auto managed = managed_.find(id);
  if (device == originals_.end() || managed == managed_.end() || managed->second.generation > 0) return;
  if (auto content = guests_.volume(original, time_.now())) {
    managed->second.acknowledged.emplace(device->second, content->synced);
  }
}

const Checker::Kept& Checker::kept(const Managed& managed, const std::string& device) const {
  return device == kRootDevice ? managed.root : managed.data;
}

bool Checker::of_before(const Instance& instance, const Managed& managed, const std::string& device) const {
  const Time since = kept(managed, device).since;
  return since != Time{} && instance.asked < since + kLatestSent;
}

// The document does not persist it (or did not when the launch was decided on): what comes is what counts from now on.
void Checker::comes_unpromised(Managed& managed, const VolumeId& volume, const std::string& device) {
  auto content = guests_.volume(volume, time_.now());
  if (!content || content->written.holds(managed.acknowledged[device])) return;
  managed.acknowledged.erase(device);
  managed.branches[device].push_back({time_.now(), time_.now()});
}

// ---- what users drop

void Checker::drops(const model::VolumeDropped& request, Time at) {
  Volume& volume = volumes_[request.volume];
  const Time until = at + request.retention;
  volume.dropped = volume.dropped ? std::min(*volume.dropped, until) : until;
}

// What comes in its place counts from now on; what was copied of it goes with it.
void Checker::is_dropped(const model::VolumeDropped& request) {
  Volume& volume = volumes_[request.volume];
  volume.given_up = true;
  Managed& managed = managed_[volume.owner];
  managed.acknowledged.erase(volume.device);
  managed.branches[volume.device].push_back({time_.now(), volume.dropped.value_or(time_.now())});
}

// The request was not answered yet, and is done all the same: something else comes in its place.
bool Checker::gave_up_a_dropped(const ManagedInstanceId& id, const std::string& device,
                                const Guests::Content& content) {
  Managed& managed = managed_[id];
  if (content.written.holds(managed.acknowledged[device])) return false;
  for (const auto& [other, volume] : volumes_) {
    if (volume.owner != id || volume.device != device || !volume.dropped || volume.deleted) continue;
    auto held = guests_.volume(other, time_.now());
    if (!held || !held->written.holds(managed.acknowledged[device])) continue;
    is_dropped({other, {}});
    managed.acknowledged[device] = content.synced;
    return true;
  }
  return false;
}

}  // namespace holdfast::sim
