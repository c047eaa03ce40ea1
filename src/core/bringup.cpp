// The second half of a handover: interface, launch, volumes, health.

#include <algorithm>

#include "base/check.h"
#include "core/account.h"
#include "core/address.h"
#include "core/fold.h"
#include "core/import.h"
#include "core/interfaces.h"
#include "core/losses.h"
#include "core/mutation.h"
#include "core/placement.h"
#include "core/probe.h"
#include "core/replacement.h"
#include "core/restore.h"
#include "core/short_lived.h"
#include "core/voluntary.h"

namespace holdfast::core {

using namespace model;

namespace {

LaunchDevice root_device(const Draft& draft) {
  LaunchDevice root;
  root.device.device_name = draft.state().surroundings.image.root_device;
  for (const BlockDevice& wanted : draft.spec.compute.block_devices) {
    if (wanted.device_name == root.device.device_name) root.device = wanted;
  }
  // Grown in the spec or by hand: never smaller than the snapshot it is made from.
  root.device.snapshot_id.reset();
  const Snapshot* newest = source_of_root(draft.state());
  if (root.device.size_gib && newest != nullptr)
    root.device.size_gib = std::max(*root.device.size_gib, newest->size_gib);
  root.delete_on_termination =
      !draft.spec.persistence.root_device || mutated(Mutation::launch_with_delete_on_termination);
  return root;
}

// A data volume of the next instance that is made at its launch: blank or from the user's snapshot the first time, from
// the newest copy afterwards. Nothing for volumes that are attached afterwards.
std::optional<LaunchDevice> data_device(const Draft& draft, const BlockDevice& wanted) {
  const State& state = draft.state();
  LaunchDevice device{wanted, wanted.delete_on_termination.value_or(true)};
  if (!draft.spec.persistence.block_devices) return device;
  device.delete_on_termination = false;
  auto present = state.data.find(wanted.device_name);
  const Snapshot* older = restore_source(state, wanted.device_name);
  if (present == state.data.end()) {
    // Blank only if there never was a copy of it. A volume that is gone for good leaves its newest snapshot.
    const Snapshot* newest = older != nullptr ? older : newest_completed(state, wanted.device_name);
    if (newest != nullptr && !mutated(Mutation::blank_in_place_of_a_copy)) {
      device.device.snapshot_id = newest->id;
      device.device.size_gib = std::max(wanted.size_gib.value_or(0), newest->size_gib);
    }
    return device;
  }
  if (draft.spec.persistence.mode == BlockDevicesMode::reattach) return std::nullopt;
  // The present one is saved all the same before it gives way.
  const Snapshot* source = older != nullptr ? older : final_snapshot(state, present->second);
  if (source == nullptr) source = newest_completed(state, wanted.device_name);
  if (source == nullptr) return std::nullopt;  // save() does not let it come to this
  device.device.snapshot_id = source->id;
  device.device.size_gib = std::max({wanted.size_gib.value_or(0), source->size_gib, present->second.size_gib});
  return device;
}

std::vector<LaunchDevice> devices_of_launch(const Draft& draft) {
  const State& state = draft.state();
  std::vector<LaunchDevice> devices = {root_device(draft)};
  std::vector<BlockDevice> wanted;
  for (const BlockDevice& device : draft.spec.compute.block_devices) {
    if (device.device_name != state.surroundings.image.root_device) wanted.push_back(device);
  }
  for (const auto& [name, volume] : state.data) {  // adopted by hand: kept too
    bool known = std::any_of(wanted.begin(), wanted.end(),
                             [&](const BlockDevice& device) { return device.device_name == name; });
    // Not persisted any more: the volume stays where it is, and no mapping says what should come in its place.
    if (known || !draft.spec.persistence.block_devices) continue;
    BlockDevice device;
    device.device_name = name;
    wanted.push_back(device);
  }
  for (const BlockDevice& device : wanted) {
    if (auto made = data_device(draft, device)) devices.push_back(*made);
  }
  return devices;
}

// Credits are of burstable types only (t2, t3, …), and a kept interface has no public address of the launch's.
LaunchOptions options_for(const Compute& compute, const Market& market, bool has_interface) {
  LaunchOptions options = compute.options;
  const std::string& type = market.instance_type;
  bool burstable = type.size() > 1 && type[0] == 't' && type[1] >= '1' && type[1] <= '9';
  if (!burstable) options.cpu_credits.clear();
  if (has_interface) options.public_ip.reset();
  return options;
}

LaunchInstance launch_request(const Draft& draft, const Market& market, const ImageId& image) {
  const State& state = draft.state();
  const Compute& compute = draft.spec.compute;
  LaunchInstance launch;
  launch.generation = state.generation + 1;
  launch.token = state.id.str() + "-g" + std::to_string(launch.generation) + "-a" + std::to_string(state.attempt);
  launch.market = market;
  launch.image = image;
  const Interface* kept = usable_interface(draft.spec, state);
  if (kept != nullptr && !mutated(Mutation::launch_without_the_interface)) launch.interface = kept->id;
  launch.security_group_ids = compute.security_group_ids;
  launch.user_data = compute.user_data;
  launch.http_tokens = compute.http_tokens;
  launch.devices = devices_of_launch(draft);
  launch.tags = compute.tags;
  launch.resource_tags = compute.resource_tags;
  launch.options = options_for(compute, market, launch.interface.has_value());
  launch.no_devices = compute.no_devices;
  return launch;
}

std::string launch_key(const State& state) {
  return "launch/" + std::to_string(state.generation + 1) + "/" + std::to_string(state.attempt);
}

}  // namespace

bool launch_may_be_done(const State& state) {
  return std::any_of(state.asked.begin(), state.asked.end(), [](const auto& entry) {
    return std::holds_alternative<LaunchInstance>(entry.second.effect.action) && may_be_done(entry.second);
  });
}

bool comes_up(const State& state) {
  return launch_may_be_done(state) || is_incoming(state);
}

void renew_waiting_launch(State& state) {
  auto waiting = state.asked.find(launch_key(state));
  if (waiting == state.asked.end() || launch_may_be_done(state)) return;
  state.asked.erase(waiting);
  ++state.attempt;
}

const Snapshot* source_of_root(const State& state) {
  const std::string& device = state.surroundings.image.root_device;
  if (const Snapshot* older = restore_source(state, device)) return older;
  return state.root ? final_snapshot(state, *state.root) : newest_completed(state, device);
}

std::optional<ImageId> launch_image(const Draft& draft) {
  const State& state = draft.state();
  bool user_image = !draft.spec.persistence.root_device || state.generation == 0;
  if (user_image && !made_of_copies(state)) return state.surroundings.image.id;
  const Snapshot* source = source_of_root(state);
  if (source == nullptr) {
    // There is no copy: it ended before it ever had a root volume that could be seen, or that is lost (losses.h). The
    // first image again; but an import brings what there was, or nothing.
    bool nothing_left = !state.root && !import_pending(state);
    return nothing_left ? std::optional(state.surroundings.image.id) : std::nullopt;
  }
  for (const RootImage& image : state.images) {
    if (mutated(Mutation::launch_from_an_older_image) && image.state == ImageState::available) return image.id;
    if (image.snapshot == source->id && image.state == ImageState::available) return image.id;
  }
  return std::nullopt;
}

void launch(Draft& draft) {
  State& state = draft.state();
  CHECK(!state.instance);
  // One launch at a time. One under way, or with an unknown outcome, is settled before anything else is asked.
  auto under_way = state.asked.find(launch_key(state));
  if (under_way != state.asked.end()) {
    draft.want(under_way->first, under_way->second.effect.action, Urgency::recover);
    return;
  }
  std::optional<ImageId> image = launch_image(draft);
  if (!interface_ready(draft) || !image || launch_rests(draft)) return;
  draft.enter(Phase::launching, "the next instance is launched");
  std::erase_if(state.cooling, [&](const CoolingMarket& entry) { return entry.until <= draft.now; });
  ScoutedMarket scouted = scouted_market(draft);
  if (scouted.wait) return;
  Placement placement = place(draft.spec, state, draft.now);
  if (scouted.market) placement.market = scouted.market;
  if (!placement.market) {
    if (placement.again_at) draft.wake(*placement.again_at);
    return;
  }
  restore_by_this_launch(state);
  state.comes_as_before = false;
  draft.want(launch_key(state), launch_request(draft, *placement.market, *image), Urgency::recover);
}

namespace {

// A data volume that stayed in another zone comes by its final copy. The launch did not wait for that one: it may have
// been refused, or have failed, and is asked for until it is there.
void bring_across(Draft& draft, const Volume& volume) {
  if (!saved(draft, volume)) return draft.look(static_cast<Kinds>(Kind::snapshots), draft.now);
  reached(Probe::volume_brought_across);
  make_in_place_of(draft, volume, final_snapshot(draft.state(), volume), false);
}

// While the instance starts, what it will be given is made in its zone.
void bring_all_across(Draft& draft) {
  const State& state = draft.state();
  if (!draft.spec.persistence.block_devices || state.instance->state != InstanceState::pending) return;
  for (const auto& [device, volume] : state.data) {
    bool here = volume.attached_to == state.instance->id || volume.zone == state.instance->market.zone;
    bool elsewise = confirmed_missing(volume, draft.now) || restore_source(state, device) != nullptr;
    if (!here && !elsewise && !volume.zone.empty()) bring_across(draft, volume);
  }
}

// True once the volume is attached to the present instance.
bool attached(Draft& draft, Volume& volume) {
  const Instance& instance = *draft.state().instance;
  if (volume.attached_to == instance.id && !missing_for_long(volume, draft.now)) {
    // Made by the launch, or attached by hand.
    if (!mutated(Mutation::old_copy_counts_as_final)) volume.generation = instance.generation;
    return volume.attachment == AttachmentState::attached;
  }
  // An instance that was on its way when a restore was asked for comes up as it was, and gives way itself.
  const std::optional<Restore>& restore = draft.state().restore;
  bool made_of_older = restore && instance.generation > generation_restored(draft.state(), volume.device);
  const Snapshot* older = made_of_older ? restore_source(draft.state(), volume.device) : nullptr;
  if (older != nullptr) {
    make_in_place_of(draft, volume, older, false);
  } else if (confirmed_missing(volume, draft.now)) {
    replace_lost(draft, volume);
  } else if (volume.zone != instance.market.zone) {
    bring_across(draft, volume);
  } else if ((volume.attached_to.empty() && volume.state == VolumeState::available) ||
             mutated(Mutation::attach_before_detached)) {
    // The old attachment was observed gone, and the new instance runs. From the asking on it may be written to there,
    // so what was saved of it before no longer counts as its final copy.
    if (!mutated(Mutation::old_copy_counts_as_final)) volume.generation = instance.generation;
    draft.want("attach/" + volume.id.str() + "/" + instance.id.str(),
               AttachVolume{volume.id, instance.id, volume.device}, Urgency::recover);
  }
  return false;
}

bool all_attached(Draft& draft) {
  if (!draft.spec.persistence.block_devices) return true;
  let_go_of_lost_by_hand(draft);
  bool all = true;
  for (auto& [device, volume] : draft.state().data) {
    if (!attached(draft, volume)) all = false;
  }
  return all;
}

void finish(Draft& draft) {
  State& state = draft.state();
  const Handover& handover = *state.handover;
  bool first = handover.reason == Reason::created || handover.reason == Reason::resume;
  Duration total = draft.now - handover.began_at;
  draft.record(first ? "started" : "replaced",
               "instance " + state.instance->id.str() + " is healthy (generation " + std::to_string(state.generation) +
                   ") after " + to_words(total),
               account_of_end(state, draft.now));
  state.handover.reset();
  try_anew(state);
  note_came_up(draft);
  finish_import(draft);
}

}  // namespace

void settle_in(Draft& draft) {
  State& state = draft.state();
  Instance& instance = *state.instance;
  // Up and well: what an operator changes by hand afterwards is noted, not undone.
  if (!state.handover) return;
  if (instance.state != InstanceState::running) {
    bring_all_across(draft);
    draft.look(Kind::instances | Kind::volumes, draft.now);
    return;
  }
  bool known = !draft.spec.persistence.root_device || state.root.has_value();
  bool ready = all_attached(draft) && known;
  // Once its health is checked it stays in that phase, unless a volume is missing again.
  const std::vector<PhaseBegan>& phases = state.handover->phases;
  bool checking = !phases.empty() && phases.back().phase == Phase::checking;
  if (!ready || !checking) draft.enter(Phase::attaching, "the data volumes are attached");
  if (!ready) {
    draft.look(Kind::instances | Kind::volumes, draft.now);
    return;
  }
  draft.enter(Phase::checking, "its health is checked");
  if (!has_address(draft)) return;  // tend_address looks
  if (instance.check != StatusCheck::ok) {
    draft.look(Kind::status | Kind::instances, draft.now);
    return;
  }
  instance.healthy_at = draft.now;
  finish(draft);
}

}  // namespace holdfast::core
