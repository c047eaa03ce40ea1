#!/usr/bin/python3
"""The cloud's events by boto3's SQS client, as they would come from AWS; and profiles over HTTP: sqs_test.py HOLDFAST."""
import json
import threading
import time
import unittest

import botocore.config
import botocore.exceptions

from local_cloud import LocalCloud, binary_from_arguments, wait_for

BINARY = binary_from_arguments()
IMAGE, SUBNET = "ami-00000000000000001", "subnet-0000000000000000a"


def run_one(ec2, **more):
    return ec2.run_instances(**(dict(ImageId=IMAGE, InstanceType="t3.micro", MinCount=1, MaxCount=1, SubnetId=SUBNET,
                                     InstanceMarketOptions={"MarketType": "spot"}) | more))["Instances"][0]["InstanceId"]


class Queues(unittest.TestCase):
    def setUp(self):
        self.cloud = LocalCloud(BINARY)
        self.addCleanup(self.cloud.close)
        self.sqs, self.ec2 = self.cloud.client("sqs"), self.cloud.client()
        self.url = self.sqs.create_queue(QueueName="events")["QueueUrl"]

    def refused(self, code, call, **params):
        with self.assertRaises(botocore.exceptions.ClientError) as caught:
            call(**params)
        self.assertEqual(caught.exception.response["Error"]["Code"], code)

    def events(self, until, limit=20):
        """All events until one satisfies `until`, each deleted once read."""
        seen, end = [], time.monotonic() + limit
        while time.monotonic() < end:
            for message in self.sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10, WaitTimeSeconds=2).get("Messages", []):
                seen.append(json.loads(message["Body"]))
                self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
            if any(until(event) for event in seen):
                return seen
        self.fail(f"not among {json.dumps(seen, indent=1)}")

    def test_the_events_of_an_interruption(self):
        instance = run_one(self.ec2)
        self.events(lambda e: e["detail"].get("state") == "running")
        self.cloud.control("POST", f"/cloud/instances/{instance}/rebalance", {})
        self.cloud.control("POST", f"/cloud/instances/{instance}/interrupt", {"how": "notice", "noticeSeconds": 1})
        seen = self.events(lambda e: e["detail"].get("state") == "terminated")
        kinds = {event["detail-type"]: event for event in seen}
        warning = kinds["EC2 Spot Instance Interruption Warning"]
        self.assertEqual(warning["detail"], {"instance-id": instance, "instance-action": "terminate"})
        self.assertEqual((warning["source"], warning["region"], warning["version"]), ("aws.ec2", "local-1", "0"))
        self.assertRegex(warning["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        self.assertEqual(kinds["EC2 Instance Rebalance Recommendation"]["detail"], {"instance-id": instance})
        self.assertEqual(kinds["EC2 Instance State-change Notification"]["resources"],
                         [f"arn:aws:ec2:local-1:000000000000:instance/{instance}"])

    def test_the_events_of_volumes_and_snapshots(self):
        volume = self.ec2.create_volume(AvailabilityZone="local-1a", Size=1)["VolumeId"]
        seen = self.events(lambda e: e["detail-type"] == "EBS Volume Notification")
        self.assertEqual((seen[-1]["detail"]["event"], seen[-1]["detail"]["result"]), ("createVolume", "available"))
        snapshot = self.ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
        seen = self.events(lambda e: e["detail-type"] == "EBS Snapshot Notification")
        detail = seen[-1]["detail"]
        self.assertEqual((detail["event"], detail["result"]), ("createSnapshot", "succeeded"))
        self.assertEqual(detail["snapshot_id"], f"arn:aws:ec2::local-1:snapshot/{snapshot}")
        self.assertEqual(detail["source"], f"arn:aws:ec2::local-1:volume/{volume}")

    def test_a_queue_does_what_sqs_does(self):
        self.assertEqual(self.sqs.get_queue_url(QueueName="events")["QueueUrl"], self.url)
        self.assertEqual(self.sqs.create_queue(QueueName="events")["QueueUrl"], self.url)
        self.refused("QueueAlreadyExists", self.sqs.create_queue, QueueName="events", Attributes={"VisibilityTimeout": "7"})
        self.refused("AWS.SimpleQueueService.NonExistentQueue", self.sqs.get_queue_url, QueueName="none")
        other = self.sqs.create_queue(QueueName="other", Attributes={"VisibilityTimeout": "1"})["QueueUrl"]
        self.assertEqual(set(self.sqs.list_queues()["QueueUrls"]), {self.url, other})
        text = "ü <&> 😀\n\"quoted\""
        sent = self.sqs.send_message(QueueUrl=other, MessageBody=text)
        first = self.sqs.receive_message(QueueUrl=other, AttributeNames=["All"])["Messages"][0]
        self.assertEqual((first["MessageId"], first["Body"]), (sent["MessageId"], text))
        self.assertEqual(first["Attributes"]["ApproximateReceiveCount"], "1")
        attributes = self.sqs.get_queue_attributes(QueueUrl=other, AttributeNames=["All"])["Attributes"]
        self.assertEqual(attributes["ApproximateNumberOfMessagesNotVisible"], "1")
        self.assertEqual(attributes["VisibilityTimeout"], "1")
        start = time.monotonic()
        again = self.sqs.receive_message(QueueUrl=other, WaitTimeSeconds=10)["Messages"][0]
        self.assertLess(time.monotonic() - start, 5, "it comes back when its time of hiding is over")
        self.assertNotEqual(again["ReceiptHandle"], first["ReceiptHandle"])
        done = self.sqs.delete_message_batch(QueueUrl=other, Entries=[{"Id": "a", "ReceiptHandle": again["ReceiptHandle"]},
                                                                      {"Id": "b", "ReceiptHandle": "nonsense"}])
        self.assertEqual([entry["Id"] for entry in done["Successful"]], ["a"])
        self.assertEqual([(entry["Id"], entry["Code"], entry["SenderFault"]) for entry in done["Failed"]],
                         [("b", "ReceiptHandleIsInvalid", True)])
        start = time.monotonic()
        self.assertNotIn("Messages", self.sqs.receive_message(QueueUrl=other, WaitTimeSeconds=1))
        self.assertGreaterEqual(time.monotonic() - start, 1)
        self.sqs.delete_queue(QueueUrl=other)
        self.refused("AWS.SimpleQueueService.NonExistentQueue", self.sqs.receive_message, QueueUrl=other)
        self.refused("InvalidParameterValue", self.sqs.receive_message, QueueUrl=self.url, MaxNumberOfMessages=11)
        self.refused("SignatureDoesNotMatch", self.cloud.client("sqs", secret="not the secret key").list_queues)

    def test_messages_outlive_a_kill(self):
        self.sqs.send_message(QueueUrl=self.url, MessageBody="kept")
        self.cloud.kill()
        self.cloud.start()
        bodies = [m["Body"] for m in self.sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10, WaitTimeSeconds=5)["Messages"]]
        self.assertIn("kept", bodies)

    def test_a_stop_does_not_wait_for_those_who_listen(self):
        listening, sqs = threading.Event(), self.cloud.client("sqs")
        sqs.meta.events.register("before-send.sqs", lambda **_: listening.set())
        listener = threading.Thread(target=lambda: sqs.receive_message(QueueUrl=self.url, WaitTimeSeconds=20), daemon=True)
        listener.start()
        self.assertTrue(listening.wait(10))
        start = time.monotonic()
        self.assertEqual(self.cloud.stop(), 0)
        self.assertLess(time.monotonic() - start, 10)
        listener.join(10)
        self.assertFalse(listener.is_alive(), "it was answered")


class Profiles(unittest.TestCase):
    def cloud(self, *more):
        cloud = LocalCloud(BINARY, *more)
        self.addCleanup(cloud.close)
        return cloud

    def test_throttling_is_off_unless_asked_for(self):
        ec2 = self.cloud("--throttling", "true").client()
        codes = []
        for _ in range(12):
            try:
                ec2.run_instances(ImageId=IMAGE, InstanceType="t3.micro", MinCount=1, MaxCount=1, SubnetId=SUBNET, DryRun=False)
            except botocore.exceptions.ClientError as error:
                codes.append(error.response["Error"]["Code"])
                self.assertEqual(error.response["ResponseMetadata"]["HTTPStatusCode"], 503)
        self.assertTrue(codes)
        self.assertEqual(set(codes), {"RequestLimitExceeded"})

    def test_latency_is_ec2s(self):
        cloud = self.cloud("--latency", "aws")
        ec2 = cloud.client()
        start = time.monotonic()
        for _ in range(5):
            ec2.describe_vpcs()
        self.assertGreater(time.monotonic() - start, 0.15)
        volume = ec2.create_volume(AvailabilityZone="local-1a", Size=1)["VolumeId"]
        self.assertEqual(ec2.describe_volumes(VolumeIds=[volume])["Volumes"][0]["State"], "creating")
        ec2.get_waiter("volume_available").wait(VolumeIds=[volume], WaiterConfig={"Delay": 1, "MaxAttempts": 20})

    def test_what_was_just_made_may_be_missing(self):
        ec2 = self.cloud("--consistency-lag-milliseconds", "1500").client()
        made = [ec2.create_volume(AvailabilityZone="local-1a", Size=1)["VolumeId"] for _ in range(10)]
        first = {v["VolumeId"] for v in ec2.describe_volumes()["Volumes"]}
        self.assertLess(len(first), 10)
        wait_for(lambda: {v["VolumeId"] for v in ec2.describe_volumes()["Volumes"]} == set(made), "all ten")

    def test_faults_over_http(self):
        cloud = self.cloud()
        ec2 = cloud.client()
        cloud.control("POST", "/cloud/faults", {"action": "DescribeVpcs", "code": "InternalError", "count": 1})
        with self.assertRaises(botocore.exceptions.ClientError) as caught:
            ec2.describe_vpcs()
        self.assertEqual(caught.exception.response["Error"]["Code"], "InternalError")
        cloud.control("POST", "/cloud/faults", {"action": "CreateVolume", "loseReply": True})
        with self.assertRaises((botocore.exceptions.ConnectionClosedError, botocore.exceptions.HTTPClientError)):
            ec2.create_volume(AvailabilityZone="local-1a", Size=1)
        self.assertEqual(len(ec2.describe_volumes()["Volumes"]), 1, "it was carried out")
        cloud.control("POST", "/cloud/faults", {"action": "DescribeVpcs", "delayMilliseconds": 700})
        start = time.monotonic()
        ec2.describe_vpcs()
        self.assertGreaterEqual(time.monotonic() - start, 0.7)


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
