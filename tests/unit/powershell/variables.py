"""Is every variable that is read also set, and every one that is set also read? Strict mode makes an error of the
first on the host; the second is a slip of the pen or a left-over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from tree_sitter import Node

from tests.unit.powershell.scripts import Function, Script
from tests.unit.powershell.tree import Finding, above, below, line_of, text_of, words

_SWITCHES, _GIVEN, _RESERVED = words("switches"), words("given"), words("reserved")
_ODD = ("member_access", "element_access", "invokation_expression", "sub_expression", "parenthesized_expression")


def check(script: Script) -> Iterator[Finding]:
    outer = dict(_written(script.outside))
    shared = set(_shared(script))
    outer_read: set[str] = set()
    for function in script.functions.values():
        yield from _scope(script, function, set(outer) | shared, outer_read)
    yield from _outside(script, set(outer), shared, outer_read)


def _scope(script: Script, function: Function, around: set[str], outer_read: set[str]) -> Iterator[Finding]:
    written: dict[str, int] = {}
    for name, line in _written(function):
        if name not in _SWITCHES:
            written.setdefault(name, line)
    parameters = {name.lower() for name in function.parameters}
    read = list(_read(function))
    known = {name for name, _line in read}
    outer_read.update(name.removeprefix("script:") for name in known - set(written) - parameters)
    for name, line in read:
        first = written.get(name, 0)
        if name in _GIVEN or name in parameters:
            continue
        if not first and name.removeprefix("script:") not in around:
            yield Finding(script.name, line, "variable", f"${name} is read and never set")
        elif line < first:
            yield Finding(script.name, line, "variable", f"${name} is read before it is set")
    yield from _set_in_vain(script, {name: line for name, line in written.items() if name != "null"}, known)
    yield from _parameters(script, function, parameters, known)


def _set_in_vain(script: Script, written: Mapping[str, int], read: set[str]) -> Iterator[Finding]:
    for name, line in written.items():
        if name in _RESERVED:
            yield Finding(script.name, line, "variable", f"${name} is PowerShell's own")
        if name not in read | _SWITCHES:
            yield Finding(script.name, line, "variable", f"${name} is set and never read")


def _parameters(script: Script, function: Function, parameters: set[str], read: set[str]) -> Iterator[Finding]:
    line = line_of(function.node)
    for name in sorted(parameters):
        if name in _RESERVED:
            yield Finding(script.name, line, "variable", f"parameter ${name} is PowerShell's own")
        if name not in read and "psboundparameters" not in read:
            yield Finding(script.name, line, "variable", f"parameter ${name} of {function.name} is never used")


def _outside(script: Script, outer: set[str], shared: set[str], outer_read: set[str]) -> Iterator[Finding]:
    parameters = {name.lower() for name in script.outside.parameters}
    read = {name for name, _line in _read(script.outside)} | outer_read
    for name, line in _read(script.outside):
        if name not in outer | shared | parameters | _GIVEN and name != "complex_args":
            yield Finding(script.name, line, "variable", f"${name} is read and never set")
    yield from _set_in_vain(script, {name: line for name, line in _written(script.outside) if name != "null"}, read)


def _written(function: Function) -> Iterator[tuple[str, int]]:
    for node in function.own("left_assignment_expression"):
        for variable in [node] if node.type == "variable" else below(node, "variable", into=_ODD):
            if function.name == "" or not _is_shared(variable):
                yield _name(variable), line_of(variable)
    for node in function.own("foreach_statement"):
        yield from ((_name(one), line_of(one)) for one in node.children if one.type == "variable")
    for block in function.own("script_block_expression"):
        for parameter in below(block, "script_parameter"):
            yield from ((_name(one), line_of(one)) for one in parameter.children if one.type == "variable")


def _shared(script: Script) -> Iterator[str]:
    """What is set for the whole file, by its text or by a function that says so."""
    for name in re.findall(r"\$script:(\w+)\s*=", script.text):
        yield name.lower()


def _read(function: Function) -> Iterator[tuple[str, int]]:
    for node in function.own("variable"):
        text = text_of(node).lower()
        if re.match(r"[$@]\{?(env|function|variable):", text) or _is_target(node, function.node):
            continue
        around = node.parent
        if around is not None and (around.type == "script_parameter" or node == _loop_variable(around)):
            continue
        yield ("script:" if function.name and _is_shared(node) else "") + _name(node), line_of(node)


def _is_shared(node: Node) -> bool:
    return text_of(node).lower().startswith(("$script:", "${script:"))


def _loop_variable(node: Node) -> Node | None:
    """The variable that a foreach sets."""
    return next((one for one in node.children if one.type == "variable" and node.type == "foreach_statement"), None)


def _is_target(node: Node, stop: Node) -> bool:
    """Whether the variable is what an assignment sets, and only that."""
    for around in above(node, stop):
        if around.type in _ODD or around.type in ("pipeline", "statement_block"):
            return False
        if around.type == "left_assignment_expression":
            operator = around.next_sibling
            return operator is not None and text_of(operator) == "="
    return False


def _name(node: Node) -> str:
    name = text_of(node).lower().lstrip("$@").strip("{}")
    return name.removeprefix("script:").removeprefix("local:")
