#include "engine/further_effects.h"

#include <fmt/format.h>

#include <algorithm>

#include "ec2/further_ec2.h"
#include "engine/tags.h"
#include "model/observed.h"

namespace holdfast::engine {

using Made = Result<std::string>;

ec2::RunInstancesRequest scout_request(const ManagedInstanceId& id, const std::string& key,
                                       const model::LaunchScout& scout) {
  ec2::RunInstancesRequest request;
  request.image_id = scout.image;
  request.instance_type = scout.market.instance_type;
  request.client_token = scout.token;
  request.subnet_id = scout.market.subnet;
  request.security_group_ids = scout.security_group_ids;
  // Nothing of it stays: the one volume that it has goes with it.
  ec2::EbsBlockDevice root;
  root.delete_on_termination = true;
  request.block_device_mappings = {{scout.root_device, root, false}};
  if (scout.market.life_cycle == model::LifeCycle::spot) request.spot_options = ec2::SpotMarketOptions{};
  const std::vector<ec2::Tag> tags = tags_of({id, 0, key, {}, model::kPurposeScout}, {});
  for (const char* kind : {"instance", "volume", "network-interface"}) {
    request.tag_specifications.push_back({kind, tags});
  }
  return request;
}

Made launch_scout(const FurtherCall& call, const model::LaunchScout& scout) {
  HF_TRY(auto answer, call.ec2.call(scout_request(call.id, call.key, scout)));
  if (answer.instances.size() == 1) return answer.instances.front().instance_id.str();
  return fail(ErrorKind::unknown_outcome, "UnexpectedAnswer",
              fmt::format("RunInstances answered with {} instances instead of one", answer.instances.size()));
}

// Safe: it holds nothing of the managed instance's (LaunchScout). The tag is looked at once more, at the last moment.
Made end_scout(const FurtherCall& call, const model::EndScout& end) {
  ec2::DescribeInstancesRequest look;
  look.instance_ids = {end.instance};
  auto seen = call.ec2.call(look);
  if (!seen && seen.error().kind == ErrorKind::not_found) return std::string();
  if (!seen) return Failure(std::move(seen).error());
  for (const ec2::Instance& instance : seen->instances) {
    bool ours = owner_of(instance.tags) == call.id && own_tags(instance.tags).purpose == model::kPurposeScout;
    if (!ours) {
      return fail(ErrorKind::denied, "NotAScout",
                  fmt::format("instance {} does not carry the tags of a scout any more; end it by hand, or put {}={} "
                              "back on it",
                              end.instance.str(), model::kTagPurpose, model::kPurposeScout));
    }
  }
  auto answer = call.ec2.call(ec2::TerminateInstancesRequest{{end.instance}});
  if (answer || answer.error().kind == ErrorKind::not_found) return std::string();
  return Failure(std::move(answer).error());
}

namespace {

// With several interfaces EC2 wants to know which: the first, whose public address it shows as the instance's.
Result<InterfaceId> primary_of(ec2::Ec2& ec2, const InstanceId& instance) {
  ec2::DescribeInstancesRequest look;
  look.instance_ids = {instance};
  HF_TRY(auto seen, ec2.call(look));
  for (const ec2::Instance& one : seen.instances) {
    for (const ec2::NetworkInterface& interface : one.network_interfaces) {
      if (interface.attachment && interface.attachment->device_index == 0) return interface.network_interface_id;
    }
  }
  return ec2::ec2_fail("InvalidInstanceID.NotFound", "instance " + instance.str() + " is not shown with an interface");
}

}  // namespace

Made associate_address(const FurtherCall& call, const model::AssociateAddress& associate) {
  ec2::AssociateAddressRequest request;
  request.allocation_id = associate.allocation;
  HF_TRY(request.network_interface_id, primary_of(call.ec2, associate.instance));
  request.allow_reassociation = true;
  HF_TRY(auto answer, ec2::call_further(call.ec2, request));
  return answer.association_id;
}

// One that was released meanwhile is associated with nothing.
Made disassociate_address(const FurtherCall& call, const model::DisassociateAddress& disassociate) {
  ec2::DescribeAddressesRequest look;
  look.allocation_ids = {disassociate.allocation};
  auto seen = ec2::call_further(call.ec2, look);
  if (!seen && seen.error().kind == ErrorKind::not_found) return std::string();
  if (!seen) return Failure(std::move(seen).error());
  for (const ec2::Address& address : seen->addresses) {
    bool here = (!disassociate.instance.empty() && address.instance_id == disassociate.instance) ||
                (disassociate.interface && address.network_interface_id == *disassociate.interface);
    if (address.association_id.empty() || !here) continue;
    ec2::DisassociateAddressRequest request;
    request.association_id = address.association_id;
    auto answer = ec2::call_further(call.ec2, request);
    if (!answer && answer.error().kind != ErrorKind::not_found) return Failure(std::move(answer).error());
  }
  return std::string();
}

namespace {

// The tags as they are: EC2 deletes a tag only with its very value, and takes an empty one for a tag that is empty.
Result<std::vector<ec2::Tag>> tags_on(ec2::Ec2& ec2, const std::string& resource) {
  if (resource.starts_with("i-")) {
    ec2::DescribeInstancesRequest look;
    look.instance_ids = {InstanceId(resource)};
    HF_TRY(auto seen, ec2.call(look));
    return seen.instances.empty() ? std::vector<ec2::Tag>() : seen.instances.front().tags;
  }
  if (resource.starts_with("vol-")) {
    ec2::DescribeVolumesRequest look;
    look.volume_ids = {VolumeId(resource)};
    HF_TRY(auto seen, ec2.call(look));
    return seen.volumes.empty() ? std::vector<ec2::Tag>() : seen.volumes.front().tags;
  }
  ec2::DescribeNetworkInterfacesRequest look;
  look.network_interface_ids = {InterfaceId(resource)};
  HF_TRY(auto seen, ec2.call(look));
  return seen.network_interfaces.empty() ? std::vector<ec2::Tag>() : seen.network_interfaces.front().tag_set;
}

// One resource, by itself: one that is gone must not keep the tags from the others.
Result<void> tag_one(const FurtherCall& call, const std::string& resource, const model::ApplyTags::Target& target) {
  std::vector<ec2::Tag> wanted;
  for (const model::Tag& tag : target.tags) wanted.push_back({tag.key, tag.value});
  if (!target.tags.empty()) HF_TRY_VOID(call.ec2.call(ec2::CreateTagsRequest{{resource}, wanted}));
  if (target.removed.empty()) return {};
  HF_TRY(std::vector<ec2::Tag> removed, tags_on(call.ec2, resource));
  std::erase_if(removed, [&](const ec2::Tag& tag) {
    return std::find(target.removed.begin(), target.removed.end(), tag.key) == target.removed.end();
  });
  if (!removed.empty()) HF_TRY_VOID(call.ec2.call(ec2::DeleteTagsRequest{{resource}, removed}));
  return {};
}

}  // namespace

Made apply_tags(const FurtherCall& call, const model::ApplyTags& apply) {
  for (const model::ApplyTags::Target& target : apply.targets) {
    for (const std::string& resource : target.resources) {
      auto tagged = tag_one(call, resource, target);
      if (!tagged && tagged.error().kind != ErrorKind::not_found) return Failure(std::move(tagged).error());
    }
  }
  return std::string();
}

}  // namespace holdfast::engine
