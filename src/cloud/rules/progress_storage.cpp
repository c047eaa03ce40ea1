// What the rows of volumes and snapshots call for from the substrate, and what comes of it.
//
// Deletion of data waits for all who still read it: a volume for snapshots being taken of it, a snapshot for volumes
// being made from it ("clone/vol/snap" and "from/snap/vol" in flight).
#include <algorithm>

#include "cloud/lookup.h"
#include "cloud/rules.h"

namespace holdfast::cloud {

namespace {

std::string create_flight(const VolumeId& id) {
  return "create/" + id.str();
}

void progress_creation(Call& call, const Volume& volume) {
  if (call.model.flights.contains(create_flight(volume.id))) return;
  call.model.flights.put(create_flight(volume.id), "");
  if (volume.snapshot) call.model.flights.put("from/" + volume.snapshot->str() + "/" + volume.id.str(), "");
  call.out.orders.push_back(CreateVolumeOrder{volume.id, volume.size, volume.snapshot});
}

void progress_attachment(Call& call, const Volume& volume) {
  const auto& attachment = *volume.attachment;
  const Instance* instance = call.model.instances.find(attachment.instance);
  if (instance == nullptr || instance->state != "running") return;
  std::string attach = "attach/" + volume.id.str(), detach = "detach/" + volume.id.str();
  if (attachment.state == "attaching" && !call.model.flights.contains(attach)) {
    call.model.flights.put(attach, "");
    call.out.orders.push_back(AttachOrder{instance->id, {volume.id, attachment.device}});
  }
  if (attachment.state != "detaching" && attachment.state != "busy") return;
  const std::string* under_way = call.model.flights.find(detach);
  std::string wanted = attachment.force ? "force" : "ask";  // "force" is the greater
  if (under_way != nullptr && *under_way >= wanted) return;
  call.model.flights.put(detach, wanted);
  call.out.orders.push_back(DetachOrder{instance->id, {volume.id, attachment.device}, attachment.force});
}

void progress_deletion(Call& call, const Volume& volume) {
  bool read = any_below(call.model.flights, "clone/" + volume.id.str() + "/");
  if (read || call.model.flights.contains(create_flight(volume.id))) return;
  std::string flight = "delete/" + volume.id.str();
  if (call.model.flights.contains(flight)) return;
  call.model.flights.put(flight, "");
  call.out.orders.push_back(DeleteVolumeOrder{volume.id});
}

void end_attachment(Call& call, const VolumeId& id, const InstanceId& instance) {
  Volume& row = call.model.volumes.edit(id);
  row.attachment.reset(), row.state = "available";
  std::erase(call.model.instances.edit(instance).volumes, id);
  tell(call, ec2::kVolumeNotification, id.str(), "available");
}

}  // namespace

void delete_volume(Call& call, const VolumeId& id) {
  Volume& row = call.model.volumes.edit(id);
  CHECK(!row.attachment);
  row.state = "deleting";
  progress_volume(call, id);
}

void progress_volume(Call& call, const VolumeId& id) {
  const Volume* volume = call.model.volumes.find(id);
  if (volume == nullptr) return;
  if (volume->state == "creating")
    progress_creation(call, *volume);
  else if (volume->state == "deleting")
    progress_deletion(call, *volume);
  else if (volume->attachment)
    progress_attachment(call, *volume);
}

void finished(Call& call, const CreateVolumeOrder& order, const Result<void>& outcome) {
  call.model.flights.erase(create_flight(order.volume));
  if (order.from) {
    call.model.flights.erase("from/" + order.from->str() + "/" + order.volume.str());
    progress_snapshot(call, *order.from);
  }
  const Volume* volume = call.model.volumes.find(order.volume);
  if (volume == nullptr) return;
  if (volume->state != "creating") return progress_volume(call, order.volume);
  Volume& row = call.model.volumes.edit(order.volume);
  if (outcome) {
    row.state = row.attachment ? "in-use" : "available";
    tell(call, ec2::kVolumeNotification, order.volume.str(), "available");
    if (row.attachment) progress_instance(call, row.attachment->instance);
    return;
  }
  row.state = "error";
  tell(call, ec2::kVolumeNotification, order.volume.str(), "failed");
  if (!row.attachment) return;
  // A launch without one of its volumes fails. The machine never was: its new volumes hold nothing that is not in
  // their snapshots, so all of them may go.
  InstanceId id = row.attachment->instance;
  const Instance* instance = call.model.instances.find(id);
  if (instance->state == "pending" && !instance->launch_sent) {
    for (const auto& other : instance->volumes) call.model.volumes.edit(other).attachment->delete_on_termination = true;
  }
  bool full = outcome.error().code == "InsufficientVolumeCapacity";
  std::string code = full ? "Client.VolumeLimitExceeded" : "Server.InternalError";
  begin_shutdown(call, id, StopHow::kill, {code, code + ": " + outcome.error().message});
}

void finished(Call& call, const DeleteVolumeOrder& order, const Result<void>& outcome) {
  std::string flight = "delete/" + order.volume.str();
  if (!outcome) return retry_later(call, flight, order.volume.str());
  call.model.flights.erase(flight);
  call.model.volumes.erase(order.volume);
}

void finished(Call& call, const AttachOrder& order, const Result<void>& outcome) {
  const VolumeId& id = order.volume.id;
  call.model.flights.erase("attach/" + id.str());
  const Volume* volume = call.model.volumes.find(id);
  bool ours = volume != nullptr && volume->attachment && volume->attachment->instance == order.instance &&
              volume->attachment->state == "attaching";
  const Instance* instance = call.model.instances.find(order.instance);
  // The machine is going: its end frees the volume, not this.
  if (instance != nullptr && instance->state != "running") return progress_instance(call, order.instance);
  if (!ours) return;
  if (outcome) {
    call.model.volumes.edit(id).attachment->state = "attached";
    tell(call, ec2::kVolumeNotification, id.str(), "attached");
    return;
  }
  // A refusal that is known leaves nothing there. Anything else may have: the volume goes through a detachment, which
  // ends only when the device was seen gone.
  call.model.volumes.edit(id).attachment->state = "detaching";
  progress_volume(call, id);
}

void finished(Call& call, const DetachOrder& order, const Result<void>& outcome) {
  const VolumeId& id = order.volume.id;
  std::string flight = "detach/" + id.str();
  const std::string* under_way = call.model.flights.find(flight);
  bool last = under_way != nullptr && *under_way == (order.force ? "force" : "ask");
  const Volume* volume = call.model.volumes.find(id);
  bool leaving = volume != nullptr && volume->attachment && volume->attachment->instance == order.instance &&
                 (volume->attachment->state == "detaching" || volume->attachment->state == "busy");
  if (leaving && !outcome) {
    call.model.volumes.edit(id).attachment->state = "busy";  // mounted, as EC2 says; it goes on trying
    if (last) retry_later(call, flight, id.str());
    return;
  }
  if (last || leaving) call.model.flights.erase(flight);
  if (leaving)
    end_attachment(call, id, order.instance);
  else
    progress_volume(call, id);  // it may be leaving another instance by now
}

void progress_snapshot(Call& call, const SnapshotId& id) {
  const Snapshot* snapshot = call.model.snapshots.find(id);
  if (snapshot == nullptr || !snapshot->built.empty()) return;
  std::string clone = "clone/" + snapshot->volume.str() + "/" + id.str(), drop = "drop/" + id.str();
  if (snapshot->state == "pending" && !call.model.flights.contains(clone)) {
    call.model.flights.put(clone, "");
    call.out.orders.push_back(CreateSnapshotOrder{id, snapshot->volume});
  }
  if (snapshot->state != "deleted") return;
  bool read = call.model.flights.contains(clone) || any_below(call.model.flights, "from/" + id.str() + "/");
  if (read || call.model.flights.contains(drop)) return;
  call.model.flights.put(drop, "");
  call.out.orders.push_back(DeleteSnapshotOrder{id});
}

void finished(Call& call, const CreateSnapshotOrder& order, const Result<void>& outcome) {
  call.model.flights.erase("clone/" + order.volume.str() + "/" + order.snapshot.str());
  const Snapshot* snapshot = call.model.snapshots.find(order.snapshot);
  if (snapshot != nullptr && snapshot->state == "pending") {
    Snapshot& row = call.model.snapshots.edit(order.snapshot);
    row.state = outcome ? "completed" : "error";
    row.completed_at = call.now;
    tell(call, ec2::kSnapshotNotification, order.snapshot.str(), outcome ? "succeeded" : "failed");
  }
  progress_snapshot(call, order.snapshot);
  progress_volume(call, order.volume);  // a deletion may have waited
}

void finished(Call& call, const DeleteSnapshotOrder& order, const Result<void>& outcome) {
  std::string flight = "drop/" + order.snapshot.str();
  if (!outcome) return retry_later(call, flight, order.snapshot.str());
  call.model.flights.erase(flight);
  call.model.snapshots.erase(order.snapshot);
}

}  // namespace holdfast::cloud
