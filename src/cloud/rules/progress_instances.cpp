// What an instance's row calls for from the substrate, and what comes of it.
//
// The order that makes termination safe: a stop is ordered only when no launch and no attach of the machine is in
// flight (so that nothing can bring it to life, or a volume into it, afterwards); volumes and interfaces come free only
// when a stop was answered with "observed dead". Whoever waits for them can then never meet a second writer.
#include <algorithm>

#include "cloud/lookup.h"
#include "cloud/rules.h"

namespace holdfast::cloud {

namespace {

std::string launch_flight(const InstanceId& id) {
  return "launch/" + id.str();
}
std::string stop_flight(const InstanceId& id) {
  return "stop/" + id.str();
}
std::string hardness(StopHow how) {
  return std::to_string(static_cast<int>(how));
}

bool attach_in_flight(const Call& call, const Instance& instance) {
  return std::any_of(instance.volumes.begin(), instance.volumes.end(),
                     [&](const VolumeId& id) { return call.model.flights.contains("attach/" + id.str()); });
}

void free_volume(Call& call, const VolumeId& id) {
  const Volume* volume = call.model.volumes.find(id);
  if (volume == nullptr || !volume->attachment) return;
  bool doomed = volume->attachment->delete_on_termination;
  Volume& row = call.model.volumes.edit(id);
  row.attachment.reset();
  if (row.state == "in-use") row.state = "available";
  // Safe: the instance's owner said so (DeleteOnTermination), and the machine is dead.
  if (doomed) return delete_volume(call, id);
  if (row.state == "available") tell(call, ec2::kVolumeNotification, id.str(), "available");
}

void free_interface(Call& call, const InterfaceId& id) {
  const Interface* interface = call.model.interfaces.find(id);
  if (interface == nullptr || !interface->attachment) return;
  bool doomed = interface->attachment->delete_on_termination;
  call.model.interfaces.edit(id).attachment.reset();
  if (doomed) return erase_interface(call, id);
  tell(call, ec2::kVolumeNotification, id.str(), "available");
}

void finish_termination(Call& call, const InstanceId& id) {
  Instance copy = *call.model.instances.find(id);
  for (const auto& volume : copy.volumes) free_volume(call, volume);
  for (const auto& interface : copy.interfaces) free_interface(call, interface);
  Instance& row = call.model.instances.edit(id);
  row.state = "terminated", row.terminated_at = call.now;
  row.volumes.clear(), row.interfaces.clear(), row.private_ip.clear();
  row.interruption_at.reset();
  tell(call, ec2::kInstanceStateChange, id.str(), "terminated");
  instance_ended(call, *call.model.instances.find(id));
  wake_at(call, id.str(), call.now + kTerminatedVisible);
}

// The machine is dead and the instance stays: attachments that were on their way end where they were going to.
void finish_stop(Call& call, const InstanceId& id) {
  Instance& row = call.model.instances.edit(id);
  row.state = "stopped", row.launch_sent = false;
  auto volumes = row.volumes;
  auto interfaces = row.interfaces;
  tell(call, ec2::kInstanceStateChange, id.str(), "stopped");
  for (const auto& volume : volumes) progress_volume(call, volume);
  for (const auto& interface : interfaces) progress_interface(call, interface);
}

// Its machine was stopped for an errand: what waits for that begins.
void begin_standstill(Call& call, const InstanceId& id) {
  Instance& row = call.model.instances.edit(id);
  row.launch_sent = false;
  std::string errand = row.errand;
  progress_set(call, errand);
  progress_instance(call, id);
}

void seen_dead(Call& call, const InstanceId& id) {
  const Instance& instance = *call.model.instances.find(id);
  if (instance.state == "running" && !instance.errand.empty()) return begin_standstill(call, id);
  if (instance.state == "stopping") return finish_stop(call, id);
  if (instance.state == "shutting-down") return finish_termination(call, id);
}

void order_launch(Call& call, const InstanceId& id) {
  if (call.model.flights.contains(launch_flight(id))) return;
  for (const auto& volume : call.model.instances.find(id)->volumes) {
    const Volume* row = call.model.volumes.find(volume);
    if (row == nullptr || row->state != "in-use") return;  // not made yet; its outcome comes back here
  }
  call.model.instances.edit(id).launch_sent = true;
  call.model.flights.put(launch_flight(id), "");
  call.out.orders.push_back(LaunchOrder{machine_spec(call.model, call.settings, *call.model.instances.find(id))});
}

void order_stop(Call& call, const InstanceId& id) {
  const Instance& instance = *call.model.instances.find(id);
  if (call.model.flights.contains(launch_flight(id)) || attach_in_flight(call, instance)) return;
  if (!instance.launch_sent) return seen_dead(call, id);  // there is no machine
  const std::string* under_way = call.model.flights.find(stop_flight(id));
  if (under_way != nullptr && *under_way >= hardness(instance.stop_how)) return;
  call.model.flights.put(stop_flight(id), hardness(instance.stop_how));
  call.out.orders.push_back(StopOrder{id, instance.stop_how});
}

// It ends otherwise than by a new start: what was made for it goes its own way.
void drop_errand(Call& call, const InstanceId& id) {
  std::string errand = std::exchange(call.model.instances.edit(id).errand, "");
  if (errand.starts_with("ami-")) progress_set(call, errand);
  if (errand.starts_with("replacevol-")) end_root_task(call, RootTaskId(errand), false);
}

void progress_errand(Call& call, const InstanceId& id) {
  const Instance& instance = *call.model.instances.find(id);
  if (call.model.flights.contains(launch_flight(id))) return;
  bool image = instance.errand.starts_with("ami-");
  Making root = image ? Making::done : root_volume_of(call.model, RootTaskId(instance.errand));
  if (root == Making::under_way) return;
  if (root == Making::failed && instance.launch_sent) return drop_errand(call, id);
  if (instance.launch_sent) return order_stop(call, id);
  if (image && set_under_way(call.model, instance.errand)) return;
  if (!image) swap_root(call, RootTaskId(instance.errand));
  order_launch(call, id);
}

void end_errand(Call& call, const InstanceId& id) {
  std::string errand = std::exchange(call.model.instances.edit(id).errand, "");
  if (errand.starts_with("replacevol-")) end_root_task(call, RootTaskId(errand), true);
}

void progress_running(Call& call, const InstanceId& id) {
  const Instance& instance = *call.model.instances.find(id);
  if (instance.interruption_at && *instance.interruption_at <= call.now) {
    return begin_shutdown(
        call, id, StopHow::shutdown,
        {"Server.SpotInstanceTermination", "Server.SpotInstanceTermination: Spot instance termination"});
  }
  if (instance.interruption_at) wake_at(call, id.str(), *instance.interruption_at);
  if (!instance.errand.empty()) return progress_errand(call, id);
  if (instance.reboot_due && !call.model.flights.contains("reboot/" + id.str())) {
    call.model.flights.put("reboot/" + id.str(), "");
    call.out.orders.push_back(RebootOrder{id});
  }
}

}  // namespace

MachineSpec machine_spec(const Model& model, const Settings& settings, const Instance& instance) {
  const InstanceType* type = find_instance_type(instance.type);
  CHECK(type != nullptr);
  MachineSpec spec;
  spec.id = instance.id, spec.root_device = instance.root_device, spec.user_data = instance.user_data;
  spec.vcpus = type->vcpus, spec.memory_mib = type->memory_mib;
  spec.imds_tokens_required = instance.imds_tokens_required;
  for (const auto& id : instance.volumes) {
    const Volume* volume = model.volumes.find(id);
    if (volume != nullptr && volume->attachment) spec.volumes.push_back({id, volume->attachment->device});
  }
  for (const auto& id : instance.interfaces) {
    const Interface* interface = model.interfaces.find(id);
    if (interface != nullptr) spec.interfaces.push_back({id, interface->subnet, interface->mac, interface->ip});
  }
  spec.identity = {
      instance.image, instance.type, instance.zone, settings.region, instance.spot ? "spot" : "on-demand", {}};
  for (const auto& tag : instance.tags) {
    if (instance.metadata_tags) spec.identity.tags.emplace_back(tag.key, tag.value);
  }
  return spec;
}

void begin_shutdown(Call& call, const InstanceId& id, StopHow how, ec2::StateReason reason) {
  Instance& row = call.model.instances.edit(id);
  if (row.state == "terminated") return;
  drop_errand(call, id);
  if (row.state == "shutting-down") {
    row.stop_how = std::max(row.stop_how, how);
  } else {
    row.state = "shutting-down", row.stop_how = how, row.reason = std::move(reason), row.reboot_due = false;
    tell(call, ec2::kInstanceStateChange, id.str(), "shutting-down");
  }
  progress_instance(call, id);
}

Result<void> check_errand(const Instance& instance) {
  if (instance.errand.empty()) return {};
  return ec2::ec2_fail("IncorrectState", "The instance '" + instance.id.str() + "' is stopped for " + instance.errand +
                                             " at this moment; ask again when it is done.");
}

void begin_errand(Call& call, const InstanceId& id, const std::string& errand) {
  Instance& row = call.model.instances.edit(id);
  CHECK(row.state == "running" && row.errand.empty());
  row.errand = errand, row.stop_how = StopHow::shutdown;
}

void begin_stop(Call& call, const InstanceId& id, StopHow how, ec2::StateReason reason) {
  drop_errand(call, id);
  Instance& row = call.model.instances.edit(id);
  if (row.state == "stopping") {
    row.stop_how = std::max(row.stop_how, how);
  } else {
    row.state = "stopping", row.stop_how = how, row.reason = std::move(reason), row.reboot_due = false;
    tell(call, ec2::kInstanceStateChange, id.str(), "stopping");
  }
  progress_instance(call, id);
}

void progress_instance(Call& call, const InstanceId& id) {
  const Instance* instance = call.model.instances.find(id);
  if (instance == nullptr) return;
  if (instance->state == "pending") return order_launch(call, id);
  if (instance->state == "running") return progress_running(call, id);
  if (instance->state == "shutting-down" || instance->state == "stopping") return order_stop(call, id);
  if (instance->terminated_at && call.now >= *instance->terminated_at + kTerminatedVisible) {
    call.model.instances.erase(id);  // safe: a record only; what it had came free an hour ago
  } else if (instance->terminated_at) {
    wake_at(call, id.str(), *instance->terminated_at + kTerminatedVisible);
  }
}

void finished(Call& call, const LaunchOrder& order, const Result<void>& outcome) {
  const InstanceId& id = order.machine.id;
  call.model.flights.erase(launch_flight(id));
  const Instance* instance = call.model.instances.find(id);
  if (instance == nullptr) return;
  bool back = instance->state == "running" && !instance->errand.empty();
  if (instance->state != "pending" && !back) return progress_instance(call, id);
  if (!outcome) {
    bool full = outcome.error().code == "InsufficientVolumeCapacity";
    std::string code = full ? "Client.VolumeLimitExceeded" : "Server.InternalError";
    ec2::StateReason reason{code, code + ": " + outcome.error().message};
    return instance->has_run ? begin_stop(call, id, StopHow::kill, reason)
                             : begin_shutdown(call, id, StopHow::kill, reason);
  }
  Instance& row = call.model.instances.edit(id);
  row.state = "running", row.has_run = true;
  if (back) {
    end_errand(call, id);
    if (row.interruption_at) call.out.orders.push_back(NoticeOrder{id, {"terminate", *row.interruption_at}});
  } else {
    tell(call, ec2::kInstanceStateChange, id.str(), "running");
  }
  // What was about to leave when its machine was stopped goes on leaving.
  auto volumes = row.volumes;
  auto interfaces = row.interfaces;
  for (const auto& volume : volumes) {
    auto& attachment = *call.model.volumes.edit(volume).attachment;
    if (attachment.state == "attaching") attachment.state = "attached";
    progress_volume(call, volume);
  }
  for (const auto& interface : interfaces) {
    auto& attachment = *call.model.interfaces.edit(interface).attachment;
    if (attachment.status == "attaching") attachment.status = "attached";
    progress_interface(call, interface);
  }
  progress_instance(call, id);
}

void finished(Call& call, const StopOrder& order, const Result<void>& outcome) {
  std::string flight = stop_flight(order.instance);
  const std::string* under_way = call.model.flights.find(flight);
  const Instance* instance = call.model.instances.find(order.instance);
  if (instance == nullptr || under_way == nullptr) return;
  if (outcome) {
    call.model.flights.erase(flight);
    return seen_dead(call, order.instance);
  }
  // Not seen dead: nothing comes free. A harder stop may be under way already.
  if (*under_way == hardness(order.how)) retry_later(call, flight, order.instance.str());
}

void finished(Call& call, const RebootOrder& order, const Result<void>& outcome) {
  std::string flight = "reboot/" + order.instance.str();
  const Instance* instance = call.model.instances.find(order.instance);
  bool due = instance != nullptr && instance->reboot_due;
  if (due && !outcome) return retry_later(call, flight, order.instance.str());
  call.model.flights.erase(flight);
  if (due) call.model.instances.edit(order.instance).reboot_due = false;
}

void machine_ended(Call& call, const InstanceId& id, const std::string& reason) {
  const Instance* instance = call.model.instances.find(id);
  if (instance == nullptr) return;
  if (instance->state != "pending" && instance->state != "running") return;
  std::string code = reason.starts_with(kGuestShutdown) ? "Client.InstanceInitiatedShutdown" : "Server.InternalError";
  // EC2 names its own reason if the deadline of its notice took the instance.
  if (instance->interruption_at && *instance->interruption_at <= call.now) code = "Server.SpotInstanceTermination";
  begin_shutdown(call, id, StopHow::kill, {code, code + ": " + reason});
}

void user_data_ended(Call& call, const InstanceId& id, UserDataOutcome outcome) {
  const Instance* instance = call.model.instances.find(id);
  if (instance == nullptr || instance->user_data_outcome == outcome) return;
  call.model.instances.edit(id).user_data_outcome = outcome;
}

}  // namespace holdfast::cloud
