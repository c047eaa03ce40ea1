#include "core/unplaced.h"
#include "core/probe.h"

#include <algorithm>

namespace holdfast::core {

using namespace model;

namespace {

const Volume* left_by_launch(const State& state, const VolumeId& id) {
  auto left = std::find_if(state.left_by_launch.begin(), state.left_by_launch.end(),
                           [&](const Volume& volume) { return volume.id == id; });
  return left == state.left_by_launch.end() ? nullptr : &*left;
}

bool is_taken(const State& state, const std::string& device) {
  return state.data.contains(device) || device == state.surroundings.image.root_device ||
         std::any_of(state.left_by_launch.begin(), state.left_by_launch.end(),
                     [&](const Volume& left) { return left.device == device; });
}

// The data devices without a volume that one with this source could be for; those of its size, where there are some.
std::vector<std::string> devices_like(const Draft& draft, const ObservedVolume& seen) {
  std::vector<std::string> of_source;
  std::vector<std::string> of_size;
  for (const BlockDevice& wanted : draft.spec.compute.block_devices) {
    if (wanted.snapshot_id != seen.from_snapshot || is_taken(draft.state(), wanted.device_name)) continue;
    of_source.push_back(wanted.device_name);
    if (!wanted.size_gib || wanted.size_gib == seen.size_gib) of_size.push_back(wanted.device_name);
  }
  return of_size.empty() ? of_source : of_size;
}

// /dev/sdf and /dev/xvdf are one place.
std::string place_of(std::string device) {
  if (size_t at = device.find("/xvd"); at != std::string::npos) device.replace(at, 4, "/sd");
  return device;
}

// What a person says counts only where it can be: a device of the document that has no volume. A slip of the pen would
// bring up a blank volume in the place of this one.
std::string said_by_a_person(const Draft& draft, const ObservedVolume& seen) {
  for (const BlockDevice& wanted : draft.spec.compute.block_devices) {
    bool meant = place_of(wanted.device_name) == place_of(seen.tags.device);
    if (meant && !is_taken(draft.state(), wanted.device_name)) return wanted.device_name;
  }
  return {};
}

}  // namespace

std::string device_of(const Draft& draft, const ObservedVolume& seen) {
  const State& state = draft.state();
  bool by_a_launch = seen.tags.effect.starts_with("launch/");  // which gives all its volumes the same tags
  if (!seen.tags.device.empty()) return by_a_launch ? said_by_a_person(draft, seen) : seen.tags.device;
  // Once it waits for a person only the tag counts: they may have attached it elsewhere to look into it, or changed the
  // document since.
  if (const Volume* left = left_by_launch(state, seen.id)) return left->device;
  if (!seen.attachments.empty()) return seen.attachments.front().device;
  if (seen.from_snapshot) {
    for (const Snapshot& snapshot : state.snapshots) {
      if (snapshot.id == *seen.from_snapshot) return snapshot.device;
    }
  }
  const std::vector<std::string> like = devices_like(draft, seen);
  if (like.size() == 1) return like.front();
  // A root is always made from a snapshot, the image's.
  return like.empty() && seen.from_snapshot ? state.surroundings.image.root_device : "";
}

void note_unplaced(Draft& draft, const Volume& volume) {
  State& state = draft.state();
  if (left_by_launch(state, volume.id) != nullptr) return;
  state.left_by_launch.push_back(volume);
  reached(Probe::volume_unplaced);
  draft.record("volume_unplaced", "volume " + volume.id.str() + " of generation " + std::to_string(volume.generation) +
                                      " was found by its tags, but not at which device it belongs");
}

bool has_a_place(const Draft& draft) {
  const std::vector<BlockDevice>& devices = draft.spec.compute.block_devices;
  return std::any_of(devices.begin(), devices.end(),
                     [&](const BlockDevice& wanted) { return !is_taken(draft.state(), wanted.device_name); });
}

bool any_unplaced(const State& state) {
  return std::any_of(state.left_by_launch.begin(), state.left_by_launch.end(),
                     [](const Volume& left) { return left.device.empty(); });
}

std::string unplaced_error(const Draft& draft) {
  const State& state = draft.state();
  if (state.goal == Goal::deleted || !any_unplaced(state)) return {};
  std::string volumes;
  for (const Volume& left : state.left_by_launch) {
    if (left.device.empty()) volumes += (volumes.empty() ? "" : ", ") + left.id.str();
  }
  std::string devices;
  for (const BlockDevice& wanted : draft.spec.compute.block_devices) {
    if (!is_taken(state, wanted.device_name)) devices += (devices.empty() ? "" : ", ") + wanted.device_name;
  }
  return "the last instance ended before it was seen with its volumes, and it cannot be told which of " + volumes +
         " is " + (devices.empty() ? "which device" : devices) + ". Look into each, and tag it " + kTagDevice +
         " with just one of these names (another is not taken), or delete it if it holds nothing (noticed a minute "
         "later); until then no instance is launched";
}

}  // namespace holdfast::core
