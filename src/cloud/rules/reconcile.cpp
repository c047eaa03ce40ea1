// After a restart: what the substrate has found is held against the model, and everything that is due is ordered.
// Nothing is in flight then, and every order can be repeated; so going on is the same as beginning.
#include <set>

#include "cloud/lookup.h"
#include "cloud/rules.h"
#include "cloud/rules/spot_requests.h"

namespace holdfast::cloud {

namespace {

// A snapshot that was being taken when the service died. Its data must be as of the call. If nobody can have written
// to the volume since, taking it (again) gives just that. Else the clone may or may not have been taken in time, and
// nothing tells: it is marked `error`, never passed off as complete; the caller takes another.
void judge_snapshot(Call& call, const SnapshotId& id) {
  const Snapshot& snapshot = *call.model.snapshots.find(id);
  if (snapshot.state != "pending" || !snapshot.built.empty()) return;
  if (snapshot.copied_from) {
    const Snapshot* from = call.model.snapshots.find(*snapshot.copied_from);
    if (from == nullptr) end_snapshot(call, id, false);
    return;
  }
  const Volume* volume = call.model.volumes.find(snapshot.volume);
  bool unwritten = volume != nullptr && snapshot.quiet && !volume->attachment &&
                   volume->attachments_made == snapshot.attachments_then;
  if (!unwritten) end_snapshot(call, id, false);
}

void compare_machines(Call& call, const std::vector<MachineSeen>& seen) {
  std::set<InstanceId> running;
  for (const auto& machine : seen) {
    const Instance* instance = call.model.instances.find(machine.id);
    if (instance == nullptr || instance->state == "terminated" || instance->state == "stopped") {
      // Nobody's machine: an instance's row is written before its machine is launched and stays until it was seen
      // dead, so this one belongs to nothing. Stopping it deletes nothing; its volumes stay.
      call.out.orders.push_back(StopOrder{machine.id, StopHow::shutdown});
      continue;
    }
    if (machine.running) running.insert(machine.id);
    if (machine.running && instance->state != "shutting-down") user_data_ended(call, machine.id, machine.user_data);
  }
  std::vector<InstanceId> vanished;
  for (const auto& [id, instance] : call.model.instances.rows()) {
    bool away = !instance.errand.empty();  // it may be stopped just for that, and is started again
    if (instance.state == "running" && !away && running.count(id) == 0) vanished.push_back(id);
  }
  for (const auto& id : vanished) machine_ended(call, id, "the machine was gone when the service started");
}

void show_notices(Call& call) {
  for (const auto& [id, instance] : call.model.instances.rows()) {
    if (instance.state != "running") continue;
    if (instance.interruption_at) call.out.orders.push_back(NoticeOrder{id, {"terminate", *instance.interruption_at}});
    if (instance.rebalance_at) call.out.orders.push_back(RebalanceOrder{id, *instance.rebalance_at});
  }
}

template <class Key, class Row, class F>
void each_key(const Table<Key, Row>& table, F&& f) {
  std::vector<Key> keys;
  for (const auto& [key, row] : table.rows()) keys.push_back(key);
  for (const auto& key : keys) f(key);
}

void sweep_tokens(Call& call) {
  each_key(call.model.tokens, [&](const std::string& key) {
    if (call.now - call.model.tokens.find(key)->at > kTokensKept) call.model.tokens.erase(key);
  });
  sweep_spot_requests(call);
  sweep_root_tasks(call);
  wake_at(call, "sweep", call.now + kSweepEvery);
}

template <class Key, class Row, class F>
void each_touched(const Table<Key, Row>& table, F&& f) {
  std::vector<Key> keys;
  for (const auto& [key, before] : table.touched()) keys.push_back(key);
  for (const auto& key : keys) f(key);
}

}  // namespace

std::vector<SubnetSpec> subnets_for_start(const Model& model) {
  std::vector<SubnetSpec> specs;
  for (const auto& [id, subnet] : model.subnets.rows()) {
    if (subnet.state == "available") specs.push_back({id, subnet.cidr, subnet.outside});
  }
  return specs;
}

std::vector<MachineSpec> machines_for_start(const Model& model, const Settings& settings) {
  std::vector<MachineSpec> specs;
  for (const auto& [id, instance] : model.instances.rows()) {
    if (instance.state != "terminated" && instance.launch_sent)
      specs.push_back(machine_spec(model, settings, instance));
  }
  return specs;
}

void reconcile(Call& call, const std::vector<MachineSeen>& seen) {
  each_key(call.model.snapshots, [&](const SnapshotId& id) { judge_snapshot(call, id); });
  compare_machines(call, seen);
  show_notices(call);
  each_key(call.model.spot_requests, [&](const SpotRequestId& id) { progress_spot_request(call, id); });
  // Who reads before who deletes: what is made from a snapshot, then snapshots, then the volumes that they are taken
  // of.
  each_key(call.model.volumes, [&](const VolumeId& id) {
    if (call.model.volumes.find(id)->state == "creating") progress_volume(call, id);
  });
  each_key(call.model.snapshots, [&](const SnapshotId& id) {
    if (call.model.snapshots.find(id)->state == "pending") progress_snapshot(call, id);
  });
  each_key(call.model.snapshots, [&](const SnapshotId& id) { progress_snapshot(call, id); });
  each_key(call.model.subnets, [&](const SubnetId& id) { progress_subnet(call, id); });
  each_key(call.model.images, [&](const ImageId& id) { progress_image(call, id); });
  each_key(call.model.volumes, [&](const VolumeId& id) { progress_volume(call, id); });
  each_key(call.model.interfaces, [&](const InterfaceId& id) { progress_interface(call, id); });
  each_key(call.model.instances, [&](const InstanceId& id) { progress_instance(call, id); });
  sweep_tokens(call);
}

void progress_touched(Call& call) {
  each_touched(call.model.spot_requests, [&](const SpotRequestId& id) { progress_spot_request(call, id); });
  each_touched(call.model.snapshots, [&](const SnapshotId& id) { progress_snapshot(call, id); });
  each_touched(call.model.subnets, [&](const SubnetId& id) { progress_subnet(call, id); });
  each_touched(call.model.images, [&](const ImageId& id) { progress_image(call, id); });
  each_touched(call.model.volumes, [&](const VolumeId& id) { progress_volume(call, id); });
  each_touched(call.model.interfaces, [&](const InterfaceId& id) { progress_interface(call, id); });
  each_touched(call.model.instances, [&](const InstanceId& id) { progress_instance(call, id); });
}

void woken(Call& call, const std::string& id) {
  call.model.wakes.erase(id);
  for (const char* kind : {"stop/", "reboot/", "detach/", "delete/", "drop/", "subnet/", "grow/", "link/"}) {
    std::string flight = kind + id;
    if (!call.model.flights.contains("later/" + flight)) continue;
    call.model.flights.erase("later/" + flight);
    call.model.flights.erase(flight);
  }
  if (id == "sweep") return sweep_tokens(call);
  if (id.starts_with("i-")) return progress_instance(call, InstanceId(id));
  if (id.starts_with("vol-")) return progress_volume(call, VolumeId(id));
  if (id.starts_with("snap-")) return progress_snapshot(call, SnapshotId(id));
  if (id.starts_with("subnet-")) return progress_subnet(call, SubnetId(id));
  if (id.starts_with("eni-")) return progress_interface(call, InterfaceId(id));
  if (id.starts_with("sir-")) return progress_spot_request(call, SpotRequestId(id));
}

void tell(Call& call, const char* detail_type, const std::string& resource, std::string state,
          std::optional<Time> deadline) {
  call.out.events.push_back({detail_type, call.now, resource, std::move(state), deadline});
}

void retry_later(Call& call, const std::string& flight, const std::string& id) {
  if (!call.model.flights.contains(flight)) return;
  call.model.flights.put("later/" + flight, "");
  wake_at(call, id, call.now + kRetryAfter);
}

void wake_at(Call& call, const std::string& id, Time at) {
  const Time* known = call.model.wakes.find(id);
  if (known != nullptr && *known <= at) return;
  call.model.wakes.put(id, at);
  call.out.wakes.emplace_back(id, at);
}

}  // namespace holdfast::cloud
