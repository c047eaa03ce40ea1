#include "engine/observer.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <bit>
#include <set>

#include "base/text.h"
#include "engine/tags.h"
#include "engine/translate.h"

namespace holdfast::engine {

namespace {

constexpr std::array kAllKindsInOrder = {model::Kind::instances, model::Kind::volumes,    model::Kind::snapshots,
                                         model::Kind::images,    model::Kind::interfaces, model::Kind::status};
constexpr size_t kMostNamedOrphans = 20;  // resources of one unknown managed instance in one warning

size_t index_of(model::Kind kind) {
  return std::countr_zero(static_cast<unsigned>(kind));
}

model::Kinds only(model::Kind kind) {
  return static_cast<model::Kinds>(kind);
}

}  // namespace

// One set of describes. Shared by the closures of its describes; gone with the last.
struct Observer::Round {
  struct Target {
    model::Kinds kinds = 0;
    InstanceId instance;  // its current one, for status checks; may be empty
  };
  bool sweep = false;
  Time as_of{};
  std::map<ManagedInstanceId, Target> targets;
  int open = 0;           // describes not answered yet
  model::Kinds read = 0;  // kinds read to the end
  Listing all;
  std::map<VolumeId, ManagedInstanceId> untagged;  // volumes on an instance of ours that carry no tag: asked for by id
};

Observer::Observer(Ties ties) : ties_(std::move(ties)) {}
Observer::~Observer() = default;

void Observer::want(const ManagedInstanceId& id, model::Kinds kinds) {
  ++ties_.counters.looks_asked;
  wanted_[id] |= kinds;
}

void Observer::forget(const ManagedInstanceId& id) {
  wanted_.erase(id);
  delivered_.erase(id);
}

void Observer::sweep(std::vector<ManagedInstanceId> known) {
  if (!sweeping_) sweep_wanted_ = std::move(known);
}

model::Kinds Observer::kinds_awake(Time now) const {
  model::Kinds kinds = 0;
  for (model::Kind kind : kAllKindsInOrder) {
    if (pauses_[index_of(kind)].until <= now) kinds = kinds | kind;
  }
  return kinds;
}

void Observer::pump() {
  Time now = ties_.clock.now();
  model::Kinds awake = kinds_awake(now);
  while (rounds_ < kMostRounds) {
    auto round = std::make_shared<Round>();
    for (auto at = wanted_.begin(); at != wanted_.end() && round->targets.size() < kMostFilterValues;) {
      model::Kinds kinds = at->second & awake;
      SharedView view = ties_.find(at->first);
      if (view == nullptr) {
        at = wanted_.erase(at);
        continue;
      }
      if (kinds == 0 || under_way_.contains(at->first)) {
        ++at;
        continue;
      }
      round->targets[at->first] = {kinds, view->state.instance ? view->state.instance->id : InstanceId()};
      at->second = at->second & static_cast<model::Kinds>(~kinds);
      at = at->second == 0 ? wanted_.erase(at) : std::next(at);
    }
    if (round->targets.empty()) break;
    start(std::move(round));
  }
  if (sweep_wanted_ && !sweeping_ && rounds_ < kMostRounds) {
    sweeping_ = true;
    ++ties_.counters.sweeps;
    auto round = std::make_shared<Round>();
    round->sweep = true;
    model::Kinds kinds = model::kAllKinds & static_cast<model::Kinds>(~only(model::Kind::status));
    for (const ManagedInstanceId& id : *sweep_wanted_) round->targets[id] = {kinds, {}};
    sweep_wanted_.reset();
    start(std::move(round));
  }
}

std::optional<Time> Observer::next_pump() const {
  if (rounds_ >= kMostRounds || wanted_.empty()) return std::nullopt;
  std::optional<Time> next;
  for (const auto& [id, kinds] : wanted_) {
    if (under_way_.contains(id)) continue;
    for (model::Kind kind : kAllKindsInOrder) {
      if (!model::has(kinds, kind)) continue;
      Time until = pauses_[index_of(kind)].until;
      if (!next || until < *next) next = until;
    }
  }
  return next;
}

void Observer::start(SharedRound round) {
  ++rounds_;
  ++ties_.counters.rounds;
  round->as_of = ties_.clock.now();
  model::Kinds kinds = 0;
  for (const auto& [id, target] : round->targets) {
    kinds |= target.kinds;
    if (!round->sweep) ++under_way_[id];
  }
  if (round->sweep) kinds = model::kAllKinds & static_cast<model::Kinds>(~only(model::Kind::status));
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
void Observer::note(model::Kind kind, const Result<Listing>& listing) {
  Pause& pause = pauses_[index_of(kind)];
  if (listing) {
    pause = {};
    return;
  }
  ++ties_.counters.describes_failed;
  pause.length = std::clamp(pause.length * 2, kFirstPause, kLongestPause);
  pause.until = ties_.clock.now() + pause.length;
  spdlog::warn("looking at the cloud: {}", holdfast::describe(listing.error()));
}

void Observer::answered(const SharedRound& round, model::Kind kind, Result<Listing> listing) {
  note(kind, listing);
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
      if (model::has(target.kinds, kind)) wanted_[id] |= only(kind);
    }
  }
  if (--round->open == 0) complete(round);
}

// Volumes that an operator attached by hand carry no tag: they are on the instance, and not in the listing of volumes.
void Observer::complete(const SharedRound& round) {
  model::Kinds both = model::Kind::instances | model::Kind::volumes;
  if ((round->read & both) != both) return deliver(round);
  std::set<VolumeId> listed;
  for (const ec2::Volume& volume : round->all.volumes) listed.insert(volume.volume_id);
  for (const ec2::Instance& instance : round->all.instances) {
    auto owner = owner_of(instance.tags);
    if (!owner || instance.state == "terminated") continue;
    auto target = round->targets.find(*owner);
    if (target == round->targets.end() || (target->second.kinds & both) != both) continue;
    for (const ec2::InstanceBlockDevice& device : instance.block_device_mappings) {
      if (!device.volume_id.empty() && !listed.contains(device.volume_id)) {
        round->untagged.emplace(device.volume_id, *owner);
      }
    }
  }
  if (round->untagged.empty()) return deliver(round);
  ask_untagged(round);
}

void Observer::ask_untagged(const SharedRound& round) {
  std::vector<VolumeId> ids;
  for (const auto& [volume, owner] : round->untagged) ids.push_back(volume);
  ties_.workers.submit([this, round, ids = std::move(ids)] {
    auto listing = list_volumes(ties_.ec2, ids);
    ties_.post([this, round, listing = std::move(listing)] {
      note(model::Kind::volumes, listing);
      if (listing) {
        round->all.volumes.insert(round->all.volumes.end(), listing->volumes.begin(), listing->volumes.end());
      } else {
        // Without them the listing is not complete for their owners: they get none, and want one again.
        for (const auto& [volume, owner] : round->untagged) {
          auto& kinds = round->targets.at(owner).kinds;
          kinds = kinds & static_cast<model::Kinds>(~only(model::Kind::volumes));
          if (!round->sweep) wanted_[owner] |= only(model::Kind::volumes);
        }
      }
      deliver(round);
    });
  });
}

void Observer::deliver(const SharedRound& round) {
  --rounds_;
  std::map<ManagedInstanceId, model::Observation> observations;
  std::map<InstanceId, ManagedInstanceId> by_instance;
  for (const auto& [id, target] : round->targets) {
    model::Kinds kinds = target.kinds & round->read;
    if (target.instance.empty()) kinds = kinds & static_cast<model::Kinds>(~only(model::Kind::status));
    observations[id].as_of = round->as_of;
    observations[id].kinds = kinds;
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
  for (const auto& thing : round->all.instances)
    place(owner_of(thing.tags), model::Kind::instances, &O::instances, thing);
  for (const auto& thing : round->all.volumes) {
    auto by_hand = round->untagged.find(thing.volume_id);
    auto owner = by_hand != round->untagged.end() ? by_hand->second : owner_of(thing.tags);
    place(owner, model::Kind::volumes, &O::volumes, thing);
  }
  for (const auto& thing : round->all.snapshots)
    place(owner_of(thing.tags), model::Kind::snapshots, &O::snapshots, thing);
  for (const auto& thing : round->all.images) place(owner_of(thing.tags), model::Kind::images, &O::images, thing);
  for (const auto& thing : round->all.interfaces) {
    place(owner_of(thing.tag_set), model::Kind::interfaces, &O::interfaces, thing);
  }
  for (const auto& thing : round->all.statuses) {
    auto owner = by_instance.find(thing.instance_id);
    if (owner != by_instance.end()) place(owner->second, model::Kind::status, &O::statuses, thing);
  }
  if (round->sweep) {
    sweeping_ = false;
    warn_of_orphans(*round);
  }
  for (auto& [id, observation] : observations) {
    if (!round->sweep && --under_way_[id] == 0) under_way_.erase(id);
    // A sweep takes long: what a look has shown meanwhile is newer, and must not be overwritten by older facts.
    if (observation.kinds == 0 || ties_.find(id) == nullptr) continue;
    Time& last = delivered_[id];
    if (observation.as_of < last) continue;
    last = observation.as_of;
    ++ties_.counters.looks_made;
    ties_.seen(id, std::move(observation));
  }
}

// Never deleted: a store restored from yesterday's copy knows nothing of what was made since, and that may be the only
// copy of somebody's data.
void Observer::warn_of_orphans(const Round& round) {
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
