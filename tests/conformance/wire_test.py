#!/usr/bin/python3
"""The codec against EC2's official model: wire_test.py PROGRAM [COUNT] [SEED].

For every action in use, with all of its members and with random ones: the form that botocore sends is read and written
again by our codec, and must say the same; so must the documents that EC2 answers with. What ours writes is read by the
official model, strictly (official.py), and documents by botocore's own parser too.
"""
import base64
import random
import subprocess
import sys

import botocore.serialize
from urllib.parse import urlencode

import official
import samples

import plan as planning  # scripts/ec2, on the path since official

program = sys.argv[1]
count = int(sys.argv[2]) if len(sys.argv) > 2 else 20
seed = int(sys.argv[3]) if len(sys.argv) > 3 else random.SystemRandom().randrange(1 << 32)
rng = random.Random(seed)
plan = planning.Plan()
values = samples.Samples(plan, rng)
codec = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


class Differs(Exception):
    pass


def again(*words):
    codec.stdin.write(" ".join(words) + "\n")
    codec.stdin.flush()
    answer = codec.stdout.readline().strip()
    if not answer or answer.startswith("error "):
        raise Differs(answer or "the codec has ended")
    return base64.b64decode(answer).decode()


def encoded(text):
    return base64.b64encode(text.encode()).decode()


def compare(ours, theirs, where, extra_ok):
    """Ours may say more only where a default is always written."""
    if isinstance(theirs, dict):
        if not isinstance(ours, dict):
            raise Differs(f"{where}: {ours!r} instead of {theirs!r}")
        for name in theirs:
            if name not in ours:
                raise Differs(f"{where}.{name} = {theirs[name]!r} got lost")
            compare(ours[name], theirs[name], f"{where}.{name}", extra_ok)
        more = set(ours) - set(theirs)
        if more and not extra_ok:
            raise Differs(f"{where} has {more} beyond what was said")
    elif isinstance(theirs, list):
        if not isinstance(ours, list) or len(ours) != len(theirs):
            raise Differs(f"{where}: {ours!r} instead of {theirs!r}")
        for index, (our, their) in enumerate(zip(ours, theirs)):
            compare(our, their, f"{where}[{index}]", extra_ok)
    elif ours != theirs:
        raise Differs(f"{where}: {ours!r} instead of {theirs!r}")


def check_request(action, everything):
    params = values.request(action, everything)
    operation = official.SERVICE.operation_model(action.name)
    body = botocore.serialize.EC2Serializer().serialize_to_request(params, operation)["body"]
    written = again("request", encoded(urlencode(body)))
    name, ours = official.read_form(written)
    if name != action.name:
        raise Differs(f"the action became {name}")
    compare(ours, params, action.name, extra_ok=not everything)


def check_response(action, everything):
    value = values.response(action, everything)
    written = again("response", action.name, encoded(samples.document(action.name, value)))
    official.check_document(action.name, written.encode())
    theirs = official.parse(action.name, samples.document(action.name, value).encode())
    ours = official.parse(action.name, written.encode())
    ours.pop("ResponseMetadata"), theirs.pop("ResponseMetadata")
    compare(ours, theirs, action.name, extra_ok=not everything)


failures = 0
for name, action in sorted(plan.actions.items()):
    for check in (check_request, check_response):
        for number in range(count):
            try:
                check(action, everything=number == 0)
            except (Differs, official.Unofficial) as error:
                print(f"{check.__name__} of {name}: {error}")
                failures += 1
                break
codec.stdin.close()
if codec.wait() != 0:
    failures += 1
    print("the codec ended with", codec.returncode)
if failures:
    print(f"{failures} failures; repeat with: {sys.argv[0]} {program} {count} {seed}")
    sys.exit(1)
print(f"{len(plan.actions)} actions, {count} requests and answers of each, agree with botocore {botocore.__version__} (seed {seed})")
