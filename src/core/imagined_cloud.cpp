#include "core/imagined_cloud.h"

#include <algorithm>

namespace holdfast::core {

using namespace model;

ImaginedCloud::ImaginedCloud(const Spec& was, const State& state) : surroundings_(state.surroundings) {
  const InstanceId present = state.instance ? state.instance->id : InstanceId();
  if (state.root) imagine_volume(*state.root, present);
  for (const auto& [device, volume] : state.data) imagine_volume(volume, present);
  for (const Volume& volume : state.superseded) imagine_volume(volume, present);
  for (const Volume& volume : state.left_by_launch) imagine_volume(volume, present);
  if (state.interface) imagine_interface(*state.interface, present);
  for (const Interface& interface : state.superseded_interfaces) imagine_interface(interface, present);
  for (const Snapshot& known : state.snapshots) {
    snapshots_[known.id] = {known.id,         known.volume,
                            known.state,      known.size_gib,
                            known.started_at, {known.generation, "", known.device, known.final ? "final" : "periodic"}};
  }
  for (const RootImage& known : state.images) {
    images_[known.id] = {known.id, known.name, known.state, known.snapshot, {known.generation, "", "", ""}};
  }
  if (state.instance) imagine_instance(was, state);
}

void ImaginedCloud::imagine_volume(const Volume& volume, const InstanceId& present) {
  ObservedVolume seen;
  seen.id = volume.id;
  seen.size_gib = volume.size_gib;
  seen.zone = volume.zone;
  seen.tags = {volume.generation, "", volume.device, ""};
  // Whatever else holds it lets go of it.
  const bool attached = !present.empty() && volume.attached_to == present;
  seen.state = attached ? VolumeState::in_use : VolumeState::available;
  if (attached) seen.attachments = {{present, volume.device, AttachmentState::attached}};
  volumes_[volume.id] = seen;
}

void ImaginedCloud::imagine_interface(const Interface& interface, const InstanceId& present) {
  ObservedInterface seen;
  seen.id = interface.id;
  seen.ip = interface.ip;
  seen.mac = interface.mac;
  seen.subnet = interface.subnet;
  seen.zone = interface.zone;
  const bool attached = !present.empty() && interface.attached_to == present;
  seen.state = attached ? InterfaceState::in_use : InterfaceState::available;
  if (attached) seen.attached_to = present;
  interfaces_[interface.id] = seen;
}

// The state knows only what is persisted. What else its launch gave it may be persisted from now on.
void ImaginedCloud::imagine_instance(const Spec& was, const State& state) {
  const Instance& known = *state.instance;
  ObservedInstance seen;
  seen.id = known.id;
  seen.state = known.state;
  seen.instance_type = known.market.instance_type;
  seen.life_cycle = known.market.life_cycle;
  seen.zone = known.market.zone;
  seen.subnet = known.market.subnet;
  seen.image = known.image;
  seen.private_ip = known.private_ip;
  seen.public_ip = known.public_ip;
  seen.root_device = state.surroundings.image.root_device;
  seen.launched_at = known.launched_at;
  seen.tags.generation = known.generation;
  instances_[known.id] = seen;

  auto has_device = [&](const std::string& device) {
    return std::any_of(volumes_.begin(), volumes_.end(), [&](const auto& entry) {
      const auto& attachments = entry.second.attachments;
      return !attachments.empty() && attachments.front().device == device;
    });
  };
  auto add = [&](const std::string& device, bool goes_along) {
    const bool root = device == state.surroundings.image.root_device;
    if (has_device(device) || (root ? state.root.has_value() : state.data.contains(device))) return;
    Volume volume;
    volume.device = device;
    volume.id = VolumeId(fresh("volume-at-" + device));
    volume.zone = known.market.zone;
    volume.size_gib = 1;
    volume.attached_to = known.id;
    volume.generation = known.generation;
    imagine_volume(volume, known.id);
    instances_[known.id].devices.push_back({device, volume.id, AttachmentState::attached, goes_along});
  };
  for (const auto& [id, volume] : volumes_) {
    for (const ObservedAttachment& at : volume.attachments) {
      instances_[known.id].devices.push_back({at.device, id, AttachmentState::attached, false});
    }
  }
  add(seen.root_device, !was.persistence.root_device);
  for (const BlockDevice& mapped : was.compute.block_devices) {
    if (mapped.device_name == seen.root_device) continue;
    add(mapped.device_name, !was.persistence.block_devices && mapped.delete_on_termination.value_or(true));
  }

  ObservedInstance& instance = instances_[known.id];
  for (const auto& [id, interface] : interfaces_) {
    if (interface.attached_to == known.id) instance.interfaces = {id};
  }
  if (!instance.interfaces.empty()) return;
  Interface interface;
  interface.id = InterfaceId(fresh("interface-of-" + known.id.str()));
  interface.ip = known.private_ip;
  interface.subnet = known.market.subnet;
  interface.zone = known.market.zone;
  interface.attached_to = known.id;
  imagine_interface(interface, known.id);
  instance.interfaces = {interface.id};
  instance.interface_delete_on_termination = true;
}

std::string ImaginedCloud::fresh(const std::string& name) {
  const int taken = names_[name]++;
  return taken == 0 ? name : name + "-" + std::to_string(taken + 1);
}

void ImaginedCloud::attach(const VolumeId& id, const InstanceId& instance, const std::string& device) {
  ObservedVolume& volume = volumes_[id];
  volume.state = VolumeState::in_use;
  volume.attachments = {{instance, device, AttachmentState::attached}};
  instances_[instance].devices.push_back({device, id, AttachmentState::attached, false});
}

SnapshotId ImaginedCloud::snapshot(const VolumeId& volume, const OwnTags& tags) {
  SnapshotId id(fresh("snapshot-of-" + volume.str()));
  auto source = volumes_.find(volume);
  const int size = source == volumes_.end() ? 1 : source->second.size_gib;
  snapshots_[id] = {id, volume, SnapshotState::pending, size, Time{}, tags};
  return id;
}

InstanceId ImaginedCloud::launch(const LaunchInstance& launch, const std::string& key) {
  InstanceId id(fresh("new-instance"));
  ObservedInstance seen;
  seen.id = id;
  seen.state = InstanceState::pending;
  seen.instance_type = launch.market.instance_type;
  seen.life_cycle = launch.market.life_cycle;
  seen.zone = launch.market.zone;
  seen.subnet = launch.market.subnet;
  seen.image = launch.image;
  seen.root_device = surroundings_.image.root_device;
  seen.client_token = launch.token;
  seen.tags = {launch.generation, key, "", ""};
  instances_[id] = seen;
  for (const LaunchDevice& device : launch.devices) {
    const std::string& name = device.device.device_name;
    ObservedVolume volume;
    volume.id = VolumeId(fresh("new-volume-at-" + name));
    volume.size_gib = device.device.size_gib.value_or(1);
    volume.zone = launch.market.zone;
    volume.from_snapshot = device.device.snapshot_id;
    volume.tags = {launch.generation, key, "", ""};
    volumes_[volume.id] = volume;
    attach(volume.id, id, name);
    instances_[id].devices.back().delete_on_termination = device.delete_on_termination;
  }
  ObservedInterface own;
  own.id = launch.interface.value_or(InterfaceId());
  if (!launch.interface) {
    own.id = InterfaceId(fresh("new-interface"));
    own.subnet = launch.market.subnet;
    own.zone = launch.market.zone;
    own.tags = {launch.generation, key, "", ""};
    interfaces_[own.id] = own;
  }
  ObservedInterface& interface = interfaces_[own.id];
  interface.id = own.id;
  interface.state = InterfaceState::in_use;
  interface.attached_to = id;
  instances_[id].interfaces = {own.id};
  instances_[id].private_ip = interface.ip;
  instances_[id].interface_delete_on_termination = !launch.interface;
  return id;
}

// One effect done; the text is the id of what was made.
struct Performance {
  ImaginedCloud& cloud;
  const std::string& key;

  std::string operator()(const LaunchInstance& effect) const { return cloud.launch(effect, key).str(); }
  std::string operator()(const TerminateInstance& effect) const {
    auto found = cloud.instances_.find(effect.instance);
    if (found != cloud.instances_.end() && found->second.state != InstanceState::terminated) {
      found->second.state = InstanceState::shutting_down;
    }
    return {};
  }
  std::string operator()(const CreateSnapshot& effect) const {
    return cloud.snapshot(effect.volume, {effect.generation, key, effect.device, effect.final ? "final" : "periodic"})
        .str();
  }
  std::string operator()(const SnapshotInstance& effect) const {
    std::string made;
    for (const AdoptInstance::Volume& volume : effect.volumes) {
      SnapshotId id = cloud.snapshot(volume.id, {effect.generation, key, volume.device, "final"});
      made += (made.empty() ? "" : " ") + volume.id.str() + "=" + id.str();
    }
    return made;
  }
  std::string operator()(const RegisterImage& effect) const {
    ImageId id(cloud.fresh("image-of-" + effect.snapshot.str()));
    cloud.images_[id] = {id, effect.name, ImageState::pending, effect.snapshot, {effect.generation, key, "", ""}};
    return id.str();
  }
  std::string operator()(const CreateInterface& effect) const {
    InterfaceId id(cloud.fresh("new-interface"));
    ObservedInterface seen;
    seen.id = id;
    seen.state = InterfaceState::available;
    seen.ip = effect.ip.value_or("any-address");
    seen.subnet = effect.subnet;
    seen.tags = {0, key, "", ""};
    for (const SubnetFacts& subnet : cloud.surroundings_.subnets) {
      if (subnet.id == effect.subnet) seen.zone = subnet.zone;
    }
    cloud.interfaces_[id] = seen;
    return id.str();
  }
  std::string operator()(const CreateVolume& effect) const {
    VolumeId id(cloud.fresh("new-volume-at-" + effect.device.device_name));
    ObservedVolume seen;
    seen.id = id;
    seen.state = VolumeState::creating;
    seen.zone = effect.zone;
    seen.size_gib = effect.device.size_gib.value_or(1);
    seen.from_snapshot = effect.device.snapshot_id;
    seen.tags = {effect.generation, key, effect.device.device_name, ""};
    cloud.volumes_[id] = seen;
    return id.str();
  }
  std::string operator()(const AttachVolume& effect) const {
    cloud.attach(effect.volume, effect.instance, effect.device);
    return {};
  }
  std::string operator()(const KeepOnTermination& effect) const {
    ObservedInstance& instance = cloud.instances_[effect.instance];
    for (ObservedDevice& device : instance.devices) device.delete_on_termination = false;
    if (effect.interface) instance.interface_delete_on_termination = false;
    return {};
  }
  std::string operator()(const TagVolume& effect) const {
    cloud.volumes_[effect.volume].tags.device = effect.device;
    return {};
  }
  // Changes nothing that decisions look at.
  template <class Other>
  std::string operator()(const Other&) const {
    return {};
  }
  std::string operator()(const DeleteVolume& effect) const { return cloud.volumes_.erase(effect.volume), ""; }
  std::string operator()(const DeleteSnapshot& effect) const { return cloud.snapshots_.erase(effect.snapshot), ""; }
  std::string operator()(const DeregisterImage& effect) const { return cloud.images_.erase(effect.image), ""; }
  std::string operator()(const DeleteInterface& effect) const { return cloud.interfaces_.erase(effect.interface), ""; }
};

Outcome ImaginedCloud::perform(const Effect& effect) {
  return {effect.key, std::visit(Performance{*this, effect.key}, effect.action)};
}

void ImaginedCloud::release(const InstanceId& id) {
  for (const ObservedDevice& device : instances_[id].devices) {
    if (device.delete_on_termination) volumes_.erase(device.volume);
  }
  for (auto& [volume_id, volume] : volumes_) {
    if (volume.attachments.empty() || volume.attachments.front().instance != id) continue;
    volume.attachments.clear();
    volume.state = VolumeState::available;
  }
  const bool goes_along = instances_[id].interface_delete_on_termination;
  std::erase_if(interfaces_, [&](const auto& entry) { return goes_along && entry.second.attached_to == id; });
  for (auto& [interface_id, interface] : interfaces_) {
    if (interface.attached_to != id) continue;
    interface.attached_to = InstanceId();
    interface.state = InterfaceState::available;
  }
}

void ImaginedCloud::advance() {
  for (auto& [id, instance] : instances_) {
    if (instance.state == InstanceState::pending) instance.state = InstanceState::running;
    const bool going = instance.state == InstanceState::shutting_down || instance.state == InstanceState::stopping ||
                       instance.state == InstanceState::stopped;
    if (!going) continue;
    instance.state = InstanceState::terminated;
    release(id);
  }
  for (auto& [id, volume] : volumes_) {
    if (volume.state == VolumeState::creating) volume.state = VolumeState::available;
  }
  for (auto& [id, snapshot] : snapshots_) {
    if (snapshot.state == SnapshotState::pending) snapshot.state = SnapshotState::completed;
  }
  for (auto& [id, image] : images_) {
    if (image.state == ImageState::pending) image.state = ImageState::available;
  }
}

Observation ImaginedCloud::observe(Time as_of) const {
  Observation seen;
  seen.as_of = as_of;
  seen.kinds = kAllKinds;
  for (const auto& [id, instance] : instances_) {
    seen.instances.push_back(instance);
    if (instance.state == InstanceState::running) seen.statuses.push_back({id, StatusCheck::ok});
  }
  for (const auto& [id, volume] : volumes_) seen.volumes.push_back(volume);
  for (const auto& [id, snapshot] : snapshots_) seen.snapshots.push_back(snapshot);
  for (const auto& [id, image] : images_) seen.images.push_back(image);
  for (const auto& [id, interface] : interfaces_) seen.interfaces.push_back(interface);
  return seen;
}

}  // namespace holdfast::core
