// What the rows of volumes call for from the substrate, and what comes of it.
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

std::string grow_flight(const VolumeId& id) {
  return "grow/" + id.str();
}

void end_modification(Call& call, const VolumeId& id, const std::string& problem) {
  Modification& row = call.model.modifications.edit(id);
  row.state = problem.empty() ? "completed" : "failed", row.message = problem, row.ended_at = call.now;
  if (!problem.empty()) return;
  Volume& volume = call.model.volumes.edit(id);
  volume.size = row.size, volume.type = row.type, volume.iops = row.iops, volume.throughput = row.throughput;
}

void progress_modification(Call& call, const VolumeId& id) {
  const Modification* row = call.model.modifications.find(id);
  if (row == nullptr || row->state != "modifying" || call.model.flights.contains(grow_flight(id))) return;
  if (row->size == row->old_size) return end_modification(call, id, "");
  call.model.flights.put(grow_flight(id), "");
  call.out.orders.push_back(GrowVolumeOrder{id, row->size});
}

void progress_creation(Call& call, const Volume& volume) {
  if (call.model.flights.contains(create_flight(volume.id))) return;
  call.model.flights.put(create_flight(volume.id), "");
  if (volume.snapshot) call.model.flights.put("from/" + volume.snapshot->str() + "/" + volume.id.str(), "");
  call.out.orders.push_back(CreateVolumeOrder{volume.id, volume.size, volume.snapshot});
}

void end_attachment(Call& call, const VolumeId& id) {
  Volume& row = call.model.volumes.edit(id);
  InstanceId instance = row.attachment->instance;
  row.attachment.reset(), row.state = "available";
  std::erase(call.model.instances.edit(instance).volumes, id);
  tell(call, ec2::kVolumeNotification, id.str(), "available");
}

// There is no machine, so nothing needs to be done for it; but an order that the substrate still has comes first.
void settle_attachment(Call& call, const Volume& volume) {
  const std::string& id = volume.id.str();
  if (call.model.flights.contains("attach/" + id) || call.model.flights.contains("detach/" + id)) return;
  if (volume.attachment->state == "attaching") {
    call.model.volumes.edit(volume.id).attachment->state = "attached";
    tell(call, ec2::kVolumeNotification, id, "attached");
  } else if (volume.attachment->state != "attached") {
    end_attachment(call, volume.id);
  }
}

void progress_attachment(Call& call, const Volume& volume) {
  const auto& attachment = *volume.attachment;
  const Instance* instance = call.model.instances.find(attachment.instance);
  if (instance != nullptr && instance->state == "stopped") return settle_attachment(call, volume);
  if (instance == nullptr || instance->state != "running" || !instance->errand.empty()) return;
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
  bool used = any_below(call.model.flights, "clone/" + volume.id.str() + "/") ||
              call.model.flights.contains(create_flight(volume.id)) ||
              call.model.flights.contains(grow_flight(volume.id));
  if (used) return;
  std::string flight = "delete/" + volume.id.str();
  if (call.model.flights.contains(flight)) return;
  call.model.flights.put(flight, "");
  call.out.orders.push_back(DeleteVolumeOrder{volume.id});
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
  else
    progress_modification(call, id);
  if (volume->state == "in-use" && volume->attachment) progress_attachment(call, *volume);
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
    if (row.attachment) return progress_instance(call, row.attachment->instance);
    return volume_made(call, order.volume);
  }
  row.state = "error";
  tell(call, ec2::kVolumeNotification, order.volume.str(), "failed");
  if (!row.attachment) return volume_made(call, order.volume);
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
  call.model.modifications.erase(order.volume);
}

// A conflict passes (a power cut that is not finished yet); anything else is told to whoever asked.
void finished(Call& call, const GrowVolumeOrder& order, const Result<void>& outcome) {
  std::string flight = grow_flight(order.volume);
  const Modification* row = call.model.modifications.find(order.volume);
  bool ours = row != nullptr && row->state == "modifying" && row->size == order.size;
  if (ours && !outcome && outcome.error().kind == ErrorKind::conflict) {
    return retry_later(call, flight, order.volume.str());
  }
  call.model.flights.erase(flight);
  if (ours) end_modification(call, order.volume, outcome ? "" : outcome.error().message);
  progress_volume(call, order.volume);  // a deletion may have waited
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
  const Instance* instance = call.model.instances.find(order.instance);
  bool dead = instance != nullptr && instance->state == "stopped";
  if (leaving && !outcome && !dead) {
    call.model.volumes.edit(id).attachment->state = "busy";  // mounted, as EC2 says; it goes on trying
    if (last) retry_later(call, flight, id.str());
    return;
  }
  if (last || leaving) call.model.flights.erase(flight);
  if (leaving)
    end_attachment(call, id);
  else
    progress_volume(call, id);  // it may be leaving another instance by now
}

}  // namespace holdfast::cloud
