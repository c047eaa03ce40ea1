"""The list of what is in use of EC2's API; scripts/generate-ec2 makes the codec from it.

A member is written as
    name                  C++ name in snake case; the official member has the same name in capitals
    Name                  the official name; the C++ name is made from it
    name=Path.To.Member   where the two differ, or where the wire nests and we do not
    name:function         written and read by a function of src/ec2/wire_special.h
and may end with
    !  a request without it is refused (beyond what the model requires)
    +  written even if it is empty
    ?  a number that is left out if it is 0
A path of "." is the structure itself: the answer of CreateVolume is a Volume.
"""

# Structures written by hand (src/ec2/types.h, ec2.h): official shape: (C++ struct, members).
HAND_SHAPES = {
    "Tag": ("Tag", "key+ value+"),
    "Filter": ("Filter", "name values"),
    "TagSpecification": ("TagSpecification", "resource_type tags"),
    "EbsBlockDevice": ("EbsBlockDevice", "snapshot_id volume_size volume_type iops throughput encrypted delete_on_termination "
                       "kms_key_id"),
    "BlockDeviceMapping": ("BlockDeviceMapping", "device_name ebs no_device:presence"),
    "InstanceBlockDeviceMapping": ("InstanceBlockDevice", "device_name volume_id=Ebs.VolumeId status=Ebs.Status "
                                   "delete_on_termination=Ebs.DeleteOnTermination attach_time=Ebs.AttachTime"),
    "NetworkInterfaceAttachment": ("InterfaceAttachment", "attachment_id device_index instance_id status delete_on_termination attach_time"),
    "InstanceNetworkInterfaceAttachment": ("InterfaceAttachment", "attachment_id device_index status delete_on_termination attach_time"),
    "NetworkInterface": ("NetworkInterface", "network_interface_id status mac_address private_ip_address subnet_id vpc_id "
                         "availability_zone description+ groups=Groups.GroupId attachment tag_set private_ip_addresses association"),
    "InstanceNetworkInterface": ("NetworkInterface", "network_interface_id status mac_address private_ip_address subnet_id vpc_id "
                                 "description+ groups=Groups.GroupId attachment private_ip_addresses association"),
    "NetworkInterfaceAssociation": ("NetworkInterfaceAssociation", "public_ip allocation_id association_id ip_owner_id"),
    "InstanceNetworkInterfaceAssociation": ("NetworkInterfaceAssociation", "public_ip ip_owner_id"),
    "NetworkInterfacePrivateIpAddress": ("NetworkInterfacePrivateIpAddress", "private_ip_address primary association"),
    "InstancePrivateIpAddress": ("NetworkInterfacePrivateIpAddress", "private_ip_address primary association"),
    "StateReason": ("StateReason", "code message"),
    "Instance": ("Instance", "instance_id image_id state:instance_state state_reason instance_type instance_lifecycle "
                 "availability_zone=Placement.AvailabilityZone tenancy=Placement.Tenancy subnet_id vpc_id private_ip_address "
                 "public_ip_address "
                 "root_device_name block_device_mappings network_interfaces security_groups=SecurityGroups.GroupId "
                 "client_token launch_time tags monitoring=Monitoring.State key_name spot_instance_request_id "
                 "ebs_optimized iam_instance_profile_arn=IamInstanceProfile.Arn "
                 "http_tokens=MetadataOptions.HttpTokens "
                 "http_put_response_hop_limit=MetadataOptions.HttpPutResponseHopLimit "
                 "instance_metadata_tags=MetadataOptions.InstanceMetadataTags"),
    "VolumeAttachment": ("VolumeAttachment", "volume_id instance_id device state delete_on_termination attach_time"),
    "Volume": ("Volume", "volume_id state size snapshot_id volume_type iops throughput encrypted availability_zone create_time "
               "attachments tags"),
    "Snapshot": ("Snapshot", "snapshot_id volume_id volume_size state progress description+ start_time completion_time tags"),
    "Image": ("Image", "image_id name description state architecture root_device_name root_device_type virtualization_type "
              "boot_mode platform_details ena_support is_public=Public block_device_mappings creation_date tags"),
    "Subnet": ("Subnet", "subnet_id vpc_id state cidr_block availability_zone available_ip_address_count default_for_az tags"),
    "Vpc": ("Vpc", "vpc_id state cidr_block is_default tags"),
    "SecurityGroup": ("SecurityGroup", "group_id group_name description vpc_id tags ip_permissions"),
    "IpRange": ("IpRange", "cidr_ip description"),
    "UserIdGroupPair": ("UserIdGroupPair", "description group_id group_name user_id vpc_id"),
    "IpPermission": ("IpPermission", "from_port ip_protocol ip_ranges to_port user_id_group_pairs"),
    "AvailabilityZone": ("AvailabilityZone", "zone_name zone_id region_name state"),
    "GpuInfo": ("GpuInfo", "counts=Gpus.Count"),
    "InstanceTypeInfo": ("InstanceTypeInfo", "instance_type default_v_cpus=VCpuInfo.DefaultVCpus size_in_mi_b=MemoryInfo.SizeInMiB "
                         "architecture:only=ProcessorInfo.SupportedArchitectures "
                         "encryption_support=EbsInfo.EncryptionSupport "
                         "ebs_optimized_support=EbsInfo.EbsOptimizedSupport gpu_info "
                         "burstable_performance_supported"),
    "SpotPrice": ("SpotPrice", "instance_type availability_zone product_description spot_price:decimal timestamp"),
    "InstanceStatus": ("InstanceStatus", "instance_id availability_zone instance_state:instance_state "
                       "instance_status=InstanceStatus.Status system_status=SystemStatus.Status"),
    "InstanceNetworkInterfaceSpecification": ("InstanceNetworkInterfaceSpecification",
                                              "device_index network_interface_id subnet_id groups private_ip_address delete_on_termination "
                                              "associate_public_ip_address"),
    "IamInstanceProfileSpecification": ("IamInstanceProfile", "arn name"),
    "SpotMarketOptions": ("SpotMarketOptions", "max_price spot_instance_type instance_interruption_behavior"),
    "InstanceMetadataOptionsRequest": ("MetadataOptions", "http_tokens http_put_response_hop_limit instance_metadata_tags"),
    "InstanceStateChange": ("InstanceStateChange", "instance_id previous_state:instance_state current_state:instance_state"),
    "InstanceBlockDeviceMappingSpecification": ("ModifyInstanceAttributeRequest::Mapping",
                                                "device_name! delete_on_termination=Ebs.DeleteOnTermination!"),
}

# Requests and answers written by hand (src/ec2/ec2.h): action: (members of the request, of the answer).
HAND_ACTIONS = {
    "instances": {
        "RunInstances": ("image_id instance_type min_count max_count client_token subnet_id security_group_ids network_interfaces "
                         "block_device_mappings user_data spot_options:spot_market=InstanceMarketOptions metadata_options "
                         "tag_specifications key_name availability_zone=Placement.AvailabilityZone tenancy=Placement.Tenancy "
                         "ebs_optimized monitoring=Monitoring.Enabled cpu_credits=CreditSpecification.CpuCredits "
                         "iam_instance_profile", "instances:reservation=."),
        "TerminateInstances": ("instance_ids", "terminating_instances"),
        "RebootInstances": ("instance_ids", ""),
        "DescribeInstances": ("instance_ids filters max_results? next_token", "instances:reservations=Reservations next_token"),
        "DescribeInstanceStatus": ("instance_ids include_all_instances next_token filters max_results?", "instance_statuses next_token"),
        "GetConsoleOutput": ("instance_id", "instance_id timestamp output:base64"),
        "ModifyInstanceAttribute": ("instance_id block_device_mappings!", ""),
        "DescribeInstanceTypes": ("instance_types next_token filters max_results?", "instance_types next_token"),
    },
    "storage": {
        "CreateVolume": ("availability_zone size snapshot_id volume_type iops throughput encrypted client_token tag_specifications "
                         "kms_key_id", "volume=."),
        "DeleteVolume": ("volume_id", ""),
        "AttachVolume": ("volume_id instance_id device", "attachment=."),
        "DetachVolume": ("volume_id instance_id device force", "attachment=."),
        "DescribeVolumes": ("volume_ids filters max_results? next_token", "volumes next_token"),
        "CreateSnapshot": ("volume_id description tag_specifications", "snapshot=."),
        "DeleteSnapshot": ("snapshot_id", ""),
        "DescribeSnapshots": ("snapshot_ids filters max_results? next_token owner_ids", "snapshots next_token"),
    },
    "images": {
        "RegisterImage": ("name description architecture root_device_name virtualization_type boot_mode ena_support "
                          "block_device_mappings tag_specifications", "image_id"),
        "DeregisterImage": ("image_id", ""),
        "DescribeImages": ("image_ids owners filters max_results? next_token", "images next_token"),
    },
    "network": {
        "CreateNetworkInterface": ("subnet_id private_ip_address groups description client_token tag_specifications",
                                   "network_interface"),
        "DeleteNetworkInterface": ("network_interface_id", ""),
        "DescribeNetworkInterfaces": ("network_interface_ids filters max_results? next_token", "network_interfaces next_token"),
        "ModifyNetworkInterfaceAttribute": ("network_interface_id attachment_id=Attachment.AttachmentId! "
                                            "delete_on_termination=Attachment.DeleteOnTermination!", ""),
        "DescribeSubnets": ("subnet_ids filters next_token max_results?", "subnets next_token"),
        "CreateSubnet": ("vpc_id cidr_block availability_zone tag_specifications", "subnet"),
        "DeleteSubnet": ("subnet_id", ""),
        "DescribeVpcs": ("vpc_ids next_token filters max_results?", "vpcs next_token"),
        "DescribeSecurityGroups": ("group_ids next_token group_names filters max_results?", "security_groups next_token"),
        "CreateSecurityGroup": ("group_name description vpc_id tag_specifications", "group_id tags"),
    },
    "account": {
        "DescribeAvailabilityZones": ("zone_names filters", "availability_zones"),
        "DescribeSpotPriceHistory": ("instance_types start_time next_token availability_zone product_descriptions end_time filters "
                                     "max_results?", "spot_price_history next_token"),
        "CreateTags": ("resources tags", ""),
        "DeleteTags": ("resources tags", ""),
    },
}

# Structures made by the generator: official shape (the C++ struct has its name): members.
SHAPES = {
    "InstanceMonitoring": "InstanceId state=Monitoring.State",
    "InstanceMetadataOptionsResponse": "State HttpTokens HttpPutResponseHopLimit HttpEndpoint HttpProtocolIpv6 InstanceMetadataTags",
    "InstanceTypeOffering": "InstanceType LocationType Location",
    "VolumeModification": "VolumeId ModificationState StatusMessage TargetSize TargetIops TargetVolumeType TargetThroughput "
                          "OriginalSize OriginalIops OriginalVolumeType OriginalThroughput Progress StartTime EndTime",
    "InstanceSpecification": "InstanceId! ExcludeBootVolume ExcludeDataVolumeIds",
    "SnapshotInfo": "Description+ Tags Encrypted VolumeId State VolumeSize StartTime Progress OwnerId SnapshotId",
    "AssignedPrivateIpAddress": "PrivateIpAddress",
    "Address": "InstanceId PublicIp AllocationId AssociationId Domain NetworkInterfaceId NetworkInterfaceOwnerId PrivateIpAddress "
               "Tags PublicIpv4Pool NetworkBorderGroup",
    "SpotInstanceStateFault": "Code Message",
    "SpotInstanceStatus": "Code Message UpdateTime",
    "RequestSpotLaunchSpecification": "ImageId InstanceType SubnetId SecurityGroupIds NetworkInterfaces BlockDeviceMappings UserData "
                                      "availability_zone=Placement.AvailabilityZone",
    "LaunchSpecification": "ImageId InstanceType SubnetId security_groups=SecurityGroups.GroupId NetworkInterfaces "
                           "BlockDeviceMappings UserData availability_zone=Placement.AvailabilityZone",
    "SpotInstanceRequest": "CreateTime Fault InstanceId LaunchSpecification LaunchedAvailabilityZone ProductDescription "
                           "SpotInstanceRequestId SpotPrice State Status Tags Type ValidFrom ValidUntil InstanceInterruptionBehavior",
    "CancelledSpotInstanceRequest": "SpotInstanceRequestId State",
    "SpotPlacementScore": "Region AvailabilityZoneId Score",
    "ReplaceRootVolumeTask": "ReplaceRootVolumeTaskId InstanceId TaskState StartTime CompleteTime Tags ImageId SnapshotId "
                             "DeleteReplacedRootVolume",
    "TagDescription": "Key+ ResourceId ResourceType Value+",
    "SecurityGroupRule": "SecurityGroupRuleId GroupId GroupOwnerId IsEgress IpProtocol FromPort ToPort CidrIpv4 Description Tags",
    "KeyPairInfo": "KeyPairId KeyFingerprint KeyName KeyType Tags PublicKey CreateTime",
    "Region": "endpoint=Endpoint RegionName OptInStatus",
    "AccountAttribute": "AttributeName attribute_values=AttributeValues.AttributeValue",
}

# Requests and answers made by the generator: group: action: (members of the request, of the answer).
ACTIONS = {
    "instances": {
        "StopInstances": ("InstanceIds Hibernate Force SkipOsShutdown", "StoppingInstances"),
        "StartInstances": ("InstanceIds", "StartingInstances"),
        "DescribeInstanceAttribute": ("Attribute InstanceId",
                                      "InstanceId BlockDeviceMappings groups=Groups.GroupId "
                                      "disable_api_termination=DisableApiTermination.Value ebs_optimized=EbsOptimized.Value "
                                      "ena_support=EnaSupport.Value disable_api_stop=DisableApiStop.Value "
                                      "instance_initiated_shutdown_behavior=InstanceInitiatedShutdownBehavior.Value "
                                      "instance_type=InstanceType.Value root_device_name=RootDeviceName.Value "
                                      "source_dest_check=SourceDestCheck.Value user_data=UserData.Value"),
        "ModifyInstanceMetadataOptions": ("InstanceId HttpTokens HttpPutResponseHopLimit HttpEndpoint HttpProtocolIpv6 "
                                          "InstanceMetadataTags", "InstanceId InstanceMetadataOptions"),
        "DescribeInstanceTypeOfferings": ("LocationType Filters MaxResults? NextToken", "InstanceTypeOfferings NextToken"),
        "MonitorInstances": ("InstanceIds", "InstanceMonitorings"),
    },
    "storage": {
        "ModifyVolume": ("VolumeId Size VolumeType Iops Throughput", "VolumeModification"),
        "DescribeVolumesModifications": ("VolumeIds Filters NextToken MaxResults?", "VolumesModifications NextToken"),
        "CreateSnapshots": ("Description InstanceSpecification TagSpecifications CopyTagsFromSource", "Snapshots"),
        "CopySnapshot": ("Description DestinationRegion Encrypted KmsKeyId SourceRegion SourceSnapshotId TagSpecifications "
                         "PresignedUrl", "SnapshotId Tags"),
        "CreateReplaceRootVolumeTask": ("InstanceId SnapshotId ClientToken TagSpecifications ImageId DeleteReplacedRootVolume",
                                        "ReplaceRootVolumeTask"),
        "DescribeReplaceRootVolumeTasks": ("ReplaceRootVolumeTaskIds Filters MaxResults? NextToken",
                                           "ReplaceRootVolumeTasks NextToken"),
    },
    "images": {
        "CreateImage": ("BlockDeviceMappings Description InstanceId Name NoReboot TagSpecifications", "ImageId"),
    },
    "network": {
        "AttachNetworkInterface": ("DeviceIndex InstanceId NetworkInterfaceId NetworkCardIndex", "AttachmentId NetworkCardIndex"),
        "DetachNetworkInterface": ("AttachmentId Force", ""),
        "AssignPrivateIpAddresses": ("AllowReassignment NetworkInterfaceId PrivateIpAddresses SecondaryPrivateIpAddressCount",
                                     "NetworkInterfaceId AssignedPrivateIpAddresses"),
        "UnassignPrivateIpAddresses": ("NetworkInterfaceId PrivateIpAddresses", ""),
        "AllocateAddress": ("Domain Address PublicIpv4Pool NetworkBorderGroup TagSpecifications",
                            "PublicIp AllocationId PublicIpv4Pool NetworkBorderGroup Domain"),
        "ReleaseAddress": ("AllocationId PublicIp NetworkBorderGroup", ""),
        "AssociateAddress": ("AllocationId InstanceId PublicIp AllowReassociation NetworkInterfaceId PrivateIpAddress",
                             "AssociationId"),
        "DisassociateAddress": ("AssociationId PublicIp", ""),
        "DescribeAddresses": ("Filters PublicIps AllocationIds", "Addresses"),
        "CreateVpc": ("CidrBlock InstanceTenancy TagSpecifications", "Vpc"),
        "DeleteVpc": ("VpcId", ""),
        "DeleteSecurityGroup": ("GroupId GroupName", ""),
        "AuthorizeSecurityGroupIngress": ("GroupId GroupName IpPermissions CidrIp FromPort IpProtocol ToPort TagSpecifications",
                                          "returned=Return SecurityGroupRules"),
        "RevokeSecurityGroupIngress": ("GroupId GroupName IpPermissions CidrIp FromPort IpProtocol ToPort SecurityGroupRuleIds",
                                       "returned=Return UnknownIpPermissions"),
    },
    "spot": {
        "RequestSpotInstances": ("ClientToken InstanceCount LaunchSpecification SpotPrice Type ValidFrom ValidUntil "
                                 "TagSpecifications InstanceInterruptionBehavior", "SpotInstanceRequests"),
        "CancelSpotInstanceRequests": ("SpotInstanceRequestIds", "CancelledSpotInstanceRequests"),
        "DescribeSpotInstanceRequests": ("Filters SpotInstanceRequestIds NextToken MaxResults?", "SpotInstanceRequests NextToken"),
        "GetSpotPlacementScores": ("InstanceTypes TargetCapacity TargetCapacityUnitType SingleAvailabilityZone RegionNames "
                                   "MaxResults? NextToken", "SpotPlacementScores NextToken"),
    },
    "account": {
        "DescribeTags": ("Filters MaxResults? NextToken", "Tags NextToken"),
        "CreateKeyPair": ("KeyName KeyType TagSpecifications KeyFormat", "KeyFingerprint KeyMaterial KeyName KeyPairId Tags"),
        "ImportKeyPair": ("KeyName public_key_material:base64=PublicKeyMaterial TagSpecifications",
                          "KeyFingerprint KeyName KeyPairId Tags"),
        "DeleteKeyPair": ("KeyName KeyPairId", ""),
        "DescribeKeyPairs": ("Filters KeyNames KeyPairIds IncludePublicKey", "KeyPairs"),
        "DescribeRegions": ("Filters RegionNames AllRegions", "Regions"),
        "DescribeAccountAttributes": ("AttributeNames", "AccountAttributes"),
    },
}

# Actions of the list that only look, beside those that begin with Describe or Get.
READ_ONLY_PREFIXES = ("Describe", "Get")

# Official string members that are ids with a type of their own here; plural for lists.
IDS = {
    "InstanceId": "InstanceId", "InstanceIds": "InstanceId",
    "VolumeId": "VolumeId", "VolumeIds": "VolumeId", "ExcludeDataVolumeIds": "VolumeId",
    "SnapshotId": "SnapshotId", "SourceSnapshotId": "SnapshotId", "SnapshotIds": "SnapshotId",
    "ImageId": "ImageId", "ImageIds": "ImageId",
    "NetworkInterfaceId": "InterfaceId", "NetworkInterfaceIds": "InterfaceId",
    "SubnetId": "SubnetId", "VpcId": "VpcId",
    "GroupId": "SecurityGroupId", "SecurityGroupIds": "SecurityGroupId",
}
