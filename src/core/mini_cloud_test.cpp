#include "core/mini_cloud_test.h"

#include <algorithm>

#include "core/draft.h"

namespace holdfast::core::testing {

using namespace model;

namespace {

constexpr char kRootDevice[] = "/dev/xvda";

Failure refuse(ErrorKind kind, const std::string& code) {
  return fail(kind, code, "refused by the test's cloud");
}

}  // namespace

Outcome MiniCloud::perform(const Effect& effect, const Spec& spec) {
  if (random_.unit() < lost_requests) return {effect.key, refuse(ErrorKind::unknown_outcome, "Timeout")};
  Result<std::string> made = done(effect, spec);
  if (random_.unit() < lost_answers) return {effect.key, refuse(ErrorKind::unknown_outcome, "Timeout")};
  return {effect.key, made};
}

Result<std::string> MiniCloud::done(const Effect& effect, const Spec& spec) {
  const EffectAction& action = effect.action;
  if (const auto* a = std::get_if<LaunchInstance>(&action)) return launch(*a, effect.key, spec);
  if (const auto* a = std::get_if<TerminateInstance>(&action)) return terminate(a->instance);
  if (const auto* a = std::get_if<CreateSnapshot>(&action)) return snapshot(*a, effect.key);
  if (const auto* a = std::get_if<AttachVolume>(&action)) return attach(*a);
  if (const auto* a = std::get_if<AdoptInstance>(&action)) return adopt(*a, effect.key);
  if (const auto* a = std::get_if<ReleaseInstance>(&action)) return release_ours(*a);
  if (const auto* a = std::get_if<SnapshotInstance>(&action)) return copy(*a, effect.key);
  if (const auto* a = std::get_if<LaunchScout>(&action)) return scout(*a, effect.key);
  if (const auto* a = std::get_if<EndScout>(&action)) return terminate(a->instance);
  if (const auto* a = std::get_if<AssociateAddress>(&action)) {
    address_on = a->instance;
    return std::string("eipassoc-1");
  }
  if (const auto* a = std::get_if<DisassociateAddress>(&action)) {
    if (address_on == a->instance) address_on = InstanceId();
    return std::string();
  }
  if (const auto* a = std::get_if<ApplyTags>(&action)) return tag_things(*a);
  if (const auto* a = std::get_if<TagVolume>(&action)) {
    if (volumes_.contains(a->volume)) volumes_.at(a->volume).seen.tags.device = a->device;
    return std::string();
  }
  if (const auto* a = std::get_if<KeepOnTermination>(&action)) return keep(*a);
  if (const auto* a = std::get_if<DeleteVolume>(&action)) return remove_volume(a->volume);
  if (const auto* a = std::get_if<DeleteSnapshot>(&action)) return remove_snapshot(a->snapshot);
  if (const auto* a = std::get_if<DeregisterImage>(&action)) {
    images_.erase(a->image);
    return std::string();
  }
  if (const auto* a = std::get_if<DeleteInterface>(&action)) {
    auto found = interfaces_.find(a->interface);
    if (found != interfaces_.end() && !found->second.attached_to.empty()) return refuse(ErrorKind::conflict, "InUse");
    interfaces_.erase(a->interface);
    return std::string();
  }
  if (const auto* a = std::get_if<RegisterImage>(&action)) {
    for (const auto& [id, image] : images_) {
      if (image.name == a->name) return id.str();
    }
    auto source = snapshots_.find(a->snapshot);
    if (source == snapshots_.end() || source->second.seen.state != SnapshotState::completed) {
      return refuse(ErrorKind::not_found, "InvalidSnapshot.NotFound");
    }
    ImageId id(fresh("ami-"));
    images_[id] = {id, a->name, ImageState::pending, a->snapshot, {a->generation, effect.key, {}, {}}};
    return id.str();
  }
  if (const auto* a = std::get_if<CreateInterface>(&action)) return make_interface(*a, effect.key);
  if (const auto* a = std::get_if<CreateVolume>(&action)) {
    if (auto known = volume_tokens_.find(a->token); !a->token.empty() && known != volume_tokens_.end()) {
      return known->second.str();
    }
    if (a->device.snapshot_id && !snapshots_.contains(*a->device.snapshot_id)) {
      return fail(ErrorKind::not_found, "InvalidSnapshot.NotFound", a->device.snapshot_id->str() + " does not exist");
    }
    VolumeId id(fresh("vol-"));
    Volume volume;
    volume.seen.id = id;
    volume.seen.state = VolumeState::creating;
    volume.seen.zone = a->zone;
    volume.seen.size_gib = a->device.size_gib.value_or(1);
    volume.seen.from_snapshot = a->device.snapshot_id;
    volume.seen.tags = {a->generation, effect.key, a->device.device_name, {}};
    if (a->device.snapshot_id) volume.content = snapshots_.at(*a->device.snapshot_id).content;
    volumes_[id] = volume;
    volume_tokens_[a->token] = id;
    return id.str();
  }
  return std::string();
}

VolumeId MiniCloud::make_volume(const LaunchDevice& device, const LaunchInstance& launch, const InstanceId& owner,
                                const std::string& key) {
  VolumeId id(fresh("vol-"));
  Volume volume;
  volume.seen.id = id;
  volume.seen.state = VolumeState::in_use;
  volume.seen.zone = launch.market.zone;
  volume.seen.size_gib = device.device.size_gib.value_or(8);
  volume.seen.attachments = {{owner, device.device.device_name, AttachmentState::attached}};
  volume.seen.tags = {launch.generation, key, {}, {}};
  volume.delete_on_termination = device.delete_on_termination;
  std::optional<SnapshotId> source = device.device.snapshot_id;
  if (device.device.device_name == kRootDevice && images_.contains(launch.image)) {
    source = images_.at(launch.image).root_snapshot;
  } else if (device.device.device_name == kRootDevice) {
    source = SnapshotId("snap-of-the-user-s-image");
  }
  volume.seen.from_snapshot = source;
  if (source && snapshots_.contains(*source)) volume.content = snapshots_.at(*source).content;
  volumes_[id] = volume;
  return id;
}

namespace {

std::string name_of(const Market& market) {
  return market.instance_type + (market.life_cycle == LifeCycle::spot ? "/spot" : "/on_demand");
}

}  // namespace

bool MiniCloud::has_room(const Market& market) const {
  auto room = rooms.find(name_of(market));
  if (room == rooms.end()) return true;
  auto taken = std::count_if(rooms_taken_.begin(), rooms_taken_.end(), [&](const auto& entry) {
    return entry.second == room->first && instances_.contains(entry.first) &&
           instances_.at(entry.first).state != InstanceState::terminated;
  });
  return taken < room->second;
}

Result<std::string> MiniCloud::scout(const LaunchScout& launch, const std::string& key) {
  if (auto known = tokens_.find(launch.token); known != tokens_.end()) return known->second.str();
  if (!has_room(launch.market)) return refuse(ErrorKind::no_capacity, "InsufficientInstanceCapacity");
  ObservedInstance instance;
  instance.id = InstanceId(fresh("i-"));
  instance.state = InstanceState::pending;
  instance.zone = launch.market.zone;
  instance.tags = {0, key, {}, kPurposeScout};
  instances_[instance.id] = instance;
  tokens_[launch.token] = instance.id;
  rooms_taken_[instance.id] = name_of(launch.market);
  return instance.id.str();
}

Result<std::string> MiniCloud::tag_things(const ApplyTags& apply) {
  for (const ApplyTags::Target& target : apply.targets) {
    for (const std::string& resource : target.resources) {
      for (const Tag& tag : target.tags) user_tags[resource][tag.key] = tag.value;
      for (const std::string& key : target.removed) user_tags[resource].erase(key);
    }
  }
  return std::string();
}

Result<std::string> MiniCloud::launch(const LaunchInstance& launch, const std::string& key, const Spec&) {
  if (auto known = tokens_.find(launch.token); known != tokens_.end()) {
    if (instances_.contains(known->second)) return known->second.str();
    return refuse(ErrorKind::conflict, "IdempotentInstanceTerminated");
  }
  if (launch.market.zone == closed_zone || random_.unit() < no_capacity)
    return refuse(ErrorKind::no_capacity, "InsufficientInstanceCapacity");
  if (!has_room(launch.market)) return refuse(ErrorKind::no_capacity, "InsufficientInstanceCapacity");
  if (launch.interface) {
    auto interface = interfaces_.find(*launch.interface);
    if (interface == interfaces_.end()) return refuse(ErrorKind::not_found, "InvalidNetworkInterfaceID.NotFound");
    if (!interface->second.attached_to.empty()) return refuse(ErrorKind::conflict, "InvalidNetworkInterface.InUse");
  }
  for (const LaunchDevice& device : launch.devices) {
    if (device.device.snapshot_id && !snapshots_.contains(*device.device.snapshot_id)) {
      return fail(ErrorKind::not_found, "InvalidSnapshot.NotFound",
                  device.device.snapshot_id->str() + " does not exist");
    }
  }
  InstanceId id(fresh("i-"));
  ObservedInstance instance;
  instance.id = id;
  instance.state = InstanceState::pending;
  instance.zone = launch.market.zone;
  instance.subnet = launch.market.subnet;
  instance.root_device = kRootDevice;
  instance.client_token = launch.token;
  instance.tags = {launch.generation, key, {}, {}};
  for (const LaunchDevice& device : launch.devices) {
    VolumeId volume = make_volume(device, launch, id, key);
    instance.devices.push_back(
        {device.device.device_name, volume, AttachmentState::attached, device.delete_on_termination});
  }
  give_interface(instance, launch, key);
  instances_[id] = instance;
  tokens_[launch.token] = id;
  rooms_taken_[id] = name_of(launch.market);
  ++launches_;
  return id.str();
}

InterfaceId MiniCloud::add_interface(const SubnetId& subnet, const OwnTags& tags,
                                     const std::optional<std::string>& ip) {
  InterfaceId id(fresh("eni-"));
  int number = ++addresses_;
  std::string mac = number < 10 ? "0" + std::to_string(number) : std::to_string(number);
  interfaces_[id] = {id,
                     InterfaceState::available,
                     ip.value_or("10.0.0." + std::to_string(number)),
                     "02:00:00:00:00:" + mac,
                     subnet,
                     subnet == SubnetId("subnet-b") ? "z2" : "z1",
                     {},
                     tags};
  return id;
}

Result<std::string> MiniCloud::make_interface(const CreateInterface& create, const std::string& key) {
  for (const auto& [id, known] : interfaces_) {
    if (known.tags.effect == key) return id.str();
    if (known.ip == create.ip) return refuse(ErrorKind::conflict, "InvalidIPAddress.InUse");
  }
  return add_interface(create.subnet, {0, key, {}, {}}, create.ip).str();
}

// The one given, or one of its own that goes with it.
void MiniCloud::give_interface(ObservedInstance& instance, const LaunchInstance& launch, const std::string& key) {
  InterfaceId id = launch.interface.value_or(InterfaceId());
  if (!launch.interface) {
    id = add_interface(launch.market.subnet, {launch.generation, key, {}, {}}, std::nullopt);
    of_launches_.insert(id);
    instance.interface_delete_on_termination = true;
  }
  ObservedInterface& interface = interfaces_.at(id);
  interface.attached_to = instance.id;
  interface.state = InterfaceState::in_use;
  instance.interfaces = {id};
  instance.private_ip = interface.ip;
}

size_t MiniCloud::interfaces() const {
  return static_cast<size_t>(std::count_if(interfaces_.begin(), interfaces_.end(), [&](const auto& entry) {
    const InstanceId& owner = entry.second.attached_to;
    bool goes_along = !owner.empty() && instances_.at(owner).interface_delete_on_termination;
    return !of_launches_.contains(entry.first) || !goes_along;
  }));
}

Result<std::string> MiniCloud::terminate(const InstanceId& id) {
  auto found = instances_.find(id);
  if (found == instances_.end()) return refuse(ErrorKind::not_found, "InvalidInstanceID.NotFound");
  if (found->second.state != InstanceState::terminated) found->second.state = InstanceState::shutting_down;
  return std::string();
}

Result<std::string> MiniCloud::attach(const AttachVolume& attach) {
  auto volume = volumes_.find(attach.volume);
  auto instance = instances_.find(attach.instance);
  if (volume == volumes_.end() || instance == instances_.end()) return refuse(ErrorKind::not_found, "NotFound");
  ObservedVolume& seen = volume->second.seen;
  if (!seen.attachments.empty()) {
    if (seen.attachments.front().instance == attach.instance) return std::string();
    return refuse(ErrorKind::conflict, "VolumeInUse");
  }
  if (instance->second.state != InstanceState::running) return refuse(ErrorKind::conflict, "IncorrectState");
  if (instance->second.zone != seen.zone) return refuse(ErrorKind::invalid, "InvalidVolume.ZoneMismatch");
  seen.attachments = {{attach.instance, attach.device, AttachmentState::attaching}};
  seen.state = VolumeState::in_use;
  instance->second.devices.push_back({attach.device, attach.volume, AttachmentState::attaching, false});
  return std::string();
}

Result<std::string> MiniCloud::snapshot(const CreateSnapshot& create, const std::string& key) {
  auto volume = volumes_.find(create.volume);
  if (volume == volumes_.end()) return refuse(ErrorKind::not_found, "InvalidVolume.NotFound");
  SnapshotId id(fresh("snap-"));
  Snapshot snapshot;
  snapshot.seen = {id,
                   create.volume,
                   SnapshotState::pending,
                   volume->second.seen.size_gib,
                   Time{},
                   {create.generation, key, create.device, create.final ? "final" : "periodic"}};
  snapshot.content = volume->second.content;
  snapshots_[id] = snapshot;
  return id.str();
}

Original MiniCloud::make_foreign() {
  Original original;
  original.instance = InstanceId(fresh("i-"));
  original.market = {"m5.large", SubnetId("subnet-a"), "z1", LifeCycle::on_demand};
  original.image = ImageId("ami-user");
  original.private_ip = "10.0.0.7";
  original.interface = InterfaceId(fresh("eni-"));
  original.mac = "02:00:00:00:00:07";
  LaunchInstance launch;
  launch.market = original.market;
  ObservedInstance instance;
  instance.id = original.instance;
  instance.state = InstanceState::running;
  instance.zone = "z1";
  instance.subnet = original.market.subnet;
  instance.root_device = kRootDevice;
  instance.interfaces = {original.interface};
  instance.interface_delete_on_termination = true;
  for (const char* name : {kRootDevice, "/dev/sdf"}) {
    LaunchDevice device;
    device.device.device_name = name;
    device.device.size_gib = 8;
    device.delete_on_termination = true;
    VolumeId id = make_volume(device, launch, original.instance, "");
    volumes_[id].seen.tags = {};
    instance.devices.push_back({name, id, AttachmentState::attached, true});
    foreign_.insert(id.str());
    OriginalVolume found{name, id, 8};
    if (name == std::string(kRootDevice))
      original.root = found;
    else
      original.data.push_back(found);
  }
  instances_[original.instance] = instance;
  interfaces_[original.interface] = {original.interface,     InterfaceState::in_use,
                                     original.private_ip,    original.mac,
                                     original.market.subnet, "z1",
                                     original.instance,      {}};
  foreign_.insert(original.instance.str());
  foreign_.insert(original.interface.str());
  return original;
}

Result<std::string> MiniCloud::adopt(const AdoptInstance& adopt, const std::string& key) {
  for (const AdoptInstance::Volume& volume : adopt.volumes) {
    auto found = volumes_.find(volume.id);
    if (found == volumes_.end()) continue;
    found->second.seen.tags = {adopt.generation, key, volume.device, {}};
    foreign_.erase(volume.id.str());
  }
  if (adopt.interface) {
    foreign_.erase(adopt.interface->str());
    auto found = interfaces_.find(*adopt.interface);
    if (found != interfaces_.end()) found->second.tags = {adopt.generation, key, {}, {}};
  }
  if (auto found = instances_.find(adopt.instance); found != instances_.end()) {
    found->second.tags = {adopt.generation, key, {}, {}};
    foreign_.erase(adopt.instance.str());
  }
  return std::string();
}

Result<std::string> MiniCloud::release_ours(const ReleaseInstance& release) {
  for (const VolumeId& volume : release.volumes) {
    volumes_.at(volume).seen.tags = {};
    foreign_.insert(volume.str());
  }
  if (release.interface) foreign_.insert(release.interface->str());
  instances_.at(release.instance).tags = {};
  foreign_.insert(release.instance.str());
  return std::string();
}

Result<std::string> MiniCloud::copy(const SnapshotInstance& create, const std::string& key) {
  std::string made;
  for (const AdoptInstance::Volume& volume : create.volumes) {
    auto known = std::find_if(snapshots_.begin(), snapshots_.end(), [&](const auto& entry) {
      return entry.second.seen.tags.effect == key && entry.second.seen.volume == volume.id;
    });
    std::string id = known == snapshots_.end() ? std::string() : known->first.str();
    if (id.empty()) {
      HF_TRY(id, snapshot(CreateSnapshot{volume.id, volume.device, true, create.generation, {}}, key));
    }
    made += (made.empty() ? "" : " ") + volume.id.str() + "=" + id;
  }
  return made;
}

Result<std::string> MiniCloud::keep(const KeepOnTermination& keep) {
  ObservedInstance& instance = instances_.at(keep.instance);
  for (ObservedDevice& device : instance.devices) {
    if (std::find(keep.devices.begin(), keep.devices.end(), device.device) == keep.devices.end()) continue;
    device.delete_on_termination = false;
    if (volumes_.contains(device.volume)) volumes_[device.volume].delete_on_termination = false;
  }
  if (keep.interface) instance.interface_delete_on_termination = false;
  return std::string();
}

Result<std::string> MiniCloud::remove_volume(const VolumeId& id) {
  auto found = volumes_.find(id);
  if (found == volumes_.end()) return std::string();
  if (!found->second.seen.attachments.empty()) return refuse(ErrorKind::conflict, "VolumeInUse");
  volumes_.erase(found);
  return std::string();
}

Result<std::string> MiniCloud::remove_snapshot(const SnapshotId& id) {
  bool used =
      std::any_of(images_.begin(), images_.end(), [&](const auto& entry) { return entry.second.root_snapshot == id; });
  if (used) return refuse(ErrorKind::conflict, "InvalidSnapshot.InUse");
  snapshots_.erase(id);
  return std::string();
}

void MiniCloud::release(const InstanceId& id) {
  auto held = [&](const Volume& volume) {
    return !volume.seen.attachments.empty() && volume.seen.attachments.front().instance == id;
  };
  std::erase_if(volumes_, [&](const auto& entry) { return held(entry.second) && entry.second.delete_on_termination; });
  for (auto& [volume_id, volume] : volumes_) {
    if (!held(volume)) continue;
    volume.seen.attachments.clear();
    volume.seen.state = VolumeState::available;
  }
  if (instances_.at(id).interface_delete_on_termination) {
    std::erase_if(interfaces_, [&](const auto& entry) { return entry.second.attached_to == id; });
  }
  for (auto& [eni, interface] : interfaces_) {
    if (interface.attached_to != id) continue;
    interface.attached_to = InstanceId();
    interface.state = InterfaceState::available;
  }
}

void MiniCloud::advance() {
  for (auto& [id, instance] : instances_) {
    if (instance.state == InstanceState::pending) {
      instance.state = InstanceState::running;
    } else if (instance.state == InstanceState::shutting_down) {
      instance.state = InstanceState::terminated;
    } else if (instance.state == InstanceState::terminated) {
      release(id);
    }
    for (ObservedDevice& device : instance.devices) device.state = AttachmentState::attached;
  }
  for (auto& [id, volume] : volumes_) {
    if (volume.seen.state != VolumeState::creating) continue;
    volume.seen.state = volumes_fail ? VolumeState::error : VolumeState::available;
  }
  for (auto& [id, volume] : volumes_) {
    for (ObservedAttachment& attachment : volume.seen.attachments) attachment.state = AttachmentState::attached;
  }
  for (auto& [id, snapshot] : snapshots_) {
    if (snapshot.seen.state != SnapshotState::pending) continue;
    snapshot.seen.state = snapshots_fail ? SnapshotState::error : SnapshotState::completed;
  }
  for (auto& [id, image] : images_) {
    if (image.state == ImageState::pending) image.state = images_fail ? ImageState::failed : ImageState::available;
  }
}

void MiniCloud::write() {
  for (auto& [id, volume] : volumes_) {
    if (volume.seen.attachments.empty()) continue;
    const ObservedAttachment& at = volume.seen.attachments.front();
    if (at.instance == apart) continue;
    // An operating system that is shutting down still writes.
    InstanceState state = instances_.at(at.instance).state;
    if (state != InstanceState::running && state != InstanceState::shutting_down) continue;
    // A machine whose disk is older than what was acknowledged before would write over a hole: that is the loss.
    if (volume.content < acknowledged[at.device]) continue;
    acknowledged[at.device] = ++volume.content;
  }
}

void MiniCloud::write_by_hand(const VolumeId& id, const std::string& device) {
  acknowledged[device] = ++volumes_.at(id).content;
}

void MiniCloud::vanish(const InstanceId& id) {
  auto found = instances_.find(id);
  if (found != instances_.end()) found->second.state = InstanceState::terminated;
}

void MiniCloud::lend(const VolumeId& id, const InstanceId& to) {
  ObservedVolume& seen = volumes_.at(id).seen;
  seen.state = VolumeState::in_use;
  seen.attachments = {{to, "/dev/sdz", AttachmentState::attached}};
}

void MiniCloud::detach(const VolumeId& id) {
  volumes_.at(id).seen.attachments.clear();
  volumes_.at(id).seen.state = VolumeState::available;
  for (auto& [instance_id, instance] : instances_) {
    std::erase_if(instance.devices, [&](const ObservedDevice& device) { return device.volume == id; });
  }
}

void MiniCloud::lose(const VolumeId& id) {
  volumes_.erase(id);
  for (auto& [instance_id, instance] : instances_) {
    std::erase_if(instance.devices, [&](const ObservedDevice& device) { return device.volume == id; });
  }
}

int MiniCloud::running() const {
  return static_cast<int>(std::count_if(instances_.begin(), instances_.end(), [&](const auto& entry) {
    if (entry.first == apart || entry.second.tags.purpose == kPurposeScout) return false;
    return entry.second.state == InstanceState::pending || entry.second.state == InstanceState::running;
  }));
}

int MiniCloud::scouts() const {
  return static_cast<int>(std::count_if(instances_.begin(), instances_.end(), [](const auto& entry) {
    return entry.second.tags.purpose == kPurposeScout && entry.second.state != InstanceState::terminated;
  }));
}

Observation MiniCloud::observe(Kinds kinds, Time as_of) const {
  Observation observation;
  observation.as_of = as_of;
  observation.kinds = kinds;
  if (has(kinds, Kind::instances)) {
    for (const auto& [id, instance] : instances_) {
      if (!is_ours(id.str())) continue;
      observation.instances.push_back(instance);
      if (id == address_on && !is_terminal(instance.state)) observation.instances.back().public_ip = public_ip;
    }
  }
  if (has(kinds, Kind::volumes)) {
    for (const auto& [id, volume] : volumes_) {
      if (is_ours(id.str())) observation.volumes.push_back(volume.seen);
    }
  }
  if (has(kinds, Kind::snapshots)) {
    for (const auto& [id, snapshot] : snapshots_) observation.snapshots.push_back(snapshot.seen);
  }
  if (has(kinds, Kind::images)) {
    for (const auto& [id, image] : images_) observation.images.push_back(image);
  }
  if (has(kinds, Kind::interfaces)) {
    for (const auto& [id, interface] : interfaces_) {
      if (is_ours(id.str())) observation.interfaces.push_back(interface);
    }
  }
  if (has(kinds, Kind::status)) {
    for (const auto& [id, instance] : instances_) {
      if (instance.state == InstanceState::running) observation.statuses.push_back({id, health_});
    }
  }
  return observation;
}

}  // namespace holdfast::core::testing
