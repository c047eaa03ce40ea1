#!/usr/bin/python3
"""The official command line against the local cloud, and what no tool would send: aws_cli_test.py HOLDFAST."""
import http.client
import json
import os
import subprocess
import unittest

from local_cloud import REGION, LocalCloud, binary_from_arguments

BINARY = binary_from_arguments()
AWS = "/usr/bin/aws"  # Debian's
SUBNET = "subnet-0000000000000000a"


class CommandLine(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cloud = LocalCloud(BINARY)

    @classmethod
    def tearDownClass(cls):
        cls.cloud.close()

    def run_aws(self, *words):
        # The keys as the cloud has written them: in the form of AWS's own file.
        environment = dict(os.environ, AWS_SHARED_CREDENTIALS_FILE=os.path.join(self.cloud.data, "ec2-credentials"),
                           AWS_CONFIG_FILE=os.devnull, AWS_DEFAULT_REGION=REGION, AWS_PAGER="", AWS_MAX_ATTEMPTS="1", PATH="/usr/bin:/bin")
        return subprocess.run([AWS, "--endpoint-url", self.cloud.url, *words], env=environment, capture_output=True, text=True)

    def aws(self, *words):
        done = self.run_aws(*words)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout) if done.stdout.strip() else None

    def test_the_basics(self):
        self.assertEqual(self.aws("sts", "get-caller-identity")["Account"], "000000000000")
        self.assertEqual(len(self.aws("ec2", "describe-subnets", "--filters", "Name=default-for-az,Values=true")["Subnets"]), 3)
        image = self.aws("ec2", "describe-images", "--owners", "amazon", "--query", "Images[0].ImageId")
        instance = self.aws("ec2", "run-instances", "--image-id", image, "--instance-type", "t3.micro", "--subnet-id", SUBNET,
                            "--instance-market-options", "MarketType=spot", "--user-data", "#!/bin/sh\ntrue",
                            "--tag-specifications", "ResourceType=instance,Tags=[{Key=Name,Value=by hand}]")["Instances"][0]["InstanceId"]
        self.aws("ec2", "wait", "instance-running", "--instance-ids", instance)
        found = self.aws("ec2", "describe-instances", "--filters", "Name=tag:Name,Values=by*", "--query",
                         "Reservations[].Instances[].InstanceId")
        self.assertEqual(found, [instance])
        volume = self.aws("ec2", "create-volume", "--availability-zone", "local-1a", "--size", "1")["VolumeId"]
        self.aws("ec2", "wait", "volume-available", "--volume-ids", volume)
        self.aws("ec2", "attach-volume", "--volume-id", volume, "--instance-id", instance, "--device", "/dev/sdf")
        self.aws("ec2", "wait", "volume-in-use", "--volume-ids", volume)
        refused = self.run_aws("ec2", "delete-volume", "--volume-id", volume)
        self.assertIn("(VolumeInUse)", refused.stderr)
        snapshot = self.aws("ec2", "create-snapshot", "--volume-id", volume, "--description", "by hand")["SnapshotId"]
        self.aws("ec2", "wait", "snapshot-completed", "--snapshot-ids", snapshot)
        self.aws("ec2", "create-tags", "--resources", snapshot, "--tags", "Key=keep,Value=no")
        self.assertIn("(DryRunOperation)", self.run_aws("ec2", "terminate-instances", "--instance-ids", instance, "--dry-run").stderr)
        self.aws("ec2", "terminate-instances", "--instance-ids", instance)
        self.aws("ec2", "wait", "instance-terminated", "--instance-ids", instance)
        self.aws("ec2", "wait", "volume-available", "--volume-ids", volume)
        self.aws("ec2", "delete-volume", "--volume-id", volume)
        self.aws("ec2", "delete-snapshot", "--snapshot-id", snapshot)
        self.assertIn("(InvalidVolume.NotFound)", self.run_aws("ec2", "describe-volumes", "--volume-ids", volume).stderr)

    def test_owners(self):
        volume = self.aws("ec2", "create-volume", "--availability-zone", "local-1a", "--size", "1")["VolumeId"]
        self.aws("ec2", "wait", "volume-available", "--volume-ids", volume)
        snapshot = self.aws("ec2", "create-snapshot", "--volume-id", volume)["SnapshotId"]
        ours = lambda *owners: [s["SnapshotId"] for s in self.aws("ec2", "describe-snapshots", "--owner-ids", *owners)["Snapshots"]]  # noqa: E731
        for owners in (("self",), ("000000000000",), ("amazon", "self")):
            self.assertIn(snapshot, ours(*owners))
        self.assertEqual(ours("amazon") + ours("123456789012"), [])
        images = lambda owner: len(self.aws("ec2", "describe-images", "--owners", owner)["Images"])  # noqa: E731
        self.assertGreaterEqual(images("amazon"), 1)
        self.assertEqual(images("123456789012") + images("aws-marketplace"), 0)
        for command, word in (("describe-snapshots", "--owner-ids"), ("describe-images", "--owners")):
            self.assertIn("(InvalidParameterValue)", self.run_aws("ec2", command, word, "nobody").stderr)
        self.aws("ec2", "delete-snapshot", "--snapshot-id", snapshot)
        self.aws("ec2", "delete-volume", "--volume-id", volume)

    def test_a_launch_into_a_zone_with_a_key(self):
        self.aws("ec2", "create-key-pair", "--key-name", "mine")
        launch = ("ec2", "run-instances", "--image-id", "ami-00000000000000001", "--instance-type", "t3.micro")
        made = self.aws(*launch, "--placement", "AvailabilityZone=local-1b", "--key-name", "mine")["Instances"][0]
        self.assertEqual((made["Placement"]["AvailabilityZone"], made["KeyName"]), ("local-1b", "mine"))
        self.aws("ec2", "terminate-instances", "--instance-ids", made["InstanceId"])
        made = self.aws(*launch, "--placement", "AvailabilityZone=local-1a", "--subnet-id", SUBNET)["Instances"][0]
        self.assertEqual(made["SubnetId"], SUBNET)
        self.aws("ec2", "terminate-instances", "--instance-ids", made["InstanceId"])
        # A token counts in its zone.
        zones = [self.aws(*launch, "--placement", f"AvailabilityZone=local-1{zone}", "--client-token", "one")["Instances"][0] for zone in "aab"]
        self.assertEqual(zones[0]["InstanceId"], zones[1]["InstanceId"])
        self.assertEqual(zones[2]["Placement"]["AvailabilityZone"], "local-1b")
        self.aws("ec2", "terminate-instances", "--instance-ids", zones[0]["InstanceId"], zones[2]["InstanceId"])
        for words in (("AvailabilityZone=local-1b", "--subnet-id", SUBNET), ("AvailabilityZone=local-1x",)):
            self.assertIn("(InvalidParameterValue)", self.run_aws(*launch, "--placement", *words).stderr)
        self.assertIn("(InvalidParameterValue)", self.run_aws(*launch, "--placement", "Tenancy=dedicated").stderr)
        self.assertIn("(UnknownParameter)", self.run_aws(*launch, "--placement", "GroupName=close").stderr)
        self.assertIn("(InvalidKeyPair.NotFound)", self.run_aws(*launch, "--key-name", "theirs").stderr)

    def test_a_security_group_is_made_with_its_tags(self):
        tags = "ResourceType={},Tags=[{{Key=Name,Value=web}}]"
        make = ("ec2", "create-security-group", "--group-name", "web", "--description", "the web", "--tag-specifications")
        self.assertIn("(InvalidParameterValue)", self.run_aws(*make, tags.format("volume")).stderr)
        made = self.aws(*make, tags.format("security-group"))
        self.assertEqual(made["Tags"], [{"Key": "Name", "Value": "web"}])
        found = self.aws("ec2", "describe-security-groups", "--filters", "Name=tag:Name,Values=web")["SecurityGroups"]
        self.assertEqual([group["GroupId"] for group in found], [made["GroupId"]])
        self.aws("ec2", "delete-security-group", "--group-id", made["GroupId"])


class Abuse(unittest.TestCase):
    """Over a bare connection: what no tool sends. The cloud says no in EC2's form, and lives on."""

    @classmethod
    def setUpClass(cls):
        cls.cloud = LocalCloud(BINARY)

    @classmethod
    def tearDownClass(cls):
        cls.cloud.close()

    def send(self, method="POST", path="/", body=b"", headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.cloud.port, timeout=20)
        self.addCleanup(connection.close)
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()

    def refused(self, status, code, **request):
        said = self.send(**request)
        self.assertEqual(said[0], status, said[1])
        self.assertIn(f"<Code>{code}</Code>", said[1])
        self.assertIn("<RequestID>", said[1])

    def tearDown(self):
        self.assertEqual(len(self.cloud.client().describe_vpcs()["Vpcs"]), 1, "it serves on")

    def test_unsigned_requests(self):
        self.refused(403, "MissingAuthenticationToken", body=b"Action=DescribeVpcs&Version=2016-11-15")
        self.refused(403, "MissingAuthenticationToken", method="GET", path="/?Action=DescribeVpcs&Version=2016-11-15")
        self.refused(403, "MissingAuthenticationToken", method="DELETE", path="/anything")

    def test_broken_signatures(self):
        for text in ("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 Credential=a/b", "AWS4-HMAC-SHA256 Credential=///////, SignedHeaders=;;;, Signature=",
                     "AWS4-HMAC-SHA256 Credential=a/20260101/local-1/ec2/aws4_request, SignedHeaders=host, Signature=00"):
            self.refused(403, "IncompleteSignature", body=b"Action=DescribeVpcs", headers={"Authorization": text})

    def test_a_body_of_ten_megabytes(self):
        # Refused by what it announces; the server does not wait for it, so a client that sends first may meet a closed door.
        self.refused(413, "RequestEntityTooLarge", headers={"Content-Length": str(10 << 20)})
        try:
            self.refused(413, "RequestEntityTooLarge", body=b"a=" + b"x" * (10 << 20))
        except (BrokenPipeError, ConnectionResetError):
            pass

    def test_a_body_that_is_a_little_too_large(self):
        self.refused(413, "RequestEntityTooLarge", body=b"a=" + b"x" * (1 << 20))

    def test_headers_without_end(self):
        self.refused(431, "MalformedQueryString", headers={f"X-{n}": "y" * 1000 for n in range(40)})

    def test_the_control_surface_wants_its_token(self):
        self.assertEqual(self.send("GET", "/cloud/instances")[0], 401)
        self.assertEqual(self.send("GET", "/healthz")[0], 200)


class Refusals(unittest.TestCase):
    def run_serve(self, *words):
        return subprocess.run([BINARY, "cloud", "serve", *words], capture_output=True, text=True, timeout=20)

    def test_bad_settings_name_the_setting(self):
        self.assertIn("--listen 'nowhere' is not HOST:PORT", self.run_serve("--listen", "nowhere").stderr)
        self.assertIn("secret_key is missing", self.run_serve("--access-key", "LKIAX").stderr)
        for words in (("--listen", "nowhere"), ("--access-key", "LKIAX")):
            self.assertEqual(self.run_serve(*words).returncode, 2)

    def test_a_directory_in_use_is_refused(self):
        cloud = LocalCloud(BINARY)
        self.addCleanup(cloud.close)
        second = self.run_serve("--listen", "127.0.0.1:0", "--data", cloud.data, "--substrate", "null")
        self.assertEqual(second.returncode, 1)
        self.assertIn(str(cloud.process.pid), second.stderr)


class GivenKeys(unittest.TestCase):
    def test_keys_that_are_given_are_those_that_count(self):
        cloud = LocalCloud(BINARY, "--access-key", "MYKEY", "--secret-key", "my secret key of my own")
        self.addCleanup(cloud.close)
        self.assertFalse(os.path.exists(os.path.join(cloud.data, "ec2-credentials")))
        cloud.credentials = lambda: ("MYKEY", "my secret key of my own")
        self.assertEqual(len(cloud.client().describe_vpcs()["Vpcs"]), 1)
        with self.assertRaises(Exception) as caught:
            cloud.client(secret="another secret key").describe_vpcs()
        self.assertIn("AuthFailure", str(caught.exception))


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
