// AttachNetworkInterface and DetachNetworkInterface: further interfaces of an instance that runs or is stopped. The
// primary one comes and goes with its instance.
#include <algorithm>

#include "cloud/lookup.h"
#include "cloud/rules_further.h"

namespace holdfast::cloud {

namespace {

std::string link_flight(const InterfaceId& id) {
  return "link/" + id.str();
}

bool is_at(const Interface* row, const std::string& attachment, const std::string& status) {
  return row != nullptr && row->attachment && row->attachment->attachment_id == attachment &&
         row->attachment->status == status;
}

void end_attachment(Call& call, const InterfaceId& id) {
  Interface& row = call.model.interfaces.edit(id);
  std::erase(call.model.instances.edit(row.attachment->instance_id).interfaces, id);
  row.attachment.reset();
  tell(call, ec2::kVolumeNotification, id.str(), "available");
}

// There is no machine, so nothing needs to be done for it; but an order that the substrate still has comes first.
void settle(Call& call, const InterfaceId& id) {
  if (call.model.flights.contains(link_flight(id))) return;
  if (call.model.interfaces.find(id)->attachment->status == "detaching") return end_attachment(call, id);
  call.model.interfaces.edit(id).attachment->status = "attached";
}

Result<void> check_index(const Model& model, const Instance& instance, int index) {
  constexpr int kMaxIndex = 7;
  if (index < 0 || index > kMaxIndex) return bad_value("A device index is 0 to 7.", "DeviceIndex");
  for (const auto& id : instance.interfaces) {
    const Interface* other = model.interfaces.find(id);
    if (other == nullptr || !other->attachment || other->attachment->device_index != index) continue;
    return bad_value("The instance '" + instance.id.str() + "' has " + id.str() + " at the device index " +
                         std::to_string(index) + ".",
                     "DeviceIndex");
  }
  return {};
}

Result<void> check_attachment(const Model& model, const Interface& interface, const Instance& instance) {
  if (interface.attachment) {
    return ec2::ec2_fail("InvalidNetworkInterface.InUse", "The network interface '" + interface.id.str() +
                                                              "' is attached to " +
                                                              interface.attachment->instance_id.str() + ".");
  }
  if (instance.state != "running" && instance.state != "stopped") {
    return ec2::ec2_fail("IncorrectState", "The instance '" + instance.id.str() + "' is " + instance.state +
                                               ", neither running nor stopped.");
  }
  const std::string& zone = model.subnets.find(interface.subnet)->zone;
  if (zone != instance.zone) {
    return bad_combination("The network interface is in " + zone + ", the instance in " + instance.zone + ".",
                           "NetworkInterfaceId");
  }
  return check_errand(instance);
}

}  // namespace

FurtherAnswer act(Call& call, const ec2::AttachNetworkInterfaceRequest& request) {
  HF_TRY(const Interface* interface, need(call.model.interfaces, request.network_interface_id, "NetworkInterfaceId"));
  HF_TRY(const Instance* instance, need(call.model.instances, request.instance_id, "InstanceId"));
  if (request.network_card_index.value_or(0) != 0)
    return bad_value("Instances here have one network card, with the index 0.", "NetworkCardIndex");
  HF_TRY_VOID(check_attachment(call.model, *interface, *instance));
  HF_TRY_VOID(check_index(call.model, *instance, request.device_index));
  std::string attachment = "eni-attach-" + call.random.hex(17);
  call.model.interfaces.edit(interface->id).attachment =
      ec2::InterfaceAttachment{attachment, request.device_index, instance->id, "attaching", false, call.now};
  auto& all = call.model.instances.edit(instance->id).interfaces;
  auto later = std::find_if(all.begin(), all.end(), [&](const InterfaceId& id) {
    return call.model.interfaces.find(id)->attachment->device_index > request.device_index;
  });
  all.insert(later, interface->id);
  return ec2::AttachNetworkInterfaceResponse{attachment, 0};
}

FurtherAnswer act(Call& call, const ec2::DetachNetworkInterfaceRequest& request) {
  if (request.attachment_id.empty()) return missing("AttachmentId");
  const auto& rows = call.model.interfaces.rows();
  auto found = std::find_if(rows.begin(), rows.end(), [&](const auto& entry) {
    return entry.second.attachment && entry.second.attachment->attachment_id == request.attachment_id;
  });
  if (found == rows.end()) {
    return ec2::ec2_fail("InvalidAttachmentID.NotFound", "There is no attachment '" + request.attachment_id + "'.");
  }
  const auto& attachment = *found->second.attachment;
  if (attachment.device_index == 0) {
    return ec2::ec2_fail("OperationNotPermitted",
                         "The primary network interface comes free only when its instance is terminated.");
  }
  const Instance* instance = call.model.instances.find(attachment.instance_id);
  if (attachment.status == "attaching" || instance->state == "pending") {
    return ec2::ec2_fail("IncorrectState", "The network interface is still being attached.");
  }
  call.model.interfaces.edit(found->first).attachment->status = "detaching";
  return ec2::Empty{};
}

void progress_interface(Call& call, const InterfaceId& id) {
  const Interface* interface = call.model.interfaces.find(id);
  if (interface == nullptr || !interface->attachment || interface->attachment->status == "attached") return;
  const auto& attachment = *interface->attachment;
  const Instance* instance = call.model.instances.find(attachment.instance_id);
  if (instance == nullptr) return;
  if (instance->state == "stopped") return settle(call, id);
  bool ready = instance->state == "running" && instance->errand.empty();
  if (!ready || call.model.flights.contains(link_flight(id))) return;
  call.model.flights.put(link_flight(id), "");
  if (attachment.status == "attaching") {
    MachineInterface link{id, interface->subnet, interface->mac, interface->ip};
    call.out.orders.push_back(AttachInterfaceOrder{instance->id, link, attachment.attachment_id});
  } else {
    call.out.orders.push_back(DetachInterfaceOrder{instance->id, id, attachment.attachment_id});
  }
}

// A refusal may have left something there: it goes through a detachment, which ends only when the link was seen gone.
void finished(Call& call, const AttachInterfaceOrder& order, const Result<void>& outcome) {
  const InterfaceId& id = order.interface.id;
  call.model.flights.erase(link_flight(id));
  const Instance* instance = call.model.instances.find(order.instance);
  bool running = instance != nullptr && instance->state == "running";
  if (running && is_at(call.model.interfaces.find(id), order.attachment, "attaching")) {
    call.model.interfaces.edit(id).attachment->status = outcome ? "attached" : "detaching";
  }
  progress_interface(call, id);
}

void finished(Call& call, const DetachInterfaceOrder& order, const Result<void>& outcome) {
  std::string flight = link_flight(order.interface);
  const Instance* instance = call.model.instances.find(order.instance);
  bool running = instance != nullptr && instance->state == "running";
  bool leaving = is_at(call.model.interfaces.find(order.interface), order.attachment, "detaching");
  if (leaving && running && !outcome) return retry_later(call, flight, order.interface.str());
  call.model.flights.erase(flight);
  if (leaving && running) return end_attachment(call, order.interface);
  progress_interface(call, order.interface);
}

}  // namespace holdfast::cloud
