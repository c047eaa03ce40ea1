// RunInstances: makes the rows of instances, their volumes and their interfaces, all ids chosen. The machine follows
// from them (progress_instance), also after a crash.
#include "cloud/lookup.h"
#include "cloud/rules.h"
#include "cloud/rules/launch_options.h"
#include "cloud/rules/launch_plan.h"
#include "cloud/rules/spot_requests.h"
#include "cloud/tokens.h"
#include "cloud/views.h"

namespace holdfast::cloud {

namespace {

void make_volume(Call& call, Instance& instance, const PlannedVolume& planned, const std::vector<ec2::Tag>& tags) {
  Volume volume;
  volume.id = fresh_id(call.model.volumes, call.random);
  volume.size = planned.size, volume.snapshot = planned.snapshot, volume.zone = instance.zone;
  if (!planned.ebs.volume_type.empty()) volume.type = planned.ebs.volume_type;
  volume.iops = planned.ebs.iops, volume.throughput = planned.ebs.throughput;
  volume.created_at = call.now, volume.tags = tags;
  volume.attachment =
      VolumeAttachment{instance.id, planned.device, "attaching", planned.delete_on_termination, false, call.now};
  volume.attachments_made = 1;
  instance.volumes.push_back(volume.id);
  call.model.volumes.put(volume.id, volume);
}

void make_attachment(Call& call, Instance& instance, const PlannedInterface& planned, const Subnet& subnet,
                     const std::vector<ec2::Tag>& tags) {
  InterfaceId id;
  if (planned.existing) {
    id = *planned.existing;
  } else {
    auto address = pick_address(call.model, subnet, planned.ip, {}, "PrivateIpAddress");
    CHECK(address.has_value());  // the plan has counted them
    id = make_interface(call, subnet, *address, planned.groups, "", tags);
  }
  Interface& interface = call.model.interfaces.edit(id);
  CHECK(!interface.attachment);  // the fence: never two instances with one interface
  interface.attachment = ec2::InterfaceAttachment{"eni-attach-" + call.random.hex(17),
                                                  planned.device_index,
                                                  instance.id,
                                                  "attaching",
                                                  planned.delete_on_termination,
                                                  call.now};
  instance.interfaces.push_back(id);
  if (planned.device_index == 0) instance.private_ip = interface.ip, instance.groups = interface.groups;
}

Answer answer_again(const Call& call, const std::vector<std::string>& made) {
  ec2::RunInstancesResponse response;
  for (const auto& id : made) {
    const Instance* instance = call.model.instances.find(InstanceId(id));
    if (instance == nullptr) {
      return ec2::ec2_fail("IdempotentInstanceTerminated",
                           "The instance " + id +
                               " that this client token launched is terminated and no longer shown; "
                               "launch another with a new token.");
    }
    response.instances.push_back(view(call.model, *instance));
  }
  return response;
}

}  // namespace

InstanceId make_instance(Call& call, const ec2::RunInstancesRequest& request, const LaunchPlan& plan,
                         const std::string& reservation) {
  Instance instance;
  instance.reservation = reservation;
  instance.id = fresh_id(call.model.instances, call.random);
  instance.image = plan.image->id, instance.type = std::string(plan.type->name), instance.spot = plan.market.spot;
  if (request.spot_options) instance.max_price = request.spot_options->max_price;
  instance.zone = plan.subnet->zone, instance.subnet = plan.subnet->id, instance.vpc = plan.subnet->vpc;
  instance.root_device = plan.image->root_device_name;
  instance.client_token = request.client_token, instance.user_data = plan.user_data;
  set_launch_options(request, instance);
  instance.launched_at = call.now;
  instance.tags = tags_for(request.tag_specifications, "instance");
  auto volume_tags = tags_for(request.tag_specifications, "volume");
  auto interface_tags = tags_for(request.tag_specifications, "network-interface");
  for (const auto& planned : plan.volumes) make_volume(call, instance, planned, volume_tags);
  for (const auto& planned : plan.interfaces) make_attachment(call, instance, planned, *plan.subnet, interface_tags);
  call.model.instances.put(instance.id, instance);
  tell(call, ec2::kInstanceStateChange, instance.id.str(), "pending");
  return instance.id;
}

Answer act(Call& call, const ec2::RunInstancesRequest& request) {
  HF_TRY(const Subnet* named, named_subnet(call.model, request));
  std::string scope = named != nullptr ? named->zone : request.availability_zone;
  HF_TRY(const std::vector<std::string>* made, find_token(call, scope, request));
  if (made != nullptr) return answer_again(call, *made);
  HF_TRY(LaunchPlan plan, plan_launch(call, request));
  if (request.dry_run) {
    return ec2::ec2_fail("DryRunOperation", "The request would have succeeded, but DryRun was set.");
  }
  if (call.settings.free_bytes <= 0) {
    return ec2::ec2_fail("InsufficientVolumeCapacity", "The pool of volumes is full; delete volumes or snapshots.");
  }
  ec2::RunInstancesResponse response;
  std::vector<std::string> ids;
  std::string reservation = "r-" + call.random.hex(17);
  for (int i = 0; i < plan.count; ++i) {
    InstanceId id = make_instance(call, request, plan, reservation);
    if (plan.market.spot) put_fulfilled_request(call, request, id);
    ids.push_back(id.str());
    response.instances.push_back(view(call.model, *call.model.instances.find(id)));
  }
  keep_token(call, scope, request, std::move(ids));
  return response;
}

}  // namespace holdfast::cloud
