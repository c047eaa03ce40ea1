"""EC2's official model as a judge: forms and documents are read by it, strictly. What it does not know is an error.

Shared by the tests of this folder. The model is scripts/ec2/model.py's, so that generator and judge mean the same one.
"""
import base64
import os
import sys
import xml.etree.ElementTree as tree
from urllib.parse import parse_qsl

import botocore.model
import botocore.parsers
import botocore.validate

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts", "ec2"))
import model as official_model  # noqa: E402

SERVICE = botocore.model.ServiceModel(official_model.load(), "ec2")
NAMESPACE = "{http://ec2.amazonaws.com/doc/2016-11-15/}"


class Unofficial(Exception):
    """Something that the official model does not have."""


# ---- forms

def form_name(member_name, shape):
    query = shape.serialization.get("queryName")
    name = query or shape.serialization.get("name", member_name)
    return query or name[0].upper() + name[1:]


def nest(pairs):
    """[("A.1.B", "x")] as {"A": {"1": {"B": "x"}}}; a doubled name is an error."""
    root = {}
    for name, value in pairs:
        at = root
        *path, last = name.split(".")
        for part in path:
            at = at.setdefault(part, {})
            if not isinstance(at, dict):
                raise Unofficial(f"{name} is a value and has members")
        if last in at:
            raise Unofficial(f"{name} is given twice")
        at[last] = value
    return root


def read_scalar(shape, text, where):
    if not isinstance(text, str):
        raise Unofficial(f"{where} has members, but is a {shape.type_name}")
    if shape.type_name in ("integer", "long"):
        return int(text)
    if shape.type_name in ("double", "float"):
        return float(text)
    if shape.type_name == "boolean":
        if text not in ("true", "false"):
            raise Unofficial(f"{where} is a boolean and says {text!r}")
        return text == "true"
    if shape.type_name == "timestamp":
        return botocore.parsers.DEFAULT_TIMESTAMP_PARSER(text)
    if shape.type_name == "blob":
        return base64.b64decode(text, validate=True)
    return text


def read_value(shape, value, where):
    if shape.type_name == "structure":
        if not isinstance(value, dict):
            raise Unofficial(f"{where} is a structure and has the value {value!r}")
        names = {form_name(name, member): (name, member) for name, member in shape.members.items()}
        found = {}
        for key, inner in value.items():
            if key not in names:
                raise Unofficial(f"{where}.{key} is not in the official model; {shape.name} has {', '.join(sorted(names))}")
            name, member = names[key]
            found[name] = read_value(member, inner, f"{where}.{key}")
        return found
    if shape.type_name == "list":
        if not isinstance(value, dict) or sorted(map(int, value)) != list(range(1, len(value) + 1)):
            raise Unofficial(f"{where} is a list; its items are numbered from 1")
        return [read_value(shape.member, value[str(n)], f"{where}.{n}") for n in range(1, len(value) + 1)]
    return read_scalar(shape, value, where)


def read_form(form):
    """(action, params) of a request's body; params are validated as botocore validates those of its own callers."""
    root = nest(parse_qsl(form, keep_blank_values=True, strict_parsing=True))
    action = root.pop("Action")
    if root.pop("Version") != SERVICE.api_version:
        raise Unofficial("the version is not the model's")
    shape = SERVICE.operation_model(action).input_shape
    params = read_value(shape, root, action) if shape else {}
    report = botocore.validate.ParamValidator().validate(params, shape)
    if report.has_errors():
        raise Unofficial(f"{action}: {report.generate_report()}")
    return action, params


# ---- documents

def check_element(shape, element, where):
    if shape.type_name == "structure":
        names = {member.serialization.get("name", name): member for name, member in shape.members.items()}
        seen = set()
        for child in element:
            tag = child.tag.replace(NAMESPACE, "")
            if tag not in names:
                raise Unofficial(f"{where}/{tag} is not in the official model; {shape.name} has {', '.join(sorted(names))}")
            if tag in seen:
                raise Unofficial(f"{where}/{tag} is there twice")
            seen.add(tag)
            check_element(names[tag], child, f"{where}/{tag}")
        missing = [name for name in shape.required_members if shape.members[name].serialization.get("name", name) not in seen]
        if missing:
            raise Unofficial(f"{where} lacks the required {', '.join(missing)}")
    elif shape.type_name == "list":
        item = shape.member.serialization.get("name", "member")
        for child in element:
            if child.tag.replace(NAMESPACE, "") != item:
                raise Unofficial(f"{where} has <{child.tag}>; its items are <{item}>")
            check_element(shape.member, child, f"{where}/{item}")
    else:
        if len(element):
            raise Unofficial(f"{where} has elements, but is a {shape.type_name}")
        try:
            read_scalar(shape, element.text or "", where)
        except (ValueError, TypeError) as error:
            raise Unofficial(f"{where}: {error}")


def check_document(action, xml):
    """An answer with status 200: every element known, every value of its type, all that is required there."""
    root = tree.fromstring(xml)
    if root.tag != f"{NAMESPACE}{action}Response":
        raise Unofficial(f"the answer to {action} is {root.tag}")
    ids = [child for child in root if child.tag == f"{NAMESPACE}requestId"]
    if len(ids) != 1 or not ids[0].text:
        raise Unofficial(f"{action}: no requestId")
    root.remove(ids[0])
    shape = SERVICE.operation_model(action).output_shape
    if shape is None:
        # EC2 documents <return>true</return> for these, and botocore's model leaves it out.
        if [child.tag for child in root] != [f"{NAMESPACE}return"] or root[0].text != "true":
            raise Unofficial(f"{action} answers something")
        return
    check_element(shape, root, action)


def check_error(xml):
    root = tree.fromstring(xml)
    if root.tag != "Response" or [child.tag for child in root] != ["Errors", "RequestID"]:
        raise Unofficial(f"an error is <{root.tag}> with {[child.tag for child in root]}")
    error = root.find("Errors/Error")
    if not error.findtext("Code") or not error.findtext("Message") or not root.findtext("RequestID"):
        raise Unofficial("an error lacks its Code, Message or RequestID")


def parse(action, xml, status=200):
    """What botocore's own parser makes of it."""
    response = {"body": xml, "headers": {}, "status_code": status}
    return botocore.parsers.EC2QueryParser().parse(response, SERVICE.operation_model(action).output_shape)
