// The rules of the actions that the controller does not ask for itself but EC2's own tools do
// (ec2/generated/further.h): the same contract as rules.h, with the other answer type. Called by the front alone.
#pragma once

#include "cloud/rules.h"
#include "ec2/generated/further.h"

namespace holdfast::cloud {

using FurtherAnswer = Result<ec2::FurtherResponse>;

// ---- instances
FurtherAnswer act(Call&, const ec2::StopInstancesRequest&);
FurtherAnswer act(Call&, const ec2::StartInstancesRequest&);
FurtherAnswer act(Call&, const ec2::MonitorInstancesRequest&);
FurtherAnswer act(Call&, const ec2::DescribeInstanceAttributeRequest&);
FurtherAnswer act(Call&, const ec2::ModifyInstanceMetadataOptionsRequest&);
FurtherAnswer act(Call&, const ec2::DescribeInstanceTypeOfferingsRequest&);

// ---- storage
FurtherAnswer act(Call&, const ec2::CreateSnapshotsRequest&);
FurtherAnswer act(Call&, const ec2::CopySnapshotRequest&);
FurtherAnswer act(Call&, const ec2::ModifyVolumeRequest&);
FurtherAnswer act(Call&, const ec2::DescribeVolumesModificationsRequest&);
FurtherAnswer act(Call&, const ec2::CreateImageRequest&);
FurtherAnswer act(Call&, const ec2::CreateReplaceRootVolumeTaskRequest&);
FurtherAnswer act(Call&, const ec2::DescribeReplaceRootVolumeTasksRequest&);

// ---- network
FurtherAnswer act(Call&, const ec2::AttachNetworkInterfaceRequest&);
FurtherAnswer act(Call&, const ec2::DetachNetworkInterfaceRequest&);
FurtherAnswer act(Call&, const ec2::AssignPrivateIpAddressesRequest&);
FurtherAnswer act(Call&, const ec2::UnassignPrivateIpAddressesRequest&);
FurtherAnswer act(Call&, const ec2::AllocateAddressRequest&);
FurtherAnswer act(Call&, const ec2::ReleaseAddressRequest&);
FurtherAnswer act(Call&, const ec2::AssociateAddressRequest&);
FurtherAnswer act(Call&, const ec2::DisassociateAddressRequest&);
FurtherAnswer act(Call&, const ec2::DescribeAddressesRequest&);
FurtherAnswer act(Call&, const ec2::CreateVpcRequest&);
FurtherAnswer act(Call&, const ec2::DeleteVpcRequest&);
FurtherAnswer act(Call&, const ec2::DeleteSecurityGroupRequest&);
FurtherAnswer act(Call&, const ec2::AuthorizeSecurityGroupIngressRequest&);
FurtherAnswer act(Call&, const ec2::RevokeSecurityGroupIngressRequest&);

// ---- spot
FurtherAnswer act(Call&, const ec2::RequestSpotInstancesRequest&);
FurtherAnswer act(Call&, const ec2::CancelSpotInstanceRequestsRequest&);
FurtherAnswer act(Call&, const ec2::DescribeSpotInstanceRequestsRequest&);
FurtherAnswer act(Call&, const ec2::GetSpotPlacementScoresRequest&);

// ---- account
FurtherAnswer act(Call&, const ec2::DescribeTagsRequest&);
FurtherAnswer act(Call&, const ec2::CreateKeyPairRequest&);
FurtherAnswer act(Call&, const ec2::ImportKeyPairRequest&);
FurtherAnswer act(Call&, const ec2::DeleteKeyPairRequest&);
FurtherAnswer act(Call&, const ec2::DescribeKeyPairsRequest&);
FurtherAnswer act(Call&, const ec2::DescribeRegionsRequest&);
FurtherAnswer act(Call&, const ec2::DescribeAccountAttributesRequest&);

}  // namespace holdfast::cloud
