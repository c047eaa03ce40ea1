// What the checker makes of calls: those that took effect, and what the service asks for and is shown.

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "model/observed.h"
#include "sim/checker.h"

namespace holdfast::sim {

namespace {

const std::vector<ec2::Tag>* tags_for(const std::vector<ec2::TagSpecification>& specifications, std::string_view type) {
  for (const auto& specification : specifications) {
    if (specification.resource_type == type) return &specification.tags;
  }
  return nullptr;
}

std::string tag(const std::vector<ec2::Tag>* tags, std::string_view key) {
  const std::string* value = tags == nullptr ? nullptr : ec2::find_tag(*tags, key);
  return value == nullptr ? std::string() : *value;
}

ManagedInstanceId owner_tag(const std::vector<ec2::Tag>* tags) {
  return ManagedInstanceId(tag(tags, model::kTagManagedInstance));
}

int generation_tag(const std::vector<ec2::Tag>* tags) {
  return static_cast<int>(parse_int(tag(tags, model::kTagGeneration)).value_or(0));
}

}  // namespace

// As its tags say.
Checker::Snapshot Checker::snapshot_of(const std::vector<ec2::TagSpecification>& specifications,
                                       const VolumeId& volume) {
  const auto* tags = tags_for(specifications, "snapshot");
  Snapshot snapshot;
  snapshot.owner = owner_tag(tags);
  snapshot.device = tag(tags, model::kTagDevice);
  snapshot.purpose = tag(tags, model::kTagPurpose);
  snapshot.volume = volume;
  snapshot.effect = tag(tags, model::kTagEffect);
  return snapshot;
}

struct Checker::Calls {
  Checker& of;
  Actor actor;
  const ec2::Response& response;
  bool service() const { return actor == Actor::service; }

  void operator()(const ec2::RunInstancesRequest& request) const {
    const auto* tags = tags_for(request.tag_specifications, "instance");
    ManagedInstanceId id = owner_tag(tags);
    auto managed = of.managed_.find(id);
    if (!service()) return made_by_a_person();
    if (managed == of.managed_.end()) return;
    if (tag(tags, model::kTagPurpose) == model::kPurposeScout) return scout(id, request);
    for (const ec2::Instance& made : std::get<ec2::RunInstancesResponse>(response).instances) {
      if (of.instances_.contains(made.instance_id)) continue;  // the same call again
      for (const auto& [other, instance] : of.instances_) {
        if (instance.owner != id || instance.terminated) continue;
        of.broken(2, "two_instances", id,
                  fmt::format("{} is launched while {} is not terminated", made.instance_id.str(), other.str()));
      }
      Instance& instance = of.instances_[made.instance_id];
      instance = {id, generation_tag(tags), false, false, false, request.image_id};
      instance.asked = of.launches_asked_[request.client_token];
      for (const auto& interface : made.network_interfaces) of.primaries_[interface.network_interface_id] = id;
      for (const auto& device : made.block_device_mappings) {
        of.volumes_[device.volume_id] = {id, device.device_name, false, false, std::nullopt};
        of.volumes_[device.volume_id].made = of.time_.now();
        const bool promised = of.persists(managed->second, device.device_name) &&
                              !of.of_before(instance, managed->second, device.device_name);
        if (device.delete_on_termination && promised) {
          of.broken(3, "would_go_with_its_instance", id,
                    fmt::format("{} of {} is launched with DeleteOnTermination true", device.device_name,
                                made.instance_id.str()));
        }
      }
      if (of.managed_[id].generation++ > 0) ++of.replacements_;
    }
    note_sources(managed->second, request);
  }

  // An older copy that a launch was made from counts as restored, also if that came to nothing and the restore is taken
  // back since.
  void note_sources(Managed& managed, const ec2::RunInstancesRequest& request) const {
    std::set<SnapshotId> sources;
    if (auto image = of.images_.find(request.image_id); image != of.images_.end()) {
      sources.insert(image->second.snapshot);
    }
    for (const auto& device : request.block_device_mappings) {
      if (device.ebs && device.ebs->snapshot_id) sources.insert(*device.ebs->snapshot_id);
    }
    for (auto& [device, asked] : managed.restores) {
      for (Restore& restore : asked) restore.launched = restore.launched || sources.contains(restore.source);
    }
  }

  void made_by_a_person() const {
    for (const ec2::Instance& made : std::get<ec2::RunInstancesResponse>(response).instances) {
      for (const auto& device : made.block_device_mappings) of.by_hand_.insert(device.volume_id.str());
      for (const auto& interface : made.network_interfaces) {
        of.by_hand_.insert(interface.network_interface_id.str());
      }
    }
  }

  // It runs beside the instance, so it must have nothing of it.
  void scout(const ManagedInstanceId& id, const ec2::RunInstancesRequest& request) const {
    bool stays = std::any_of(
        request.block_device_mappings.begin(), request.block_device_mappings.end(), [](const auto& mapping) {
          return !mapping.ebs || mapping.ebs->snapshot_id || !mapping.ebs->delete_on_termination.value_or(true);
        });
    if (stays || !request.network_interfaces.empty() || !request.user_data.empty()) {
      of.broken(2, "scout_with_state", id, "a scout is launched with something of the managed instance");
    }
  }

  void operator()(const ec2::TerminateInstancesRequest& request) const {
    for (const InstanceId& id : request.instance_ids) {
      const bool theirs = of.by_hand_.contains(id.str()) && !of.instances_.contains(id);
      if (service() && theirs) of.broken(1, "terminated_what_is_theirs", {}, id.str());
    }
  }

  void operator()(const ec2::DeleteVolumeRequest& request) const {
    const bool theirs = of.by_hand_.contains(request.volume_id.str()) && !of.volumes_.contains(request.volume_id);
    if (service() && theirs) of.broken(1, "deleted_what_is_theirs", {}, request.volume_id.str());
  }

  void operator()(const ec2::CreateVolumeRequest& request) const {
    const VolumeId& made = std::get<ec2::CreateVolumeResponse>(response).volume.volume_id;
    const auto* tags = tags_for(request.tag_specifications, "volume");
    if (!service()) of.by_hand_.insert(made.str());
    if (service()) {
      of.volumes_.emplace(made, Volume{owner_tag(tags), tag(tags, model::kTagDevice), false, false, std::nullopt});
      of.volumes_[made].made = of.time_.now();
    }
  }

  void operator()(const ec2::AttachVolumeRequest& request) const {
    auto instance = of.instances_.find(request.instance_id);
    if (instance == of.instances_.end()) return;
    auto [volume, added] = of.volumes_.try_emplace(
        request.volume_id, Volume{instance->second.owner, request.device, false, false, std::nullopt});
    if (!service() || volume->second.owner == instance->second.owner) return;
    of.broken(2, "attached_to_a_stranger", instance->second.owner,
              fmt::format("{} of {} is attached to {}", request.volume_id.str(), volume->second.owner.str(),
                          request.instance_id.str()));
  }

  void operator()(const ec2::DetachVolumeRequest& request) const {
    if (service()) of.broken(2, "detached_by_the_service", {}, request.volume_id.str());
    if (auto found = of.volumes_.find(request.volume_id); found != of.volumes_.end()) found->second.taken_off = true;
  }

  void operator()(const ec2::CreateSnapshotRequest& request) const {
    if (!service()) return;
    const SnapshotId& made = std::get<ec2::CreateSnapshotResponse>(response).snapshot.snapshot_id;
    Snapshot snapshot = snapshot_of(request.tag_specifications, request.volume_id);
    // Of the moment that it shows: of one that nothing writes to any more, when it was left.
    const auto source = of.volumes_.find(request.volume_id);
    const bool left = source != of.volumes_.end() && !of.guests_.writing(request.volume_id);
    snapshot.made = left ? source->second.left.value_or(of.time_.now()) : of.time_.now();
    of.snapshots_.emplace(made, snapshot);
    of.copy_begins(snapshot.owner, request.volume_id);
    // Of the generation that writes, or a later one. One that was asked for earlier and happens only now says by its
    // generation that it is not final for this one.
    auto writer = of.instances_.find(of.guests_.writer(request.volume_id));
    const int generation = generation_tag(tags_for(request.tag_specifications, "snapshot"));
    bool lives = writer != of.instances_.end() && writer->second.generation <= generation;
    // What a person has put to the machine of another may not be seen there yet.
    const bool strays = lives && of.is_foreign(writer->first, source->second);
    if (strays) lives = source->second.seen_held && *source->second.seen_held >= source->second.came;
    if (snapshot.purpose == "final" && lives) {
      of.broken(3, "final_snapshot_of_a_living_volume", snapshot.owner,
                fmt::format("{} is taken of {}, which is still written to", made.str(), request.volume_id.str()));
    }
  }

  void operator()(const ec2::DeleteSnapshotRequest& request) const {
    auto found = of.snapshots_.find(request.snapshot_id);
    if (found == of.snapshots_.end()) return;
    Snapshot& snapshot = found->second;
    snapshot.deleted = true;
    snapshot.deleter = actor;
    snapshot.deleted_at = of.time_.now();
    if (auto lost = of.guests_.snapshot(request.snapshot_id); lost && !service()) snapshot.held = lost->written;
    const Managed& managed = of.managed_[snapshot.owner];
    if (!service() || !of.persists(managed, snapshot.device)) return;
    if (snapshot.failed || of.may_go(managed, &model::Deallocation::delete_snapshots)) return;
    if (of.left_behind(managed, snapshot.device, snapshot.made, true)) return;
    if (snapshot.dropped) return check_dropped(managed, request.snapshot_id, snapshot);
    // Where an older copy takes its place, the newest by time need not be the newest copy, nor a copy of an original,
    // whose first volumes hold all of it: only what it holds counts.
    bool by_time = !of.may_be_restored(managed, snapshot.device, snapshot.made) &&
                   !of.originals_.contains(snapshot.volume);
    if (by_time && of.is_newest(request.snapshot_id, snapshot)) {
      of.broken(
          1, "newest_snapshot_deleted", snapshot.owner,
          fmt::format("snapshot {} ({}) goes, and there is no newer one", request.snapshot_id.str(), snapshot.device));
      return;
    }
    if (managed.destroyed.contains(snapshot.device)) return;
    auto content = of.guests_.snapshot(request.snapshot_id);
    if (!content || content->synced.end() == 0) return;
    if (of.another_copy(snapshot.owner, snapshot.device, content->synced, request.snapshot_id.str(), false)) return;
    of.broken(1, "newest_copy_deleted", snapshot.owner,
              fmt::format("snapshot {} ({}, {} writes synced) goes, and nothing else holds them",
                          request.snapshot_id.str(), snapshot.device, content->synced.end()));
  }

  // Its user wants it no more; but the newest state stays.
  void check_dropped(const Managed& managed, const SnapshotId& id, const Snapshot& snapshot) const {
    auto newest = managed.acknowledged.find(snapshot.device);
    auto content = of.guests_.snapshot(id);
    if (newest == managed.acknowledged.end() || newest->second.end() == 0 || !content) return;
    if (!content->written.holds(newest->second) || managed.destroyed.contains(snapshot.device)) return;
    if (of.another_copy(snapshot.owner, snapshot.device, newest->second, id.str(), false)) return;
    of.broken(1, "newest_copy_dropped", snapshot.owner,
              fmt::format("snapshot {} ({}) goes at a user's wish, and nothing else holds what it does", id.str(),
                          snapshot.device));
  }

  void operator()(const ec2::RegisterImageRequest& request) const {
    SnapshotId source;
    for (const auto& mapping : request.block_device_mappings) {
      if (mapping.ebs && mapping.ebs->snapshot_id) source = *mapping.ebs->snapshot_id;
    }
    auto snapshot = of.snapshots_.find(source);
    if (snapshot == of.snapshots_.end()) return;
    if (!snapshot->second.completed) {
      of.broken(3, "image_of_an_unfinished_snapshot", snapshot->second.owner, source.str());
    }
    of.images_.emplace(std::get<ec2::RegisterImageResponse>(response).image_id,
                       Image{snapshot->second.owner, source, snapshot->second.made, false});
  }

  void operator()(const ec2::DeregisterImageRequest& request) const {
    auto found = of.images_.find(request.image_id);
    if (found == of.images_.end()) return;
    found->second.deleted = true;
    found->second.deleter = actor;
    const Managed& managed = of.managed_[found->second.owner];
    if (!service() || of.may_go(managed, &model::Deallocation::delete_images)) return;
    if (!managed.spec.persistence.root_device) return;
    // What gave way to an older copy is kept as a snapshot.
    if (of.left_behind(managed, kRootDevice, found->second.taken, false)) return;
    // What a person has deregistered may not be noticed yet.
    bool newer = std::any_of(of.images_.begin(), of.images_.end(), [&](const auto& entry) {
      const Image& other = entry.second;
      bool there = !other.deleted || other.deleter == Actor::person;
      if (other.owner != found->second.owner || !there || &other == &found->second) return false;
      return other.taken >= found->second.taken || of.is_run_from(entry.first);
    });
    if (newer) return;
    of.broken(1, "newest_image_deregistered", found->second.owner,
              fmt::format("{} goes, and there is no newer one", request.image_id.str()));
  }

  void operator()(const ec2::CreateNetworkInterfaceRequest& request) const {
    const auto* tags = tags_for(request.tag_specifications, "network-interface");
    if (!service()) return;
    const auto& made = std::get<ec2::CreateNetworkInterfaceResponse>(response).network_interface;
    of.interfaces_.emplace(made.network_interface_id, Interface{owner_tag(tags), false, made.private_ip_address});
  }

  void operator()(const ec2::DeleteNetworkInterfaceRequest& request) const {
    auto found = of.interfaces_.find(request.network_interface_id);
    if (found == of.interfaces_.end()) return primary_goes(request.network_interface_id);
    found->second.deleted = true;
    Managed& managed = of.managed_[found->second.owner];
    bool undeletable = of.may_go(managed, &model::Deallocation::delete_interfaces);
    if (undeletable) managed.ip.clear();  // undeleted, it gets another
    if (!service() || undeletable || !managed.spec.persistence.private_ip) return;
    if (found->second.ip != managed.ip) return;
    of.broken(1, "interface_deleted", found->second.owner,
              fmt::format("{} goes, and {} is kept", request.network_interface_id.str(), managed.ip));
  }

  // One that a launch had EC2 make. If it may not go, the next instance's address tells.
  void primary_goes(const InterfaceId& interface) const {
    auto owner = of.primaries_.find(interface);
    if (owner == of.primaries_.end()) return;
    Managed& managed = of.managed_[owner->second];
    if (of.may_go(managed, &model::Deallocation::delete_interfaces)) managed.ip.clear();
  }

  template <class R>
  void operator()(const R&) const {}
};

void Checker::copies_made(const ec2::CreateSnapshotsRequest& request, const ec2::CreateSnapshotsResponse& response) {
  for (const ec2::SnapshotInfo& made : response.snapshots) {
    auto device = originals_.find(made.volume_id);
    if (device == originals_.end()) continue;
    Snapshot snapshot = snapshot_of(request.tag_specifications, made.volume_id);
    snapshot.device = device->second;  // the tags are those of all
    snapshot.made = time_.now();
    snapshots_.emplace(made.snapshot_id, snapshot);
    copy_begins(snapshot.owner, made.volume_id);
  }
}

// The volume may go within the call: who deletes it must be known before.
void Checker::calling(Actor actor, const ec2::Request& request) {
  const auto* deletion = std::get_if<ec2::DeleteVolumeRequest>(&request);
  if (deletion == nullptr) return;
  auto found = volumes_.find(deletion->volume_id);
  if (found != volumes_.end() && !found->second.deleted) found->second.deleter = actor;
}

void Checker::refused(const ec2::Request& request) {
  const auto* deletion = std::get_if<ec2::DeleteVolumeRequest>(&request);
  if (deletion == nullptr) return;
  auto found = volumes_.find(deletion->volume_id);
  if (found != volumes_.end() && !found->second.deleted) found->second.deleter.reset();
}

// A volume is attached once the service was shown that it is free; asked again, it may be where it was to go.
void Checker::asking(const ec2::Request& request) {
  if (const auto* run = std::get_if<ec2::RunInstancesRequest>(&request)) {
    launches_asked_.try_emplace(run->client_token, time_.now());
  }
  const auto* attach = std::get_if<ec2::AttachVolumeRequest>(&request);
  if (attach == nullptr) return;
  auto found = volumes_.find(attach->volume_id);
  if (found == volumes_.end() || found->second.machine == attach->instance_id) return;
  Volume& volume = found->second;
  const bool asked_before = volume.asked_to == attach->instance_id;  // and not answered
  volume.asked_to = attach->instance_id;
  if (asked_before) return;
  if (volume.seen_free && *volume.seen_free >= volume.came) return;
  // Lent by a person, and back, since the service looked: it may have been asleep.
  if (is_foreign(volume.machine, volume) && !guests_.writing(attach->volume_id)) return;
  broken(2, "attached_before_it_was_seen_free", volume.owner,
         fmt::format("{} is to be attached to {}", attach->volume_id.str(), attach->instance_id.str()));
}

void Checker::shown_to_service(const ec2::Response& response, Time asked) {
  const auto* listing = std::get_if<ec2::DescribeVolumesResponse>(&response);
  if (listing == nullptr) return;
  for (const ec2::Volume& shown : listing->volumes) {
    auto found = volumes_.find(shown.volume_id);
    if (found == volumes_.end()) continue;
    if (shown.state == "deleting") volume_goes(shown.volume_id);  // for good, though a copy under way may hold it up
    if (!shown.attachments.empty()) {
      found->second.seen_held = std::max(found->second.seen_held.value_or(asked), asked);
      continue;
    }
    found->second.seen_free = std::max(found->second.seen_free.value_or(asked), asked);
  }
}

void Checker::unkept_by_hand(const VolumeId& volume) {
  auto found = volumes_.find(volume);
  if (found != volumes_.end()) found->second.unkept = time_.now();
}

void Checker::made_by_hand(const ec2::Instance& instance) {
  by_hand_.insert(instance.instance_id.str());
}

void Checker::called(Actor actor, const ec2::Request& request, const ec2::Response& response) {
  std::visit(Calls{*this, actor, response}, request);
}

void Checker::happened(const ec2::CloudEvent& event) {
  if (event.detail_type != ec2::kInstanceStateChange || event.state != "terminated") return;
  auto found = instances_.find(InstanceId(event.resource));
  if (found != instances_.end()) found->second.terminated = true;
}

}  // namespace holdfast::sim
