"""`holdfast cloud serve` on simulated machines in a folder of its own, and boto3 clients of it whose every answer is held
to the official model. Everything goes with the object.
"""
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request

os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
for name in [name for name in os.environ if name.startswith(("AWS_ACCESS", "AWS_SECRET", "AWS_SESSION", "AWS_PROFILE", "AWS_ENDPOINT"))]:
    del os.environ[name]

import boto3  # noqa: E402
import botocore.config  # noqa: E402
import botocore.exceptions  # noqa: E402

import official  # noqa: E402

REGION = "local-1"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class LocalCloud:
    def __init__(self, binary, *more):
        self.binary, self.more = binary, list(more)
        self.folder = tempfile.mkdtemp(prefix="holdfast-conformance-", dir="/var/tmp")
        self.data = os.path.join(self.folder, "data")
        self.port = free_port()
        self.process = None
        self.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def start(self):
        self.end_of_process()
        command = [self.binary, "cloud", "serve", "--listen", f"127.0.0.1:{self.port}", "--data", self.data, "--substrate", "null"]
        with open(os.path.join(self.folder, "log"), "ab") as log:
            self.process = subprocess.Popen(command + self.more, stdout=subprocess.PIPE, stderr=log, text=True)
        said = self.process.stdout.readline()  # it says when it answers
        if "answers EC2 at" not in said:
            raise SystemExit(f"the local cloud did not start: {said}\n{self.log()}")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def log(self):
        return self.read(os.path.join(self.folder, "log"))

    @staticmethod
    def read(path):
        with open(path) as file:
            return file.read()

    def credentials(self):
        text = self.read(os.path.join(self.data, "ec2-credentials"))
        return re.search(r"id = (\S+)", text).group(1), re.search(r"key = (\S+)", text).group(1)

    def token(self):
        return self.read(os.path.join(self.data, "token")).strip()

    def client(self, service="ec2", strict=True, **keys):
        access, secret = self.credentials()
        made = boto3.session.Session().client(
            service, endpoint_url=self.url, region_name=REGION, aws_access_key_id=keys.get("access", access),
            aws_secret_access_key=keys.get("secret", secret),
            config=botocore.config.Config(retries={"total_max_attempts": 1, "mode": "standard"}, read_timeout=40))
        if service == "ec2" and strict:
            made.meta.events.register("before-parse.ec2", hold_to_the_model)
        return made

    def control(self, method, path, body=None):
        """The control surface: what nobody does to real EC2."""
        request = urllib.request.Request(self.url + path, method=method, data=json.dumps(body).encode() if body is not None else None,
                                         headers={"Authorization": f"Bearer {self.token()}", "Content-Type": "application/json"})
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)["response"]

    def end_of_process(self):
        if self.process and self.process.poll() is None:
            self.kill()
        if self.process:
            self.process.stdout.close()

    def close(self):
        self.end_of_process()
        shutil.rmtree(self.folder)


def hold_to_the_model(operation_model, response_dict, **_):
    if response_dict["status_code"] < 300:
        official.check_document(operation_model.name, response_dict["body"])
    else:
        official.check_error(response_dict["body"])


def wait_for(condition, what, limit=20):
    end = time.monotonic() + limit
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError(f"not within {limit} s: {what}")


def binary_from_arguments():
    """Tests get the program as their last argument."""
    return os.path.abspath(sys.argv.pop())


class Boto3Case(unittest.TestCase):
    """A local cloud for all tests of the class, and boto3's EC2 client of it."""

    binary = None

    @classmethod
    def setUpClass(cls):
        cls.cloud = LocalCloud(cls.binary)
        cls.ec2 = cls.cloud.client()

    @classmethod
    def tearDownClass(cls):
        cls.cloud.close()

    def refused(self, code, call, **params):
        with self.assertRaises(botocore.exceptions.ClientError) as caught:
            call(**params)
        self.assertEqual(caught.exception.response["Error"]["Code"], code)
        self.assertTrue(caught.exception.response["ResponseMetadata"]["RequestId"])
        return caught.exception.response
