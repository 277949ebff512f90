"""What a script names of .NET: types, static members, constructors, methods, texts cast to enumerations."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from tree_sitter import Node

from tests.unit.powershell.scripts import Script
from tests.unit.powershell.tree import below, core, line_of, plain_string, text_of

# PowerShell's short names of types, as far as we use them
_SHORT = {
    "regex": "System.Text.RegularExpressions.Regex",
    "int": "System.Int32",
    "long": "System.Int64",
    "bool": "System.Boolean",
    "xml": "System.Xml.XmlDocument",
    "void": "System.Void",
}
# PowerShell's own and Ansible's, which are not on this machine; and what a script asks for on PowerShell 6 alone
_ELSEWHERE = re.compile(
    r"(?i)^(system\.management\.automation\.|ansible\.|nullstring$|pscustomobject$|psobject$|switch$|hashtable$|ordered$"
    r"|scriptblock$|cmdletbinding|parameter$|outputtype|allow|validate|ref$|powershell$|microsoft\.win32\.|wmi"
    r"|microsoft\.management\.|system\.io\.filesystemaclextensions$)"
)


class Use(NamedTuple):
    """One line for Members.cs, and where it stands."""

    line: int
    kind: str
    type: str
    member: str
    number: int


def uses(script: Script) -> Iterator[Use]:
    for use in _all(script):
        if not _ELSEWHERE.match(use.type):
            yield use


def _all(script: Script) -> Iterator[Use]:
    for node in script.all("type_literal"):
        yield Use(line_of(node), "type", type_name(node), "", 0)
    for node in script.all("invokation_expression"):
        yield from _call(node)
    for node in script.all("member_access"):
        if node.children[0].type == "type_literal":
            yield Use(line_of(node), "get", type_name(node.children[0]), _member(node), 0)
    for node in script.all("cast_expression"):
        value = plain_string(node.children[-1])
        if value is not None:
            yield Use(line_of(node), "cast", type_name(node.children[0]), value, 0)
    for scope in script.scopes:
        for command in scope.commands:
            named = command.named.get("TypeName")
            text = plain_string(named) if command.name == "New-Object" and named is not None else None
            if text:
                yield Use(line_of(command.node), "type", _clr(text), "", 0)


def _call(node: Node) -> Iterator[Use]:
    target, member = node.children[0], _member(node)
    lists = [part for part in node.children if part.type == "argument_list"]
    number = sum(1 for part in lists for _one in below(part, "argument_expression", into=("argument_expression",)))
    if target.type != "type_literal":
        yield Use(line_of(node), "method", "", member, number)
    elif member.lower() != "new":
        yield Use(line_of(node), "call", type_name(target), member, number)
    elif not type_name(target).endswith("[]"):
        yield Use(line_of(node), "new", type_name(target), "", number)


def _member(node: Node) -> str:
    return next((text_of(core(child)) for child in node.children if child.type == "member_name"), "")


def type_name(node: Node) -> str:
    return _clr(text_of(node)[1:-1])


def _clr(text: str) -> str:
    """A type as .NET's reflection spells it; of a generic one its definition."""
    name = text.replace(" ", "")
    array = name.endswith("[]")
    name = name[:-2] if array else name
    generic = re.fullmatch(r"([\w.]+)\[(.+)\]", name)
    if generic:
        depth, number = 0, 1
        for sign in generic[2]:
            depth += (sign == "[") - (sign == "]")
            number += sign == "," and depth == 0
        name = f"{generic[1]}`{number}"
    return _SHORT.get(name.lower(), name) + ("[]" if array else "")
