// CreateSnapshot and DeleteSnapshot.
#include "cloud/lookup.h"
#include "cloud/rules.h"
#include "cloud/views.h"

namespace holdfast::cloud {

Result<void> check_rate(const Call& call, const VolumeId& volume) {
  int under_way = 0;
  std::string prefix = "clone/" + volume.str() + "/";
  const auto& flights = call.model.flights.rows();
  for (auto at = flights.lower_bound(prefix); at != flights.end() && at->first.starts_with(prefix); ++at) ++under_way;
  if (under_way >= kMaxSnapshotsUnderWay) {
    return ec2::ec2_fail("ConcurrentSnapshotLimitExceeded",
                         "A volume takes at most 5 snapshots at a time; wait for one.");
  }
  if (!call.settings.snapshot_rate_rule) return {};
  const auto* of_it = call.model.snapshots.with(
      "volume", volume.str(), [](const Snapshot& row) -> std::vector<std::string> { return {row.volume.str()}; });
  if (of_it == nullptr) return {};
  for (const auto& id : *of_it) {
    const Snapshot* snapshot = call.model.snapshots.find(id);
    if (snapshot != nullptr && call.now - snapshot->started_at < kSnapshotSpacing) {
      return ec2::ec2_fail("SnapshotCreationPerVolumeRateExceeded",
                           "A volume takes one snapshot every 15 seconds; ask again later.");
    }
  }
  return {};
}

Answer act(Call& call, const ec2::CreateSnapshotRequest& request) {
  HF_TRY(const Volume* volume, need(call.model.volumes, request.volume_id, "VolumeId"));
  HF_TRY_VOID(check_tag_specifications(request.tag_specifications, {"snapshot"}));
  if (volume->state != "available" && volume->state != "in-use") {
    return ec2::ec2_fail("IncorrectState", "The volume '" + volume->id.str() + "' is " + volume->state + ".");
  }
  constexpr size_t kMaxDescription = 255;
  if (request.description.size() > kMaxDescription)
    return bad_value("A description has at most 255 characters.", "Description");
  HF_TRY_VOID(check_rate(call, request.volume_id));
  Snapshot snapshot;
  snapshot.id = fresh_id(call.model.snapshots, call.random);
  snapshot.volume = volume->id, snapshot.size = volume->size, snapshot.description = request.description;
  snapshot.started_at = call.now;
  snapshot.quiet = !volume->attachment, snapshot.attachments_then = volume->attachments_made;
  snapshot.tags = tags_for(request.tag_specifications, "snapshot");
  call.model.snapshots.put(snapshot.id, snapshot);
  return ec2::CreateSnapshotResponse{view(call.model, snapshot)};
}

// Safe: the caller's own decision; refused while an image needs it. Volumes made from it are copies.
Answer act(Call& call, const ec2::DeleteSnapshotRequest& request) {
  HF_TRY_VOID(need(call.model.snapshots, request.snapshot_id, "SnapshotId"));
  std::string prefix = request.snapshot_id.str() + "/";
  auto use = call.model.snapshot_images.rows().lower_bound(prefix);
  if (use != call.model.snapshot_images.rows().end() && use->first.starts_with(prefix)) {
    return ec2::ec2_fail("InvalidSnapshot.InUse", "The snapshot '" + request.snapshot_id.str() + "' is in use by " +
                                                      use->second.str() + "; deregister that image first.");
  }
  if (!call.model.snapshots.find(request.snapshot_id)->built.empty()) {
    return ec2::ec2_fail("InvalidSnapshot.InUse", "A public image is being built into this snapshot.");
  }
  drop_snapshot(call, request.snapshot_id);
  return ec2::Empty{};
}

void drop_snapshot(Call& call, const SnapshotId& id) {
  call.model.snapshots.edit(id).state = "deleted";
}

}  // namespace holdfast::cloud
