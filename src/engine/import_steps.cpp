// What an import will do, step by step, for a person to read beforehand. It follows what core decides (core/import.h
// and the handover); engine's tests hold the two to the same order.

#include <fmt/format.h>

#include "base/text.h"
#include "engine/import_original.h"

namespace holdfast::engine {

namespace {

class Steps {
 public:
  Steps(const FoundOriginal& found, ImportPlan& plan) : found_(found), plan_(plan) {}

  void describe() {
    plan_.import.adopted ? adopted() : copied();
    note();
  }

 private:
  const model::Original& original() const { return plan_.import.original; }
  bool reattaches() const { return plan_.spec.persistence.mode == model::BlockDevicesMode::reattach; }
  void step(std::string action, std::string target, std::string reason) {
    plan_.steps.push_back({std::move(action), std::move(target), std::move(reason)});
  }

  std::string data_ids() const {
    std::vector<std::string> ids;
    for (const model::OriginalVolume& volume : original().data) ids.push_back(volume.id.str());
    return join(ids, ", ");
  }
  std::string volume_ids() const {
    return original().root.id.str() + (original().data.empty() ? "" : ", " + data_ids());
  }

  void adopted() {
    const std::string& id = original().instance.str();
    const bool keeps = plan_.import.keep_private_ip;
    step("CreateTags", fmt::format("{}{}, {}", volume_ids(), keeps ? ", " + original().interface.str() : "", id),
         "everything of it is found again by these tags, also after a crash");
    keep();
    step("(observe)", id,
         "all of it must be seen tagged, and seen to outlive the instance, before anything is taken down");
    step("TerminateInstances", id, "its volumes can be saved consistently, and used again, once it writes no more");
    step("CreateSnapshot", original().root.id.str(), "the root as the instance left it");
    if (!original().data.empty() && !reattaches()) {
      step("CreateSnapshot", data_ids(),
           "the next instance's data volumes are made of these (blockDevicesMode onLaunch)");
    }
    step("RegisterImage", original().root.id.str(), "the next instance is launched from its own root");
    step("RunInstances", types(),
         keeps ? fmt::format("with the interface {}: address {} and MAC {} stay", original().interface.str(),
                             original().private_ip, original().mac)
               : "with a new address");
    if (!original().data.empty() && reattaches()) step("AttachVolume", data_ids(), "the same data volumes move");
    finish();
    std::string former = original().root.id.str();
    if (!original().data.empty() && !reattaches()) former += ", " + data_ids();
    step("DeleteVolume", former, "replaced by the new instance's volumes; never before it is seen healthy");
  }

  // Only what would be deleted with it.
  void keep() {
    std::vector<std::string> devices;
    for (const ec2::InstanceBlockDevice& device : found_.instance.block_device_mappings) {
      if (device.delete_on_termination) devices.push_back(device.device_name);
    }
    if (!devices.empty()) {
      step("ModifyInstanceAttribute", join(devices, ", "),
           "DeleteOnTermination becomes false: the volumes must outlive the instance");
    }
    const ec2::NetworkInterface* primary = primary_of(found_.instance);
    if (plan_.import.keep_private_ip && primary != nullptr && primary->attachment->delete_on_termination) {
      step("ModifyNetworkInterfaceAttribute", original().interface.str(),
           "DeleteOnTermination becomes false: the address must outlive the instance");
    }
  }

  void copied() {
    step("CreateSnapshots", volume_ids(),
         "as of one moment, as after a power cut; where the cloud has no such call, one after another");
    step("RegisterImage", original().root.id.str(), "the new instance is launched from a copy of the root");
    step("RunInstances", types(),
         fmt::format("a new instance with a new address{}; {} goes on untouched",
                     original().data.empty() ? "" : " and data volumes made of the snapshots",
                     original().instance.str()));
    finish();
    if (!original().data.empty() && reattaches()) {
      step("DeleteSnapshot", "of " + data_ids(),
           "the new data volumes are the newest copies; never before it is healthy");
    }
  }

  void finish() { step("(health check)", "the new instance", "status MIGRATING until it is seen healthy"); }

  std::string types() const {
    return fmt::format("{} ({})", join(plan_.spec.compute.instance_types, ", "),
                       plan_.spec.strategy.life_cycle == model::LifeCycle::spot ? "spot" : "on demand");
  }

  void note() {
    auto note = [&](std::string text) { plan_.notes.push_back(std::move(text)); };
    if (plan_.import.adopted) {
      note("the instance is down from its termination until the new one is healthy");
    } else {
      note("what the original writes after the snapshots is not in the new instance");
    }
    if (!found_.user_data && plan_.spec.compute.user_data.empty()) {
      note(
          "its user data could not be read, so the new instance has none; give it in "
          "managedInstance.compute.launchSpecification.userData");
    }
    if (!original().public_ip.empty()) {
      note(fmt::format("its public address {} stays only if it is an Elastic IP of the interface that is kept",
                       original().public_ip));
    }
    note("key pair, IAM role, monitoring, tenancy and metadata options of the original are not carried over");
  }

  const FoundOriginal& found_;
  ImportPlan& plan_;
};

}  // namespace

void describe_steps(const FoundOriginal& found, ImportPlan& plan) {
  Steps(found, plan).describe();
}

}  // namespace holdfast::engine
