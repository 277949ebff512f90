"""What a function gives back. In PowerShell every value that nobody takes is output: a forgotten $null = in front of a
call becomes part of the result. And a list that is returned as it is falls apart: of one element, or of none, nothing
of the list is left.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from tree_sitter import Node

from tests.unit.powershell.names import World
from tests.unit.powershell.scripts import PLUGINS, Function, Script, returned
from tests.unit.powershell.tree import Finding, above, core, line_of, text_of, words

_TAKEN = ("sub_expression", "array_expression", "assignment_expression", "script_block_expression", "hash_entry")
_STEPS = (
    "post_increment_expression",
    "post_decrement_expression",
    "pre_increment_expression",
    "pre_decrement_expression",
)
_VOID = words("void")
_VALUE_ADD = re.compile(r"HashSet|SortedSet|ArrayList|StringCollection|\bISet\b", re.IGNORECASE)
_TABLE = re.compile(r"^\[ordered\]@\{|^@\{|^\[hashtable\]|IDictionary|OrderedDictionary|Hashtable", re.IGNORECASE)
_LISTS = re.compile(
    r"\.ToArray\(\)$|::(ReadAllBytes|GetBytes|ReadAllLines|FromBase64String)\("
    r"|\.(GetBytes|ComputeHash|Split|ToCharArray)\([^()]*\)$"
    r"|^@\(|^\[[\w.]+\[\]\]|Generic\.(List|HashSet|Queue|Stack)\[|^New-Object .*\[\]",
    re.IGNORECASE,
)
_ONE = re.compile(r"(\[ordered\]\s*|\[pscustomobject\]\s*)?@\{|,", re.IGNORECASE)


def check(world: World, script: Script) -> Iterator[Finding]:
    giving = _giving(world)
    for function in script.functions.values():
        for node, rule, message in _function(world, function, giving):
            yield Finding(script.name, line_of(node), rule, message)
    for scope in script.scopes:
        for node, message in _wrapped(scope, giving):
            yield Finding(script.name, line_of(node), "unroll", message)


def _giving(world: World) -> dict[str, str]:
    """What each of our functions gives, by name."""
    return {one.name: one.gives for script in world.scripts.values() for one in script.functions.values()}


def _function(world: World, function: Function, giving: Mapping[str, str]) -> Iterator[tuple[Node, str, str]]:
    kinds = _kinds(function)
    for node in function.own("pipeline"):
        if node.parent is not None and node.parent.type == "statement_list" and not _is_taken(node, function.node):
            leak = _leak(world, node, kinds, giving)
            if leak:
                yield node, "output", leak
    for node in function.returns:
        value = returned(node)
        name = re.fullmatch(r"\$(\w+)", value)
        what = kinds.get(name[1].lower(), "") if name else value
        if _LISTS.search(what) and not _ONE.match(what) and not value.startswith(","):
            yield node, "unroll", f"{value[:40]} falls apart on its way out: return , ..."


def _kinds(function: Function) -> dict[str, str]:
    """What each variable holds, as the text says it: a parameter's type, or the last value with a known type."""
    kinds = {name.lower(): f"[{one.type}]" for name, one in function.parameters.items()}
    for node in function.own("assignment_expression"):
        name = re.fullmatch(r"(?:\[[^\]]+(?:\[\])?\]\s*)?\$(\w+)", text_of(node.children[0]))
        if name and text_of(node.children[1]) == "=":
            kinds[name[1].lower()] = text_of(node.children[-1])
    return kinds


def _is_taken(node: Node, stop: Node) -> bool:
    return any(one.type in _TAKEN or one.type == "flow_control_statement" for one in above(node, stop))


def _leak(world: World, node: Node, kinds: Mapping[str, str], giving: Mapping[str, str]) -> str:
    """Why the statement gives something that nobody takes; "" if it does not."""
    chains = [one for one in node.children if one.type == "pipeline_chain"]
    if not chains:
        return ""
    inner = core(chains[0])
    calls = [one for one in chains[0].children if one.type == "command"]
    last = calls[-1] if calls else inner
    if last.type == "command":
        name = next((text_of(one) for one in last.children if one.type == "command_name"), "")
        silent = name in world.silent or name == "ForEach-Object" or giving.get(name) == ""
        return "" if silent else f"what {name} gives is taken by nobody"
    if inner.type in _STEPS or text_of(inner).lower().startswith("[void]"):
        return ""
    if inner.type == "invokation_expression":
        return _method(inner, kinds)
    return f"{text_of(inner)[:40]} is output without return"


def _method(node: Node, kinds: Mapping[str, str]) -> str:
    target = text_of(node.children[0])
    name = next((text_of(one) for one in node.children if one.type == "member_name"), "").lower()
    kind = kinds.get(target[1:].lower(), "") if re.fullmatch(r"\$\w+", target) else ""
    if name == "add" and _VALUE_ADD.search(kind):
        return f"{target}.Add gives a value that nobody takes"
    if name == "getbytes" and "random" in kind.lower():
        return ""
    if name == "remove":
        return "" if _TABLE.search(kind) or not kind else f"{target}.Remove may give a value that nobody takes"
    return (
        ""
        if name in _VOID or name in _native()
        else f"what {target[:30]}.{name}() gives may be taken by nobody: $null = ..."
    )


def _native() -> set[str]:
    """Methods of our own C# that give nothing."""
    text = (PLUGINS / "module_utils/Native.cs").read_text(encoding="utf-8")
    return {name.lower() for name in re.findall(r"public static void (\w+)\(", text)}


def _wrapped(scope: Function, giving: Mapping[str, str]) -> Iterator[tuple[Node, str]]:
    """A list that comes whole, put into another list or into a pipeline."""
    for node in scope.own("array_expression"):
        inner = core(node.named_children[0]) if len(node.named_children) == 1 else node
        name = next((text_of(one) for one in inner.children if one.type == "command_name"), "")
        if inner.type == "command" and giving.get(name) == "list":
            yield node, f"@({name}) is a list that holds the list: {name} gives it whole"
    for command in scope.commands:
        if giving.get(command.name) == "list" and command.node.next_named_sibling is not None:
            yield command.node, f"{command.name} | ...: the list goes through the pipeline as one"
