// StopInstances and StartInstances. A stopped instance is its row, its volumes, interfaces and addresses; there is no
// machine until it is started again. Volumes can be attached to it and detached from it, the root too.
#include <algorithm>

#include "cloud/lookup.h"
#include "cloud/rules_further.h"

namespace holdfast::cloud {

namespace {

Failure not_from_there(const Instance& instance, const std::string& what) {
  return ec2::ec2_fail("IncorrectInstanceState", "The instance '" + instance.id.str() + "' is " + instance.state +
                                                     ", not in a state from which it can be " + what + ".");
}

Result<void> check_stop(const Instance& instance) {
  if (instance.spot) {
    return ec2::ec2_fail(
        "UnsupportedOperation",
        "The spot instance '" + instance.id.str() +
            "' belongs to a one-time request and cannot be stopped; terminate it, or launch on demand.");
  }
  if (instance.state != "running" && instance.state != "stopping" && instance.state != "stopped") {
    return not_from_there(instance, "stopped");
  }
  return check_errand(instance);
}

bool has_root(const Model& model, const Instance& instance) {
  return std::any_of(instance.volumes.begin(), instance.volumes.end(), [&](const VolumeId& id) {
    const Volume* volume = model.volumes.find(id);
    return volume != nullptr && volume->attachment && volume->attachment->device == instance.root_device &&
           volume->attachment->state == "attached";
  });
}

Result<void> check_start(const Call& call, const Instance& instance) {
  if (instance.state == "running" || instance.state == "pending") return {};
  if (instance.state != "stopped") return not_from_there(instance, "started");
  if (has_root(call.model, instance)) return {};
  return ec2::ec2_fail("IncorrectState", "The instance '" + instance.id.str() + "' has no volume attached at root (" +
                                             instance.root_device + "); attach one there first.");
}

// Those of one market are counted together: all start, or none.
Result<void> check_capacities(const Call& call, const std::vector<InstanceId>& ids) {
  std::map<MarketKey, int> wanted;
  for (const auto& id : ids) {
    const Instance& instance = *call.model.instances.find(id);
    if (instance.state == "stopped") ++wanted[MarketKey{instance.type, instance.zone, instance.spot}];
  }
  for (const auto& [market, count] : wanted) HF_TRY_VOID(check_capacity(call.model, market, count));
  return {};
}

}  // namespace

// Safe: nothing comes free by a stop. What the machine holds is given back when it was seen dead, and stays attached.
FurtherAnswer act(Call& call, const ec2::StopInstancesRequest& request) {
  HF_TRY_VOID(need_instances(call.model, request.instance_ids));
  if (request.hibernate.value_or(false)) {
    return ec2::ec2_fail("UnsupportedHibernationConfiguration",
                         "Instances here are not configured for hibernation; leave Hibernate out.");
  }
  for (const auto& id : request.instance_ids) HF_TRY_VOID(check_stop(*call.model.instances.find(id)));
  bool hard = request.force.value_or(false) || request.skip_os_shutdown.value_or(false);
  ec2::StopInstancesResponse response;
  for (const auto& id : request.instance_ids) {
    std::string before = call.model.instances.find(id)->state;
    if (before != "stopped") {
      begin_stop(call, id, hard ? StopHow::kill : StopHow::shutdown,
                 {"Client.UserInitiatedShutdown", "Client.UserInitiatedShutdown: User initiated shutdown"});
    }
    response.stopping_instances.push_back({id, before, before == "stopped" ? before : "stopping"});
  }
  return response;
}

FurtherAnswer act(Call& call, const ec2::StartInstancesRequest& request) {
  HF_TRY_VOID(need_instances(call.model, request.instance_ids));
  auto ids = request.instance_ids;
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  for (const auto& id : ids) HF_TRY_VOID(check_start(call, *call.model.instances.find(id)));
  HF_TRY_VOID(check_capacities(call, ids));
  ec2::StartInstancesResponse response;
  for (const auto& id : ids) {
    std::string before = call.model.instances.find(id)->state;
    if (before == "stopped") {
      Instance& row = call.model.instances.edit(id);
      row.state = "pending", row.reason.reset(), row.launched_at = call.now;
      tell(call, ec2::kInstanceStateChange, id.str(), "pending");
    }
    response.starting_instances.push_back({id, before, call.model.instances.find(id)->state});
  }
  return response;
}

}  // namespace holdfast::cloud
