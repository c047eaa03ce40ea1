// Descriptions of the structures that several groups of actions share. Made by scripts/generate-ec2 from EC2's official model; to change it, change scripts/ec2/members.py.
#pragma once

#include "ec2/generated/further.h"
#include "ec2/wire_impl.h"
#include "ec2/wire_special.h"

namespace holdfast::ec2::wire::shape {

struct InstanceNetworkInterfaceSpecification {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"DeviceIndex", "deviceIndex"}, v.device_index);
    a.value({"NetworkInterfaceId", "networkInterfaceId"}, v.network_interface_id);
    a.value({"SubnetId", "subnetId"}, v.subnet_id);
    a.values({"SecurityGroupId", "SecurityGroupId"}, v.groups, kPlain, "SecurityGroupId");
    a.value({"PrivateIpAddress", "privateIpAddress"}, v.private_ip_address);
    a.value({"DeleteOnTermination", "deleteOnTermination"}, v.delete_on_termination);
    a.value({"AssociatePublicIpAddress", "associatePublicIpAddress"}, v.associate_public_ip_address);
  }
};

struct EbsBlockDevice {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"SnapshotId", "snapshotId"}, v.snapshot_id);
    a.value({"VolumeSize", "volumeSize"}, v.volume_size);
    a.value({"VolumeType", "volumeType"}, v.volume_type);
    a.value({"Iops", "iops"}, v.iops);
    a.value({"Throughput", "throughput"}, v.throughput);
    a.value({"Encrypted", "encrypted"}, v.encrypted);
    a.value({"DeleteOnTermination", "deleteOnTermination"}, v.delete_on_termination);
    a.value({"KmsKeyId", "kmsKeyId"}, v.kms_key_id);
  }
};

struct BlockDeviceMapping {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"DeviceName", "deviceName"}, v.device_name);
    a.template object<EbsBlockDevice>({"Ebs", "ebs"}, v.ebs);
    special::presence(a, {"NoDevice", "noDevice"}, v.no_device);
  }
};

struct Tag {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"Key", "key"}, v.key, kAlways);
    a.value({"Value", "value"}, v.value, kAlways);
  }
};

struct TagSpecification {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"ResourceType", "resourceType"}, v.resource_type);
    a.template objects<Tag>({"Tag", "Tag"}, v.tags);
  }
};

struct Filter {
  template <class A, class T>
  static void visit(A& a, T& v) {
    a.value({"Name", "Name"}, v.name);
    a.values({"Value", "Value"}, v.values);
  }
};

}  // namespace holdfast::ec2::wire::shape
