"""Joins the list (members.py) with the official model and the structs written by hand: what is on the wire under which
name, and in which C++ member of which type. Read by scripts/generate-ec2 (which writes it as C++) and by
tests/conformance (which makes random values of exactly what is in use).
"""
import os
import re
from dataclasses import dataclass, field

import members
import model as official_model

SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "src", "ec2")
SCALARS = {"string", "integer", "long", "boolean", "timestamp", "double", "float"}


@dataclass
class Step:
    shape: str      # the structure that has the member
    official: str   # its name
    target: str     # the member's shape
    form: str
    xml: str


@dataclass
class Member:
    cpp: str
    steps: list                # none: the structure itself
    function: str = ""
    required: bool = False
    always: bool = False       # `+`
    zero_absent: bool = False  # `?`
    type: str = ""             # C++
    default: str = ""

    def is_always_written(self):
        number = self.type in ("int", "int64_t", "bool", "double") and not self.zero_absent and self.function != "presence"
        return self.always or number or bool(self.default.strip('"') and self.type == "std::string")


@dataclass
class Shape:
    official: str
    cpp: str
    by_hand: bool
    members: list = field(default_factory=list)
    is_request: bool = False


@dataclass
class Action:
    name: str
    group: str
    by_hand: bool
    request: Shape
    response: Shape  # None: it answers true

    def mutates(self):
        return not self.name.startswith(members.READ_ONLY_PREFIXES)


def structs_by_hand():
    """{struct: {member: (type, default)}} of the hand-written headers; a nested struct is Outer::Inner."""
    found, open_structs = {}, []
    for name in ("types.h", "ec2.h"):
        for line in open(os.path.join(SOURCE, name)):
            line = line.split("//")[0].rstrip()
            start = re.match(r"\s*struct (\w+) \{", line)
            if start:
                open_structs.append(start.group(1))
                found["::".join(open_structs)] = {}
                if line.endswith("};"):
                    open_structs.pop()
            elif re.match(r"\s*\};", line) and open_structs:
                open_structs.pop()
            elif open_structs:
                member = re.match(r"\s+([\w:<>]+) (\w+)(?: = ([^;]*)|\{\})?;", line)
                if member and member.group(1) not in ("using", "return"):
                    found["::".join(open_structs)][member.group(2)] = (member.group(1), member.group(3) or "")
    return found


class Plan:
    def __init__(self):
        self.model = official_model.Model()
        self.hand = structs_by_hand()
        self.shapes = {}
        for name, (cpp, text) in members.HAND_SHAPES.items():
            self.shapes[name] = Shape(name, cpp, True)
        for name in members.SHAPES:
            self.shapes[name] = Shape(name, name, False)
        for name, (cpp, text) in members.HAND_SHAPES.items():
            self.shapes[name].members = self.members(name, text, cpp, False)
        for name, text in members.SHAPES.items():
            self.shapes[name].members = self.members(name, text, None, False)
        self.actions = {}
        for by_hand, groups in ((True, members.HAND_ACTIONS), (False, members.ACTIONS)):
            for group, actions in groups.items():
                for name, texts in actions.items():
                    self.actions[name] = self.action(name, group, by_hand, *texts)

    def action(self, name, group, by_hand, request, response):
        made = {}
        for suffix, shape, text in (("Request", self.model.input(name), request), ("Response", self.model.output(name), response)):
            cpp = name + suffix
            if not shape:
                if text:
                    raise SystemExit(f"{name} has no {suffix}")
                made[suffix] = None
                continue
            one = Shape(shape, cpp, by_hand, is_request=suffix == "Request")
            one.members = self.members(shape, text, cpp if by_hand else None, one.is_request)
            made[suffix] = one
        if by_hand and response == "":
            made["Response"] = None
        return Action(name, group, by_hand, made["Request"], made["Response"])

    def members(self, shape, text, hand_struct, is_request):
        return [self.one(shape, token, hand_struct, is_request) for token in text.split()]

    def one(self, shape, token, hand_struct, is_request):
        flags = re.search(r"[!+?]*$", token).group(0)
        token = token[:len(token) - len(flags)]
        left, _, path = token.partition("=")
        cpp, _, function = left.partition(":")
        path = path or cpp
        steps, at = [], shape
        for part in [] if path == "." else path.split("."):
            if self.model.kind(at) == "list":
                at = self.model.shape(at)["member"]["shape"]
            official, reference = self.model.member(at, part)
            steps.append(Step(at, official, reference["shape"], *self.model.names(official, reference)))
            at = reference["shape"]
        if cpp[0].isupper():
            cpp = official_model.snake(cpp)
        made = Member(cpp, steps, function, always="+" in flags, zero_absent="?" in flags)
        made.required = "!" in flags or (len(steps) == 1 and self.model.required(shape, steps[0].official))
        if hand_struct:
            if cpp not in self.hand.get(hand_struct, {}):
                raise SystemExit(f"struct {hand_struct} has no member {cpp}")
            made.type, made.default = self.hand[hand_struct][cpp]
        else:
            made.type, made.default = self.made_type(made, is_request)
        return made

    def made_type(self, member, is_request):
        """The type of a member that the generator makes."""
        last = member.steps[-1]
        kind = self.model.kind(last.target)
        inside_list = any(self.model.kind(step.target) == "list" for step in member.steps[:-1])
        if kind == "list":
            item = self.model.shape(last.target)["member"]["shape"]
            if self.model.kind(item) in SCALARS:
                return f"std::vector<{self.scalar(last.official, item)}>", ""
            return f"std::vector<{self.cpp_of(item)}>", ""
        if kind == "structure":
            name = self.cpp_of(last.target)
            return (name if member.required else f"std::optional<{name}>"), ""
        scalar = self.scalar(last.official, last.target)
        if inside_list:
            return f"std::vector<{scalar}>", ""
        if kind in ("string", "blob"):
            return scalar, ""
        if member.zero_absent or (member.required and is_request):
            return scalar, "false" if scalar == "bool" else "0"
        return f"std::optional<{scalar}>", ""

    def scalar(self, official, target):
        kind = self.model.kind(target)
        if kind == "blob":  # bytes, written by the function base64
            return "std::string"
        if kind == "string":
            return members.IDS.get(official, "std::string")
        return {"integer": "int", "long": "int64_t", "boolean": "bool", "timestamp": "Time"}[kind]

    def cpp_of(self, shape):
        if shape not in self.shapes:
            raise SystemExit(f"the shape {shape} is needed and not in the list (scripts/ec2/members.py)")
        return self.shapes[shape].cpp

    def structure_of(self, member):
        """The official structure below a member: its own, or of its list's items; None if it is a value."""
        target = member.steps[-1].target
        if self.model.kind(target) == "list":
            target = self.model.shape(target)["member"]["shape"]
        return target if self.model.kind(target) == "structure" else None
