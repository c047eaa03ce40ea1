// Who and what acts on the world besides the service and its users: operators at the cloud's console, the market, and
// crashes.

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "engine/changes.h"
#include "engine/inspect.h"
#include "model/document.h"
#include "model/observed.h"
#include "sim/world.h"

namespace holdfast::sim {

using namespace std::chrono_literals;

namespace {

ManagedInstanceId owner_of(const std::vector<ec2::Tag>& tags) {
  const std::string* value = ec2::find_tag(tags, model::kTagManagedInstance);
  return ManagedInstanceId(value == nullptr ? std::string() : *value);
}

}  // namespace

// ---- the market

std::optional<cloud::CloudInstance> World::pick_running(Random& random, const Fits& fits) {
  std::vector<cloud::CloudInstance> running;
  for (auto& instance : cloud_->instances()) {
    bool ours = !owner_of(instance.instance.tags).empty();
    if (ours && instance.instance.state == "running" && fits(instance.instance)) running.push_back(std::move(instance));
  }
  if (running.empty()) return std::nullopt;
  return running[random.below(running.size())];
}

void World::interrupt(Fault how, Random& random) {
  auto picked = pick_running(random);
  if (!picked) return;
  const InstanceId& id = picked->instance.instance_id;
  note(owner_of(picked->instance.tags), fmt::format("the cloud: {} of {}", name_of(how), id.str()));
  cloud::InterruptHow what;
  if (how == Fault::rebalance) {
    (void)cloud_->rebalance(id);
    return;
  }
  what.notice = how == Fault::interruption_short ? Duration(1000 + random.below(30'000)) : Duration(120'000);
  what.kind = how == Fault::interruption_without ? cloud::InterruptHow::Kind::no_notice
              : how == Fault::power_cut          ? cloud::InterruptHow::Kind::power_cut
                                                 : cloud::InterruptHow::Kind::notice;
  auto done = cloud_->interrupt(id, what);
  if (done) return;
  what.kind = cloud::InterruptHow::Kind::no_notice;  // one on demand gets no notice: its host fails
  (void)cloud_->interrupt(id, what);
}

void World::move_market(Fault how, Random& random) {
  std::string zone = std::string("local-1") + static_cast<char>('a' + random.below(3));
  cloud::MarketKey market{kTypes[random.below(std::size(kTypes))], zone, random.below(5) != 0};
  if (how == Fault::price_move) {
    market.spot = true;
    (void)cloud_->set_spot_price(market, 0.001 + random.unit() * 0.05);
    return;
  }
  CHECK(cloud_->set_capacity(market, 0));
  time_.post(5min + Duration(random.below(3 * 3'600'000)),
             [this, market] { CHECK(cloud_->set_capacity(market, std::nullopt)); });
  if (how != Fault::market_reclaim) return;
  for (const auto& instance : cloud_->instances()) {
    const ec2::Instance& shown = instance.instance;
    bool here = shown.instance_type == market.instance_type && shown.availability_zone == zone;
    if (!here || shown.state != "running") continue;
    cloud::InterruptHow what;
    what.kind = random.below(2) == 0 ? cloud::InterruptHow::Kind::notice : cloud::InterruptHow::Kind::no_notice;
    (void)cloud_->interrupt(shown.instance_id, what);
  }
}

// Its root, as a person's mistake does: what runs goes on, and the next one does not come up. Only where the document
// says what is to be done then.
void World::spoil(Random& random) {
  auto picked = pick_running(random, [&](const ec2::Instance& instance) {
    auto known = view(owner_of(instance.tags));
    return known && known->spec.persistence.root_fallback && substrate_.has_come_up(instance.instance_id);
  });
  if (!picked) return;
  for (const auto& device : picked->instance.block_device_mappings) {
    if (device.device_name != picked->instance.root_device_name) continue;
    note(owner_of(picked->instance.tags), "the root " + device.volume_id.str() + " is spoiled");
    guests_.spoil(device.volume_id);
  }
}

// ---- operators

void World::operate(Fault how, Random& random) {
  auto picked = pick_running(random);
  if (!picked) return;
  const ec2::Instance& instance = picked->instance;
  ManagedInstanceId owner = owner_of(instance.tags);
  auto tell = [&](const std::string& what) { note(owner, "by hand: " + what); };
  if (how == Fault::operator_terminates) {
    tell("TerminateInstances " + instance.instance_id.str());
    (void)people_->call(ec2::TerminateInstancesRequest{{instance.instance_id}});
  } else if (how == Fault::operator_shuts_down) {
    tell("shutdown in " + instance.instance_id.str());
    substrate_.guest_shuts_down(instance.instance_id);
  } else if (how == Fault::operator_detaches) {
    for (const auto& device : instance.block_device_mappings) {
      if (device.device_name == instance.root_device_name) continue;
      tell("DetachVolume " + device.volume_id.str());
      ec2::DetachVolumeRequest request;
      request.volume_id = device.volume_id;
      request.force = random.below(3) == 0;
      (void)people_->call(request);
      return;
    }
  } else if (how == Fault::operator_unkeeps && !instance.block_device_mappings.empty()) {
    const auto& devices = instance.block_device_mappings;
    const auto& device = devices[random.below(devices.size())];
    if (checker_.owner_of(device.volume_id.str()) != owner) return;  // another's, there by mistake: nobody mends that
    tell("DeleteOnTermination of " + device.volume_id.str());
    ec2::ModifyInstanceAttributeRequest request;
    request.instance_id = instance.instance_id;
    request.block_device_mappings.push_back({device.device_name, true});
    if (people_->call(request)) checker_.unkept_by_hand(device.volume_id);
  } else if (how == Fault::operator_attaches) {
    ec2::CreateVolumeRequest create;
    create.availability_zone = instance.availability_zone;
    create.size = 2;
    auto made = people_->call(create);
    if (!made) return;
    tell("AttachVolume " + made->volume.volume_id.str());
    time_.post(30s, [this, volume = made->volume.volume_id, to = instance.instance_id] {
      (void)people_->call(ec2::AttachVolumeRequest{volume, to, "/dev/sdm"});
    });
  } else if (how == Fault::operator_deletes_volume) {
    ec2::DescribeVolumesRequest request;
    request.filters = {{std::string("tag:") + model::kTagManagedInstance, {"*"}}, {"status", {"available"}}};
    auto volumes = cloud_->call(request);
    if (!volumes || volumes->volumes.empty()) return;
    const auto& volume = volumes->volumes[random.below(volumes->volumes.size())];
    note(owner_of(volume.tags), "by hand: DeleteVolume " + volume.volume_id.str());
    (void)people_->call(ec2::DeleteVolumeRequest{volume.volume_id});
  } else if (how == Fault::operator_deletes_snapshot) {
    ec2::DescribeSnapshotsRequest request;
    request.filters = {{std::string("tag:") + model::kTagManagedInstance, {"*"}}};
    auto snapshots = cloud_->call(request);
    if (!snapshots || snapshots->snapshots.empty()) return;
    const auto& snapshot = snapshots->snapshots[random.below(snapshots->snapshots.size())];
    note(owner_of(snapshot.tags), "by hand: DeleteSnapshot " + snapshot.snapshot_id.str());
    (void)people_->call(ec2::DeleteSnapshotRequest{snapshot.snapshot_id});
  }
}

// What has no place in the checker's books: nothing is deleted by it, and nothing changes hands.
void World::operate_further(Fault how, Random& random) {
  if (how == Fault::operator_deregisters) {
    ec2::DescribeImagesRequest request;
    request.filters = {{std::string("tag:") + model::kTagManagedInstance, {"*"}}};
    auto images = cloud_->call(request);
    if (!images || images->images.empty()) return;
    const auto& image = images->images[random.below(images->images.size())];
    note(owner_of(image.tags), "by hand: DeregisterImage " + image.image_id.str());
    (void)people_->call(ec2::DeregisterImageRequest{image.image_id});
    return;
  }
  auto picked = pick_running(random);
  if (!picked) return;
  const ec2::Instance& instance = picked->instance;
  if (how == Fault::operator_stops) {
    note(owner_of(instance.tags), "by hand: StopInstances " + instance.instance_id.str());
    ec2::StopInstancesRequest request;
    request.instance_ids = {instance.instance_id};
    (void)ec2::call_further(*cloud_, request);
    time_.post(Duration(random.below(120'000)), [this, id = instance.instance_id] {
      ec2::StartInstancesRequest start;
      start.instance_ids = {id};
      (void)ec2::call_further(*cloud_, start);
    });
    return;
  }
  if (instance.block_device_mappings.empty()) return;
  const auto& device = instance.block_device_mappings[random.below(instance.block_device_mappings.size())];
  note(owner_of(instance.tags), "by hand: ModifyVolume " + device.volume_id.str());
  ec2::ModifyVolumeRequest request;
  request.volume_id = device.volume_id;
  request.size = 8 + static_cast<int>(random.below(8));
  (void)ec2::call_further(*cloud_, request);
}

void World::take_address_off(Random& random) {
  auto all = ec2::call_further(*cloud_, ec2::DescribeAddressesRequest{});
  if (!all || all->addresses.empty()) return;
  const ec2::Address& address = all->addresses[random.below(all->addresses.size())];
  if (address.association_id.empty()) return;
  if (auto owner = checker_.owner_of(address.instance_id.str())) {
    note(*owner, "by hand: DisassociateAddress " + address.allocation_id);
  }
  ec2::DisassociateAddressRequest request;
  request.association_id = address.association_id;
  (void)ec2::call_further(*cloud_, request);
}

// Of volumes that only a person can tell: says where they belong, as it is asked to.
void World::place_by_hand() {
  for (const ManagedInstanceId& id : ids_) {
    auto known = view(id);
    if (!known) continue;
    for (const model::Volume& volume : known->state.left_by_launch) {
      const std::string device = volume.device.empty() ? checker_.device_of(volume.id) : std::string();
      if (device.empty()) continue;
      note(id, "by hand: " + volume.id.str() + " is tagged as " + device);
      (void)people_->call(ec2::CreateTagsRequest{{volume.id.str()}, {{model::kTagDevice, device}}});
    }
  }
}

// A machine of the people's own in this zone.
std::optional<InstanceId> World::workbench(const std::string& zone) {
  for (const auto& instance : cloud_->instances()) {
    const ec2::Instance& shown = instance.instance;
    bool theirs = owner_of(shown.tags).empty() && !originals_.contains(shown.instance_id);
    bool here = shown.availability_zone == zone && theirs;
    if (here && shown.state == "running") return shown.instance_id;
    if (here && shown.state == "pending") return std::nullopt;
  }
  ec2::RunInstancesRequest request;
  request.image_id = ImageId(cloud::kMinimalImage);
  request.instance_type = kTypes[0];
  request.subnet_id = SubnetId(kSubnets[zone.back() - 'a']);
  auto made = people_->call(request);
  if (made) checker_.made_by_hand(made->instances.front());
  return std::nullopt;
}

// A data volume of one that is paused is attached to the workbench, written to, and put back after a while.
void World::borrow(Random& random) {
  for (const ManagedInstanceId& id : ids_) {
    auto known = view(id);
    bool at_rest = known && known->state.status == model::Status::paused && !known->state.data.empty();
    if (!at_rest) continue;
    const model::Volume& volume = known->state.data.begin()->second;
    auto bench = workbench(volume.zone);
    if (!bench) return;
    if (!people_->call(ec2::AttachVolumeRequest{volume.id, *bench, "/dev/sdp"})) return;
    note(id, "by hand: " + volume.id.str() + " is attached to " + bench->str());
    time_.post(1min + Duration(random.below(1'800'000)), [this, id, volume = volume.id] {
      ec2::DetachVolumeRequest request;
      request.volume_id = volume;
      note(id, "by hand: " + volume.str() + " is put back");
      (void)people_->call(request);
    });
    return;
  }
}

// Taken off its own machine where that runs, and taken off the other one after a while.
void World::mix_up(Random& random) {
  auto id = pick_managed(random);
  auto known = id ? view(*id) : nullptr;
  if (!known || known->state.data.empty()) return;
  const model::Volume volume = known->state.data.begin()->second;
  auto picked = pick_running(random, [&](const ec2::Instance& instance) {
    return owner_of(instance.tags) != *id && instance.availability_zone == volume.zone;
  });
  if (!picked) return;
  const InstanceId to = picked->instance.instance_id;
  ec2::DetachVolumeRequest off;
  off.volume_id = volume.id;
  off.instance_id = to;
  if (!volume.attached_to.empty()) {
    note(*id, "by hand: DetachVolume " + volume.id.str());
    (void)people_->call(ec2::DetachVolumeRequest{volume.id, volume.attached_to, {}, false});
  }
  time_.post(5s + Duration(random.below(60'000)), [this, id, volume = volume.id, to] {
    note(*id, "by hand: AttachVolume " + volume.str() + " to " + to.str() + " of another");
    (void)people_->call(ec2::AttachVolumeRequest{volume, to, "/dev/sdq"});
  });
  time_.post(2min + Duration(random.below(1'800'000)), [this, id, off] {
    note(*id, "by hand: DetachVolume " + off.volume_id.str() + " of the other one's machine");
    (void)people_->call(off);
  });
}

// ---- crashes

void World::crash(Fault how, Random& random) {
  const std::vector<Service*> there = acting();
  if (there.empty()) return;
  Service& service = *there[there.size() == 1 ? 0 : random.below(there.size())];
  switch (how) {
    case Fault::crash_before_commit:
    case Fault::crash_after_commit:
      service.store.kill_at = how == Fault::crash_before_commit ? KillAt::before_commit : KillAt::after_commit;
      service.store.kill_commit = service.store.commits + 1 + static_cast<int>(random.below(30));
      return;
    case Fault::crash_after_effect:
      service.kill_after_effect = true;
      return;
    case Fault::store_refuses:
      service.store.refusals = 1 + static_cast<int>(random.below(40));
      return;
    case Fault::service_sleeps:
      service.store.sleep_commit = service.store.commits + 1 + static_cast<int>(random.below(30));
      return;
    case Fault::service_dies:
      return die_for_good(service);
    default:
      service.kill_due = true;
  }
}

// ---- when

void World::schedule() {
  Time from = time_.now() + 20min, to = time_.now() + options_.length;
  for (const Happening& happening : faults_.timed(from, to)) {
    time_.post(happening.at - time_.now(), [this, happening] { happen(happening); });
  }
}

void World::happen(const Happening& happening) {
  if (faults_.calmed()) return;
  faults_.note(happening.strike);
  Random random(happening.seed);
  Fault fault = happening.strike.first;
  digest(name_of(fault));
  if (fault >= Fault::interruption_notice && fault <= Fault::rebalance) return interrupt(fault, random);
  if (fault >= Fault::market_reclaim && fault <= Fault::price_move) return move_market(fault, random);
  bool by_hand = fault >= Fault::operator_terminates && fault <= Fault::operator_attaches;
  if (by_hand || fault == Fault::operator_unkeeps) return operate(fault, random);
  if (fault == Fault::operator_borrows) return borrow(random);
  if (fault == Fault::operator_mixes_up) return mix_up(random);
  if (fault == Fault::user_in_haste) return ask_in_haste(random);
  if (fault == Fault::root_spoiled) return spoil(random);
  if (fault == Fault::operator_takes_address) return take_address_off(random);
  if (fault == Fault::user_imports) return bring_in(random);
  if (fault >= Fault::operator_stops && fault <= Fault::operator_deregisters) return operate_further(fault, random);
  bool by_a_user = fault >= Fault::user_pauses && fault <= Fault::user_deletes;
  const bool by_a_user_too =
      (fault >= Fault::user_snapshots && fault <= Fault::user_undeletes) || fault == Fault::user_readdresses ||
      fault == Fault::user_drops;
  if (by_a_user || by_a_user_too) return ask(fault, random);
  if (fault != Fault::sick_guest) return crash(fault, random);
  auto picked = pick_running(random);
  if (!picked) return;
  InstanceId sick = picked->instance.instance_id;
  note(owner_of(picked->instance.tags), "the guest of " + sick.str() + " falls ill");
  substrate_.guest_is_sick(sick, true);
  time_.post(30min, [this, sick] { substrate_.guest_is_sick(sick, false); });
}

}  // namespace holdfast::sim
