// The actions in use that are not (yet) among the local cloud's own, ec2.h's `Request`. When one is carried out
// there, it moves: from this variant to that one. Made by scripts/generate-ec2 from EC2's official model; to change it, change scripts/ec2/members.py.
#pragma once

#include "ec2/generated/further_instances.h"
#include "ec2/generated/further_storage.h"
#include "ec2/generated/further_images.h"
#include "ec2/generated/further_network.h"
#include "ec2/generated/further_spot.h"
#include "ec2/generated/further_account.h"

namespace holdfast::ec2 {

using FurtherRequest =
    std::variant<StopInstancesRequest, StartInstancesRequest, DescribeInstanceAttributeRequest,
                 ModifyInstanceMetadataOptionsRequest, DescribeInstanceTypeOfferingsRequest, MonitorInstancesRequest,
                 ModifyVolumeRequest, DescribeVolumesModificationsRequest, CreateSnapshotsRequest, CopySnapshotRequest,
                 CreateReplaceRootVolumeTaskRequest, DescribeReplaceRootVolumeTasksRequest, CreateImageRequest,
                 AttachNetworkInterfaceRequest, DetachNetworkInterfaceRequest, AssignPrivateIpAddressesRequest,
                 UnassignPrivateIpAddressesRequest, AllocateAddressRequest, ReleaseAddressRequest,
                 AssociateAddressRequest, DisassociateAddressRequest, DescribeAddressesRequest, CreateVpcRequest,
                 DeleteVpcRequest, DeleteSecurityGroupRequest, AuthorizeSecurityGroupIngressRequest,
                 RevokeSecurityGroupIngressRequest, RequestSpotInstancesRequest, CancelSpotInstanceRequestsRequest,
                 DescribeSpotInstanceRequestsRequest, GetSpotPlacementScoresRequest, DescribeTagsRequest,
                 CreateKeyPairRequest, ImportKeyPairRequest, DeleteKeyPairRequest, DescribeKeyPairsRequest,
                 DescribeRegionsRequest, DescribeAccountAttributesRequest>;

using FurtherResponse =
    std::variant<Empty, StopInstancesResponse, StartInstancesResponse, DescribeInstanceAttributeResponse,
                 ModifyInstanceMetadataOptionsResponse, DescribeInstanceTypeOfferingsResponse,
                 MonitorInstancesResponse, ModifyVolumeResponse, DescribeVolumesModificationsResponse,
                 CreateSnapshotsResponse, CopySnapshotResponse, CreateReplaceRootVolumeTaskResponse,
                 DescribeReplaceRootVolumeTasksResponse, CreateImageResponse, AttachNetworkInterfaceResponse,
                 AssignPrivateIpAddressesResponse, AllocateAddressResponse, AssociateAddressResponse,
                 DescribeAddressesResponse, CreateVpcResponse, AuthorizeSecurityGroupIngressResponse,
                 RevokeSecurityGroupIngressResponse, RequestSpotInstancesResponse, CancelSpotInstanceRequestsResponse,
                 DescribeSpotInstanceRequestsResponse, GetSpotPlacementScoresResponse, DescribeTagsResponse,
                 CreateKeyPairResponse, ImportKeyPairResponse, DescribeKeyPairsResponse, DescribeRegionsResponse,
                 DescribeAccountAttributesResponse>;

}  // namespace holdfast::ec2
