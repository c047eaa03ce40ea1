// The part of the volume store that deals with block devices and power cuts.
//
// A volume's device:   none ──attach──▶ attached ──release──▶ releasing ──last user gone──▶ none
//                                           └──release by force──▶ cut off (counts as none) ──last user gone──▶ gone
#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <map>

#include "cloud/linux/storage/loop_device.h"
#include "cloud/linux/storage/volume_store.h"
#include "cloud/linux/storage/volume_store_parts.h"

namespace holdfast::cloud::linux_ {
namespace {

// A device that is being released needs a moment after its last user is gone.
constexpr auto releasing_limit = std::chrono::seconds(2);
constexpr std::string_view file_suffix = ".raw";

BlockDevice to_block_device(const LoopDevice& device) {
  return {device.path, device.major, device.minor};
}

Failure busy(const VolumeId& volume, const LoopDevice& device) {
  return fail(
      ErrorKind::conflict, "VolumeBusy",
      fmt::format("{} of the volume '{}' is still mounted or open in a machine; unmount it there, or detach it by "
                  "force",
                  device.path, volume.str()));
}

struct OpenVolume {
  Fd file;
  std::vector<LoopDevice> devices;  // not cut off
};

Result<OpenVolume> open_volume(const std::string& path, const VolumeId& volume) {
  HF_TRY(const bool there, exists(path));
  if (!there) return no_such_volume(volume);
  OpenVolume open;
  HF_TRY(open.file, open_file(path, O_RDWR));
  HF_TRY(const auto identity, identity_of(open.file.get()));
  HF_TRY(open.devices, loop_devices_of(identity));
  return open;
}

}  // namespace

Result<BlockDevice> VolumeStore::attach_device(const VolumeId& volume) {
  HF_TRY_VOID(check_name(volume.str(), "volume"));
  const KeyedLocks::Held lock(parts_->locks, volume.str());
  HF_TRY(const OpenVolume open, open_volume(parts_->volume_path(volume), volume));
  for (const auto& device : open.devices) {
    if (!device.releasing) return to_block_device(device);
    // Told to go, held by somebody: a second device now would give the volume two writers.
    HF_TRY(const bool gone, wait_until_gone(device, releasing_limit));
    if (!gone) return busy(volume, device);
  }
  HF_TRY(const bool cut_pending, exists(parts_->cut_path(volume)));
  if (cut_pending) {
    // Finishing the cut later would throw away what is written from now on.
    return fail(ErrorKind::conflict, "VolumeBusy",
                fmt::format("a power cut of the volume '{}' is not finished; finish or drop it first", volume.str()));
  }
  HF_TRY(const LoopDevice device, attach_loop(open.file.get()));
  return to_block_device(device);
}

Result<void> VolumeStore::grow_volume(const VolumeId& volume, int size_gib) {
  HF_TRY_VOID(check_name(volume.str(), "volume"));
  const KeyedLocks::Held lock(parts_->locks, volume.str());
  HF_TRY(const OpenVolume open, open_volume(parts_->volume_path(volume), volume));
  HF_TRY(const bool cut_pending, exists(parts_->cut_path(volume)));
  if (cut_pending) {
    return fail(ErrorKind::conflict, "VolumeBusy",
                fmt::format("a power cut of the volume '{}' is not finished; ask again", volume.str()));
  }
  const int64_t bytes = static_cast<int64_t>(size_gib) << 30;
  HF_TRY(const auto now, size_of(parts_->volume_path(volume)));
  if (now && *now < bytes) {
    if (::ftruncate(open.file.get(), bytes) != 0) return Failure(system_error("growing " + volume.str(), errno));
    HF_TRY_VOID(sync_file(open.file.get(), volume.str()));
  }
  for (const auto& device : open.devices) HF_TRY_VOID(resize_loop(device));
  return {};
}

Result<void> VolumeStore::release_device(const VolumeId& volume, ReleaseHow how, Duration limit) {
  HF_TRY_VOID(check_name(volume.str(), "volume"));
  const KeyedLocks::Held lock(parts_->locks, volume.str());
  HF_TRY(const bool there, exists(parts_->volume_path(volume)));
  if (!there) return {};  // a volume is deleted only when it has no device
  HF_TRY(OpenVolume open, open_volume(parts_->volume_path(volume), volume));
  open.file.reset();
  for (auto& device : open.devices) {
    if (how == ReleaseHow::force) {
      HF_TRY_VOID(cut_off_loop(device));
      device.cut_off = true;
    }
    HF_TRY_VOID(clear_loop(device));
    HF_TRY(const bool gone, wait_until_gone(device, how == ReleaseHow::force ? Duration(0) : limit));
    // Safe by force: the device reaches the file no more, whoever holds it; it goes with its last user.
    if (!gone && how == ReleaseHow::orderly) return busy(volume, device);
  }
  return {};
}

Result<std::map<VolumeId, BlockDevice>> VolumeStore::devices_in_use() const {
  HF_TRY(const auto names, names_in(parts_->folder("volumes")));
  HF_TRY(const auto devices, all_loop_devices());
  std::map<std::pair<uint64_t, uint64_t>, const LoopDevice*> by_file;
  for (const auto& device : devices) {
    if (!device.cut_off) by_file[{device.file.device, device.file.inode}] = &device;
  }
  std::map<VolumeId, BlockDevice> in_use;
  for (const auto& name : names) {
    if (!name.ends_with(file_suffix)) continue;
    const auto file = open_file(parts_->folder("volumes") + "/" + name, O_RDONLY);
    if (!file && file.error().kind == ErrorKind::not_found) continue;  // deleted meanwhile
    if (!file) return Failure(file.error());
    HF_TRY(const auto identity, identity_of(file->get()));
    const auto found = by_file.find({identity.device, identity.inode});
    if (found == by_file.end()) continue;
    in_use[VolumeId(name.substr(0, name.size() - file_suffix.size()))] = to_block_device(*found->second);
  }
  return in_use;
}

Result<void> VolumeStore::cut(const VolumeId& volume) {
  HF_TRY_VOID(check_name(volume.str(), "volume"));
  const KeyedLocks::Held lock(parts_->locks, volume.str());
  const std::string path = parts_->volume_path(volume);
  HF_TRY(const bool there, exists(path));
  if (!there) return no_such_volume(volume);
  HF_TRY(const Fd file, open_file(path, O_RDONLY));
  // No flush: the loop device does direct I/O, so the file is exactly what was written out by now. What the kernel
  // happens to write while we clone is either in or not, as with a real power failure. An earlier cut is replaced.
  return parts_->clone_to(file.get(), parts_->scratch_path("cut", volume.str()), parts_->cut_path(volume), 0);
}

Result<void> VolumeStore::finish_cut(const VolumeId& volume) {
  HF_TRY_VOID(check_name(volume.str(), "volume"));
  const KeyedLocks::Held lock(parts_->locks, volume.str());
  const std::string cut = parts_->cut_path(volume);
  HF_TRY(const bool pending, exists(cut));
  if (!pending) return {};
  HF_TRY(const OpenVolume open, open_volume(parts_->volume_path(volume), volume));
  if (!open.devices.empty()) {
    return fail(ErrorKind::conflict, "VolumeInUse",
                fmt::format("the volume '{}' is attached as {}; release it first", volume.str(), open.devices[0].path));
  }
  // Safe: the machine stood still from the cut to its death (the caller's promise), so nothing that it was told to be
  // durable is missing in the clone; and no device can write to the file that goes.
  return rename_durably(cut, parts_->volume_path(volume));
}

Result<void> VolumeStore::drop_cut(const VolumeId& volume) {
  HF_TRY_VOID(check_name(volume.str(), "volume"));
  const KeyedLocks::Held lock(parts_->locks, volume.str());
  return remove_durably(parts_->cut_path(volume));
}

}  // namespace holdfast::cloud::linux_
