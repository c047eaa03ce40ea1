#include "engine/observer.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <bit>
#include <set>

#include "base/text.h"
#include "core/draft.h"
#include "core/probe.h"
#include "engine/tags.h"
#include "engine/translate.h"

namespace holdfast::engine {

namespace {

constexpr std::array kAllKindsInOrder = {model::Kind::instances, model::Kind::volumes,    model::Kind::snapshots,
                                         model::Kind::images,    model::Kind::interfaces, model::Kind::status};
constexpr size_t kMostNamedOrphans = 20;  // resources of one unknown managed instance in one warning

// What is looked at together. In the order in which rounds are begun.
constexpr std::array kGroups = {model::Kind::instances | model::Kind::volumes | model::Kind::interfaces,
                                static_cast<model::Kinds>(model::Kind::snapshots),
                                static_cast<model::Kinds>(model::Kind::images),
                                static_cast<model::Kinds>(model::Kind::status)};

size_t index_of(model::Kind kind) {
  return std::countr_zero(static_cast<unsigned>(kind));
}

model::Kinds only(model::Kind kind) {
  return static_cast<model::Kinds>(kind);
}

constexpr model::Kinds kSwept = model::kAllKinds & ~static_cast<model::Kinds>(model::Kind::status);

}  // namespace

// One set of describes. Shared by the closures of its describes; gone with the last.
struct Observer::Round {
  struct Target {
    model::Kinds kinds = 0;
    InstanceId instance;  // its current one, for status checks; may be empty
  };
  uint64_t number = 0;
  bool sweep = false;
  model::Kinds group = 0;  // not of a sweep: it looks at several
  model::Kinds swept = 0;
  Time as_of{};
  std::map<ManagedInstanceId, Target> targets;
  int open = 0;             // describes not answered yet
  model::Kinds read = 0;    // kinds read to the end
  model::Kinds denied = 0;  // time and again
  std::string why_denied;
  Listing all;
  // Not in the listing by tag, and somebody's all the same: asked for by id.
  std::map<VolumeId, ManagedInstanceId> unlisted_volumes;
  std::map<InterfaceId, ManagedInstanceId> unlisted_interfaces;
  std::map<InstanceId, ManagedInstanceId> unlisted_instances;
  std::map<SnapshotId, ManagedInstanceId> unlisted_snapshots;
  std::map<ImageId, ManagedInstanceId> unlisted_images;
  bool lists_all() const {
    return unlisted_volumes.empty() && unlisted_interfaces.empty() && unlisted_instances.empty() &&
           unlisted_snapshots.empty() && unlisted_images.empty();
  }
  std::set<VolumeId> attached_by_hand;  // of the unlisted: on somebody's instance, and unknown to its state
  bool whose_is_unknown = false;        // of these: it could not be asked
};

Observer::Observer(Ties ties) : ties_(std::move(ties)) {}
Observer::~Observer() = default;

void Observer::want(const ManagedInstanceId& id, model::Kinds kinds) {
  ++ties_.counters.looks_asked;
  add(id, kinds);
}

void Observer::add(const ManagedInstanceId& id, model::Kinds kinds) {
  for (model::Kinds group : kGroups) {
    if ((kinds & group) != 0) rounds_[group].wanted[id] |= kinds & group;
  }
}

void Observer::forget(const ManagedInstanceId& id) {
  for (auto& [group, rounds] : rounds_) rounds.wanted.erase(id);
  delivered_.erase(id);
  taken_.erase(id);
}

void Observer::take(const ManagedInstanceId& id) {
  if (rounds_begun_ > 0) taken_[id] = rounds_begun_;
}

void Observer::sweep(std::vector<ManagedInstanceId> known, model::Kinds kinds) {
  // One that was not begun yet is made up for by the next, and that looks at what both were for.
  if (sweeping_) return;
  sweep_kinds_ = (sweep_wanted_ ? sweep_kinds_ : model::Kinds(0)) | (kinds & kSwept);
  sweep_wanted_ = std::move(known);
}

model::Kinds Observer::kinds_awake(Time now) const {
  model::Kinds kinds = 0;
  for (model::Kind kind : kAllKindsInOrder) {
    if (pauses_[index_of(kind)].until <= now) kinds = kinds | kind;
  }
  return kinds;
}

void Observer::pump() {
  const model::Kinds awake = kinds_awake(ties_.clock.now());
  for (bool any = true; any;) {
    any = false;
    for (model::Kinds group : kGroups) any = start_one(group, awake) || any;
  }
  start_sweep();
}

// Those who want a look of this group, from where the last round ended: each in its turn, if they are more than one
// describe can name.
void Observer::take_targets(Round& round, model::Kinds awake) {
  auto& [under_way, last, wanted] = rounds_[round.group];
  auto at = wanted.upper_bound(last);
  for (size_t left = wanted.size(); left > 0 && round.targets.size() < kMostFilterValues; --left) {
    if (at == wanted.end()) at = wanted.begin();
    const auto one = at++;
    const model::Kinds kinds = one->second & awake;
    if (kinds == 0) continue;
    SharedView view = ties_.find(one->first);
    if (view == nullptr) {
      wanted.erase(one);
      continue;
    }
    last = one->first;
    round.targets[last] = {kinds, view->state.instance ? view->state.instance->id : InstanceId()};
    one->second = one->second & static_cast<model::Kinds>(~kinds);
    if (one->second == 0) wanted.erase(one);
  }
}

// One round of the group for those who want it; false: nobody does, or too many are under way.
bool Observer::start_one(model::Kinds group, model::Kinds awake) {
  const Rounds& rounds = rounds_[group];
  if (rounds.wanted.empty() || rounds.under_way >= kMostRounds || (group & awake) == 0) return false;
  auto round = std::make_shared<Round>();
  round->group = group;
  take_targets(*round, awake);
  if (round->targets.empty()) return false;
  ++rounds_[group].under_way;
  start(std::move(round));
  return true;
}

void Observer::start_sweep() {
  if (!sweep_wanted_ || sweeping_) return;
  sweeping_ = true;
  ++ties_.counters.sweeps;
  auto round = std::make_shared<Round>();
  round->sweep = true;
  round->swept = sweep_kinds_;
  for (const ManagedInstanceId& id : *sweep_wanted_) round->targets[id] = {sweep_kinds_, {}};
  sweep_wanted_.reset();
  start(std::move(round));
}

std::optional<Time> Observer::next_pump() const {
  std::optional<Time> next;
  for (const auto& [group, rounds] : rounds_) {
    if (rounds.under_way >= kMostRounds) continue;
    for (const auto& [id, kinds] : rounds.wanted) {
      if (next && *next <= Time{}) return next;  // at once: no other can be sooner
      for (model::Kind kind : kAllKindsInOrder) {
        if (!model::has(kinds, kind)) continue;
        Time until = pauses_[index_of(kind)].until;
        if (!next || until < *next) next = until;
      }
    }
  }
  return next;
}

void Observer::start(SharedRound round) {
  ++ties_.counters.rounds;
  round->number = ++rounds_begun_;
  round->as_of = ties_.clock.now();
  model::Kinds kinds = 0;
  for (const auto& [id, target] : round->targets) {
    kinds |= target.kinds;
  }
  if (round->sweep) kinds = round->swept;
  round->open = std::popcount(kinds);
  for (model::Kind kind : kAllKindsInOrder) {
    if (model::has(kinds, kind)) ask(round, kind);
  }
}

void Observer::ask(const SharedRound& round, model::Kind kind) {
  std::vector<ManagedInstanceId> owners;
  std::vector<InstanceId> instances;
  for (const auto& [id, target] : round->targets) {
    if (round->sweep || !model::has(target.kinds, kind)) continue;
    owners.push_back(id);
    if (!target.instance.empty()) instances.push_back(target.instance);
  }
  ties_.workers.submit([this, round, kind, owners = std::move(owners), instances = std::move(instances)] {
    auto listing =
        kind == model::Kind::status ? list_statuses(ties_.ec2, instances) : list_tagged(ties_.ec2, kind, owners);
    ties_.post(
        [this, round, kind, listing = std::move(listing)]() mutable { answered(round, kind, std::move(listing)); });
  });
}

// Paces the next describe of this kind: a failure makes everybody wait who wants it, a success nobody.
void Observer::note(Round& round, model::Kind kind, const Result<Listing>& listing) {
  Pause& pause = pauses_[index_of(kind)];
  if (listing) {
    pause = {};
    return;
  }
  ++ties_.counters.describes_failed;
  pause.length = std::clamp(pause.length * 2, kFirstPause, kLongestPause);
  pause.until = ties_.clock.now() + pause.length;
  spdlog::warn("looking at the cloud: {}", holdfast::describe(listing.error()));
  if (listing.error().kind != ErrorKind::denied || pause.length < kPauseOfDenied) return;
  round.denied = round.denied | kind;
  round.why_denied = holdfast::describe(listing.error());
}

void Observer::answered(const SharedRound& round, model::Kind kind, Result<Listing> listing) {
  note(*round, kind, listing);
  if (listing) {
    round->read = round->read | kind;
    switch (kind) {
      case model::Kind::instances:
        round->all.instances = std::move(listing->instances);
        break;
      case model::Kind::volumes:
        round->all.volumes = std::move(listing->volumes);
        break;
      case model::Kind::snapshots:
        round->all.snapshots = std::move(listing->snapshots);
        break;
      case model::Kind::images:
        round->all.images = std::move(listing->images);
        break;
      case model::Kind::interfaces:
        round->all.interfaces = std::move(listing->interfaces);
        break;
      case model::Kind::status:
        round->all.statuses = std::move(listing->statuses);
        break;
    }
  } else if (!round->sweep) {
    for (const auto& [id, target] : round->targets) {
      if (model::has(target.kinds, kind)) add(id, only(kind));
    }
  }
  if (--round->open == 0) complete(round);
}

void Observer::complete(const SharedRound& round) {
  name_attached_by_hand(*round);
  name_unlisted(*round);
  if (round->lists_all()) return deliver(round);
  ask_unlisted(round);
}

// Volumes that an operator attached by hand carry no tag, or another's: they are on the instance, unknown to its state,
// and not in the listing of volumes, where that was asked for at all.
void Observer::name_attached_by_hand(Round& round) const {
  if (!model::has(round.read, model::Kind::instances)) return;
  std::set<VolumeId> listed;
  for (const ec2::Volume& volume : round.all.volumes) listed.insert(volume.volume_id);
  for (const ec2::Instance& instance : round.all.instances) {
    auto owner = owner_of(instance.tags);
    if (!owner || instance.state == "terminated") continue;
    auto target = round.targets.find(*owner);
    if (target == round.targets.end() || !model::has(target->second.kinds, model::Kind::instances)) continue;
    SharedView view = ties_.find(*owner);
    for (const ec2::InstanceBlockDevice& device : instance.block_device_mappings) {
      if (device.volume_id.empty() || listed.contains(device.volume_id)) continue;
      if (view != nullptr && core::is_present_volume(view->state, device.volume_id)) continue;
      round.unlisted_volumes.emplace(device.volume_id, *owner);
      round.attached_by_hand.insert(device.volume_id);
    }
  }
}

// Of instances and copies only what a look before this one has missed: what was just made is not in a listing yet, and
// who waits for it must not wait for another describe as well. What is given up by then is not asked for any more.
void Observer::name_missing(Round& round, const ManagedInstanceId& id, const model::State& state,
                            model::Kinds read) const {
  const auto& instance = state.instance;
  if (model::has(read, model::Kind::instances) && instance && instance->missing_since) {
    round.unlisted_instances.emplace(instance->id, id);
  }
  auto counts = [](const auto& copy, auto unknown) { return copy.missing_since && copy.state != unknown; };
  for (const model::Snapshot& known : state.snapshots) {
    const bool missing = model::has(read, model::Kind::snapshots) && counts(known, model::SnapshotState::unknown);
    if (missing) round.unlisted_snapshots.emplace(known.id, id);
  }
  for (const model::RootImage& known : state.images) {
    const bool missing = model::has(read, model::Kind::images) && counts(known, model::ImageState::unknown);
    if (missing) round.unlisted_images.emplace(known.id, id);
  }
}

// What a state knows and a listing by tag lacks may only have lost its tag. Only what EC2 does not know by its id is
// absent from an observation: on that core builds what it gives up.
void Observer::name_unlisted(Round& round) const {
  std::set<VolumeId> volumes;
  std::set<InterfaceId> interfaces;
  for (const ec2::Volume& volume : round.all.volumes) volumes.insert(volume.volume_id);
  for (const ec2::NetworkInterface& interface : round.all.interfaces) interfaces.insert(interface.network_interface_id);
  for (const auto& [id, target] : round.targets) {
    SharedView view = ties_.find(id);
    if (view == nullptr) continue;
    auto volume = [&](const VolumeId& known) {
      if (!volumes.contains(known)) round.unlisted_volumes.emplace(known, id);
      round.attached_by_hand.erase(known);
    };
    model::Kinds read = target.kinds & round.read;
    if (model::has(read, model::Kind::volumes)) {
      if (view->state.root) volume(view->state.root->id);
      for (const auto& [device, known] : view->state.data) volume(known.id);
      for (const auto& known : view->state.superseded) volume(known.id);
      for (const auto& known : view->state.left_by_launch) volume(known.id);
    }
    const auto& kept = view->state.interface;
    bool asked = model::has(read, model::Kind::interfaces) && kept.has_value();
    if (asked && !interfaces.contains(kept->id)) round.unlisted_interfaces.emplace(kept->id, id);
    name_missing(round, id, view->state, read);
  }
  for (const ec2::Instance& instance : round.all.instances) round.unlisted_instances.erase(instance.instance_id);
  for (const ec2::Snapshot& snapshot : round.all.snapshots) round.unlisted_snapshots.erase(snapshot.snapshot_id);
  for (const ec2::Image& image : round.all.images) round.unlisted_images.erase(image.image_id);
}

namespace {

template <class Owners>
auto ids_of(const Owners& owners) {
  std::vector<typename Owners::key_type> ids;
  for (const auto& [id, owner] : owners) ids.push_back(id);
  return ids;
}

}  // namespace

void Observer::ask_unlisted(const SharedRound& round) {
  core::reached(core::Probe::unlisted_asked_for);
  // Named here: what the round holds is this thread's.
  ties_.workers.submit([this, round, volumes = ids_of(round->unlisted_volumes),
                        interfaces = ids_of(round->unlisted_interfaces), instances = ids_of(round->unlisted_instances),
                        snapshots = ids_of(round->unlisted_snapshots), images = ids_of(round->unlisted_images)] {
    auto found_volumes = list_volumes(ties_.ec2, volumes);
    auto found_interfaces = list_interfaces(ties_.ec2, interfaces);
    auto found_instances = list_instances(ties_.ec2, instances);
    auto found_snapshots = list_snapshots(ties_.ec2, snapshots);
    auto found_images = list_images(ties_.ec2, images);
    ties_.post([=, this] {
      using model::Kind;
      take_unlisted(*round, Kind::volumes, round->unlisted_volumes, found_volumes, &Listing::volumes);
      take_unlisted(*round, Kind::interfaces, round->unlisted_interfaces, found_interfaces, &Listing::interfaces);
      take_unlisted(*round, Kind::instances, round->unlisted_instances, found_instances, &Listing::instances);
      take_unlisted(*round, Kind::snapshots, round->unlisted_snapshots, found_snapshots, &Listing::snapshots);
      take_unlisted(*round, Kind::images, round->unlisted_images, found_images, &Listing::images);
      deliver(round);
    });
  });
}

template <class Id, class Thing>
void Observer::take_unlisted(Round& round, model::Kind kind, const std::map<Id, ManagedInstanceId>& owners,
                             const Result<Listing>& found, std::vector<Thing> Listing::*things) {
  if (owners.empty()) return;
  note(round, kind, found);
  if (found) {
    (round.all.*things).insert((round.all.*things).end(), ((*found).*things).begin(), ((*found).*things).end());
    return;
  }
  if (kind == model::Kind::volumes) round.whose_is_unknown = true;
  core::reached(core::Probe::look_incomplete);
  // Without them the listing is not complete for their owners: they get none, and want one again.
  for (const auto& [id, owner] : owners) {
    auto& kinds = round.targets.at(owner).kinds;
    kinds = kinds & static_cast<model::Kinds>(~only(kind));
    if (!round.sweep) add(owner, only(kind));
  }
}

// What each is given, without its things. Of a kind only what is newer than what it was given before: a look that took
// long must not overwrite what another has shown meanwhile.
std::map<ManagedInstanceId, model::Observation> Observer::observations_of(const Round& round) {
  std::map<ManagedInstanceId, model::Observation> observations;
  for (const auto& [id, target] : round.targets) {
    model::Kinds kinds = target.kinds & round.read;
    if (target.instance.empty()) kinds = kinds & static_cast<model::Kinds>(~only(model::Kind::status));
    SharedView view = ties_.find(id);
    if (view == nullptr) continue;
    if (auto taken = taken_.find(id); taken != taken_.end() && round.number <= taken->second) continue;
    // Told once: it is known until it is shown again.
    for (model::Kind kind : kAllKindsInOrder) {
      if (!model::has(target.kinds & round.denied, kind) || view->state.looking.denied.contains(kind)) continue;
      observations[id].denied = observations[id].denied | kind;
      observations[id].why_denied = round.why_denied;
    }
    if (kinds == 0) continue;
    auto& delivered = delivered_[id];
    for (model::Kind kind : kAllKindsInOrder) {
      if (!model::has(kinds, kind)) continue;
      Time& last = delivered[index_of(kind)];
      if (round.as_of < last) kinds = kinds & static_cast<model::Kinds>(~only(kind));
      last = std::max(last, round.as_of);
    }
    if (kinds == 0) {
      core::reached(core::Probe::look_outrun);
      continue;
    }
    observations[id].as_of = round.as_of;
    observations[id].kinds = kinds;
  }
  return observations;
}

// What a person has attached to one's instance and carries another's tag is that other's still, who waits for it:
// whoever has it now must neither keep it nor delete it one day.
void Observer::leave_out_anothers(const Round& round,
                                  std::map<ManagedInstanceId, model::Observation>& observations) const {
  std::map<VolumeId, ManagedInstanceId> unknown;  // to the state of whose instance it is on
  for (const auto& [id, observation] : observations) {
    SharedView view = ties_.find(id);
    for (const model::ObservedInstance& instance : observation.instances) {
      for (const model::ObservedDevice& device : instance.devices) {
        if (view != nullptr && !core::is_present_volume(view->state, device.volume)) unknown.emplace(device.volume, id);
      }
    }
  }
  if (unknown.empty()) return;
  auto leave_out = [&](const VolumeId& volume, const ManagedInstanceId& holder) {
    for (model::ObservedInstance& instance : observations.at(holder).instances) {
      std::erase_if(instance.devices, [&](const auto& device) { return device.volume == volume; });
    }
  };
  for (const ec2::Volume& volume : round.all.volumes) {
    const auto owner = owner_of(volume.tags);
    auto holder = unknown.find(volume.volume_id);
    if (owner && holder != unknown.end() && holder->second != *owner) leave_out(volume.volume_id, holder->second);
  }
  if (!round.whose_is_unknown) return;
  for (const VolumeId& volume : round.attached_by_hand) {
    if (auto holder = unknown.find(volume); holder != unknown.end()) leave_out(volume, holder->second);
  }
}

void Observer::deliver(const SharedRound& round) {
  if (!round->sweep) --rounds_[round->group].under_way;
  std::map<ManagedInstanceId, model::Observation> observations = observations_of(*round);
  std::map<InstanceId, ManagedInstanceId> by_instance;
  for (const auto& [id, target] : round->targets) {
    if (!target.instance.empty()) by_instance[target.instance] = id;
  }
  // A thing goes to its owner's observation if that one asked for its kind.
  auto place = [&](const std::optional<ManagedInstanceId>& owner, model::Kind kind, auto member, const auto& thing) {
    if (!owner) return;
    auto found = observations.find(*owner);
    if (found != observations.end() && model::has(found->second.kinds, kind)) {
      (found->second.*member).push_back(observed(thing));
    }
  };
  using O = model::Observation;
  // What a state knows is its own, whatever tags it carries by now.
  auto owner_by = [](const auto& unlisted, const auto& id, const std::vector<ec2::Tag>& tags) {
    auto found = unlisted.find(id);
    return found != unlisted.end() ? std::optional(found->second) : owner_of(tags);
  };
  for (const auto& thing : round->all.instances) {
    const auto owner = owner_by(round->unlisted_instances, thing.instance_id, thing.tags);
    place(owner, model::Kind::instances, &O::instances, thing);
  }
  for (const auto& thing : round->all.volumes) {
    auto unlisted = round->unlisted_volumes.find(thing.volume_id);
    auto owner = owner_of(thing.tags);
    const bool anothers = owner && round->attached_by_hand.contains(thing.volume_id);
    if (unlisted != round->unlisted_volumes.end() && !anothers) owner = unlisted->second;
    place(owner, model::Kind::volumes, &O::volumes, thing);
  }
  for (const auto& thing : round->all.snapshots) {
    const auto owner = owner_by(round->unlisted_snapshots, thing.snapshot_id, thing.tags);
    place(owner, model::Kind::snapshots, &O::snapshots, thing);
  }
  for (const auto& thing : round->all.images) {
    place(owner_by(round->unlisted_images, thing.image_id, thing.tags), model::Kind::images, &O::images, thing);
  }
  for (const auto& thing : round->all.interfaces) {
    const auto owner = owner_by(round->unlisted_interfaces, thing.network_interface_id, thing.tag_set);
    place(owner, model::Kind::interfaces, &O::interfaces, thing);
  }
  for (const auto& thing : round->all.statuses) {
    auto owner = by_instance.find(thing.instance_id);
    if (owner != by_instance.end()) place(owner->second, model::Kind::status, &O::statuses, thing);
  }
  leave_out_anothers(*round, observations);
  if (round->sweep) {
    sweeping_ = false;
    if (round->swept == kSwept) warn_of_orphans(*round);
  }
  for (auto& [id, observation] : observations) {
    ++ties_.counters.looks_made;
    ties_.seen(id, std::move(observation));
  }
}

// Never deleted: a store restored from yesterday's copy knows nothing of what was made since, and that may be the only
// copy of somebody's data.
void Observer::warn_of_orphans(const Round& round) {
  if (ties_.others && ties_.others()) return;  // they know of theirs
  std::map<ManagedInstanceId, std::vector<std::string>> orphans;
  auto look = [&](const std::vector<ec2::Tag>& tags, const std::string& id) {
    auto owner = owner_of(tags);
    if (!owner || round.targets.contains(*owner) || ties_.find(*owner) != nullptr) return;
    auto& named = orphans[*owner];
    if (named.size() < kMostNamedOrphans) named.push_back(id);
  };
  for (const auto& thing : round.all.instances) {
    if (thing.state != "terminated") look(thing.tags, thing.instance_id.str());
  }
  for (const auto& thing : round.all.volumes) look(thing.tags, thing.volume_id.str());
  for (const auto& thing : round.all.snapshots) look(thing.tags, thing.snapshot_id.str());
  for (const auto& thing : round.all.images) look(thing.tags, thing.image_id.str());
  for (const auto& thing : round.all.interfaces) look(thing.tag_set, thing.network_interface_id.str());
  ties_.counters.orphans = orphans.size();
  for (const auto& [id, things] : orphans) {
    spdlog::warn(
        "the cloud has things of {}, which this store does not know: {}. They are left alone; delete them by "
        "hand if nobody needs them",
        id.str(), join(things, ", "));
  }
}

}  // namespace holdfast::engine
