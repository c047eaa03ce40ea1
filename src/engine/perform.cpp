#include "engine/perform.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/mutation.h"
#include "core/probe.h"
#include "engine/further_effects.h"
#include "engine/import_effects.h"
#include "engine/tags.h"
#include "model/names.h"
#include "model/observed.h"

namespace holdfast::engine {

namespace {

constexpr int kMostPages = 1000;  // of one listing; more than that is an answer that never ends

// What an effect does, with what every call of it needs.
struct Doing {
  ec2::Ec2& ec2;
  const ManagedInstanceId& id;
  const std::string& key;
  bool again;
};

using Made = Result<std::string>;

Made nothing_made() {
  return std::string();
}

// For deletions: what is not there is deleted. Right only for ids that EC2 itself has told us, of things seen before.
Made gone_is_done(Result<ec2::Empty> answer) {
  if (answer || answer.error().kind == ErrorKind::not_found) return nothing_made();
  return Failure(std::move(answer).error());
}

ec2::EbsBlockDevice ebs_of(const model::BlockDevice& device, bool delete_on_termination) {
  ec2::EbsBlockDevice ebs;
  ebs.snapshot_id = device.snapshot_id;
  ebs.volume_size = device.size_gib;
  ebs.volume_type = device.volume_type;
  ebs.iops = device.iops;
  ebs.throughput = device.throughput;
  ebs.kms_key_id = device.kms_key_id;
  // EC2 refuses `encrypted` beside a snapshot unless it is true; unsaid, it is the snapshot's own.
  if (!device.snapshot_id || device.encrypted.value_or(false)) ebs.encrypted = device.encrypted;
  ebs.delete_on_termination = delete_on_termination;
  return ebs;
}

Made run(const Doing& doing, const model::LaunchInstance& launch) {
  HF_TRY(auto answer, doing.ec2.call(launch_request(doing.id, doing.key, launch)));
  if (answer.instances.size() == 1) return answer.instances.front().instance_id.str();
  return fail(ErrorKind::unknown_outcome, "UnexpectedAnswer",
              fmt::format("RunInstances answered with {} instances instead of one", answer.instances.size()));
}

// Safe: core asks for it only for the instance that a handover, a pause or a delete takes down; what is persisted on it
// has DeleteOnTermination false. An instance that EC2 does not know is reported, not taken for terminated.
Made run(const Doing& doing, const model::TerminateInstance& terminate) {
  HF_TRY_VOID(doing.ec2.call(ec2::TerminateInstancesRequest{{terminate.instance}}));
  return nothing_made();
}

// CreateSnapshot has no client token: asked again, the one that the first try may have made is looked for by its tag.
Result<std::optional<std::string>> find_snapshot(const Doing& doing) {
  ec2::DescribeSnapshotsRequest request;
  request.filters = {{std::string("tag:") + model::kTagEffect, {doing.key}},
                     {std::string("tag:") + model::kTagManagedInstance, {doing.id.str()}}};
  for (int page = 0; page < kMostPages; ++page) {
    HF_TRY(auto answer, doing.ec2.call(request));
    for (const ec2::Snapshot& snapshot : answer.snapshots) {
      if (snapshot.state != "error") return snapshot.snapshot_id.str();
    }
    if (answer.next_token.empty()) return std::nullopt;
    request.next_token = answer.next_token;
  }
  return fail(ErrorKind::unavailable, "EndlessListing", "DescribeSnapshots does not come to an end");
}

Made run(const Doing& doing, const model::CreateSnapshot& create) {
  if (doing.again) {
    HF_TRY(auto found, find_snapshot(doing));
    if (found) {
      core::reached(core::Probe::snapshot_found_by_repeat);
      return *found;
    }
  }
  const std::string purpose(purpose_of(create));
  ec2::CreateSnapshotRequest request;
  request.volume_id = create.volume;
  request.description =
      fmt::format("{} {} of {} generation {}", purpose, create.device, doing.id.str(), create.generation);
  OwnTagSet own{doing.id, create.generation, doing.key, create.device, purpose};
  request.tag_specifications = {{"snapshot", tags_of(own, create.tags)}};
  HF_TRY(auto answer, doing.ec2.call(request));
  return answer.snapshot.snapshot_id.str();
}

// The image of that name if it is made of this very snapshot; another under our name would launch old data.
Made adopt_image(const Doing& doing, const model::RegisterImage& wanted, const Error& duplicate) {
  ec2::DescribeImagesRequest request;
  request.owners = {"self"};
  request.filters = {{"name", {wanted.name}}};
  HF_TRY(auto answer, doing.ec2.call(request));
  for (const ec2::Image& image : answer.images) {
    for (const ec2::BlockDeviceMapping& mapping : image.block_device_mappings) {
      bool is_root = mapping.device_name == wanted.root_device && mapping.ebs;
      if (is_root && mapping.ebs->snapshot_id == wanted.snapshot) return image.image_id.str();
    }
  }
  return fail(
      ErrorKind::conflict, duplicate.code,
      fmt::format("the name {} is taken by an image that is not made of {}", wanted.name, wanted.snapshot.str()));
}

Made run(const Doing& doing, const model::RegisterImage& wanted) {
  ec2::RegisterImageRequest request;
  request.name = wanted.name;
  request.description = fmt::format("root of {} as generation {} left it", doing.id.str(), wanted.generation);
  request.architecture = wanted.architecture;
  request.root_device_name = wanted.root_device;
  request.virtualization_type = wanted.virtualization_type;
  request.boot_mode = wanted.boot_mode;
  request.ena_support = wanted.ena_support;
  ec2::EbsBlockDevice root;
  root.snapshot_id = wanted.snapshot;
  if (wanted.size_gib > 0) root.volume_size = wanted.size_gib;
  root.volume_type = wanted.volume_type;
  root.delete_on_termination = false;
  request.block_device_mappings = {{wanted.root_device, root, false}};

  auto answer = doing.ec2.call(request);
  std::string image;
  if (answer) {
    image = answer->image_id.str();
  } else if (answer.error().code == "InvalidAMIName.Duplicate") {
    HF_TRY(image, adopt_image(doing, wanted, answer.error()));
    core::reached(core::Probe::image_found_by_repeat);
  } else {
    return Failure(std::move(answer).error());
  }
  OwnTagSet own{doing.id, wanted.generation, doing.key, {}, {}};
  auto tagged = doing.ec2.call(ec2::CreateTagsRequest{{image}, tags_of(own, wanted.tags)});
  if (tagged) return image;
  core::reached(core::Probe::image_untagged);
  // There is an image by now, which no listing of ours shows: whatever is wanted by then, it is asked again until it is
  // tagged. The name finds it.
  return fail(ErrorKind::unknown_outcome, tagged.error().code,
              fmt::format("{} is registered but not tagged yet: {}", image, tagged.error().message));
}

Made run(const Doing& doing, const model::CreateInterface& create) {
  ec2::CreateNetworkInterfaceRequest request;
  request.subnet_id = create.subnet;
  request.private_ip_address = create.ip;
  request.groups = create.security_group_ids;
  request.description = "kept for " + doing.id.str();
  request.client_token = create.token;
  request.tag_specifications = {{"network-interface", tags_of({doing.id, 0, doing.key, {}, {}}, create.tags)}};
  HF_TRY(auto answer, doing.ec2.call(request));
  return answer.network_interface.network_interface_id.str();
}

Made run(const Doing& doing, const model::CreateVolume& create) {
  ec2::EbsBlockDevice ebs = ebs_of(create.device, false);
  ec2::CreateVolumeRequest request;
  request.availability_zone = create.zone;
  request.size = ebs.volume_size;
  request.snapshot_id = ebs.snapshot_id;
  request.volume_type = ebs.volume_type;
  request.iops = ebs.iops;
  request.throughput = ebs.throughput;
  request.encrypted = ebs.encrypted;
  request.kms_key_id = ebs.kms_key_id;
  request.client_token = create.token;
  OwnTagSet own{doing.id, create.generation, doing.key, create.device.device_name, {}};
  request.tag_specifications = {{"volume", tags_of(own, create.tags)}};
  HF_TRY(auto answer, doing.ec2.call(request));
  return answer.volume.volume_id.str();
}

// Whether the volume is on this instance as this device already: the answer to a request that was repeated.
Result<bool> is_attached(ec2::Ec2& ec2, const model::AttachVolume& attach) {
  ec2::DescribeVolumesRequest request;
  request.volume_ids = {attach.volume};
  HF_TRY(auto answer, ec2.call(request));
  for (const ec2::Volume& volume : answer.volumes) {
    for (const ec2::VolumeAttachment& attachment : volume.attachments) {
      bool same = attachment.instance_id == attach.instance && attachment.device == attach.device;
      if (same && (attachment.state == "attached" || attachment.state == "attaching")) return true;
    }
  }
  return false;
}

Made run(const Doing& doing, const model::AttachVolume& attach) {
  auto answer = doing.ec2.call(ec2::AttachVolumeRequest{attach.volume, attach.instance, attach.device});
  if (answer) return nothing_made();
  if (answer.error().code != "VolumeInUse") return Failure(std::move(answer).error());
  HF_TRY(bool attached, is_attached(doing.ec2, attach));
  if (!attached) return Failure(std::move(answer).error());
  core::reached(core::Probe::attachment_found_by_repeat);
  return nothing_made();
}

Made run(const Doing& doing, const model::KeepOnTermination& keep) {
  if (!keep.devices.empty()) {
    ec2::ModifyInstanceAttributeRequest request;
    request.instance_id = keep.instance;
    for (const std::string& device : keep.devices) request.block_device_mappings.push_back({device, false});
    HF_TRY_VOID(doing.ec2.call(request));
  }
  if (keep.interface) {
    HF_TRY_VOID(doing.ec2.call(
        ec2::ModifyNetworkInterfaceAttributeRequest{*keep.interface, keep.interface_attachment_id, false}));
  }
  return nothing_made();
}

Made run(const Doing& doing, const model::TagVolume& tag) {
  OwnTagSet own{doing.id, tag.generation, doing.key, tag.device, {}};
  HF_TRY_VOID(doing.ec2.call(ec2::CreateTagsRequest{{tag.volume.str()}, tags_of(own, {})}));
  return nothing_made();
}

Made run(const Doing& doing, const model::AdoptInstance& adopt) {
  return adopt_instance({doing.ec2, doing.id, doing.key, doing.again}, adopt);
}
Made run(const Doing& doing, const model::ReleaseInstance& release) {
  return release_instance({doing.ec2, doing.id, doing.key, doing.again}, release);
}
Made run(const Doing& doing, const model::SnapshotInstance& snapshot) {
  return snapshot_instance({doing.ec2, doing.id, doing.key, doing.again}, snapshot);
}

Made run(const Doing& doing, const model::LaunchScout& scout) {
  return launch_scout({doing.ec2, doing.id, doing.key}, scout);
}
Made run(const Doing& doing, const model::EndScout& end) {
  return end_scout({doing.ec2, doing.id, doing.key}, end);
}
Made run(const Doing& doing, const model::AssociateAddress& associate) {
  return associate_address({doing.ec2, doing.id, doing.key}, associate);
}
Made run(const Doing& doing, const model::DisassociateAddress& disassociate) {
  return disassociate_address({doing.ec2, doing.id, doing.key}, disassociate);
}
Made run(const Doing& doing, const model::ApplyTags& apply) {
  return apply_tags({doing.ec2, doing.id, doing.key}, apply);
}

// Deletions. Safe: each was decided by core's retention, which proves that it is not the newest copy, and stored before
// it came here. EC2 is the last fence: it refuses to delete what is attached or in use.
Made run(const Doing& doing, const model::DeleteVolume& remove) {
  return gone_is_done(doing.ec2.call(ec2::DeleteVolumeRequest{remove.volume}));
}

// A RegisterImage that nobody waited for any more may happen late, after the image of its name was deregistered by
// hand: nobody knows of that one, and EC2 keeps the snapshot for it. Safe: by its name it was registered for this
// managed instance and snapshot; it carries no tag of ours, as every image has that core knows of; and core has given
// up its snapshot.
Result<void> deregister_unknown_images(const Doing& doing, const SnapshotId& snapshot) {
  ec2::DescribeImagesRequest request;
  request.owners = {"self"};
  request.filters = {{"block-device-mapping.snapshot-id", {snapshot.str()}}};
  HF_TRY(auto answer, doing.ec2.call(request));
  const std::string prefix = "holdfast-" + doing.id.str() + "-";
  for (const ec2::Image& image : answer.images) {
    const bool its_name = image.name.starts_with(prefix) && image.name.find("-" + snapshot.str()) != std::string::npos;
    const std::string* effect = ec2::find_tag(image.tags, model::kTagEffect);
    const bool tagged_here = effect != nullptr && *effect == doing.key;  // when this was tried before
    const bool unknown = ec2::find_tag(image.tags, model::kTagManagedInstance) == nullptr || tagged_here;
    if (!its_name || !unknown) continue;
    core::reached(core::Probe::image_registered_late);
    // With our tag, so that it may be deregistered by who may only touch what is tagged as ours.
    const std::vector<ec2::Tag> ours = tags_of({doing.id, 0, doing.key, {}, {}}, {});
    HF_TRY_VOID(doing.ec2.call(ec2::CreateTagsRequest{{image.image_id.str()}, ours}));
    HF_TRY_VOID(doing.ec2.call(ec2::DeregisterImageRequest{image.image_id}));
  }
  return {};
}

Made run(const Doing& doing, const model::DeleteSnapshot& remove) {
  auto answer = doing.ec2.call(ec2::DeleteSnapshotRequest{remove.snapshot});
  if (!answer && answer.error().code == "InvalidSnapshot.InUse") {
    HF_TRY_VOID(deregister_unknown_images(doing, remove.snapshot));  // and it is asked again
  }
  return gone_is_done(std::move(answer));
}
Made run(const Doing& doing, const model::DeregisterImage& remove) {
  auto answer = doing.ec2.call(ec2::DeregisterImageRequest{remove.image});
  if (!answer && answer.error().code == "InvalidAMIID.Unavailable") return nothing_made();  // deregistered already
  return gone_is_done(std::move(answer));
}
Made run(const Doing& doing, const model::DeleteInterface& remove) {
  return gone_is_done(doing.ec2.call(ec2::DeleteNetworkInterfaceRequest{remove.interface}));
}

// A kept interface comes with its own subnet, groups and tags, and EC2 refuses them beside it. Without one EC2 makes an
// interface that goes with the instance.
void set_network(ec2::RunInstancesRequest& request, const model::LaunchInstance& launch) {
  if (!launch.interface && !launch.private_ip && !launch.options.public_ip) {
    request.subnet_id = launch.market.subnet;
    request.security_group_ids = launch.security_group_ids;
    return;
  }
  ec2::InstanceNetworkInterfaceSpecification primary;
  primary.device_index = 0;
  if (launch.interface) {
    primary.network_interface_id = launch.interface;
    primary.delete_on_termination = false;
  } else {
    primary.subnet_id = launch.market.subnet;
    primary.groups = launch.security_group_ids;
    primary.private_ip_address = launch.private_ip;
    primary.delete_on_termination = true;
    primary.associate_public_ip_address = launch.options.public_ip;
  }
  request.network_interfaces = {primary};
}

void set_options(ec2::RunInstancesRequest& request, const model::LaunchInstance& launch) {
  const model::LaunchOptions& options = launch.options;
  ec2::MetadataOptions metadata{launch.http_tokens, options.hop_limit, options.metadata_tags};
  if (!(metadata == ec2::MetadataOptions{})) request.metadata_options = metadata;
  request.key_name = options.key_pair;
  request.ebs_optimized = options.ebs_optimized;
  request.monitoring = options.monitoring;
  request.tenancy = options.tenancy;
  request.cpu_credits = options.cpu_credits;
  if (!options.profile_arn.empty() || !options.profile_name.empty()) {
    request.iam_instance_profile = ec2::IamInstanceProfile{options.profile_arn, options.profile_name};
  }
}

}  // namespace

ec2::RunInstancesRequest launch_request(const ManagedInstanceId& id, const std::string& key,
                                        const model::LaunchInstance& launch) {
  ec2::RunInstancesRequest request;
  request.image_id = launch.image;
  request.instance_type = launch.market.instance_type;
  if (!core::mutated(core::Mutation::launch_without_a_token)) request.client_token = launch.token;
  request.user_data = launch.user_data;
  set_network(request, launch);
  for (const model::LaunchDevice& device : launch.devices) {
    request.block_device_mappings.push_back(
        {device.device.device_name, ebs_of(device.device, device.delete_on_termination), false});
  }
  // One-time and terminate: a persistent request could relaunch by itself and make two of one.
  if (launch.market.life_cycle == model::LifeCycle::spot) request.spot_options = ec2::SpotMarketOptions{};
  for (const std::string& device : launch.no_devices) {
    request.block_device_mappings.push_back({device, std::nullopt, true});
  }
  set_options(request, launch);

  OwnTagSet own{id, launch.generation, key, {}, {}};
  static const std::vector<model::Tag> kNone;
  request.tag_specifications.push_back({"instance", tags_of(own, launch.tags)});
  request.tag_specifications.push_back({"volume", tags_of(own, launch.resource_tags.volumes ? launch.tags : kNone)});
  if (!launch.interface) {
    request.tag_specifications.push_back(
        {"network-interface", tags_of(own, launch.resource_tags.interfaces ? launch.tags : kNone)});
  }
  return request;
}

namespace {

// Whether another try with fewer could end otherwise: an answer that is about one of the instances.
bool is_about_one(const Error& error) {
  switch (error.kind) {
    case ErrorKind::not_found:
    case ErrorKind::conflict:
    case ErrorKind::invalid:
      return true;
    case ErrorKind::denied:
      return error.code == "UnauthorizedOperation";  // over one of them, by its tags; otherwise it is about our keys
    case ErrorKind::throttled:
    case ErrorKind::no_capacity:
    case ErrorKind::unavailable:
    case ErrorKind::unknown_outcome:
      return false;
  }
  return false;
}

void terminate_range(ec2::Ec2& ec2, const std::vector<InstanceId>& instances, size_t from, size_t to,
                     std::vector<Result<std::string>>& made) {
  auto answer = ec2.call(ec2::TerminateInstancesRequest{
      {instances.begin() + static_cast<std::ptrdiff_t>(from), instances.begin() + static_cast<std::ptrdiff_t>(to)}});
  if (answer) return;  // as `made` says from the start
  if (to - from > 1 && is_about_one(answer.error())) {
    core::reached(core::Probe::terminations_apart);
    const size_t middle = from + (to - from) / 2;
    terminate_range(ec2, instances, from, middle, made);
    terminate_range(ec2, instances, middle, to, made);
    return;
  }
  for (size_t i = from; i < to; ++i) made[i] = Failure(answer.error());
}

}  // namespace

// Safe as each alone (see TerminateInstance): each was decided and stored for itself. That EC2 may have terminated some
// of a call that it refused does no harm, as a termination can be repeated.
std::vector<Result<std::string>> terminate_together(ec2::Ec2& ec2, const std::vector<InstanceId>& instances) {
  std::vector<Result<std::string>> made(instances.size(), std::string());
  core::reached(core::Probe::terminations_together);
  terminate_range(ec2, instances, 0, instances.size(), made);
  return made;
}

Result<std::string> perform(ec2::Ec2& ec2, const ManagedInstanceId& id, const model::Effect& effect, bool again) {
  Doing doing{ec2, id, effect.key, again};
  return std::visit([&](const auto& action) { return run(doing, action); }, effect.action);
}

}  // namespace holdfast::engine
