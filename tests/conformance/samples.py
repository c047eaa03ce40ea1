"""Random values for exactly the members that are in use (scripts/ec2/members.py), in botocore's form; and EC2's documents
made of them. Used by wire_test.py.
"""
import base64
import datetime
from xml.sax.saxutils import escape

import official

WORDS = ["a", "tag:owner", "x y", "ü中😀", "<&>\"'", "100%", "a=b&c", "i-0123456789abcdef0", "*?\\", "+"]
STATES = {"pending": 0, "running": 16, "shutting-down": 32, "terminated": 48, "stopping": 64, "stopped": 80}


class Samples:
    def __init__(self, plan, rng):
        self.plan, self.rng = plan, rng

    def text(self):
        return "".join(self.rng.choice(WORDS) for _ in range(self.rng.randint(1, 3)))

    def scalar(self, kind):
        if kind == "string":
            return self.text()
        if kind in ("integer", "long"):
            return self.rng.randint(1, 2**31 - 1)
        if kind == "boolean":
            return self.rng.random() < 0.5
        if kind == "timestamp":
            return datetime.datetime.fromtimestamp(self.rng.randint(1, 4_000_000_000), datetime.timezone.utc)
        return self.rng.randint(1, 10**6) / 1000

    def value(self, target, everything):
        shape = self.plan.model.shape(target)
        kind = shape["type"]
        if kind == "list":
            return [self.value(shape["member"]["shape"], everything) for _ in range(self.rng.randint(1, 3))]
        if kind == "structure":
            return self.structure(self.plan.shapes[target], everything)
        return self.scalar(kind)

    def structure(self, shape, everything):
        made = {}
        for member in shape.members:
            if everything or member.required or member.is_always_written() or self.rng.random() < 0.5:
                self.put(made, member, everything)
        if not made and shape.members and not shape.is_request:
            self.put(made, self.rng.choice(shape.members), everything)  # a form cannot say that there is an empty one
        return made

    def put(self, into, member, everything):
        if not member.steps:  # the structure itself
            name = {"reservation": "Reservation"}.get(member.function)
            inner = self.reservation(everything) if name else self.structure(self.own(member), everything)
            into.update(inner)
            return
        for step in member.steps[:-1]:
            if self.plan.model.kind(step.target) == "list":
                last = member.steps[-1]
                into[step.official] = [{last.official: self.value(last.target, everything)} for _ in range(self.rng.randint(1, 3))]
                return
            into = into.setdefault(step.official, {})
        last = member.steps[-1]
        into[last.official] = self.special(member, everything) if member.function else self.value(last.target, everything)
        if "Time" in member.type and self.plan.model.kind(last.target) == "string":  # Image's CreationDate
            into[last.official] = self.scalar("timestamp").strftime("%Y-%m-%dT%H:%M:%S.000Z")

    def own(self, member):
        return next(shape for shape in self.plan.shapes.values() if shape.cpp == member.type)

    def reservation(self, everything):
        instances = [self.structure(self.plan.shapes["Instance"], everything) for _ in range(self.rng.randint(1, 2))]
        return {"ReservationId": "r-" + "%017x" % self.rng.getrandbits(68), "OwnerId": "000000000000", "Instances": instances}

    def special(self, member, everything):
        """The members that wire_special.h writes: their wire form is not their C++ form."""
        if member.function == "instance_state":
            name = self.rng.choice(list(STATES))
            return {"Code": STATES[name], "Name": name}
        if member.function == "presence":
            return ""
        if member.function == "decimal":
            return "%.6f" % (self.rng.randint(0, 10**7) / 10**6)
        if member.function == "base64" and self.plan.model.kind(member.steps[-1].target) == "blob":
            return self.text().encode()  # botocore writes it as base64
        if member.function == "base64":
            return base64.b64encode(self.text().encode()).decode()
        if member.function == "only":
            return ["x86_64"]
        if member.function == "spot_market":
            return {"MarketType": "spot", "SpotOptions": self.structure(self.plan.shapes["SpotMarketOptions"], True)}
        if member.function == "reservations":
            return [self.reservation(everything) for _ in range(self.rng.randint(1, 2))]
        raise SystemExit(f"samples.py does not know wire_special.h's {member.function}")

    def request(self, action, everything):
        return self.structure(action.request, everything)

    def response(self, action, everything):
        return self.structure(action.response, everything) if action.response else {}


def write(shape, value, tag):
    if shape.type_name == "structure":
        inner = "".join(write(shape.members[name], one, shape.members[name].serialization.get("name", name))
                        for name, one in value.items())
    elif shape.type_name == "list":
        item = shape.member.serialization.get("name", "member")
        inner = "".join(write(shape.member, one, item) for one in value)
    elif shape.type_name == "boolean":
        inner = "true" if value else "false"
    elif shape.type_name == "timestamp":
        inner = value.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    else:
        inner = escape(str(value))
    return f"<{tag}>{inner}</{tag}>"


def document(action, value):
    """An answer as AWS would send it."""
    shape = official.SERVICE.operation_model(action).output_shape
    body = "<return>true</return>"
    if shape is not None and shape.members:
        body = "".join(write(shape.members[name], one, shape.members[name].serialization.get("name", name))
                       for name, one in value.items())
    return (f'<?xml version="1.0" encoding="UTF-8"?>\n<{action}Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">'
            f"<requestId>59dbff89-35bd-4eac-99ed-be587EXAMPLE</requestId>{body}</{action}Response>")
