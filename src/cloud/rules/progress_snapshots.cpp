// What the rows of snapshots call for from the substrate, and what comes of it.
//
// A snapshot's content comes from a volume, alone or as one of a set that is taken in one moment, or from another
// snapshot. A deletion waits for all who still read: volumes being made ("from/snap/vol" in flight), copies
// ("from/snap/snap").
#include <algorithm>

#include "cloud/lookup.h"
#include "cloud/rules.h"

namespace holdfast::cloud {

namespace {

std::string clone_flight(const VolumeId& volume, const SnapshotId& snapshot) {
  return "clone/" + volume.str() + "/" + snapshot.str();
}
std::string copy_flight(const SnapshotId& from, const SnapshotId& snapshot) {
  return "from/" + from.str() + "/" + snapshot.str();
}

std::vector<SnapshotId> pending_of(const Model& model, const std::string& set) {
  std::vector<SnapshotId> ids;
  for (const auto& [id, row] : model.snapshots.rows()) {
    if (row.set == set && row.state == "pending") ids.push_back(id);
  }
  return ids;
}

// An image is made of a machine that is to be stopped first.
bool waits_for_stop(const Model& model, const Snapshot& snapshot) {
  const Instance* instance = model.instances.find(snapshot.set_of);
  return instance != nullptr && instance->state == "running" && instance->errand == snapshot.set &&
         instance->launch_sent;
}

void order_set(Call& call, const Snapshot& snapshot) {
  if (waits_for_stop(call.model, snapshot)) return;
  CreateSnapshotSetOrder order{snapshot.set_of, {}};
  for (const auto& id : pending_of(call.model, snapshot.set)) {
    const VolumeId& volume = call.model.snapshots.find(id)->volume;
    call.model.flights.put(clone_flight(volume, id), "");
    order.snapshots.push_back({id, volume});
  }
  call.out.orders.push_back(std::move(order));
}

void order_content(Call& call, const Snapshot& snapshot) {
  if (snapshot.copied_from) {
    std::string flight = copy_flight(*snapshot.copied_from, snapshot.id);
    if (call.model.flights.contains(flight)) return;
    call.model.flights.put(flight, "");
    call.out.orders.push_back(CopySnapshotOrder{snapshot.id, *snapshot.copied_from});
    return;
  }
  std::string flight = clone_flight(snapshot.volume, snapshot.id);
  if (call.model.flights.contains(flight)) return;
  if (!snapshot.set.empty()) return order_set(call, snapshot);
  call.model.flights.put(flight, "");
  call.out.orders.push_back(CreateSnapshotOrder{snapshot.id, snapshot.volume});
}

bool content_under_way(const Model& model, const Snapshot& snapshot) {
  if (model.flights.contains(clone_flight(snapshot.volume, snapshot.id))) return true;
  return snapshot.copied_from && model.flights.contains(copy_flight(*snapshot.copied_from, snapshot.id));
}

}  // namespace

void progress_snapshot(Call& call, const SnapshotId& id) {
  const Snapshot* snapshot = call.model.snapshots.find(id);
  if (snapshot == nullptr || !snapshot->built.empty()) return;
  if (snapshot->state == "pending") return order_content(call, *snapshot);
  std::string drop = "drop/" + id.str();
  if (snapshot->state != "deleted" || call.model.flights.contains(drop)) return;
  bool read = content_under_way(call.model, *snapshot) || any_below(call.model.flights, "from/" + id.str() + "/");
  if (read) return;
  call.model.flights.put(drop, "");
  call.out.orders.push_back(DeleteSnapshotOrder{id});
}

void progress_set(Call& call, const std::string& set) {
  for (const auto& id : pending_of(call.model, set)) progress_snapshot(call, id);
}

bool set_under_way(const Model& model, const std::string& set) {
  return !pending_of(model, set).empty();
}

void end_snapshot(Call& call, const SnapshotId& id, bool complete) {
  const Snapshot* snapshot = call.model.snapshots.find(id);
  if (snapshot == nullptr || snapshot->state != "pending") return;
  Snapshot& row = call.model.snapshots.edit(id);
  row.state = complete ? "completed" : "error", row.completed_at = call.now;
  tell(call, ec2::kSnapshotNotification, id.str(), complete ? "succeeded" : "failed");
  if (!row.set.empty()) set_changed(call, row.set, row.set_of);
}

void finished(Call& call, const CreateSnapshotOrder& order, const Result<void>& outcome) {
  call.model.flights.erase(clone_flight(order.volume, order.snapshot));
  end_snapshot(call, order.snapshot, outcome.has_value());
  progress_snapshot(call, order.snapshot);
  progress_volume(call, order.volume);  // a deletion may have waited
}

// All or none: a set of which one is missing is no state that the machine ever had.
void finished(Call& call, const CreateSnapshotSetOrder& order, const Result<void>& outcome) {
  for (const auto& one : order.snapshots) call.model.flights.erase(clone_flight(one.volume, one.snapshot));
  for (const auto& one : order.snapshots) end_snapshot(call, one.snapshot, outcome.has_value());
  for (const auto& one : order.snapshots) {
    progress_snapshot(call, one.snapshot);
    progress_volume(call, one.volume);
  }
  progress_instance(call, order.instance);  // it may have stood still for them
}

void finished(Call& call, const CopySnapshotOrder& order, const Result<void>& outcome) {
  call.model.flights.erase(copy_flight(order.from, order.snapshot));
  end_snapshot(call, order.snapshot, outcome.has_value());
  progress_snapshot(call, order.snapshot);
  progress_snapshot(call, order.from);  // its deletion may have waited
}

void finished(Call& call, const DeleteSnapshotOrder& order, const Result<void>& outcome) {
  std::string flight = "drop/" + order.snapshot.str();
  if (!outcome) return retry_later(call, flight, order.snapshot.str());
  call.model.flights.erase(flight);
  call.model.snapshots.erase(order.snapshot);
}

}  // namespace holdfast::cloud
