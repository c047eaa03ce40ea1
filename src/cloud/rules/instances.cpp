// What is asked of instances that exist: terminate, reboot, attributes; and the experiments on them.
#include <algorithm>

#include "cloud/lookup.h"
#include "cloud/rules.h"
#include "cloud/views.h"

namespace holdfast::cloud {

namespace {

Failure wrong_state(const Instance& instance) {
  return ec2::ec2_fail("IncorrectInstanceState", "The instance '" + instance.id.str() + "' is " + instance.state +
                                                     "; it must be running for that.");
}

bool alive(const Instance& instance) {
  return instance.state == "pending" || instance.state == "running";
}

bool ending(const Instance& instance) {
  return instance.state == "shutting-down" || instance.state == "terminated";
}

}  // namespace

Result<void> need_instances(const Model& model, const std::vector<InstanceId>& ids) {
  constexpr size_t kMaxIdsACall = 1000;
  if (ids.empty()) return missing("InstanceId");
  if (ids.size() > kMaxIdsACall) return bad_value("At most 1000 instances a call.", "InstanceId");
  for (const auto& id : ids) HF_TRY_VOID(need(model.instances, id, "InstanceId"));
  return {};
}

// Safe to terminate: what the caller wants kept has DeleteOnTermination false, which finish_termination honours, and
// nothing of the instance comes free before its machine was seen dead.
Answer act(Call& call, const ec2::TerminateInstancesRequest& request) {
  HF_TRY_VOID(need_instances(call.model, request.instance_ids));
  ec2::TerminateInstancesResponse response;
  for (const auto& id : request.instance_ids) {
    std::string before = call.model.instances.find(id)->state;
    if (!ending(*call.model.instances.find(id))) {
      begin_shutdown(call, id, StopHow::shutdown,
                     {"Client.UserInitiatedShutdown", "Client.UserInitiatedShutdown: User initiated shutdown"});
    }
    response.terminating_instances.push_back({id, before, call.model.instances.find(id)->state});
  }
  return response;
}

Answer act(Call& call, const ec2::RebootInstancesRequest& request) {
  HF_TRY_VOID(need_instances(call.model, request.instance_ids));
  for (const auto& id : request.instance_ids) {
    const Instance* instance = call.model.instances.find(id);
    if (instance->state != "running") return wrong_state(*instance);
  }
  for (const auto& id : request.instance_ids) call.model.instances.edit(id).reboot_due = true;
  return ec2::Empty{};
}

Answer act(Call& call, const ec2::ModifyInstanceAttributeRequest& request) {
  HF_TRY(const Instance* instance, need(call.model.instances, request.instance_id, "InstanceId"));
  if (ending(*instance)) return wrong_state(*instance);
  if (request.block_device_mappings.empty()) return missing("BlockDeviceMapping");
  std::map<VolumeId, bool> changes;
  for (const auto& mapping : request.block_device_mappings) {
    auto has_device = [&](const VolumeId& id) {
      const Volume* volume = call.model.volumes.find(id);
      return volume != nullptr && volume->attachment && volume->attachment->device == mapping.device_name;
    };
    auto found = std::find_if(instance->volumes.begin(), instance->volumes.end(), has_device);
    if (found == instance->volumes.end()) {
      return fail(ErrorKind::invalid, "InvalidInstanceAttributeValue",
                  "No volume is attached at '" + mapping.device_name + "'.", "BlockDeviceMapping.DeviceName");
    }
    changes[*found] = mapping.delete_on_termination;
  }
  for (const auto& [id, value] : changes) call.model.volumes.edit(id).attachment->delete_on_termination = value;
  return ec2::Empty{};
}

Result<void> interrupt(Call& call, const InstanceId& id, const InterruptHow& how) {
  HF_TRY(const Instance* instance, need(call.model.instances, id, "id"));
  if (!alive(*instance)) return wrong_state(*instance);
  ec2::StateReason reason{"Server.InternalError", "Server.InternalError: the host failed"};
  if (instance->spot) {
    reason = {"Server.SpotInstanceTermination", "Server.SpotInstanceTermination: Spot instance termination"};
  }
  if (how.kind != InterruptHow::Kind::notice) {
    begin_shutdown(call, id, how.kind == InterruptHow::Kind::power_cut ? StopHow::power_cut : StopHow::kill, reason);
    return {};
  }
  if (!instance->spot) {
    return fail(ErrorKind::invalid, "OperationNotPermitted",
                "Only spot instances get an interruption notice; for one on demand use no_notice or power_cut.", "how");
  }
  if (instance->state != "running") return wrong_state(*instance);
  constexpr Duration kLongest = std::chrono::hours(24);
  if (how.notice < Duration(0) || how.notice > kLongest)
    return bad_value("The notice is 0 to 86400 seconds.", "noticeSeconds");
  Time deadline = call.now + how.notice;
  if (instance->interruption_at && *instance->interruption_at <= deadline) return {};  // noticed, and no later
  call.model.instances.edit(id).interruption_at = deadline;
  call.out.orders.push_back(NoticeOrder{id, {"terminate", deadline}});
  tell(call, ec2::kInterruptionWarning, id.str(), "terminate", deadline);
  return {};
}

Result<void> rebalance(Call& call, const InstanceId& id) {
  HF_TRY(const Instance* instance, need(call.model.instances, id, "id"));
  if (instance->state != "running") return wrong_state(*instance);
  if (!instance->spot) {
    return fail(ErrorKind::invalid, "OperationNotPermitted", "Only spot instances get a rebalance recommendation.",
                "id");
  }
  call.model.instances.edit(id).rebalance_at = call.now;
  call.out.orders.push_back(RebalanceOrder{id, call.now});
  tell(call, ec2::kRebalanceRecommendation, id.str(), "");
  return {};
}

}  // namespace holdfast::cloud
