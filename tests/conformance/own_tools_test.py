#!/usr/bin/python3
"""`holdfast aws check` and `holdfast aws policy` against the local cloud: own_tools_test.py HOLDFAST."""
import json
import os
import subprocess
import unittest

from local_cloud import REGION, LocalCloud, binary_from_arguments, free_port, wait_for

BINARY = binary_from_arguments()
SUBNET = "subnet-0000000000000000a"
IMAGE = "ami-00000000000000001"
OURS = [{"Key": "holdfast:managed-instance", "Value": "smi-0000abcd"}]


class Check(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cloud = LocalCloud(BINARY)
        cls.ec2 = cls.cloud.client()
        cls.cloud.client("sqs").create_queue(QueueName="events")

    @classmethod
    def tearDownClass(cls):
        cls.cloud.close()

    def run_check(self, *words, url=None, **variables):
        environment = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "AWS_CONFIG_FILE": os.devnull, "AWS_EC2_METADATA_DISABLED": "true",
                       "AWS_SHARED_CREDENTIALS_FILE": os.path.join(self.cloud.data, "ec2-credentials"), **variables}
        return subprocess.run([BINARY, "aws", "check", "--region", REGION, "--endpoint-url", url or self.cloud.url, *words],
                              env=environment, capture_output=True, text=True, timeout=100)

    def check(self, *words, status=0, faults=(), **more):
        """What was found, by what it is about. Nothing may have changed by it."""
        before = self.cloud.control("GET", "/cloud/resources")
        for fault in faults:
            self.cloud.control("POST", "/cloud/faults", fault)
        done = self.run_check("-o", "json", *words, **more)
        for fault in faults:
            self.cloud.control("POST", "/cloud/faults", fault | {"count": 0})
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        self.assertEqual(self.cloud.control("GET", "/cloud/resources")["items"], before["items"])
        said = json.loads(done.stdout)
        self.assertEqual(said["missing"], len([one for one in said["findings"] if one["state"] == "missing"]))
        for one in said["findings"]:
            self.assertEqual("remedy" in one, one["state"] == "missing", one)
        return said, {one["what"]: one for one in said["findings"]}

    def test_an_account_that_has_everything(self):
        said, found = self.check("--queue", "events", "--subnet", SUBNET, "--image", IMAGE)
        self.assertEqual(said["account"], "000000000000")
        self.assertEqual(said["identity"], "arn:aws:iam::000000000000:user/local")
        for what in ("keys", "identity", "subnets", "images", "event queue", "limits", "ec2:RunInstances", "ec2:CreateVolume",
                     "ec2:CreateNetworkInterface", "ec2:DescribeInstances"):
            self.assertEqual(found[what]["state"], "ok", found[what])
        self.assertNotIn("ec2:CreateSnapshots", found)  # an import's
        self.assertEqual(found["spot quota"]["state"], "unsure")
        self.assertIn("L-34B43A08", found["spot quota"]["detail"])
        table = self.run_check("--queue", "events").stdout
        self.assertIn("Nothing is missing", table)
        self.assertRegex(table, r"ok +ec2:RunInstances +may")

    def test_rights_over_what_is_ours_are_tried_on_what_is_ours(self):
        limited = ("ec2:TerminateInstances", "ec2:DeleteVolume", "ec2:AttachVolume", "ec2:ModifyInstanceAttribute", "ec2:DeleteSnapshot",
                   "ec2:ModifyNetworkInterfaceAttribute", "ec2:DeleteNetworkInterface", "ec2:CreateSnapshot", "ec2:RegisterImage")
        _, found = self.check()
        for what in limited:
            self.assertEqual(found[what]["state"], "unsure", found[what])
            self.assertIn("managed instance", found[what]["detail"])
        self.make_a_managed_instance()
        _, found = self.check("--features", "import")
        for what in (*limited, "ec2:CreateTags", "ec2:DeleteTags", "ec2:CreateSnapshots", "ec2:DescribeInstanceAttribute"):
            self.assertEqual(found[what]["state"], "ok", found[what])
        self.assertEqual(found["ec2:DeregisterImage"]["state"], "unsure")
        self.assertIn("not tried on an image of ours", found["ec2:DeregisterImage"]["detail"])

    def make_a_managed_instance(self):
        ec2 = self.ec2
        keep = [{"ResourceType": kind, "Tags": OURS} for kind in ("instance", "volume", "network-interface")]
        launched = [ec2.run_instances(ImageId=IMAGE, InstanceType="t3.nano", SubnetId=SUBNET, MinCount=1, MaxCount=1,
                                      TagSpecifications=keep)["Instances"][0]["InstanceId"] for _ in range(2)]
        ec2.get_waiter("instance_running").wait(InstanceIds=launched, WaiterConfig={"Delay": 1})
        ec2.terminate_instances(InstanceIds=launched[1:])
        ec2.get_waiter("instance_terminated").wait(InstanceIds=launched[1:], WaiterConfig={"Delay": 1})
        volume = ec2.describe_volumes(Filters=[{"Name": "attachment.instance-id", "Values": launched[:1]}])["Volumes"][0]["VolumeId"]
        snapshot = ec2.create_snapshot(VolumeId=volume, TagSpecifications=[{"ResourceType": "snapshot", "Tags": OURS}])["SnapshotId"]
        ec2.get_waiter("snapshot_completed").wait(SnapshotIds=[snapshot], WaiterConfig={"Delay": 1})
        image = ec2.register_image(Name="ours", Architecture="x86_64", RootDeviceName="/dev/xvda", VirtualizationType="hvm", EnaSupport=True,
                                   BlockDeviceMappings=[{"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": snapshot}}])["ImageId"]
        ec2.create_tags(Resources=[image], Tags=OURS)
        wait_for(lambda: ec2.describe_images(ImageIds=[image])["Images"][0]["State"] == "available", "the image")

    def test_a_right_that_is_not_there_is_named_with_its_remedy(self):
        for action in ("RunInstances", "DescribeVolumes"):
            # The describe is asked twice: to look, and as a dry run.
            _, found = self.check(status=1, faults=[{"action": action, "code": "UnauthorizedOperation", "count": 2}])
            self.assertEqual(found["ec2:" + action]["state"], "missing")
            self.assertIn("holdfast aws policy", found["ec2:" + action]["remedy"])
            self.assertEqual(found["ec2:CreateVolume"]["state"], "ok")

    def test_keys_that_are_no_good(self):
        access, _ = self.cloud.credentials()
        said, found = self.check(status=1, AWS_ACCESS_KEY_ID=access, AWS_SECRET_ACCESS_KEY="not-the-secret")
        self.assertEqual(found["identity"]["state"], "missing")
        self.assertIn("SignatureDoesNotMatch", found["identity"]["detail"])
        self.assertNotIn("ec2:RunInstances", found)
        self.assertNotIn("not-the-secret", json.dumps(said))
        _, found = self.check(status=1, AWS_SHARED_CREDENTIALS_FILE=os.devnull)
        self.assertEqual(found["keys"]["state"], "missing")
        self.assertIn("AWS_ACCESS_KEY_ID", found["keys"]["remedy"])

    def test_nobody_at_the_endpoint(self):
        _, found = self.check(status=5, url=f"http://127.0.0.1:{free_port()}")
        self.assertEqual(found["endpoint"]["state"], "missing")
        self.assertIn("--endpoint-url", found["endpoint"]["remedy"])

    def test_a_queue_that_is_not_there(self):
        for queue in ("nowhere", f"{self.cloud.url}/000000000000/nowhere"):
            _, found = self.check("--queue", queue, status=1)
            self.assertEqual(found["event queue"]["state"], "missing")
            self.assertIn("NonExistentQueue", found["event queue"]["detail"])
            self.assertIn("EventBridge", found["event queue"]["remedy"])
        done = self.run_check("--queue", "nowhere")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stdout, r"(?s)MISSING +REMEDY\s+event queue +make the queue")

    def test_subnets_and_images_that_are_not_there(self):
        _, found = self.check("--subnet", "subnet-0123456789abcdef0", "--image", "ami-0123456789abcdef0", status=1)
        for what in ("subnets", "images"):
            self.assertEqual(found[what]["state"], "missing")
            self.assertIn("NotFound", found[what]["detail"])

    def test_bad_words(self):
        for words in (("--features", "everything"), ("-o", "yaml"), ("--endpoint-url-s", "x")):
            self.assertEqual(self.run_check(*words).returncode, 2, words)
        self.assertEqual(self.run_check("--profile", "nobody").returncode, 2)


class Policy(unittest.TestCase):
    def run_policy(self, *words):
        return subprocess.run([BINARY, "aws", "policy", *words], capture_output=True, text=True, timeout=20)

    def test_it_is_json_with_what_was_asked_for(self):
        done = self.run_policy("--region", "eu-central-1", "--account", "123456789012", "--queue", "events", "--features", "import,first-spot")
        self.assertEqual(done.returncode, 0, done.stderr)
        ids = [one["Sid"] for one in json.loads(done.stdout)["Statement"]]
        self.assertEqual(len(ids), len(set(ids)))
        self.assertLessEqual({"Launch", "ReadEvents", "ImportTag", "MakeSpotRole"}, set(ids))
        self.assertNotIn("ImportTag", self.run_policy().stdout)

    def test_what_is_wrong_is_named(self):
        for words, named in ((("--account", "12"), "--account"), (("--features", "all"), "--features"), (("--region", "Europe"), "--region")):
            done = self.run_policy(*words)
            self.assertEqual(done.returncode, 2)
            self.assertIn(named, done.stderr)
        self.assertIn("import tags and changes instances", self.run_policy("--help").stdout)


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
