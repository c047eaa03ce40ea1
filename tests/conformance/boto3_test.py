#!/usr/bin/python3
"""A life of everything with boto3 against the local cloud: boto3_test.py HOLDFAST. Every answer on the way is held to the
official model (local_cloud.py).
"""
import datetime
import unittest

import botocore.exceptions
import botocore.handlers

from local_cloud import Boto3Case, LocalCloud, binary_from_arguments, wait_for

BINARY = binary_from_arguments()
IMAGE, SUBNET = "ami-00000000000000001", "subnet-0000000000000000a"
QUICK = {"Delay": 1, "MaxAttempts": 20}


class Life(Boto3Case):
    binary = BINARY

    def launch(self, **more):
        params = dict(ImageId=IMAGE, InstanceType="t3.micro", MinCount=1, MaxCount=1, SubnetId=SUBNET,
                      InstanceMarketOptions={"MarketType": "spot", "SpotOptions": {"SpotInstanceType": "one-time"}})
        params.update(more)
        made = self.ec2.run_instances(**{k: v for k, v in params.items() if v is not None})["Instances"][0]["InstanceId"]
        self.ec2.get_waiter("instance_running").wait(InstanceIds=[made], WaiterConfig=QUICK)
        return made

    def volume(self, **more):
        made = self.ec2.create_volume(AvailabilityZone="local-1a", **({"Size": 1} | more))["VolumeId"]
        self.ec2.get_waiter("volume_available").wait(VolumeIds=[made], WaiterConfig=QUICK)
        return made

    def terminate(self, instance):
        self.ec2.terminate_instances(InstanceIds=[instance])
        self.ec2.get_waiter("instance_terminated").wait(InstanceIds=[instance], WaiterConfig=QUICK)

    def instance(self, instance):
        return self.ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]

    def test_a_new_account_comes_with_a_network_and_an_image(self):
        vpcs = self.ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"]
        self.assertEqual(len(vpcs), 1)
        subnets = self.ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpcs[0]["VpcId"]]}])["Subnets"]
        self.assertGreaterEqual({s["AvailabilityZone"] for s in subnets}, {"local-1a", "local-1b", "local-1c"})
        groups = self.ec2.describe_security_groups(GroupNames=["default"])["SecurityGroups"]
        self.assertEqual(groups[0]["VpcId"], vpcs[0]["VpcId"])
        self.ec2.get_waiter("image_available").wait(ImageIds=[IMAGE], WaiterConfig=QUICK)
        self.assertTrue(self.ec2.describe_images(Owners=["amazon"])["Images"][0]["Public"])
        zones = self.ec2.describe_availability_zones(ZoneNames=["local-1b"])["AvailabilityZones"]
        self.assertEqual([zone["ZoneName"] for zone in zones], ["local-1b"])
        self.assertTrue(self.ec2.describe_instance_types(InstanceTypes=["t3.micro"])["InstanceTypes"])
        self.assertTrue(self.ec2.describe_spot_price_history(InstanceTypes=["t3.micro"], AvailabilityZone="local-1a",
                                                             StartTime=datetime.datetime.utcnow())["SpotPriceHistory"])

    def test_a_spot_instance_with_user_data_lives_and_dies(self):
        instance = self.launch(UserData="#!/bin/sh\necho hello\n",
                               TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "first"}]}])
        shown = self.instance(instance)
        self.assertEqual(shown["InstanceLifecycle"], "spot")
        self.assertEqual(shown["Tags"], [{"Key": "Name", "Value": "first"}])
        self.assertLess(abs(shown["LaunchTime"].timestamp() - datetime.datetime.now().timestamp()), 60)
        self.ec2.get_waiter("instance_status_ok").wait(InstanceIds=[instance], WaiterConfig=QUICK)
        self.ec2.get_console_output(InstanceId=instance)
        self.ec2.reboot_instances(InstanceIds=[instance])
        self.terminate(instance)
        self.assertEqual(self.instance(instance)["State"], {"Code": 48, "Name": "terminated"})

    def test_a_client_token_makes_one_of_two(self):
        first = self.launch(ClientToken="the same")
        self.assertEqual(self.launch(ClientToken="the same"), first)
        self.refused("IdempotentParameterMismatch", self.ec2.run_instances, ImageId=IMAGE, InstanceType="t3.small", MinCount=1,
                     MaxCount=1, SubnetId=SUBNET, ClientToken="the same")
        self.terminate(first)

    def test_a_volume_goes_from_hand_to_hand(self):
        instance, volume = self.launch(), self.volume(VolumeType="gp3", Iops=3000)
        attached = self.ec2.attach_volume(VolumeId=volume, InstanceId=instance, Device="/dev/sdf")
        self.assertEqual(attached["State"], "attaching")
        self.ec2.get_waiter("volume_in_use").wait(VolumeIds=[volume], WaiterConfig=QUICK)
        self.refused("VolumeInUse", self.ec2.delete_volume, VolumeId=volume)
        self.refused("VolumeInUse", self.ec2.attach_volume, VolumeId=volume, InstanceId=instance, Device="/dev/sdg")
        other = self.ec2.create_volume(AvailabilityZone="local-1b", Size=1)["VolumeId"]
        self.ec2.get_waiter("volume_available").wait(VolumeIds=[other], WaiterConfig=QUICK)
        self.refused("InvalidVolume.ZoneMismatch", self.ec2.attach_volume, VolumeId=other, InstanceId=instance, Device="/dev/sdg")
        self.ec2.modify_instance_attribute(InstanceId=instance, BlockDeviceMappings=[
            {"DeviceName": "/dev/sdf", "Ebs": {"DeleteOnTermination": False}}])
        self.ec2.detach_volume(VolumeId=volume)
        self.ec2.get_waiter("volume_available").wait(VolumeIds=[volume], WaiterConfig=QUICK)
        self.ec2.delete_volume(VolumeId=volume)
        self.ec2.get_waiter("volume_deleted").wait(VolumeIds=[volume], WaiterConfig=QUICK)
        self.refused("InvalidVolume.NotFound", self.ec2.describe_volumes, VolumeIds=[volume])
        self.terminate(instance)

    def test_a_snapshot_becomes_an_image_becomes_an_instance(self):
        volume = self.volume()
        snapshot = self.ec2.create_snapshot(VolumeId=volume, Description="for an image", TagSpecifications=[
            {"ResourceType": "snapshot", "Tags": [{"Key": "of", "Value": volume}]}])["SnapshotId"]
        self.ec2.get_waiter("snapshot_completed").wait(SnapshotIds=[snapshot], WaiterConfig=QUICK)
        image = self.ec2.register_image(Name=f"from {snapshot}", Architecture="x86_64", RootDeviceName="/dev/xvda", EnaSupport=True,
                                        VirtualizationType="hvm", BlockDeviceMappings=[
                                            {"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": snapshot}}])["ImageId"]
        self.ec2.get_waiter("image_available").wait(ImageIds=[image], WaiterConfig=QUICK)
        self.refused("InvalidAMIName.Duplicate", self.ec2.register_image, Name=f"from {snapshot}", RootDeviceName="/dev/xvda",
                     BlockDeviceMappings=[{"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": snapshot}}])
        self.refused("InvalidSnapshot.InUse", self.ec2.delete_snapshot, SnapshotId=snapshot)
        self.terminate(self.launch(ImageId=image))
        self.assertEqual([i["ImageId"] for i in self.ec2.describe_images(Owners=["self"])["Images"]], [image])
        self.ec2.deregister_image(ImageId=image)
        self.ec2.delete_snapshot(SnapshotId=snapshot)
        self.refused("InvalidSnapshot.NotFound", self.ec2.describe_snapshots, SnapshotIds=[snapshot])
        self.ec2.delete_volume(VolumeId=volume)

    def test_an_interface_outlives_its_instance(self):
        interface = self.ec2.create_network_interface(SubnetId=SUBNET, Description="kept")["NetworkInterface"]["NetworkInterfaceId"]
        self.ec2.get_waiter("network_interface_available").wait(NetworkInterfaceIds=[interface], WaiterConfig=QUICK)
        instance = self.launch(SubnetId=None, NetworkInterfaces=[
            {"DeviceIndex": 0, "NetworkInterfaceId": interface, "DeleteOnTermination": True}])
        self.refused("InvalidNetworkInterface.InUse", self.ec2.delete_network_interface, NetworkInterfaceId=interface)
        self.refused("InvalidNetworkInterface.InUse", self.ec2.run_instances, ImageId=IMAGE, InstanceType="t3.micro", MinCount=1,
                     MaxCount=1, NetworkInterfaces=[{"DeviceIndex": 0, "NetworkInterfaceId": interface}])
        shown = self.ec2.describe_network_interfaces(NetworkInterfaceIds=[interface])["NetworkInterfaces"][0]
        self.ec2.modify_network_interface_attribute(NetworkInterfaceId=interface, Attachment={
            "AttachmentId": shown["Attachment"]["AttachmentId"], "DeleteOnTermination": False})
        self.terminate(instance)
        self.ec2.get_waiter("network_interface_available").wait(NetworkInterfaceIds=[interface], WaiterConfig=QUICK)
        again = self.launch(SubnetId=None, NetworkInterfaces=[
            {"DeviceIndex": 0, "NetworkInterfaceId": interface, "DeleteOnTermination": False}])
        self.assertEqual(self.instance(again)["PrivateIpAddress"], shown["PrivateIpAddress"])
        self.terminate(again)
        self.ec2.delete_network_interface(NetworkInterfaceId=interface)

    def test_subnets_and_groups_come_and_go(self):
        vpc = self.ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
        subnet = self.ec2.create_subnet(VpcId=vpc, CidrBlock="10.31.200.0/24", AvailabilityZone="local-1c")["Subnet"]["SubnetId"]
        self.ec2.get_waiter("subnet_available").wait(SubnetIds=[subnet], WaiterConfig=QUICK)
        self.refused("InvalidSubnet.Conflict", self.ec2.create_subnet, VpcId=vpc, CidrBlock="10.31.200.0/25")
        self.ec2.delete_subnet(SubnetId=subnet)
        group = self.ec2.create_security_group(GroupName="web", Description="of the web", VpcId=vpc)["GroupId"]
        shown = self.ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": ["we?"]}])["SecurityGroups"]
        self.assertEqual([one["GroupId"] for one in shown], [group])
        self.refused("InvalidGroup.Duplicate", self.ec2.create_security_group, GroupName="web", Description="twice", VpcId=vpc)

    def test_tags_find_what_they_are_on(self):
        volumes = [self.volume(TagSpecifications=[{"ResourceType": "volume", "Tags": [{"Key": "fleet", "Value": f"a-{n}"}]}])
                   for n in range(7)]
        found = lambda *filters: {v["VolumeId"] for v in self.ec2.describe_volumes(  # noqa: E731
            Filters=[{"Name": name, "Values": list(values)} for name, values in filters])["Volumes"]}
        self.assertEqual(found(("tag:fleet", ["a-*"])), set(volumes))
        self.assertEqual(found(("tag:fleet", ["a-?"]), ("tag-key", ["fleet"])), set(volumes))
        self.assertEqual(found(("tag:fleet", ["a-1", "a-2"])), set(volumes[1:3]))
        self.ec2.create_tags(Resources=volumes[:2], Tags=[{"Key": "fleet", "Value": "b"}, {"Key": "odd", "Value": "ü <&> +%"}])
        self.assertEqual(found(("tag:fleet", ["b"]), ("tag:odd", ["ü <&> +%"])), set(volumes[:2]))
        self.ec2.delete_tags(Resources=volumes[:1], Tags=[{"Key": "fleet"}])
        self.assertEqual(found(("tag:fleet", ["b"])), {volumes[1]})
        pages = list(self.ec2.get_paginator("describe_volumes").paginate(
            Filters=[{"Name": "volume-id", "Values": volumes}], PaginationConfig={"PageSize": 5}))
        self.assertEqual([len(page["Volumes"]) for page in pages], [5, 2])
        self.assertEqual({v["VolumeId"] for page in pages for v in page["Volumes"]}, set(volumes))
        self.refused("InvalidNextToken", self.ec2.describe_volumes, NextToken="no token of yours")
        self.refused("InvalidParameterValue", self.ec2.describe_volumes, Filters=[{"Name": "colour", "Values": ["red"]}])

    def test_every_paginator_comes_to_its_end(self):
        for name, size in (("describe_instances", 5), ("describe_instance_status", 5), ("describe_instance_types", 5),
                           ("describe_volumes", 5), ("describe_snapshots", 5), ("describe_network_interfaces", 5),
                           ("describe_subnets", 5), ("describe_vpcs", 5), ("describe_security_groups", 5),
                           ("describe_spot_price_history", 5)):
            pages = list(self.ec2.get_paginator(name).paginate(PaginationConfig={"PageSize": size, "MaxItems": 1000}))
            self.assertGreaterEqual(len(pages), 1, name)

    def test_a_dry_run_does_nothing(self):
        volume = self.volume()
        self.assertEqual(self.refused("DryRunOperation", self.ec2.delete_volume, VolumeId=volume, DryRun=True)
                         ["ResponseMetadata"]["HTTPStatusCode"], 412)
        self.refused("DryRunOperation", self.ec2.run_instances, ImageId=IMAGE, InstanceType="t3.micro", MinCount=1, MaxCount=1,
                     SubnetId=SUBNET, DryRun=True)
        self.assertEqual(self.ec2.describe_volumes(VolumeIds=[volume])["Volumes"][0]["State"], "available")
        self.ec2.delete_volume(VolumeId=volume)

    def test_strangers_and_their_clocks_are_refused(self):
        self.refused("AuthFailure", self.cloud.client(access="AKIASTRANGER").describe_vpcs)
        self.refused("AuthFailure", self.cloud.client(secret="not the secret key").describe_vpcs)
        sts = self.cloud.client("sts")
        self.assertEqual(sts.get_caller_identity()["Account"], "000000000000")

    def test_what_is_malformed_or_missing_is_named(self):
        self.refused("InvalidInstanceID.Malformed", self.ec2.describe_instances, InstanceIds=["i-nonsense"])
        self.refused("InvalidInstanceID.NotFound", self.ec2.describe_instances, InstanceIds=["i-00000000000000009"])
        self.refused("InvalidAMIID.NotFound", self.ec2.run_instances, ImageId="ami-00000000000000009", MinCount=1, MaxCount=1,
                     InstanceType="t3.micro", SubnetId=SUBNET)
        self.refused("InvalidSubnetID.NotFound", self.ec2.create_network_interface, SubnetId="subnet-00000000000000009")

    def test_a_market_without_capacity_says_so(self):
        self.cloud.control("PUT", "/cloud/markets", {"instanceType": "c5.large", "availabilityZone": "local-1c", "capacity": 0})
        response = self.refused("InsufficientInstanceCapacity", self.ec2.run_instances, ImageId=IMAGE, InstanceType="c5.large",
                                MinCount=1, MaxCount=1, SubnetId="subnet-0000000000000000c",
                                InstanceMarketOptions={"MarketType": "spot"})
        self.assertEqual(response["ResponseMetadata"]["HTTPStatusCode"], 500)

    def test_an_interrupted_spot_instance_ends_with_the_official_reason(self):
        instance = self.launch()
        self.cloud.control("POST", f"/cloud/instances/{instance}/interrupt", {"how": "notice", "noticeSeconds": 1})
        self.ec2.get_waiter("instance_terminated").wait(InstanceIds=[instance], WaiterConfig=QUICK)
        self.assertEqual(self.instance(instance)["StateReason"]["Code"], "Server.SpotInstanceTermination")

    def test_user_data_that_is_not_base64_is_refused(self):
        ec2 = self.cloud.client()  # boto3 encodes it itself; a client that forgets to must hear of it
        ec2.meta.events.unregister("before-parameter-build.ec2.RunInstances", botocore.handlers.base64_encode_user_data)
        self.refused("InvalidParameterValue", ec2.run_instances, ImageId=IMAGE, InstanceType="t3.micro", MinCount=1, MaxCount=1,
                     SubnetId=SUBNET, UserData="not base64 !")


class Restart(unittest.TestCase):
    def test_a_killed_cloud_knows_everything_again(self):
        cloud = LocalCloud(BINARY)
        self.addCleanup(cloud.close)
        ec2 = cloud.client()
        instance = ec2.run_instances(ImageId=IMAGE, InstanceType="t3.micro", MinCount=1, MaxCount=1, SubnetId=SUBNET, ClientToken="once",
                                     TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "k", "Value": "v"}]}]
                                     )["Instances"][0]["InstanceId"]
        volume = ec2.create_volume(AvailabilityZone="local-1a", Size=3)["VolumeId"]
        ec2.get_waiter("volume_available").wait(VolumeIds=[volume], WaiterConfig=QUICK)
        snapshot = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
        keys = cloud.credentials()
        cloud.kill()
        cloud.start()
        self.assertEqual(cloud.credentials(), keys)
        wait_for(lambda: ec2.describe_snapshots(SnapshotIds=[snapshot])["Snapshots"][0]["State"] in ("completed", "error"), "the snapshot's end")
        self.assertEqual(ec2.describe_volumes(VolumeIds=[volume])["Volumes"][0]["Size"], 3)
        shown = ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]
        self.assertEqual(shown["Tags"], [{"Key": "k", "Value": "v"}])
        again = ec2.run_instances(ImageId=IMAGE, InstanceType="t3.micro", MinCount=1, MaxCount=1, SubnetId=SUBNET, ClientToken="once",
                                  TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "k", "Value": "v"}]}])
        self.assertEqual(again["Instances"][0]["InstanceId"], instance)
        self.assertEqual(cloud.stop(), 0)


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")  # of boto3's own: sockets that it leaves open
