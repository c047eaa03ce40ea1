#include "core/losses.h"

#include <algorithm>

#include "core/fold.h"
#include "core/mutation.h"
#include "core/probe.h"
#include "core/replacement.h"
#include "core/restore.h"
#include "core/retention.h"
#include "core/saving.h"

namespace holdfast::core {

using namespace model;

namespace {

// What is left of a lost volume. At most one of the two, the newer.
struct Left {
  const Volume* former = nullptr;
  const Snapshot* copy = nullptr;
  bool awaited = false;  // a newer snapshot of it is still being made
};

const Volume* newest_former(const State& state, const std::string& device) {
  const Volume* newest = nullptr;
  for (const Volume& volume : state.superseded) {
    if (volume.device != device || volume.missing_since || volume.state == VolumeState::deleting) continue;
    if (newest == nullptr || volume.generation > newest->generation) newest = &volume;
  }
  return newest;
}

Left left_of(const State& state, const Volume& lost) {
  Left left;
  left.copy = newest_completed(state, lost.device);
  left.awaited = std::any_of(state.snapshots.begin(), state.snapshots.end(), [&](const Snapshot& snapshot) {
    bool newer = left.copy == nullptr || snapshot.started_at > left.copy->started_at;
    return snapshot.device == lost.device && snapshot.state == SnapshotState::pending && newer;
  });
  // One that was asked for before it was lost, and not answered yet, may have been made.
  left.awaited |= std::any_of(state.asked.begin(), state.asked.end(), [&](const auto& entry) {
    const auto* create = std::get_if<CreateSnapshot>(&entry.second.effect.action);
    return create != nullptr && create->volume == lost.id && may_be_done(entry.second);
  });
  left.former = newest_former(state, lost.device);
  if (left.former == nullptr || left.copy == nullptr) return left;
  if (left.copy->generation > left.former->generation) {
    left.former = nullptr;
  } else {
    left.copy = nullptr;
  }
  return left;
}

std::string of_snapshot(const Volume& lost, const Snapshot& copy) {
  bool is_final = is_final_of(copy, lost);
  return "snapshot " + copy.id.str() + " of " + to_iso(copy.started_at) +
         (is_final ? ", its final one: nothing is lost" : "; what was written after that is lost");
}

// What takes its place, as the end of a sentence.
std::string successor_of(const Draft& draft, const Volume& lost, const Left& left) {
  if (left.former != nullptr) return "the former volume " + left.former->id.str() + " takes its place again";
  if (left.copy != nullptr) return "one takes its place that is made from " + of_snapshot(lost, *left.copy);
  const State& state = draft.state();
  const std::string gone = "its data is lost, there is no copy of it; ";
  if (lost.device == state.surroundings.image.root_device) {
    return gone + "the next instance starts from image " + state.surroundings.image.id.str();
  }
  const BlockDevice* wanted = mapping_of(draft.spec, lost.device);
  if (wanted == nullptr) return gone + "it was attached by hand, and so must be what takes its place";
  if (wanted->snapshot_id) return gone + "one made from " + wanted->snapshot_id->str() + " takes its place";
  return gone + "a blank one takes its place";
}

std::string gone_from_cloud(const Volume& lost) {
  bool failed = lost.state == VolumeState::error;
  return "volume " + lost.id.str() + " (" + lost.device + ")" +
         (failed ? " has failed in the cloud" : " is gone from the cloud");
}

constexpr char kFailed[] = "it failed in the cloud";

constexpr char kInVain[] = "what it was to replace is replaced, or there again";

// A token that made one of these would answer with it once more.
int made_in_vain(const State& state) {
  return static_cast<int>(std::count_if(state.retired.begin(), state.retired.end(), [](const Retired& entry) {
    return entry.why == kFailed || entry.why == kInVain;
  }));
}

// After each that failed before this one the next is made a little later.
bool rests_after_failures(Draft& draft, const Volume& lost) {
  if (lost.state != VolumeState::error) return false;
  int failures = 0;
  std::optional<Time> last;
  for (const Retired& entry : draft.state().retired) {
    const Time failed_at = entry.due - kFailedKept;
    if (entry.why != kFailed || failed_at > draft.now) continue;  // kept for longer since, by an undelete
    ++failures;
    last = std::max(last.value_or(Time{}), failed_at);
  }
  return resting(draft, last, failures);
}

// Safe: kFailedKept.
void retire_failed_volume(Draft& draft, const Volume& volume) {
  if (volume.state != VolumeState::error) return;
  draft.state().retired.push_back({Retired::What::volume, volume.id.str(), kFailed, draft.now + kFailedKept});
}

void record_loss(Draft& draft, const Volume& lost, const Left& left) {
  bool restored = left.former != nullptr || left.copy != nullptr;
  std::string data = "{\"volume\":\"" + lost.id.str() + "\",\"device\":\"" + lost.device + "\"";
  if (left.copy != nullptr) {
    data += ",\"snapshot\":\"" + left.copy->id.str() + "\",\"as_of\":\"" + to_iso(left.copy->started_at) + "\"";
  }
  draft.record(restored ? "volume_restored" : "volume_lost",
               gone_from_cloud(lost) + ": " + successor_of(draft, lost, left), data + "}");
  retire_failed_volume(draft, lost);
}

// Back from the list of those that wait to be deleted: it is the present copy again.
Volume take_former(State& state, const Volume& former) {
  Volume taken = former;
  std::erase_if(state.superseded, [&](const Volume& volume) { return volume.id == taken.id; });
  return taken;
}

}  // namespace

bool settle_lost_root(Draft& draft) {
  State& state = draft.state();
  if (!state.root || !confirmed_missing(*state.root, draft.now)) return true;
  if (mutated(Mutation::wait_for_a_lost_root)) return false;
  Left left = left_of(state, *state.root);
  if (left.awaited) return false;
  reached(Probe::root_lost);
  record_loss(draft, *state.root, left);
  if (left.former != nullptr) {
    state.root = take_former(state, *left.former);
  } else {
    state.root.reset();
  }
  return true;
}

bool settle_lost_data(Draft& draft) {
  State& state = draft.state();
  bool settled = true;
  for (auto at = state.data.begin(); at != state.data.end();) {
    Left left = left_of(state, at->second);
    if (!confirmed_missing(at->second, draft.now)) {
      ++at;
    } else if (left.copy != nullptr && mapping_of(draft.spec, at->first) == nullptr) {
      ++at;  // attached by hand: no mapping brings what takes its place, so it stays known until that is there
    } else if (left.awaited) {
      reached(Probe::loss_awaits_a_snapshot);
      settled = false;
      ++at;
    } else {
      reached(Probe::data_lost);
      record_loss(draft, at->second, left);
      // A former one is reinstated by who looks for a device without a volume (device_accounted_for).
      at = state.data.erase(at);
    }
  }
  return settled;
}

void let_go_of_lost_by_hand(Draft& draft) {
  std::erase_if(draft.state().data, [&](const auto& entry) {
    const Volume& volume = entry.second;
    if (!confirmed_missing(volume, draft.now) || mapping_of(draft.spec, volume.device) != nullptr) return false;
    Left left = left_of(draft.state(), volume);
    if (left.awaited || left.former != nullptr || left.copy != nullptr) return false;
    reached(Probe::lost_by_hand_let_go);
    record_loss(draft, volume, left);
    return true;
  });
}

void replace_lost(Draft& draft, Volume& volume) {
  Left left = left_of(draft.state(), volume);
  if (left.awaited) return draft.look(static_cast<Kinds>(Kind::snapshots), draft.now);
  if (left.former == nullptr) return make_in_place_of(draft, volume, left.copy, true);
  reached(Probe::lost_former_takes_over);
  record_loss(draft, volume, left);
  volume = take_former(draft.state(), *left.former);
}

void make_in_place_of(Draft& draft, const Volume& volume, const Snapshot* source, bool lost) {
  if (rests_after_failures(draft, volume)) return;
  const State& state = draft.state();
  CreateVolume create;
  create.zone = state.instance->market.zone;
  if (const BlockDevice* wanted = mapping_of(draft.spec, volume.device)) create.device = *wanted;
  create.device.device_name = volume.device;
  int least = std::max(volume.size_gib, source != nullptr ? source->size_gib : 0);
  create.device.size_gib = std::max(least, create.device.size_gib.value_or(0));
  if (source != nullptr) create.device.snapshot_id = source->id;
  create.generation = state.generation;
  if (draft.spec.compute.resource_tags.volumes) create.tags = draft.spec.compute.tags;
  create.in_place_of = volume.id;
  create.lost = lost;
  // A token that made one before would answer with that one, even if it is what was lost.
  std::string from = source != nullptr ? source->id.str() : "blank";
  bool failed = volume.state == VolumeState::error;
  std::string instead = lost || failed ? "-" + volume.id.str() : "";
  if (int vain = made_in_vain(state); vain > 0) instead += "-" + std::to_string(vain);
  create.token = state.id.str() + "-g" + std::to_string(state.generation) + "-" + from + instead;
  draft.want("volume/" + from + "/" + create.zone + instead, create, Urgency::recover);
}

namespace {

bool is_final_copy(const State& state, const Volume& volume, const std::optional<SnapshotId>& id) {
  return std::any_of(state.snapshots.begin(), state.snapshots.end(), [&](const Snapshot& copy) {
    return copy.id == id && is_final_of(copy, volume);
  });
}

bool is_restored_from(const State& state, const CreateVolume& create) {
  const Snapshot* older = restore_source(state, create.device.device_name);
  return older != nullptr && create.device.snapshot_id == older->id;
}

}  // namespace

void volume_made(Draft& draft, const CreateVolume& create, const VolumeId& made) {
  State& state = draft.state();
  auto former = state.data.find(create.device.device_name);
  bool known = former != state.data.end();
  bool still_meant = create.in_place_of.empty() || (known && former->second.id == create.in_place_of);
  bool gone = known && confirmed_missing(former->second, draft.now);
  // Of a restore that was overridden or taken back since.
  const bool stale = known && !create.lost && !is_final_copy(state, former->second, create.device.snapshot_id) &&
                     !is_restored_from(state, create);
  if (!still_meant || create.generation != state.generation || (create.lost && !gone) || stale) {
    reached(Probe::volume_made_in_vain);
    // Safe: made by us, and never attached to anything.
    state.retired.push_back({Retired::What::volume, made.str(), kInVain, draft.now});
    return;
  }
  if (create.lost) {
    Left source;
    for (const Snapshot& snapshot : state.snapshots) {
      if (snapshot.id == create.device.snapshot_id) source.copy = &snapshot;
    }
    reached(Probe::lost_made_anew);
    record_loss(draft, former->second, source);
  } else if (const Snapshot* older = restore_source(state, create.device.device_name);
             known && older != nullptr && create.device.snapshot_id == older->id) {
    if (former->second.state == VolumeState::error) {
      retire_failed_volume(draft, former->second);
    } else {
      set_aside_restored(draft, former->second);
    }
  } else if (known) {
    state.superseded.push_back(former->second);
  }
  Volume volume;
  volume.device = create.device.device_name;
  volume.id = made;
  volume.zone = create.zone;
  volume.state = VolumeState::creating;
  volume.generation = create.generation;
  state.data[volume.device] = volume;
  draft.record("volume_made", "volume " + made.str() + " was made in " + create.zone +
                                  (create.device.snapshot_id ? " from snapshot " + create.device.snapshot_id->str()
                                                             : std::string(", blank")));
  draft.look(static_cast<Kinds>(Kind::volumes), draft.now);
}

namespace {

// Taken off by hand. What is listed may be older than the attachment for a while.
std::string detached_error(const Draft& draft) {
  const State& state = draft.state();
  bool runs_on = state.instance && state.instance->healthy_at && !state.handover && state.goal == Goal::running;
  if (!runs_on || draft.now < *state.instance->healthy_at + kTimeUntilGone) return {};
  for (const auto& [device, volume] : state.data) {
    if (volume.state != VolumeState::available || !volume.attached_to.empty()) continue;
    return "volume " + volume.id.str() + " (" + device + ") is detached from instance " + state.instance->id.str() +
           ", which goes on without it. Attach it again as " + device + ", or recycle the managed instance";
  }
  return {};
}

// What waits for a volume that is on another machine: everything after a rest, a pause or a deletion to come to rest,
// and an instance for what is to be attached to it.
bool waits_for(const Draft& draft, const Volume& volume, bool is_root) {
  const State& state = draft.state();
  const bool attached = !is_root && draft.spec.persistence.mode == BlockDevicesMode::reattach;
  if (lent(state, volume, draft.now)) return true;
  return !confirmed_missing(volume, draft.now) && (state.goal != Goal::running || attached);
}

std::string lent_words(const State& state, const std::string& what, const InstanceId& to, const char* does) {
  const bool resumes = state.handover && began_at_rest(*state.handover);
  const std::string who = state.goal == Goal::deleted  ? "the deletion"
                          : state.goal == Goal::paused ? "the pause"
                          : resumes                    ? "the resume"
                                                       : "the replacement";
  return what + " is attached to instance " + to.str() + ", which " + does + ". Detach it there: " + who +
         " waits for that";
}

// What is on its way back from the last instance is free soon: it counts by a look from well after that.
bool came_back_by(const Draft& draft, const std::optional<Time>& listed) {
  const State& state = draft.state();
  Time since = state.handover ? state.handover->began_at : Time{};
  if (state.gone_at) since = std::max(since, *state.gone_at);
  if (state.instance) since = std::max(since, state.instance->launched_at);
  return listed && *listed >= since + kTimeUntilGone;
}

std::string lent_volume_error(const Draft& draft) {
  const State& state = draft.state();
  if (!came_back_by(draft, state.looking.volumes_listed)) return {};
  auto error = [&](const Volume& volume, bool is_root) -> std::string {
    const bool here = state.instance && volume.attached_to == state.instance->id;
    if (volume.attached_to.empty() || here || !waits_for(draft, volume, is_root)) return {};
    return lent_words(state, "volume " + volume.id.str() + " (" + volume.device + ")", volume.attached_to,
                      "may write to it");
  };
  std::string text = state.root ? error(*state.root, true) : std::string();
  for (const auto& [device, volume] : state.data) {
    if (text.empty()) text = error(volume, false);
  }
  return text;
}

std::string lent_interface_error(const Draft& draft) {
  const State& state = draft.state();
  const std::optional<Interface>& kept = state.interface;
  if (!kept || state.instance || !came_back_by(draft, state.looking.interfaces_listed)) return {};
  const bool given_up = state.goal == Goal::running && usable_interface(draft.spec, state) == nullptr;
  if (kept->attached_to.empty() || given_up || confirmed_missing(*kept, draft.now)) return {};
  return lent_words(state, "network interface " + kept->id.str() + " (" + kept->ip + ")", kept->attached_to,
                    "has its address");
}

// A person has put it on another machine.
std::string lent_error(const Draft& draft) {
  const State& state = draft.state();
  const bool comes_to_rest = state.goal == Goal::deleted && !state.forget_at;
  if (!state.handover && !comes_to_rest) return {};
  if (is_outgoing(state) || launch_may_be_done(state)) return {};
  std::string error = lent_volume_error(draft);
  return error.empty() ? lent_interface_error(draft) : error;
}

}  // namespace

std::string loss_error(const Draft& draft) {
  const State& state = draft.state();
  if (std::string lent = lent_error(draft); !lent.empty()) return lent;
  if (!draft.spec.persistence.block_devices) return {};
  if (std::string detached = detached_error(draft); !detached.empty()) return detached;
  for (const auto& [device, volume] : state.data) {
    if (!confirmed_missing(volume, draft.now)) continue;
    bool runs_on = state.instance && state.instance->healthy_at && !state.handover;
    return gone_from_cloud(volume) + (runs_on ? "; the instance goes on without it. Recycle it: " : ": ") +
           successor_of(draft, volume, left_of(state, volume));
  }
  return {};
}

}  // namespace holdfast::core
