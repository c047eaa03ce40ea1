#include "sim/checker.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "core/invariants.h"
#include "model/observed.h"
#include "model/state.h"

namespace holdfast::sim {

namespace {

constexpr Duration kToMend = std::chrono::minutes(15);  // what was set by hand; seen within a minute, if all is well
constexpr char kRootDevice[] = "/dev/xvda";             // of every image here

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

void Checker::broken(int promise, std::string name, const ManagedInstanceId& id, std::string what) {
  violations_.push_back({promise, std::move(name), std::move(what), time_.now(), id});
}

// ---- users

void Checker::created(const ManagedInstanceId& id, const model::Spec& spec) {
  managed_[id].spec = spec;
}

void Checker::changed_spec(const ManagedInstanceId& id, const model::Spec& spec) {
  managed_[id].spec = spec;
}

void Checker::asks(const ManagedInstanceId& id, const model::Event& request) {
  Managed& managed = managed_[id];
  if (!std::holds_alternative<model::RecycleAsked>(request)) managed.goal.reset();
  if (const auto* deletion = std::get_if<model::DeleteAsked>(&request)) {
    if (!managed.deallocation) managed.deleted_at = time_.now();
    managed.deallocation = deletion->deallocation;
  }
}

void Checker::answered(const ManagedInstanceId& id, const model::Event& request) {
  Managed& managed = managed_[id];
  if (std::holds_alternative<model::PauseAsked>(request)) managed.goal = model::Goal::paused;
  if (std::holds_alternative<model::ResumeAsked>(request)) managed.goal = model::Goal::running;
  if (std::holds_alternative<model::DeleteAsked>(request)) managed.goal = model::Goal::deleted;
}

bool Checker::destroyed_by_hand(const ManagedInstanceId& id) const {
  auto found = managed_.find(id);
  return found != managed_.end() && !found->second.destroyed.empty();
}

bool Checker::taken_off_by_hand(const ManagedInstanceId& id) const {
  return std::any_of(volumes_.begin(), volumes_.end(), [&](const auto& entry) {
    return entry.second.owner == id && entry.second.taken_off && !entry.second.deleted;
  });
}

std::optional<ManagedInstanceId> Checker::owner_of(const std::string& thing) const {
  if (auto found = instances_.find(InstanceId(thing)); found != instances_.end()) return found->second.owner;
  if (auto found = volumes_.find(VolumeId(thing)); found != volumes_.end()) return found->second.owner;
  if (auto found = snapshots_.find(SnapshotId(thing)); found != snapshots_.end()) return found->second.owner;
  if (auto found = images_.find(ImageId(thing)); found != images_.end()) return found->second.owner;
  if (auto found = interfaces_.find(InterfaceId(thing)); found != interfaces_.end()) return found->second.owner;
  return std::nullopt;
}

bool Checker::persists(const Managed& managed, const std::string& device) const {
  return device == kRootDevice ? managed.spec.persistence.root_device : managed.spec.persistence.block_devices;
}

// Its deletion was asked for, and this either was to go at once or has been kept for as long as was promised.
bool Checker::may_go(const Managed& managed, bool model::Deallocation::*what) const {
  if (!managed.deallocation) return false;
  if ((*managed.deallocation).*what) return true;
  return time_.now() >= managed.deleted_at + managed.deallocation->retention;
}

// ---- copies

// Whether something else holds at least this: a volume (one that has served a healthy instance, if asked for), or a
// completed snapshot.
bool Checker::another_copy(const ManagedInstanceId& id, const std::string& device, const Log& synced,
                           const std::string& except, bool well) const {
  for (const auto& [other, volume] : volumes_) {
    if (volume.owner != id || volume.device != device || volume.deleted || other.str() == except) continue;
    if (well && !volume.was_well) continue;
    auto content = guests_.volume(other, time_.now());
    if (content && content->written.holds(synced)) return true;
  }
  if (well) return false;
  for (const auto& [other, snapshot] : snapshots_) {
    if (snapshot.owner != id || snapshot.device != device || other.str() == except) continue;
    if (snapshot.deleted || !snapshot.completed) continue;
    auto content = guests_.snapshot(other);
    if (content && content->written.holds(synced)) return true;
  }
  return false;
}

bool Checker::has_copy(const std::string& device, const ManagedInstanceId& id) const {
  return another_copy(id, device, Log(), {}, false);
}

// A person has destroyed the newest copy: what is left is what can be asked for.
void Checker::excuse(const ManagedInstanceId& id, const std::string& device, const std::string& except) {
  Managed& managed = managed_[id];
  managed.destroyed.insert(device);
  Log best;
  auto consider = [&](const std::optional<Guests::Content>& content) {
    if (content && content->synced.end() > best.end()) best = content->synced;
  };
  for (const auto& [other, volume] : volumes_) {
    bool counts = volume.owner == id && volume.device == device && !volume.deleted && other.str() != except;
    if (counts) consider(guests_.volume(other, time_.now()));
  }
  if (best.end() > 0) {
    managed.acknowledged[device] = best;
    return;
  }
  // Which of the snapshots is taken is decided later: some may be deleted or completed until then.
  managed.acknowledged[device] = Log();
}

void Checker::check_volume_goes(const VolumeId& id, const Volume& volume) {
  const Managed& managed = managed_[volume.owner];
  if (!persists(managed, volume.device) || may_go(managed, &model::Deallocation::delete_volumes)) return;
  if (managed.destroyed.contains(volume.device)) return;
  auto content = guests_.volume(id, time_.now());
  if (!content || content->synced.end() == 0) return;
  // One that no instance ever had is only as good as the copy that it was made from.
  bool well = guests_.ever_written(id);
  if (another_copy(volume.owner, volume.device, content->synced, id.str(), well)) return;
  broken(1, "newest_copy_deleted", volume.owner,
         fmt::format("volume {} ({}, {} writes synced) goes, and nothing else {}holds them", id.str(), volume.device,
                     content->synced.end(), well ? "that has served a healthy instance " : ""));
}

// Of the completed ones of its device; one that was made twice counts once.
bool Checker::is_newest(const SnapshotId& id, const Snapshot& snapshot) const {
  if (!snapshot.completed) return false;
  return std::none_of(snapshots_.begin(), snapshots_.end(), [&](const auto& entry) {
    const auto& [other_id, other] = entry;
    bool like = other_id != id && other.owner == snapshot.owner && other.device == snapshot.device;
    if (!like || other.deleted || other.failed) return false;
    return other.effect == snapshot.effect || (other.completed && other.made >= snapshot.made);
  });
}

// After a person has destroyed the newest copy, an older one takes its place if there is one.
bool Checker::holds_some_copy(const ManagedInstanceId& id, const std::string& device, const Log& held) const {
  bool any = false;
  for (const auto& [other, snapshot] : snapshots_) {
    if (snapshot.owner != id || snapshot.device != device || snapshot.deleted || !snapshot.completed) continue;
    auto content = guests_.snapshot(other);
    if (content && held.holds(content->synced)) return true;
    any = true;
  }
  return !any;
}

// ---- calls

struct Checker::Calls {
  Checker& of;
  Actor actor;
  const ec2::Response& response;
  bool service() const { return actor == Actor::service; }

  void operator()(const ec2::RunInstancesRequest& request) const {
    const auto* tags = tags_for(request.tag_specifications, "instance");
    ManagedInstanceId id = owner_tag(tags);
    auto managed = of.managed_.find(id);
    if (managed == of.managed_.end()) return;
    if (tag(tags, model::kTagPurpose) == model::kPurposeScout) return scout(id, request);
    for (const ec2::Instance& made : std::get<ec2::RunInstancesResponse>(response).instances) {
      if (of.instances_.contains(made.instance_id)) continue;  // the same call again
      for (const auto& [other, instance] : of.instances_) {
        if (instance.owner != id || instance.terminated) continue;
        of.broken(2, "two_instances", id,
                  fmt::format("{} is launched while {} is not terminated", made.instance_id.str(), other.str()));
      }
      of.instances_[made.instance_id] = {id, generation_tag(tags), false, false, false};
      for (const auto& device : made.block_device_mappings) {
        of.volumes_[device.volume_id] = {id, device.device_name, false, false, std::nullopt};
        if (device.delete_on_termination && of.persists(managed->second, device.device_name)) {
          of.broken(3, "would_go_with_its_instance", id,
                    fmt::format("{} of {} is launched with DeleteOnTermination true", device.device_name,
                                made.instance_id.str()));
        }
      }
      if (of.managed_[id].generation++ > 0) ++of.replacements_;
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

  void operator()(const ec2::CreateVolumeRequest& request) const {
    const VolumeId& made = std::get<ec2::CreateVolumeResponse>(response).volume.volume_id;
    const auto* tags = tags_for(request.tag_specifications, "volume");
    if (!service()) of.by_hand_.insert(made.str());
    if (service()) {
      of.volumes_.emplace(made, Volume{owner_tag(tags), tag(tags, model::kTagDevice), false, false, std::nullopt});
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
    const auto* tags = tags_for(request.tag_specifications, "snapshot");
    Snapshot snapshot;
    snapshot.owner = owner_tag(tags);
    snapshot.device = tag(tags, model::kTagDevice);
    snapshot.purpose = tag(tags, model::kTagPurpose);
    snapshot.volume = request.volume_id;
    snapshot.effect = tag(tags, model::kTagEffect);
    snapshot.made = of.time_.now();
    of.snapshots_.emplace(made, snapshot);
    // Of the generation that writes, or a later one. One that was asked for earlier and happens only now says by its
    // generation that it is not final for this one.
    auto writer = of.instances_.find(of.guests_.writer(request.volume_id));
    bool lives = writer != of.instances_.end() && writer->second.generation <= generation_tag(tags);
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
    const Managed& managed = of.managed_[snapshot.owner];
    if (!service()) return;
    if (snapshot.failed || of.may_go(managed, &model::Deallocation::delete_snapshots)) return;
    if (of.is_newest(request.snapshot_id, snapshot)) {
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
                       Image{snapshot->second.owner, source, of.time_.now(), false});
  }

  void operator()(const ec2::DeregisterImageRequest& request) const {
    auto found = of.images_.find(request.image_id);
    if (found == of.images_.end()) return;
    found->second.deleted = true;
    const Managed& managed = of.managed_[found->second.owner];
    if (!service() || of.may_go(managed, &model::Deallocation::delete_images)) return;
    bool newer = std::any_of(of.images_.begin(), of.images_.end(), [&](const auto& entry) {
      return entry.second.owner == found->second.owner && !entry.second.deleted &&
             entry.second.made >= found->second.made;
    });
    if (newer) return;
    of.broken(1, "newest_image_deregistered", found->second.owner,
              fmt::format("{} goes, and there is no newer one", request.image_id.str()));
  }

  void operator()(const ec2::CreateNetworkInterfaceRequest& request) const {
    const auto* tags = tags_for(request.tag_specifications, "network-interface");
    if (!service()) return;
    of.interfaces_.emplace(
        std::get<ec2::CreateNetworkInterfaceResponse>(response).network_interface.network_interface_id,
        Interface{owner_tag(tags), false});
  }

  void operator()(const ec2::DeleteNetworkInterfaceRequest& request) const {
    auto found = of.interfaces_.find(request.network_interface_id);
    if (found == of.interfaces_.end()) return;
    found->second.deleted = true;
    const Managed& managed = of.managed_[found->second.owner];
    if (!service() || of.may_go(managed, &model::Deallocation::delete_interfaces)) return;
    bool other = std::any_of(of.interfaces_.begin(), of.interfaces_.end(), [&](const auto& entry) {
      return entry.second.owner == found->second.owner && !entry.second.deleted;
    });
    if (!other) of.broken(1, "interface_deleted", found->second.owner, request.network_interface_id.str());
  }

  template <class R>
  void operator()(const R&) const {}
};

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
  const auto* attach = std::get_if<ec2::AttachVolumeRequest>(&request);
  if (attach == nullptr) return;
  auto found = volumes_.find(attach->volume_id);
  if (found == volumes_.end() || found->second.machine == attach->instance_id) return;
  const Volume& volume = found->second;
  if (volume.seen_free && *volume.seen_free >= volume.came) return;
  broken(2, "attached_before_it_was_seen_free", volume.owner,
         fmt::format("{} is to be attached to {}", attach->volume_id.str(), attach->instance_id.str()));
}

void Checker::shown_to_service(const ec2::Response& response, Time asked) {
  const auto* listing = std::get_if<ec2::DescribeVolumesResponse>(&response);
  if (listing == nullptr) return;
  for (const ec2::Volume& shown : listing->volumes) {
    auto found = volumes_.find(shown.volume_id);
    if (found != volumes_.end() && shown.attachments.empty()) found->second.seen_free = asked;
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

// ---- what the service says

void Checker::shown(const engine::View& view) {
  for (const std::string& what : core::broken_invariants(view.state)) {
    broken(what.empty() ? 0 : what[0] - '0', "state_contradicts_itself", view.id, what);
  }
  auto found = managed_.find(view.id);
  if (found == managed_.end() || !found->second.goal) return;
  if (view.state.goal != *found->second.goal) {
    broken(6, "answered_request_forgotten", view.id, "the goal is another than what the user was answered");
  }
}

void Checker::restarted(const engine::View& view) {
  shown(view);
}

// ---- machines and volumes

void Checker::machine_runs(const cloud::MachineSpec& machine) {
  auto found = instances_.find(machine.id);
  if (found == instances_.end()) return;
  const ManagedInstanceId& id = found->second.owner;
  for (const auto& [other, instance] : instances_) {
    if (other != machine.id && instance.owner == id && instance.runs) {
      broken(2, "two_machines", id, fmt::format("{} runs while {} still does", machine.id.str(), other.str()));
    }
  }
  found->second.runs = true;
  Managed& managed = managed_[id];
  if (!managed.spec.persistence.private_ip || machine.interfaces.empty()) return;
  const std::string& ip = machine.interfaces.front().ip;
  if (managed.ip.empty()) managed.ip = ip;
  if (managed.ip != ip) broken(3, "address_changed", id, fmt::format("it was {}, and is {}", managed.ip, ip));
}

void Checker::machine_is_well(const InstanceId& machine) {
  auto found = instances_.find(machine);
  if (found == instances_.end()) return;
  found->second.well = true;
  for (auto& [id, volume] : volumes_) {
    if (volume.owner != found->second.owner || volume.deleted || !guests_.writing(id)) continue;
    volume.was_well = true;
    managed_[volume.owner].destroyed.erase(volume.device);  // what takes its place is promised like any other
  }
}

void Checker::machine_is_dead(const InstanceId& machine) {
  auto found = instances_.find(machine);
  if (found != instances_.end()) found->second.runs = false;
}

void Checker::volume_comes(const InstanceId& machine, const cloud::AttachedVolume& attached) {
  auto instance = instances_.find(machine);
  auto found = volumes_.find(attached.id);
  if (found == volumes_.end()) return;
  if (instance == instances_.end()) {  // a person's
    found->second.machine = machine;
    found->second.came = time_.now();
    return;
  }
  if (guests_.writing(attached.id)) {
    broken(2, "volume_on_two_machines", found->second.owner, attached.id.str());
  }
  found->second.device = attached.device;
  found->second.machine = machine;
  found->second.came = time_.now();
  found->second.taken_off = false;
  Managed& managed = managed_[found->second.owner];
  if (instance->second.well) found->second.was_well = true;
  if (!persists(managed, attached.device)) return;
  auto content = guests_.volume(attached.id, time_.now());
  // Another volume put there by hand: what it holds is what there is from now on.
  bool exchanged = by_hand_.contains(attached.id.str()) && !guests_.ever_written(attached.id);
  if (exchanged) managed.acknowledged.erase(attached.device);
  bool destroyed = managed.destroyed.contains(attached.device) && !exchanged && content;
  if (destroyed && !holds_some_copy(found->second.owner, attached.device, content->written)) {
    broken(3, "older_copy_not_used", found->second.owner,
           fmt::format("{} comes to {} as {} without what an older snapshot holds", attached.id.str(), machine.str(),
                       attached.device));
  }
  Log& known = managed.acknowledged[attached.device];
  if (content && content->written.holds(known)) return;
  broken(3, "synced_writes_lost", found->second.owner,
         fmt::format("{} comes to {} as {} with {} writes; {} were acknowledged", attached.id.str(), machine.str(),
                     attached.device, content ? content->written.end() : -1, known.end()));
  if (content) known = content->written;
}

void Checker::volume_leaves(const InstanceId& machine, const VolumeId& volume) {
  auto instance = instances_.find(machine);
  auto found = volumes_.find(volume);
  if (found == volumes_.end()) return;
  auto content = guests_.volume(volume, time_.now());
  if (instance == instances_.end()) {
    // What a person has written to one that is paused is as good as what it wrote itself.
    const Managed& managed = managed_[found->second.owner];
    if (managed.goal != model::Goal::paused || !persists(managed, found->second.device)) return;
  }
  if (content) managed_[found->second.owner].acknowledged[found->second.device] = content->synced;
}

void Checker::snapshot_ends(const SnapshotId& snapshot, bool completed) {
  auto found = snapshots_.find(snapshot);
  if (found == snapshots_.end()) return;
  found->second.completed = completed;
  found->second.failed = !completed;
}

void Checker::volume_goes(const VolumeId& id) {
  auto found = volumes_.find(id);
  if (found == volumes_.end() || found->second.deleted) return;
  found->second.deleted = true;
  if (!managed_.contains(found->second.owner)) return;
  // Set by hand to go with its instance, and the service has had no time to mend that.
  const std::optional<Time>& unkept = found->second.unkept;
  bool hidden = unkept && !found->second.deleter &&
                (!service_since_ || time_.now() < std::max(*unkept, *service_since_) + kToMend);
  if (found->second.deleter == Actor::person || hidden) {
    auto content = guests_.volume(id, time_.now());
    const Log& known = managed_[found->second.owner].acknowledged[found->second.device];
    bool newest = content && content->written.holds(known);
    if (newest) excuse(found->second.owner, found->second.device, id.str());
    return;
  }
  check_volume_goes(id, found->second);
}

// ---- the end

std::set<std::string> Checker::known_things(const model::State& state) const {
  std::set<std::string> known;
  if (state.instance) known.insert(state.instance->id.str());
  if (state.scout) known.insert(state.scout->id.str());
  if (state.interface) known.insert(state.interface->id.str());
  for (const auto& interface : state.superseded_interfaces) known.insert(interface.id.str());
  if (state.root) known.insert(state.root->id.str());
  for (const auto& [device, volume] : state.data) known.insert(volume.id.str());
  for (const auto& volume : state.superseded) known.insert(volume.id.str());
  for (const auto& volume : state.left_by_launch) known.insert(volume.id.str());
  for (const auto& snapshot : state.snapshots) known.insert(snapshot.id.str());
  for (const auto& image : state.images) known.insert(image.id.str());
  for (const auto& retired : state.retired) known.insert(retired.id);
  return known;
}

namespace {

template <class R, class Item>
std::vector<Item> all_of(cloud::Cloud& cloud, std::vector<Item> R::Response::*items) {
  R request;
  std::vector<Item> all;
  for (;;) {
    auto answer = cloud.call(request);
    CHECK(answer);
    all.insert(all.end(), ((*answer).*items).begin(), ((*answer).*items).end());
    if (answer->next_token.empty()) return all;
    request.next_token = answer->next_token;
  }
}

}  // namespace

std::map<std::string, std::string> Checker::left_over(
    cloud::Cloud& cloud, const std::map<ManagedInstanceId, engine::SharedView>& views) const {
  std::map<std::string, std::string> left;
  std::set<std::string> known = by_hand_;
  std::set<std::string> attached;  // what an instance has besides belongs to it
  for (const auto& [id, view] : views) {
    if (view) known.merge(known_things(view->state));
  }
  auto check = [&](const std::string& thing, const std::string& state) {
    if (!known.contains(thing) && !attached.contains(thing)) left.emplace(thing, state);
  };
  for (const auto& instance :
       all_of<ec2::DescribeInstancesRequest>(cloud, &ec2::DescribeInstancesResponse::instances)) {
    if (instance.state == "terminated") continue;
    for (const auto& device : instance.block_device_mappings) attached.insert(device.volume_id.str());
    for (const auto& interface : instance.network_interfaces) attached.insert(interface.network_interface_id.str());
    check(instance.instance_id.str(), instance.state);
  }
  for (const auto& x : all_of<ec2::DescribeVolumesRequest>(cloud, &ec2::DescribeVolumesResponse::volumes))
    check(x.volume_id.str(), x.state);
  SnapshotId built;
  for (const auto& x : all_of<ec2::DescribeImagesRequest>(cloud, &ec2::DescribeImagesResponse::images)) {
    if (!x.is_public) {
      check(x.image_id.str(), x.state);
    } else if (!x.block_device_mappings.empty() && x.block_device_mappings.front().ebs) {
      built = x.block_device_mappings.front().ebs->snapshot_id.value_or(SnapshotId());
    }
  }
  for (const auto& x : all_of<ec2::DescribeSnapshotsRequest>(cloud, &ec2::DescribeSnapshotsResponse::snapshots)) {
    if (x.snapshot_id != built) check(x.snapshot_id.str(), x.state);
  }
  for (const auto& x : all_of<ec2::DescribeNetworkInterfacesRequest>(
           cloud, &ec2::DescribeNetworkInterfacesResponse::network_interfaces)) {
    check(x.network_interface_id.str(), x.status);
  }
  return left;
}

}  // namespace holdfast::sim
