"""EC2's official service model, from Debian's python3-botocore, with what is newer (newer.json) laid over it.

Read by scripts/generate-ec2 and by tests/conformance, so that both mean the same model.
"""
import glob
import json
import os
import re

HERE = os.path.dirname(os.path.abspath(__file__))


def load():
    found = glob.glob("/usr/lib/python3/dist-packages/botocore/data/ec2/2016-11-15/service-2.json*")
    if not found:
        raise SystemExit("the official EC2 model is missing: install Debian's package python3-botocore")
    if found[0].endswith(".gz"):
        import gzip
        text = gzip.open(found[0], "rt").read()
    else:
        text = open(found[0]).read()
    model = json.loads(text)
    with open(os.path.join(HERE, "newer.json")) as file:
        newer = json.load(file)
    for shape, members in newer["shapes"].items():
        for name, member in members.items():
            model["shapes"][shape]["members"].setdefault(name, member)
    return model


def snake(name):
    """NextToken: next_token; DefaultVCpus: default_v_cpus."""
    return re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower()


class Model:
    def __init__(self):
        self.raw = load()
        self.shapes = self.raw["shapes"]

    def shape(self, name):
        return self.shapes[name]

    def kind(self, name):
        return self.shapes[name]["type"]

    def input(self, action):
        operation = self.raw["operations"][action]
        return operation.get("input", {}).get("shape")

    def output(self, action):
        operation = self.raw["operations"][action]
        return operation.get("output", {}).get("shape")

    def member(self, shape, name):
        """The reference of a member, found by its official or its snake-case name."""
        members = self.shapes[shape]["members"]
        if name in members:
            return name, members[name]
        for official, reference in members.items():
            if snake(official) == name:
                return official, reference
        raise SystemExit(f"{shape} has no member {name}; it has {', '.join(members)}")

    def names(self, official, reference):
        """(in a form, in XML), by the rules of the ec2 protocol."""
        location = reference.get("locationName", official)
        query = reference.get("queryName")
        return query or location[0].upper() + location[1:], location

    def required(self, shape, official):
        return official in self.shapes[shape].get("required", [])

    def item_name(self, list_shape):
        return self.shapes[list_shape]["member"].get("locationName", "member")
