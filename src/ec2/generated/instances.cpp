// The wire form of the actions about instances. Made by scripts/generate-ec2 from EC2's official model; to change it, change scripts/ec2/members.py.
#include "ec2/generated/shapes.h"

namespace holdfast::ec2::wire {
namespace shape {

struct SpotMarketOptions {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"MaxPrice", "MaxPrice"}, v.max_price);
    a.value({"SpotInstanceType", "SpotInstanceType"}, v.spot_instance_type);
    a.value({"InstanceInterruptionBehavior", "InstanceInterruptionBehavior"}, v.instance_interruption_behavior);
  }
};

struct InstanceMetadataOptionsRequest {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"HttpTokens", "HttpTokens"}, v.http_tokens);
    a.value({"HttpPutResponseHopLimit", "HttpPutResponseHopLimit"}, v.http_put_response_hop_limit);
    a.value({"InstanceMetadataTags", "InstanceMetadataTags"}, v.instance_metadata_tags);
  }
};

struct IamInstanceProfileSpecification {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"Arn", "arn"}, v.arn);
    a.value({"Name", "name"}, v.name);
  }
};

struct StateReason {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"Code", "code"}, v.code);
    a.value({"Message", "message"}, v.message);
  }
};

struct InstanceBlockDeviceMapping {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"DeviceName", "deviceName"}, v.device_name);
    a.within({"Ebs", "ebs"}, [&](auto& b) {
      b.value({"VolumeId", "volumeId"}, v.volume_id);
      b.value({"Status", "status"}, v.status);
      b.value({"DeleteOnTermination", "deleteOnTermination"}, v.delete_on_termination);
      b.value({"AttachTime", "attachTime"}, v.attach_time);
    });
  }
};

struct InstanceNetworkInterfaceAttachment {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"AttachmentId", "attachmentId"}, v.attachment_id);
    a.value({"DeviceIndex", "deviceIndex"}, v.device_index);
    a.value({"Status", "status"}, v.status);
    a.value({"DeleteOnTermination", "deleteOnTermination"}, v.delete_on_termination);
    a.value({"AttachTime", "attachTime"}, v.attach_time);
  }
};

struct InstanceNetworkInterfaceAssociation {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"PublicIp", "publicIp"}, v.public_ip);
    a.value({"IpOwnerId", "ipOwnerId"}, v.ip_owner_id);
  }
};

struct InstancePrivateIpAddress {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"PrivateIpAddress", "privateIpAddress"}, v.private_ip_address);
    a.value({"Primary", "primary"}, v.primary);
    a.template object<InstanceNetworkInterfaceAssociation>({"Association", "association"}, v.association);
  }
};

struct InstanceNetworkInterface {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"NetworkInterfaceId", "networkInterfaceId"}, v.network_interface_id);
    a.value({"Status", "status"}, v.status);
    a.value({"MacAddress", "macAddress"}, v.mac_address);
    a.value({"PrivateIpAddress", "privateIpAddress"}, v.private_ip_address);
    a.value({"SubnetId", "subnetId"}, v.subnet_id);
    a.value({"VpcId", "vpcId"}, v.vpc_id);
    a.value({"Description", "description"}, v.description, kAlways);
    a.values_within({"GroupSet", "groupSet"}, {"GroupId", "groupId"}, v.groups);
    a.template object<InstanceNetworkInterfaceAttachment>({"Attachment", "attachment"}, v.attachment);
    a.template objects<InstancePrivateIpAddress>(
        {"PrivateIpAddressesSet", "privateIpAddressesSet"}, v.private_ip_addresses);
    a.template object<InstanceNetworkInterfaceAssociation>({"Association", "association"}, v.association);
  }
};

struct Instance {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"InstanceId", "instanceId"}, v.instance_id);
    a.value({"ImageId", "imageId"}, v.image_id);
    special::instance_state(a, {"InstanceState", "instanceState"}, v.state);
    a.template object<StateReason>({"StateReason", "stateReason"}, v.state_reason);
    a.value({"InstanceType", "instanceType"}, v.instance_type);
    a.value({"InstanceLifecycle", "instanceLifecycle"}, v.instance_lifecycle);
    a.within({"Placement", "placement"}, [&](auto& b) {
      b.value({"AvailabilityZone", "availabilityZone"}, v.availability_zone);
      b.value({"Tenancy", "tenancy"}, v.tenancy);
    });
    a.value({"SubnetId", "subnetId"}, v.subnet_id);
    a.value({"VpcId", "vpcId"}, v.vpc_id);
    a.value({"PrivateIpAddress", "privateIpAddress"}, v.private_ip_address);
    a.value({"IpAddress", "ipAddress"}, v.public_ip_address);
    a.value({"RootDeviceName", "rootDeviceName"}, v.root_device_name);
    a.template objects<InstanceBlockDeviceMapping>(
        {"BlockDeviceMapping", "blockDeviceMapping"}, v.block_device_mappings);
    a.template objects<InstanceNetworkInterface>({"NetworkInterfaceSet", "networkInterfaceSet"}, v.network_interfaces);
    a.values_within({"GroupSet", "groupSet"}, {"GroupId", "groupId"}, v.security_groups);
    a.value({"ClientToken", "clientToken"}, v.client_token);
    a.value({"LaunchTime", "launchTime"}, v.launch_time);
    a.template objects<Tag>({"TagSet", "tagSet"}, v.tags);
    a.within({"Monitoring", "monitoring"}, [&](auto& b) {
      b.value({"State", "state"}, v.monitoring);
    });
    a.value({"KeyName", "keyName"}, v.key_name);
    a.value({"SpotInstanceRequestId", "spotInstanceRequestId"}, v.spot_instance_request_id);
    a.value({"EbsOptimized", "ebsOptimized"}, v.ebs_optimized);
    a.within({"IamInstanceProfile", "iamInstanceProfile"}, [&](auto& b) {
      b.value({"Arn", "arn"}, v.iam_instance_profile_arn);
    });
    a.within({"MetadataOptions", "metadataOptions"}, [&](auto& b) {
      b.value({"HttpTokens", "httpTokens"}, v.http_tokens);
      b.value({"HttpPutResponseHopLimit", "httpPutResponseHopLimit"}, v.http_put_response_hop_limit);
      b.value({"InstanceMetadataTags", "instanceMetadataTags"}, v.instance_metadata_tags);
    });
  }
};

struct InstanceStateChange {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"InstanceId", "instanceId"}, v.instance_id);
    special::instance_state(a, {"PreviousState", "previousState"}, v.previous_state);
    special::instance_state(a, {"CurrentState", "currentState"}, v.current_state);
  }
};

struct InstanceStatus {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"InstanceId", "instanceId"}, v.instance_id);
    a.value({"AvailabilityZone", "availabilityZone"}, v.availability_zone);
    special::instance_state(a, {"InstanceState", "instanceState"}, v.instance_state);
    a.within({"InstanceStatus", "instanceStatus"}, [&](auto& b) {
      b.value({"Status", "status"}, v.instance_status);
    });
    a.within({"SystemStatus", "systemStatus"}, [&](auto& b) {
      b.value({"Status", "status"}, v.system_status);
    });
  }
};

struct InstanceBlockDeviceMappingSpecification {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"DeviceName", "deviceName"}, v.device_name, kRequired);
    a.within({"Ebs", "ebs"}, [&](auto& b) {
      b.value({"DeleteOnTermination", "deleteOnTermination"}, v.delete_on_termination, kRequired);
    });
  }
};

struct GpuInfo {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.values_within({"Gpus", "gpus"}, {"Count", "count"}, v.counts);
  }
};

struct InstanceTypeInfo {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"InstanceType", "instanceType"}, v.instance_type);
    a.within({"VCpuInfo", "vCpuInfo"}, [&](auto& b) {
      b.value({"DefaultVCpus", "defaultVCpus"}, v.default_v_cpus);
    });
    a.within({"MemoryInfo", "memoryInfo"}, [&](auto& b) {
      b.value({"SizeInMiB", "sizeInMiB"}, v.size_in_mi_b);
    });
    a.within({"ProcessorInfo", "processorInfo"}, [&](auto& b) {
      special::only(b, {"SupportedArchitectures", "supportedArchitectures"}, v.architecture);
    });
    a.within({"EbsInfo", "ebsInfo"}, [&](auto& b) {
      b.value({"EncryptionSupport", "encryptionSupport"}, v.encryption_support);
      b.value({"EbsOptimizedSupport", "ebsOptimizedSupport"}, v.ebs_optimized_support);
    });
    a.template object<GpuInfo>({"GpuInfo", "gpuInfo"}, v.gpu_info);
    a.value({"BurstablePerformanceSupported", "burstablePerformanceSupported"}, v.burstable_performance_supported);
  }
};

struct InstanceMetadataOptionsResponse {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"State", "state"}, v.state);
    a.value({"HttpTokens", "httpTokens"}, v.http_tokens);
    a.value({"HttpPutResponseHopLimit", "httpPutResponseHopLimit"}, v.http_put_response_hop_limit);
    a.value({"HttpEndpoint", "httpEndpoint"}, v.http_endpoint);
    a.value({"HttpProtocolIpv6", "httpProtocolIpv6"}, v.http_protocol_ipv6);
    a.value({"InstanceMetadataTags", "instanceMetadataTags"}, v.instance_metadata_tags);
  }
};

struct InstanceTypeOffering {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"InstanceType", "instanceType"}, v.instance_type);
    a.value({"LocationType", "locationType"}, v.location_type);
    a.value({"Location", "location"}, v.location);
  }
};

struct InstanceMonitoring {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"InstanceId", "instanceId"}, v.instance_id);
    a.within({"Monitoring", "monitoring"}, [&](auto& b) {
      b.value({"State", "state"}, v.state);
    });
  }
};

struct RunInstancesIn {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"ImageId", "ImageId"}, v.image_id);
    a.value({"InstanceType", "InstanceType"}, v.instance_type);
    a.value({"MinCount", "MinCount"}, v.min_count, kRequired);
    a.value({"MaxCount", "MaxCount"}, v.max_count, kRequired);
    a.value({"ClientToken", "clientToken"}, v.client_token);
    a.value({"SubnetId", "SubnetId"}, v.subnet_id);
    a.values({"SecurityGroupId", "SecurityGroupId"}, v.security_group_ids);
    a.template objects<InstanceNetworkInterfaceSpecification>(
        {"NetworkInterface", "networkInterface"}, v.network_interfaces);
    a.template objects<BlockDeviceMapping>({"BlockDeviceMapping", "BlockDeviceMapping"}, v.block_device_mappings);
    a.value({"UserData", "UserData"}, v.user_data);
    special::spot_market<SpotMarketOptions>(a, {"InstanceMarketOptions", "InstanceMarketOptions"}, v.spot_options);
    a.template object<InstanceMetadataOptionsRequest>({"MetadataOptions", "MetadataOptions"}, v.metadata_options);
    a.template objects<TagSpecification>({"TagSpecification", "TagSpecification"}, v.tag_specifications);
    a.value({"KeyName", "KeyName"}, v.key_name);
    a.within({"Placement", "Placement"}, [&](auto& b) {
      b.value({"AvailabilityZone", "availabilityZone"}, v.availability_zone);
      b.value({"Tenancy", "tenancy"}, v.tenancy);
    });
    a.value({"EbsOptimized", "ebsOptimized"}, v.ebs_optimized);
    a.within({"Monitoring", "Monitoring"}, [&](auto& b) {
      b.value({"Enabled", "enabled"}, v.monitoring);
    });
    a.within({"CreditSpecification", "CreditSpecification"}, [&](auto& b) {
      b.value({"CpuCredits", "CpuCredits"}, v.cpu_credits);
    });
    a.template object<IamInstanceProfileSpecification>(
        {"IamInstanceProfile", "iamInstanceProfile"}, v.iam_instance_profile);
  }
};

struct RunInstancesOut {
  template <class A, class T>
  static void visit(A& a, T& v) {
    special::reservation<Instance>(a, {}, v.instances);
  }
};

struct TerminateInstancesIn {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.values({"InstanceId", "InstanceId"}, v.instance_ids, kRequired);
  }
};

struct TerminateInstancesOut {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.template objects<InstanceStateChange>({"InstancesSet", "instancesSet"}, v.terminating_instances);
  }
};

struct RebootInstancesIn {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.values({"InstanceId", "InstanceId"}, v.instance_ids, kRequired);
  }
};

struct DescribeInstancesIn {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.values({"InstanceId", "InstanceId"}, v.instance_ids);
    a.template objects<Filter>({"Filter", "Filter"}, v.filters);
    a.value({"MaxResults", "maxResults"}, v.max_results, kZeroAbsent);
    a.value({"NextToken", "nextToken"}, v.next_token);
  }
};

struct DescribeInstancesOut {
  template <class A, class T>
  static void visit(A& a, T& v) {
    special::reservations<Instance>(a, {"ReservationSet", "reservationSet"}, v.instances);
    a.value({"NextToken", "nextToken"}, v.next_token);
  }
};

struct DescribeInstanceStatusIn {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.values({"InstanceId", "InstanceId"}, v.instance_ids);
    a.value({"IncludeAllInstances", "includeAllInstances"}, v.include_all_instances);
    a.value({"NextToken", "NextToken"}, v.next_token);
    a.template objects<Filter>({"Filter", "Filter"}, v.filters);
    a.value({"MaxResults", "MaxResults"}, v.max_results, kZeroAbsent);
  }
};

struct DescribeInstanceStatusOut {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.template objects<InstanceStatus>({"InstanceStatusSet", "instanceStatusSet"}, v.instance_statuses);
    a.value({"NextToken", "nextToken"}, v.next_token);
  }
};

struct GetConsoleOutputIn {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"InstanceId", "InstanceId"}, v.instance_id, kRequired);
  }
};

struct GetConsoleOutputOut {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"InstanceId", "instanceId"}, v.instance_id);
    a.value({"Timestamp", "timestamp"}, v.timestamp);
    special::base64(a, {"Output", "output"}, v.output);
  }
};

struct ModifyInstanceAttributeIn {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"InstanceId", "instanceId"}, v.instance_id, kRequired);
    a.template objects<InstanceBlockDeviceMappingSpecification>(
        {"BlockDeviceMapping", "blockDeviceMapping"}, v.block_device_mappings, kRequired);
  }
};

struct DescribeInstanceTypesIn {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.values({"InstanceType", "InstanceType"}, v.instance_types);
    a.value({"NextToken", "NextToken"}, v.next_token);
    a.template objects<Filter>({"Filter", "Filter"}, v.filters);
    a.value({"MaxResults", "MaxResults"}, v.max_results, kZeroAbsent);
  }
};

struct DescribeInstanceTypesOut {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.template objects<InstanceTypeInfo>({"InstanceTypeSet", "instanceTypeSet"}, v.instance_types);
    a.value({"NextToken", "nextToken"}, v.next_token);
  }
};

struct StopInstancesIn {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.values({"InstanceId", "InstanceId"}, v.instance_ids, kRequired);
    a.value({"Hibernate", "Hibernate"}, v.hibernate);
    a.value({"Force", "force"}, v.force);
    a.value({"SkipOsShutdown", "SkipOsShutdown"}, v.skip_os_shutdown);
  }
};

struct StopInstancesOut {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.template objects<InstanceStateChange>({"InstancesSet", "instancesSet"}, v.stopping_instances);
  }
};

struct StartInstancesIn {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.values({"InstanceId", "InstanceId"}, v.instance_ids, kRequired);
  }
};

struct StartInstancesOut {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.template objects<InstanceStateChange>({"InstancesSet", "instancesSet"}, v.starting_instances);
  }
};

struct DescribeInstanceAttributeIn {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"Attribute", "attribute"}, v.attribute, kRequired);
    a.value({"InstanceId", "instanceId"}, v.instance_id, kRequired);
  }
};

struct DescribeInstanceAttributeOut {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"InstanceId", "instanceId"}, v.instance_id);
    a.template objects<InstanceBlockDeviceMapping>(
        {"BlockDeviceMapping", "blockDeviceMapping"}, v.block_device_mappings);
    a.values_within({"GroupSet", "groupSet"}, {"GroupId", "groupId"}, v.groups);
    a.within({"DisableApiTermination", "disableApiTermination"}, [&](auto& b) {
      b.value({"Value", "value"}, v.disable_api_termination);
    });
    a.within({"EbsOptimized", "ebsOptimized"}, [&](auto& b) {
      b.value({"Value", "value"}, v.ebs_optimized);
    });
    a.within({"EnaSupport", "enaSupport"}, [&](auto& b) {
      b.value({"Value", "value"}, v.ena_support);
    });
    a.within({"DisableApiStop", "disableApiStop"}, [&](auto& b) {
      b.value({"Value", "value"}, v.disable_api_stop);
    });
    a.within({"InstanceInitiatedShutdownBehavior", "instanceInitiatedShutdownBehavior"}, [&](auto& b) {
      b.value({"Value", "value"}, v.instance_initiated_shutdown_behavior);
    });
    a.within({"InstanceType", "instanceType"}, [&](auto& b) {
      b.value({"Value", "value"}, v.instance_type);
    });
    a.within({"RootDeviceName", "rootDeviceName"}, [&](auto& b) {
      b.value({"Value", "value"}, v.root_device_name);
    });
    a.within({"SourceDestCheck", "sourceDestCheck"}, [&](auto& b) {
      b.value({"Value", "value"}, v.source_dest_check);
    });
    a.within({"UserData", "userData"}, [&](auto& b) {
      b.value({"Value", "value"}, v.user_data);
    });
  }
};

struct ModifyInstanceMetadataOptionsIn {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"InstanceId", "InstanceId"}, v.instance_id, kRequired);
    a.value({"HttpTokens", "HttpTokens"}, v.http_tokens);
    a.value({"HttpPutResponseHopLimit", "HttpPutResponseHopLimit"}, v.http_put_response_hop_limit);
    a.value({"HttpEndpoint", "HttpEndpoint"}, v.http_endpoint);
    a.value({"HttpProtocolIpv6", "HttpProtocolIpv6"}, v.http_protocol_ipv6);
    a.value({"InstanceMetadataTags", "InstanceMetadataTags"}, v.instance_metadata_tags);
  }
};

struct ModifyInstanceMetadataOptionsOut {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"InstanceId", "instanceId"}, v.instance_id);
    a.template object<InstanceMetadataOptionsResponse>(
        {"InstanceMetadataOptions", "instanceMetadataOptions"}, v.instance_metadata_options);
  }
};

struct DescribeInstanceTypeOfferingsIn {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"LocationType", "LocationType"}, v.location_type);
    a.template objects<Filter>({"Filter", "Filter"}, v.filters);
    a.value({"MaxResults", "MaxResults"}, v.max_results, kZeroAbsent);
    a.value({"NextToken", "NextToken"}, v.next_token);
  }
};

struct DescribeInstanceTypeOfferingsOut {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.template objects<InstanceTypeOffering>(
        {"InstanceTypeOfferingSet", "instanceTypeOfferingSet"}, v.instance_type_offerings);
    a.value({"NextToken", "nextToken"}, v.next_token);
  }
};

struct MonitorInstancesIn {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.values({"InstanceId", "InstanceId"}, v.instance_ids, kRequired);
  }
};

struct MonitorInstancesOut {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.template objects<InstanceMonitoring>({"InstancesSet", "instancesSet"}, v.instance_monitorings);
  }
};

}  // namespace shape

template <>
struct ShapesOf<RunInstancesRequest> {
  using In = shape::RunInstancesIn;
  using Out = shape::RunInstancesOut;
};
template struct Wire<RunInstancesRequest>;

template <>
struct ShapesOf<TerminateInstancesRequest> {
  using In = shape::TerminateInstancesIn;
  using Out = shape::TerminateInstancesOut;
};
template struct Wire<TerminateInstancesRequest>;

template <>
struct ShapesOf<RebootInstancesRequest> {
  using In = shape::RebootInstancesIn;
  using Out = ReturnTrue;
};
template struct Wire<RebootInstancesRequest>;

template <>
struct ShapesOf<DescribeInstancesRequest> {
  using In = shape::DescribeInstancesIn;
  using Out = shape::DescribeInstancesOut;
};
template struct Wire<DescribeInstancesRequest>;

template <>
struct ShapesOf<DescribeInstanceStatusRequest> {
  using In = shape::DescribeInstanceStatusIn;
  using Out = shape::DescribeInstanceStatusOut;
};
template struct Wire<DescribeInstanceStatusRequest>;

template <>
struct ShapesOf<GetConsoleOutputRequest> {
  using In = shape::GetConsoleOutputIn;
  using Out = shape::GetConsoleOutputOut;
};
template struct Wire<GetConsoleOutputRequest>;

template <>
struct ShapesOf<ModifyInstanceAttributeRequest> {
  using In = shape::ModifyInstanceAttributeIn;
  using Out = ReturnTrue;
};
template struct Wire<ModifyInstanceAttributeRequest>;

template <>
struct ShapesOf<DescribeInstanceTypesRequest> {
  using In = shape::DescribeInstanceTypesIn;
  using Out = shape::DescribeInstanceTypesOut;
};
template struct Wire<DescribeInstanceTypesRequest>;

template <>
struct ShapesOf<StopInstancesRequest> {
  using In = shape::StopInstancesIn;
  using Out = shape::StopInstancesOut;
};
template struct Wire<StopInstancesRequest>;

template <>
struct ShapesOf<StartInstancesRequest> {
  using In = shape::StartInstancesIn;
  using Out = shape::StartInstancesOut;
};
template struct Wire<StartInstancesRequest>;

template <>
struct ShapesOf<DescribeInstanceAttributeRequest> {
  using In = shape::DescribeInstanceAttributeIn;
  using Out = shape::DescribeInstanceAttributeOut;
};
template struct Wire<DescribeInstanceAttributeRequest>;

template <>
struct ShapesOf<ModifyInstanceMetadataOptionsRequest> {
  using In = shape::ModifyInstanceMetadataOptionsIn;
  using Out = shape::ModifyInstanceMetadataOptionsOut;
};
template struct Wire<ModifyInstanceMetadataOptionsRequest>;

template <>
struct ShapesOf<DescribeInstanceTypeOfferingsRequest> {
  using In = shape::DescribeInstanceTypeOfferingsIn;
  using Out = shape::DescribeInstanceTypeOfferingsOut;
};
template struct Wire<DescribeInstanceTypeOfferingsRequest>;

template <>
struct ShapesOf<MonitorInstancesRequest> {
  using In = shape::MonitorInstancesIn;
  using Out = shape::MonitorInstancesOut;
};
template struct Wire<MonitorInstancesRequest>;

}  // namespace holdfast::ec2::wire
