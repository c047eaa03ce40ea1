#include "engine/translate.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "engine/tags.h"

namespace holdfast::engine {

namespace {

using model::AttachmentState;
using model::ImageState;
using model::InstanceState;
using model::InterfaceState;
using model::SnapshotState;
using model::StatusCheck;
using model::VolumeState;

template <class E>
struct Word {
  std::string_view word;
  E meaning;
};

template <class E, size_t N>
E read(const std::array<Word<E>, N>& words, std::string_view word) {
  for (const Word<E>& entry : words) {
    if (entry.word == word) return entry.meaning;
  }
  return E::unknown;
}

constexpr std::array<Word<InstanceState>, 6> kInstanceStates = {{{"pending", InstanceState::pending},
                                                                 {"running", InstanceState::running},
                                                                 {"stopping", InstanceState::stopping},
                                                                 {"stopped", InstanceState::stopped},
                                                                 {"shutting-down", InstanceState::shutting_down},
                                                                 {"terminated", InstanceState::terminated}}};
constexpr std::array<Word<VolumeState>, 6> kVolumeStates = {{{"creating", VolumeState::creating},
                                                             {"available", VolumeState::available},
                                                             {"in-use", VolumeState::in_use},
                                                             {"deleting", VolumeState::deleting},
                                                             {"deleted", VolumeState::deleted},
                                                             {"error", VolumeState::error}}};
// "recoverable" and "recovering" (the recycle bin) stay unknown: nothing may be built on them.
constexpr std::array<Word<SnapshotState>, 3> kSnapshotStates = {
    {{"pending", SnapshotState::pending}, {"completed", SnapshotState::completed}, {"error", SnapshotState::error}}};
constexpr std::array<Word<ImageState>, 5> kImageStates = {{{"pending", ImageState::pending},
                                                           {"available", ImageState::available},
                                                           {"failed", ImageState::failed},
                                                           {"invalid", ImageState::failed},
                                                           {"error", ImageState::failed}}};
// "associated" is in use in other words; "pending" is EC2's while it is being made.
constexpr std::array<Word<InterfaceState>, 6> kInterfaceStates = {{{"available", InterfaceState::available},
                                                                   {"in-use", InterfaceState::in_use},
                                                                   {"associated", InterfaceState::in_use},
                                                                   {"attaching", InterfaceState::pending},
                                                                   {"detaching", InterfaceState::pending},
                                                                   {"pending", InterfaceState::pending}}};
// "busy": still mounted while it detaches.
constexpr std::array<Word<AttachmentState>, 5> kAttachmentStates = {{{"attaching", AttachmentState::attaching},
                                                                     {"attached", AttachmentState::attached},
                                                                     {"detaching", AttachmentState::detaching},
                                                                     {"busy", AttachmentState::detaching},
                                                                     {"detached", AttachmentState::detached}}};
constexpr std::array<Word<StatusCheck>, 4> kStatusChecks = {{{"ok", StatusCheck::ok},
                                                             {"impaired", StatusCheck::impaired},
                                                             {"initializing", StatusCheck::initializing},
                                                             {"insufficient-data", StatusCheck::initializing}}};

const ec2::NetworkInterface* primary_of(const ec2::Instance& instance) {
  for (const ec2::NetworkInterface& interface : instance.network_interfaces) {
    if (interface.attachment && interface.attachment->device_index == 0) return &interface;
  }
  return nullptr;
}

void set_interfaces(const ec2::Instance& instance, model::ObservedInstance& seen) {
  const ec2::NetworkInterface* primary = primary_of(instance);
  if (primary != nullptr) {
    seen.interfaces.push_back(primary->network_interface_id);
    seen.interface_delete_on_termination = primary->attachment->delete_on_termination;
    seen.interface_attachment_id = primary->attachment->attachment_id;
  }
  for (const ec2::NetworkInterface& interface : instance.network_interfaces) {
    if (&interface != primary) seen.interfaces.push_back(interface.network_interface_id);
  }
}

// EC2's messages mostly begin with their code: "Client.UserInitiatedShutdown: User initiated shutdown".
std::string words_of(const ec2::StateReason& reason) {
  return reason.message.starts_with(reason.code) ? reason.message : reason.code + ": " + reason.message;
}

}  // namespace

model::ObservedInstance observed(const ec2::Instance& instance) {
  model::ObservedInstance seen;
  seen.id = instance.instance_id;
  seen.state = read(kInstanceStates, instance.state);
  if (instance.state_reason) seen.state_reason = words_of(*instance.state_reason);
  seen.instance_type = instance.instance_type;
  seen.life_cycle = instance.instance_lifecycle == "spot" ? model::LifeCycle::spot : model::LifeCycle::on_demand;
  seen.zone = instance.availability_zone;
  seen.subnet = instance.subnet_id;
  seen.image = instance.image_id;
  seen.private_ip = instance.private_ip_address;
  seen.public_ip = instance.public_ip_address;
  seen.root_device = instance.root_device_name;
  seen.client_token = instance.client_token;
  seen.launched_at = instance.launch_time;
  for (const ec2::InstanceBlockDevice& device : instance.block_device_mappings) {
    seen.devices.push_back(
        {device.device_name, device.volume_id, read(kAttachmentStates, device.status), device.delete_on_termination});
  }
  set_interfaces(instance, seen);
  seen.tags = own_tags(instance.tags);
  return seen;
}

model::ObservedVolume observed(const ec2::Volume& volume) {
  model::ObservedVolume seen;
  seen.id = volume.volume_id;
  seen.state = read(kVolumeStates, volume.state);
  seen.size_gib = volume.size;
  seen.zone = volume.availability_zone;
  seen.from_snapshot = volume.snapshot_id;
  for (const ec2::VolumeAttachment& attachment : volume.attachments) {
    if (attachment.state == "detached") continue;  // it was there, and is free
    seen.attachments.push_back({attachment.instance_id, attachment.device, read(kAttachmentStates, attachment.state)});
  }
  seen.created_at = volume.create_time;
  seen.tags = own_tags(volume.tags);
  return seen;
}

model::ObservedSnapshot observed(const ec2::Snapshot& snapshot) {
  return {snapshot.snapshot_id, snapshot.volume_id,  read(kSnapshotStates, snapshot.state),
          snapshot.volume_size, snapshot.start_time, own_tags(snapshot.tags)};
}

model::ObservedImage observed(const ec2::Image& image) {
  model::ObservedImage seen{image.image_id, image.name, read(kImageStates, image.state), {}, own_tags(image.tags)};
  for (const ec2::BlockDeviceMapping& mapping : image.block_device_mappings) {
    if (mapping.device_name != image.root_device_name || !mapping.ebs) continue;
    seen.root_snapshot = mapping.ebs->snapshot_id.value_or(SnapshotId());
  }
  return seen;
}

model::ObservedInterface observed(const ec2::NetworkInterface& interface) {
  model::ObservedInterface seen;
  seen.id = interface.network_interface_id;
  seen.state = read(kInterfaceStates, interface.status);
  seen.ip = interface.private_ip_address;
  seen.mac = interface.mac_address;
  seen.subnet = interface.subnet_id;
  seen.zone = interface.availability_zone;
  const bool attached = interface.attachment && interface.attachment->status != "detached";
  if (attached) seen.attached_to = interface.attachment->instance_id;
  seen.tags = own_tags(interface.tag_set);
  return seen;
}

// One bad check makes it impaired; only both good make it ok.
model::ObservedStatus observed(const ec2::InstanceStatus& status) {
  StatusCheck system = read(kStatusChecks, status.system_status);
  StatusCheck instance = read(kStatusChecks, status.instance_status);
  StatusCheck both = StatusCheck::unknown;
  if (system == StatusCheck::impaired || instance == StatusCheck::impaired) {
    both = StatusCheck::impaired;
  } else if (system == instance) {
    both = system;
  } else if (system == StatusCheck::initializing || instance == StatusCheck::initializing) {
    both = StatusCheck::initializing;
  }
  return {status.instance_id, both};
}

}  // namespace holdfast::engine
