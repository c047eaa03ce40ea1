#include "engine/effect_call.h"

#include "ec2/further_ec2.h"

namespace holdfast::engine {
namespace {

struct ActionOf {
  using Action = std::string_view;
  Action operator()(const model::LaunchInstance&) const { return ec2::RunInstancesRequest::kAction; }
  Action operator()(const model::TerminateInstance&) const { return ec2::TerminateInstancesRequest::kAction; }
  Action operator()(const model::CreateSnapshot&) const { return ec2::CreateSnapshotRequest::kAction; }
  Action operator()(const model::RegisterImage&) const { return ec2::RegisterImageRequest::kAction; }
  Action operator()(const model::CreateInterface&) const { return ec2::CreateNetworkInterfaceRequest::kAction; }
  Action operator()(const model::CreateVolume&) const { return ec2::CreateVolumeRequest::kAction; }
  Action operator()(const model::AttachVolume&) const { return ec2::AttachVolumeRequest::kAction; }
  Action operator()(const model::KeepOnTermination& keep) const {
    return keep.devices.empty() ? ec2::ModifyNetworkInterfaceAttributeRequest::kAction
                                : ec2::ModifyInstanceAttributeRequest::kAction;
  }
  Action operator()(const model::TagVolume&) const { return ec2::CreateTagsRequest::kAction; }
  Action operator()(const model::AdoptInstance&) const { return ec2::CreateTagsRequest::kAction; }
  Action operator()(const model::ReleaseInstance&) const { return ec2::DeleteTagsRequest::kAction; }
  Action operator()(const model::SnapshotInstance&) const { return ec2::CreateSnapshotsRequest::kAction; }
  Action operator()(const model::LaunchScout&) const { return ec2::RunInstancesRequest::kAction; }
  Action operator()(const model::EndScout&) const { return ec2::TerminateInstancesRequest::kAction; }
  Action operator()(const model::AssociateAddress&) const { return ec2::AssociateAddressRequest::kAction; }
  Action operator()(const model::DisassociateAddress&) const { return ec2::DisassociateAddressRequest::kAction; }
  Action operator()(const model::ApplyTags&) const { return ec2::CreateTagsRequest::kAction; }
  Action operator()(const model::DeleteVolume&) const { return ec2::DeleteVolumeRequest::kAction; }
  Action operator()(const model::DeleteSnapshot&) const { return ec2::DeleteSnapshotRequest::kAction; }
  Action operator()(const model::DeregisterImage&) const { return ec2::DeregisterImageRequest::kAction; }
  Action operator()(const model::DeleteInterface&) const { return ec2::DeleteNetworkInterfaceRequest::kAction; }
};

}  // namespace

ec2::ApiCall call_of(const model::Effect& effect) {
  return {std::visit(ActionOf{}, effect.action), 1, true};
}

const InstanceId* terminated_by(const model::Effect& effect) {
  const auto* terminate = std::get_if<model::TerminateInstance>(&effect.action);
  return terminate == nullptr ? nullptr : &terminate->instance;
}

}  // namespace holdfast::engine
