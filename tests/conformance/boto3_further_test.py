#!/usr/bin/python3
"""The actions that EC2's own tools ask for beyond the controller's, with boto3 against the local cloud:
boto3_further_test.py HOLDFAST. Every answer on the way is held to the official model (local_cloud.py).
"""
import unittest

from local_cloud import Boto3Case, binary_from_arguments, wait_for

BINARY = binary_from_arguments()
IMAGE, SUBNET, GROUP = "ami-00000000000000001", "subnet-0000000000000000a", "sg-00000000000000001"
QUICK = {"Delay": 1, "MaxAttempts": 20}


class Further(Boto3Case):
    binary = BINARY

    def launch(self, **more):
        made = self.ec2.run_instances(**(dict(ImageId=IMAGE, InstanceType="t3.micro", MinCount=1, MaxCount=1, SubnetId=SUBNET) | more))
        instance = made["Instances"][0]["InstanceId"]
        self.ec2.get_waiter("instance_running").wait(InstanceIds=[instance], WaiterConfig=QUICK)
        return instance

    def instance(self, instance):
        return self.ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]

    def terminate(self, instance):
        self.ec2.terminate_instances(InstanceIds=[instance])
        self.ec2.get_waiter("instance_terminated").wait(InstanceIds=[instance], WaiterConfig=QUICK)

    def test_an_instance_is_stopped_and_started(self):
        instance = self.launch()
        self.refused("DryRunOperation", self.ec2.stop_instances, InstanceIds=[instance], DryRun=True)
        self.assertEqual(self.instance(instance)["State"]["Name"], "running")
        changed = self.ec2.stop_instances(InstanceIds=[instance])["StoppingInstances"][0]
        self.assertEqual(changed["CurrentState"], {"Code": 64, "Name": "stopping"})
        self.ec2.get_waiter("instance_stopped").wait(InstanceIds=[instance], WaiterConfig=QUICK)
        self.ec2.start_instances(InstanceIds=[instance])
        self.ec2.get_waiter("instance_running").wait(InstanceIds=[instance], WaiterConfig=QUICK)
        self.ec2.monitor_instances(InstanceIds=[instance])
        self.assertEqual(self.instance(instance)["Monitoring"]["State"], "enabled")
        shown = self.ec2.describe_instance_attribute(InstanceId=instance, Attribute="instanceType")
        self.assertEqual(shown["InstanceType"]["Value"], "t3.micro")
        options = self.ec2.modify_instance_metadata_options(InstanceId=instance, HttpTokens="required")["InstanceMetadataOptions"]
        self.assertEqual(options["HttpTokens"], "required")
        self.terminate(instance)
        self.refused("IncorrectInstanceState", self.ec2.start_instances, InstanceIds=[instance])

    def test_offerings_come_in_pages(self):
        pages = self.ec2.get_paginator("describe_instance_type_offerings").paginate(
            LocationType="availability-zone", Filters=[{"Name": "instance-type", "Values": ["t3.*"]}], PaginationConfig={"PageSize": 5})
        found = [(o["InstanceType"], o["Location"]) for page in pages for o in page["InstanceTypeOfferings"]]
        self.assertEqual(len(found), len(set(found)))
        self.assertIn(("t3.micro", "local-1b"), found)

    def once_up(self, call, **arguments):
        answer = []

        def done():
            try:
                answer.append(call(**arguments))
            except self.ec2.exceptions.ClientError as error:
                if error.response["Error"]["Code"] != "IncorrectState":
                    raise
            return answer

        wait_for(done, "the instance is up again")
        return answer[0]

    def test_storage_is_copied_grown_and_replaced(self):
        instance = self.launch()
        root = self.instance(instance)["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]
        taken = self.ec2.create_snapshots(InstanceSpecification={"InstanceId": instance}, Description="all")["Snapshots"]
        ids = [s["SnapshotId"] for s in taken]
        self.ec2.get_waiter("snapshot_completed").wait(SnapshotIds=ids, WaiterConfig=QUICK)
        copy = self.ec2.copy_snapshot(SourceSnapshotId=ids[0], SourceRegion="local-1")["SnapshotId"]
        self.ec2.get_waiter("snapshot_completed").wait(SnapshotIds=[copy], WaiterConfig=QUICK)
        self.ec2.modify_volume(VolumeId=root, Size=8)
        wait_for(lambda: self.ec2.describe_volumes_modifications(VolumeIds=[root])["VolumesModifications"][0]["ModificationState"]
                 == "completed", "the modification")
        self.assertEqual(self.ec2.describe_volumes(VolumeIds=[root])["Volumes"][0]["Size"], 8)
        self.refused("InvalidParameterValue", self.ec2.modify_volume, VolumeId=root, Size=4)
        image = self.ec2.create_image(InstanceId=instance, Name="of an instance")["ImageId"]
        self.ec2.get_waiter("image_available").wait(ImageIds=[image], WaiterConfig=QUICK)
        # Its image may be available before it is up again.
        task = self.once_up(self.ec2.create_replace_root_volume_task, InstanceId=instance, ImageId=image)["ReplaceRootVolumeTask"]
        name = task["ReplaceRootVolumeTaskId"]
        wait_for(lambda: self.ec2.describe_replace_root_volume_tasks(ReplaceRootVolumeTaskIds=[name])["ReplaceRootVolumeTasks"][0]
                 ["TaskState"] == "succeeded", "the replacement")
        self.assertNotEqual(self.instance(instance)["BlockDeviceMappings"][0]["Ebs"]["VolumeId"], root)
        self.terminate(instance)

    def test_addresses_and_interfaces_move(self):
        instance = self.launch()
        interface = self.ec2.create_network_interface(SubnetId=SUBNET)["NetworkInterface"]["NetworkInterfaceId"]
        attached = self.ec2.attach_network_interface(DeviceIndex=1, InstanceId=instance, NetworkInterfaceId=interface)["AttachmentId"]
        wait_for(lambda: self.ec2.describe_network_interfaces(NetworkInterfaceIds=[interface])["NetworkInterfaces"][0]
                 ["Attachment"]["Status"] == "attached", "the attachment")
        self.ec2.assign_private_ip_addresses(NetworkInterfaceId=interface, SecondaryPrivateIpAddressCount=1)
        address = self.ec2.allocate_address(Domain="vpc")
        self.ec2.associate_address(AllocationId=address["AllocationId"], NetworkInterfaceId=interface)
        shown = self.ec2.describe_network_interfaces(NetworkInterfaceIds=[interface])["NetworkInterfaces"][0]
        self.assertEqual(shown["Association"]["PublicIp"], address["PublicIp"])
        second = [a["PrivateIpAddress"] for a in shown["PrivateIpAddresses"] if not a["Primary"]]
        self.assertEqual(len(second), 1)
        self.ec2.unassign_private_ip_addresses(NetworkInterfaceId=interface, PrivateIpAddresses=second)
        association = self.ec2.describe_addresses(AllocationIds=[address["AllocationId"]])["Addresses"][0]["AssociationId"]
        self.refused("InvalidIPAddress.InUse", self.ec2.release_address, AllocationId=address["AllocationId"])
        self.ec2.disassociate_address(AssociationId=association)
        self.ec2.release_address(AllocationId=address["AllocationId"])
        self.ec2.detach_network_interface(AttachmentId=attached)
        self.ec2.get_waiter("network_interface_available").wait(NetworkInterfaceIds=[interface], WaiterConfig=QUICK)
        self.ec2.delete_network_interface(NetworkInterfaceId=interface)
        self.terminate(instance)

    def test_a_vpc_with_its_groups_and_rules(self):
        vpc = self.ec2.create_vpc(CidrBlock="10.77.0.0/16")["Vpc"]["VpcId"]
        self.ec2.get_waiter("vpc_available").wait(VpcIds=[vpc], WaiterConfig=QUICK)
        group = self.ec2.create_security_group(GroupName="web", Description="of the web", VpcId=vpc)["GroupId"]
        rule = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "0.0.0.0/0", "Description": "all"}]}
        made = self.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])
        self.assertTrue(made["Return"])
        self.refused("InvalidPermission.Duplicate", self.ec2.authorize_security_group_ingress, GroupId=group, IpPermissions=[rule])
        shown = self.ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]
        self.assertEqual(shown["IpPermissions"][0]["IpRanges"], rule["IpRanges"])
        self.refused("DependencyViolation", self.ec2.delete_vpc, VpcId=vpc)
        self.ec2.revoke_security_group_ingress(GroupId=group, SecurityGroupRuleIds=[made["SecurityGroupRules"][0]["SecurityGroupRuleId"]])
        self.ec2.delete_security_group(GroupId=group)
        self.ec2.delete_vpc(VpcId=vpc)

    def test_a_spot_request_is_fulfilled_and_cancelled(self):
        made = self.ec2.request_spot_instances(InstanceCount=1, LaunchSpecification={
            "ImageId": IMAGE, "InstanceType": "t3.micro", "SubnetId": SUBNET})["SpotInstanceRequests"][0]
        name = made["SpotInstanceRequestId"]
        self.ec2.get_waiter("spot_instance_request_fulfilled").wait(SpotInstanceRequestIds=[name], WaiterConfig=QUICK)
        instance = self.ec2.describe_spot_instance_requests(SpotInstanceRequestIds=[name])["SpotInstanceRequests"][0]["InstanceId"]
        self.assertEqual(self.ec2.cancel_spot_instance_requests(SpotInstanceRequestIds=[name])
                         ["CancelledSpotInstanceRequests"][0]["State"], "cancelled")
        self.terminate(instance)
        scores = self.ec2.get_spot_placement_scores(InstanceTypes=["t3.micro", "m5.large", "c5.large"], TargetCapacity=1)
        self.assertEqual(scores["SpotPlacementScores"][0]["Score"], 10)

    def test_keys_tags_and_the_account(self):
        made = self.ec2.create_key_pair(KeyName="mine", TagSpecifications=[
            {"ResourceType": "key-pair", "Tags": [{"Key": "k", "Value": "v"}]}])
        self.assertIn("PRIVATE KEY", made["KeyMaterial"])
        public = self.ec2.describe_key_pairs(KeyNames=["mine"], IncludePublicKey=True)["KeyPairs"][0]["PublicKey"]
        self.ec2.import_key_pair(KeyName="again", PublicKeyMaterial=public.encode())
        instance = self.launch(KeyName="mine")
        self.assertEqual(self.instance(instance)["KeyName"], "mine")
        tags = self.ec2.describe_tags(Filters=[{"Name": "resource-type", "Values": ["key-pair"]}])["Tags"]
        self.assertEqual([t["ResourceId"] for t in tags], [made["KeyPairId"]])
        for name in ("mine", "again"):
            self.ec2.delete_key_pair(KeyName=name)
        self.refused("InvalidKeyPair.NotFound", self.ec2.describe_key_pairs, KeyNames=["mine"])
        self.assertEqual([r["RegionName"] for r in self.ec2.describe_regions()["Regions"]], ["local-1"])
        names = [a["AttributeName"] for a in self.ec2.describe_account_attributes()["AccountAttributes"]]
        self.assertIn("default-vpc", names)
        self.terminate(instance)


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")  # of boto3's own: sockets that it leaves open
